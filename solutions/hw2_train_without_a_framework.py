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

# %% [markdown] slideshow={"slide_type": "slide"} minutes=10
"""
# Homework 2: Train without a framework

*100 points, about five hours. You need lessons 04 to 08.*

By the end of this homework a network that you wrote yourself, normalisation, way back and training loop, reads
handwritten digits on which nobody has trained before. The first half asks for layers that you know, whole and in both
modes; the second half puts them together. There is nothing new to read: each part says what to write, what the grader
looks at, and what it is worth.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import check, datasets, figures, layers, start, use

start("hw2")

# %% [markdown] minutes=10
"""
## How it is graded

Functions and classes are called with small arrays, of every shape and setting that their text allows: those that
`check` shows you, and others. Every case counts alike, so half of them right is half of the points. In all of them

- the arrays of a call have one dtype, float32 or float64, and results keep it; no argument is changed;
- arrays may be views with gaps, and pictures need not be square;
- no errors are asked for but those that a text names;
- a call may take five seconds, far more than it needs.

The last part is scored in another way, which stands there.

**What you may use**: NumPy, Python's own library, and of the course's layers these, because you know them from the
lessons: `conv2d_forward`, `linear_forward`, `max_pool2d_forward`, `relu_forward` and their `_backward`;
`softmax_cross_entropy`, `kaiming_normal`, `random_shift`; and to test a gradient `numeric_gradient` and
`relative_error`. All others, and SciPy and PyTorch, are not there when you are graded. What you wrote yourself in the
lessons is yours to begin from. You may add cells, functions and classes of your own as you like. Keep the names and
arguments of those that are asked for.

**Where you stand**: `check` runs the visible cases and some random ones, as often as you like, and `hint` helps as in
the lessons; neither costs a point. The grader draws other random cases than `check` does. Where `use` goes on with
the course's version of a function, the grader goes on with yours.

**Working with others**: talk about ideas with anyone, then close the conversation and write your own lines, so that
what you hand in is what you can explain. If a page, a person or a program helped you over a step, say so in a comment
beside it; that costs nothing.

**Handing in**: run `python -m course_utils submit-check hw2` in a terminal. It reads this notebook as the grader
will, and says what it finds. Then hand in this one file.
"""

# %% [markdown] minutes=5
r"""
## Batch normalisation

### batch_norm_forward · 12 points

Lesson 06's layer, for rows (N, C) and pictures (N, C, H, W). In training by the batch's own statistics, in evaluation
by the running ones, which then come back as they are. `momentum` is the share of the new batch, and the running
variance takes the unbiased one, as in PyTorch. With a single number a channel there is nothing to normalise in
training: raise a ValueError.

*The grader looks at* `out`, both running statistics, and at what the course's own way back makes of your cache. The
cache is lesson 06's, (x_hat, weight, inv_std, training): `x_hat` is x normalised, before scale and shift, and
`inv_std` is $1 / \sqrt{\text{var} + \text{eps}}$ of whichever statistics were used, (C,).
"""


# %% tags=["exercise"] minutes=25
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    """x (N, C) or (N, C, H, W), the others (C,) → out, running_mean, running_var, cache."""
    shape = (1, -1) + (1,) * (x.ndim - 2)
    ### BEGIN SOLUTION about 14 lines
    mean, var = running_mean, running_var
    if training:
        axes, count = (0, *range(2, x.ndim)), x.size // x.shape[1]
        if count < 2:
            raise ValueError(f"x must hold at least 2 numbers a channel in training, got {count}")
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_var = running_var + momentum * (var * count / (count - 1) - running_var)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean.reshape(shape)) * inv_std.reshape(shape)
    out = weight.reshape(shape) * x_hat + bias.reshape(shape)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)
    ### END SOLUTION


check(batch_norm_forward)

# %% tags=["setup"]
batch_norm_forward = use(batch_norm_forward)

# %% [markdown]
"""
### batch_norm_backward · 13 points

The way back, in both modes.

*The grader looks at* `dx`, `dweight` and `dbias`; all three have to be right in a case. Your function is given the
course's cache, so it does not depend on your forward pass.
"""


# %% tags=["exercise"] minutes=35
def batch_norm_backward(dout, cache):
    """dout like x, cache (x_hat, weight, inv_std, training) → dx like x, dweight (C,), dbias (C,)."""
    x_hat, weight, inv_std, training = cache
    shape = (1, -1) + (1,) * (dout.ndim - 2)
    ### BEGIN SOLUTION about 8 lines
    axes, count = (0, *range(2, dout.ndim)), dout.size // dout.shape[1]
    dweight, dbias = (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
    dx = dout
    if training:
        dx = dout - (dbias.reshape(shape) + x_hat * dweight.reshape(shape)) / count
    return (weight * inv_std).reshape(shape) * dx, dweight, dbias
    ### END SOLUTION


check(batch_norm_backward)

# %% tags=["setup"]
batch_norm_backward = use(batch_norm_backward)

# %% [markdown] minutes=5
r"""
### ghost_batch_norm_forward · 12 points

When eight graphics cards share a batch, each normalises its own part of it: waiting for the others' statistics would
cost time. One card can do the same with eight parts, one after the other, and that is called *ghost batch norm*
(Hoffer, Hubara and Soudry, 2017). In training:

- `x` is cut into `groups` equal parts, the first N / groups examples being the first. If they cannot be equal, raise
  a ValueError.
- Each part is normalised by its own mean and variance.
- Each part in turn moves the running statistics that the part before it has left, as `batch_norm_forward` does.

In evaluation there are no parts and nothing to divide: the running statistics serve all of `x`, and stay as they are.

*The grader looks at* `out` and both running statistics. You may call your own `batch_norm_forward`.
"""


# %% tags=["exercise"] minutes=30
def ghost_batch_norm_forward(
    x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5
):
    """x (N, C) or (N, C, H, W), groups a whole number → out, running_mean, running_var."""
    ### BEGIN SOLUTION about 10 lines
    parts = groups if training else 1
    if len(x) % parts:
        raise ValueError(f"groups must divide the batch of {len(x)}, got {groups}")
    outs = []
    for part in np.split(x, parts):
        out, running_mean, running_var, _ = batch_norm_forward(
            part, weight, bias, running_mean, running_var, training, momentum, eps
        )
        outs.append(out)
    return np.concatenate(outs), running_mean, running_var
    ### END SOLUTION


check(ghost_batch_norm_forward)

# %% [markdown] minutes=5
"""
## Dropout

### dropout_forward · 8 points

Lesson 07's layer in both conventions. `p`, from 0 to less than 1, is the probability of dropping. With `inverted`,
what is kept is scaled up in training, and evaluation hands x on; without, training scales nothing, and everything is
scaled down in evaluation. A number is kept where a uniform draw of `rng` is at least p; evaluation draws nothing and
may have no `rng`.

*The grader looks at* `out`, and at what the course's way back makes of your cache: what x was multiplied by, an array
or a number, or None if by nothing.
"""


# %% tags=["exercise"] minutes=15
def dropout_forward(x, p, training=True, rng=None, inverted=True):
    """x of any shape → out, cache."""
    ### BEGIN SOLUTION about 6 lines
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    if inverted:
        mask /= 1 - p
    return x * mask, mask
    ### END SOLUTION


check(dropout_forward)

# %% [markdown]
"""
### dropout_backward · 5 points

The way back, for caches of all four kinds: two conventions, two modes.

*The grader looks at* `dx`. Your function is given the course's cache, so it does not depend on your forward pass.
"""


# %% tags=["exercise"] minutes=10
def dropout_backward(dout, cache):
    """dout of x's shape → dx. cache is what x was multiplied by, an array or a number, or None."""
    ### BEGIN SOLUTION about 1 line
    return dout if cache is None else dout * cache
    ### END SOLUTION


check(dropout_backward)

# %% [markdown] minutes=5
"""
## A network of three blocks

### Block · 13 points

A 3x3 convolution with padding 1 and no bias, then batch norm, then ReLU. A block is an object, because it has
something to remember: the running statistics (means of 0 and variances of 1 at first) from batch to batch, and the
caches from the way there to the way back. Leave batch norm's momentum and eps at 0.1 and 1e-5. Keep the weights as
`self.weight`, `self.gamma` and `self.beta`: who trains the block will change them there.

*The grader looks at* the output in both modes, at `dx`, and at `block.gradients`, a dict that holds the gradients of
the last way back alone. A way back always follows a way there in training. The block stands on your own batch norm,
both ways, so see to that first.
"""


# %% tags=["exercise"] minutes=35
class Block:
    def __init__(self, weight, gamma, beta):
        """weight (K, C, 3, 3), gamma (K,), beta (K,)."""
        ### BEGIN SOLUTION about 2 lines
        self.weight, self.gamma, self.beta, self.gradients = weight, gamma, beta, {}
        self.running = np.zeros_like(gamma), np.ones_like(gamma)
        ### END SOLUTION

    def forward(self, x, training):
        """x (N, C, H, W), training True or False → (N, K, H, W)."""
        ### BEGIN SOLUTION about 5 lines
        out, conv = layers.conv2d_forward(x, self.weight, padding=1)
        out, *self.running, norm = batch_norm_forward(out, self.gamma, self.beta, *self.running, training)
        out, relu = layers.relu_forward(out)
        self.caches = conv, norm, relu
        return out
        ### END SOLUTION

    def backward(self, dout):
        """dout (N, K, H, W) → dx (N, C, H, W); fills self.gradients: "weight", "gamma" and "beta"."""
        ### BEGIN SOLUTION about 5 lines
        conv, norm, relu = self.caches
        dout, dgamma, dbeta = batch_norm_backward(layers.relu_backward(dout, relu), norm)
        dx, dweight, _ = layers.conv2d_backward(dout, conv)
        self.gradients = {"weight": dweight, "gamma": dgamma, "beta": dbeta}
        return dx
        ### END SOLUTION


check(Block)

# %% [markdown] minutes=5
"""
### ThreeBlocks · 12 points

The network, seven steps: the first block, 2x2 max pooling, the second block, 2x2 max pooling, the third block, the
mean of every map, and a linear layer to the scores. Tell the blocks in which mode they are. Keep the linear layer's
weights as `self.weight` and `self.bias`; the blocks see to their own.

*The grader looks at* the scores in both modes, at `dx`, and at `network.gradients`, as for a block. It hands in
blocks of its own, plain stand-ins with the same two methods, so this part does not depend on your `Block`.
"""


# %% tags=["exercise"] minutes=35
class ThreeBlocks:
    def __init__(self, blocks, weight, bias):
        """blocks: three objects as above; weight (classes, channels of the third), bias (classes,)."""
        self.blocks, self.weight, self.bias, self.gradients = blocks, weight, bias, {}

    def forward(self, x, training):
        """x (N, C, H, W) → scores (N, classes)."""
        ### BEGIN SOLUTION about 6 lines
        x, self.pool1 = layers.max_pool2d_forward(self.blocks[0].forward(x, training), 2)
        x, self.pool2 = layers.max_pool2d_forward(self.blocks[1].forward(x, training), 2)
        x = self.blocks[2].forward(x, training)
        self.maps = x.shape
        scores, self.linear = layers.linear_forward(x.mean(axis=(2, 3)), self.weight, self.bias)
        return scores
        ### END SOLUTION

    def backward(self, dscores):
        """dscores (N, classes) → dx (N, C, H, W); fills self.gradients: "weight" and "bias"."""
        ### BEGIN SOLUTION about 6 lines
        dmean, dweight, dbias = layers.linear_backward(dscores, self.linear)
        self.gradients = {"weight": dweight, "bias": dbias}
        pixels = self.maps[2] * self.maps[3]
        dout = self.blocks[2].backward(np.broadcast_to(dmean[:, :, None, None] / pixels, self.maps))
        dout = self.blocks[1].backward(layers.max_pool2d_backward(dout, self.pool2))
        return self.blocks[0].backward(layers.max_pool2d_backward(dout, self.pool1))
        ### END SOLUTION


check(ThreeBlocks)

# %% tags=["setup"]
Block = use(Block)
ThreeBlocks = use(ThreeBlocks)

# %% [markdown] minutes=5
"""
## Learning to read

These are digits as you have not seen them: somewhere on a page of 12x12, lit from one side, paler or stronger, with
noise. No light and no place says which digit it is.
"""

# %% tags=["figure"]
data = datasets.unseen_digits(np.random.default_rng(1))
figures.image_row(list(data.train_images[:10]), titles=[str(label) for label in data.train_labels[:10]])

# %% [markdown]
"""
### train_and_predict · 25 points

Train a network on the pictures you are given and say what is on the others. Everything between is yours: the first
weights, batches, steps, schedule, how long. Use your `Block` and `ThreeBlocks` or build on them; dropout and shifted
pictures are there if you want them. Draw all your random numbers from `rng`. The pictures are float32, from about -2
to 3, and so should your weights be.

*The grader* makes about 1,400 training pictures and 400 test pictures anew, calls your function once, and compares
what it returns with labels that your code never meets. Each picture is blended from two digits of one class before it
is moved and lit, so the data sets you know do not hold it.

| read right, of 400 | points |
|---|---|
| from 20% | 5 |
| from 50% | 10 |
| from 75% | 15 |
| from 85% | 20 |
| from 92% | 25 |

You have 60 seconds on one core, of which a good network needs about ten, and 1 GiB of memory. The predictions should
come from a network that your function has trained: a person may look.
"""


# %% tags=["exercise", "nbval-ignore-output"] minutes=60
def train_and_predict(train_images, train_labels, test_images, rng):
    """(N, 1, 12, 12), (N,) whole numbers, (M, 1, 12, 12), a generator → (M,) whole numbers from 0 to 9."""
    ### BEGIN SOLUTION about 21 lines
    shapes = ((16, 1, 3, 3), (32, 16, 3, 3), (32, 32, 3, 3))
    ones, zeros = np.ones(32, np.float32), np.zeros(32, np.float32)
    blocks = [Block(layers.kaiming_normal(s, rng), ones[: s[0]].copy(), zeros[: s[0]].copy()) for s in shapes]
    network = ThreeBlocks(blocks, layers.kaiming_normal((10, 32), rng), zeros[:10].copy())
    velocity, epochs = {}, 16
    for epoch in range(epochs):
        lr = 0.05 * (1 + float(np.cos(np.pi * epoch / epochs)))
        order = rng.permutation(len(train_images))
        for batch in np.array_split(order, max(1, len(order) // 32)):
            scores = network.forward(train_images[batch], True)
            network.backward(layers.softmax_cross_entropy(scores, train_labels[batch])[1])
            for part in (*blocks, network):
                for name, gradient in part.gradients.items():
                    moved = 0.9 * velocity.get((part, name), 0) + gradient
                    velocity[part, name] = moved
                    setattr(part, name, getattr(part, name) - lr * moved)
    return network.forward(test_images, False).argmax(axis=1)
    ### END SOLUTION


check(train_and_predict)

# %% [markdown]
"""
When it works, see how well it does on digits drawn from another seed, and try what you think would help. `data` above
has `train_images`, `train_labels`, `test_images` and `test_labels`, so you can also look at those it gets wrong.
"""

# %% [markdown] minutes=5
"""
## Before you hand it in

Restart the kernel and run all cells from top to bottom: what works only in the order in which you happened to run it
does not work. Then, in a terminal, `python -m course_utils submit-check hw2`. It tells you for every part whether the
grader finds it and how it does on the visible cases.
"""
