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
# Images and filters

Below are one photograph and four versions of it. Every version was made in the same way, from nine numbers: a little
3x3 square of them, slid over the picture. Only the nine numbers differ. (Where a result is negative, it is shown
without its sign.)

Look at them before you read on. Which version averages neighbours? Which finds vertical edges, and which finds edges
of every direction? When you have finished this lesson, you will have written the sliding yourself, and you will be
able to write down nine numbers for a purpose. You will also know why the numbers of a network are *shared* between
all places of a picture, what that saves, and when it is the wrong thing to do.

You need lesson 00, and to know that a dot product is a sum of products.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import ask, by_profile, check, datasets, figures, layers, start, use, widgets

start("01")

# %%
photo = datasets.photograph(gray=True, size=160)
kernels = {
    "A": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "B": np.full((3, 3), 1 / 9),
    "C": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "D": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
}
versions = {name: layers.correlate2d(photo, kernel.astype(np.float32)) for name, kernel in kernels.items()}

# %% tags=["figure"]
shown = [np.clip(np.abs(version), 0, 1) for version in versions.values()]
figures.image_row([photo, *shown], titles=["the photograph", *versions])

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## A picture is a volume

A gray picture is a table of numbers: height by width. A colour picture is three such tables on top of each other, one
each for red, green and blue. So it has three axes, and we think of it as a box of numbers: a *volume*. In this course
its shape is written (C, H, W): channels, height, width.

Every layer of a convolutional network takes a volume and gives a volume. Width and height usually shrink on the way
through the network, and the number of channels grows. A network that sorts 32x32 colour pictures into ten classes
starts with a volume of (3, 32, 32) and ends with one of (10, 1, 1): ten scores.

One word needs care. The *depth of a volume* is its number of channels. The *depth of a network* is its number of
layers, counting only those that learn something.
"""

# %% tags=["figure"]
figures.volumes(
    [(3, 32, 32), (12, 32, 32), (12, 16, 16), (10, 1, 1)], labels=["picture", "filtered", "shrunk", "scores"]
)

# %% [markdown]
r"""
How many numbers are there in a colour picture of 32 by 32 pixels?
"""

# %% tags=["question"]
numbers = 3072  # a colour picture of 32x32 pixels
ask("numbers-in-volume", numbers)

# %% [markdown]
r"""
A network is a list of layers of a few kinds, and it helps to know now which of them learn something and which have
settings that you choose (*hyperparameters*):

| layer | what it does | learns | settings |
|---|---|---|---|
| convolution | slides filters over the volume | yes | number and size of filters, and more that lesson 02 explains |
| ReLU | replaces negative numbers by 0 | no | none |
| pooling | shrinks width and height | no | size and steps of its window |
| normalisation | rescales its input (lesson 06) | usually | few |
| fully connected | every output sees every input | yes | number of outputs |

This lesson and the next are about the first row.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Why not connect everything?

Some words first. A *neuron* multiplies each number that it sees by a *weight*, adds the products and one number more,
its *bias*, and passes the sum through a simple function. A *layer* is many neurons side by side. *Training* sets
weights and biases from examples: a *loss* says how wrong the network's scores are, and each number is moved a little,
again and again, to make it smaller.

An ordinary neural network would take the picture as one long list of numbers, and connect each of its neurons to all
of them: *full connection*. On 32x32 colour pictures that is 3,072 weights for each neuron. What is it for 200x200
colour pictures, which are still small?
"""

# %% tags=["question"]
weights = 120_000  # weights of one neuron, fully connected to a 200x200 colour picture
ask("dense-neuron", weights)

# %% [markdown]
r"""
One neuron is not a layer. Say a modest first layer has a thousand. How many numbers, weights and biases together,
does it learn?
"""

# %% tags=["question"]
learned = 120_001_000  # weights and biases of a thousand such neurons
ask("dense-layer", learned)

# %% [markdown]
r"""
Two things are wrong with that. It is too many: with more than a hundred million numbers to set, a network can simply
memorise the pictures it is shown, instead of learning what they have in common. That is *overfitting*.

And it throws away what we know about pictures. A fully connected layer has no idea which pixels are neighbours.
Scramble the pixels of all pictures by one fixed permutation, and such a layer learns exactly as well as before: it
only sees its inputs in another order. You would not.
"""

# %% tags=["figure"]
order = np.random.default_rng(0).permutation(photo.size)
scrambled = photo.ravel()[order].reshape(photo.shape)
figures.image_row([photo, scrambled], titles=["to you: a person", "to full connection: the same"])

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Look through a small window

So let a neuron look at a small window only, and let the window slide. At each place, lay a small table of weights
over the window, multiply the numbers that lie on each other, and add up the products: a *dot product*. The table is
called a *filter*, or a *kernel*. The results, place by place, make a new picture.

In a formula, for a picture $x$ and a kernel $w$ of $F_h$ by $F_w$ numbers:

$$\text{out}[i, j] = \sum_{a=0}^{F_h-1} \sum_{b=0}^{F_w-1} x[i + a,\; j + b] \cdot w[a, b]$$

Read it as: row $i$, column $j$ of the result; $a$ and $b$ walk through the kernel; $i + a$ and $j + b$ walk through
the window that starts at $(i, j)$.
"""

# %%
x = np.array([[1, 2, 0, 1, 3], [0, 1, 3, 1, 0], [2, 1, 0, 0, 1], [1, 0, 2, 1, 1]], dtype=float)
kernel = np.array([[1, 0], [0, -1]], dtype=float)
out = layers.correlate2d(x, kernel)

# %% tags=["figure"]
figures.sliding_step(x, kernel, row=1, column=2, out=out)

# %% [markdown]
r"""
Slide it yourself, and check one place by hand.
"""

# %% tags=["widget"]
widgets.sliding_window(x, kernel)

# %% [markdown] minutes=10
r"""
### Exercise: the sliding dot product ●●○○○ · 10 minutes

*Why it matters.* These few lines are the heart of every network in this course. The rest is bookkeeping and speed.

Write `correlate2d` for a picture (H, W) and a kernel (KH, KW). The window must lie wholly inside, so a row of W
pixels has W − KW + 1 places. Write the window as `x[..., rows, columns]`: the three dots stand for any axes in front,
and your function will work for volumes (C, H, W) with kernels (C, KH, KW) as well, without another line. Keep the
dtype of `x`.
"""


# %% tags=["exercise", "type-along"]
def correlate2d(x, kernel):
    """x (H, W) or (C, H, W), kernel (KH, KW) or (C, KH, KW) -> (H - KH + 1, W - KW + 1)."""
    (H, W), (KH, KW) = x.shape[-2:], kernel.shape[-2:]
    ### BEGIN SOLUTION about 6 lines
    out = np.zeros((H - KH + 1, W - KW + 1), x.dtype)
    for i in range(H - KH + 1):
        for j in range(W - KW + 1):
            window = x[..., i : i + KH, j : j + KW]
            out[i, j] = np.sum(window * kernel)
    return out
    ### END SOLUTION


check(correlate2d)

# %% [markdown] tags=["help"]
r"""
**Operands could not be broadcast** → print `window.shape` at the last place: does the window hang over the edge?
**Right on square pictures only** → rows come from H, columns from W; look for a place where they are mixed up. **It
says the kernel is flipped** → did you use `[::-1]`, or index the kernel from its end?

Stuck? `hint(correlate2d)` in a new cell gives one of three hints, `reveal(correlate2d)` the solution.
"""

# %%
correlate2d = use(correlate2d)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## Filters by hand

Nine numbers, chosen with a purpose. Start with what you know of sums: a kernel whose weights add up to zero, on a
patch where all pixels are 0.5. What comes out?
"""

# %% tags=["question"]
result = 0  # weights that sum to 0, on a patch of 0.5
ask("zero-sum", result)

# %% [markdown]
r"""
So such a kernel is blind to plain brightness and answers only to *changes*. With negative numbers on the left and
positive ones on the right it answers to vertical edges. This one, the *Sobel* filter, also averages a little down the
column. Its sister, turned by a quarter, finds horizontal edges.
"""

# %%
named = {
    "vertical edges": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32),
    "horizontal edges": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32),
    "blur": np.full((3, 3), 1 / 9, np.float32),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], np.float32),
}
responses = {name: correlate2d(photo, kernel) for name, kernel in named.items()}

# %% tags=["figure"]
figures.filter_responses(photo, named, responses)

# %% [markdown]
r"""
Now you can solve the puzzle from the top. Which of the four versions answers to edges of every direction, with nine
weights that sum to zero?
"""

# %% tags=["question"]
letter = "C"  # "A", "B", "C" or "D"
ask("puzzle-every-direction", letter)

# %% [markdown]
r"""
A finds vertical edges, B averages, C answers to edges of every direction, and D sharpens. Sobel's answers have a
sign: orange where the picture gets brighter to the right (or downwards), blue where it gets darker. The weights of
the blur are ninths. Why not ones?

- **a**: with ones it would smooth less
- **b**: with ones it would look at a larger window
- **c**: with ones the picture would get nine times as bright
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("blur-ninth", choice)

# %% [markdown]
r"""
Make your own. Try to find weights that show slanting lines, or that move the picture by one pixel.
"""

# %% tags=["widget"]
widgets.kernel_editor(photo)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## Why is it called convolution?

What you wrote is, in the language of signals, a *correlation*. A *convolution* of a signal $f$ with a kernel $g$ is

$$(f * g)[n] = \sum_{m} f[m] \cdot g[n - m]$$

Look at the minus sign. As $m$ walks forwards through the signal, $n - m$ walks backwards through the kernel: the
kernel is laid on *flipped*. In two dimensions, at the place with coordinates $p$ and $q$,

$$(f * g)[p, q] = \sum_{m} \sum_{n} f[m, n] \cdot g[p - m,\, q - n]$$

and the kernel is turned by half a turn. Where the kernel must lie wholly on the signal, as ours must, one speaks of a
*valid* convolution.

Try it on the simplest signal, a single 1. Slide the kernel (1, 2, 3), as it is, over the row (0, 0, 1, 0, 0). Which
three numbers come out?
"""

# %% tags=["question"]
numbers = (3, 2, 1)  # the three results of the correlation
ask("impulse", numbers)

# %% tags=["figure"]
figures.correlation_and_convolution(signal=[0, 0, 1, 0, 0], kernel=[1, 2, 3], position=0)

# %% [markdown]
r"""
Convolution gives back the kernel itself, and that is why engineers like it. It also has the better algebra: $f * g =
g * f$, which correlation does not have. NumPy has both:
"""

# %%
f, g = np.array([1, 2, 0, 4]), np.array([1, 0, -1])
print("convolution:", np.convolve(f, g), "the other way round:", np.convolve(g, f))
print("correlation:", np.correlate(f, g, "full"), "the other way round:", np.correlate(g, f, "full"))

# %% [markdown]
r"""
Then why does every deep learning library compute the correlation and call it convolution? Because it makes no
difference to a network. Its kernels are learned. If the layer flipped them, training would find the flipped numbers,
and the layer would compute the same. The flip matters in two places only: when you carry weights from one library to
another, and when you go backwards through the layer. That is lesson 04.

*Broken on purpose.* Flip the kernels of the photograph and see which of the four filters notice.
"""

# %% tags=["experiment"]
for name, kernel in named.items():
    difference = np.abs(correlate2d(photo, kernel[::-1, ::-1]) - responses[name]).max()
    print(f"{name:16} largest change when flipped: {difference:.2f}")

# %% [markdown]
r"""
Blur and sharpen look the same after half a turn, so they cannot notice. The Sobel filters change every sign: what was
orange turns blue. If a test of yours uses a symmetric kernel only, it will never find a flip that you forgot.
Remember that when you test.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Through the full depth

A colour picture has three channels. How does a filter treat them? Not one by one: **a filter is always as deep as
what it looks at**. It has a weight for every channel of every pixel in its window, and it adds everything up into one
number. Local in height and width, but full in depth.

How many weights does a 5x5 filter have on a 32x32 colour picture?
"""

# %% tags=["question"]
weights = 75  # a 5x5 filter on a colour picture, without bias
ask("filter-75", weights)

# %% [markdown]
r"""
Deeper in a network the channels are no longer colours. With a window of 3x3 on a volume of (20, 16, 16), how many
connections does one neuron have?
"""

# %% tags=["question"]
connections = 180  # a 3x3 window on a (20, 16, 16) volume
ask("connections-180", connections)

# %% [markdown]
r"""
Words you will meet. Several filters look at the same window; their answers, one above the other, are a *depth column*
(or *fibre*) of the output, `out[:, i, j]`. All answers of one filter are an *activation map* (or *depth slice*),
`out[k]`. The patch of the input that a neuron sees is its *receptive field*.
"""

# %% tags=["figure"]
figures.depth_column(shape=(3, 32, 32), kernel_size=5, filters=5)

# %% [markdown]
r"""
Your `correlate2d` can do it already. A filter for a colour: weights +1 on red, −½ on green and −½ on blue, averaged
over 3x3 pixels. On gray of any brightness the three cancel; on red they do not.
"""

# %%
colour = datasets.photograph(size=160)
red_not_gray = np.array([1, -0.5, -0.5], np.float32)[:, None, None] * np.full((3, 3, 3), 1 / 9, np.float32)
reds = correlate2d(colour, red_not_gray)
print("picture", colour.shape, "filter", red_not_gray.shape, "map", reds.shape)

# %% tags=["figure"]
figures.image_row([reds], titles=["red, minus the mean of green and blue"], cmap="signed", label="response")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Local first, then shared

Two ideas have cut the connections, and they are not the same. *Local connection*: a neuron sees its window, not the
picture. *Sharing*: all neurons of a map use the same weights.

What does each save? Take AlexNet's first layer, whose output has 96 maps of 55x55. Every neuron sees a window of
11x11 in three colours: 363 weights, and a bias. (Its picture is taken as 227 pixels wide here; lesson 02 says why.)
Suppose nothing is shared, and every one of the 55·55·96 neurons has numbers of its own. How many numbers are there?
"""

# %% tags=["question"]
unshared = 105_705_600  # weights and biases, every neuron with its own
ask("unshared", unshared)

# %% [markdown]
r"""
And if the neurons of each map share one filter and one bias?
"""

# %% tags=["question"]
shared = 34_944  # weights and biases, one filter and one bias for each of 96 maps
ask("shared", shared)

# %% tags=["figure"]
neurons, window, picture = 55 * 55 * 96, 11 * 11 * 3, 227 * 227 * 3
figures.weight_counts(
    ["full connection", "local", "local and shared"],
    [neurons * (picture + 1), neurons * (window + 1), 96 * (window + 1)],
)

# %% [markdown]
r"""
The argument for sharing is one sentence: *if a filter is useful at one place of a picture, it is useful at all
places.* An edge is an edge, left or right. In the drawing, lines of the same colour are the same weight.
"""

# %% tags=["figure"]
figures.connectivity(kind="all", size=7, kernel_size=3)

# %% [markdown] minutes=10
r"""
### Exercise: a locally connected layer ●●●○○ · 10 minutes

*Why it matters.* It is the layer between full connection and convolution. When you have written it, you know exactly
what sharing adds, and you will need it when sharing is wrong.

Each place (i, j) of the output has its own bank of K filters, `weight[i, j]` of shape (K, C, KH, KW), and its own K
biases, `bias[i, j]`. The window for place (i, j) starts at row `i * stride` and column `j * stride`. Write it for a
batch `x` of shape (N, C, H, W). The number of places stands in the shape of `weight`.
"""


# %% tags=["exercise", "type-along"]
def locally_connected2d(x, weight, bias=None, stride=1):
    """x (N, C, H, W), weight (OH, OW, K, C, KH, KW), bias (OH, OW, K) or None -> (N, K, OH, OW)."""
    OH, OW, K, _, KH, KW = weight.shape
    out = np.zeros((len(x), K, OH, OW), x.dtype)
    ### BEGIN SOLUTION about 7 lines
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            for k in range(K):
                out[:, k, i, j] = np.sum(window * weight[i, j, k], axis=(1, 2, 3))
                if bias is not None:
                    out[:, k, i, j] += bias[i, j, k]
    return out
    ### END SOLUTION


check(locally_connected2d)

# %% [markdown] tags=["help"]
r"""
**All pictures of the batch get the same numbers** → `np.sum` without `axis` adds up the whole batch. **Right with
stride 1 only** → where does the window for place 2 start when the stride is 2? **Shapes (3, 2, 2, 2) and (4, 2, 2, 2)
do not fit** → one filter at a time.
"""

# %%
locally_connected2d = use(locally_connected2d)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Experiment: move the picture

Sharing has a consequence that is worth more than the memory it saves. Shift the photograph by 7 pixels to the right
and filter it. Or filter first, and then shift. Predict: away from the border, how large is the largest difference
between the two results?
"""

# %% tags=["question"]
largest = 0  # the largest difference, away from the border
ask("shift-then-filter", largest)

# %% [markdown]
r"""
Measure it.
"""

# %% tags=["experiment"]
small = datasets.photograph(gray=True, size=by_profile(quick=96, full=160, smoke=24))
shifted = np.roll(small, 7, axis=1)
sobel = named["vertical edges"]
before, after = correlate2d(small, sobel), correlate2d(shifted, sobel)
same = np.roll(before, 7, axis=1)
inside = np.s_[:, 9:]  # away from the border, where np.roll brings the other side in
print(f"largest difference with shared weights: {np.abs(after - same)[inside].max():.6f}")

# %% tags=["figure"]
figures.shift_equivariance(
    small, shifted, before, after, np.where(np.arange(after.shape[1]) < 9, 0, after - same)
)

# %% [markdown]
r"""
Away from the border nothing differs, to the last digit. Shift the input, and the map shifts with it: convolution is
*equivariant* to shifts. (It is not *invariant*: the output does change, it moves.) A cat that is learned on the left
is known on the right.

Now the same test without sharing: every place gets its own random 3x3 filter.
"""

# %% tags=["experiment"]
places = before.shape
own = np.random.default_rng(1).standard_normal((*places, 1, 1, 3, 3)).astype(np.float32)
before, after = (locally_connected2d(p[None, None], own)[0, 0] for p in (small, shifted))
same = np.roll(before, 7, axis=1)
print(f"largest difference without sharing: {np.abs(after - same)[inside].max():.1f}")
print(f"numbers to learn: shared {sobel.size}, own {own.size:,}")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## When sharing is wrong

The argument for sharing was: useful here, useful everywhere. It fails where the place itself means something. In
passport photographs the eyes are always at the same height, so filters for eyes are useful there, and a waste
anywhere else.

Is that measurable? Take the 1,797 digits that come with the course. Whoever prepared them centred each digit and
scaled it to the same size. Beside them take as many windows of the same size, 8x8, from random places of a
photograph. For each pixel of the window, how much does its brightness vary over all the pictures?
"""

# %% tags=["experiment"]
digits, _ = datasets.digits()
rng = np.random.default_rng(2)
big = datasets.photograph(gray=True, size=512)
corners = rng.integers(0, 512 - 8, (len(digits), 2))
windows = np.stack([big[row : row + 8, column : column + 8] for row, column in corners])
spread = {"digits, centred": digits[:, 0].std(axis=0), "windows of a photograph": windows.std(axis=0)}
for name, values in spread.items():
    print(f"{name:24} spread from {values.min():.2f} to {values.max():.2f}")

# %% tags=["figure"]
figures.image_row(list(spread.values()), titles=list(spread), shared_scale=True, label="standard deviation")

# %% [markdown]
r"""
In a photograph every place is like every other: the spread is flat, and a filter may as well be shared. In centred
digits the places differ: the left and right borders hardly ever change, the middle changes all the time. There a
*locally connected layer* can pay. Face recognisers of 2014 used some, after aligning the faces. Even so, sharing is
the default: it costs little where it is wrong, and saves much where it is right. LeNet reads digits with shared
weights.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What history did with it

In 1959 David Hubel and Torsten Wiesel showed slides to an anaesthetised cat and listened to single cells of its
visual cortex. A cell answered to an edge, of one direction, in one small patch of the field of view. Other cells did
the same for other patches. Here is the *brain view* of a convolution layer, in the language of neurons: every number
of an activation map is a neuron, the window is its receptive field, and the neurons of one map do the same job at
different places.

In 1980 Kunihiko Fukushima built it into a program, the *Neocognitron*. It had local windows and shared weights, and
it told simple patterns apart wherever they stood; later versions read handwritten digits. What it lacked was a good
way to learn its filters. Yann LeCun and his colleagues trained such a network by backpropagation in 1989, on zip
codes from real envelopes. The brain is where the idea came from; it is not why it works. As far as anyone knows,
nothing in a brain copies weights from place to place. That part is engineering, and it lets a network learn from far
fewer pictures.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Recap

Five questions.

**1.** "The depth of this volume is 96." What does that count? **a**: layers. **b**: channels. **c**: pixels of the
window.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-depth", choice)

# %% [markdown]
r"""
**2.** Twelve 5x5 filters slide over a 32x32 colour picture. What is the shape (C, H, W) of the stack of maps?
"""

# %% tags=["question"]
shape = (12, 28, 28)  # (C, H, W)
ask("recap-map", shape)

# %% [markdown]
r"""
**3.** A library's convolution layers flip their kernels, another's do not. Which one learns better? **a**: the one
that flips, as the mathematics demands. **b**: neither; they learn mirrored weights. **c**: the one that does not,
since flipping costs time.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-flip", choice)

# %% [markdown]
r"""
**4.** A cat moves ten pixels to the right. What happens to the activation maps, away from the border? **a**: they
stay as they are. **b**: they change in ways that are hard to foresee. **c**: they move ten pixels to the right.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-equivariant", choice)

# %% [markdown]
r"""
**5.** Where would you try a locally connected layer? **a**: on passport photographs. **b**: on holiday pictures.
**c**: when you have very few pictures to learn from.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-local", choice)

# %% [markdown] minutes=1
r"""
## Where you are

You have one filter, and you know why it is small, why it is deep, and why it is shared. A layer needs more: many
filters at once, steps larger than one, a border. In lesson 02 you add these, and meet a famous network whose picture
does not fit its first layer.
"""
