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
The third network has no curve for its loss after the first steps: it is *nan*, "not a number". At the end of this
lesson you will be able to say why, for the first network too.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
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

The gradient is the reason why the two steps belong together. Write the loss as $\ln \sum_k e^{s_k} - s_y$ and derive
it for one score $s_j$:

$$\frac{\partial L}{\partial s_j} = p_j - [j = y]$$

Here $[j = y]$ is 1 for the right class and 0 for the others. The right class is pushed up by what its probability
lacks to 1; each wrong class is pushed down by exactly the probability that it has and should not have. In a batch,
each picture's gradient is divided by the number of pictures, since the loss is a mean.

One trap remains. $e^{1000}$ is larger than any floating-point number, and the formula as it stands gives infinity
divided by infinity. Adding one number to all scores changes no probability: above and below, the same factor appears.
So subtract the largest score first; then no exponent is above 0.
"""

# %% [markdown] minutes=6
"""
### Exercise: softmax and cross-entropy ●●○○○ · 6 minutes

*Why it matters.* It is the loss of every network in this course. Four of 147 public solutions that we ran overflowed
at scores near 1,000, and a network that trains badly gets there.

Write the mean loss of a batch and its gradient with respect to the scores.
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

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
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
satisfied at a margin of 1 and lets go. Softmax never does; it always wants to be a little more certain. Both work
about equally well on most data. Softmax won in deep learning because its outputs can be read as probabilities.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## What stands between the loss and the convolutions

Between the last feature maps and the scores there are fully connected layers, and after each layer but the last an
*activation function*. You know both by use; here you write them, forward and backward. They are short, and the
reasoning is lesson 04's: who used this number, and how much did it matter?

The weight of a fully connected layer has the shape (M, D) in this course, as in PyTorch: a row of D weights for each
of M neurons.
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

# %% [markdown] minutes=4
"""
### Exercise: the way back through a fully connected layer ●●○○○ · 4 minutes

*Why it matters.* Two matrix products and a sum: this is where most of the parameters of AlexNet and VGG get their
gradients.
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
`weight` (M, D) that gives (N, D), and one of `dout` and `x` that gives (M, D).
"""

# %% [markdown] minutes=2
"""
### Exercise: the rectifier ●○○○○ · 2 minutes

*Why it matters.* It stands behind nearly every layer of the networks to come. Its derivative at exactly 0 does not
exist; PyTorch takes 0, and so do we.
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
On the way back: which of the inputs had any influence on the loss?
"""


# %% tags=["exercise"]
def relu_backward(dout, cache):
    """dout of x's shape → dx of that shape."""
    x = cache
    ### BEGIN SOLUTION about 1 line
    return dout * (x > 0)
    ### END SOLUTION


check(relu_backward)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Why ReLU?

Until about 2010 nearly everyone used functions that saturate: the *sigmoid* $1/(1+e^{-x})$, which ends at 0 and 1, or
*tanh*, which ends at -1 and 1. Look at the slopes.
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
them into deep networks. AlexNet's paper of 2012 shows what they are worth: a four-layer network reached 25% training
error six times as fast as with tanh.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## How large should the first weights be?

Back to the three networks. Take one neuron with D inputs of variance 1 and independent random weights of variance
$\sigma^2$ around 0. Its output is a sum of D products, and variances of independent terms add up: the output has
variance $D\sigma^2$. For that to stay 1, $\sigma^2$ must be $1/D$. So far Xavier Glorot and Yoshua Bengio in 2010; to
serve the way back as well, where a gradient is a sum over the M outputs, they took $2/(D+M)$, the compromise between
$1/D$ and $1/M$: *Xavier's* rule.

ReLU changes one thing. It sets half of the numbers to 0. If z is normal with mean 0 and mean square 1, what is the
mean square of ReLU(z)?
"""

# %% tags=["question"]
mean_square = 0.5  # of ReLU(z), when z has mean 0 and mean square 1
ask("relu-mean-square", mean_square)

# %% [markdown]
r"""
So each layer needs twice the variance to make up for it: $\sigma^2 = 2/D$. That is *Kaiming's* rule, or He's, after
Kaiming He (2015); it made it possible to train the deep networks of lesson 15, which some slides call "Xavier/2". For
a convolution, D is the number of numbers that one filter sees, $C \cdot KH \cdot KW$; it is called *fan-in*.

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

# %% tags=["experiment"]
width, depth = 256, by_profile(quick=20, full=20, smoke=4)
rng = np.random.default_rng(0)
rules = {
    "0.01": lambda shape: 0.01 * rng.standard_normal(shape),
    "Xavier": lambda shape: layers.xavier_normal(shape, rng),
    "Kaiming": lambda shape: kaiming_normal(shape, rng),
    "0.2": lambda shape: 0.2 * rng.standard_normal(shape),
}
deviations = {}
for name, rule in rules.items():
    x = rng.standard_normal((256, width))
    deviations[name] = []
    for _ in range(depth):
        x = np.maximum(x @ rule((width, width)).T, 0)
        deviations[name].append(x.std())
    print(f"{name:8} after {depth} layers: {deviations[name][-1]:.0e}")

# %% tags=["figure"]
figures.line_chart(
    np.arange(1, depth + 1), deviations, "layer", "standard deviation of its outputs", log_y=True
)

# %% [markdown]
"""
Straight lines on a logarithmic axis: a factor a layer. 0.01 shrinks everything away, and there the first network's
gradients went. 0.2 looks harmless and more than doubles everything at each layer; with a deviation of 1, as in the
third network, the scores are so large that a few steps blow it up. Xavier's rule, made for tanh, loses a factor of
1.4 a layer to ReLU. Kaiming's stays level. (Lesson 06 knows another cure: batch normalisation resets the scale at
every layer, whatever the weights. That is why its networks forgive a bad start.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Steps with momentum

Gradients in hand, the simplest update is $w \leftarrow w - \eta g$, with a *learning rate* $\eta$ ("eta"). The
gradient $g$ comes from a small random batch, hence *stochastic gradient descent*, SGD. *Momentum* keeps a velocity
$v$, a fading sum of all gradients so far, and steps along that:

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

*Why it matters.* All networks from AlexNet to ResNet were trained by these three lines, with momentum 0.9.

Write PyTorch's form, with weight decay, and with *Nesterov's* variant if asked for: it steps along `gradient +
momentum * velocity`, with the decayed gradient and the new velocity, as if it looked one step ahead. Change no
argument in place.
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

# %%
sgd_momentum_step = use(sgd_momentum_step)

# %% [markdown]
"""
What does it buy? The same network for a few epochs (an *epoch* is one pass through all training pictures), with and
without momentum. The third run adds a *step schedule*: from the fifth epoch on, a tenth of the learning rate.
"""

# %% tags=["experiment", "nbval-ignore-output"]
epochs = by_profile(quick=9, full=9, smoke=2)
histories = {}
for name, momentum, drop in (("plain", 0.0, 99), ("momentum 0.9", 0.9, 99), ("and a step", 0.9, 4)):
    network = dense_network([64, 128, 10], np.random.default_rng(0))
    optimizer = layers.SGD(network.parameters(), lr=0.2, momentum=momentum)
    schedule = layers.StepLR(optimizer, step_size=drop)
    histories[name] = layers.fit(
        network, (images, labels), test, epochs, 32, optimizer, schedule, loss=softmax_cross_entropy
    )
    print(f"{name}: loss {histories[name].train_loss[-1]:.4f}, learning rate {histories[name].lr[-1]:.3f}")

# %% tags=["figure", "nbval-ignore-output"]
figures.training_curves(histories, measures=("loss",))

# %% [markdown]
"""
Momentum gets in four epochs where plain SGD is after all of them. Then its curve jumps about: the steps are too long
to settle. The drop of the learning rate stills that, and the loss falls once more. AlexNet's authors lowered theirs
by hand, each time the validation error stopped falling; today's `ReduceLROnPlateau` does the same.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## Experiment: learning by heart

Now a network that trains too well. We keep 300 training pictures, and we give 30 in 100 of them a wrong label, as
careless annotators would. There is nothing to learn from a wrong label, except by heart. A network with two hidden
layers of 256 neurons has about 85,000 weights for 300 pictures.

Predict: after 60 epochs, which share of the 300 pictures does it "get right", wrong labels included? **a**: about
0.7, the ones with right labels. **b**: about 0.85. **c**: all, or nearly all.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("by-heart", choice)

# %%
rng = np.random.default_rng(0)
few = rng.permutation(len(images))[:300]
noisy_labels = labels[few].copy()
wrong = rng.random(300) < 0.3
noisy_labels[wrong] = (noisy_labels[wrong] + rng.integers(1, 10, wrong.sum())) % 10
noisy = images[few], noisy_labels
print(f"{wrong.sum()} of 300 labels are wrong")


def train_on_noisy(network, seed=0, weight_decay=0.0, **options):
    """60 epochs with momentum; every seed orders the pictures in its own way."""
    optimizer = layers.SGD(network.parameters(), lr=0.02, momentum=0.9, weight_decay=weight_decay)
    epochs = by_profile(quick=60, full=60, smoke=2)
    rng = np.random.default_rng(seed)
    return layers.fit(
        network, noisy, test, epochs, 25, optimizer, loss=softmax_cross_entropy, rng=rng, **options
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
fit what is true. Between the two, three remedies help. We will look at each.

How should one choose between 0.02 and 0.2, or anything else? Not by the training accuracy, which is best where
nothing is held back. Which pictures may decide? **a**: the training pictures. **b**: the test pictures. **c**: a
third set, used for nothing else.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("choose-on", choice)

# %% [markdown]
"""
Settings like these are *hyperparameters*, and they are chosen on a *validation set*. If you choose on the test set,
you have trained on it, by hand, and its accuracy no longer tells how the network does on new pictures. (Our figure
draws the test set's curve in order to look, not to choose.) Why exactly AlexNet has five convolutions and filters of
these sizes? As one lecture says: probably many were tried on a validation set, and this one was best.
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


# %% tags=["experiment", "nbval-ignore-output"]
def penalised(l1, l2):
    """A training step whose gradients include those of an elastic net on the weights, not on the biases."""

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


for name, l1, l2 in (("no penalty", 0, 0), ("L2", 0, 0.02), ("L1", 0.002, 0), ("elastic net", 0.0005, 0.01)):
    network = wide()
    history = train_on_noisy(network, step=penalised(l1, l2))
    weights = np.concatenate([p.data.ravel() for p in network.parameters() if p.data.ndim > 1])
    tiny = np.mean(np.abs(weights) < 0.001)
    print(f"{name:12} {tiny:4.0%} of the weights below 0.001; accuracy {history.validation_accuracy[-1]:.2f}")

# %% [markdown]
"""
L1 switches most weights off, L2 makes all of them small, and either reads new digits better than no penalty.
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
*inverted dropout*, divides by $1-p$ during training and leaves the test alone. (A slide of one of our lectures mixes
the two up, and divides at test time and in training.)

With inverted dropout and $p = 0.2$, a neuron has the value 4 and is kept. What does the next layer see in training?
"""

# %% tags=["question"]
value = 5  # 4, kept, p = 0.2, inverted dropout
ask("dropout-kept", value)

# %% [markdown] minutes=4
"""
### Exercise: dropout, forward and backward ●●○○○ · 4 minutes

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
**The average of many outputs is half of x** → what is divided by 1 - p, and when? **Right in training, wrong in
evaluation** → with inverted dropout, evaluation changes nothing; without, it multiplies.
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

Take the network that was trained with dropout, and forget to switch to evaluation. Each picture is then read by a
network with half of its neurons missing. The slides call dropout a kind of *bagging*: training many networks that
share their weights, and averaging them. If that is so, an average over many masks should get us back what a single
mask loses, and the one pass without dropout should be about as good as that average.
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
Nothing fails and nothing warns; a network simply reads worse than it can. The average of a hundred crippled networks
is as good as the whole one, which costs a hundredth of it. The general recipe has many names in this lesson: *add
noise in training, average it out at test time*.

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
print(f"{len(members)} networks: {alone:.3f} alone, {share_right(np.mean(members, axis=0)):.3f} together")

# %% [markdown]
"""
A point or two, for five times the work. Contests are won by a point or two: AlexNet's paper gives a top-5 error of
18.2% for one network and 15.4% for seven (two of which had seen more data).
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## Augmentation: more pictures than there are

The third remedy says what we know about pictures: moved by a pixel, a seven is still a seven. Each time a picture is
shown, it is changed a little, at random. Pad a 32x32 picture with 4 zeros all round, cut out 32x32 anywhere, and
mirror it or not. How many different pictures can one picture become?
"""

# %% tags=["question"]
pictures = 162  # padding 4, any crop of the old size, mirrored or not
ask("crop-count", pictures)

# %% tags=["figure"]
photo = datasets.photograph(size=64)
copies = layers.random_crop_flip(np.stack([photo] * 5), 8, np.random.default_rng(3))
figures.image_row([photo, *copies], titles=["a picture"] + ["cropped, flipped?"] * 5)

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

# %% [markdown]
"""
Is flipping right for digits? A mirrored 2 is no 2, and a mirrored 3 is no letter of ours. An augmentation may only
change what does not change the label: the experiment above shifted the digits and did not flip them.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
"""
## What history did with it

Momentum is from 1964, weight decay and early stopping are from around 1990, and in 1998 LeNet-5 was also trained on
shifted and squeezed digits. Dropout (2012) was half of AlexNet's secret and is in VGG and GoogLeNet; ResNet has none,
since batch normalisation disturbs a network enough. Momentum 0.9 and a falling learning rate won ImageNet every year
from 2012 to 2015.
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
