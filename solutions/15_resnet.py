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
# ResNet

In 2014 the best networks had 19 and 22 layers, and there it stopped. At the end of 2015 a team at Microsoft Research
Asia won the ImageNet contest with networks of up to 152. Their paper, by Kaiming He, Xiangyu Zhang, Shaoqing Ren and
Jian Sun, is among the most cited of all sciences. What it adds to a network is a plus sign.

In this lesson you see for yourself what stopped everybody at twenty layers, and look for the reason. You write the
block with the plus sign, build networks of any depth with it, and take them apart again.

You need lessons 06, 09 and 10.
"""

# %% tags=["setup"]
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_utils import (
    accounting,
    ask,
    by_profile,
    check,
    datasets,
    figures,
    models,
    profile,
    start,
    training,
    use,
)
from course_utils.models.epoch import evaluate, fit_one_epoch
from course_utils.models.resnet_cifar import resnet as network_of_blocks
from course_utils.models.shortcuts import make_shortcut

start("15")
# With networks as small as these, several cores only wait for each other.
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Ever deeper

The recipe of VGG was simple: more layers of 3x3. From 11 layers to 16 it helped. So go on. Take *plain* networks,
with nothing but 3x3 convolutions, batch normalisation and ReLU, one behind the other. One has 20 layers, one has 56
and three times the weights. Both are trained by the same rules.

What do you expect of the deep one? **a**: it makes fewer mistakes on the training pictures, and on the test pictures.
**b**: fewer on the training pictures, and more on the test pictures. **c**: more on both.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("deeper-plain", choice)

# %% [markdown]
r"""
Try it. A *block* is two layers; it can halve the picture with a stride in the first. (The `expansion` is there for
later.)
"""


# %%
class PlainBlock(nn.Module):
    """Two 3x3 convolutions, each normalised, one behind the other."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        out = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(out)))


# %% [markdown]
r"""
The network is made of a first convolution, three *stages* of $n$ blocks each, and a full connection: $6n + 2$ layers.
The second and the third stage begin by halving the picture and doubling the channels. So it is in the paper, which
trained on CIFAR-10 for hours. Ours are half as wide, the pictures are the digits of 8x8 pixels, and it takes seconds.
Loop and accuracy are lesson 09's; for the last two epochs the learning rate is a tenth.
"""

# %%
data = datasets.load("digits", size=8)
mean, deviation = data.train_images.mean(), data.train_images.std()
(train_x, train_y), (test_x, test_y) = (
    (torch.from_numpy((images - mean) / deviation), torch.from_numpy(labels))
    for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels))
)
epochs = by_profile(quick=7, full=30, smoke=1)


def trained(block, n, seed=0):
    """A network of 6n + 2 layers, and its mean loss on the training digits in each epoch."""
    torch.manual_seed(seed)
    network = network_of_blocks(block, (n, n, n), channels=8, in_channels=1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    schedule, losses = torch.optim.lr_scheduler.MultiStepLR(optimizer, [epochs - 2]), []
    for _ in range(epochs):
        batches = [(train_x[chosen], train_y[chosen]) for chosen in torch.randperm(len(train_y)).split(64)]
        losses.append(fit_one_epoch(network, batches, optimizer)[0])
        schedule.step()
    return network, losses


# %% tags=["experiment", "nbval-ignore-output"]
sizes = by_profile(quick=(3, 9), full=(3, 9), smoke=(2, 3))
networks, curves = {}, {}
for n in sizes:
    name = f"plain-{6 * n + 2}"
    networks[name], curves[name] = trained(PlainBlock, n)
    errors = [1 - evaluate(networks[name], [pair])[1] for pair in ((train_x, train_y), (test_x, test_y))]
    print(f"{name}: training error {errors[0]:.1%}, test error {errors[1]:.1%}")

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(range(1, epochs + 1), curves, "epoch", "loss on the training digits")

# %% [markdown]
r"""
The paper opens with a picture of such curves, for training and test error on CIFAR-10, and a well-known lecture asks
its students: what is strange about it? **a**: the test error is above the training error. **b**: the deeper network
is worse on the *training* pictures. **c**: the deeper network needs longer.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("what-is-strange", choice)

# %% [markdown]
r"""
It is not overfitting. Overfitting is to know the training pictures too well, and this network does not even know
those. Nor does it only need patience: in the paper 64,000 steps on CIFAR-10 did not mend it, nor three times the
usual number on ImageNet. The authors call it *degradation*.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## It need not be so

Why is that absurd? Because a deep network can do whatever a shallow one does. Take your trained network of 20 layers.
Put 36 layers into it that hand on exactly what they get. Its loss on the training digits was, say, 0.1. By how much
does the loss of the network with 56 layers differ from it?
"""

# %% tags=["question"]
difference = 0  # between the two losses
ask("copied-layers", difference)

# %% [markdown]
r"""
So *there are* weights with which 56 layers are as good as 20: copy the layers that you have, and set the others to
the identity. They lie in the deep network's reach, and training does not find them, nor anything as good. It is not a
question of what the network can express, and not one of the data. It is the *optimisation* that fails.

Is the identity so hard? A 3x3 convolution with ReLU can be the identity, at least for numbers that are not negative.
Take one from 16 channels to 16. Of its 2,304 weights most are 0, and some are 1. How many?
"""

# %% tags=["question"]
ones = 16  # weights that are 1
ask("identity-ones", ones)

# %%
copy = nn.Conv2d(16, 16, 3, padding=1, bias=False)
nn.init.dirac_(copy.weight)
x = torch.rand(2, 16, 8, 8)
print("weights that are 1:", int(copy.weight.sum()))
print("hands on what it gets:", torch.equal(functional.relu(copy(x)), x))

# %% [markdown]
r"""
It exists. But a network starts from small random weights and would have to find these among all others, in every
layer that it does not need. So the authors turned it round. Let two layers compute not the output $H(x)$ that is
wanted, but the *difference* to what came in, the *residual* $F(x) = H(x) - x$, and add $x$ behind them:

$$\text{out} = \sigma(F(x) + x)$$

($\sigma$ is the ReLU.) If nothing has to be done, $F$ only has to become zero, and zero is what small weights are
near to anyway. In a lecture's letters, with $a^{(l)}$ for the output of layer $l$ and $z^{(l)}$ for what goes into
its ReLU:

$$a^{(l+2)} = \sigma\left(z^{(l+2)} + a^{(l)}\right) = \sigma\left(a^{(l+1)} W^{(l+2)} + b^{(l+2)} + a^{(l)}\right)$$
"""

# %% tags=["figure"]
figures.residual_blocks(
    [
        ("A plain block", ["3x3, 64", "ReLU", "3x3, 64"], None),
        ("A residual block", ["3x3, 64", "ReLU", "3x3, 64"], ""),
    ]
)

# %% [markdown]
r"""
(A normalisation follows every convolution; the drawings leave it out.) Set all weights and biases of a residual block
to zero, and give it the three numbers 3, -2 and 5. What comes out?
"""

# %% tags=["question"]
out = (3, 0, 5)  # the three numbers
ask("zero-block", out)

# %% [markdown]
r"""
The -2 is lost. All the same the lectures say that a block with zero weights is *exactly* the identity, and they are
right. Why? **a**: inside the network no block is ever given a negative number. **b**: it is the identity up to
rounding. **c**: the ReLU learns to let it through.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("behind-relu", choice)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Where the shape changes

One thing is left to settle. A sum needs two volumes of one shape, and the first block of a stage halves the picture
and doubles the channels. There the shortcut has to do something as well. The paper tries three options.

- **A**: take every second pixel in both directions, and append maps of zeros for the channels that are missing.
- **B**: a *projection*, a 1x1 convolution with the same stride. Everywhere else the shortcut is $x$ itself.
- **C**: a projection in every block.
"""

# %% tags=["figure"]
figures.residual_blocks(
    [
        ("Option A", ["3x3, 128, /2", "ReLU", "3x3, 128"], "each 2nd pixel,\n64 maps of 0"),
        ("Option B", ["3x3, 128, /2", "ReLU", "3x3, 128"], "1x1, 128, /2"),
        ("Elsewhere, A and B", ["3x3, 128", "ReLU", "3x3, 128"], ""),
    ]
)

# %% [markdown]
r"""
"/2" is a stride of 2. A projection is normalised like any convolution, and has no biases. From 16 channels to 32: how
many parameters has the shortcut with option A, and how many with option B?
"""

# %% tags=["question"]
numbers = (0, 576)  # with A, with B
ask("shortcut-parameters", numbers)

# %% [markdown]
r"""
ResNet-20 for CIFAR-10 has three stages of three blocks, with 16, 32 and 64 channels. How many of its nine shortcuts
are projections, with option B?
"""

# %% tags=["question"]
count = 2  # projections
ask("projections", count)

# %%
for option in "ABC":
    network = models.create("resnet20_cifar", shortcut=option, device="meta")
    print(f"option {option}: {sum(parameter.numel() for parameter in network.parameters()):,} parameters")

# %% [markdown]
r"""
Does it matter? On ImageNet, with 34 layers, the paper's top-1 error is 28.5% for the plain network, and 25.0%, 24.5%
and 24.2% for A, B and C. C is best by a hair, the authors think because of its parameters, and they drop it to save
time and memory. But look at the sizes: A, which has nothing to learn, already brings 3.5 of the 4.3 points. What
helps is the sum, not the projection.
"""

# %% [markdown] minutes=8
r"""
### Exercise: a residual block ●●●○○ · 8 minutes

*Why it matters.* This is the block of ResNet-18 and ResNet-34, and with small changes of nearly everything that came
after it, Transformers among them.

Write the block with option B. Each convolution is followed by a normalisation and has no biases. ReLU after the first
layer and after the sum. The first convolution has the stride. The shortcut is `x` itself where it fits, and a
projection where it does not: when the size changes, or the channels do, or both. (Name the parts as you like. The
course calls the projection `downsample`, as torchvision does.)
"""


# %% tags=["exercise", "type-along"]
class BasicBlock(nn.Module):
    """relu(F(x) + x): (N, in_channels, H, W) → (N, channels, H / stride, W / stride)."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION about 9 lines
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != channels:
            projection = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION about 3 lines
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return functional.relu(out + self.downsample(x))
        ### END SOLUTION


check(BasicBlock)

# %% [markdown] tags=["help"]
r"""
**"The size of tensor a must match the size of tensor b"** → print both shapes: which of the two ways forgets the
stride, the padding or the channels? **`parameters` shows more than expected** → look for biases, and for a projection
where `x` fits. **The output is never quite right, though all shapes fit** → go through `forward` from the top: is
there a ReLU after the first layer, none before the sum, one after it? **It says that the call changed `x`** → `x +=
…` writes into `x`; `x + …` makes something new.
"""

# %%
BasicBlock = use(BasicBlock)

# %% [markdown]
r"""
Now the proof. We set all parameters of a block to zero, the scales and shifts of its normalisations too, and give it
what a ReLU let through.
"""

# %%
block, plain = BasicBlock(16, 16), PlainBlock(16, 16)
for parameter in (*block.parameters(), *plain.parameters()):
    nn.init.zeros_(parameter)
x = functional.relu(torch.randn(4, 16, 8, 8))
print("residual, the identity to the last digit:", torch.equal(block(x), x))
print("plain, all zeros:", bool((plain(x) == 0).all()))

# %% [markdown]
r"""
The plain block with zero weights forgets everything, and the residual one forgets nothing. It would even be enough to
set the scale of the *last* normalisation to zero. Many programs do, and so start every block as the identity.

The slides of one lecture show two residual blocks in full, for pictures of 28x28x1. Each is a 1x1 convolution to 4
channels and a 3x3 convolution back to 1, with biases, and a normalisation after each. Then a full connection takes
the 784 numbers to 10 classes. How many parameters have the two blocks together, and how many has the full connection?
"""

# %% tags=["question"]
numbers = (110, 7_850)  # of the two blocks, of the full connection
ask("two-blocks", numbers)


# %%
class SlideBlock(nn.Module):
    """The lecture's block: 1 channel to 4 and back."""

    def __init__(self):
        super().__init__()
        self.narrow = nn.Sequential(nn.Conv2d(1, 4, 1), nn.BatchNorm2d(4))
        self.back = nn.Sequential(nn.Conv2d(4, 1, 3, padding=1), nn.BatchNorm2d(1))

    def forward(self, x):
        return functional.relu(self.back(functional.relu(self.narrow(x))) + x)


slides = nn.Sequential(SlideBlock(), SlideBlock(), nn.Flatten(), nn.Linear(784, 10))
print([sum(p.numel() for p in part.parameters()) for part in slides], slides(torch.rand(2, 1, 28, 28)).shape)

# %% [markdown] minutes=7
r"""
### Exercise: a network of blocks ●●●○○ · 7 minutes

*Why it matters.* One function, and you have ResNets of any depth; give it another block, and you have another family.

Write what we have used so far. A 3x3 convolution to `channels` without biases, its normalisation and ReLU. Then one
stage for each entry of `depths`, with so many blocks. The first stage works with `channels` at full size. Each
further stage has twice the channels of the one before, and its first block has stride 2. At the end come the mean
over each map, `nn.AdaptiveAvgPool2d(1)`, and a full connection. A block is made by `block(in_channels, channels,
stride)`, and hands on `block.expansion * channels` maps. For your block that is `channels`; soon it will not be.
"""


# %% tags=["exercise", "type-along"]
def resnet(block, depths, channels=16, num_classes=10, in_channels=3):
    """A network for small pictures: (N, in_channels, H, W) → (N, num_classes)."""
    ### BEGIN SOLUTION about 10 lines
    stem = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
    parts, arriving = [stem, nn.BatchNorm2d(channels), nn.ReLU()], channels
    for number, depth in enumerate(depths):
        width = channels * 2**number
        for i in range(depth):
            stride = 2 if number > 0 and i == 0 else 1
            parts.append(block(arriving, width, stride))
            arriving = width * block.expansion
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, num_classes)
    return nn.Sequential(*parts, *head)
    ### END SOLUTION


check(resnet)

# %% [markdown] tags=["help"]
r"""
**"expected input … to have 2 channels, but got 4"** → what arrives at a block is what the block before handed on;
keep it in a variable. **It is right for one stage only** → which block of the second stage has the stride? **Wrong
only for bottlenecks** → they hand on four times their channels: where did you take that number from? **Far too few
parameters** → `[block] * depth` holds one block many times; make a new one each time.
"""

# %%
resnet = use(resnet)

# %% [markdown]
r"""
Which $n$ gives the paper's network of 110 layers?
"""

# %% tags=["question"]
n = 18  # blocks in each stage
ask("blocks-110", n)

# %%
for depth in (20, 32, 44, 56, 110):
    network = resnet(BasicBlock, ((depth - 2) // 6,) * 3)
    cost = accounting.summary(network, (3, 32, 32))
    print(f"{depth:3} layers: {cost.parameters:9,} parameters, {cost.macs / 1e6:4.0f} million MACs")

# %% [markdown]
r"""
The paper has 0.27, 0.46, 0.66, 0.85 and 1.7 million, with option A. Yours has two projections more.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Experiment: with the plus sign

Same data, same rules, same depths. The only change is your block. Three seeds, since one run is an anecdote. (On a
laptop it takes a minute or two.)
"""

# %% tags=["experiment", "nbval-ignore-output"]
kinds = {"plain": PlainBlock, "residual": BasicBlock}
cases = [(f"{kind}-{6 * n + 2}", block, n) for kind, block in kinds.items() for n in sizes]
for name, block, n in cases:
    if name not in networks:
        networks[name], curves[name] = trained(block, n)
last = {name: [losses[-1]] for name, losses in curves.items()}
for seed in by_profile(quick=(1, 2), full=range(1, 10), smoke=()):
    for name, block, n in cases:
        last[name].append(trained(block, n, seed)[1][-1])

for name, losses in last.items():
    error = 1 - evaluate(networks[name], [(test_x, test_y)])[1]
    print(f"{name:12} loss", *(f"{loss:.3f}" for loss in losses), f" test error {error:.1%}")
plain_shallow, plain_deep, _, residual_deep = map(np.array, last.values())
if profile() == "quick":
    assert (plain_deep > plain_shallow + 0.5).all(), "the deep plain network should train worse"
    assert (residual_deep < plain_shallow + 0.1).all(), "the deep residual network should not"

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(range(1, epochs + 1), curves, "epoch", "loss on the training digits")

# %% [markdown]
r"""
The plain network gets worse with depth, by far, and with every seed. The residual one of 56 layers learns what the
plain one of 20 learns, and faster; and the shallow plain network itself gains from the shortcuts. A few epochs in,
the deep residual network is still a little behind the shallow residual one. These digits are easy, there is nothing
to be won by depth; what counts is that nothing is lost.

(Everything here is small: 8 channels, digits, a few epochs. In the paper the gap is narrower, some points of error,
since the networks are wider and are trained for 64,000 steps. The order is the same.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Bottlenecks

For ImageNet the authors wanted still more layers, at a price they could pay. In lesson 14 you saw how: 1x1
convolutions that cut the channels before the expensive layer. In a residual block they also put them back.
"""

# %% tags=["figure"]
figures.residual_blocks(
    [
        ("Two wide layers", ["3x3, 256", "ReLU", "3x3, 256"], ""),
        ("A bottleneck", ["1x1, 64", "ReLU", "3x3, 64", "ReLU", "1x1, 256"], ""),
    ]
)

# %% [markdown]
r"""
Both take 256 channels and hand on 256. How many weights has the bottleneck, and how many have the two wide layers?
"""

# %% tags=["question"]
weights = (69_632, 1_179_648)  # of the bottleneck, of the two wide layers
ask("bottleneck-weights", weights)

# %% [markdown]
r"""
In ResNet-50 it works on maps of 56x56. How many multiply-accumulates does the bottleneck take there?
"""

# %% tags=["question"]
macs = 218_365_952  # of the bottleneck, on 56x56
ask("bottleneck-macs", macs)

# %% [markdown]
r"""
A seventeenth of the two wide layers; about as much as two 3x3 among 64 channels, with which ResNet-34 does the same
place. One layer more, four times the channels, the same price.
"""

# %% [markdown] minutes=5
r"""
### Exercise: a bottleneck ●●○○○ · 5 minutes

*Why it matters.* ResNet-50 is made of it, and has been the standard against which others are measured for ten years.

It works among `channels` and hands on four times as many. 1x1, 3x3, 1x1, each normalised, ReLU after the first two
and after the sum; the 3x3 has the stride. For the shortcut nothing changes: `x` itself where it fits.
"""


# %% tags=["exercise"]
class Bottleneck(nn.Module):
    """relu(F(x) + x): (N, in_channels, H, W) → (N, 4 * channels, H / stride, W / stride)."""

    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION about 9 lines
        out = self.expansion * channels
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.conv3 = nn.Conv2d(channels, out, 1, bias=False)
        self.bn1, self.bn2, self.bn3 = (nn.BatchNorm2d(count) for count in (channels, channels, out))
        self.downsample = nn.Identity()
        if stride != 1 or in_channels != out:
            projection = nn.Conv2d(in_channels, out, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(out))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION about 4 lines
        out = functional.relu(self.bn1(self.conv1(x)))
        out = functional.relu(self.bn2(self.conv2(out)))
        return functional.relu(self.bn3(self.conv3(out)) + self.downsample(x))
        ### END SOLUTION


check(Bottleneck)

# %% [markdown] tags=["help"]
r"""
**The shapes fit until `in_channels` is `channels`** → what the shortcut has to match is `4 * channels`. **Right for
stride 1 only** → which layer has the stride, and has the projection the same? **It says that the paper does it so** →
it does; read on below.
"""

# %%
Bottleneck = use(Bottleneck)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## From 18 to 152

The five networks of the paper's table differ in their block and in four numbers. In front there is a 7x7 convolution
to 64 channels with stride 2, and a max pooling with stride 2; behind come an average and one full connection.

| layers | block | blocks of 64 | of 128 | of 256 | of 512 |
|---|---|---|---|---|---|
| 18 | basic | 2 | 2 | 2 | 2 |
| 34 | basic | 3 | 4 | 6 | 3 |
| 50 | bottleneck | 3 | 4 | 6 | 3 |
| … | bottleneck | 3 | 4 | 23 | 3 |
| 152 | bottleneck | 3 | 8 | 36 | 3 |

How many layers has the fourth? (Counted are layers with weights, without projections.)
"""

# %% tags=["question"]
layers = 101  # with weights, projections left out
ask("layers-of-depths", layers)

# %% [markdown]
r"""
A picture of 224x224 goes through ResNet-34. What shape (C, H, W) leaves the stage of 256?
"""

# %% tags=["question"]
shape = (256, 14, 14)  # behind the third stage
ask("shape-conv4", shape)

# %% tags=["figure"]
rows = accounting.summary(models.create("resnet34", device="meta"), (3, 224, 224)).rows
layers = [row for row in rows if row.type in ("Conv2d", "MaxPool2d") and "downsample" not in row.name]
figures.network_volumes([(3, 224, 224)] + [row.output_size for row in layers] + [(1000, 1, 1)])

# %% [markdown]
r"""
After two steps the picture is only 56x56, and all blocks work on small maps. Wherever a side halves, the channels
double, so that all layers cost the same: a quarter of the places, four times the weights. Where VGG has full
connections of 124 million weights, there is an average. Now count them all, the plain twins, too.
"""

# %%
print("               parameters    MACs")
for name in ("vgg19", "plain18", "resnet18", "plain34", "resnet34", "resnet50", "resnet101", "resnet152"):
    cost = accounting.summary(models.create(name, device="meta"), (3, 224, 224))
    print(f"{name:12} {cost.parameters:12,} {cost.macs / 1e9:6.2f} G")
old = models.create("resnet50", stride_on="1x1", device="meta")
print(f"resnet50 with the stride on the first 1x1: {accounting.summary(old, (3, 224, 224)).macs / 1e9:.2f} G")

# %% [markdown]
r"""
The paper says that its plain network of 34 layers takes "3.6 billion FLOPs". What is it that comes to 3.6 thousand
million? **a**: multiplications and additions, counted apart. **b**: MACs. **c**: MACs and biases.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("gflops", choice)

# %% [markdown]
r"""
(In the paper "(multiply-adds)" stands behind it. Many others count the two apart, and get twice as many.) ResNet-34
does a fifth of VGG-19's work, and ResNet-152, eight times as deep as VGG-19, still does less than VGG-19.

For ResNet-50 the paper has 3.8, and you have 4.1. In the paper it is the *first 1x1* of a stage that has the stride.
It simply skips three of four pixels, whatever is on them. When the networks were brought to Torch, the stride moved
to the 3x3, which looks at all of them. That costs a little more, and gains about half a point of accuracy. It is what
libraries mean by ResNet-50 today, and what your bottleneck does.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## The recipe

How the paper trained, in six lines:

- batch normalisation after every convolution, before the ReLU, and no dropout;
- weights by He's rule; lectures call it "Xavier/2";
- SGD with momentum 0.9, batches of 256 on ImageNet and of 128 on CIFAR-10;
- learning rate 0.1, divided by 10 when the error stands still, on CIFAR-10 after 32,000 and 48,000 steps;
- weight decay of 0.0001;
- ImageNet: pictures scaled at random, crops of 224x224, mirrored, colours shifted. CIFAR-10: padded by 4, crops of
  32x32, mirrored.

Xavier's rule, as Caffe has it, draws weights with variance $1/n$ for $n$ inputs. He's has the variance **a**:
$1/(2n)$. **b**: $2/n$. **c**: $4/n$, twice the deviation.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("xavier-half", choice)

# %% [markdown]
r"""
What is halved in "Xavier/2" is $n$: $1/(n/2) = 2/n$. And what does the ledger of lesson 10 say about this recipe, as
the lectures tell it?
"""

# %%
for claim in accounting.claims.load():
    if claim.lesson == "15" and claim.verdict == "wrong":
        print(f"{claim.source}, {claim.verdict}: {claim.claim}\n    it says {claim.claimed}; {claim.why}")

# %% [markdown]
r"""
So: ten times as much decay as on the slide. It sounds small. But a weight that no gradient holds loses the share
"learning rate times decay" in each step, 0.00001 at the paper's first rate, and up to 600,000 steps are long.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Is it vanishing gradients?

Many texts explain ResNet so: in a deep network the gradient becomes smaller from layer to layer on its way to the
front; the shortcuts let it through. Measure before you believe it. Take the plain network of 56 layers *before*
training, send one batch there and back, and look at the gradient of each layer's weights. Compared with the last
layer, the gradient of the first one is **a**: much smaller. **b**: about the same. **c**: much larger.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("first-gradient", choice)

# %% [markdown]
r"""
One batch there and back, for plain and residual networks of three depths, weights by He's rule. Once as they are, and
once without their normalisations.
"""


# %% tags=["experiment"]
def without_norm(network):
    """The network with nothing in place of its normalisations."""
    for module in [*network.modules()]:
        for name, child in [*module.named_children()]:
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return network


def gradient_norms(network):
    """How long the gradient of each 3x3 layer's weights is for one batch, at 60 places from front to end."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    functional.cross_entropy(network(train_x[:64]), train_y[:64]).backward()
    weights = [m.weight for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    norms = [weight.grad.norm().item() for weight in weights]
    return np.exp(np.interp(places, np.linspace(0, 1, len(norms)), np.log(norms)))


places = np.linspace(0, 1, 60)
depths = by_profile(quick=(20, 56, 110), full=(20, 56, 110), smoke=(8, 14))

# %% tags=["experiment", "nbval-ignore-output"]
panels = {}
for title, prepare in {"with batch norm": lambda network: network, "without": without_norm}.items():
    for kind, block in kinds.items():
        for depth in depths:
            torch.manual_seed(0)
            network = prepare(resnet(block, ((depth - 2) // 6,) * 3, channels=8, in_channels=1))
            panels.setdefault(title, {}).setdefault(kind, {})[f"{depth} layers"] = gradient_norms(network)
        ends = (f"{label} {y[0]:.0e}, {y[-1]:.0e}" for label, y in panels[title][kind].items())
        print(f"{title}, {kind}, first and last layer:", *ends, sep="   ")
if profile() != "smoke":
    plain_norms, residual_norms = (panels["with batch norm"][kind]["56 layers"] for kind in kinds)
    assert plain_norms[0] > 100 * plain_norms[-1], "the plain network's gradient should grow"
    assert residual_norms[0] < 100 * residual_norms[-1], "the residual network's should grow less"

# %% tags=["figure", "nbval-ignore-output"]
figures.line_panels(
    places,
    panels["with batch norm"],
    "place in the network",
    "length of the gradient (log scale)",
    log_y=True,
)

# %% [markdown]
r"""
With batch normalisation nothing vanishes. (0 is the front, 1 the end, and the two drawings have scales of their own.)
In the plain network the gradient *grows* on its way to the front, at 56 layers to more than a thousand times what it
is at the end, and at 110 to a million times and more. In the residual network it grows as well, but even at 110
layers only a hundredfold or so, and that in the first few blocks. So the paper is right where it says: this is
unlikely to be vanishing gradients, the networks have batch normalisation. It adds that its gradients are of a healthy
size; but its plain network for ImageNet had 34 layers, and in ours of 20 they grow only tenfold or so. A theory of
why gradients grow so in deep normalised networks came four years later (Yang and others, 2019). No single learning
rate suits such layers. But growing gradients are not the whole story: try a rate of 0.01 in `trained`, and the plain
56 stays as far behind the plain 20. Why deep plain networks train badly is still not known in full.

And without batch normalisation?
"""

# %% tags=["figure", "nbval-ignore-output"]
figures.line_panels(
    places, panels["without"], "place in the network", "length of the gradient (log scale)", log_y=True
)

# %% [markdown]
r"""
*Here* they vanish, in all layers of the plain network alike: its forward signal has died away, because at the edges
of small maps a filter sees padding instead of numbers. And the residual network explodes, since every block adds
something and nothing takes it down again. Each of the two, shortcut and normalisation, mends what the other one alone
leaves broken.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Many short ways

Write down what three residual blocks compute (leave the last ReLUs out), $x$ going through or around each. How many
ways lead from the input to the output?
"""

# %% tags=["question"]
ways = 8  # through three blocks
ask("count-paths", ways)

# %% [markdown]
r"""
With 27 blocks, as in your network of 56 layers, there are $2^{27}$, 134 million. One goes through all blocks, one
through none, and most through about half of them. Veit, Wilber and Belongie proposed in 2016 to see a residual
network as a crowd of all these networks, most of them much shallower than the whole, and they tried something that
sounds brutal: take a *trained* network and cut out a block.

What becomes of the accuracy of your residual network of 56 layers? (Cut is only where the shape stays.) **a**: it
falls to guessing. **b**: for most blocks hardly anything happens. **c**: exactly nothing.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("cut-a-block", choice)

# %% tags=["experiment", "nbval-ignore-output"]
cuts = {}
for name in (cases[0][0], cases[-1][0]):
    network, cuts[name] = networks[name], []
    for stage in [part for part in network if isinstance(part, nn.Sequential)]:
        # The first block of a stage may change the shape.
        for i in range(1, len(stage)):
            block, stage[i] = stage[i], nn.Identity()
            cuts[name].append(evaluate(network, [(test_x, test_y)])[1])
            stage[i] = block
    print(f"{name}, whole: {evaluate(network, [(test_x, test_y)])[1]:.1%}")
    print("    without one block:", *(f"{accuracy:.2f}" for accuracy in cuts[name]))
if profile() != "smoke":
    plain_cut, residual_cut = (np.median(accuracies) for accuracies in cuts.values())
    assert residual_cut > plain_cut + 0.3, "a residual network should survive the loss of a block"

# %% tags=["figure", "nbval-ignore-output"]
longest = max(map(len, cuts.values()))
spread = {
    name: np.interp(np.linspace(0, 1, longest), np.linspace(0, 1, len(ys)), ys) for name, ys in cuts.items()
}
figures.line_chart(
    np.linspace(0, 1, longest), spread, "place of the block that is cut out", "share right on the test digits"
)

# %% [markdown]
r"""
(The plain network is that of 20 layers, since that of 56 has learned too little to lose. Only six of its blocks can
be cut, and the curve joins them.) In a plain network the one way goes through every layer, and without a block it is
lost. The residual network shrugs: half of its ways are still there. Only among its first blocks some are missed.
Nobody had trained it for that.

It is a picture, not the whole truth: the ways share their weights and are trained together. But it says why a
residual network trains as if it were less deep than it is.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Broken on purpose: half a shortcut

Is it important that the shortcut leaves $x$ just as it is? Carry around only half of it: $\sigma(F(x) + x/2)$. It
looks harmless. What is left of $x$ behind 27 such shortcuts, as a factor?
"""

# %% tags=["question"]
factor = 0.5**27  # of x, on the way around all blocks
ask("half-shortcut", factor)


# %% tags=["experiment", "nbval-ignore-output"]
class HalfShortcut(PlainBlock):
    """relu(F(x) + x / 2), with option A where the shape changes."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.around = make_shortcut("A", in_channels, channels, stride) or nn.Identity()

    def forward(self, x):
        out = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(out + self.around(x) / 2)


deep = cases[-1][2]
compared = {name: curves[name] for name, _, n in cases if n == deep}
compared[f"half a shortcut-{6 * deep + 2}"] = halved = trained(HalfShortcut, deep)[1]
print(*(f"{name}: {losses[-1]:.3f}" for name, losses in compared.items()), sep="\n")
if profile() != "smoke":
    assert halved[-1] > curves[cases[-1][0]][-1] + 0.3, "half a shortcut should be worse"

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(range(1, epochs + 1), compared, "epoch", "loss on the training digits")

# %% [markdown]
r"""
A factor on the shortcut is a factor again in each block, and what was meant as a small change brings most of the
degradation back. He and his colleagues tried this and other tampering with the shortcut in 2016: factors, gates,
dropout, 1x1 convolutions in every block. All were worse than nothing at all. They went the other way and took even
the last ReLU off it; that is lesson 16.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## The paper's table, and ours

Test errors on CIFAR-10 by the paper's table 6 (for 110 layers the best of five runs; their mean is 6.61). Plain
networks stand only in its curves, and their errors rise with depth. Beside them are runs on record: those that the
course brings along, and your own. In brackets is how many epochs they took; the paper's are 164.
"""

# %% tags=["nbval-ignore-output"]
paper = {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43, 1202: 7.93}
done = {run.name: run for run in training.runs() if run.finished}
print("layers   paper   residual, ours      plain, ours   test error in %")
for depth, error in paper.items():
    ours = [done.get(f"cifar-{kind}{depth}") for kind in ("resnet", "plain")]
    shown = [f"{100 * (1 - run.test_accuracy):.2f} ({run.epochs})" if run else "–" for run in ours]
    print(f"{depth:6} {error:7.2f} {shown[0]:>16} {shown[1]:>16}")

# %% tags=["figure", "nbval-ignore-output"]
names = [f"{kind}{depth}" for kind in ("plain", "resnet") for depth in (20, 56)]
runs = [done[f"cifar-{name}"] for name in names]
runs[0].figure(*runs[1:])

# %% [markdown]
r"""
Read the table across; down to the paper it does not compare. The course's runs had an ordinary processor, 6 epochs,
and CIFAR-10's pictures saved once more as JPEG. In so short a time the plain network of 56 layers hardly begins: in
its last epoch it has 69% of the *training* pictures wrong, the residual one 39%. Six epochs are too few for that one,
too; it is still behind its shallow sister. The whole recipe wants a graphics card; `data/runs/README.md` has the
commands, and your runs then stand in the table. What took an hour here takes minutes with the coloured shapes that
the course draws by itself (`python -m course_utils train shapes-plain56`):
"""

# %% tags=["nbval-ignore-output"]
print(*(done[f"shapes-{kind}{depth}"] for depth in (20, 56) for kind in ("plain", "resnet")), sep="\n")

# %% [markdown]
r"""
Look at the last line of the table: 1202 layers, 19.4 million parameters, a training error below 0.1%, and a test
error that is worse than that of 110 layers. A lecture says that ResNets train "without degrading" up to 1202 layers.
What do the authors suspect? **a**: degradation, only later. **b**: overfitting. **c**: vanishing gradients.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("thousand-layers", choice)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What history did with it

ILSVRC 2015 was won with a top-5 error of 3.57%. That is *six networks together*; ResNet-152 alone had 4.49%, on other
pictures, the validation set. The same team won detection and localisation there, and detection and segmentation in
the COCO contest: five first places. The leads that lectures give, 16%, 27%, 11% and 12%, are relative: 12% better is
not 12 points.

"Better than a human": the human was one man, Andrej Karpathy, who trained himself on 500 pictures, then sorted 1,500
into 1,000 classes, 120 of them breeds of dogs, and was wrong in 5.1%. A second person, with less training, made more
than twice as many mistakes. So the network beats a person at telling a Norfolk from a Norwich terrier. It does not
mean that it sees as you do.

Shortcuts were in the air. Highway networks, half a year earlier, had them with gates that learn how much to let
through; recurrent networks had had them since 1997. ResNet's were the simplest: always open, nothing to learn. Today
you find them in nearly every deep network, in language models as well as in those that fold proteins.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Recap

Five questions. No scrolling back, at first.

**1.** Which of these would convince you that a deep network suffers from degradation, and not from overfitting?
**a**: its test error is above that of a shallow one. **b**: it takes longer to train. **c**: its training error is
above that of a shallow one.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-degradation", choice)

# %% [markdown]
r"""
**2.** In what order does a basic block end? **a**: convolution, normalisation, sum, ReLU. **b**: convolution,
normalisation, ReLU, sum. **c**: convolution, sum, normalisation, and no ReLU in the block at all.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-last-relu", choice)

# %% [markdown]
r"""
**3.** A network has basic blocks, (3, 4, 6, 3) of them in its four stages, a first convolution and a full connection.
How many layers is that, as the paper counts?
"""

# %% tags=["question"]
layers = 34  # with weights, projections left out
ask("recap-layers", layers)

# %% [markdown]
r"""
**4.** How many parameters more than its plain twin has ResNet-56 for CIFAR-10, with option A?
"""

# %% tags=["question"]
more = 0  # parameters
ask("recap-plain-parameters", more)

# %% [markdown]
r"""
**5.** True or false: a plain network of 56 layers *with batch normalisation* trains badly because its gradients
vanish.
"""

# %% tags=["question"]
answer = False  # True or False
ask("recap-vanishing", answer)

# %% [markdown] minutes=1
r"""
## Where you are

You have seen a problem that was not overfitting and not vanishing gradients, and its solution, which is one addition.
With these two blocks you can build every ResNet of the paper. The next lesson changes the block once more, by a
little each time, and each time a famous network comes out.
"""
