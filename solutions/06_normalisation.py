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

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
r"""
# Normalisation

Here are two networks of ten convolution layers. They read the same 100 digits with the same random filters, drawn a
little too small. The only difference is one line of code, which the second network has after each of its layers. The
histograms show the numbers that come out of each layer, and above each stands its spread.

Where have the digits gone in the first network? And what does the line do?

In this lesson you will write that line as a layer, *batch normalisation*, forwards and backwards. You will see it
bear learning rates ten times as large, you will see it fail, and you will see that the reason it was given at its
birth is not the reason why it works.

You need lessons 02 and 04: convolution, and how a gradient goes back through a graph.
"""

# %% tags=["setup"]
import timeit

import numpy as np

from course_utils import ask, by_profile, check, datasets, figures, layers, profile, start, use, widgets

start("06")

# %%
images, labels = datasets.digits(split="train")
test = datasets.digits(split="test")


def layer_outputs(scale):
    """What ten layers of 16 random filters give for 100 digits; weights `scale` times their usual size."""
    rng = np.random.default_rng(0)
    rows = {"without": [], "with the line": []}
    plain = lined = images[:100]
    for channels in (1, *[16] * 9):
        weight = scale * layers.kaiming_normal((16, channels, 3, 3), rng)
        plain, _ = layers.conv2d_forward(np.maximum(plain, 0), weight, padding=1)
        lined, _ = layers.conv2d_forward(np.maximum(lined, 0), weight, padding=1)
        lined = (lined - lined.mean((0, 2, 3), keepdims=True)) / lined.std((0, 2, 3), keepdims=True)
        rows["without"].append(plain)
        rows["with the line"].append(lined)
    return rows


# %% tags=["figure"]
figures.layer_histograms(layer_outputs(0.7))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## Ten layers and one line

The weights were 0.7 times what they should have been, so each layer gives 0.7 times what it should. ReLU does not
mend that: it passes a positive factor on. So the factors multiply, and the tenth layer hands on a picture that is
nearly blank.

Errors in the other direction multiply as well. Suppose all weights are 1.5 times too large. How many times too large
are the numbers of the tenth layer?
"""

# %% tags=["question"]
times = 57.7  # how many times too large, after ten layers
ask("spread-150", times)

# %% [markdown]
r"""
Move the weights yourself, and watch the last histogram of each row.
"""

# %% tags=["widget"]
widgets.weight_scale(layer_outputs)

# %% [markdown]
r"""
One network dies or explodes. The other one does not notice. Lesson 07 shows how to choose first weights well, so that
nothing dies at the start. But training changes the weights, and then nobody chooses.

Normalising what goes into a model is an old habit: subtract the mean, divide by the spread. The line does it
*inside*, to what every layer gives, again for each batch.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## A neuron whose inputs move

Think of a neuron in the sixth layer. At each step of training its weights are tuned for its inputs. But in the same
step the layers before it are tuned, too, and its inputs change: some become larger, some smaller. It was tuned for
inputs that no longer exist.

Look at that in a network that learns to read digits, eight convolution layers deep. `norm(channels)` says which
layers stand after each convolution: none, or one that does what the line did. `SGD` moves every weight against its
gradient, by `lr` of it, as you did with 0.2 in lesson 04. This share is the *learning rate*.
"""

# %%
train = by_profile(quick=(images, labels), full=(images, labels), smoke=(images[:128], labels[:128]))
epochs = by_profile(quick=4, full=4, smoke=1)
without, with_norm = lambda channels: [], lambda channels: [layers.BatchNorm2d(channels)]


def deep_network(norm, rng):
    """Eight 3x3 convolutions, each followed by norm(channels) and ReLU; then one linear layer."""
    steps, channels = [], 1
    for filters, stride in ((16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (32, 2), (32, 1)):
        steps += [
            layers.Conv2d(channels, filters, 3, stride, padding=1, rng=rng),
            *norm(filters),
            layers.ReLU(),
        ]
        channels = filters
    return layers.Sequential(*steps, layers.Flatten(), layers.Linear(128, 10, rng=rng))


def trained(norm, seed, lr=0.1, epochs=epochs, **more):
    """A network that has learned to read digits, and how that went."""
    network, rng = deep_network(norm, np.random.default_rng(seed)), np.random.default_rng(seed)
    optimizer = layers.SGD(network.parameters(), lr)
    history = layers.fit(network, train, epochs=epochs, optimizer=optimizer, rng=rng, progress=False, **more)
    return network, history


# %% [markdown]
r"""
`layers.fit` trains a network: 64 pictures, one step, the next 64. At each step, keep what comes into the sixth ReLU.
"""


# %%
def watched_training(norm, seed):
    """What came into the sixth ReLU at each step of training, and the loss of the last epoch."""
    seen = []

    def step(network, *others):
        result = layers.train_step(network, *others)
        sixth = [layer for layer in network.layers if isinstance(layer, layers.ReLU)][5]
        seen.append(sixth.cache)
        return result

    _, history = trained(norm, seed, step=step)
    return seen, history.train_loss[-1]


# %% tags=["experiment"]
runs = {
    name: watched_training(norm, seed=0)
    for name, norm in (("without", without), ("with the line", with_norm))
}
percentiles = {
    name: np.array([np.percentile(x[:, 0], (15, 50, 85)) for x in seen]) for name, (seen, _) in runs.items()
}

# %% tags=["figure", "nbval-ignore-output"]
figures.line_panels(
    range(len(percentiles["without"])),
    {name: dict(zip(("15%", "50%", "85%"), p.T, strict=True)) for name, p in percentiles.items()},
    xlabel="training step",
    ylabel="what comes into the ReLU",
)

# %% [markdown]
r"""
Each panel shows one filter of the sixth layer: below the lower curve lie 15% of its numbers, below the middle one
half of them, below the upper one 85%. Left, they wander and spread as the layers before it learn. Right, they stay:
the line sees to that. (The scales of the two panels differ: read the numbers.)

The paper of 2015 that introduced the layer called the wandering *internal covariate shift*, and gave it as the reason
why deep networks are slow to train. It is a good story. Keep it in mind, and keep a doubt: later in this lesson it is
put to the test.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Four lines

This is the whole algorithm, as published in 2015, for the numbers $x_1 \dots x_m$ that one neuron gives for the $m$
pictures of a batch $\mathcal{B}$:

$$\begin{aligned}
\mu_\mathcal{B} &\leftarrow \frac{1}{m} \sum_{i=1}^m x_i & \text{the mean of the batch} \\
\sigma_\mathcal{B}^2 &\leftarrow \frac{1}{m} \sum_{i=1}^m (x_i - \mu_\mathcal{B})^2 & \text{its variance} \\
\hat{x}_i &\leftarrow \frac{x_i - \mu_\mathcal{B}}{\sqrt{\sigma_\mathcal{B}^2 + \epsilon}} & \text{normalise} \\
y_i &\leftarrow \gamma\, \hat{x}_i + \beta & \text{scale and shift}
\end{aligned}$$

The arrow means *is set to*. $\mu$ ("mu") is the mean. $\sigma^2$ ("sigma squared") is the variance: how far the
numbers lie from their mean, squared, on average. Its root $\sigma$, the *standard deviation*, is what we called
spread. $\hat{x}$ ("x hat") is x, normalised: mean 0, spread 1. $\epsilon$ ("epsilon") is a tiny number, $10^{-5}$. Of
$\gamma$ ("gamma") and $\beta$ ("beta") in a moment.

Do it by hand once. A neuron gives 1, 1, 5 and 5 for the four pictures of a batch. What is $\sigma_\mathcal{B}^2$?
"""

# %% tags=["question"]
variance = 4  # of 1, 1, 5, 5, by the second line
ask("batch-variance", variance)

# %% [markdown]
r"""
So $\hat{x}$ is $(-1, -1, 1, 1)$, but for $\epsilon$. And what is $\epsilon$ for? Lecture slides often leave it out
and divide by $\sqrt{\sigma^2}$. Try that on real data: the 64 pixels of the digits, each normalised over the training
pictures.
"""

# %% tags=["experiment"]
pixels = images.reshape(len(images), 64)
centred, variances = pixels - pixels.mean(axis=0), pixels.var(axis=0)
with np.errstate(invalid="ignore"):
    slides = centred / np.sqrt(variances)
paper = centred / np.sqrt(variances + 1e-5)
print("pixels that are not a number: without epsilon", np.isnan(slides).any(axis=0).sum(), end=", ")
print("with it", np.isnan(paper).any(axis=0).sum())

# %% [markdown]
r"""
Some pixels in the margin are the same in every picture. Their variance is zero, and zero divided by zero is not a
number. One such number in its input, and all that a neuron gives is not a number, either. Inside a network the same
happens to a filter that answers to nothing.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What are gamma and beta?

The fourth line looks odd. First the numbers are given mean 0 and spread 1, with care, and then they are multiplied by
$\gamma$ and moved by $\beta$, so that they have mean $\beta$ and spread $\gamma$. Why?

$\gamma$ and $\beta$ are *learned*, like weights and biases, one of each for a neuron. Perhaps mean 0 and spread 1 is
not what the next layer needs. A layer that forced it would take something away from the network: things that it could
compute before and cannot compute now. So here is the test. Take the batch from above: 1, 1, 5, 5. Which $\gamma$ and
$\beta$ give back exactly these numbers? (Leave $\epsilon$ out.)
"""

# %% tags=["question"]
gamma_beta = (2, 3)  # (gamma, beta) that make y equal to x
ask("restore-identity", gamma_beta)

# %%
x = np.array([1.0, 1.0, 5.0, 5.0])
x_hat = (x - x.mean()) / np.sqrt(x.var())
print("normalised", x_hat, "  restored", 2 * x_hat + 3)

# %% [markdown]
r"""
That is the answer to the lecture's question *what is this?*: with $\gamma = \sigma$ and $\beta = \mu$ the layer is
the identity, so a network with it can do whatever it could do without. Nothing was lost. But something has changed:
mean and spread of the layer's output were the joint result of all the weights before it. Now they are two numbers,
which gradient descent can set directly. Training starts with $\gamma = 1$ and $\beta = 0$.

In PyTorch, and in this course, $\gamma$ is called `weight` and $\beta$ is called `bias`.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Which numbers share a mean?

In a convolution layer one filter gives many numbers for a picture, one at each place. They are answers to the same
question, and should be treated alike. So they share one mean, one variance, one $\gamma$ and one $\beta$: the
statistics of a channel are taken over all pictures *and* all places. Only then does a shifted picture still give a
shifted map.
"""

# %% tags=["figure"]
figures.shared_means(("batch",))

# %% [markdown]
r"""
In the drawing a batch of 4 pictures has 6 channels of 2x2 places. The outlined 16 numbers share a mean.

Now a batch `x` of shape (64, 16, 14, 14), that is (N, C, H, W). How many means are there, and over how many numbers
is each of them taken?
"""

# %% tags=["question"]
means_and_numbers = (16, 12544)  # (number of means, numbers in each)
ask("spatial-means", means_and_numbers)

# %% [markdown]
r"""
In NumPy that is `x.mean(axis=(0, 2, 3))`, of shape (16,). To lay it along the channels of `x` again, reshape it to
(1, 16, 1, 1).
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## One picture alone

A trained network is asked about a single picture. Where is the batch? Of one picture a neuron gives one number. Its
variance is zero, and $\hat{x}$ would be 0 whatever the picture shows. And even with many pictures, the answer for one
should not depend on the others that happen to be asked about at the same time.

So the layer keeps *running* statistics while it trains, moving averages of the batches' means and variances:

$$\text{running} \leftarrow (1 - \text{momentum}) \cdot \text{running} + \text{momentum} \cdot \text{of this batch}$$

In *training mode* a batch is normalised by its own statistics, and the running ones are only kept up to date. In
*evaluation mode* the running ones are used, and nothing is updated. Then the layer is just a fixed scale and shift.

The running mean starts at 0, momentum is 0.1, and three batches come, each with mean 10. What is the running mean
then?
"""

# %% tags=["question"]
running_mean = 2.71  # after three batches of mean 10
ask("running-mean", running_mean)

# %% [markdown]
r"""
Two conventions can bite you. First, the word *momentum*. Here, as in PyTorch and as in the lecture slides that write
$\alpha$ for it, it is the weight of the *new* batch. In Keras and others it is the weight of the *old* average. A
Keras layer has a momentum of 0.99. Which momentum is that in PyTorch?
"""

# %% tags=["question"]
momentum = 0.01  # in PyTorch's meaning
ask("other-momentum", momentum)

# %% [markdown]
r"""
Second, the variance. The batch is normalised with the one that divides by $m$. But what is it an estimate of? The
variance of $m$ numbers around *their own* mean is a little too small as an estimate for all the numbers there are: on
average, $(m-1)/m$ of it. So the running variance takes $\frac{m}{m-1} \sigma_\mathcal{B}^2$, the *unbiased* estimate.
The paper does it that way, and so does PyTorch. See it on batches of 4 numbers drawn with variance 1:
"""

# %%
batches = np.random.default_rng(0).standard_normal((100_000, 4))
print(f"divided by m: {batches.var(axis=1).mean():.3f}   by m - 1: {batches.var(axis=1, ddof=1).mean():.3f}")

# %% [markdown] minutes=10
r"""
### Exercise: batch norm, forwards ●●●○○ · 10 minutes

*Why it matters.* Most convolutional networks since 2015 have this layer after each convolution. Its two modes and its
two variances make errors that nothing reports: of 130 published solutions to a well-known assignment, all right in
training, 19 are wrong in evaluation.

Write it for `x` of shape (N, C) and (N, C, H, W), in both modes. The function returns the running statistics: new
arrays in training, unchanged in evaluation. It must not write into those that it is given. A mean over a single
number is of no use: raise a `ValueError` when that happens in training. `shape` is what lays an array of shape (C,)
along the channels of `x`: `mean.reshape(shape)`. The `cache` is what the way back will need.
"""


# %% tags=["exercise", "type-along"]
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    """x (N, C) or (N, C, H, W), the others (C,) -> out, running_mean, running_var, cache.

    cache = (x_hat, weight, inv_std, training), with inv_std, 1 over the root, of shape (C,).
    """
    shape = (1, -1) + (1,) * (x.ndim - 2)
    ### BEGIN SOLUTION about 16 lines
    axes = (0, *range(2, x.ndim))
    if training:
        m = x.size // x.shape[1]
        if m == 1:
            raise ValueError(f"x must hold more than one number a channel in training, got shape {x.shape}")
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * (m / (m - 1))
    else:
        mean, var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean.reshape(shape)) * inv_std.reshape(shape)
    out = weight.reshape(shape) * x_hat + bias.reshape(shape)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)
    ### END SOLUTION


check(batch_norm_forward)

# %% [markdown] tags=["help"]
r"""
**Right for (N, C), wrong for pictures** → print the shape of your mean: is it (C,)? **Operands could not be
broadcast** → which of the (C,) arrays did you not reshape? **The output is right, the running variance is not** →
which of the two variances belongs there, and what is $m$ for pictures? **Right in training, wrong in evaluation** →
follow each array: where do mean and variance come from, and where does `eps` stand?

Stuck? `hint(batch_norm_forward)` in a new cell gives one of three hints, `reveal(batch_norm_forward)` the solution.
"""

# %%
batch_norm_forward = use(batch_norm_forward)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Back through the graph

Lesson 04's rule was: write the computation as a graph of small steps, and go back step by step. Here it is for one
channel. Two nodes have two arrows out: $x$ is used for the mean and for the difference; $d$ is used for the variance
and for $\hat{x}$. **Where a value is used twice, its gradients add up.**
"""

# %% tags=["figure"]
figures.batch_norm_graph()

# %% [markdown]
r"""
Before you compute: let $L$ be a loss somewhere behind the layer. What is the *sum* of the gradients $\partial L /
\partial x_i$ over the batch, in training mode? (Think of what happens to the output when all $x_i$ grow by the same
amount.)
"""

# %% tags=["question"]
total = 0  # the sum of the gradients over the batch
ask("gradient-sum", total)

# %% [markdown]
r"""
Forwards, with names for all nodes, then backwards, from right to left. Read each line as *gradient with respect to*:
`ds` is $\partial L / \partial s$. A mean passes $1/m$ of its gradient to each of its numbers; `d` gets a gradient
along both arrows.
"""

# %%
rng = np.random.default_rng(1)
x, dy, gamma, beta = *rng.standard_normal((2, 8, 3)), np.array([1.0, 2.0, 0.5]), np.zeros(3)
m, eps = len(x), 1e-5
mu = x.mean(axis=0)
d = x - mu
var = np.mean(d**2, axis=0)
s = 1 / np.sqrt(var + eps)
x_hat = d * s
y = gamma * x_hat + beta

back = {"beta": dy.sum(axis=0), "gamma": (dy * x_hat).sum(axis=0)}
back["x_hat"] = dy * gamma
back["s"] = (back["x_hat"] * d).sum(axis=0)
back["var"] = back["s"] * -0.5 * s**3
back["d"] = back["x_hat"] * s + back["var"] * 2 * d / m
back["mu"] = -back["d"].sum(axis=0)
back["x"] = back["d"] + back["mu"] / m

# %% [markdown]
r"""
PyTorch can do this by itself: it writes down the graph while it computes, and goes back through it. (That is
*autograd*; lesson 09.) Ask it for the gradient at every node. Loading PyTorch takes a moment.
"""

# %%
import torch

nodes = {
    name: torch.tensor(a, requires_grad=True) for name, a in (("x", x), ("gamma", gamma), ("beta", beta))
}
nodes["mu"] = nodes["x"].mean(dim=0)
nodes["d"] = nodes["x"] - nodes["mu"]
nodes["var"] = (nodes["d"] ** 2).mean(dim=0)
nodes["s"] = (nodes["var"] + eps) ** -0.5
nodes["x_hat"] = nodes["d"] * nodes["s"]
for node in nodes.values():
    node.retain_grad()
(nodes["gamma"] * nodes["x_hat"] + nodes["beta"]).backward(torch.tensor(dy))
for name, ours in back.items():
    agrees = np.allclose(ours, nodes[name].grad, rtol=1e-10, atol=1e-12)
    print(f"d{name:6} {ours.shape!s:7} {'agrees with autograd' if agrees else 'DIFFERS'}")
print("largest sum over the batch:", f"{np.abs(back['x'].sum(axis=0)).max():.0e}")

# %% [markdown]
r"""
Every node agrees, and the gradients of the batch sum to zero, up to rounding. Adding a constant to all $x_i$ changes
no output, so the loss has no slope in that direction. Stretching all $d_i$ changes nothing, either (but for
$\epsilon$): a second direction without slope.

Now put the lines into one another. With $\overline{dy}$ for the mean of `dy` over the batch, and $\overline{dy\,
\hat{x}}$ for the mean of the products, everything falls together into one line:

$$\frac{\partial L}{\partial x_i} = \gamma\, s \left( dy_i - \overline{dy} - \hat{x}_i\, \overline{dy\, \hat{x}} \right)$$

In words: take the gradient that arrives; remove its mean, since moving all numbers has no effect; remove what lies
along $\hat{x}$, since stretching them has no effect; scale the rest as the forward pass scaled. For the middle step
of the derivation: `back["var"] * 2 * d / m` is $-\gamma s\, \hat{x}_i\, \overline{dy\, \hat{x}}$, because $d =
\hat{x}/s$; and `mu` brings the mean. (The sum of $d$ is zero, so the way through the variance gives `mu` nothing.)

The formula needs neither $x$ nor $\mu$: only $\hat{x}$, $\gamma$ and $s$, which is why the cache holds just these.
"""

# %% [markdown] minutes=8
r"""
### Exercise: batch norm, backwards ●●●○○ · 8 minutes

*Why it matters.* The formula needs two sums and one line. The graph needs eight steps, and memory for each of them.

Write it for (N, C) and (N, C, H, W). In evaluation mode the layer was a fixed scale and shift, so the way back is
simpler: mean and variance did not depend on `x`.
"""


# %% tags=["exercise", "type-along"]
def batch_norm_backward(dout, cache):
    """dout like x, cache (x_hat, weight, inv_std, training) -> dx like x, dweight (C,), dbias (C,)."""
    x_hat, weight, inv_std, training = cache
    shape = (1, -1) + (1,) * (dout.ndim - 2)
    ### BEGIN SOLUTION about 9 lines
    axes = (0, *range(2, dout.ndim))
    m = dout.size // dout.shape[1]
    dbias, dweight = dout.sum(axis=axes), (dout * x_hat).sum(axis=axes)
    scale = (weight * inv_std).reshape(shape)
    if not training:
        return scale * dout, dweight, dbias
    dx = scale * (dout - dbias.reshape(shape) / m - x_hat * dweight.reshape(shape) / m)
    return dx, dweight, dbias
    ### END SOLUTION


check(batch_norm_backward)

# %% [markdown] tags=["help"]
r"""
**dweight and dbias are right, dx is not** → compare term by term with the formula: are the means of the right things
over the right axes? **Right for (N, C), wrong for pictures** → what is $m$ there? **Right in training, wrong in
evaluation** → which two terms came from mean and variance?
"""

# %%
batch_norm_backward = use(batch_norm_backward)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Experiment: how large a learning rate?

The paper promised much larger learning rates. Here is a reason to expect that. Multiply the weights of a convolution
by ten, and put batch norm behind it. Its output is the same as before: the factor goes out in the division. And the
gradient with respect to these weights: by which factor does it change?
"""

# %% tags=["question"]
factor = 0.1  # gradient of the weights that are ten times as large, compared with before
ask("gradient-of-large-weights", factor)

# %% tags=["experiment"]
picture, weight = rng.standard_normal((16, 3, 8, 8)), rng.standard_normal((5, 3, 3, 3))
upstream, ones, zeros = rng.standard_normal((16, 5, 6, 6)), np.ones(5), np.zeros(5)
outs, gradients = [], []
for factor_of_weights in (1, 10):
    maps, cache = layers.conv2d_forward(picture, factor_of_weights * weight)
    out, _, _, norm_cache = batch_norm_forward(maps, ones, zeros, zeros, ones, eps=1e-12)
    dmaps, _, _ = batch_norm_backward(upstream, norm_cache)
    outs.append(out)
    gradients.append(layers.conv2d_backward(dmaps, cache)[1])
ratio = np.median(gradients[1] / gradients[0])
print(f"same output: {np.allclose(*outs)}   gradient times {ratio:.6f}")

# %% [markdown]
r"""
So there is a brake. Stretching the weights changes nothing, so their gradient has no part along them, and every step
makes them longer. A step that is too large makes them large. Large weights get small gradients, and the next steps
are gentler. Without batch norm it is the other way round: large weights make everything behind them larger, gradients
too.

Now measure. The network of eight layers from above, plain gradient descent, learning rates from 0.01 to 3, each with
several random starts. Every mark is the accuracy of one trained network on test digits; the lines join the averages.
Predict before you look: from which learning rate on does each kind of network guess?
"""

# %% tags=["experiment", "nbval-ignore-output"]
rates = by_profile(quick=(0.01, 0.03, 0.1, 0.3, 1, 3), full=(0.01, 0.03, 0.1, 0.3, 1, 3), smoke=(0.1,))
seeds = range(by_profile(quick=3, full=20, smoke=1))


def test_accuracy(norm, lr, seed):
    """The accuracy on test digits of a network trained with this learning rate."""
    # Networks that blow up belong to the experiment.
    with np.errstate(all="ignore"):
        network, _ = trained(norm, seed, lr)
        return layers.accuracy(network, *test)


accuracies = {
    name: np.array([[test_accuracy(norm, lr, seed) for lr in rates] for seed in seeds])
    for name, norm in (("without", without), ("with batch norm", with_norm))
}

# %% tags=["figure", "nbval-ignore-output"]
figures.accuracy_by_learning_rate(rates, accuracies)

# %% tags=["experiment"]
if profile() != "smoke":
    without_it, with_it = (dict(zip(rates, runs.T, strict=True)) for runs in accuracies.values())
    assert with_it[0.3].min() > 0.9, "with batch norm, learning rate 0.3: every run should learn"
    assert with_it[1].max() > 0.7, "with batch norm, learning rate 1: most runs should learn"
    assert without_it[1].max() < 0.5, "without batch norm, learning rate 1: no run should learn"
    print("at 0.3 every network with batch norm learns; at 1 none without it does")

# %% [markdown]
r"""
Three starts are few, so it was repeated with twenty (that is the `full` profile). At 0.1 all networks learn: 97% with
batch norm, 92% without, on average. At 0.3 all twenty with batch norm are above 95%; of those without, four are above
90%, and the others lie anywhere down to guessing. At 1 none without learns anything, while with batch norm about
seventeen of twenty are above 90%. At 3 neither kind learns. At the other end, at 0.01, batch norm has 92% after four
epochs, and without it the network has hardly begun: 60%.

So both kinds can learn, when the learning rate is right. Without batch norm *right* means 0.03 to 0.1, with it 0.01
to 1: ten times larger at the top, and a far wider target. That is worth more than the speed.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Was it the moving inputs?

The story said: batch norm helps because the inputs of each layer stop moving. If that were the reason, one could undo
the help by making them move again. Shibani Santurkar and her colleagues did that in 2018. Behind each batch norm they
put a layer of noise, which shifts and stretches every channel by random amounts, *new ones at every step*. So the
inputs of the next layer move, on purpose.

Here is such a layer, and their test on our network.
"""


# %%
class Unsettle(layers.Layer):
    """Shifts and stretches each channel by random amounts, other ones at each step of training."""

    def __init__(self, rng):
        self.rng = rng

    def forward(self, x):
        self.stretch = np.ones(1, x.dtype)
        if not self.training:
            return x
        shift, stretch = self.rng.uniform(-0.5, 0.5, x.shape[1]), self.rng.uniform(1, 1.25, x.shape[1])
        # Around the step's values, a little different for each picture.
        shift = self.rng.uniform(shift - 0.1, shift + 0.1, x.shape[:2])[..., None, None].astype(x.dtype)
        self.stretch = self.rng.normal(stretch, 0.1, x.shape[:2])[..., None, None].astype(x.dtype)
        return self.stretch * x + shift

    def backward(self, dout):
        return self.stretch * dout


# %% [markdown]
r"""
How much do the inputs of the sixth ReLU move? Take the mean of each of its channels at each step, and by how much it
changes from step to step, as a share of the channel's spread. Beside it, the loss on the training pictures in the
last epoch. All three networks train with a learning rate of 0.1. Before you look: if the story is right, how well
does the third one learn?
"""

# %% tags=["experiment", "nbval-ignore-output"]
noise = np.random.default_rng(7)
kinds = {
    "without": without,
    "with batch norm": with_norm,
    "batch norm and noise": lambda channels: [layers.BatchNorm2d(channels), Unsettle(noise)],
}
moves, losses = {}, {}
for name, norm in kinds.items():
    seen, losses[name] = watched_training(norm, seed=1)
    means, spreads = (np.array([f(x, axis=(0, 2, 3)) for x in seen]) for f in (np.mean, np.std))
    moves[name] = np.abs(np.diff(means, axis=0)).mean() / spreads.mean()
    print(f"{name:22} moves by {moves[name]:6.1%} of the spread at each step   loss {losses[name]:.3f}")
if profile() != "smoke":
    assert moves["batch norm and noise"] > moves["without"], "the noise should move the inputs more"
    assert losses["batch norm and noise"] < 0.8 * losses["without"], "and yet the network should learn better"

# %% [markdown]
r"""
With the noise the inputs move *more* than in the network without batch norm, and yet its loss is a fraction of that
network's. The noise is not free: without it the means stand still, and the loss is lower still. But inputs that hold
still are not what makes the difference. (With twelve random starts it came out this way twelve times: the inputs
moved by 28% to 30% against 16% to 21%, and the loss was 0.09 to 0.13 against 0.20 to 0.39, and 0.02 to 0.03 with
batch norm alone.)

Then what does? Santurkar and colleagues looked at the *landscape* of the loss. A gradient says which way is down,
*here*. How far can you trust it? Take a network after one epoch, compute one gradient, and walk along it, further and
further.
"""


# %%
def loss_along_the_gradient(norm, distances, seed=0):
    """The loss on one large batch after a single step of each length; the network has had one epoch."""
    network, _ = trained(norm, seed, epochs=1)
    x, y = train[0][:256], train[1][:256]
    loss, dscores = layers.softmax_cross_entropy(network.train()(x), y)
    network.backward(dscores)
    start, losses = [(p, p.data, p.grad) for p in network.parameters()], []
    for distance in distances:
        for parameter, data, gradient in start:
            parameter.data = data - distance * gradient
        with np.errstate(all="ignore"):
            losses.append(layers.softmax_cross_entropy(network(x), y)[0] / loss)
    return losses


# %% tags=["experiment"]
distances = (0.01, 0.03, 0.1, 0.3, 1, 3, 10)
walks = {
    "without": loss_along_the_gradient(without, distances),
    "with batch norm": loss_along_the_gradient(with_norm, distances),
}
if profile() != "smoke":
    assert walks["with batch norm"][-1] < 200 < walks["without"][-1], (
        "the loss should rise far less with batch norm"
    )

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(
    distances,
    walks,
    xlabel="how far along the gradient (learning rate)",
    ylabel="loss, as a multiple of where it began",
    log_x=True,
    log_y=True,
    level=("no change", 1),
)

# %% [markdown]
r"""
With batch norm the loss keeps falling further out, and beyond that it rises gently. Without it, it turns earlier and
runs up a cliff: millions of times the loss, at the last point. (In twenty random starts the last point was 29 to 77
times the beginning with batch norm. Without it, it was more than a thousand times in seventeen; the other three
networks had not begun to learn, and on a plateau nothing is steep.)

That is what *smoother* means, and smoothness is what the 2018 paper measured and, for simple cases, proved. It fits
the brake that you saw above. It is not the last word: why the landscape of a deep network is as it is, nobody can say
in general.

The layer has stood the test. Its first explanation has not.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Broken on purpose: train mode for ever

Train a network with batch norm, and forget to switch to evaluation mode. Then test it as someone might: digit by
digit, a batch of all the zeros, a batch of all the ones, and so on. What happens to the accuracy?

- **a**: next to nothing, the pictures are the same
- **b**: it rises, because a batch of one kind is easier to normalise
- **c**: it falls far
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("only-sevens", choice)

# %% tags=["experiment", "nbval-ignore-output"]
network, _ = trained(with_norm, seed=3)
pictures, digits = test
evaluated = layers.accuracy(network, pictures, digits)
network.train()
mixed = np.mean(network(pictures).argmax(axis=1) == digits)
by_digit = [np.sum(network(pictures[digits == digit]).argmax(axis=1) == digit) for digit in range(10)]
alone = sum(by_digit) / len(digits)
print(f"evaluation mode: {evaluated:.1%}")
print(f"training mode: all together {mixed:.1%}, digit by digit {alone:.1%}")
if profile() != "smoke":
    assert evaluated > 0.9 and alone < evaluated - 0.1, "digit by digit in training mode must be much worse"

# %% [markdown]
r"""
Nothing crashed, and the same weights that read 98 digits in 100 now read about 60. (In twelve repetitions: 96% to 98%
in evaluation mode, 57% to 65% digit by digit.) In a batch of sevens, what makes a seven a seven is in the mean of the
batch, and the mean is subtracted. With all digits in one batch the statistics are nearly the running ones, and nobody
notices anything: that is what makes the mistake so easy to miss. It shows up on the day when someone tests with
sorted data, or one picture at a time.

With one number in a channel, training mode refuses, in PyTorch as here. With a single *picture* of several places it
does not: it normalises the picture by itself, without a word.
"""

# %% tags=["experiment"]
try:
    layers.batch_norm_forward(np.ones((1, 3)), np.ones(3), np.zeros(3), np.zeros(3), np.ones(3))
except ValueError as error:
    print("ValueError:", error)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## Gone at test time

In evaluation mode batch norm is a fixed scale and shift for each channel. A convolution before it is a sum of
products and a bias. A scaled and shifted convolution is a convolution:

$$\gamma\, \frac{(w \cdot x + b) - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta \;=\;
\underbrace{(g\, w)}_{\text{new weights}} \cdot\, x + \underbrace{g\,(b - \mu) + \beta}_{\text{new bias}}
\qquad\text{with } g = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}$$

So after training, the layer can be *folded* into the convolution, and costs nothing.
"""

# %% [markdown] minutes=4
r"""
### Exercise: fold it away ●●○○○ · 4 minutes

*Why it matters.* Programs that get a network ready for a phone do this first, and a slip in it shows only in the
answers.

Return the new weight and bias. `weight` may be that of a convolution, (K, C, KH, KW), or of a linear layer, (M, D):
the first axis counts the filters. `bias` may be None, and then it counts as zero. The others have shape (K,).
"""


# %% tags=["exercise", "type-along"]
def fold_batch_norm(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5):
    """-> (weight, bias) of one layer that does what the layer and its batch norm do in evaluation mode."""
    ### BEGIN SOLUTION about 4 lines
    g = bn_weight / np.sqrt(running_var + eps)
    bias = 0 if bias is None else bias
    shape = (-1,) + (1,) * (weight.ndim - 1)
    return weight * g.reshape(shape), g * (bias - running_mean) + bn_bias
    ### END SOLUTION


check(fold_batch_norm)

# %% [markdown] tags=["help"]
r"""
**Operands could not be broadcast, or the weight has another shape** → along which axis of `weight` do the filters
lie, and how many axes come after it? **The weights are right, the bias is not** → the old bias went through the
normalisation, too; what happened to it there?
"""

# %%
fold_batch_norm = use(fold_batch_norm)

# %% [markdown]
r"""
Compare both ways on a layer of 32 channels, in numbers and in time.
"""

# %% tags=["experiment", "nbval-ignore-output"]
size = by_profile(quick=32, full=56, smoke=8)
x = rng.standard_normal((8, 32, size, size), dtype=np.float32)
weight = layers.kaiming_normal((32, 32, 3, 3), rng)
gamma, mean, beta = (rng.standard_normal(32, dtype=np.float32) for _ in range(3))
var = rng.uniform(0.5, 2, 32).astype(np.float32)
folded_weight, folded_bias = fold_batch_norm(weight, None, gamma, beta, mean, var)


def both():
    maps, _ = layers.conv2d_forward(x, weight, padding=1)
    return layers.batch_norm_forward(maps, gamma, beta, mean, var, training=False)[0]


def folded():
    return layers.conv2d_forward(x, folded_weight, folded_bias, padding=1)[0]


# %% tags=["experiment", "nbval-ignore-output"]
spent = {both: [], folded: []}
for _ in range(by_profile(quick=50, full=100, smoke=2)):
    # In turn, so that whatever else the machine does meets both.
    for way, times in spent.items():
        times.append(1000 * timeit.timeit(way, number=1))
two, one = (min(times) for times in spent.values())
difference, largest = np.abs(both() - folded()).max(), np.abs(both()).max()
print(f"largest difference {difference:.0e}, of numbers up to {largest:.0f}")
print(f"two layers {two:.1f} ms, folded {one:.1f} ms: {two / one:.2f} times as fast")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Before: competition between channels

AlexNet, in 2012, had a normalisation layer of another kind: *local response normalisation*, LRN. At each place of a
picture it divides a channel by something that grows with the squares of the channels next to it:

$$b_c = a_c \Big/ \Big( k + \alpha \sum_{c' \text{ near } c} a_{c'}^2 \Big)^{\beta}
\qquad \text{with } k = 2,\; n = 5,\; \alpha = 10^{-4},\; \beta = 0.75$$

$a_c$ is what channel $c$ has at this place, after ReLU; *near* means the $n$ channels centred on $c$ (fewer at the
ends). Nothing is learned, and no mean is subtracted.

PyTorch's formula divides $\alpha$ by $n$: it has $k + \frac{\alpha}{n} \sum a^2$, a mean of squares in place of a
sum. Which `alpha` does PyTorch need for the paper's layer with $n = 5$?
"""

# %% tags=["question"]
alpha = 5e-4  # for PyTorch, to get the paper's 1e-4
ask("alexnet-alpha", alpha)

# %% [markdown]
r"""
A strong answer holds its neighbours down, as neurons do in the eye. Channels far away are left alone. Here are two
strong channels and ten weak ones:
"""

# %%
answers = np.array([20, 30, 25, 150, 30, 20, 40, 25, 30, 90, 20, 25], float)
inhibited, _ = layers.local_response_norm_forward(answers.reshape(1, 12, 1, 1), size=5, alpha=5 * 1e-4, k=2.0)

# %% tags=["figure"]
figures.channel_bars(answers, inhibited.ravel())

# %% [markdown]
r"""
Nothing keeps more than 59%, because $2^{-0.75} = 0.59$ comes out of $k = 2$ alone. Next to a strong channel it is
much less. (Were the answers around 1, the sum times $10^{-4}$ would be next to nothing. The layer was made for the
size of numbers in AlexNet, whose pictures have values up to 255.)
"""

# %% [markdown] minutes=5
r"""
### Exercise: local response normalisation ●●●○○ · 5 minutes

*Why it matters.* AlexNet needs it in lesson 11, and its $\alpha$ is a trap for everyone who carries old weights to a
new library.

Write it as PyTorch does, with $\alpha$ divided by `size`. The window of channel `c` begins `size // 2` channels
before it and holds `size` channels; those that do not exist count as zero. Put what $a_c$ is divided by, before it is
raised to $\beta$, into `scale`, an array like `x`; the last line hands it to the way back.
"""


# %% tags=["exercise", "type-along"]
def local_response_norm_forward(x, size, alpha=1e-4, beta=0.75, k=1.0):
    """x (N, C, H, W), and of `size` neighbouring channels the mean square -> out like x, cache."""
    C = x.shape[1]
    ### BEGIN SOLUTION about 6 lines
    scale = np.full_like(x, k)
    for c in range(C):
        first = c - size // 2
        near = x[:, max(first, 0) : first + size]
        scale[:, c] += alpha / size * np.sum(near**2, axis=1)
    out = x / scale**beta
    ### END SOLUTION
    return out, (x, scale, size, alpha, beta)


check(local_response_norm_forward)

# %% [markdown] tags=["help"]
r"""
**Wrong in the first or the last channels only** → what does `x[:, -2:3]` give? And by what do you divide the sum
where channels are missing? **Too weak or too strong everywhere** → is `alpha` divided by `size`? **Wrong for an even
`size`** → which channels are in the window of channel 5 when the size is 4?
"""

# %%
local_response_norm_forward = use(local_response_norm_forward)

# %% [markdown]
r"""
Why is it gone? AlexNet's authors reported a top-1 error 1.4 points lower with it. Two years later VGG's authors
trained their smallest network with and without it, all else equal: 29.7% top-1 error with LRN, 29.6% without, for
more memory and time. So none of their other networks has it. When lecture notes say that *normalisation layers* have
fallen out of favour, because they contribute next to nothing, they mean this one. Batch norm came after, and did the
opposite.

A correction, too. The lists of AlexNet's layers in lecture slides often read *convolution, max pooling,
normalisation*. In the paper the normalisation stands before the pooling, on the larger maps. How many times as many
numbers are those, in the first layer?
"""

# %%
in_the_paper, in_the_slides = 55 * 55 * 96, 27 * 27 * 96
ratio = in_the_paper / in_the_slides
print(f"{in_the_paper:,} numbers in place of {in_the_slides:,}: {ratio:.2f} times as many")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## The family

Batch norm ties the pictures of a batch together. That is the root of its troubles: two modes, running statistics,
useless means when batches are small. Its relatives use the same four lines and average over other axes. None of these
looks at another picture.
"""

# %% tags=["figure"]
figures.shared_means()

# %% [markdown]
r"""
Group norm cuts the channels into groups, and averages over one group in one picture. A batch of shape (64, 16, 14,
14) goes through a group norm with 8 groups. How many means are there?
"""

# %% tags=["question"]
means = 512  # of a group norm with 8 groups
ask("group-means", means)

# %% [markdown]
r"""
| | averages over | means for (N, C, H, W) | two modes | published, and where you meet it |
|---|---|---|---|---|
| batch norm | pictures and places | C | yes | 2015; most convolutional networks |
| layer norm | channels and places | N | no | 2016; with channels only, in transformers and ConvNeXt |
| instance norm | places | N·C | no | 2016; networks that change the style of a picture |
| group norm | places and some channels | N·groups | no | 2018; detection, video, small batches |

Layer norm and instance norm are the ends of group norm: one group has layer norm's mean, and C groups are instance
norm. Measure what it means to be alone: normalise four pictures together, and the first of them by itself.
"""

# %% tags=["experiment"]
x, ones, zeros = rng.standard_normal((4, 6, 8, 8)), np.ones(6), np.zeros(6)
kinds = {
    "batch norm": lambda x: layers.batch_norm_forward(x, ones, zeros, zeros, ones)[0],
    "layer norm": lambda x: layers.group_norm_forward(x, 1, ones, zeros)[0],
    "instance norm": lambda x: layers.group_norm_forward(x, 6, ones, zeros)[0],
    "group norm": lambda x: layers.group_norm_forward(x, 2, ones, zeros)[0],
}
for name, norm in kinds.items():
    difference = np.abs(norm(x)[:1] - norm(x[:1])).max()
    print(f"{name:14} the first picture, together or alone: differs by up to {difference:.2f}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
r"""
## What history did with it

In February 2015 Sergey Ioffe and Christian Szegedy put batch norm into GoogLeNet. It reached the same accuracy on
ImageNet in 14 times fewer steps, and an ensemble of such networks, *BN-Inception*, had the best published result of
its day, a top-5 error of 4.9% on the validation set. In December of that year ResNet had a batch norm after each
convolution, before the ReLU; it was among the things that made 152 layers trainable. Since then, *convolution, batch
norm, ReLU* is one word.

In 2018 two papers put it in question. Santurkar and colleagues took its explanation away. Yuxin Wu and Kaiming He
showed what does better where batches are small: with two pictures to a batch, the error of a ResNet-50 was 10.6
points lower with group norm than with batch norm. Both the layer and the doubts are still with us.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Recap

Five questions.

**1.** A convolution with biases is followed by batch norm. What do the biases do, in training mode? **a**: they set
the mean of each channel. **b**: nothing. **c**: they slow the network down.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-conv-bias", choice)

# %% [markdown]
r"""
**2.** A batch norm stands behind a convolution with 64 filters. How many numbers does it *learn*?
"""

# %% tags=["question"]
learned = 128  # by gradient descent
ask("recap-learned", learned)

# %% [markdown]
r"""
**3.** Which statistics does it use in evaluation mode? **a**: the running ones. **b**: those of the batch it is
given. **c**: none, only $\gamma$ and $\beta$.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-eval", choice)

# %% [markdown]
r"""
**4.** Your pictures are so large that only two fit into a batch. What do you take? **a**: batch norm. **b**: local
response normalisation. **c**: group norm.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-batch-of-two", choice)

# %% [markdown]
r"""
**5.** Why did local response normalisation go out of use? **a**: it cannot be differentiated. **b**: it was measured,
and made no difference. **c**: batch norm was better.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-lrn", choice)

# %% [markdown] minutes=1
r"""
## Where you are

You have a layer that keeps the numbers inside a network in order, forwards and backwards, in both modes. You know
what it costs, when it fails, and that its fame is better founded than its first explanation. In lesson 07 you collect
everything else that makes training work: losses, regularisation, first weights, the steps of gradient descent.
"""
