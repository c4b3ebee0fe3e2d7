# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
# Making it train

You have every layer: convolution, pooling, normalisation, and the way back through each of them. Does that make a
network that learns? Below, three networks are trained on the same digits, with the same layers, the same code and the
same order of pictures. One reads nine digits in ten. One never gets past guessing. One ends in numbers that are no
numbers. They differ in a single line: how large the random weights were that they started from.

Most of what decides whether a network trains is not in its layers. It is in what surrounds them: *the loss, the first
weights, the steps, and what keeps the network from learning its pictures by heart*. This lesson takes these one by
one, and you write each of them.

You need lessons 04 and 06: gradients on their way back, and training mode against evaluation mode.
"""

# %% tags=["setup"]
import warnings
from itertools import pairwise

import numpy as np

from course_utils import ask, by_profile, check, datasets, figures, layers, profile, start, use

start("07")

# %% [markdown]
"""
From here on, a network is a `layers.Sequential`: a list of layers that pass a batch on, each to the next. Every layer
keeps its own cache, and its weights with their gradients. `layers.fit` trains such a network for a number of rounds
through the pictures, and returns a record of it. Take both on trust for an hour; in lesson 08 you write the step that
`fit` repeats.
"""

# %%
images, labels = datasets.digits(size=8, split="train")
test = datasets.digits(size=8, split="test")


def dense_network(sizes, rng, dropout=0.0):
    """Fully connected layers of these sizes, with ReLU, and dropout if wanted, after all but the last."""
    parts = [layers.Flatten()]
    for inputs, outputs in pairwise(sizes):
        parts += [layers.Linear(inputs, outputs, rng=rng), layers.ReLU()]
        parts += [layers.Dropout(dropout, rng=rng)] if dropout else []
    return layers.Sequential(*parts[: -2 if dropout else -1])


# %% [markdown]
"""
Each of the three networks has seven layers with weights. Before training, the first gets weights with a standard
deviation of 0.01, the second keeps the course's, and the third gets a standard deviation of 1.
"""

# %% tags=["experiment", "nbval-ignore-output"]
histories = {}
for name, deviation in (("0.01", 0.01), ("the course's", None), ("1", 1.0)):
    network = dense_network([64] * 7 + [10], np.random.default_rng(1))
    for layer in network.layers:
        if deviation and isinstance(layer, layers.Linear):
            layer.weight.data *= deviation / layer.weight.data.std()
    optimizer = layers.SGD(network.parameters(), lr=0.05, momentum=0.9)
    # The third network overflows, which is what we want to see, not to be warned about.
    with warnings.catch_warnings(action="ignore"):
        histories[name] = layers.fit(
            network, (images, labels), test, by_profile(quick=10, full=10, smoke=1), 32, optimizer
        )
    print(f"deviation {name}: accuracy {histories[name].validation_accuracy[-1]:.2f}")

# %% tags=["figure", "nbval-ignore-output"]
figures.training_curves(histories)

# %% [markdown]
"""
The first and the third network lie on top of each other at the bottom right: one in ten, as by guessing. The third
has no curve for its loss: after the first steps it is *nan*, "not a number". Half way through this lesson you will be
able to say why, for both.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## From scores to a loss

A network for ten classes ends in ten *scores*, any numbers at all, also called *logits*. To train it we need one
number that says how bad they are. The usual way goes in two steps. *Softmax* turns the scores $s_1, \dots, s_C$ of
one picture into probabilities:

$$p_j = \frac{e^{s_j}}{\sum_k e^{s_k}}$$

They are positive, they sum to one, and a higher score gets a higher share. Three classes have the scores 0, 0 and
$\ln 2$. Which probability does the third class get?
"""

# %% tags=["question"]
probability = 0.5  # of the third class, for scores 0, 0 and ln 2
ask("softmax-share", probability)

# %% [markdown]
r"""
Then the *cross-entropy*: the loss of a picture is $-\ln p_y$, where $y$ is its right class (its *label*). It is 0
when the network is certain and right, and it grows without bound as the right class gets less. The loss of a batch is
the mean over its pictures.

A network that has learned nothing gives ten classes the same score. What is its loss?
"""

# %% tags=["question"]
loss = 2.3026  # ten classes, all scores equal
ask("loss-at-start", loss)

# %% [markdown]
r"""
Remember that number. A ten-class network whose first loss is far above 2.3 started from scores that are too large,
and one whose loss stays at 2.3 learns nothing, like the first network above.

The gradient is the reason why the two steps belong together. Put the first formula into the second, and the loss of a
picture is

$$L = \ln \sum_k e^{s_k} - s_y$$

How fast does it grow with one score $s_j$? The logarithm of the sum grows by $e^{s_j} / \sum_k e^{s_k}$, which is
$p_j$; and the right score, and only that, is subtracted once:

$$\frac{\partial L}{\partial s_j} = p_j - [j = y]$$

Here $[j = y]$ is 1 for the right class and 0 for the others. A network gives three classes the probabilities 0.7, 0.2
and 0.1, and the second class is the right one. What are the gradients of the three scores?
"""

# %% tags=["question"]
gradients = (0.7, -0.8, 0.1)  # of the three scores; probabilities 0.7, 0.2 and 0.1, the second class is right
ask("three-gradients", gradients)

# %% tags=["figure"]
figures.score_gradient([0.7, 0.2, 0.1], label=1, classes=["first", "second", "third"])

# %% [markdown]
r"""
Training steps against the gradient. The right class is pushed up by what its probability lacks to 1; each wrong class
is pushed down by exactly the probability that it has and should not have, and together they add up to 0. In a batch,
each picture's gradient is divided by the number of pictures, since the loss is a mean.

One trap remains. $e^{1000}$ is larger than any floating-point number (in float32, even $e^{89}$ is), and the formula
as it stands gives infinity divided by infinity. Adding one number to all scores changes no probability: above and
below the fraction bar, the same factor appears. So subtract the largest score first; then no exponent is above 0.
"""

# %% [markdown] minutes=6
"""
### Exercise: softmax and cross-entropy ●●○○○ · 6 minutes

*Why it matters.* It is the loss of nearly every network in this course. Four of 147 public solutions that we ran
overflowed at scores near 1,000, and a network that trains badly gets there.

Write the mean loss of a batch, one number, and its gradient with respect to the scores, in their shape.
"""


# %% tags=["exercise", "type-along"]
def softmax_cross_entropy(scores, labels):
    """scores (N, C), labels (N,) whole numbers → (mean loss, dscores (N, C))."""
    n = len(scores)
    ### BEGIN SOLUTION about 7 lines
    shifted = scores - scores.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1)
    loss = np.mean(np.log(totals) - shifted[np.arange(n), labels])
    dscores = exponentials / totals[:, None]
    dscores[np.arange(n), labels] -= 1
    return loss, dscores / n
    ### END SOLUTION


check(softmax_cross_entropy)

# %% [markdown] tags=["help"]
"""
**I get nan** → print the largest score of each row before `exp`, and after you subtracted it. **The loss is right,
the gradient is too large** → the loss is a mean over N pictures; what does a mean do to a gradient? **An index
error** → `scores[rows, labels]` picks one entry of each row if `rows` counts 0 to N-1.
"""

# %%
softmax_cross_entropy = use(softmax_cross_entropy)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## Another loss: the hinge

The support vector machine asks for less. It wants the right class's score to be above every other by a *margin*,
usually 1, and charges each wrong class for what is missing:

$$L = \sum_{j \neq y} \max(0,\ s_j - s_y + 1)$$

The scores are 3, 5 and 1, and the first class is the right one. What is the hinge loss?
"""

# %% tags=["question"]
loss = 3  # scores 3, 5 and 1; the first class is right
ask("hinge-sum", loss)

# %% [markdown]
"""
Now the scores are 10, 2 and 1, and the first class is right again. Which loss still changes the weights? **a**: the
hinge loss. **b**: softmax with cross-entropy. **c**: both. **d**: neither.
"""

# %% tags=["question"]
choice = "b"  # "a", "b", "c" or "d"
ask("which-still-pushes", choice)

# %% [markdown]
"""
Draw both, for one picture and two classes: how does the loss fall as the right class gets ahead?
"""

# %% tags=["figure"]
ahead = np.linspace(-3, 4, 71)
pairs, first = np.stack([ahead, 0 * ahead], axis=1), np.zeros(1, int)
losses = {
    "softmax": [layers.softmax_cross_entropy(pair[None], first)[0] for pair in pairs],
    "hinge": [layers.hinge_loss(pair[None], first)[0] for pair in pairs],
}
figures.line_chart(ahead, losses, "how far the right score is ahead of the other", "loss", markers=False)

# %% [markdown]
"""
The two are close relatives: a straight slope while the right class is behind, little once it is ahead. The hinge is
satisfied at a margin of 1 and lets go. Softmax never does; it always wants to be a little more certain. Which of the
two reads more digits depends on the data, and the difference is mostly small. Deep learning uses softmax nearly
everywhere: its outputs can be read as probabilities.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
"""
## What stands between the loss and the convolutions

Between the last feature maps and the scores there are fully connected layers, and after each layer but the last an
*activation function*, here *ReLU*, the rectified linear unit: positive numbers pass, all others become 0. You know
both by use; here you write them, forward and backward. They are short, and the reasoning is lesson 04's: who used
this number, and how much did it matter?
"""

# %% [markdown] minutes=2
"""
### Exercise: a fully connected layer ●○○○○ · 2 minutes

*Why it matters.* It ends every network of this course, and the network of this lesson has nothing else.

Each output is the dot product of a picture's D numbers with a neuron's D weights, plus that neuron's bias. The weight
has the shape (M, D) in this course, as in PyTorch: a row for each of M neurons. The cache is (x, weight, bias).
"""


# %% tags=["exercise"]
def linear_forward(x, weight, bias=None):
    """x (N, D), weight (M, D), bias (M,) or None → (out (N, M), cache)."""
    ### BEGIN SOLUTION about 3 lines
    out = x @ weight.T
    if bias is not None:
        out = out + bias
    return out, (x, weight, bias)
    ### END SOLUTION


check(linear_forward)

# %% [markdown] tags=["help"]
"""
**The shapes do not fit** → the numbers of a picture and the weights of a neuron both lie in rows. Which axis of
`weight` has to meet the D of `x`? **It stops without a bias** → `bias` may be None.
"""

# %% [markdown] minutes=4
"""
### Exercise: the way back through a fully connected layer ●●○○○ · 4 minutes

*Why it matters.* This is where most of the weights of AlexNet and VGG get their gradients.

`dout[n, m]` says how much output m of picture n mattered. Who used `x[n, d]`, `weight[m, d]` and `bias[m]`?
"""


# %% tags=["exercise"]
def linear_backward(dout, cache):
    """dout (N, M) → (dx (N, D), dweight (M, D), dbias (M,) or None)."""
    x, weight, bias = cache
    ### BEGIN SOLUTION about 4 lines
    dx = dout @ weight
    dweight = dout.T @ x
    dbias = None if bias is None else dout.sum(axis=0)
    return dx, dweight, dbias
    ### END SOLUTION


check(linear_backward)

# %% [markdown] tags=["help"]
"""
**I do not know which matrix to transpose** → write the three shapes down. There is one product of `dout` (N, M) and
`weight` (M, D) that gives (N, D), and one of `dout` and `x` that gives (M, D). **dbias has N rows** → all pictures
were given the same bias: what comes back along several ways adds up.
"""

# %% [markdown] minutes=2
"""
### Exercise: the rectifier ●○○○○ · 2 minutes

*Why it matters.* It stands behind nearly every layer of the networks to come.

Forward: positive entries pass, all others become 0. The cache is `x`.
"""


# %% tags=["exercise"]
def relu_forward(x):
    """Any shape → (out of the same shape, cache)."""
    ### BEGIN SOLUTION about 1 line
    return np.maximum(x, 0), x
    ### END SOLUTION


check(relu_forward)

# %% [markdown]
"""
On the way back: which of the inputs had any influence on the loss? At exactly 0 there is no slope (you saw this kink
in lesson 04); PyTorch takes 0 there, and so do we.
"""


# %% tags=["exercise"]
def relu_backward(dout, cache):
    """dout of x's shape → dx of that shape."""
    x = cache
    ### BEGIN SOLUTION about 1 line
    return dout * (x > 0)
    ### END SOLUTION


check(relu_backward)

# %% [markdown] tags=["help"]
"""
**Right where `dout` is positive, wrong where it is not** → a negative gradient is as good as a positive one. What
closed the way, `dout` or `x`? **It says that an array was changed** → make a new one; the caller still needs the old.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Why ReLU?

Until about 2010 nearly everyone used functions that *saturate*, that is, flatten out: the *sigmoid* $1/(1+e^{-x})$,
which ends at 0 and 1, or *tanh*, which ends at -1 and 1. Look at the slopes.
"""

# %% tags=["figure"]
xs = np.linspace(-5, 5, 201)
functions = {
    "ReLU": (layers.relu_forward, layers.relu_backward),
    "tanh": (layers.tanh_forward, layers.tanh_backward),
    "sigmoid": (layers.sigmoid_forward, layers.sigmoid_backward),
}
outs = {name: forward(xs) for name, (forward, _) in functions.items()}
slopes = {name: backward(np.ones(201), outs[name][1]) for name, (_, backward) in functions.items()}
values = {name: np.minimum(out, 2) for name, (out, _) in outs.items()}
figures.line_panels(xs, {"the function (ReLU cut at 2)": values, "its slope": slopes}, xlabel="x")

# %% [markdown]
r"""
On the way back every activation multiplies the gradient by its slope. Where a neuron saturates, the slope is nearly 0
and the gradient dies. The sigmoid has it worst: at its steepest, at 0, its slope is 1/4. Ten sigmoids on top of each
other multiply the gradient by what, at the very best (weights left aside)?
"""

# %% tags=["question"]
factor = 0.25**10  # ten sigmoids at their steepest
ask("ten-sigmoids", factor)

# %% [markdown]
"""
About one in a million. ReLU's slope is 1 wherever the neuron is active, and a gradient passes through any number of
active neurons undiminished. It is also cheap. Its price: a neuron that is inactive on all pictures gets no gradient
and stays as it is, a *dead* neuron.

One of the lectures behind this course calls AlexNet "the first use of ReLU". It was not: rectifiers are in
Fukushima's work of 1969, and Jarrett and others (2009), Nair and Hinton (2010) and Glorot and others (2011) brought
them into deep networks. AlexNet's paper of 2012 shows what they are worth: on CIFAR-10, small colour pictures of ten
kinds, a four-layer network reached 25% training error six times as fast as with tanh.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## How large should the first weights be?

Back to the three networks. Take one neuron with D inputs of mean square 1, and independent random weights with mean 0
and variance $\sigma^2$ ("sigma squared"). Its output is a sum of D products. Each has the variance $\sigma^2$, and
variances of independent terms add up: the output has variance $D\sigma^2$. For that to stay 1, $\sigma^2$ must be
$1/D$. So far Xavier Glorot and Yoshua Bengio in 2010; to serve the way back as well, where a gradient is a sum over
the M outputs, they took $2/(D+M)$, a compromise between $1/D$ and $1/M$: *Xavier's* rule.

ReLU changes one thing. It sets half of the numbers to 0. If z is normal with mean 0 and mean square 1, what is the
mean square of ReLU(z)?
"""

# %% tags=["question"]
mean_square = 0.5  # of ReLU(z), when z has mean 0 and mean square 1
ask("relu-mean-square", mean_square)

# %% [markdown]
r"""
So each layer needs twice the variance to make up for it: $\sigma^2 = 2/D$. That is *Kaiming's* rule, or He's, after
Kaiming He and others (2015). The deep networks of lesson 15 start from it. (Slides about them call it "Xavier/2"; the
factor 2 multiplies the variance.) For a convolution, D is the number of numbers that one filter sees, $C \cdot KH
\cdot KW$; it is called *fan-in*.

What is the standard deviation of the first weights of 3x3 filters on 64 channels?
"""

# %% tags=["question"]
deviation = 0.0589  # 3x3 filters on 64 channels, Kaiming's rule
ask("kaiming-deviation", deviation)

# %% [markdown] minutes=3
"""
### Exercise: Kaiming's rule ●○○○○ · 3 minutes

*Why it matters.* One line, and the difference between the first and the second network above.

Draw weights for a shape (M, D) or (K, C, KH, KW): normal, with mean 0 and the right standard deviation, all at once
from `rng`, an object from `np.random.default_rng`.
"""


# %% tags=["exercise", "type-along"]
def kaiming_normal(shape, rng, dtype=np.float32):
    """An array of this shape and dtype; shape is (M, D) or (K, C, KH, KW)."""
    ### BEGIN SOLUTION about 2 lines
    fan_in = np.prod(shape[1:])
    return (np.sqrt(2 / fan_in) * rng.standard_normal(shape)).astype(dtype)
    ### END SOLUTION


check(kaiming_normal)

# %% [markdown] tags=["help"]
"""
**Right for (M, D), wrong for filters** → how many numbers does one filter look at? Every axis counts but the first.
**All weights are far too small** → 2/D is a variance; `standard_normal` has to be multiplied by a deviation. **The
numbers come in another order** → one call of `rng.standard_normal(shape)`, no loop, no generator of your own.
"""

# %%
kaiming_normal = use(kaiming_normal)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Experiment: twenty layers deep

Send random numbers through twenty layers of 256 neurons with ReLU, and watch their standard deviation. With weights
of 0.01, each layer multiplies the root of the mean square by the same factor, $0.01 \cdot \sqrt{256} \cdot
\sqrt{1/2}$. How much is that?
"""

# %% tags=["question"]
factor = 0.113  # 0.01 * sqrt(256) * sqrt(1/2)
ask("shrinking-factor", factor)

# %% [markdown]
"""
Four ways to draw the weights, and for comparison each of them with tanh in place of ReLU.
"""

# %% tags=["experiment"]
width, depth = 256, by_profile(quick=20, full=20, smoke=4)
rng = np.random.default_rng(0)
rules = {
    "0.01": lambda shape: 0.01 * rng.standard_normal(shape),
    "Xavier": lambda shape: layers.xavier_normal(shape, rng),
    "Kaiming": lambda shape: kaiming_normal(shape, rng),
    "0.2": lambda shape: 0.2 * rng.standard_normal(shape),
}
deviations = {"with ReLU": {}, "with tanh": {}}
for (title, curves), activation in zip(
    deviations.items(), (lambda z: np.maximum(z, 0), np.tanh), strict=True
):
    for name, rule in rules.items():
        x = rng.standard_normal((256, width))
        curves[name] = []
        for _ in range(depth):
            x = activation(x @ rule((width, width)).T)
            curves[name].append(x.std())
        print(f"{name:8} {title}, after {depth} layers: {curves[name][-1]:.0e}")

# %% tags=["figure"]
figures.line_panels(
    np.arange(1, depth + 1), deviations, "layer", "standard deviation of the outputs", log_y=True
)

# %% [markdown]
"""
Left, straight lines on a logarithmic axis: a factor a layer. 0.01 shrinks everything away, and the gradients on their
way back shrink by the same factors: the first of our three networks got none. 0.2 looks harmless and more than
doubles everything at each layer; with a deviation of 1, as in the third network, the scores are so large that a few
steps blow it up. Xavier's rule, made for tanh, loses a factor of 1.4 a layer to ReLU. Kaiming's stays level.

Right, tanh lets nothing above 1, so nothing can blow up. Xavier's rule, which was made for it, now sinks only slowly,
as the curve bends a little at every layer. 0.2 looks best and is not: with a deviation of 0.85 most outputs are near
1 or -1, where tanh is saturated, and it is the way back that suffers. (Lesson 06 knows another cure: batch
normalisation resets the scale at every layer, whatever the weights. That is why its networks forgive a bad start.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Steps with momentum

Gradients in hand, the simplest update is $w \leftarrow w - \eta g$, with a *learning rate* $\eta$ ("eta"). The
gradient $g$ comes from a small random batch of pictures, hence *stochastic gradient descent*, SGD: 32 pictures give a
rougher gradient than all of them, but for the same work one takes many more steps. *Momentum* keeps a velocity $v$, a
fading sum of all gradients so far, and steps along that:

$$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta v$$

Where gradients alternate in sign they cancel in $v$; where they agree they add up. If $g$ is the same at every step
and $\mu$ ("mu") is 0.9, how many times $g$ does $v$ become in the end?
"""

# %% tags=["question"]
times = 10  # the velocity after many equal gradients, momentum 0.9
ask("terminal-velocity", times)

# %% [markdown]
r"""
So momentum 0.9 also makes the steps up to ten times as long: when you switch it on, lower the learning rate.

Beware of two conventions. Older texts keep the learning rate inside the velocity, $v \leftarrow \mu v - \eta g$, $w
\leftarrow w + v$. As long as $\eta$ stays the same both take the same steps. When $\eta$ drops to a tenth, PyTorch's
form, ours, shrinks the whole next step at once; the old form goes on with its old velocity for a while.

*Weight decay* adds $\lambda w$ to the gradient ($\lambda$ is "lambda"), so that each step also shrinks the weights a
little.
"""

# %% [markdown] minutes=4
"""
### Exercise: a step with momentum ●●○○○ · 4 minutes

*Why it matters.* All networks from AlexNet to ResNet were trained by these few lines or their older form, with
momentum 0.9.

Write PyTorch's form, with weight decay, and with *Nesterov's* variant if asked for: it steps along `gradient +
momentum * velocity`, with the gradient that contains the decay and with the new velocity, as if it looked one step
ahead. The velocity that you return is the same in both cases. Change no argument in place.
"""


# %% tags=["exercise", "type-along"]
def sgd_momentum_step(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    """Arrays of one shape → (new weight, new velocity)."""
    ### BEGIN SOLUTION about 4 lines
    gradient = gradient + weight_decay * weight
    velocity = momentum * velocity + gradient
    step = gradient + momentum * velocity if nesterov else velocity
    return weight - lr * step, velocity
    ### END SOLUTION


check(sgd_momentum_step)

# %% [markdown] tags=["help"]
"""
**Right at the first step, wrong at the second** → at first the velocity is 0. What stays of it, and does the gradient
count in full? **Wrong only with weight decay** → decay is a part of the gradient, before anything else happens. **It
says that an argument was changed** → `velocity += gradient` writes into the caller's array.
"""

# %%
sgd_momentum_step = use(sgd_momentum_step)

# %% [markdown]
r"""
See your step walk down a ravine. The loss is $(a^2 + 30\,b^2)/2$ for two weights a and b: along the ravine it falls
gently, across it 30 times as steeply. That is the trouble with one learning rate for all weights: one that is small
enough for the steep direction is too small for the gentle one. Both walkers take 30 steps with the same rate.
"""

# %%
curvatures = np.array([1.0, 30.0])
paths = {}
for name, momentum in (("plain", 0.0), ("momentum 0.7", 0.7)):
    weight, velocity = np.array([-10.0, 2.0]), np.zeros(2)
    paths[name] = [weight]
    for _ in range(30):
        weight, velocity = sgd_momentum_step(
            weight, curvatures * weight, velocity, lr=0.06, momentum=momentum
        )
        paths[name].append(weight)
    print(f"{name}: loss {np.sum(curvatures * weight**2) / 2:.4f} after 30 steps")

# %% tags=["figure"]
figures.descent_paths(curvatures, paths)

# %% [markdown]
"""
The plain one bounces from wall to wall and creeps along the floor. With momentum, the bounces cancel in the velocity,
and the small gradients along the floor, which always point the same way, add up.

Does it help a network? The same network for eight epochs (an *epoch* is one pass through all training pictures): with
plain steps, with plain steps at ten times the learning rate, and with momentum. The fourth run adds a *step
schedule*: from the fifth epoch on, a tenth of the learning rate.
"""

# %% tags=["experiment", "nbval-ignore-output"]
epochs = by_profile(quick=8, full=8, smoke=2)
histories = {}
settings = (
    ("plain", 0.2, 0.0, 99),
    ("plain, 2", 2.0, 0.0, 99),
    ("momentum", 0.2, 0.9, 99),
    ("and a step", 0.2, 0.9, 4),
)
for name, lr, momentum, drop in settings:
    network = dense_network([64, 128, 10], np.random.default_rng(0))
    optimizer = layers.SGD(network.parameters(), lr=lr, momentum=momentum)
    schedule = layers.StepLR(optimizer, step_size=drop)
    histories[name] = layers.fit(
        network, (images, labels), test, epochs, 32, optimizer, schedule, loss=softmax_cross_entropy
    )
    lr, last_loss = histories[name].lr[-1], histories[name].train_loss[-1]
    print(f"{name:10} learning rate at the end {lr:.2f}, loss {last_loss:.3f}")
if profile() != "smoke":
    last = {name: history.train_loss[-1] for name, history in histories.items()}
    assert last["and a step"] < 0.6 * last["plain"] and last["plain, 2"] > 1.5, "momentum should have helped"

# %% tags=["figure", "nbval-ignore-output"]
losses = {
    "on training data": {name: history.train_loss for name, history in histories.items()},
    "on new pictures": {name: history.validation_loss for name, history in histories.items()},
}
figures.line_panels(np.arange(1, epochs + 1), losses, "epoch", "loss", log_y=True, markers=True)

# %% [markdown]
"""
Momentum needs about half the epochs for the loss that plain SGD has after eight. It is not the length of the steps
alone: plain steps that are ten times as long end at 2.3, and you know what that means. After a few epochs momentum's
curve jumps about: now its steps are too long to settle. The drop of the learning rate stills that, and the loss falls
once more. AlexNet's authors lowered theirs by hand, each time the validation error stopped falling.
`ReduceLROnPlateau` automates that: when the loss has not improved for a number of epochs, its *patience*, it lowers
the rate.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Experiment: learning by heart

Now a network that trains too well. We keep 300 training pictures, and we give 30 in 100 of them a wrong label, as
careless annotators would. There is nothing to learn from a wrong label, except by heart. A network with two hidden
layers of 256 neurons has $64 \cdot 256 + 256 \cdot 256 + 256 \cdot 10$, about 84,000 weights, for 300 pictures.

Predict: after 60 epochs, which share of the 300 pictures does it "get right", wrong labels included? **a**: about
0.7, the ones with right labels. **b**: about 0.85. **c**: all, or nearly all.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("by-heart", choice)

# %%
rng = np.random.default_rng(0)
order = rng.permutation(len(images))
few, held_out = order[:300], order[300:600]
noisy_labels = labels[few].copy()
wrong = rng.random(300) < 0.3
noisy_labels[wrong] = (noisy_labels[wrong] + rng.integers(1, 10, wrong.sum())) % 10
noisy = images[few], noisy_labels
print(f"{wrong.sum()} of 300 labels are wrong")


def train_on_noisy(network, seed=0, weight_decay=0.0, judged_by=test, **options):
    """60 epochs with momentum; every seed orders the pictures in its own way."""
    optimizer = layers.SGD(network.parameters(), lr=0.02, momentum=0.9, weight_decay=weight_decay)
    epochs = by_profile(quick=60, full=60, smoke=2)
    rng = np.random.default_rng(seed)
    return layers.fit(
        network, noisy, judged_by, epochs, 25, optimizer, loss=softmax_cross_entropy, rng=rng, **options
    )


# %% [markdown]
"""
Beside it, four networks that are held back, each in a way that the rest of this lesson explains.
"""


# %% tags=["experiment", "nbval-ignore-output"]
def wide(seed=0, dropout=0.0):
    """The network of this experiment."""
    return dense_network([64, 256, 256, 10], np.random.default_rng(seed), dropout)


histories = {
    "nothing": train_on_noisy(wide()),
    "weight decay 0.02": train_on_noisy(wide(), weight_decay=0.02),
    "weight decay 0.2": train_on_noisy(wide(), weight_decay=0.2),
    "dropout 0.5": train_on_noisy(wide(dropout=0.5)),
    "shifts": train_on_noisy(wide(), augment=lambda x, rng: layers.random_shift(x, 1, rng)),
}
for name, history in histories.items():
    on_train, on_test = history.train_accuracy[-1], history.validation_accuracy
    print(f"{name:18} training {on_train:.2f}   new pictures {on_test[-1]:.2f}, at best {max(on_test):.2f}")

# %% tags=["figure", "nbval-ignore-output"]
figures.training_curves(histories, measures=("accuracy",))

# %% tags=["experiment"]
if profile() != "smoke":
    final = {name: history.validation_accuracy[-1] for name, history in histories.items()}
    assert final["nothing"] < 0.78, "the network did not overfit"
    for name in ("weight decay 0.02", "dropout 0.5", "shifts"):
        assert final[name] > final["nothing"] + 0.03, f"{name} did not help"
    assert final["weight decay 0.2"] < 0.3, "so much decay should leave nothing to learn with"

# %% [markdown]
"""
Without help the network knows all 300 pictures, the wrong labels too: *overfitting*. On new pictures it was better
early on, and got worse while the training accuracy still rose. That suggests the cheapest cure, *early stopping*:
keep the weights of the best epoch. Too much weight decay is the other ditch, *underfitting*: the network cannot even
fit what is true. Between the two, three remedies help, and with each of them the training accuracy stays near the
share of right labels. We will look at each.

But first: how should one choose between 0.02 and 0.2, or find a good place to stop? By looking at accuracies, but
whose? **a**: that of the training pictures. **b**: that of the test pictures. **c**: that of a third set, used for
nothing else.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("choose-on", choice)

# %% [markdown]
"""
Settings like these are *hyperparameters*, and they are chosen on a *validation set*. If you choose on the test set,
you have trained on it, by hand, and its accuracy no longer tells how the network does on new pictures. (The figure
above draws the test set's curve in order to look, not to choose.) Do it: 300 more pictures, which no network here has
seen, choose among six strengths of weight decay, and the test set is asked once, at the end.
"""

# %% tags=["experiment", "nbval-ignore-output"]
validation = images[held_out], labels[held_out]
strengths = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
tried = [wide() for _ in strengths]
records = [train_on_noisy(n, 0, decay, validation) for n, decay in zip(tried, strengths, strict=True)]
on_validation = [record.validation_accuracy[-1] for record in records]
best = int(np.argmax(on_validation))
print(f"chosen: {strengths[best]}; on the test set it reads {layers.accuracy(tried[best], *test):.2f} right")
if profile() != "smoke":
    assert on_validation[best] > max(on_validation[0], on_validation[-1]) + 0.04, "the best should lie inside"

# %% tags=["figure", "nbval-ignore-output"]
shares = {"training": [record.train_accuracy[-1] for record in records], "validation": on_validation}
figures.line_chart(
    strengths,
    shares,
    "weight decay (log scale)",
    "share right",
    log_x=True,
    level=("right labels", 1 - wrong.mean()),
)

# %% [markdown]
"""
This is the shape to remember. To the left, training accuracy is high and validation accuracy lags behind:
overfitting. To the right both fall together: underfitting. The best is in between, and only the validation curve
shows where. Why exactly AlexNet has five convolutions, and filters of these sizes? As one lecture says: probably many
were tried on a validation set, and this one was best.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Penalties: L2, L1, elastic net

The first remedy adds a term to the loss that grows with the weights, so that a weight must earn its size:

- *L2*: $\frac{\lambda}{2} \sum w^2$, with gradient $\lambda w$. That is weight decay.
- *L1*: $\lambda \sum |w|$, with gradient $\lambda\, \mathrm{sign}(w)$.
- *elastic net*: both.

(Texts differ in the factor 1/2. With it, $\lambda$ is what PyTorch calls `weight_decay`.) A large weight is pulled
hard by L2 and a small one hardly at all; L1 pulls both alike. Which of the two makes many weights practically 0?
**a**: L1. **b**: L2.
"""

# %% tags=["question"]
choice = "a"  # "a" or "b"
ask("which-is-sparse", choice)


# %%
def penalised(l1, l2):
    """A training step that adds an elastic net's gradient to that of the weights, but not of the biases."""

    def step(network, optimizer, x, labels, loss):
        scores = network(x)
        value, dscores = loss(scores, labels)
        network.backward(dscores)
        for parameter in network.parameters():
            if parameter.data.ndim > 1:
                parameter.grad = parameter.grad + layers.elastic_net_penalty(parameter.data, l1, l2)[1]
        optimizer.step()
        return value, scores

    return step


# %% tags=["experiment", "nbval-ignore-output"]
penalties = {"no penalty": (0, 0), "L2": (0, 0.02), "L1": (0.002, 0), "elastic net": (0.0005, 0.01)}
tiny, seen = {}, {}
for name, (l1, l2) in penalties.items():
    network = wide()
    history = train_on_noisy(network, step=penalised(l1, l2))
    weights = [p.data for p in network.parameters() if p.data.ndim > 1]
    tiny[name] = np.mean(np.abs(np.concatenate([w.ravel() for w in weights])) < 0.001)
    seen[name] = weights[0][np.argsort(-np.linalg.norm(weights[0], axis=1))[:8]].reshape(-1, 8, 8)
    print(f"{name:12} {tiny[name]:4.0%} below 0.001; accuracy {history.validation_accuracy[-1]:.2f}")
if profile() != "smoke":
    assert tiny["L1"] > 0.5 and max(tiny["L2"], tiny["no penalty"]) < 0.3, "L1 alone should be sparse"

# %% [markdown]
"""
L1 switches most weights off, L2 makes all of them small, and either reads new digits better than no penalty. What
does that look like? Each neuron of the first layer has a weight for every pixel. Here are the eight neurons with the
largest weights in each network, as pictures.
"""

# %% tags=["figure", "nbval-ignore-output"]
figures.feature_maps({name: seen[name] for name in ("no penalty", "L2", "L1")})

# %% [markdown]
"""
Without a penalty you see little but the random weights from which training began: no gradient ever asked them to go
away. With L2 they have faded and what the digits asked for remains, pieces of strokes. L1 leaves single pixels. (One
lecture shows such pictures for dropout, from a network that copies its input. In ours dropout hides nothing of the
random start, since it changes how weights work together and not how large they are.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Dropout

The second remedy disturbs the network on purpose. At each training step every neuron is silenced with probability
$p$, by a fresh draw. No neuron can rely on a particular other one being there, so they cannot conspire to recognise a
single picture.
"""

# %% tags=["figure"]
figures.dropout_networks(sizes=(4, 6, 6, 3), p=0.5, seed=2)

# %% [markdown]
r"""
At test time nothing is dropped, and then the next layer would receive more than it is used to: with $p = 0.5$, twice
as much. Two conventions make up for it. As first published, the test-time outputs are multiplied by $1-p$. Today's,
*inverted dropout*, divides by $1-p$ during training and leaves the test alone. (*An erratum.* A slide of one of our
lectures has both in one sentence: "on the test" one multiplies by $1/(1-p)$ "during training". It is one or the
other, and at test time nothing is ever divided by $1-p$.)

With inverted dropout and $p = 0.2$, a neuron has the value 4 and is kept. What does the next layer see in training?
"""

# %% tags=["question"]
value = 5  # 4, kept, p = 0.2, inverted dropout
ask("dropout-kept", value)

# %% [markdown] minutes=5
"""
### Exercise: dropout ●●○○○ · 5 minutes

*Why it matters.* 25 of 126 public solutions that we ran got the training mode wrong: half of these do not rescale,
and six draw from the normal distribution, of whose numbers 69 in 100 lie below 0.5.

`p` is the probability of being dropped. Draw one number from 0 to 1 for each entry of `x`, with
`rng.random(x.shape)`, and keep the entries where it is at least `p`. Write both conventions, for training and
evaluation. The cache is the array, or the number, that x was multiplied by; None if x is passed on.
"""


# %% tags=["exercise", "type-along"]
def dropout_forward(x, p, training=True, rng=None, inverted=True):
    """x of any shape → (out, cache)."""
    ### BEGIN SOLUTION about 7 lines
    if training:
        factor = (rng.random(x.shape) >= p).astype(x.dtype)
        if inverted:
            factor /= 1 - p
    else:
        factor = None if inverted else np.array(1 - p, x.dtype)
    return (x if factor is None else x * factor), factor
    ### END SOLUTION


check(dropout_forward)

# %% [markdown] tags=["help"]
"""
**With p = 0.5 the average of many outputs is half of x** → what is divided by 1 - p, and when? **Right for p = 0.5
only** → p is the share that goes; what is the share that stays? **Right in training, wrong in evaluation** → with
inverted dropout, evaluation changes nothing; without, it multiplies.
"""

# %% [markdown] minutes=1
"""
### Exercise: the way back through dropout ●○○○○ · 1 minute

*Why it matters.* A neuron that was silenced had no part in the loss.

The cache is what x was multiplied by. How fast does each output grow with its input?
"""


# %% tags=["exercise"]
def dropout_backward(dout, cache):
    """dout of x's shape → dx. cache is what x was multiplied by, or None."""
    ### BEGIN SOLUTION about 1 line
    return dout if cache is None else dout * cache
    ### END SOLUTION


check(dropout_backward)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
## Broken on purpose: dropout left on

Train a network with dropout, and forget to switch to evaluation. Each picture is then read by a network with half of
its hidden neurons missing. One lecture calls dropout a kind of *bagging*: training many networks, which here share
their weights, and averaging them. If that is so, an average over many draws should get us back what a single draw
loses, and the one pass without dropout should be about as good as that average. Is it?
"""


# %% tags=["experiment", "nbval-ignore-output"]
def probabilities(scores):
    """Softmax of each row."""
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def share_right(scores):
    return np.mean(scores.argmax(axis=1) == test[1])


network = wide(dropout=0.5)
train_on_noisy(network)
network.train()
masked = [probabilities(network(test[0])) for _ in range(by_profile(quick=100, full=100, smoke=3))]
one, average = np.mean([share_right(p) for p in masked]), share_right(np.mean(masked, axis=0))
evaluated = share_right(network.predict(test[0]))
print(f"dropout left on: {one:.2f}   average of {len(masked)} masks: {average:.2f}   off: {evaluated:.2f}")
if profile() != "smoke":
    assert one + 0.05 < evaluated < average + 0.05, "the masks should lose, and their average should not"

# %% [markdown]
"""
It is. Nothing fails and nothing warns; a network with dropout left on simply reads worse than it can. The average of
a hundred crippled networks is about as good as the whole one, which costs a hundredth of it. The recipe is more
general than dropout: *add noise in training, average it out at test time*. Shifted pictures are such noise, too, and
contest entries read each test picture in several shifted copies and averaged.

The same holds for whole networks. An *ensemble* averages the probabilities of several, trained from other first
weights and in other orders.
"""

# %% tags=["experiment", "nbval-ignore-output"]
members = []
for seed in range(by_profile(quick=5, full=20, smoke=2)):
    network = wide(seed)
    train_on_noisy(network, seed)
    members.append(probabilities(network.predict(test[0])))
alone = np.mean([share_right(member) for member in members])
together = share_right(np.mean(members, axis=0))
print(f"{len(members)} networks: {alone:.1%} alone, {together:.1%} together")
if profile() != "smoke":
    assert together > alone, "together they should do better than one alone, on average"

# %% [markdown]
"""
A few points at most, for five times the work: they make different mistakes, but all have learned the same wrong
labels. Contests are won by that much: AlexNet's paper gives a top-5 error of 18.2% for one network, 16.4% for five,
and 15.4% for seven, two of which had seen more data. (*Top-5*: the right class is not among the five best.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## Augmentation: more pictures than there are

The third remedy says what we know about pictures: moved by a pixel, a seven is still a seven. Each time a picture is
shown, it is changed a little, at random. Pad a 32x32 picture with 4 zeros all round, cut out 32x32 anywhere, and
mirror it or not. How many different pictures can one picture become, at most?
"""

# %% tags=["question"]
pictures = 162  # padding 4, any crop of the old size, mirrored or not
ask("crop-count", pictures)

# %% tags=["figure"]
photo = datasets.photograph(size=64)
copies = layers.random_crop_flip(np.stack([photo] * 5), 8, np.random.default_rng(3))
figures.image_row([photo, *copies], titles=["as it is"] + [f"draw {i}" for i in range(1, 6)])

# %% [markdown] minutes=4
"""
### Exercise: crop and flip ●●○○○ · 4 minutes

*Why it matters.* It is all the augmentation that the ResNets on CIFAR-10 had, with a padding of 4.

The random numbers are drawn for you: from `rows[i]` and `columns[i]` picture i's crop begins, in the padded picture,
and `flips[i]` says whether it is mirrored left to right.
"""


# %% tags=["exercise"]
def random_crop_flip(x, padding, rng):
    """x (N, C, H, W) → pictures of the same shape, each cropped and perhaps flipped."""
    n, _, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    ### BEGIN SOLUTION about 7 lines
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = np.empty_like(x)
    for i in range(n):
        crop = padded[i, :, rows[i] : rows[i] + height, columns[i] : columns[i] + width]
        out[i] = crop[:, :, ::-1] if flips[i] else crop
    return out
    ### END SOLUTION


check(random_crop_flip)

# %% [markdown] tags=["help"]
"""
**The shapes do not fit** → a crop is as large as the picture was, not as the padded one is. **Left and right are
right, and colours change** → which axis of (C, H, W) runs from left to right? **Right until padding and flips come
together** → cut first, then mirror. **It says that x was changed** → write into a new array.
"""

# %% [markdown]
"""
Is flipping right for digits? A mirrored 2 or 3 is no digit at all. An augmentation may only change what does not
change the label: it is *prior information*, something that we know and the pictures alone do not tell. So the
experiment above shifted the digits and did not flip them.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
"""
## What history did with it

Momentum is from 1964, weight decay and early stopping are from around 1990, and in 1998 LeNet-5 was also trained on
shifted, squeezed and slanted digits. Dropout came in 2012; AlexNet used it the same year to stop overfitting, and VGG
and GoogLeNet have it, too. ResNet has none: batch normalisation, whose means change from batch to batch, is noise of
its own. Momentum 0.9 and a falling learning rate won ImageNet every year from 2012 to 2015.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## Recap

Five questions. No scrolling back, at first.

**1.** A thousand classes, all scores equal: what is the cross-entropy?
"""

# %% tags=["question"]
loss = 6.9078  # a thousand classes, all scores equal
ask("recap-thousand", loss)

# %% [markdown]
"""
**2.** Scores 1, 1 and 1 and the right class is the first. What is the gradient of the cross-entropy for the first
score?
"""

# %% tags=["question"]
gradient = -2 / 3  # three equal scores, the right class
ask("recap-gradient", gradient)

# %% [markdown]
"""
**3.** Training accuracy 1.00, validation accuracy 0.75. What helps? **a**: a larger network. **b**: more weight
decay, dropout, augmentation or data. **c**: a higher learning rate.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-overfit", choice)

# %% [markdown]
"""
**4.** What is the standard deviation of Kaiming's rule for a fully connected layer with 200 inputs and 50 outputs?
"""

# %% tags=["question"]
deviation = 0.1  # 200 inputs, 50 outputs
ask("recap-kaiming", deviation)

# %% [markdown]
"""
**5.** With inverted dropout, p = 0.5, what happens to a neuron's output in evaluation? **a**: it is halved. **b**: it
is doubled. **c**: nothing.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-dropout", choice)

# %% [markdown] minutes=1
"""
## Where you are

You have a loss, first weights, steps, and four ways to hold a network back. With the layers of lessons 02 to 06 that
is everything. Lesson 08 puts it together: LeNet-5, as it was in 1998 and as one would build it today, trained by your
own code.
"""
