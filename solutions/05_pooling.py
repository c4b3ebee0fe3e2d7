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
r"""
# Pooling

Below is a photograph, and the same photograph made eight times smaller in three ways. Each was cut into windows of 8
by 8 pixels, and of each window one number was kept. One version keeps the largest of the 64. One keeps the pixel in
the upper left corner and never looks at the other 63. One keeps the average.

That is *pooling*: many numbers in, one number out, window by window. It throws most of its input away, and since the
1980s nearly every convolutional network has had it somewhere. Which of the three would you want? What is lost? And
what does a layer that throws numbers away do with the gradients that come back?

You need lesson 02, for the size of what comes out, and lesson 04, for gradients and how to check them.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import ask, by_profile, check, datasets, figures, layers, start, use, widgets

start("05")

# %%
photo = datasets.photograph(gray=True, size=240)
windows = photo.reshape(30, 8, 30, 8)
versions = [windows.mean(axis=(1, 3)), windows.max(axis=(1, 3)), photo[::8, ::8]]
# In random order, so that this cell does not tell which is which.
order = np.random.default_rng(4).permutation(3)
smaller = {letter: versions[i] for letter, i in zip("ABC", order, strict=True)}

# %% tags=["figure"]
figures.image_row([photo, *smaller.values()], titles=["240 by 240", *smaller])

# %% [markdown]
r"""
Which version keeps the largest number of each window?
"""

# %% tags=["question"]
letter = "B"  # "A", "B" or "C"
ask("pooling-puzzle", letter)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## One window, one number

*Max pooling* keeps the largest. In a photograph that looks crude. But pooling does not see photographs. It sees
activation maps, where a large number means *here is what my filter looks for*. The maximum says: somewhere in this
window it was found. It gives up where exactly.

The usual window is 2x2, and it moves by its own size, so that windows lie side by side. That is why PyTorch, and this
course, take the window's size for the stride when none is given. The dark cells are the winners:
"""

# %%
small = np.array([[3, 1, 0, 2, 5, 4], [2, 6, 1, 0, 3, 3], [0, 4, 7, 1, 2, 0]])
small = np.vstack([small, [[1, 2, 3, 5, 1, 1], [8, 0, 2, 2, 0, 6], [1, 1, 4, 0, 2, 9]]]).astype(float)

# %% tags=["figure"]
figures.max_pooling(small, kernel_size=2)

# %% [markdown]
r"""
The third grid holds the *switches*: where in its window each maximum was found, counted row by row from 0. Nobody
needs them on the way there. Hold on to them for the way back.

What goes in has channels, too. A filter reaches through the full depth, but a pooling window looks at **one slice at
a time**. A volume of (64, 224, 224) goes through 2x2 max pooling. What shape comes out?
"""

# %% tags=["question"]
shape = (64, 112, 112)  # (C, H, W)
ask("pool-shape", shape)

# %% tags=["figure"]
figures.volumes([(64, 224, 224), (64, 112, 112)], labels=["before pooling", "after"])

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Windows that overlap

Pooling has two settings, the window's size $F$ and the stride $S$, and its size rule is the one that you know.
AlexNet pools with 3x3 windows and stride 2, so that neighbours overlap by one row or column. Its first convolution
gives 96 maps of 55x55. What does its first pooling layer make of them?
"""

# %% tags=["question"]
shape = (96, 27, 27)  # (C, H, W), from (96, 55, 55) by 3x3 windows with stride 2
ask("alexnet-pool1", shape)

# %% [markdown]
r"""
How many numbers does that layer learn?
"""

# %% tags=["question"]
learned = 0  # of the whole pooling layer, on 96 channels
ask("pool-parameters", learned)

# %% [markdown]
r"""
In AlexNet's paper overlapping windows lowered the error by 0.4 percentage points against 2x2 windows with stride 2.
Both keep about a quarter of the numbers. People say that pooling *discards 75%*; here is how true that is:
"""

# %%
for size, kernel_size in ((224, 2), (55, 2), (55, 3)):
    left = layers.conv_output_size(size, kernel_size, stride=2)
    print(f"{size} by {kernel_size}x{kernel_size}, stride 2: {left}, {1 - left**2 / size**2:.1%} discarded")

# %% [markdown]
r"""
Windows larger than 3x3 are rare in the middle of a network: too much is lost at once. And often the last window does
not fit:
"""

# %% tags=["figure"]
figures.window_positions(size=8, kernel_size=3, strides=(2,))

# %% [markdown]
r"""
The table in GoogLeNet's paper has such a layer: maps 112 wide, 3x3 windows, stride 2, and 56 come out. What does
PyTorch make of it, without padding?
"""

# %% tags=["question"]
width = 55  # W=112, F=3, S=2, P=0
ask("googlenet-pool", width)

# %% [markdown]
r"""
Two ways lead to 56: round up, so that the last window hangs over the edge, or pad. (PyTorch rounds up when told
`ceil_mode=True`.) When you carry a network from one library to another, look at its pooling layers first.

About padding: it is not common here, but it exists. Put zeros around a map in which all numbers are negative, and a
zero wins at the border, a number that nobody has measured. What should stand in the border, then, so that it never
wins?
"""

# %% [markdown] minutes=6
r"""
### Exercise: max pooling ●●○○○ · 6 minutes

*Why it matters.* The layer between two convolutions in LeNet, AlexNet and VGG. Of 96 published solutions to a
well-known assignment, all right on the easy case, 11 fail when the window is not square.

Write it with stride and padding; the stub has unpacked the pairs. One line for each window is enough: NumPy takes the
maximum over rows and columns for all pictures and channels at once. The cache is written for you.
"""


# %% tags=["exercise", "type-along"]
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """x (N, C, H, W) -> out (N, C, OH, OW), cache. No stride means kernel_size; the border never wins."""
    stride = kernel_size if stride is None else stride
    cache = (x, kernel_size, stride, padding)
    N, C, H, W = x.shape
    (KH, KW), (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (kernel_size, stride, padding))
    ### BEGIN SOLUTION about 8 lines
    padded = np.full((N, C, H + 2 * ph, W + 2 * pw), -np.inf, x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    OH, OW = (H + 2 * ph - KH) // sh + 1, (W + 2 * pw - KW) // sw + 1
    out = np.zeros((N, C, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = padded[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, cache
    ### END SOLUTION


check(max_pool2d_forward)

# %% [markdown] tags=["help"]
r"""
**All channels come out alike** → over which axes does your maximum run? **Right without padding, 0 where a negative
number should be** → what is in the border? **Operands could not be broadcast** → rows come from `sh`, `KH` and `OH`,
columns from `sw`, `KW` and `OW`; is a letter mixed up? **It stops on sizes that do not fit** → leave the rest out, as
PyTorch does.

Stuck? `hint(max_pool2d_forward)` in a new cell gives one of three hints, `reveal(max_pool2d_forward)` the solution.
"""

# %%
max_pool2d_forward = use(max_pool2d_forward)

# %% [markdown]
r"""
Put it behind a filter. A handwritten digit, the answer of one filter to it, and that answer pooled again and again.
"""

# %%
images, labels = datasets.digits(size=32)
edges = np.array([[[[-1, 0, 1]] * 3]], np.float32)
maps, _ = layers.relu_forward(layers.conv2d_forward(images[:1], edges, padding=1)[0])
shrinking = [maps]
for _ in range(3):
    shrinking.append(max_pool2d_forward(shrinking[-1], 2)[0])

# %% tags=["figure"]
titles = [f"a {labels[0]}", *(f"{pooled.shape[3]} wide" for pooled in shrinking)]
figures.image_row([images[0, 0], *(pooled[0, 0] for pooled in shrinking)], titles=titles)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Is a maximum differentiable?

A student asked this in one of the lectures behind this course, and the lecture left it open. All of training rests on
slopes. Does $\max(a, b, c, d)$ have any?

- **a**: no; networks with max pooling are trained by a trick that has nothing to do with slopes
- **b**: yes, except where two or more of the largest are equal
- **c**: yes, everywhere
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("is-max-differentiable", choice)

# %% [markdown]
r"""
So a maximum is a selector. It passes the gradient on to the one that won, whole, and the others get nothing:

$$\frac{\partial}{\partial x_i} \max(x) = \begin{cases} 1 & \text{if } x_i \text{ is the largest} \\ 0 &
\text{otherwise} \end{cases}$$

To know who won, look at the switches. That is what they are for, and why a library keeps them. Where several tie,
PyTorch takes the first, row by row, and so do we.

When windows overlap, one pixel can win several of them. In a 3x3 picture with a 9 in the middle and zeros around it,
2x2 windows move by 1. The gradients that come back are

$$\begin{pmatrix} 1 & 2 \\ 4 & 8 \end{pmatrix}$$

What is the gradient of the 9?
"""

# %% tags=["question"]
gradient = 15  # of the 9 in the middle
ask("gradients-add", gradient)

# %% [markdown]
r"""
Step through it, there and back. The gradients that come in are 1, 2, 3, …, so that you can tell what was added to
what. Choose 3x3 windows with stride 2, and watch the 7.
"""

# %% tags=["widget"]
widgets.pooling_switches(small)

# %% [markdown] minutes=9
r"""
### Exercise: max pooling, backwards ●●●○○ · 9 minutes

*Why it matters.* Of the 92 solutions of that assignment with a way back, 40 hand out wrong gradients. Nearly all of
them had passed the assignment's own check.

Go through all numbers of `dout`. Each belongs to one window of one slice; find where in the window the first maximum
stands, and give it the gradient. `np.argmax` counts through a window row by row, and `np.unravel_index(number,
window.shape)` makes row and column of that. At the end cut the border off.
"""


# %% tags=["exercise", "type-along"]
def max_pool2d_backward(dout, cache):
    """dout (N, C, OH, OW), cache from max_pool2d_forward -> dx, of the shape of x."""
    x, kernel_size, stride, padding = cache[:4]
    N, C, H, W = x.shape
    (KH, KW), (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (kernel_size, stride, padding))
    ### BEGIN SOLUTION about 8 lines
    padded = np.full((N, C, H + 2 * ph, W + 2 * pw), -np.inf, x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    dpadded = np.zeros_like(padded)
    for n, c, i, j in np.ndindex(dout.shape):
        window = padded[n, c, i * sh : i * sh + KH, j * sw : j * sw + KW]
        row, column = np.unravel_index(np.argmax(window), window.shape)
        dpadded[n, c, i * sh + row, j * sw + column] += dout[n, c, i, j]
    return dpadded[:, :, ph : ph + H, pw : pw + W]
    ### END SOLUTION


check(max_pool2d_backward)

# %% [markdown] tags=["help"]
r"""
**All gradients are in the upper left corner** → a row of the window is not yet a row of the picture. **Right side by
side, too small where windows overlap** → what happens to a pixel that wins twice? **dx has the shape (N, C, 0, 0)** →
with a padding of 0, where does a slice that ends at `-0` end? **The sum grows where numbers are equal** → a
comparison with the maximum marks all of them; `np.argmax` finds one.
"""

# %%
max_pool2d_backward = use(max_pool2d_backward)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Broken on purpose: assigned, not added

Here is what 38 of those 40 learners wrote. It differs from a right solution by one character: `=` in place of `+=`.
"""


# %%
def assigning(dout, cache):
    """max_pool2d_backward, without padding, with the most common slip in it."""
    x, size, stride = cache[:3]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x[n, c, i * stride : i * stride + size, j * stride : j * stride + size]
        row, column = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * stride + row, j * stride + column] = dout[n, c, i, j]
    return dx


# %% [markdown]
r"""
You own a judge: the numeric gradient. Which of these checks finds the mistake?

- **a**: one with 2x2 windows and stride 2
- **b**: one with 3x3 windows and stride 2
- **c**: both
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("which-check", choice)

# %% tags=["experiment"]
rng = np.random.default_rng(0)
x = rng.permutation(2 * 3 * 9 * 9).reshape(2, 3, 9, 9) / 10  # no two alike: no ties


def loss(x, dout, *settings):
    return np.sum(layers.max_pool2d_forward(x, *settings)[0] * dout)


for size, stride in ((2, 2), (3, 2), (3, 1)):
    out, cache = layers.max_pool2d_forward(x, size, stride)
    dout = rng.standard_normal(out.shape)
    by_trial = layers.numeric_gradient(lambda x: loss(x, dout, size, stride), x)
    adding, assigned = max_pool2d_backward(dout, cache), assigning(dout, cache)
    off, far_off = (layers.relative_error(way, by_trial) for way in (adding, assigned))
    kept = assigning(np.ones_like(dout), cache).sum() / dout.size
    print(f"{size}x{size}, stride {stride}: relative error of adding {off:.2f}, of assigning {far_off:.2f},")
    print(f"    which keeps {kept:.0%} of the gradient")

# %% [markdown]
r"""
With windows side by side the two are one and the same, and a check that tries nothing else lets it pass. With 3x3
windows and stride 2 a third of the gradient is lost, with stride 1 two thirds. Nothing crashes, and a network with it
may even learn. **A check is as good as its worst case**: try windows that overlap, sizes that do not fit, sides that
differ.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Experiment: when two are equal

Three rules for ties are in use: the *first* of the equals gets the gradient, as in PyTorch; or it is *split* among
them; or *each* gets the whole, which is what comes of `window == window.max()`, and what 46 of the 92 solutions did.

First ask the judge. In a window with the numbers 3, 3, 3 and 0, what does the numeric gradient say of one of the
three? Go through its steps: the maximum when this 3 is a little larger, and when it is a little smaller.
"""

# %% tags=["question"]
slope = 0.5  # of one of three equal largest numbers, by central differences
ask("tie-numeric", slope)

# %% tags=["experiment"]
tied = np.array([[[[3.0, 3], [3, 0]]]])
one = np.ones((1, 1, 1, 1))
equal = (tied == tied.max()).astype(float)
rules = {
    "first": max_pool2d_backward(one, layers.max_pool2d_forward(tied, 2)[1]),
    "split": equal / equal.sum(),
    "each": equal,
    "numeric": layers.numeric_gradient(lambda x: np.sum(max_pool2d_forward(x, 2)[0]), tied),
}
for name, dx in rules.items():
    print(f"{name:8} {np.array2string(dx.ravel(), precision=2, suppress_small=True):22} sum {dx.sum():.2f}")

# %% [markdown]
r"""
At a tie the judge fails: its answer is half of a step up and half of a step down, and no rule. That is the kink of
lesson 04 again, and why the check above used numbers of which no two are alike.

Are ties rare? Count them in the 2x2 windows of three kinds of input, and how much the third rule hands out.
"""


# %% tags=["experiment"]
def count_ties(x):
    """Share of 2x2 windows with a tie, share with one above 0, and a window's number of equals on average."""
    tiles = x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2)
    largest = tiles.max(axis=(3, 5), keepdims=True)
    equals = (tiles == largest).sum(axis=(3, 5))
    return np.mean(equals > 1), np.mean((equals > 1) & (largest[:, :, :, 0, :, 0] > 0)), equals.mean()


digits, _ = datasets.digits(size=8)
filters = np.random.default_rng(0).standard_normal((8, 1, 3, 3)).astype(np.float32)
maps, _ = layers.relu_forward(layers.conv2d_forward(digits, filters, padding=1)[0])
inputs = {
    "digits, 17 grays": digits,
    "a photograph, 256 grays": np.round(photo * 255)[None, None],
    "maps after a ReLU": maps,
}
for name, x in inputs.items():
    share, above, equals = count_ties(x)
    print(f"{name:24} tied {share:5.1%}, above 0 {above:5.1%}; 'each' hands out {equals:.2f} for 1")

# %% [markdown]
r"""
In pictures ties are common, because they have few different values. After a ReLU more than every fourth window is
tied as well, but at 0, where all four were switched off. There it does not matter who gets the gradient: on its way
back it meets the ReLU next, which lets nothing through at 0. Above 0 a tie in activation maps is a rare accident.

So *first* and *split* are both right, in the sense that they hand out what came in, and you may choose. *Each* is
wrong: on the digits it hands out nearly twice what came in.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## The other kinds

*Average pooling* takes the mean of a window, and on the way back every pixel gets the same share. It came first, and
the maximum has mostly replaced it: an average is small when a filter has answered strongly at one of four places and
not at the three others.

*L2 pooling* takes the root of the sum of squares: the length of the window, seen as a vector. In character it lies
between the two: strong answers dominate, but all have a say.
"""

# %%
gray = photo[None, None]
outline, _ = layers.relu_forward(layers.conv2d_forward(gray, edges, padding=1)[0])
kinds = {
    "maximum": layers.max_pool2d_forward(outline, 6)[0],
    "average": layers.avg_pool2d_forward(outline, 6)[0],
    "L2": layers.l2_pool2d_forward(outline, 6)[0],
    "one of 36": outline[:, :, ::6, ::6],
}
in_order = np.all(kinds["average"] <= kinds["maximum"]) and np.all(kinds["maximum"] <= kinds["L2"] + 1e-6)
print("average <= maximum <= L2 everywhere:", bool(in_order))

# %% tags=["figure"]
figures.image_row([outline[0, 0], *(kind[0, 0] for kind in kinds.values())], titles=["edges", *kinds])

# %% [markdown]
r"""
Each picture is shown on its own scale. (In numbers L2 is the largest of the three: nothing divides it.) The maximum
keeps thin lines whole. The average lets them fade. Taking one pixel in 36 breaks them up: what it keeps depends on
where the grid happens to lie.
"""

# %% [markdown] minutes=3
r"""
### Exercise: average pooling ●○○○○ · 3 minutes

*Why it matters.* The last layer before the scores in GoogLeNet and ResNet.

As before, with a mean. The border is filled with zeros, and they count as pixels: that is PyTorch's default.
"""


# %% tags=["exercise", "type-along"]
def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """x (N, C, H, W) -> out (N, C, OH, OW), cache. No stride means kernel_size; zeros of the border count."""
    stride = kernel_size if stride is None else stride
    cache = (x, kernel_size, stride, padding)
    N, C, H, W = x.shape
    (KH, KW), (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (kernel_size, stride, padding))
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    ### BEGIN SOLUTION about 7 lines
    OH, OW = (H + 2 * ph - KH) // sh + 1, (W + 2 * pw - KW) // sw + 1
    out = np.zeros((N, C, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = padded[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out, cache
    ### END SOLUTION


check(avg_pool2d_forward)

# %% [markdown] tags=["help"]
r"""
**Too large at the border only** → divide by all pixels of the window, whether they are real or padding. **Right on
square windows only** → a window has `KH * KW` pixels.
"""

# %%
avg_pool2d_forward = use(avg_pool2d_forward)

# %% [markdown] minutes=4
r"""
### Exercise: average pooling, backwards ●●○○○ · 4 minutes

*Why it matters.* The same pattern as in every layer: who used this pixel, and how much?

Each window used each of its pixels, with the same factor. A pixel in several windows collects from all of them.
"""


# %% tags=["exercise", "type-along"]
def avg_pool2d_backward(dout, cache):
    """dout (N, C, OH, OW), cache from avg_pool2d_forward -> dx, of the shape of x."""
    x, kernel_size, stride, padding = cache
    N, C, H, W = x.shape
    (KH, KW), (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (kernel_size, stride, padding))
    dpadded = np.zeros((N, C, H + 2 * ph, W + 2 * pw), x.dtype)
    ### BEGIN SOLUTION about 5 lines
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            window = dpadded[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
            window += dout[:, :, i : i + 1, j : j + 1] / (KH * KW)
    return dpadded[:, :, ph : ph + H, pw : pw + W]
    ### END SOLUTION


check(avg_pool2d_backward)

# %% [markdown] tags=["help"]
r"""
**Operands could not be broadcast** → `dout[:, :, i, j]` has two axes and a window has four: keep the last two as
slices of length 1. **Nothing has changed after `window = window + …`** → that makes a new array; `+=` writes into the
old one. **dx has the wrong size** → take height and width from x, not from `dout`.
"""

# %%
avg_pool2d_backward = use(avg_pool2d_backward)

# %% [markdown]
r"""
An average is a weighted sum, so average pooling is a convolution after all, one with fixed weights, each filter on a
channel of its own. A maximum is not: it is not even linear. See both:
"""

# %%
x = rng.standard_normal((2, 3, 8, 8))
quarters = np.full((3, 1, 2, 2), 1 / 4)
as_convolution, _ = layers.conv2d_forward(x, quarters, stride=2, groups=3)
print("the average is a convolution:", np.allclose(avg_pool2d_forward(x, 2)[0], as_convolution))
other = rng.standard_normal(x.shape)
apart = max_pool2d_forward(x, 2)[0] + max_pool2d_forward(other, 2)[0]
print("the maximum of a sum is the sum of maxima:", np.allclose(max_pool2d_forward(x + other, 2)[0], apart))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## LeNet's way: pooling that learns

LeNet-5 has something between a pooling layer and a convolution. It adds up the pixels of a window, multiplies by a
*coefficient* and adds a *bias*. Each map has its own two numbers, shared by all its windows, and they are trained
like weights:

$$\text{out}[c, i, j] = w_c \cdot \sum_{\text{window}} x + b_c$$

Its authors called it *subsampling*. The result goes through a squashing function; for now, take the sigmoid
$1/(1+e^{-v})$. LeNet's first subsampling layer, S2, has six maps of 14x14. How many numbers does it learn?
"""

# %% tags=["question"]
learned = 12  # by S2: six maps, 2x2 windows
ask("lenet-s2", learned)

# %% [markdown] minutes=4
r"""
### Exercise: subsampling ●●○○○ · 4 minutes

*Why it matters.* You will build LeNet-5 as it was in 1998, in lesson 08, and this is the layer that no library has.

`weight` and `bias` hold one number a channel. No padding, and no squashing: that is another layer.
"""


# %% tags=["exercise", "type-along"]
def subsample2d_forward(x, weight, bias, kernel_size=2, stride=None):
    """x (N, C, H, W), weight and bias (C,) -> out (N, C, OH, OW), cache. No stride means kernel_size."""
    stride = kernel_size if stride is None else stride
    cache = (x, weight, bias, kernel_size, stride)
    N, C, H, W = x.shape
    (KH, KW), (sh, sw) = np.broadcast_to(kernel_size, 2), np.broadcast_to(stride, 2)
    ### BEGIN SOLUTION about 7 lines
    OH, OW = (H - KH) // sh + 1, (W - KW) // sw + 1
    out = np.zeros((N, C, OH, OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
            out[:, :, i, j] = weight * window.sum(axis=(2, 3)) + bias
    return out, cache
    ### END SOLUTION


check(subsample2d_forward)

# %% [markdown] tags=["help"]
r"""
**Operands could not be broadcast** → an output of (N, C, OH, OW) has its channels on the second axis, and `weight`
meets the last one: multiply while you have (N, C), or write `weight[:, None, None]`. **Four times too small** → it is
a sum.
"""

# %%
subsample2d_forward = use(subsample2d_forward)

# %% [markdown]
r"""
What can two numbers learn? Take windows in which 0, 1, 2, 3 or all 4 pixels are on, and look at what comes out of the
sigmoid for three choices.
"""

# %%
on = np.tril(np.ones((5, 4)), -1).reshape(5, 1, 2, 2)
choices = {"w = 1/2, b = −1": (0.5, -1), "w = 10, b = −5": (10, -5), "w = 10, b = −35": (10, -35)}
curves = {}
for name, (w, b) in choices.items():
    sums, _ = subsample2d_forward(on, np.array([float(w)]), np.array([float(b)]))
    curves[name] = 1 / (1 + np.exp(-sums.ravel()))

# %% tags=["figure"]
figures.line_chart(range(5), curves, "pixels that are on, of four", "after the sigmoid")

# %% [markdown]
r"""
With a small coefficient it is an average, hardly squashed. With a large one the bias decides: it answers when *any*
pixel is on, or only when *all* are. Where the first of these is right, max pooling does the same without training.
LeNet's two subsampling layers learn 12 + 32 of its 60,000 numbers; they were easily given up.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Why pool at all?

Another student's question: why pool before the fully connected layers? Count. AlexNet's maps are 55x55 after the
first convolution, and its other four convolutions keep the size. Only the three pooling layers shrink. Then 256 maps
go into 4,096 neurons, each connected to every number.

How many weights would that layer have without the pooling, with maps of 55x55?
"""

# %% tags=["question"]
weights = 3_171_942_400  # 256 maps of 55x55, fully connected to 4,096 neurons, no biases
ask("fc6-without-pooling", weights)

# %%
sizes = [55]
for _ in range(3):
    sizes.append(layers.conv_output_size(sizes[-1], 3, stride=2))
counts = [256 * size**2 * 4096 for size in (sizes[-1], sizes[0])]
print("with three pooling layers:", " -> ".join(map(str, sizes)))
print(f"without them {counts[1] / counts[0]:.0f} times as many weights")

# %% tags=["figure"]
figures.weight_counts(["with pooling", "without"], counts, xlabel="weights of the layer (log scale)")

# %% [markdown]
r"""
Eighty-four times as many, in one layer. All that was saved by sharing weights would be lost again. (The weights of
the *convolutions* stay the same: a filter does not care how large the map is. But their work shrinks with it, and a
3x3 filter behind a pooling layer sees twice as far.)

*An erratum.* One of the lectures has AlexNet's last pooling layer give 256 maps of 2x2, so 1,024 numbers for the
dense layer. You have just computed what it is: 6x6, so 9,216.

AlexNet has three pooling layers, and none of them halves exactly. VGG's are 2x2 with stride 2, and they do: its maps
are 224 wide at the beginning and 7 at the end. How many pooling layers has it?
"""

# %% tags=["question"]
count = 5  # 2x2 pooling layers with stride 2, from 224 to 7
ask("halvings-224-7", count)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Experiment: how invariant is it?

You will often read that max pooling makes a network *invariant* to small shifts: move the picture by a pixel, and the
output stays. Measure it. The photograph moves by one pixel. How many outputs of 2x2 max pooling keep exactly the
number that they had?

- **a**: nearly all
- **b**: about half
- **c**: about a quarter
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("one-pixel-shift", choice)

# %% tags=["experiment"]
still = photo[None, None, :, 8:]
for shift in (1, 2):
    moved = photo[None, None, :, 8 - shift : -shift]
    before, after = max_pool2d_forward(still, 2)[0], max_pool2d_forward(moved, 2)[0]
    same_place, next_place = np.mean(before == after), np.mean(before[..., :-1] == after[..., 1:])
    print(f"moved by {shift}: {same_place:.0%} the same, {next_place:.0%} the same one place further")

# %% [markdown]
r"""
So it is *equivariant* to shifts by its stride, like a convolution: what comes out is shifted. To other shifts it is
neither equivariant nor invariant. But exactly equal is a hard test. How large is the change? Take filter answers to
handwritten digits, shift the digits, and compare with the size of the answers themselves: 1 means that the change is
as large as the thing.
"""

# %% tags=["experiment"]
some = images[: by_profile(quick=200, full=1797, smoke=8)]
filters = np.concatenate([edges, -edges, edges.swapaxes(2, 3), -edges.swapaxes(2, 3)])
poolings = {
    "no pooling": lambda maps: maps,
    "2x2": lambda maps: max_pool2d_forward(maps, 2)[0],
    "2x2, three times": lambda maps: max_pool2d_forward(maps, 8)[0],
    "global average": lambda maps: layers.global_avg_pool2d_forward(maps)[0],
}


def answers(pictures):
    return layers.relu_forward(layers.conv2d_forward(pictures, filters, padding=1)[0])[0]


shifts, change = range(7), {name: [] for name in poolings}
for shift in shifts:
    moved = np.pad(some, ((0, 0), (0, 0), (0, 0), (shift, 0)))[..., : some.shape[-1]]
    for name, pool in poolings.items():
        before, after = pool(answers(some)), pool(answers(moved))
        change[name].append(np.linalg.norm(after - before) / np.linalg.norm(before))
print("shift by 1:", ", ".join(f"{name} {values[1]:.2f}" for name, values in change.items()))

# %% tags=["figure"]
figures.line_chart(shifts, change, "shift (pixels)", "relative change")

# %% [markdown]
r"""
One layer of max pooling takes a change of 0.36 to 0.30. That is not invariance. Three of them, with windows of 8x8 in
all, take it to 0.15. (Three 2x2 maxima in a row are one 8x8 maximum; here nothing stands between them.) What a
network ignores, it ignores because it was trained to, on pictures that are not all centred. The global average is
another matter: it does not care where, until the digit is cut off at the border.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Without pooling

The job is to make maps smaller. A convolution with stride 2 does that, too, and it learns how. In 2014 the *All
Convolutional Net* replaced each pooling layer by one and lost nothing, on pictures of 32x32. It costs weights and
work:
"""

# %%
pooling, strided = 0, 96 * (3 * 3 * 96 + 1)
print(f"to halve 96 maps: pooling learns {pooling}, a 3x3 convolution with stride 2 learns {strided:,}")

# %% [markdown]
r"""
Networks that *make* pictures, such as variational autoencoders and GANs, do without pooling as a rule: what they must
not lose is where things are.

At the other end stands *global average pooling*: each map becomes one number, its mean. A network that ends in 1,024
maps of 7x7 and sorts into 1,000 classes can connect all of them, or average first:
"""

# %%
maps = rng.standard_normal((1, 1024, 7, 7))
pooled, _ = layers.global_avg_pool2d_forward(maps)
print(f"all connected:  {maps.size:,} numbers, {maps.size * 1000:,} weights")
print(f"averaged first: {pooled.size:,} numbers, {pooled.size * 1000:,} weights")
larger, _ = layers.global_avg_pool2d_forward(rng.standard_normal((1, 1024, 12, 9)))
print("from maps of 12x9:", larger.shape)

# %% [markdown]
r"""
A 49th of the weights, and pictures may be of any size: what comes out has always the same shape. *Network in Network*
had it in 2013, GoogLeNet in 2014, and since then it is how nearly all convolutional networks end.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What history did with it

In Hubel and Wiesel's account of the visual cortex, *complex cells* answer to an edge wherever it lies in a small
patch. Fukushima's Neocognitron of 1980 gave them a layer of their own, which blurs. LeCun's first network of 1989 had
none, only strides; LeNet-5 of 1998 had two that learn. The maximum came from elsewhere: Weng's *Cresceptron* of 1992
and Riesenhuber and Poggio's model of the cortex of 1999. In 2010 Scherer, Müller and Behnke compared it with
subsampling on pictures of objects, and the maximum won clearly. AlexNet took it over, with windows that overlap.

Lecture notes of 2016 expected that later networks would have few pooling layers or none. It came so: a ResNet has one
at its beginning and a global average at its end. In 2019 Zhang showed that strides and small maxima cause aliasing,
as in picture C at the top, and that a little blur before each of them makes networks steadier under shifts.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Recap

| | on the way there | on the way back | learns |
|---|---|---|---|
| maximum | the largest | to the winner; where windows overlap, added | nothing |
| average | the mean | shared out equally | nothing |
| L2 | root of the sum of squares | by entry / length | nothing |
| subsampling | coefficient times sum, plus bias | coefficient to each pixel | two numbers a map |
| global average | one mean a map | shared out equally | nothing |

Five questions.

**1.** AlexNet's last pooling layer gets 256 maps of 13x13; windows 3x3, stride 2. What comes out?
"""

# %% tags=["question"]
shape = (256, 6, 6)  # (C, H, W)
ask("recap-pool3", shape)

# %% [markdown]
r"""
**2.** A single 8x8 map went through 2x2 max pooling with stride 2. Of the 64 numbers of dx, at most how many are not
zero?
"""

# %% tags=["question"]
count = 16  # of 64
ask("recap-nonzero", count)

# %% [markdown]
r"""
**3.** Your windows lie side by side, and yet all of dx adds up to more than all of `dout`. What did you do? **a**:
give every tied pixel the whole gradient. **b**: assign where I should add. **c**: give it to the first of several
equals.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-sum-grows", choice)

# %% [markdown]
r"""
**4.** Pooling is said to *reduce the number of parameters*. Whose? **a**: those of the convolutions that follow.
**b**: those of the fully connected layer that follows. **c**: both.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-pooling-saves", choice)

# %% [markdown]
r"""
**5.** A picture moves two pixels to the right. What do the outputs of 2x2 max pooling with stride 2 do, away from the
border? **a**: they move by one place. **b**: they stay. **c**: most of them get other values, in no simple way.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-two-pixels", choice)

# %% [markdown] minutes=1
r"""
## Where you are

You can make maps smaller in several ways and send gradients back through them, and you know what a check must try
before you trust it. Next is the layer without which deep networks hardly train: lesson 06, normalisation.
"""
