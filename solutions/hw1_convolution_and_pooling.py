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
# Homework 1: Convolution and pooling

*100 points, about four hours. You need lessons 02 to 05.*

In this homework you write the two layers that every network of this course is built on, whole, forwards and back, and
one layer that you have not met. There is nothing new to read here: each part says what to write, what the grader
looks at, and what it is worth. Parts do not depend on each other, so begin where you like.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import check, figures, layers, start, use

start("hw1")

# %% [markdown] minutes=10
"""
## How it is graded

Each function is called with small arrays, of every shape and setting that its text allows: those that `check` shows
you, and others. Every case counts alike, so half of them right is half of the points. In all of them

- the arrays of a call have one dtype, float32 or float64, and results keep it; no argument is changed;
- arrays may be views with gaps, and neither pictures nor kernels need be square;
- kernels and windows fit into the padded picture, and no errors are asked for but those that a text names;
- a call may take five seconds, far more than plain loops need.

**What you may use**: NumPy, Python's own library, and from the course `layers.numeric_gradient` and
`layers.relative_error`, to test a gradient as in lesson 04. SciPy, PyTorch and the course's other layers are not
there when you are graded. What you wrote yourself in the lessons is yours to begin from. You may add cells and
functions of your own as you like. Keep the names and arguments of those that are asked for.

**Where you stand**: `check` runs the visible cases and some random ones, as often as you like, and `hint` helps as in
the lessons; neither costs a point. The grader draws other random cases than `check` does. Where `use` goes on with
the course's version of a function, the grader goes on with yours.

**Working with others**: talk about ideas with anyone, then close the conversation and write your own lines, so that
what you hand in is what you can explain. If a page, a person or a program helped you over a step, say so in a comment
beside it; that costs nothing.

**Handing in**: run `python -m course_utils submit-check hw1` in a terminal. It reads this notebook as the grader
will, and says what it finds. Then hand in this one file.
"""

# %% [markdown] minutes=5
"""
## Convolution

### conv2d_forward · 20 points

The layer of lesson 02 with all its settings: `stride`, `padding` and `dilation`, each a number or a pair (rows,
columns), and `groups`. Dilation is in PyTorch's numbering, 1 for an ordinary kernel; steps that do not fit are
dropped. Loops are fine. So is the one matrix product of lesson 03.

*The grader looks at* `out`; the cache is yours.
"""


# %% tags=["exercise"] minutes=30
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x (N, C, H, W), weight (K, C/groups, KH, KW), bias (K,) or None → out (N, K, OH, OW), cache."""
    cache = (x, weight, bias, stride, padding, dilation, groups)
    N, (H, W), (K, depth, KH, KW) = len(x), x.shape[2:], weight.shape
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in (stride, padding, dilation))
    ### BEGIN SOLUTION about 15 lines
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    reach_h, reach_w = dh * (KH - 1) + 1, dw * (KW - 1) + 1
    OH, OW = (H + 2 * ph - reach_h) // sh + 1, (W + 2 * pw - reach_w) // sw + 1
    out = np.zeros((N, K, OH, OW), x.dtype)
    filters = K // groups
    for i, j in np.ndindex(OH, OW):
        top, left = i * sh, j * sw
        window = padded[:, :, top : top + reach_h : dh, left : left + reach_w : dw]
        for g in range(groups):
            seen = window[:, g * depth : (g + 1) * depth].reshape(N, -1)
            own = slice(g * filters, (g + 1) * filters)
            out[:, own, i, j] = seen @ weight[own].reshape(filters, -1).T
    if bias is not None:
        out += bias[:, None, None]
    return out, cache
    ### END SOLUTION


check(conv2d_forward)

# %% tags=["setup"]
conv2d_forward = use(conv2d_forward)

# %% [markdown]
"""
### conv2d_backward · 25 points

All three gradients of that layer, for every setting it has. `dbias` is None where there was no bias.

*The grader looks at* `dx`, `dweight` and `dbias`; all three have to be right in a case. Your function is given the
cache that you see unpacked below, whatever your own forward pass keeps.
"""


# %% tags=["exercise"] minutes=60
def conv2d_backward(dout, cache):
    """dout (N, K, OH, OW) → dx (N, C, H, W), dweight (K, C/groups, KH, KW), dbias (K,) or None."""
    x, weight, bias, stride, padding, dilation, groups = cache
    (H, W), (K, depth, KH, KW), (OH, OW) = x.shape[2:], weight.shape, dout.shape[2:]
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in (stride, padding, dilation))
    ### BEGIN SOLUTION about 16 lines
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    filters = K // groups
    for p, q in np.ndindex(KH, KW):
        rows = slice(p * dh, p * dh + (OH - 1) * sh + 1, sh)
        columns = slice(q * dw, q * dw + (OW - 1) * sw + 1, sw)
        for g in range(groups):
            seen, own = slice(g * depth, (g + 1) * depth), slice(g * filters, (g + 1) * filters)
            upstream = dout[:, own]
            dweight[own, :, p, q] = np.einsum("nkij,ncij->kc", upstream, padded[:, seen, rows, columns])
            dpadded[:, seen, rows, columns] += np.einsum("nkij,kc->ncij", upstream, weight[own, :, p, q])
    dbias = None if bias is None else dout.sum(axis=(0, 2, 3))
    return dpadded[:, :, ph : ph + H, pw : pw + W], dweight, dbias
    ### END SOLUTION


check(conv2d_backward)

# %% [markdown]
"""
A gradient that passes should also agree with the numeric one of lesson 04. Run this, and change its settings to those
that you trust least.
"""

# %%
conv2d_backward = use(conv2d_backward)
rng = np.random.default_rng(0)
x, weight, bias = rng.standard_normal((2, 4, 6, 5)), rng.standard_normal((6, 2, 3, 2)), rng.standard_normal(6)
settings = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
out, cache = conv2d_forward(x, weight, bias, **settings)
dout = rng.standard_normal(out.shape)
dx, dweight, dbias = conv2d_backward(dout, cache)


def loss(changed):
    return np.sum(conv2d_forward(changed, weight, bias, **settings)[0] * dout)


numeric = layers.numeric_gradient(loss, x)
print(f"dx: relative error below 1e-6? {layers.relative_error(dx, numeric) < 1e-6}")

# %% [markdown] minutes=5
"""
## Pooling

### max_pool2d_forward · 10 points

Window, stride and padding are numbers or pairs. Without a stride, the window's size is the stride. The padding, at
most half of the window, never wins. A rest that no whole window covers is left out.

*The grader looks at* `out`, with windows that overlap, that leave gaps, and that leave a rest.
"""


# %% tags=["exercise"] minutes=20
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """x (N, C, H, W) → out (N, C, OH, OW), cache."""
    stride = kernel_size if stride is None else stride
    cache = (x, kernel_size, stride, padding)
    (KH, KW), (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (kernel_size, stride, padding))
    ### BEGIN SOLUTION about 8 lines
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    height, width = padded.shape[2:]
    OH, OW = (height - KH) // sh + 1, (width - KW) // sw + 1
    out = np.full((*x.shape[:2], OH, OW), -np.inf, x.dtype)
    for p, q in np.ndindex(KH, KW):
        rows, columns = slice(p, p + (OH - 1) * sh + 1, sh), slice(q, q + (OW - 1) * sw + 1, sw)
        np.maximum(out, padded[:, :, rows, columns], out=out)
    return out, cache
    ### END SOLUTION


check(max_pool2d_forward)

# %% [markdown]
"""
### max_pool2d_backward · 15 points

The gradient goes to the pixel that won; of several equal ones to the first, row by row. Where windows overlap, one
pixel may win in several.

*The grader looks at* `dx`. Your function is given the cache that you see unpacked below.
"""


# %% tags=["exercise"] minutes=35
def max_pool2d_backward(dout, cache):
    """dout (N, C, OH, OW) → dx, of the shape of x."""
    x, kernel_size, stride, padding = cache[:4]
    stride = kernel_size if stride is None else stride
    (N, C, H, W), (OH, OW) = x.shape, dout.shape[2:]
    (KH, KW), (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (kernel_size, stride, padding))
    ### BEGIN SOLUTION about 9 lines
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    dpadded = np.zeros_like(padded)
    pictures, channels = np.ogrid[:N, :C]
    for i, j in np.ndindex(OH, OW):
        window = padded[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW]
        rows, columns = np.divmod(window.reshape(N, C, -1).argmax(axis=2), KW)
        # Each picture and channel has one winner here, so that no place is added to twice in one step.
        dpadded[pictures, channels, i * sh + rows, j * sw + columns] += dout[:, :, i, j]
    return dpadded[:, :, ph : ph + H, pw : pw + W]
    ### END SOLUTION


check(max_pool2d_backward)

# %% [markdown] minutes=5
r"""
## A layer that makes pictures larger

### conv_transpose2d_forward · 20 points

Convolution with a stride makes a picture smaller. Its transpose goes the other way: every number of $x$ lays its
filters on an empty page, weighted by itself. Neighbours lie `stride` pixels apart, and what overlaps adds up, that of
different channels as well:

$$\text{page}[n, k, i S_H + p, j S_W + q] \mathrel{+}= x[n, c, i, j] \cdot w[c, k, p, q]$$

Then `padding` pixels are cut off on every side, and each map gets its bias, once. Mind the axes of the weight: the
channels that come in are first, as in PyTorch. The page has $(H - 1) S_H + K_H$ rows, $2 P_H$ fewer are left after
the cut, and columns go likewise. If nothing is left, raise a ValueError. `stride` and `padding` are numbers or pairs.

*The grader looks at* `out`. You have seen this movement before, on a way back.
"""


# %% tags=["exercise"] minutes=45
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    """x (N, C, H, W), weight (C, K, KH, KW), bias (K,) or None → out (N, K, OH, OW)."""
    N, (H, W), (K, KH, KW) = len(x), x.shape[2:], weight.shape[1:]
    (sh, sw), (ph, pw) = (np.broadcast_to(pair, 2) for pair in (stride, padding))
    ### BEGIN SOLUTION about 10 lines
    height, width = (H - 1) * sh + KH, (W - 1) * sw + KW
    if height <= 2 * ph or width <= 2 * pw:
        raise ValueError(f"padding must leave something of {height}x{width} pixels, got {padding}")
    page = np.zeros((N, K, height, width), x.dtype)
    for p, q in np.ndindex(KH, KW):
        laid = np.einsum("ncij,ck->nkij", x, weight[:, :, p, q])
        page[:, :, p : p + (H - 1) * sh + 1 : sh, q : q + (W - 1) * sw + 1 : sw] += laid
    out = page[:, :, ph : height - ph, pw : width - pw]
    return out if bias is None else out + bias[:, None, None]
    ### END SOLUTION


check(conv_transpose2d_forward)

# %% [markdown]
"""
See what it does to a picture of eight by eight. In the middle, a filter of four by four that is strongest at its
centre, by steps of two: twice as large, and smooth. On the right, a filter of three by three equal numbers, by steps
of two: where filters overlap the page is brighter, and shows a grid that was not in the picture. Pictures that
networks draw often have such a *checkerboard* in them.
"""

# %% tags=["figure"]
conv_transpose2d_forward = use(conv_transpose2d_forward)
rows, columns = np.mgrid[:8, :8] - 3.5
ring = (np.abs(np.hypot(rows, columns) - 2.6) < 0.8).astype(float)[None, None]
slope = np.array([1, 3, 3, 1]) / 4
smooth = conv_transpose2d_forward(ring, np.outer(slope, slope)[None, None], stride=2, padding=1)
uneven = conv_transpose2d_forward(ring, np.ones((1, 1, 3, 3)) / 4, stride=2)
pictures = {"8 by 8": ring, "smooth": smooth, "uneven": uneven}
figures.image_row([picture[0, 0] for picture in pictures.values()], titles=list(pictures))

# %% [markdown] minutes=5
"""
## In your own words

The last ten points are for an answer in words. On the way there the kernel is laid on as it is. On the way back to
`x`, lesson 04 turned it by half a turn and slid it over the padded `dout`. Why does it turn round? Explain it to a
friend who knows the forward pass and nothing else, with an example in one dimension: five pixels, a kernel of three,
and one pixel of `x` that you follow. Then say what changes with stride 2, and why. Half a page is enough.

*A person reads it*: 4 points for an example that shows which outputs one pixel went into and with which weight, 2 for
why the order comes out reversed, 2 for stride 2, and 2 for clear sentences of your own.
"""

# %% [markdown]
"""
### turned-kernel · 10 points
"""

# %% [markdown] tags=["written"] name="turned-kernel" minutes=30
r"""
Take $x = (x_0, …, x_4)$ and $w = (w_0, w_1, w_2)$, no padding. The outputs are $y_i = w_0 x_i + w_1 x_{i+1} + w_2
x_{i+2}$ for $i = 0, 1, 2$. Now follow $x_2$. It is the last pixel that $y_0$ sees, the middle one of $y_1$ and the
first of $y_2$: it went into $y_0$ with $w_2$, into $y_1$ with $w_1$ and into $y_2$ with $w_0$. So its gradient is
$w_2\,dy_0 + w_1\,dy_1 + w_0\,dy_2$.

Read that as a kernel sliding over $dy$: its weights are $w_2, w_1, w_0$, the kernel turned round. The reason is that
the further right the output stands, the further left in its window stands the pixel: $y_i$ sees $x_m$ through weight
$w_{m-i}$, and there $i$ has a minus sign. For $x_0$ only $y_0$ counts, which the padding of $dy$ with two zeros on
each side takes care of. In two dimensions the same holds along both axes, which is half a turn.

With stride 2 there are only $y_0$, from $x_0, x_1, x_2$, and $y_1$, from $x_2, x_3, x_4$. The outputs that lay
between were never made, so no gradient comes through them. If $dy$ is spread out with a zero in each gap, the same
turned kernel slides over it by steps of one, and $x_2$ gets $w_2\,dy_0 + w_0\,dy_1$, as it should; $w_1$ meets the
zero.
"""

# %% [markdown] minutes=5
"""
## Before you hand it in

Restart the kernel and run all cells from top to bottom: what works only in the order in which you happened to run it
does not work. Then, in a terminal, `python -m course_utils submit-check hw1`. It tells you for every part whether the
grader finds it and how it does on the visible cases.
"""
