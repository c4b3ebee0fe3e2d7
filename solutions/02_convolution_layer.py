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
# The convolution layer

AlexNet, the network that won the ImageNet contest of 2012, reads pictures of 224 by 224 pixels. So says its paper,
and so say thousands of pages since. Its first layer slides windows 11 pixels wide over the picture, in steps of 4.
And there the trouble begins: with 224 pixels the last step does not fit. Change one number, to 227, and everything
falls into place.

Whoever builds convolutional networks meets this kind of trouble every week. *How large is what comes out? How many
numbers does the layer learn? What happens at the border, and when the steps do not fit?* After this lesson you will
be able to answer such questions in your head, and you will have written the layer itself, with PyTorch's stride,
padding, dilation and groups.

You need lesson 01: the sliding dot product, and a filter that is as deep as what it looks at.
"""

# %% tags=["setup"]
import timeit

import numpy as np

from course_utils import ask, by_profile, check, datasets, figures, layers, start, use, widgets

start("02")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## From filters to a layer

One filter gives one *activation map*: a picture of how strongly the filter answers at each place. A *convolution
layer* is simply several filters that look at the same input. Their maps are stacked, and the stack is a new volume,
ready for the next layer. What were colours on the way in are answers of filters on the way out. Both are called
*channels*.

In this course a batch of pictures has the axes (N, C, H, W): picture, channel, row, column. It is PyTorch's order. A
layer with K filters holds `weight` of shape (K, C, KH, KW) and one number per filter to add at the end, `bias` of
shape (K,).

Take a 32x32 colour picture and six filters of 5x5. Before you look at the drawing: what is the shape (C, H, W) of
what comes out, if a window must lie wholly inside the picture?
"""

# %% tags=["question"]
shape = (6, 28, 28)  # your (C, H, W)
ask("stack-six", shape)

# %% tags=["figure"]
figures.volumes([(3, 32, 32), (6, 28, 28)], labels=["a colour picture", "six activation maps"])

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## How far can a filter slide?

Put a 3-wide window on a row of 7 pixels. Slide it one pixel at a time, and count the places where it fits: the first
starts at pixel 0, the last at pixel 4. Five places, so the output is 5 wide. Slide it two pixels at a time and it
fits at 0, 2 and 4: three places.

Before you read on: what happens when it slides three at a time?
"""

# %% tags=["question"]
places = 2  # your count, for a 7-pixel row, a 3-wide window, and steps of 3
ask("slide-7-3-3", places)

# %% [markdown]
r"""
The window fits at 0 and at 3; the next start, 6, would hang over the edge. Two places, and the last pixel is never
seen. In a formula, with $W$ pixels in the row, a window $F$ wide and steps of $S$ (the *stride*):

$$\text{places} = \frac{W - F}{S} + 1$$

$W - F$ is the free room beside the window at its first place. Every step uses up $S$ of it, and the $+1$ is the first
place itself. Here that is $(7-3)/3+1 = 2.33$, and every library has to decide what a third of a place means. PyTorch
drops it: it takes the *floor*. Others raise an error, fill up with zeros, or crop the input. An early framework
rounded up in its pooling layers, and networks that were carried over from one to the other silently changed shape.
You will meet one in lesson 14.
"""

# %% tags=["figure"]
figures.window_positions(size=7, kernel_size=3, strides=(1, 2, 3))

# %% [markdown]
r"""
Other texts write the same count as $\lceil (W - F + 1)/S \rceil$: there are $W - F + 1$ places for steps of one, and
of these every $S$-th is kept. $\lceil\ \rceil$ means *rounded up*, $\lfloor\ \rfloor$ *rounded down*. Rounding up in
one formula and down in the other, can both be right? Try all small cases.
"""

# %%
cases = [(w, f, s) for w in range(1, 40) for f in range(1, w + 1) for s in range(1, 8)]
agree = sum((w - f) // s + 1 == -(-(w - f + 1) // s) for w, f, s in cases)
print(f"{agree} of {len(cases)} cases agree")

# %% [markdown]
r"""
Both are the same rule. The other ceiling rule that you will find, $\lceil W/S \rceil$, is a different one:
TensorFlow's `"same"` setting chooses the padding so that this comes out, with one zero more on the right than on the
left where it must.

Now one that lecture notes call invalid: a row of 10 pixels, a 3-wide window, steps of 2. What is the size in PyTorch?
"""

# %% tags=["question"]
size = 4  # W=10, F=3, S=2
ask("stride-10-3-2", size)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
"""
## What happens at the border?

Without help, a picture shrinks at every layer, at stride 1 by $F-1$ pixels each time. That caps how deep a network
can be. And the pixels at the border get less attention than the others: the corner pixel lies in one window, a pixel
in the middle of a 3x3 layer in nine.

*Zero padding* cures both. Put $P$ rows and columns of zeros on every side, and let the window slide over the larger
picture.
"""

# %% tags=["figure"]
figures.padding_figure(np.arange(1.0, 10).reshape(3, 3), padding=1)

# %% [markdown]
"""
A 7x7 picture, a 3x3 filter, stride 1, and one pixel of padding all round. How wide is the output?
"""

# %% tags=["question"]
width = 7  # W=7, F=3, S=1, P=1
ask("pad-7-3", width)

# %% [markdown]
r"""
The padded row is $W + 2P$ wide, both ends counted, so the rule becomes

$$\text{places} = \left\lfloor \frac{W - F + 2P}{S} \right\rfloor + 1$$

With stride 1, which padding keeps the size? The window's centre must be able to sit on the first pixel, so everything
to the left of the centre hangs over the edge.
"""

# %% tags=["question"]
padding = 3  # for a 7x7 filter and stride 1
ask("same-padding-7", padding)

# %% [markdown]
"""
The rule is $P = (F-1)/2$: 1 for a 3x3 filter, 2 for 5x5, 3 for 7x7. It works for odd $F$ only, and that is one reason
why you rarely see even ones.

How much does it matter? Blur a photograph eight times with a 5x5 filter, once with that padding and once without.
Then do the same to a white picture, all ones, which shows what the padding alone does.
"""

# %% tags=["experiment"]
photo = datasets.photograph(gray=True, size=96)
blur = np.full((1, 1, 5, 5), 1 / 25, np.float32)
padded, unpadded = [photo], [photo]
for _ in range(8):
    padded.append(layers.conv2d_forward(padded[-1][None, None], blur, padding=2)[0][0, 0])
    unpadded.append(layers.conv2d_forward(unpadded[-1][None, None], blur)[0][0, 0])
print("sizes without padding:", [picture.shape[0] for picture in unpadded])

white = np.ones((1, 1, 96, 96), np.float32)
for _ in range(8):
    white, _ = layers.conv2d_forward(white, blur, padding=2)
places = white[0, 0, 0, 0], white[0, 0, 48, 0], white[0, 0, 48, 48]
print("a white picture after 8 layers: corner {:.2f}, edge {:.2f}, centre {:.2f}".format(*places))

# %% tags=["figure"]
figures.border_washed_away(padded[::4], unpadded[::4], titles=["input", "4 layers", "8 layers"])

# %% [markdown]
r"""
Without padding a third of the width is gone: $96 - 8 \cdot 4 = 64$. With it the size stays, at a price that you can
see: the zeros are black, and black creeps in from the border, layer by layer. A trained network learns to live with
it. It can even use it: the zeros tell a filter where the border is.

Now a puzzle that one of the lectures behind this course leaves open. Filters of 5x5, stride 2, and the output should
be half as wide as the input, 16 for 32. Which padding does it take? One of these is true:

- **a**: $P = 1$ gives 16
- **b**: $P = 2$ gives 16, and the division comes out even
- **c**: $P = 2$ gives 16, but only because the fraction is dropped
- **d**: $P = 3$ gives 16
"""

# %% tags=["question"]
choice = "c"  # "a", "b", "c" or "d"
ask("same-5-2", choice)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## Dilation: a wide window with few weights

A filter's weights are also called its *taps*. Pull them apart, so that pixels between them are skipped, and the same
nine weights look at a wider patch. That is *dilation*. It lets a network see far in few layers, without more weights
and without giving up resolution: two ordinary 3x3 layers see 5 pixels, and with dilation 2 in the second they see 7.
Yu and Koltun made it known in 2015, with networks that label every pixel of a scene.

Two numberings are in use. In PyTorch's, which is ours, taps are `dilation` pixels apart, and 1 is the ordinary
filter. In older notes dilation counts the pixels left out, and 0 is the ordinary filter. When a paper's sizes do not
add up, this is worth a look.
"""

# %% [markdown]
"""
Three taps with dilation 2: how many pixels does the filter reach over, from its first tap to its last?
"""

# %% tags=["question"]
reach = 5  # F=3, dilation 2
ask("reach-3-2", reach)

# %% tags=["figure"]
figures.dilated_taps(kernel_size=3, dilations=(1, 2, 3))

# %% [markdown]
r"""
$F$ taps have $F-1$ gaps, each $D$ pixels from tap to tap, so the reach is $D(F-1)+1$. It takes the place of $F$ in
the size rule, which is now complete:

$$\text{places} = \left\lfloor \frac{W - (D(F-1)+1) + 2P}{S} \right\rfloor + 1$$
"""

# %% [markdown] minutes=6
"""
### Exercise: the output size ●●○○○ · 5 minutes

*Why it matters.* Every shape error you will ever debug in a convolutional network is this formula, misapplied.

Write the general rule for one axis: a row of `size` pixels, zero padding on both ends, and a dilated kernel, whose
taps sit `dilation` pixels apart. Round as PyTorch does, and refuse a kernel that does not fit by raising a
`ValueError`.
"""


# %% tags=["exercise", "type-along"]
def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """Output size along one axis. ValueError if the dilated kernel is larger than the padded input."""
    ### BEGIN SOLUTION about 5 lines
    reach = dilation * (kernel_size - 1) + 1
    room = size + 2 * padding - reach
    if room < 0:
        raise ValueError(f"a kernel that reaches over {reach} pixels does not fit in {size + 2 * padding}")
    return room // stride + 1
    ### END SOLUTION


check(conv_output_size)

# %% [markdown] tags=["help"]
"""
**It is one too few everywhere** → count the places for a 3-wide window on 3 pixels by hand. **It is right until
`dilation` is 2** → draw the taps: three taps two apart reach over how many pixels? **It returns 3.0** → `/` makes a
fraction even when it comes out whole; there is another division.

Stuck? `hint(conv_output_size)` in a new cell gives one of three hints, `reveal(conv_output_size)` the solution.
"""

# %%
conv_output_size = use(conv_output_size)

# %% [markdown] minutes=2
"""
Put it to work on the puzzle from the top: AlexNet's first layer, 11x11 windows, stride 4, no padding. First in your
head: how wide is the output for an input of 227 pixels, and what does PyTorch make of 224?
"""

# %% tags=["question"]
for_227 = 55  # W=227, F=11, S=4
ask("alexnet-227", for_227)

# %% tags=["question"]
for_224 = 54  # W=224, F=11, S=4
ask("alexnet-224", for_224)

# %%
for size in (224, 225, 226, 227, 228):
    print(size, "->", conv_output_size(size, kernel_size=11, stride=4))

# %% [markdown]
"""
The paper draws maps of 55x55. It says 224, and that gives 54. Whether the picture had 227 pixels or was padded, the
paper does not say, and its readers have argued ever since. In lesson 11 you will see which answers fit the paper's
other numbers.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
## How many numbers does it learn?

A worked example, and a classic exam question. The input is a 32x32 colour picture, the layer has ten 5x5 filters,
stride 1, padding 2. What comes out, and how many numbers, weights and biases together, does the layer learn?
"""

# %% tags=["question"]
out_shape = (10, 32, 32)  # (C, H, W)
ask("ten-filters-size", out_shape)

# %% tags=["question"]
learned = 760  # weights and biases together
ask("ten-filters-parameters", learned)

# %% [markdown]
"""
Now play with all the numbers at once, and look for settings where the fraction is dropped.
"""

# %% tags=["widget"]
widgets.layer_calculator()

# %% [markdown] minutes=5
"""
### Exercise: count the parameters ●○○○○ · 5 minutes

*Why it matters.* You will count whole networks soon, and compare with what their papers claim. Some papers are wrong.

Count weights and biases of a layer from its settings alone. `kernel_size` may be one number or a pair (height,
width); `bias` says whether the layer has biases. Of `groups` you only need to know, for now, that a filter sees
`in_channels // groups` channels.
"""


# %% tags=["exercise", "type-along"]
def count_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    """The number of weights and biases of a 2-D convolution, a whole number."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    ### BEGIN SOLUTION about 2 lines
    weights_of_one_filter = height * width * (in_channels // groups)
    return out_channels * (weights_of_one_filter + (1 if bias else 0))
    ### END SOLUTION


check(count_conv_parameters)

# %% [markdown] tags=["help"]
"""
**It is too small by the number of filters** → what does each filter add at the end? **It is three times too small on
colour pictures** → how deep is a filter?
"""

# %%
count_conv_parameters = use(count_conv_parameters)
print(f"AlexNet's first layer: {count_conv_parameters(3, 96, 11):,}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
## One by one

A 1x1 filter looks at a single pixel. To a signal engineer that sounds pointless: a signal of one channel would just
be scaled. But a filter reaches through the full depth. On 64 channels a 1x1 filter is a dot product with 64 numbers,
one at each pixel. Thirty-two of them turn 64 channels into 32 and leave the picture's size alone. It is the cheapest
way to change the number of channels, and from lesson 14 on you will see it everywhere.

How many numbers, biases included, does that layer learn?
"""

# %% tags=["question"]
learned = 2080  # 1x1, from 64 channels to 32, with biases
ask("one-by-one", learned)

# %% tags=["figure"]
figures.depth_column(shape=(64, 32, 32), kernel_size=1, filters=32)

# %% [markdown]
"""
So a 1x1 convolution is one small matrix, applied at every pixel. See it in numbers: take the pixels as columns,
multiply the matrix by them, and compare.
"""

# %%
rng = np.random.default_rng(0)
volume, matrix = rng.standard_normal((1, 64, 8, 8)), rng.standard_normal((32, 64))
as_convolution, _ = layers.conv2d_forward(volume, matrix[:, :, None, None])
as_matrix = (matrix @ volume.reshape(64, 8 * 8)).reshape(1, 32, 8, 8)
print("they agree:", np.allclose(as_convolution, as_matrix))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
## Groups: filters that see part of the depth

So far every filter sees every channel. With `groups=2` the channels are cut into two blocks, and so are the filters:
the first half of the filters sees the first half of the channels, the second half the second. Each filter is half as
deep, so the layer has half the weights and half the work. AlexNet needed it, because its two halves lived on two
graphics cards.
"""

# %% tags=["figure"]
figures.groups_diagram(in_channels=4, out_channels=4, groups=2)

# %% [markdown]
"""
A layer from 64 to 64 channels with 3x3 filters has 36,864 weights. How many does it have with four groups? Count
without biases.
"""

# %% tags=["question"]
weights = 9216  # 3x3, from 64 to 64 channels, groups=4, no biases
ask("grouped", weights)

# %% [markdown]
"""
At the far end stands `groups=C`: each filter sees one channel only. That is called a *depthwise* convolution, and
small networks for phones are built from it.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
"""
## Every number of the output

Time to leave the sizes and compute. Say the input `X` has 4 channels of 11x11, the filter `W0` is 5x5, the stride 2,
no padding. Then the map has $(11-5)/2+1 = 4$ places each way, and the numbers of its first column, with one beside
them, are

```python
V[0, 0, 0] = np.sum(X[:, 0:5, 0:5] * W0) + b0      # place (0, 0)
V[0, 1, 0] = np.sum(X[:, 2:7, 0:5] * W0) + b0      # one place down: two rows down
V[0, 2, 0] = np.sum(X[:, 4:9, 0:5] * W0) + b0
V[0, 2, 1] = np.sum(X[:, 4:9, 2:7] * W0) + b0      # and one place to the right: two columns right
```

All channels (`:`), five rows, five columns, multiplied number by number and summed. The next place down starts two
rows further. A second filter fills the second map: `V[1, 0, 0] = np.sum(X[:, 0:5, 0:5] * W1) + b1`. Which rows does
`V[0, 3, 0]` read? Write start and end as in a slice.
"""

# %% tags=["question"]
rows = (6, 11)  # start and end of the slice
ask("rows-read", rows)

# %% [markdown]
"""
Now with all the trimmings, and small enough to do by hand: three channels of 5x5, two filters of 3x3x3, stride 2,
padding 1. First the shape (C, H, W) of what comes out.
"""

# %% tags=["question"]
demo_shape = (2, 3, 3)  # your (C, H, W)
ask("demo-shape", demo_shape)

# %% [markdown]
"""
Then the first number of the output, with pencil and paper: here is the padded top left corner of each channel, the
first filter, and its bias.
"""

# %%
x, weight, bias = datasets.running_demo()
corner = np.pad(x, ((0, 0), (1, 1), (1, 1)))[:, :3, :3]
for channel in range(3):
    print(f"channel {channel}: picture | filter")
    for above, below in zip(corner[channel], weight[0, channel], strict=True):
        print("  ", *(f"{v:2.0f}" for v in above), "  |", *(f"{v:2.0f}" for v in below))
print("bias", int(bias[0]))

# %% tags=["question"]
first_number = 4  # out[0, 0, 0]
ask("demo-number", first_number)

# %% [markdown]
"""
Step through all 18 numbers. Watch the window jump by two, and the filter change after the ninth.
"""

# %% tags=["widget"]
widgets.running_demo(x, weight, bias, stride=2, padding=1)

# %% [markdown] minutes=14
"""
### Exercise: the layer, by loops ●●●○○ · 15 minutes

*Why it matters.* This is the layer. Everything later in Part I makes it fast, runs it backwards, or stands beside it.

Write it for a batch, with stride, padding, dilation and groups, in plain loops over picture, filter, row and column.
The stub has unpacked the settings: `sh, sw` are the steps down and to the right, and so on. Keep the dtype:
`np.zeros(shape, x.dtype)`. The function returns its output and a `cache`, a tuple of what lesson 04 will need to run
it backwards; that line is written for you.
"""


# %% tags=["exercise", "type-along"]
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x (N, C, H, W), weight (K, C/groups, KH, KW), bias (K,) or None -> out (N, K, OH, OW), cache."""
    cache = (x, weight, bias, stride, padding, dilation, groups)
    (N, C, H, W), (K, depth, KH, KW) = x.shape, weight.shape
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(pair, 2) for pair in (stride, padding, dilation))
    ### BEGIN SOLUTION about 15 lines
    padded = np.zeros((N, C, H + 2 * ph, W + 2 * pw), x.dtype)
    padded[:, :, ph : ph + H, pw : pw + W] = x
    OH, OW = conv_output_size(H, KH, sh, ph, dh), conv_output_size(W, KW, sw, pw, dw)
    reach_h, reach_w = dh * (KH - 1) + 1, dw * (KW - 1) + 1
    out = np.zeros((N, K, OH, OW), x.dtype)
    for n in range(N):
        for k in range(K):
            first = k // (K // groups) * depth
            seen = padded[n, first : first + depth]
            for i in range(OH):
                for j in range(OW):
                    top, left = i * sh, j * sw
                    window = seen[:, top : top + reach_h : dh, left : left + reach_w : dw]
                    out[n, k, i, j] = np.sum(window * weight[k]) + (0 if bias is None else bias[k])
    return out, cache
    ### END SOLUTION


check(conv2d_forward)

# %% [markdown] tags=["help"]
"""
**Operands could not be broadcast** → print `window.shape` beside `weight[k].shape`; at which place do they differ,
and does the window hang over the edge there? **Right without padding, wrong with it** → is the picture in the middle
of the zeros, and do the windows slide over the *padded* one? **Right for one group only** → which channel does the
first filter of the second group start with? **It says float64 came out** → `np.zeros` needs to be told the dtype.
"""

# %%
conv2d_forward = use(conv2d_forward)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What a layer sees

Give your layer something to look at: real handwritten digits, from the UCI Machine Learning Repository, enlarged to
32x32. Four filters that you know from lesson 01 make one layer. Its output goes through $\max(0, v)$, number by
number, as almost always in a network: that is the *ReLU*, and it keeps only what a filter answers *yes* to.
"""

# %%
images, labels = datasets.digits(size=32)
right, down = np.array([[-1, 0, 1]] * 3), np.array([[-1, 0, 1]] * 3).T
filters = np.stack([right, -right, down, -down])[:, None].astype(np.float32)
maps, _ = conv2d_forward(images[:1], filters, padding=1)
maps, _ = layers.relu_forward(maps)
print("in", images[:1].shape, "weight", filters.shape, "out", maps.shape)

# %% tags=["figure"]
figures.image_row(
    [images[0, 0], *maps[0]],
    titles=[
        f"a {labels[0]}",
        "brighter to the right",
        "darker to the right",
        "brighter below",
        "darker below",
    ],
)

# %% [markdown]
"""
Each map lights up along one side of the stroke and stays dark elsewhere. (Where the digit touches the upper or lower
border, the zeros beyond it make an edge of their own.) The four maps are a volume of shape (4, 32, 32), and a second
layer would look at all four at once, through its full depth. That is how corners come out of edges, and loops out of
corners.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Experiment: how slow are loops?

Your layer is right. Is it usable? One filter at one place costs $C \cdot F \cdot F$ multiplications, so a layer costs

$$N \cdot K \cdot OH \cdot OW \cdot C \cdot F \cdot F$$

of them. Predict: when the picture gets twice as wide and twice as tall, how many times as long does the layer take?
"""

# %% tags=["question"]
times_as_long = 4  # twice as wide and twice as tall
ask("twice-as-large", times_as_long)

# %% [markdown]
"""
Then measure, and put the course's fast layer, which you will write in lesson 03, beside it. Both get one picture of 8
channels and eight 3x3 filters. (While your own layer is open, the course's stands in for it, and the two lines lie on
each other.)
"""

# %% tags=["experiment"]
sizes = by_profile(quick=(8, 16, 32, 64), full=(8, 16, 32, 64, 128), smoke=(4, 8))
filters = rng.standard_normal((8, 8, 3, 3)).astype(np.float32)


def seconds(layer, size):
    """The shortest of three runs on one random picture of 8 channels."""
    picture = rng.standard_normal((1, 8, size, size)).astype(np.float32)
    return min(timeit.repeat(lambda: layer(picture, filters, padding=1), number=1, repeat=3))


series = {
    "by loops": [seconds(conv2d_forward, size) for size in sizes],
    "lesson 03": [seconds(layers.conv2d_forward, size) for size in sizes],
}

# %% tags=["figure", "nbval-ignore-output"]
figures.time_curves(
    sizes, series, xlabel="width of the picture (pixels)", ylabel="seconds a picture", slope=2
)

# %% [markdown]
"""
On doubly logarithmic axes a straight line is a power law. The loops follow the dotted line of slope 2: twice the
width, four times the places, four times the time. Now a real layer. The second layer of VGG-16 has 64 filters on 64
channels of 224x224. Time a part of it, 8 of the filters on 32x32 pixels, and multiply: 8 times the filters, 49 times
the places. (While your own layer is open, both are the same.)
"""

# %% tags=["experiment", "nbval-ignore-output"]
deep = rng.standard_normal((1, 64, 32, 32)).astype(np.float32)
deep_filters = rng.standard_normal((8, 64, 3, 3)).astype(np.float32)
whole = (64 / 8) * (224 / 32) ** 2
for name, layer in (("by loops", conv2d_forward), ("lesson 03", layers.conv2d_forward)):
    part = min(timeit.repeat(lambda: layer(deep, deep_filters, padding=1), number=1, repeat=3))
    print(f"{name}: about {part * whole:.2g} seconds for one picture and one layer")

# %% [markdown]
"""
Training shows a network a million pictures, dozens of times. Loops are for understanding. In lesson 03 you will turn
the same arithmetic into one matrix product, and keep this version to test the fast one against.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## Broken on purpose: the pixel that no one sees

A layer with 3x3 filters and stride 3 looks at a 7x7 picture. It has four outputs. Make the last row and the last
column of the picture very bright: how many of the four outputs change?
"""

# %% tags=["question"]
outputs = 0  # 7x7 picture, 3x3 filters, stride 3
ask("unseen", outputs)

# %% [markdown]
"""
Count them.
"""

# %% tags=["experiment"]
dark = rng.standard_normal((1, 1, 7, 7))
bright = dark.copy()
bright[..., -1, :] = bright[..., :, -1] = 1000
filters = rng.standard_normal((1, 1, 3, 3))
for stride in (1, 2, 3):
    before, _ = conv2d_forward(dark, filters, stride=stride)
    after, _ = conv2d_forward(bright, filters, stride=stride)
    changed = np.sum(before != after)
    print(f"stride {stride}: {changed} of {before.size} outputs changed")

# %% [markdown]
"""
Nothing fails and nothing warns. The program runs, the shapes are fine, and 13 of 49 pixels, more than a quarter, are
thrown away. This is why people choose sizes that divide, and why $P = (F-1)/2$ with stride 1, or a stride of 2 on
even sizes, is nearly all you will meet:

| filter | stride | padding | what it does |
|---|---|---|---|
| 3x3 | 1 | 1 | keeps the size; the usual layer |
| 5x5 | 1 | 2 | keeps the size |
| 1x1 | 1 | 0 | keeps the size, changes the channels |
| 3x3 | 2 | 1 | halves an even size (drops half a step, reads every pixel) |
| 7x7 | 2 | 3 | halves 224 to 112; the first layer of many networks |

Numbers of filters tend to be powers of two, 32, 64, 128, 512: partly for speed, mostly by habit.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## What history did with it

Strides came first: LeNet's ancestors of 1989 moved their windows by two pixels, since exact positions matter less
deeper in. Zero padding was a detail until networks got deep; VGG in 2014 padded every layer, and since then a layer
that keeps its size is the normal case. Groups were an emergency measure of 2012; by 2016 they were an idea of their
own, in depthwise layers and in ResNeXt. Dilation has an older life in wavelet analysis, as the *algorithme à trous*,
the algorithm with holes. And 1x1 filters, first used for a network within the network in 2013, are in most networks
since.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Recap

The layer on one card. It takes a volume of (C, H, W) and has these settings: K filters of size F, stride S, padding
P, dilation D, groups G.

| | |
|---|---|
| gives | a volume of (K, OH, OW), with $OW = \lfloor (W - D(F-1) - 1 + 2P)/S \rfloor + 1$, and OH likewise from H |
| learns | $K \cdot F \cdot F \cdot C/G$ weights and $K$ biases, however large the picture |
| costs | $K \cdot OH \cdot OW \cdot F \cdot F \cdot C/G$ multiplications a picture |

Five questions. No scrolling back, at first.

**1.** You double the number of filters of a layer. What doubles? **a**: the width of the output. **b**: the number of
maps, the weights and the work. **c**: only the depth of each filter.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-double-filters", choice)

# %% [markdown]
"""
**2.** You feed the same layer pictures twice as wide and twice as tall. How many weights does it have now? **a**: as
many as before. **b**: four times as many. **c**: twice as many.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-bigger-picture", choice)

# %% [markdown]
"""
**3.** A residual network halves its 56x56 maps by 3x3 filters with stride 2 and padding 1. How wide are they then?
"""

# %% tags=["question"]
width = 28  # W=56, F=3, S=2, P=1
ask("recap-halve", width)

# %% [markdown]
"""
**4.** Which padding keeps the size for a 3x3 filter with dilation 2 and stride 1?
"""

# %% tags=["question"]
padding = 2  # F=3, dilation 2, S=1
ask("recap-dilated-pad", padding)

# %% [markdown]
"""
**5.** How many weights, biases left out, does a depthwise 3x3 layer have on 128 channels (`groups=128`)?
"""

# %% tags=["question"]
weights = 1152  # 3x3, 128 channels, groups=128
ask("recap-depthwise", weights)

# %% [markdown] minutes=1
"""
## Where you are

You can size and count any convolution layer, and you have one of your own, with PyTorch's stride, padding, dilation
and groups. It is slow. Lesson 03 makes it fast without changing a single number of its output.
"""
