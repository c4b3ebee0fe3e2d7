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

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
"""
# Homework 4: A residual network

*100 points, about five hours. You need lessons 06, 09, 10 and 15.*

In this homework you write a residual network for small pictures as the paper has it, with a choice of shortcuts and
of how it begins. You add two ideas that came soon after, and that have not come up in a lesson so far. At the end you
design a network of your own under a budget, and the grader trains it. Parts do not depend on each other, so begin
where you like.
"""

# %% tags=["setup"]
import torch
from torch import nn
from torch.nn import functional

from course_utils import check, start, use
from course_utils.grading import design as designs

start("hw4")

# %% [markdown] minutes=5
"""
## How it is graded

Your classes and functions are called with small tensors, of every shape and setting that their text allows: those
that `check` shows you, and others. Every case counts alike, so half of them right is half of the points. What is
looked at is what they *do*: with numbers put into all weights, does the right output come out, in training and in
evaluation, and the right gradient? Are there as many parameters of each shape as there should be? So

- name the parts as you like, but make them of PyTorch's own layers, such as `nn.Conv2d`: numbers are put in by what a
  layer calls its parameter, `weight` or `bias`, and by its shape;
- the tensors of a call have one dtype, float32 or float64, and results keep it; no argument is changed;
- pictures need not be square, and no errors are asked for but those that a text names;
- a call may take five seconds. The last part is scored in another way, which stands there.

**What you may use**: PyTorch, its layers and functions, and Python's own library. Not what others have built of them:
no `torchvision`, no `timm`, no `torch.hub` and no `torch.load`. NumPy is there, too; the course's own package is not
there when you are graded. What you wrote yourself in the lessons is yours to begin from. You may add cells, functions
and classes of your own as you like. Keep the names and arguments of those that are asked for.

**Where you stand**: `check` runs the visible cases and some random ones, as often as you like, and `hint` helps as in
the lessons; neither costs a point. The grader draws other random cases than `check` does. Where `use` goes on with
the course's version of a function, the grader goes on with yours.

**Working with others**: talk about ideas with anyone, then close the conversation and write your own lines, so that
what you hand in is what you can explain. If a page, a person or a program helped you over a step, say so in a comment
beside it; that costs nothing.

**Handing in**: run `python -m course_utils submit-check hw4` in a terminal. It reads this notebook as the grader
will, and says what it finds. Then hand in this one file.
"""

# %% [markdown] minutes=5
r"""
## The block and the network

### CifarBlock · 25 points

The block of lesson 15, $\sigma(F(x) + x)$ with two 3x3 convolutions, each normalised and without biases, the stride
in the first. New are two settings.

- `shortcut` says what happens where the shape changes, that is, the size or the channels or both. `"A"`: every
  `stride`-th pixel of `x`, beginning with the first, and maps of zeros behind its channels. It has no parameters.
  `"B"`: a 1x1 convolution with the stride, normalised. Where `x` fits it is added as it is, with either option.
  Anything else is a ValueError. You need not think of fewer channels with option A.
- `zero_init` lets the block begin as if it were not there: the scales of the last normalisation in $F$ begin as 0,
  and $F$ with them. (Goyal and others, 2017. All other scales, the shortcut's too, begin as 1, as PyTorch has it.)

*The grader looks at* outputs, the gradient of `x`, parameters by shape, what the scales begin as, and, where some
begin as 0, which parameters have a gradient in the first step. The convolution is given, because it is always the
same.
"""


# %%
def conv3x3(in_channels, channels, stride=1):
    """A 3x3 convolution without biases; with stride 1 it keeps the size."""
    return nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)


# %% tags=["exercise"] minutes=60
class CifarBlock(nn.Module):
    """relu(F(x) + x): (N, in_channels, H, W) → (N, channels, H / stride, W / stride), sizes rounded up."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        super().__init__()
        ### BEGIN SOLUTION about 10 lines
        if shortcut not in ("A", "B"):
            raise ValueError(f'shortcut must be "A" or "B", got {shortcut!r}')
        first = [conv3x3(in_channels, channels, stride), nn.BatchNorm2d(channels), nn.ReLU()]
        self.layers = nn.Sequential(*first, conv3x3(channels, channels), nn.BatchNorm2d(channels))
        nn.init.constant_(self.layers[-1].weight, 0 if zero_init else 1)
        self.stride, self.missing, self.downsample = stride, channels - in_channels, None
        if shortcut == "B" and (stride != 1 or self.missing):
            projection = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION about 4 lines
        if self.downsample is not None:
            return functional.relu(self.layers(x) + self.downsample(x))
        pixels = x[:, :, :: self.stride, :: self.stride]
        return functional.relu(self.layers(x) + functional.pad(pixels, (0, 0, 0, 0, 0, self.missing)))
        ### END SOLUTION


check(CifarBlock)

# %% [markdown]
"""
A block that begins with zeros hands on what it gets, as long as that is not negative. And it learns all the same:
which of its parameters have a gradient in the first step?
"""

# %%
CifarBlock = use(CifarBlock)
torch.manual_seed(0)
block, x = CifarBlock(4, 4, zero_init=True), torch.rand(2, 4, 8, 8)
out = block(x)
print("hands on what it gets:", torch.equal(out, x))
(out * torch.rand_like(out)).sum().backward()
for parameter in block.parameters():
    print(tuple(parameter.shape), "moves" if parameter.grad.abs().max() > 0 else "waits")

# %% [markdown]
"""
### cifar_resnet · 20 points

The network of 6n + 2 layers (lesson 15): a 3x3 convolution with `width` channels, normalisation and ReLU; three
stages of n blocks, with `width`, twice and four times as many channels, where the second and the third begin with a
stride of 2; the mean of each map; a full connection to the classes, with biases. Another depth, or n below 1, is a
ValueError.

Each block is made by `block(in_channels, channels, stride, shortcut=…, zero_init=…)`. All *convolutions*, those in
the blocks as well, begin by He's rule: normal, with variance 2 / fan_out, where fan_out is output channels times
kernel rows times kernel columns. Normalisations are left as the blocks made them, the full connection as PyTorch
does.

*The grader looks at* outputs, parameters by shape, and what weights and scales begin as. It hands in a block of its
own, so that this part does not depend on your first one.
"""


# %% tags=["exercise"] minutes=60
def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    """A module (N, in_channels, H, W) → (N, num_classes). Raises ValueError for another depth than 6n + 2."""
    ### BEGIN SOLUTION about 17 lines
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"depth must be 6n + 2, such as 20 or 56, got {depth}")
    layers = [conv3x3(in_channels, width), nn.BatchNorm2d(width), nn.ReLU()]
    arriving = width
    for stage in range(3):
        channels = width * 2**stage
        for i in range(n):
            stride = 2 if stage and i == 0 else 1
            layers.append(block(arriving, channels, stride, shortcut=shortcut, zero_init=zero_init))
            arriving = channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, num_classes)]
    network = nn.Sequential(*layers)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network
    ### END SOLUTION


check(cifar_resnet)

# %% [markdown]
"""
The paper says 0.27, 0.85 and 1.7 million parameters for 20, 56 and 110 layers, with option A. And with yours?
"""

# %%
cifar_resnet = use(cifar_resnet)
for depth in (20, 56, 110):
    networks = (cifar_resnet(CifarBlock, depth, shortcut=shortcut) for shortcut in "AB")
    counts = (sum(parameter.numel() for parameter in network.parameters()) for network in networks)
    print(f"{depth:3} layers: {next(counts):9,} parameters with option A, {next(counts):9,} with option B")

# %% [markdown] minutes=5
r"""
## Two ideas that came after

### SqueezeExcite · 15 points

Which channels matter may depend on the picture. Hu, Shen and Sun (2018; they won ILSVRC 2017 with it) let a small
network decide: take the mean of each map (*squeeze*), send these C numbers through a full connection to C /
reduction, ReLU, and a full connection back to C, then through a sigmoid (*excitation*). Each map is multiplied by its
number. Both full connections are `nn.Linear` with biases. `channels` can always be divided by `reduction`.

*The grader looks at* outputs, parameters by shape, and the gradient of `x`.
"""


# %% tags=["exercise"] minutes=20
class SqueezeExcite(nn.Module):
    """x (N, channels, H, W) → the same shape, each map times a number between 0 and 1."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        ### BEGIN SOLUTION about 2 lines
        self.fc1 = nn.Linear(channels, channels // reduction)
        self.fc2 = nn.Linear(channels // reduction, channels)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION about 3 lines
        squeezed = x.mean(dim=(2, 3))
        weights = torch.sigmoid(self.fc2(functional.relu(self.fc1(squeezed))))
        return x * weights[:, :, None, None]
        ### END SOLUTION


check(SqueezeExcite)

# %% [markdown]
r"""
### stochastic_depth · 20 points

A network of a hundred layers is slow to train and overfits. Huang, Sun, Liu, Sedra and Weinberger (2016) leave
residual layers out at random while training, so that most of the time it is a shallower one. You are given L residual
layers $F_1, …, F_L$ and run $x$ through all of them, one after the other:

$$x \leftarrow \sigma(x + b_l F_l(x)) \text{ in training,} \qquad x \leftarrow \sigma(x + p_l F_l(x)) \text{ in evaluation}$$

Layer $l$ survives with the chance $p_l$, which falls by equal steps from 1, for the picture itself, to $p_L$ =
`last`:

$$p_l = 1 - \frac{l}{L}(1 - p_L), \qquad l = 1, …, L$$

The chances are drawn for you: `draws` holds for each layer, a row, and each picture, a column, a number from 0 to
less than 1, and $b_l$ is 1 for a picture whose number is below $p_l$, else 0. Evaluation gets `draws` as well, and
does not look at them. (The paper draws once for a whole batch; most programs since then draw for each picture, as
here.) Note that nothing is divided by $p_l$ in training: it is the first convention of lesson 07's dropout, not the
inverted one.

*The grader looks at* the output and the gradient of `x`, in both modes.
"""


# %% tags=["exercise"] minutes=40
def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    """residuals: L modules that keep the shape; x (N, C, H, W); draws (L, N) → (N, C, H, W)."""
    L, N = draws.shape
    ### BEGIN SOLUTION about 7 lines
    for number, residual in enumerate(residuals, start=1):
        survives = 1 - number / L * (1 - last)
        gate = survives
        if training:
            gate = (draws[number - 1] < survives).to(x.dtype).reshape(N, 1, 1, 1)
        x = functional.relu(x + gate * residual(x))
    return x
    ### END SOLUTION


check(stochastic_depth)

# %% [markdown]
"""
A ResNet of 110 layers has 54 blocks. How many of them are there on average in a step, if the last survives every
second time?
"""

# %%
print(f"{sum(1 - number / 54 * 0.5 for number in range(1, 55)):.2f} blocks of 54")

# %% [markdown] minutes=5
r"""
## A network of your own

### design · 20 points

Now you are the architect. Hand in a network for the ten shapes of `shapes10`, coloured pictures of 32x32, as a list
of layers, and the grader builds it, trains it on 4,000 pictures for ten epochs, and asks it about 1,000 others. The
recipe is always the same: SGD with Nesterov's momentum of 0.9, 50 pictures a step, a learning rate that rises to 0.2
and falls to 0, a weight decay of 0.0005, and no augmentation.

A design may have 50,000 parameters, 24 layers by the table below, and, for one picture, 1,500,000
multiply-accumulates and 60,000 activations: every number that a layer makes counts, those of normalisations and ReLUs
as well. A design over any of these is worth nothing.

| layer | what it is |
| --- | --- |
| `("conv", channels, kernel_size, stride)` | convolution that keeps the size at stride 1, normalisation, ReLU |
| `("depthwise", kernel_size, stride)` | the same, but each channel for itself |
| `("block", channels, stride)` | residual block of two 3x3 convolutions, option B |
| `("bottleneck", channels, stride)` | residual block of 1x1, 3x3, 1x1, which hands on four times `channels` |
| `("pool",)` | maxima of 2x2, side by side |
| `("average",)` | the mean of each map |
| `("linear", features)` | full connection and ReLU |
| `("linear",)` | full connection to the ten classes: the last layer |

Where they are left out, `kernel_size` is 3 and `stride` is 1. A kernel is odd, up to 11 (`depthwise`: up to 5), a
stride goes up to 4, and channels up to 512 (`bottleneck`: up to 128). Sizes that do not divide are rounded up by a
stride and down by `("pool",)`. Behind a full connection only full connections can stand. What a design costs you see
at once:
"""

# %%
designs.costs(lambda: [("conv", 16, 5, 4), ("pool",), ("linear", 64), ("linear",)])

# %% [markdown]
"""
This one reads about a quarter of the pictures right. *The grader looks at* that share alone: from 20% it is worth 4
points, from 40% 8, from 55% 12, from 70% 16, and from 82% all 20. New pictures and a new beginning can move it by two
or three points to either side, so leave a little room. Beyond 82% there is only honour, and the leaderboard, if your
instructor has one.

`check` trains your design, in about ten seconds.
"""


# %% tags=["exercise", "nbval-ignore-output"] minutes=75
def design():
    """A list of layers such as ("conv", 16, 3, 2), the last of them ("linear",)."""
    ### BEGIN SOLUTION about 4 lines
    front = [("conv", 8), ("pool",), ("conv", 16), ("pool",)]
    back = [("conv", 32), ("pool",), ("conv", 48)]
    return [*front, *back, ("average",), ("linear",)]
    ### END SOLUTION


check(design)

# %% [markdown]
"""
Where does your budget go?
"""

# %%
designs.costs(design)

# %% [markdown] minutes=5
"""
## Before you hand it in

Restart the kernel and run all cells from top to bottom: what works only in the order in which you happened to run it
does not work. Then, in a terminal, `python -m course_utils submit-check hw4`. It tells you for every part whether the
grader finds it and how it does on the visible cases.
"""
