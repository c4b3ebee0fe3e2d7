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
# Backpropagation through convolution

Two networks learn to read digits. They have the same layers, they start from the same weights, and they are shown the
same pictures in the same order. But one of them has a slip in its way back through a convolution, so small that no
shape changes and nothing ever stops. Every number that its first layer learns from is wrong.

Will you notice, if all that you see is how well each of them reads? And would you, if both had five convolutions
instead of two? Make a guess, and keep it.

This is what makes gradients dangerous: a wrong one does not crash, and it has the right shape. In this lesson you
will write the way back through a convolution, in three steps. Before that you will write the tool that tells right
from wrong, and find out where the tool itself fails. At the end you will train these two networks.

You need lessons 02 and 03, and to know what a derivative is.
"""

# %% tags=["setup"]
import numpy as np
import torch

from course_utils import ask, by_profile, check, datasets, figures, layers, profile, start, use

start("04")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Who used this number, and how much?

A network turns numbers into other numbers, step by step, and at the end into a single one, the loss $L$: how wrong it
was. Training wants to know, for each number $z$ on the way: if $z$ grows a little, how fast does $L$ grow? That is
the *gradient* of $z$, and code calls it `dz`.

You need no more than bookkeeping to find it. Ask of $z$: **who used this number, and how much?** If $z$ went into
$u$, then it acts on the loss through $u$, and

$$dz = \sum_{u\ \text{used}\ z} du \cdot (\text{how fast } u \text{ grows with } z)$$

Along one way factors multiply. Where several ways part from one number, what comes back along them adds up. That is
the *chain rule*. *Backpropagation* is the chain rule from the end to the beginning, so that each `du` is known when
it is needed.

A small one. From $x = 2$ come $u = 5x$ and $v = x \cdot x$, and the loss is $L = 3u + 2v$. What is `dx`?
"""

# %% tags=["question"]
dx = 23  # x = 2, u = 5x, v = x·x, L = 3u + 2v
ask("two-users", dx)

# %% [markdown]
r"""
A layer need not know what comes after it. On the way there it gets `x` and gives `out`. On the way back it gets
`dout`, one number for each number of `out`, and it gives `dx` in the shape of `x`. If it has weights, it gives their
gradients as well. What it has to remember from the way there, it puts into a `cache`:

```python
out, cache = forward(x, weight, bias)
dx, dweight, dbias = backward(dout, cache)
```

That also says how to test a layer by itself. Make up any numbers for `dout`, and let `np.sum(out * dout)` be the
loss. Then `dout` is indeed the gradient of `out`.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Nudge it and look

There is a way to find any gradient without thinking: try it. Make one number a little larger, compute everything
again, and see by how much the loss has changed. Do that for each number in turn. This is a *numeric gradient*. It is
far too slow to train with, since every number costs two passes through the network. But it is nearly impossible to
get wrong, and that makes it the judge of all your backward passes.

Compare the loss above with the loss below, with a small step $h$ each way:

$$\frac{f(x + h) - f(x - h)}{2h} \qquad\text{rather than}\qquad \frac{f(x + h) - f(x)}{h}$$

The first, the *central difference*, is the better one. On a curve that bends, the slope to one side is off by an
amount that shrinks like $h$. Looking both ways, the bend cancels, and what is left shrinks like $h^2$.
"""

# %% [markdown] minutes=7
r"""
### Exercise: a gradient by trial ●●○○○ · 7 minutes

*Why it matters.* This is the tool that finds the mistakes in everything you write from here to lesson 08.

`f` is a function that takes an array and returns one number. Give back an array of the shape of `x` that holds, for
each entry, the central difference when only that entry is moved by `step`. The array `x` may have any number of axes:
`np.ndindex(x.shape)` walks through all its places. Leave `x` itself as it was.
"""


# %% tags=["exercise", "type-along"]
def numeric_gradient(f, x, step=1e-5):
    """f: takes an array, returns one number. x: float64 array. Returns f's gradient at x, shaped as x."""
    gradient = np.zeros_like(x)
    ### BEGIN SOLUTION about 6 lines
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (f(up) - f(down)) / (2 * step)
    ### END SOLUTION
    return gradient


check(numeric_gradient)

# %% [markdown] tags=["help"]
r"""
**Every entry is 0** → are `up` and `down` two arrays, or two names of one? `up = x` makes no copy. **Every entry is
twice too large** → how far is it from `down` to `up`? **It says that x was changed** → nudge a copy; adding the step
back does not quite restore it. **Right on a row, wrong with two axes** → `for i in range(len(x))` walks over rows.

Stuck? `hint(numeric_gradient)` in a new cell gives one of three hints, `reveal(numeric_gradient)` the solution.
"""

# %%
numeric_gradient = use(numeric_gradient)

# %% [markdown]
r"""
Beside the truth: PyTorch records every step on the way there and walks back through its records. That is *autograd*.
Here are the weights of a convolution, by trial and by autograd. To compare, take the largest difference between the
two arrays as a share of their largest numbers, $\max|a - b| \,/\, \max(|a| + |b|)$: the *relative error*.
"""

# %% tags=["nbval-ignore-output"]
rng = np.random.default_rng(0)
x, weight = rng.standard_normal((2, 3, 6, 5)), rng.standard_normal((4, 3, 3, 3))
dout = rng.standard_normal((2, 4, 6, 5))
by_trial = numeric_gradient(lambda w: np.sum(layers.conv2d_forward(x, w, padding=1)[0] * dout), weight)

leaf = torch.tensor(weight, requires_grad=True)
out = torch.nn.functional.conv2d(torch.tensor(x), leaf, padding=1)
torch.sum(out * torch.tensor(dout)).backward()
error = layers.relative_error(by_trial, leaf.grad.numpy())
print(f"relative error {error:.0e}, after {2 * weight.size} forward passes for {weight.size} weights")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## How the judge itself fails

How small should the step be? The smaller, the straighter the curve. But the difference of two nearly equal numbers
loses digits: of the 16 that float64 has, the first ones cancel. So there is a best step in between, and for float64
it is near 0.00001, which is why your function takes that.

Now compute everything in float32, which has 7 digits. Which of these steps is best there?

- **a**: 0.01
- **b**: 0.00001
- **c**: 0.0000000001
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c", in float32
ask("best-step", choice)

# %% [markdown]
r"""
Draw both. The curve is $e^{\sin x}$, whose slope is known, at fifty places.
"""

# %% tags=["experiment"]
places = np.linspace(0.5, 2.5, 50)
truth = np.cos(places) * np.exp(np.sin(places))


def mean_error(step, dtype, central=True):
    """How far the differences are from the truth, on average, when all is computed in this dtype."""
    x, h = places.astype(dtype), dtype(step)
    above, below = np.exp(np.sin(x + h)), np.exp(np.sin(x - h if central else x))
    return np.mean(np.abs((above - below) / (2 * h if central else h) - truth)) / np.mean(np.abs(truth))


steps = 10.0 ** np.arange(-14, 0)
errors = {
    "one-sided, float64": [mean_error(step, np.float64, central=False) for step in steps],
    "central, float64": [mean_error(step, np.float64) for step in steps],
    "central, float32": [mean_error(step, np.float32) for step in steps],
}
for name, values in errors.items():
    print(f"{name:18}  best step {steps[np.argmin(values)]:.0e}, relative error there {min(values):.0e}")

# %% tags=["figure"]
figures.line_chart(steps, errors, "step", "relative error", log_x=True, log_y=True)

# %% [markdown]
r"""
Read it from the right. Long steps see the bend of the curve. With every tenth of the step the central difference gets
a hundred times better, the one-sided only ten times. Then rounding takes over: a tenth of the step, ten times the
error. Between the two is a valley, and in float32 it is shallow: with a step below its 7 digits, nothing moves and
the slope comes out as 0. **Check gradients in float64**, whatever you train in.

There is a second way to fail. A ReLU has a kink at 0, where it has no slope. A step that crosses the kink measures
something between the slopes of its two sides:
"""

# %%
near_zero = np.array([-1.0, 0.000003, 2.0])
for step in (1e-5, 1e-7):
    print(f"step {step:.0e}:", numeric_gradient(lambda x: np.sum(layers.relu_forward(x)[0]), near_zero, step))

# %% [markdown]
r"""
The middle one should be 1, and with the shorter step it is. In a network with thousands of ReLUs some are always near
their kink; so is a maximum whose two best are nearly equal. What to make of a relative error:

| relative error | it means |
|---|---|
| below $10^{-7}$ | they agree |
| $10^{-7}$ to $10^{-3}$ | a kink, a bad step, float32, or a mistake: try another step and other numbers |
| above $10^{-3}$ | one of the two is wrong |

A kink shows in a few entries and goes away with another step. A mistake stays.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## One dimension, by hand

A row of five numbers, a filter of three weights, no padding: three outputs. From somewhere later come their
gradients, `dout`.
"""

# %%
x = np.array([1.0, 2, -1, 1, -3])
weight = np.array([1.0, 0, -1])
out = np.correlate(x, weight, mode="valid")
dout = np.array([1.0, 2, -1])
print("out ", out)

# %% [markdown]
r"""
Begin with the weights. The first of them, `weight[0]`, was used three times: by `out[0]`, times `x[0]`; by `out[1]`,
times `x[1]`; and by `out[2]`, times `x[2]`. So it gets `dout[0] * x[0] + dout[1] * x[1] + dout[2] * x[2]`. What are
the gradients of all three?
"""

# %% tags=["question"]
dweight = (6, -1, 4)  # the gradients of weight[0], weight[1] and weight[2]
ask("dweight-by-hand", dweight)

# %% [markdown]
r"""
Now the row itself. `x[2]` lies in all three windows. Follow its lines down, and walk them back with the gradients:
"""

# %% tags=["figure"]
figures.backward_1d(x, weight, dout, pixel=2)

# %% [markdown]
r"""
That was one of the five. Do the others with a pencil; those at both ends of the row lie in fewer windows.
"""

# %% tags=["question"]
dx = (1, 2, -2, -2, 1)  # the gradients of x[0] to x[4]
ask("dx-by-hand", dx)

# %% [markdown]
r"""
Look at the order in which the weights came. Going through the outputs from left to right, `x[2]` met the *last*
weight first. So the filter lies turned round. You know the name for that from lesson 01: a correlation with a flipped
filter is a convolution. And the weights? Their gradient compared `x` with `dout` from left to right, nothing turned:
"""

# %%
print("dweight, a correlation of x with dout:", np.correlate(x, dout, mode="valid"))
print("dx, a full convolution of dout:       ", np.convolve(dout, weight, mode="full"))

# %% [markdown]
r"""
*Full* means that the filter may hang over both ends, as long as one of its weights lies on the row.

A line that is not there takes no part in the sum. That is all that local connection means on the way back, and so a
network of windows and shared weights is trained end to end, from the loss to its first filter.

*An erratum.* Well-known lecture notes say that the backward pass of a convolution, *for both the data and the
weights*, is again a convolution with flipped filters. For the data that is right. For the weights nothing is flipped,
as long as the forward pass flips nothing, and in deep learning it does not. At the end of this lesson you will see
what becomes of a network that takes the sentence at its word.
"""

# %% [markdown] minutes=3
r"""
### Exercise: step one, the bias ●○○○○ · 3 minutes

*Why it matters.* The easiest of the three, and the pattern for the others: who used this number?

Filter k added `bias[k]` to each of its outputs: at every place, of every picture. `dout` has the axes (N, K, OH, OW).
The cache is the tuple (x, weight, bias, stride, padding, dilation, groups). Where the layer had no bias, it holds
`None`, and `None` is the answer.
"""


# %% tags=["exercise", "type-along"]
def conv2d_backward_bias(dout, cache):
    """dout (N, K, OH, OW), cache from conv2d_forward -> dbias (K,), or None if the layer has no bias."""
    bias = cache[2]
    ### BEGIN SOLUTION about 3 lines
    if bias is None:
        return None
    return dout.sum(axis=(0, 2, 3))
    ### END SOLUTION


check(conv2d_backward_bias)

# %% [markdown] tags=["help"]
r"""
**It has a single number, or (N, K) of them** → over which of the four axes was the bias shared? **It stops where
there is no bias** → look at what the cache holds.
"""

# %%
conv2d_backward_bias = use(conv2d_backward_bias)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## The weights

In two dimensions it is the same. A weight was used at every place; there it met one pixel, and the product went into
one output. So each weight collects, over all places, `dout` times the pixel that it met. In a drawing `dout` slides
over the picture like a filter, and there are as many places for it as the real filter has weights:
"""

# %%
picture = np.array([[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 2]], dtype=float)
upstream = np.array([[1, 0, 2], [-1, 1, 0]], dtype=float)
cache = (picture[None, None], np.zeros((1, 1, 2, 2)), None, 1, 0, 1, 1)
dweight = layers.conv2d_backward_weight(upstream[None, None], cache)[0, 0]

# %% tags=["figure"]
figures.sliding_step(picture, upstream, row=0, column=1, out=dweight, names=("picture", "dout", "dweight"))

# %% [markdown] minutes=7
r"""
### Exercise: step two, the weights ●●●○○ · 7 minutes

*Why it matters.* This is what a convolutional network learns from.

Go through all numbers of `dout`, by four loops or by `np.ndindex(dout.shape)`. The output `out[n, k, i, j]` came from
one window of the padded picture and from filter k. How much does `dweight[k]` get from it? With groups, filter k saw
only `depth` channels, and the first of them is number `k // (K // groups) * depth`.
"""


# %% tags=["exercise", "type-along"]
def conv2d_backward_weight(dout, cache):
    """dout (N, K, OH, OW), cache from conv2d_forward -> dweight, of the shape of weight."""
    x, weight, _, stride, padding, dilation, groups = cache
    K, depth, KH, KW = weight.shape
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in (stride, padding, dilation))
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dweight = np.zeros_like(weight)
    ### BEGIN SOLUTION about 7 lines
    for n, k, i, j in np.ndindex(dout.shape):
        first = k // (K // groups) * depth
        top, left = i * sh, j * sw
        rows = slice(top, top + dh * (KH - 1) + 1, dh)
        columns = slice(left, left + dw * (KW - 1) + 1, dw)
        dweight[k] += dout[n, k, i, j] * padded[n, first : first + depth, rows, columns]
    ### END SOLUTION
    return dweight


check(conv2d_backward_weight)

# %% [markdown] tags=["help"]
r"""
**Operands could not be broadcast** → the window has `depth` channels, `KH` rows and `KW` columns; print its shape. Do
the windows slide over `padded`? **Right for one picture only, or one place** → the weights are shared: `+=`. **Right
until the stride is 2** → at which row does the window for `i = 1` start?
"""

# %%
conv2d_backward_weight = use(conv2d_backward_weight)

# %% [markdown]
r"""
Beside the truth: your gradient, the numeric one and autograd's, with stride, padding and two groups.
"""

# %% tags=["nbval-ignore-output"]
settings = {"stride": (2, 1), "padding": (1, 2), "dilation": 1, "groups": 2}
x, weight = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((6, 2, 3, 2))
out, cache = layers.conv2d_forward(x, weight, **settings)
dout = rng.standard_normal(out.shape)
by_hand = conv2d_backward_weight(dout, cache)
by_trial = numeric_gradient(lambda w: np.sum(layers.conv2d_forward(x, w, **settings)[0] * dout), weight)
leaf = torch.tensor(weight, requires_grad=True)
torch.nn.functional.conv2d(torch.tensor(x), leaf, **settings).backward(torch.tensor(dout))
print(f"by trial  {layers.relative_error(by_hand, by_trial):.0e}")
print(f"autograd  {layers.relative_error(by_hand, leaf.grad.numpy()):.0e}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## The inputs

A pixel was used by every window that it lies in, and in each it met another weight. In the first of these windows,
top left, it met the last weight, bottom right; in the last one it met the first. So for all pixels at once: turn the
filter by half a turn, put zeros around `dout`, and slide.
"""

# %% tags=["figure"]
upstream = np.array([[1, 2], [-1, 3]])
kernel = np.arange(1, 10).reshape(3, 3)
figures.full_convolution(upstream, kernel, row=1, column=2)

# %% [markdown]
r"""
What about the settings of the layer?

- *Stride.* With stride 2 the windows stood two pixels apart, and so must the numbers of `dout`: spread them out, with
  zeros between. Nothing else changes:
"""

# %% tags=["figure"]
figures.full_convolution(upstream, kernel, row=1, column=2, stride=2)

# %% [markdown]
r"""
- *Dilation.* The taps of the turned filter stand as far apart as those of the filter.
- *Groups.* Each group goes back by itself: the filters of a group saw its channels only.
- *A step that did not fit.* The last pixels are in no window. Their gradient is 0, but they have one.
- *Padding.* What you get is the gradient of the padded picture. Nobody asked for that of the border, so cut it off.

The last one looks harmless. We ran 90 published solutions to a well-known course's exercise, all of them right with
padding 1. With padding 0, 48 of them failed. Most of these cut the border off with `dx[:, :, p:-p, p:-p]`. Try that
on a row of five numbers: how many are left when the padding is 0?

```python
row, p = np.arange(5), 0
row[p:-p]
```
"""

# %% tags=["question"]
numbers = 0  # how many numbers are in row[p:-p] when p = 0
ask("cut-nothing", numbers)

# %%
row = np.arange(5)
for p in (2, 1, 0):
    print(f"p = {p}: row[p:-p] is {row[p:-p]}, row[p : p + 5 - 2 * p] is {row[p : p + 5 - 2 * p]}")

# %% [markdown] minutes=9
r"""
### Exercise: step three, the inputs ●●●●○ · 9 minutes

*Why it matters.* Every layer before this one learns from the numbers that you hand back here.

You may spread, turn and slide, as in the drawing. There is an easier way, and it is right for all settings at once:
let every output send its gradient back to where it came from. `out[n, k, i, j]` was made from one window and filter
k. Add `dout[n, k, i, j]` times that filter to the same window of `dpadded`, and cut the border off at the end.
"""


# %% tags=["exercise", "type-along"]
def conv2d_backward_input(dout, cache):
    """dout (N, K, OH, OW), cache from conv2d_forward -> dx, of the shape of x."""
    x, weight, _, stride, padding, dilation, groups = cache
    (N, C, H, W), (K, depth, KH, KW) = x.shape, weight.shape
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in (stride, padding, dilation))
    dpadded = np.zeros((N, C, H + 2 * ph, W + 2 * pw), x.dtype)
    ### BEGIN SOLUTION about 7 lines
    for n, k, i, j in np.ndindex(dout.shape):
        first = k // (K // groups) * depth
        top, left = i * sh, j * sw
        rows = slice(top, top + dh * (KH - 1) + 1, dh)
        columns = slice(left, left + dw * (KW - 1) + 1, dw)
        dpadded[n, first : first + depth, rows, columns] += dout[n, k, i, j] * weight[k]
    return dpadded[:, :, ph : ph + H, pw : pw + W]
    ### END SOLUTION


check(conv2d_backward_input)

# %% [markdown] tags=["help"]
r"""
**dx has shape (1, 1, 0, 0)** → see the question above. **The shape is too large** → the border is still on. **Wrong
only where windows overlap** → a pixel hears from several windows: `+=`. **Turned round** → no need to turn anything
here: the weight that lay on a pixel on the way there lies on it on the way back.
"""

# %%
conv2d_backward_input = use(conv2d_backward_input)

# %% [markdown] minutes=2
r"""
### Exercise: the whole backward pass ●○○○○ · 2 minutes

*Why it matters.* This is the whole way back through a convolution layer, and a large part of homework 1.

Put the three together, in the order of x, weight, bias.
"""


# %% tags=["exercise", "type-along"]
def conv2d_backward(dout, cache):
    """dout (N, K, OH, OW), cache from conv2d_forward -> dx, dweight, dbias (None without a bias)."""
    ### BEGIN SOLUTION about 4 lines
    dx = conv2d_backward_input(dout, cache)
    dweight = conv2d_backward_weight(dout, cache)
    dbias = conv2d_backward_bias(dout, cache)
    return dx, dweight, dbias
    ### END SOLUTION


check(conv2d_backward)

# %% [markdown] tags=["help"]
r"""
**It must return 3 things** → `return dx, dweight, dbias`, with commas. **One of the three is wrong** → the message
names it: its own exercise above says more.
"""

# %%
conv2d_backward = use(conv2d_backward)

# %% [markdown]
r"""
Beside autograd, all three, with everything at once:
"""

# %% tags=["nbval-ignore-output"]
settings = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
arrays = rng.standard_normal((2, 4, 6, 7)), rng.standard_normal((6, 2, 3, 2)), rng.standard_normal(6)
out, cache = layers.conv2d_forward(*arrays, **settings)
dout = rng.standard_normal(out.shape)
leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
torch.nn.functional.conv2d(*leaves, **settings).backward(torch.tensor(dout))
for name, ours, leaf in zip(("dx", "dweight", "dbias"), conv2d_backward(dout, cache), leaves, strict=True):
    print(f"{name:8} relative error {layers.relative_error(ours, leaf.grad.numpy()):.0e}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## The same, by columns

In lesson 03 a convolution became one matrix product: `im2col` copies every window into a column, and then `out =
filters @ columns`. Four filters of 3x3 on three channels, at 36 places: (4, 36) = (4, 27) times (27, 36).

On the way back you have `dout`, (4, 36). A number of the columns was used by all four filters, each time multiplied
by one of their weights. So its gradient is a sum of four products, and all these sums together are one matrix product
again. Which one gives `dcolumns`?

- **a**: `filters @ dout`
- **b**: `filters.T @ dout`
- **c**: `dout @ filters.T`
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"; filters (4, 27), dout (4, 36)
ask("dcolumns-product", choice)

# %% [markdown]
r"""
In the same way a weight was used at all 36 places, and `dfilters` is `dout @ columns.T`, (4, 36) times (36, 27).

The way back through a copy is a sum: a pixel that was copied into several columns gets back what all its copies get.
That sum is `col2im`, with which you counted the copies in lesson 03. So this is a fast backward pass, for one group:
"""

# %%
x, weight = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((4, 3, 3, 3))
dout = rng.standard_normal((2, 4, 6, 6))
columns, filters, rows = layers.im2col(x, 3, padding=1), weight.reshape(4, 27), dout.reshape(2, 4, 36)
dweight = np.sum(rows @ columns.transpose(0, 2, 1), axis=0).reshape(weight.shape)
dx = layers.col2im(filters.T @ rows, (6, 6), 3, padding=1)

_, cache = layers.conv2d_forward(x, weight, padding=1)
print("dweight agrees:", np.allclose(dweight, conv2d_backward(dout, cache)[1]))
print("dx agrees:     ", np.allclose(dx, conv2d_backward(dout, cache)[0]))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Experiment: forget the flip

Now for the slip from the top of the lesson. The weights' gradient stays right; on the way to `dx` the filters lie the
wrong way round. Does the numeric check find it?
"""


# %%
def flip_dropped(dout, cache):
    """The backward pass with one mistake: dx with the filters the wrong way round."""
    x, weight, *settings = cache
    _, dweight, dbias = layers.conv2d_backward(dout, cache)
    wrong_way = np.ascontiguousarray(weight[:, :, ::-1, ::-1])
    dx, _, _ = layers.conv2d_backward(dout, (x, wrong_way, *settings))
    return dx, dweight, dbias


# %% tags=["experiment"]
x, dout = rng.standard_normal((1, 2, 5, 5)), rng.standard_normal((1, 3, 5, 5))
plain = rng.standard_normal((3, 2, 3, 3))
symmetric = plain + plain[:, :, ::-1, ::-1]
for name, weight in (("random filters", plain), ("symmetric filters", symmetric)):
    by_trial = numeric_gradient(
        lambda x, w=weight: np.sum(layers.conv2d_forward(x, w, padding=1)[0] * dout), x
    )
    _, cache = layers.conv2d_forward(x, weight, padding=1)
    for what, backward in (("right", conv2d_backward), ("flip dropped", flip_dropped)):
        error = layers.relative_error(backward(dout, cache)[0], by_trial)
        print(f"{name:18} {what:13} relative error {'below 1e-7' if error < 1e-7 else f'{error:.2f}'}")

# %% [markdown]
r"""
It finds it at once, and not by a little: the two differ by about as much as they are large. With filters that look
the same after half a turn it finds nothing, because there is nothing to find. As in lesson 01: **test with numbers
that have no symmetry.**
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
r"""
## Broken on purpose: train with it

Now train. The network is as plain as can be: some 3x3 convolutions of eight filters, the first with stride 2, a ReLU
after each, and a fully connected layer that gives ten scores. (`kaiming_normal` draws first weights of a suitable
size, and `softmax_cross_entropy` is a loss for scores; both are yours to write in lesson 07.) For speed it uses the
course's layers. They give the same numbers as yours.
"""


# %%
def forward(weights, x):
    """Scores of a batch of pictures, and what the way back needs."""
    caches = []
    for number, weight in enumerate(weights[:-1]):
        x, conv = layers.conv2d_forward(x, weight, stride=2 if number == 0 else 1, padding=1)
        x, relu = layers.relu_forward(x)
        caches.append((conv, relu))
    scores, dense = layers.linear_forward(x.reshape(len(x), -1), weights[-1])
    return scores, (x.shape, caches, dense)


def gradients(weights, x, labels, backward):
    """The loss, and the gradient of each array of weights; `backward` goes back through a convolution."""
    scores, (shape, caches, dense) = forward(weights, x)
    loss, dscores = layers.softmax_cross_entropy(scores, labels)
    dout, dweight, _ = layers.linear_backward(dscores, dense)
    dout, found = dout.reshape(shape), [dweight]
    for conv, relu in reversed(caches):
        dout, dweight, _ = backward(layers.relu_backward(dout, relu), conv)
        found.insert(0, dweight)
    return loss, found


# %% [markdown]
r"""
Training shows it 32 pictures at a time and moves each weight against its gradient, by 0.2 of it. It goes six times
through all training digits; once through is a *round*, or an *epoch*. The other digits are for testing.
"""

# %%
(images, labels), (test_images, test_labels) = (datasets.digits(split=split) for split in ("train", "test"))
mean, spread = images.mean(), images.std()
images, test_images = (images - mean) / spread, (test_images - mean) / spread
print(f"{len(images):,} digits to train on, {len(test_images)} to test")
rounds, pictures = by_profile(quick=(6, 1442), full=(6, 1442), smoke=(1, 96))


def train(depth, backward, seed):
    """Trained weights of `depth` convolutions, the loss at every step, the share of test digits right."""
    rng = np.random.default_rng(seed)
    weights = [layers.kaiming_normal((8, 8 if number else 1, 3, 3), rng) for number in range(depth)]
    weights.append(layers.kaiming_normal((10, 8 * 4 * 4), rng))
    losses = []
    for _ in range(rounds):
        for batch in rng.permutation(pictures)[: pictures // 32 * 32].reshape(-1, 32):
            # A network that blows up is left as it is: all its scores are then NaN.
            with np.errstate(all="ignore"):
                loss, found = gradients(weights, images[batch], labels[batch], backward)
                weights = [weight - 0.2 * dweight for weight, dweight in zip(weights, found, strict=True)]
            losses.append(float(loss))
    with np.errstate(all="ignore"):
        scores, _ = forward(weights, test_images)
    return weights, losses, np.mean(scores.argmax(axis=1) == test_labels)


# %% [markdown]
r"""
First with two convolutions. One network has the right gradient, the other one drops the flip in `dx`. What do you
expect of the second?

- **a**: it guesses, about one in ten
- **b**: it learns about half as well
- **c**: it is nearly as good as the right one
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("wrong-and-two-deep", choice)

# %% [markdown]
r"""
Train both, and then with one to six convolutions, each from three different beginnings. It takes about half a minute.
"""

# %% tags=["experiment", "nbval-ignore-output"]
depths = by_profile(quick=range(1, 7), full=range(1, 9), smoke=range(1, 3))
seeds = by_profile(quick=range(3), full=range(5), smoke=range(1))
ways = {"right": layers.conv2d_backward, "flip dropped": flip_dropped}
runs = {
    (name, depth, seed): train(depth, way, seed)
    for name, way in ways.items()
    for depth in depths
    for seed in seeds
}

middle = {name: [np.median([runs[name, depth, s][2] for s in seeds]) for depth in depths] for name in ways}
for name in ways:
    for depth in depths:
        print(f"{name:13} {depth} deep:", *(f"{runs[name, depth, seed][2]:6.1%}" for seed in seeds))
if profile() != "smoke":
    assert min(middle["right"]) > 0.9, "with the right gradient every depth should read nine in ten"
    assert middle["flip dropped"][1] > 0.85, "two deep, the wrong gradient should hardly show"
    assert middle["flip dropped"][4] < 0.5, "five deep, the wrong gradient should fail to train"

# %% tags=["figure", "nbval-ignore-output"]
per_round = pictures // 32
shown = by_profile(quick=(2, 5), full=(2, 5), smoke=(2,))
panels = {}
for depth in shown:
    losses = {name: np.array(runs[name, depth, 0][1]).reshape(-1, 3).mean(axis=1) for name in ways}
    panels[f"{depth} convolutions: loss (log scale)"] = losses
figures.line_panels(
    np.arange(len(losses["right"])) * 3 / per_round, panels, "rounds through the training digits", log_y=True
)

# %% [markdown]
r"""
Left, the wrong one lags a little, by no more than another beginning would explain. Right, the one with the right
gradient learns, and the other ends where it knows nothing: its loss is $\ln 10 = 2.3$, that of ten equal chances.

Here is why. A wrong `dx` harms the layers *before* the convolution that made it. Compare each layer's two gradients
at the beginning, as directions: 1 means the same direction, 0 that they have nothing to do with each other, and −1
the opposite.
"""

# %% tags=["experiment", "nbval-ignore-output"]
for depth in shown:
    rng = np.random.default_rng(0)
    weights = [layers.kaiming_normal((8, 8 if number else 1, 3, 3), rng) for number in range(depth)]
    weights.append(layers.kaiming_normal((10, 8 * 4 * 4), rng))
    right, wrong = (gradients(weights, images, labels, way)[1] for way in ways.values())
    cosines = [
        np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)) for a, b in zip(right, wrong, strict=True)
    ]
    print(f"{depth} convolutions, first layer to last:", *(f"{cosine:5.2f}" for cosine in cosines))

# %% [markdown]
r"""
The last convolution and the fully connected layer after it learn from right numbers, at any depth. With two
convolutions only the first one gets nonsense, and the others make the best of what it gives them. With five, four of
six layers walk off in directions that have little to do with the loss. Look at how they end: what share of each
layer's ReLUs lets something through?
"""

# %% tags=["experiment", "nbval-ignore-output"]
for depth in shown:
    trained, _, _ = runs["flip dropped", depth, 0]
    _, (_, caches, _) = forward(trained, test_images)
    print(f"{depth} convolutions, share of open ReLUs:", *(f"{np.mean(x > 0):5.2f}" for _, x in caches))

# %% [markdown]
r"""
With five convolutions a layer of ReLUs has shut, for every picture: where it says 0.00, nothing gets through any
more, not even a gradient that could open it again, and all pictures get the same scores. (Some beginnings end in
numbers that overflow, and scores that are NaN.) All depths, the middle one of the beginnings:
"""

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(list(depths), middle, "convolutions", "test digits read right", level=("guessing", 0.1))

# %% [markdown]
r"""
So *it trains* is no proof. A network learns in spite of a wrong gradient, a little worse, and you would look for the
cause in the learning rate, the data, the initial weights. Check the gradient first: it takes seconds.

And the sentence from the lecture notes, *flipped filters for both the data and the weights*? Take it at its word:
`dx` is right, and each `dweight` is turned round. Two convolutions again.
"""


# %% tags=["experiment", "nbval-ignore-output"]
def weights_turned(dout, cache):
    """The backward pass with another mistake: dweight turned by half a turn."""
    dx, dweight, dbias = layers.conv2d_backward(dout, cache)
    return dx, dweight[:, :, ::-1, ::-1], dbias


turned = [train(2, weights_turned, seed)[2] for seed in seeds]
print("right         ", *(f"{runs['right', 2, seed][2]:6.1%}" for seed in seeds))
print("dweight turned", *(f"{share:6.1%}" for share in turned))
if profile() != "smoke":
    assert np.median(turned) < 0.85, (
        "with its weights' gradients turned round the network should do much worse"
    )

# %% [markdown]
r"""
This one shows, even in a shallow network. Where the right gradient of a filter is symmetric, its turned twin points
the same way. Where it is antisymmetric, the twin points the opposite way, and each step climbs where it should
descend.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
r"""
## What history did with it

The chain rule from the end to the beginning was written down for computer programs by Seppo Linnainmaa in 1970.
Rumelhart, Hinton and Williams made it famous for networks in 1986, and in 1989 Yann LeCun and colleagues trained a
convolutional one with it, end to end: the error of the last layer reached the filters of the first one through
windows, strides and shared weights, as it does in your functions. For twenty years most people wrote their backward
passes by hand, and checked them as you do. Today a library does it, and the way back has become a layer of its own:
`dx` of a convolution, used *forwards* to make pictures larger, is called a *transposed convolution*. You will meet it
in lesson 12.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Recap

| for | from `dout`, for stride 1 |
|---|---|
| `dbias` | its sum over pictures and places |
| `dweight` | a correlation of the padded picture with it |
| `dx` | a full convolution of it with the filters, the border cut off |

Five questions.

**1.** Which gradients of a layer take its filters turned by half a turn? **a**: `dweight`. **b**: `dx`. **c**: both.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-turned", choice)

# %% [markdown]
r"""
**2.** The row `dout` has three numbers, and the stride was 2. How long is it once it is spread out, without any zeros
around it?
"""

# %% tags=["question"]
length = 5  # three numbers, stride 2
ask("recap-spread", length)

# %% [markdown]
r"""
**3.** Why does `dweight` take a sum over places and pictures? **a**: because the weights were shared by all of them.
**b**: it should be a mean. **c**: it need not; the last place is enough.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-shared", choice)

# %% [markdown]
r"""
**4.** Your check of a network with ReLUs agrees to $10^{-10}$, but for two entries of a thousand, which are off by
0.3. All in float64. Most likely it is **a**: rounding. **b**: a slip in your backward pass. **c**: a kink; try a
shorter step.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-kink", choice)

# %% [markdown]
r"""
**5.** When do you trust a backward pass? **a**: when the loss goes down. **b**: when it agrees with a numeric
gradient on numbers without symmetry. **c**: when all shapes are right.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-trust", choice)

# %% [markdown] minutes=1
r"""
## Where you are

You can run a convolution backwards, and you own the judge that says whether you did it right. Lesson 05 shrinks the
maps, and asks what the gradient of a maximum is.
"""
