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
# Convolution as one matrix product

Below are a handwritten digit of 8 by 8 pixels and a second picture, 9 pixels tall and 36 wide. The second one holds
the same digit, every pixel of it, and nothing else. Most pixels are in it several times. How was it made, and what
could it be good for?

In lesson 02 you wrote a convolution layer in loops, and measured it: right to the last digit, and far too slow. In
this lesson you will not change a single multiplication. You will only put the numbers into another order, the order
of the second picture, and the layer will run a hundred times as fast or more. Then you will climb a ladder of ever
faster versions, measure each on your own machine, and see how far you are from the best that it can do. At the end
the same trick, run the other way, turns a dense layer into a convolution.

You need lesson 02: the layer with its stride, padding, dilation and groups.
"""

# %% tags=["setup"]
import inspect
import timeit
import tracemalloc

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from course_utils import ask, by_profile, check, datasets, figures, layers, profile, start, use

start("03")

# %% tags=["figure"]
small_digits, small_labels = datasets.digits(size=8, split="train")
digit = small_digits[:1]
puzzle = layers.im2col(digit, 3)[0]
figures.image_row([digit[0], puzzle], titles=[f"a {small_labels[0]}", "the same digit"])

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Where does the time go?

A convolution is made of dot products, and a dot product of multiplications and additions. Take one pair of these,
*multiply and add*, as the unit of work. How long does one take, written as a loop in Python, as a dot product in
NumPy, and as a part of a matrix product?
"""

# %% tags=["experiment", "nbval-ignore-output"]
rng = np.random.default_rng(0)
size = by_profile(quick=512, full=1024, smoke=32)
square = rng.standard_normal((size, size)).astype(np.float32)
line = square.ravel()


def dot_by_loop(a, b):
    """The dot product of two lists."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


def nanoseconds(function, count, number):
    """Nanoseconds a multiply-and-add, the best of five runs, when one call does `count` of them."""
    return min(timeit.repeat(function, number=number, repeat=5)) / number / count * 1e9


numbers = line[:1000].tolist()
print(f"loop in Python  {nanoseconds(lambda: dot_by_loop(numbers, numbers), len(numbers), 20):8.3f} ns")
print(f"dot product     {nanoseconds(lambda: line @ line, size**2, 20):8.3f} ns")
print(f"matrix product  {nanoseconds(lambda: square @ square, size**3, 3):8.3f} ns")

# %% [markdown]
r"""
Two things are to be seen. From the loop to the dot product you get rid of Python: for every step the interpreter
looks up names, checks types and makes a new number object, and the multiplication itself is the least of it.

From the dot product to the matrix product nothing is left of Python that could be removed. Yet each multiplication is
several times as fast again. Why? A dot product fetches two numbers, multiplies them, and never needs them again. So
it is as fast as numbers can be fetched. In a matrix product each number is needed many times, and a good program
fetches it once, keeps it close, and uses it again and again.

How many times? Multiply a matrix of (64, 576) by one of (576, 4096). How many multiplications does each number of the
*second* matrix take part in?
"""

# %% tags=["question"]
uses = 64  # how often each number of the (576, 4096) matrix is multiplied
ask("times-each-number", uses)

# %% [markdown]
r"""
Watch that happen. One and the same matrix of (64, 576) is multiplied by more and more columns at a time. Let its rows
be 64 filters. With one column it is 64 dot products, and every weight is fetched for a single use. With many columns
each weight that was fetched is used for all of them. Speed is measured in *GFLOP/s*, billions of operations a second,
and a multiplication and an addition count as two.
"""

# %% tags=["experiment", "nbval-ignore-output"]
widths = by_profile(quick=(1, 4, 16, 64, 256, 1024, 4096), full=(1, 4, 16, 64, 256, 1024, 4096), smoke=(1, 4))
filters = rng.standard_normal((64, 576)).astype(np.float32)
times = []
for width in widths:
    columns = rng.standard_normal((576, width)).astype(np.float32)
    times.append(nanoseconds(lambda: filters @ columns, filters.size * width, max(1, 8192 // width)))
speeds = [2 / time for time in times]
figures.line_chart(widths, {"filters @ columns": speeds}, "columns in one product", "GFLOP/s", log_x=True)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Windows become columns

So the plan is this: find one large matrix product in the convolution. The filters are easy. Each filter is a block of
numbers, and `weight.reshape(K, -1)` writes it as one long row. A window is a block of the same shape, and the answer
of the filter is the dot product of the two. Write each window as one long *column*, all columns side by side, and the
product of the two matrices holds every answer of every filter.

Making that second matrix is called *im2col*, image to columns. Below, a picture of 3 by 4 and windows of 2 by 2.
Follow the three windows that are outlined: where do they go, and where do their answers stand?
"""

# %% tags=["figure"]
x = np.array([[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0]], dtype=float)
two_filters = np.array([[[1, 0], [0, -1]], [[1, 1], [0, 0]]], dtype=float)
figures.im2col_diagram(x, two_filters, places=((0, 0), (0, 1), (1, 2)))

# %% [markdown]
r"""
Each row of the output is the map of one filter, with its places in one line, row by row. Cut the line into rows of
three, and it is a picture again.

Now the puzzle from the top is solved: its second picture holds the 36 windows of 3 by 3, each as a column of 9.
Neighbouring windows share most of their pixels, and that is why you see the strokes of the digit shifted and
repeated.

Make it real. AlexNet's first layer has 96 filters of 11x11 on three colours, with stride 4, and 227 pixels each way.
What is the shape of the matrix of columns, for one picture?
"""

# %% tags=["question"]
shape = (363, 3025)  # (rows, columns)
ask("alexnet-columns", shape)

# %%
picture = np.zeros((1, 3, 227, 227), np.float32)
alexnet_rows = np.zeros((96, 3, 11, 11), np.float32).reshape(96, -1)
alexnet_columns = layers.im2col(picture, 11, stride=4)[0]
product = alexnet_rows @ alexnet_columns
print(alexnet_rows.shape, "@", alexnet_columns.shape, "=", product.shape)
print("as 96 pictures:", product.reshape(96, 55, 55).shape)

# %% [markdown]
r"""
Every number of the columns is used 96 times, once for each filter, and every weight 3,025 times.

One thing has to be agreed upon: the order down a column. It must be the order in which `reshape` flattens a filter of
(C, KH, KW), or the wrong numbers meet: first the whole first channel, row by row, then the second channel. With three
channels and windows of 3x3, in which row of the matrix stands the tap of channel 1, row 2, column 0 of the window?
Count all from 0.
"""

# %% tags=["question"]
row_number = 15  # channel 1, row 2, column 0 of a (3, 3, 3) window
ask("row-of-a-tap", row_number)

# %% [markdown] minutes=8
r"""
### Exercise: im2col ●●○○○ · 8 minutes

*Why it matters.* Caffe, the library in which VGG and ResNet were trained, computed its convolutions this way. In
lesson 04 the same matrix, read backwards, gives the gradients.

Write it for a batch: `x` is (N, C, H, W), and each picture gets a matrix of its own, so the result is (N, C·KH·KW,
OH·OW). Places are counted row by row: place (i, j) is column `i * OW + j`. Stride, padding and dilation are as in
lesson 02, and the stub has unpacked them. A loop over places is good enough.
"""


# %% tags=["exercise", "type-along"]
def im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    """x (N, C, H, W) -> columns (N, C * KH * KW, OH * OW), one window a column."""
    N, C, H, W = x.shape
    settings = (kernel_size, stride, padding, dilation)
    (KH, KW), (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in settings)
    OH, OW = layers.conv_output_size(H, KH, sh, ph, dh), layers.conv_output_size(W, KW, sw, pw, dw)
    ### BEGIN SOLUTION about 9 lines
    padded = np.zeros((N, C, H + 2 * ph, W + 2 * pw), x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    columns = np.zeros((N, C * KH * KW, OH * OW), x.dtype)
    for i in range(OH):
        for j in range(OW):
            rows = slice(i * sh, i * sh + dh * (KH - 1) + 1, dh)
            across = slice(j * sw, j * sw + dw * (KW - 1) + 1, dw)
            columns[:, :, i * OW + j] = padded[:, :, rows, across].reshape(N, -1)
    return columns
    ### END SOLUTION


check(im2col)

# %% [markdown] tags=["help"]
r"""
**Could not broadcast** → print the shape of one window beside `C * KH * KW`; does the window hang over the edge, or
is one picture's window flattened together with the others'? **Right on square pictures only** → count the places of
the second row by hand: after which column does it begin? **Right with one channel only** → which axis runs fastest
when you flatten? **It stops where there is no padding** → what is `x[0:-0]`?

Stuck? `hint(im2col)` in a new cell gives one of three hints, `reveal(im2col)` the solution.
"""

# %%
im2col = use(im2col)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## One product for the layer

What is left is a product and some reshaping:

$$\text{out}_n = \text{rows} \cdot \text{columns}_n + \text{bias}$$

$$(K, \text{places}) = (K, \text{taps}) \cdot (\text{taps}, \text{places})$$

where *taps* stands for C·KH·KW and *places* for OH·OW. For a batch, NumPy's `@` does what you want: with `rows` (K,
taps) and `columns` (N, taps, places) it multiplies each picture's matrix and gives (N, K, places).

*Stride, padding and dilation* are gone: they only say which pixels go into a column, and the product does not care.
*Groups* cut both matrices into blocks. The channels of the first group are the first `taps` rows of the columns,
since a column goes channel by channel. So with one axis more, `rows` (G, K/G, taps) times `columns` (N, G, taps,
places), the same `@` does all groups at once.
"""

# %% [markdown] minutes=9
r"""
### Exercise: the layer, by one product ●●●○○ · 9 minutes

*Why it matters.* It is the layer of lesson 02, with the same arguments and the same numbers out. It has another name,
so that you keep both and can test the fast one against the slow one. Nearly all fast code is made like that.

Use `im2col` on the batch, multiply, add the bias, and fold the places back into pictures. Groups come last: begin
without them, and let the check tell you when you need them.
"""


# %% tags=["exercise", "type-along"]
def conv2d_forward_im2col(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x (N, C, H, W), weight (K, C/groups, KH, KW), bias (K,) or None -> out (N, K, OH, OW), cache."""
    cache = (x, weight, bias, stride, padding, dilation, groups)
    (N, _, H, W), (K, _, KH, KW) = x.shape, weight.shape
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in (stride, padding, dilation))
    OH, OW = layers.conv_output_size(H, KH, sh, ph, dh), layers.conv_output_size(W, KW, sw, pw, dw)
    ### BEGIN SOLUTION about 6 lines
    columns = im2col(x, (KH, KW), (sh, sw), (ph, pw), (dh, dw)).reshape(N, groups, -1, OH * OW)
    rows = weight.reshape(groups, K // groups, -1)
    out = (rows @ columns).reshape(N, K, OH, OW)
    if bias is not None:
        out += bias[:, None, None]
    return out, cache
    ### END SOLUTION


check(conv2d_forward_im2col)

# %% [markdown] tags=["help"]
r"""
**matmul: mismatch in its core dimension** → print both shapes; are the filters rows of `C * KH * KW` numbers? With
groups, how long is a filter, and how long is a column? **The right numbers at wrong places** → a `reshape` only cuts
a line of numbers at other points; if two axes must change places, it is the wrong tool. **The bias cannot be
broadcast, or lands in the wrong row** → shapes are lined up from the right; which axis must the bias lie along?
"""

# %%
conv2d_forward_im2col = use(conv2d_forward_im2col)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Broken on purpose: the mixed batch

Some courses put the whole batch into one wide matrix, (taps, N·places), and need only one product for all pictures.
The result has a row for each filter, and in it all the places of picture 0, then all of picture 1, and so on: (K,
N·places). What is needed is (N, K, OH, OW). The number of numbers is right, so it is tempting to write `reshape(N, K,
OH, OW)`, and no error will tell you what you did.

Two pictures, three filters. The six maps lie in memory filter by filter. Which map stands at `out[0, 1]` after that
reshape? It should be filter 1 of picture 0.
"""

# %% tags=["question"]
stands_there = (0, 1)  # (filter, picture) of the map at out[0, 1]
ask("mixed-batch", stands_there)

# %% [markdown]
r"""
See it on two digits. Filter 0 leaves a picture as it is, filter 1 finds edges to the right, filter 2 edges downwards.
"""

# %% tags=["experiment"]
digits, labels = datasets.digits(size=32)
pair = digits[[3, 6]]
right = np.array([[-1, 0, 1]] * 3, np.float32)
as_it_is = np.zeros((3, 3), np.float32)
as_it_is[1, 1] = 1
three_filters = np.stack([as_it_is, right, right.T])[:, None]

wide = layers.im2col(pair, 3).transpose(1, 0, 2).reshape(9, -1)
product = three_filters.reshape(3, -1) @ wide
broken = product.reshape(2, 3, 30, 30)
mended = product.reshape(3, 2, 30, 30).transpose(1, 0, 2, 3)
right_maps, _ = layers.conv2d_forward(pair, three_filters)
print("mended, equal to the layer:", np.allclose(mended, right_maps, atol=1e-5))
print("broken, equal to the layer:", np.allclose(broken, right_maps, atol=1e-5))

# %% tags=["figure"]
figures.image_row(
    list(broken.reshape(6, 30, 30)),
    titles=[f"out[{n}, {k}]" for n in range(2) for k in range(3)],
    cmap="signed",
    shared_scale=True,
    label="answer of the filter",
    alt="Six maps. The first picture, out[0], shows the 3, the 6, and the 3's edges; out[1] the 6's edges to "
    "the right, then both digits' edges downwards.",
)

# %% [markdown]
r"""
The first "picture" is now a 3, a 6, and the edges of the 3: two digits have been mixed. With one picture, or one
filter, all is well, and every shape is right with any number of them. The cure is to name the axes as they lie in
memory, filters first, and then to exchange them: `reshape(K, N, OH, OW).transpose(1, 0, 2, 3)`. `reshape` never moves
a number. Only `transpose` does.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## What it costs: memory

The columns hold most pixels several times. With windows of 3x3, stride 1, in how many columns does a pixel stand that
is not near the border?
"""

# %% tags=["question"]
copies = 9  # 3x3, stride 1
ask("copies-3x3", copies)

# %% [markdown]
r"""
Count the copies of every pixel. `layers.col2im` is im2col backwards: it adds each number of the columns to the pixel
that it came from. Send ones there and back, and every pixel says how often it was copied. (`col2im` is the heart of
lesson 04.)
"""

# %% tags=["experiment"]
ones = np.ones((1, 1, 31, 31), np.float32)
how = {"3x3, stride 1": (3, 1), "3x3, stride 2": (3, 2), "11x11, stride 4": (11, 4)}
counts = []
for kernel_size, stride in how.values():
    columns = layers.im2col(ones, kernel_size, stride)
    counts.append(layers.col2im(columns, (31, 31), kernel_size, stride)[0, 0])
for name, count in zip(how, counts, strict=True):
    print(f"{name}: at most {count.max():.0f}, on average {count.mean():.2f}")

# %% tags=["figure"]
figures.image_row(counts, titles=list(how), label="copies of a pixel")

# %% [markdown]
r"""
About $F^2/S^2$ copies: small steps with large windows are expensive. What is that in bytes, for real layers and a
single picture?
"""

# %%
for name, channels, size, kernel_size, stride, padding in (
    ("AlexNet's first", 3, 227, 11, 4, 0),
    ("VGG-16's second", 64, 224, 3, 1, 1),
    ("VGG-16's last", 512, 14, 3, 1, 1),
):
    places = layers.conv_output_size(size, kernel_size, stride, padding) ** 2
    before, after = 4e-6 * channels * size**2, 4e-6 * channels * kernel_size**2 * places
    print(
        f"{name:15} input {before:5.1f} MB, columns {after:6.1f} MB, {after / before:.1f} times as much;"
        f" for 64 pictures {64 * after / 1000:.1f} GB"
    )

# %% [markdown]
r"""
For a batch of 64 pictures, the columns of VGG's second layer alone would not fit into the 6 GB of the graphics cards
on which VGG was trained. The fastest versions below are answers to one question: *how do you get the columns without
having them?*
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Windows without copies

An array is a strip of memory and a way to walk on it. For each axis NumPy knows the *stride*: how many bytes further
the next entry along that axis lies. (It shares only its name with the stride of a layer.) In a picture of float32
numbers, 4 by 6, one step to the right is 4 bytes and one step down is 24.
"""

# %% tags=["figure"]
figures.window_in_memory(size=(4, 6), kernel_size=2, places=((0, 1), (2, 3)))

# %% [markdown]
r"""
Walk through the windows instead. To the next window on the right: 4 bytes. To the next window below: 24. Inside a
window, to the next tap: 4 and 24 again. So an array with four axes, (OH, OW, KH, KW), can describe all windows with
the strides (24, 4, 24, 4), on the same memory, without copying a single pixel. Such an array is a *view*.
"""

# %%
picture = np.arange(24, dtype=np.float32).reshape(4, 6)
windows = sliding_window_view(picture, (2, 2))
print("picture ", picture.shape, "strides", picture.strides)
print("windows ", windows.shape, "strides", windows.strides)
print("numbers in the view:", windows.size, "- in the picture:", picture.size)
print("the same memory:", np.shares_memory(windows, picture))
print("the window at (2, 3):", windows[2, 3].tolist())

# %% [markdown]
r"""
There are two dangers. *Writing*: the same pixel stands in several windows, and if you write to one you write to all
of them. NumPy makes this view read-only unless you insist. *Reaching too far*: `as_strided`, the tool underneath,
believes every shape and stride that you tell it, and then reads, or overwrites, whatever lies in memory behind the
array. `sliding_window_view` computes them itself, and is safe.
"""

# %% tags=["experiment"]
line = np.zeros(6)
insisted = sliding_window_view(line, 3, writeable=True)
insisted[2] = 1
print("after writing ones to window 2, the windows are", insisted.astype(int).tolist())
try:
    sliding_window_view(line, 3)[2] = 1
except ValueError as error:
    print("without insisting:", error)

# %% [markdown]
r"""
A matrix product cannot use such a view as it is. It needs a matrix, with two axes and one stride each, and four axes
that overlap cannot be merged into two. Whoever writes `.reshape(taps, places)` makes NumPy copy, silently, and has
the columns after all.

One exception matters. For a 1x1 filter at stride 1 there is nothing to overlap: the columns are the pixels
themselves, and the reshape is a view. A 1x1 convolution *is* a matrix product, without preparation. From lesson 14 on
the networks are full of them.
"""

# %%
volume = rng.standard_normal((64, 28, 28)).astype(np.float32)
views = {
    "3x3": sliding_window_view(volume, (3, 3), axis=(1, 2)).transpose(0, 3, 4, 1, 2),
    "1x1": volume,
}
for name, view in views.items():
    matrix = view.reshape(64 * {"3x3": 9, "1x1": 1}[name], -1)
    print(f"{name}: matrix {matrix.shape}, made without a copy: {np.shares_memory(matrix, volume)}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=11
r"""
## Experiment: the ladder

Now everything on one scale. The layer is VGG-sized: 64 filters of 3x3 on 64 channels, and four pictures of 114x114,
of which the border counts as padding that is already there.

The ceiling is the product itself. However the columns are made, they have to be multiplied, and NumPy's `@` with
ready-made columns takes the time that it takes.
"""

# %%
batch, side = by_profile(quick=(4, 114), full=(4, 226), smoke=(2, 8))
channels, filter_count = by_profile(quick=(64, 64), full=(64, 64), smoke=(3, 2))
pictures = rng.standard_normal((batch, channels, side, side)).astype(np.float32)
weight = rng.standard_normal((filter_count, channels, 3, 3)).astype(np.float32)


def operations(x, w):
    """Multiplications and additions of a layer without padding, at stride 1."""
    places = (x.shape[2] - w.shape[2] + 1) * (x.shape[3] - w.shape[3] + 1)
    return 2 * len(x) * places * w.size


taps, places = channels * 9, (side - 2) ** 2
print(f"{operations(pictures, weight) / 1e9:.2f} billion operations for {batch} pictures")
print(f"columns of one picture: {taps} rows of {places:,} numbers, {4e-6 * taps * places:.0f} MB,")
print(f"{taps * places / pictures[0].size:.1f} times the size of the picture")

# %% [markdown]
r"""
**Rung 1: seven loops**, over picture, filter, row, column, and in the window over channel, row and column. Two lines
of `np.ndindex` hide all seven.

**Rung 2: a loop over places**, and at each place one small product of windows and filters, for the whole batch.
"""


# %%
def seven_loops(x, w):
    out = np.zeros((len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1), x.dtype)
    for n, k, i, j in np.ndindex(out.shape):
        for c, a, b in np.ndindex(w.shape[1:]):
            out[n, k, i, j] += x[n, c, i + a, j + b] * w[k, c, a, b]
    return out


def by_places(x, w):
    (KH, KW), rows = w.shape[2:], w.reshape(len(w), -1)
    out = np.empty((len(x), len(w), x.shape[2] - KH + 1, x.shape[3] - KW + 1), x.dtype)
    for i, j in np.ndindex(out.shape[2:]):
        out[:, :, i, j] = x[:, :, i : i + KH, j : j + KW].reshape(len(x), -1) @ rows.T
    return out


# %% [markdown]
r"""
**Rung 3: your layer**, `conv2d_forward_im2col`. (While it is open, the course's layer stands in for it.)

**Rung 4: im2col by index arrays**, as it is found in many tutorials: compute for every entry of the columns which
channel, row and column it comes from, and let NumPy gather them all at once. No loop is left.

**Rung 5: tap by tap.** Turn the loop round: not one column after the other, but one *row*, which holds what one tap
of the window sees at all places. That is a piece of the picture as it stands, and there are nine taps, not thousands
of places. It is how the course's `im2col` does it.
"""


# %%
def by_your_layer(x, w):
    return conv2d_forward_im2col(x, w)[0]


def by_index_arrays(x, w):
    OH, OW = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    c, a, b = np.indices(w.shape[1:]).reshape(3, -1, 1)
    i, j = np.indices((OH, OW)).reshape(2, 1, -1)
    columns = x[:, c, a + i, b + j]
    return (w.reshape(len(w), -1) @ columns).reshape(len(x), len(w), OH, OW)


def by_taps(x, w):
    OH, OW = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    columns = np.empty((len(x), *w.shape[1:], OH, OW), x.dtype)
    for a, b in np.ndindex(w.shape[2:]):
        columns[:, :, a, b] = x[:, :, a : a + OH, b : b + OW]
    return (w.reshape(len(w), -1) @ columns.reshape(len(x), -1, OH * OW)).reshape(len(x), -1, OH, OW)


# %% [markdown]
r"""
**Rung 6: the window view**, given to `np.tensordot`, which sums over the named axes. Inside, it copies the view into
a matrix.

**Rung 7: one buffer.** The columns of one picture at a time, copied from the view into a buffer that is made once and
used again for the next picture.

**Rung 8: tiles.** The columns of about a thousand places at a time: a few rows of one picture. How many bytes are
1,024 columns of this layer, in float32? A column holds a window of 3x3 through 64 channels.
"""

# %% tags=["question"]
tile_bytes = 2_359_296  # 1,024 columns, 3x3 windows, 64 channels, float32
ask("tile-bytes", tile_bytes)


# %%
def by_window_view(x, w):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)


def by_one_buffer(x, w):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3)).transpose(0, 1, 4, 5, 2, 3)
    rows, buffer = w.reshape(len(w), -1), np.empty(windows.shape[1:], x.dtype)
    out = np.empty((len(x), len(w), *windows.shape[4:]), x.dtype)
    for picture, result in zip(windows, out, strict=True):
        buffer[...] = picture
        np.matmul(rows, buffer.reshape(rows.shape[1], -1), out=result.reshape(len(w), -1))
    return out


# %% [markdown]
r"""
And the tiles: two loops, and in them the only copy, small enough to be read again at once.
"""


# %%
def by_tiles(x, w, places=1024):
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3)).transpose(0, 1, 4, 5, 2, 3)
    rows, OW = w.reshape(len(w), -1), windows.shape[-1]
    out = np.empty((len(x), len(w), *windows.shape[4:]), x.dtype)
    step = max(1, places // OW)
    for n in range(len(x)):
        for top in range(0, out.shape[2], step):
            columns = windows[n, ..., top : top + step, :].reshape(rows.shape[1], -1)
            out[n, :, top : top + step] = (rows @ columns).reshape(len(w), -1, OW)
    return out


# %% [markdown]
r"""
All of a picture's columns are 29 MB here. A processor has a small, fast memory of its own, the *cache*, of a few MB.
(It shares only its name with the `cache` of a layer.) Columns of a tile still lie there when the product reads them.
Columns of a whole picture may not: they are written out to the main memory, and read back.

Put the eight rungs in order, from slow to fast. Where does yours stand? Before anything is measured, each has to give
the same numbers as the course's layer.
"""

# %% tags=["experiment"]
rungs = {
    "seven loops": seven_loops,
    "a loop over places": by_places,
    "your layer": by_your_layer,
    "index arrays": by_index_arrays,
    "tap by tap": by_taps,
    "window view, tensordot": by_window_view,
    "one buffer": by_one_buffer,
    "tiles": by_tiles,
    "the course's layer": lambda x, w: layers.conv2d_forward(x, w)[0],
}
given = dict.fromkeys(rungs, (pictures, weight))
# A small part is enough for the loops, whose speed does not depend on the size; also if yours has many.
given["seven loops"] = pictures[:1, :8, :12, :12], weight[:2, :8]
strip = pictures[:1, :, :12], weight
if timeit.timeit(lambda: by_your_layer(*strip), number=1) > 0.5:
    given["your layer"] = strip
for name, (x, w) in given.items():
    assert np.allclose(rungs[name](x, w), layers.conv2d_forward(x, w)[0], atol=1e-2), name

# %% [markdown]
r"""
Now measure. The rungs take turns, and the best of three rounds counts.
"""

# %% tags=["experiment"]
seconds = dict.fromkeys(rungs, float("inf"))
for _ in range(3):
    for name, rung in rungs.items():
        taken = timeit.timeit(lambda rung=rung, name=name: rung(*given[name]), number=1)
        seconds[name] = min(seconds[name], taken)
speeds = {name: operations(*given[name]) / seconds[name] / 1e9 for name in rungs}

# %% [markdown]
r"""
Then the ceiling, PyTorch on the same pictures, and the most memory that each rung held at any moment, its result
included. (Where no number stands, the memory was not asked from Python and cannot be seen from here.)
"""

# %% tags=["experiment"]
tensors = torch.from_numpy(pictures), torch.from_numpy(weight)
with torch.no_grad():
    runs = timeit.repeat(lambda: torch.nn.functional.conv2d(*tensors), number=1, repeat=5)
speeds["PyTorch"] = operations(pictures, weight) / min(runs) / 1e9

rows = weight.reshape(filter_count, -1)
columns = layers.im2col(pictures[:1], 3)[0]
runs = timeit.repeat(lambda: rows @ columns, number=1, repeat=10)
ceiling = operations(pictures[:1], weight) / min(runs) / 1e9

peaks = {}
for name, rung in rungs.items():
    tracemalloc.start()
    rung(*given[name])
    peaks[name] = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
if profile() != "smoke":
    assert speeds["tiles"] > 100 * speeds["seven loops"], "tiles should be far faster than loops"
    assert peaks["tiles"] < peaks["one buffer"] < peaks["index arrays"], "each should hold less memory"

# %% tags=["figure", "nbval-ignore-output"]
memory = [f"{peaks[name]:.0f}" if name in peaks and name != "seven loops" else "–" for name in speeds]
figures.speed_ladder(list(speeds), list(speeds.values()), ceiling, columns={"peak MB": memory}, others=1)

# %% [markdown]
r"""
Read it from the top. Hundreds or thousands of times lie between the seven loops and everything else, and it is all
Python. (Your layer of lesson 02 would stand between them: it left the inner three loops to NumPy.) From there on
nothing changes but *where the columns are, and when*. Even the loop over places is fast by comparison: 12,544 small
products are not many.

The surprise: im2col as such need not be faster than that. Suppose that your layer writes one column at a time. A
column of a matrix is scattered in memory: from one of its numbers to the next lies a whole row, 12,544 numbers of 4
bytes, so each of the 576 is in another corner. Index arrays have no loop at all, and look every single number up in a
table of places. Both make columns for the whole batch, nine times the size of the pictures. Tap by tap, the same
matrix is filled along its rows, in long pieces, several times as fast. "No loops" is not what makes code fast. Moving
memory in long pieces does, and moving little of it: the last rungs have more loops and a fraction of the memory, and
they come nearest to the ceiling. What still lies between is mostly the copying. It weighs more on a machine with many
cores: NumPy multiplies on all of them, and copies on one.

PyTorch may stand above the ceiling: it is a ceiling for whatever is built on NumPy's product. PyTorch's convolution
has a product of its own, made for this shape and this processor, which fetches the windows itself.

How large should a tile be? Try on your machine.
"""

# %% tags=["experiment", "nbval-ignore-output"]
out_side = side - 2
tile_rows = sorted({1, out_side // 28 or 1, out_side // 12 or 1, out_side // 4, out_side})
taken = {count * out_side: float("inf") for count in tile_rows}
for _ in range(5):
    for places in taken:
        run = timeit.timeit(lambda places=places: by_tiles(pictures, weight, places), number=1)
        taken[places] = min(taken[places], run)
milliseconds = [1000 * time for time in taken.values()]
figures.line_chart(list(taken), {"tiles": milliseconds}, "places in a tile", "ms for the batch", log_x=True)

# %% [markdown]
r"""
On the left a tile is a single row, 112 places. Narrower products would be slower; you saw that in the first chart of
this lesson. On the right it is the whole picture, and the columns no longer fit into the cache. How much that matters
depends on the size of yours. The course's layer takes about a thousand places: wide enough for the product, and small
enough for most caches.

Here is its heart, as it stands in the package. You can read it now: `windows` is a view, `columns` the only copy of
the windows, and `row_bands` walks through tiles.
"""

# %%
print(inspect.getsource(layers.convolution._forward))

# %% [markdown]
r"""
One thing in it is new. It turns the pictures round so that the batch lies last, (C, H, W, N), and a tile holds
*several* pictures where they are small. A row of ten pixels makes for short copies; the same row of ten pictures,
side by side in memory, for long ones.

**Rung 9: no columns at all.** For large batches that idea goes all the way. If the batch lies last, what one tap sees
at one place, in all pictures, is a matrix (C, N) already. So there is one small product for each tap and place, and
no window is copied. Four pictures, as above, would make it a narrow product, and a slow one. Take 64 small ones, as
they come to the second convolution of LeNet-5:
"""

# %% tags=["experiment", "nbval-ignore-output"]
many = rng.standard_normal((64, 6, 14, 14)).astype(np.float32)
small_weight = rng.standard_normal((16, 6, 5, 5)).astype(np.float32)


def without_columns(x, w):
    KH, KW, lying = *w.shape[2:], np.ascontiguousarray(x.transpose(2, 3, 1, 0))
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    out = np.zeros((OH, OW, len(w), len(x)), x.dtype)
    for i, j in np.ndindex(KH, KW):
        out += np.ascontiguousarray(w[:, :, i, j]) @ lying[i : i + OH, j : j + OW]
    return out.transpose(3, 2, 0, 1)


def by_pytorch(x, w):
    return torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(w)).numpy()


course = rungs["the course's layer"]
contest = {"tiles": by_tiles, "without columns": without_columns, "the course's layer": course}
contest["PyTorch"] = by_pytorch
for name, rung in contest.items():
    assert np.allclose(rung(many, small_weight), course(many, small_weight), atol=1e-3), name
    best = min(timeit.repeat(lambda rung=rung: rung(many, small_weight), number=5, repeat=5)) / 5
    print(f"{name:19} {best * 1e3:6.2f} ms for 64 pictures of 14x14")

# %% [markdown]
r"""
The course's layer has both, and chooses by itself. From 32 pictures on it takes rung 9 where that is the faster one:
not with groups, for instance, and not where channels and filters are very many. It goes further than the function
above. It takes a whole row of the kernel at once instead of one tap: KW neighbouring pixels with all their channels
are one piece of memory, a matrix (KW·C, N) as it lies, so there are fewer and larger products. And it leaves its
output with the batch last, so that the next layer need not turn it round again. In lesson 08 you will train LeNet
with it.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## A convolution is a dense layer

The columns were one way to write a convolution as a matrix product. There is another: flatten the whole picture, and
look for one huge matrix that turns it into the whole output. It exists, because every output number is a sum of
pixels, each with a weight. Most of the weights are zero, since a filter sees only its window, and the others repeat,
since all places share one filter.

Here it is for one 3x3 filter on a picture of 6x6: each row is one place of the filter, spread out over the 36 pixels.
"""

# %%
kernel = np.array([[1, 2, 3], [-1, -2, -3], [4, 0.5, -4]]).reshape(1, 1, 3, 3)
dense = layers.conv_to_fc(kernel, (1, 6, 6))
flat = rng.standard_normal((1, 1, 6, 6))
as_convolution, _ = layers.conv2d_forward(flat, kernel)
different = np.unique(dense[dense != 0])
print("matrix", dense.shape, "- zeros:", f"{np.mean(dense == 0):.0%}", "- different weights:", len(different))
print("dense layer and convolution agree:", np.allclose(dense @ flat.ravel(), as_convolution.ravel()))

# %% tags=["figure"]
figures.image_row([dense], titles=["16 places × 36 pixels"], cmap="signed", label="weight")

# %% [markdown]
r"""
So a convolution is a dense layer with two restrictions, and what is true of every dense layer is true of it too.
Nobody computes it like that: for AlexNet's first layer the matrix would have this many numbers.
"""

# %%
numbers = (96 * 55 * 55) * (3 * 227 * 227)
print(f"{96 * 55 * 55:,} x {3 * 227 * 227:,} = {numbers:,} weights, {numbers * 4 / 1e9:.0f} GB in float32")
print(f"of which {96 * 3 * 11 * 11:,} are different and not zero")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## A dense layer is a convolution

The other direction is the more useful one. At the end of AlexNet and VGG stand dense layers, whose input is a
flattened volume. In VGG-16 this volume is (512, 7, 7), and the first dense layer has 4,096 neurons. A neuron
multiplies each number of the volume by a weight. So does a filter, if it is as large as the volume. Then it has
exactly one place, where it sees everything.

Which shape (K, C, KH, KW) has the weight of the convolution that is this dense layer?
"""

# %% tags=["question"]
shape = (4096, 512, 7, 7)  # 4,096 neurons on a volume of (512, 7, 7)
ask("fc-as-conv", shape)

# %% [markdown] minutes=4
r"""
### Exercise: from dense to convolution ●○○○○ · 4 minutes

*Why it matters.* With this a network that was trained on small pictures can look at large ones. In lesson 17 you will
do that to a whole network.

`weight` is (M, C·H·W), a neuron a row; the volume (C, H, W) was flattened by `x.reshape(N, -1)`. Return the filters
(M, C, H, W). The biases stay as they are.
"""


# %% tags=["exercise", "type-along"]
def fc_to_conv(weight, input_shape):
    """weight (M, C * H * W), input_shape (C, H, W) -> filters (M, C, H, W)."""
    C, H, W = input_shape
    ### BEGIN SOLUTION about 1 line
    return weight.reshape(len(weight), C, H, W)
    ### END SOLUTION


check(fc_to_conv)

# %% [markdown] tags=["help"]
r"""
**The shape is right and the numbers are not** → flatten a little volume that counts 0, 1, 2, … and look in which
order its numbers come out. **Right when height and width are equal** → which of the two did the flattening go through
first?
"""

# %%
fc_to_conv = use(fc_to_conv)

# %% [markdown]
r"""
Prove it, on a smaller copy of VGG's head: 64 neurons on (512, 7, 7), a ReLU, then 10 neurons on these 64. The second
dense layer sees a volume of (64, 1, 1), so it becomes a 1x1 convolution.
"""

# %%
volume = rng.standard_normal((2, 512, 7, 7)).astype(np.float32)
w1 = (0.01 * rng.standard_normal((64, 512 * 7 * 7))).astype(np.float32)
w2 = rng.standard_normal((10, 64)).astype(np.float32)


def head_dense(x):
    hidden, _ = layers.linear_forward(x.reshape(len(x), -1), w1)
    return layers.linear_forward(np.maximum(hidden, 0), w2)[0]


def head_convolution(x):
    hidden, _ = layers.conv2d_forward(x, fc_to_conv(w1, (512, 7, 7)))
    return layers.conv2d_forward(np.maximum(hidden, 0), fc_to_conv(w2, (64, 1, 1)))[0]


scores = head_convolution(volume)
print("dense", head_dense(volume).shape, "- convolution", scores.shape)
print("they agree:", np.allclose(scores[:, :, 0, 0], head_dense(volume), atol=1e-3))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## What it is good for: slide it

The dense head takes (512, 7, 7) and nothing else. The convolutional one takes any size. VGG-16 halves the picture
five times, so 224 pixels become 224/32 = 7. Feed it 384 pixels instead: what is the shape (C, H, W) of the scores for
1,000 classes?
"""

# %% tags=["question"]
shape = (1000, 6, 6)  # 384x384 pixels in, a 7x7 convolution and two 1x1 convolutions as the head
ask("dense-384", shape)

# %% [markdown]
r"""
Each of the 36 places has the scores that the dense head would give for the volume beneath it, and one pass computes
all of them.
"""

# %%
larger = rng.standard_normal((1, 512, 12, 12)).astype(np.float32)
scores = head_convolution(larger)
crops = [head_dense(larger[:, :, i : i + 7, j : j + 7]) for i, j in np.ndindex(6, 6)]
print("scores", scores.shape)
print("they agree with 36 crops:", np.allclose(scores[0].reshape(10, 36).T, np.concatenate(crops), atol=1e-3))

# %% [markdown]
r"""
*An erratum.* The lecture notes from which these numbers come tell the story of "an AlexNet" with five poolings. But
AlexNet has three and ends with (256, 6, 6). The network with five halvings and a (512, 7, 7) volume is VGG-16. The
notes also say that the result is *identical* to that of the whole network on 36 crops of the picture. For the head it
is. A network that pads its layers does not give exactly the same for a crop, since a crop has zeros at its border
where the large picture has pixels. Lesson 17 looks into that.

Try it on something real. A single dense layer, fitted by least squares to digits of 8x8 pixels, reads held-out digits
rather well. Turned into a convolution, it reads a whole page.
"""

# %% tags=["experiment"]
train_x = np.c_[small_digits.reshape(len(small_digits), -1), np.ones(len(small_digits))]
fitted = np.linalg.lstsq(train_x, 2 * np.eye(10)[small_labels] - 1, rcond=1e-3)[0].astype(np.float32)
reader, reader_bias = fitted[:-1].T.copy(), fitted[-1].copy()

held_out, held_labels = datasets.digits(size=8, split="test")
scores, _ = layers.linear_forward(held_out.reshape(len(held_out), -1), reader, reader_bias)
share = np.mean(scores.argmax(axis=1) == held_labels)
print(f"the dense layer reads {share:.0%} of {len(held_labels)} held-out digits")

page = np.zeros((1, 1, 30, 62), np.float32)
written = [33, 14, 47, 26, 58, 39, 61, 10]
corners = [(3, 4), (6, 18), (2, 32), (5, 46), (17, 4), (20, 18), (16, 32), (19, 46)]
for (top, left), index in zip(corners, written, strict=True):
    page[0, 0, top : top + 8, left : left + 8] = held_out[index, 0]
maps, _ = layers.conv2d_forward(page, fc_to_conv(reader, (1, 8, 8)), reader_bias)
read = [int(maps[0, :, top, left].argmax()) for top, left in corners]
print("one pass gives", maps.shape)
print("read at the eight places:", read)
print("written there:           ", held_labels[written].tolist())
at_digits = max(maps[0, :, top, left].max() for top, left in corners)
print(f"highest score at a digit: {at_digits:.1f}, anywhere: {maps.max():.1f}")

# %% tags=["figure"]
figures.image_row([page[0]], titles=[f"one pass reads {read[:4]} and below {read[4:]}"])

# %% [markdown]
r"""
At the eight places it reads what is written there. Between them it is even more sure of itself, and means nothing: it
has never seen half a digit, nor been told that "nothing" is an answer. A layer that is meant to search has to be
trained to search.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
r"""
## What history did with it

Unrolling windows into a matrix was published in 2006, by Chellapilla, Puri and Simard, to read documents faster. In
2014 Caffe did it on graphics cards. The same year NVIDIA's cuDNN did away with the columns: it builds each tile of
them in the chip's own memory at the moment when it is multiplied. That is your rung 8, one level further down, and
much of what runs today still works that way. Other ways exist: Fourier transforms for large windows, and for 3x3 a
trick of Winograd's that saves more than half of the multiplications. And networks whose dense layers had become
convolutions slid over pictures of every size, to find objects (OverFeat, 2013) and to label every pixel (Long,
Shelhamer and Darrell, 2015).
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Recap

| | shape | |
|---|---|---|
| columns | (C·KH·KW, OH·OW) | a window each; about $F^2/S^2$ copies of a pixel |
| filters | (K, C·KH·KW) | `weight.reshape(K, -1)` |
| output | (K, OH·OW) | cut into rows: (K, OH, OW) |

Five questions. No scrolling back, at first.

**1.** Why is the matrix product so much faster than loops? **a**: windows overlap, so it does fewer multiplications.
**b**: the matrices are compact, so it takes less memory. **c**: there is no Python in between, and what has been
fetched is used many times.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-why-fast", choice)

# %% [markdown]
r"""
**2.** Windows of 2x2 with stride 2, on pictures of even size. How often does each pixel stand in the columns?
"""

# %% tags=["question"]
copies = 1  # 2x2, stride 2
ask("recap-no-copies", copies)

# %% [markdown]
r"""
**3.** You have a writable view of all 3x3 windows of a picture, and set one window to zero. What changes? **a**: that
window. **b**: that window, the picture, and all windows that overlap it. **c**: that window and the picture.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-write", choice)

# %% [markdown]
r"""
**4.** The columns of a batch stand side by side in one matrix, picture after picture, and `product` is filters times
columns, (K, N·OH·OW). How do you get (N, K, OH, OW)? **a**: `product.reshape(N, K, OH, OW)`. **b**:
`product.reshape(K, N, OH, OW).transpose(1, 0, 2, 3)`. **c**: `product.T.reshape(N, K, OH, OW)`.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-wide-product", choice)

# %% [markdown]
r"""
**5.** A 3x3 filter on one channel of 10x10, without padding, is written as a dense layer. How many numbers in each
row of its matrix are not zero?
"""

# %% tags=["question"]
nonzero = 9  # 3x3 on 10x10
ask("recap-dense-row", nonzero)

# %% [markdown] minutes=1
r"""
## Where you are

You can turn any convolution into a matrix product and back, and you know what it costs and where the time goes. In
lesson 04 the product runs backwards: one product with the columns gives the gradient of the filters, and `col2im`
carries the gradient of the picture home.
"""
