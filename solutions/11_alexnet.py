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
# AlexNet

In the autumn of 2012 a network of eight layers entered a contest that nobody had won with a network before. It was
LeNet's idea, grown a thousandfold, and trained for almost a week on two graphics cards made for games. It beat the
next best by so much that within two years hardly anybody in the contest used anything else.

Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton described it in nine pages. You can read them with a pencil now:
in this lesson you compute every row of the table, find a number in the paper that cannot be right, build the network,
and measure at small scale what its tricks are worth, and which of them are not worth much.

You need lessons 09 and 10.
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
    layers,
    models,
    profile,
    start,
    use,
)
from course_utils.models.epoch import evaluate, fit_one_epoch

start("11")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## The moment

*ImageNet* is a collection of photographs, sorted by what is on them. Since 2010 a part of it was used in a yearly
contest, ILSVRC: 1.2 million pictures to learn from, 1,000 classes, from *tench* to *toilet tissue*. Pictures show
more than one thing, so an entry may name five classes for each, and is wrong only if the right one is not among them.
That is the *top-5 error*. In 2010 the best had 28.2%: of 1,000 pictures it got 282 wrong, with five guesses each.

How did the winners of 2010 and 2011 work? **a**: like LeNet, with more layers; all was learned from the pictures.
**b**: people designed what to measure in a picture, such as histograms of edge directions (SIFT, HOG), and only the
last step was learned, a support vector machine on these measurements. **c**: nothing was learned, a picture was
compared with all others.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("alex-features", choice)

# %%
# Top-5 errors on the test pictures, in per cent, as the contest and the papers report them.
errors = {
    "2010, NEC-UIUC": 28.2,
    "2011, XRCE": 25.8,
    "2012, ISI": 26.2,
    "2012, AlexNet, the contest's pictures only": 16.4,
    "2012, AlexNet, with other pictures too": 15.3,
}

# %% tags=["figure"]
figures.cost_bars(list(errors), {"top-5 error (%)": list(errors.values())}, shares=False)

# %% [markdown]
r"""
There are two bars for AlexNet, and both numbers are quoted as *the* result, 15.3% and 16.4%. Five networks, averaged,
had 16.4%; they had seen the contest's pictures and nothing else. Seven had 15.3%, and two of the seven had first been
trained on the whole of ImageNet, fifteen million pictures. This entry won. By how many points did it beat the second
of 2012?
"""

# %% tags=["question"]
points = 10.9  # percentage points
ask("alex-lead", points)

# %% [markdown]
r"""
One lecture behind this course says 8 to 9, right after it has named 25.8 and 16.4, which are 9.4 apart. But 25.8 is
the winner of the year before, when the error had fallen by 2.4 points, and in 2012 the second did not even reach it.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=8
r"""
## Every row

This is the whole network. A ReLU follows every convolution and every full connection but the last; *norm* is the
local response normalisation of lesson 06.

| layer | what it does |
|---|---|
| input | a colour picture, 224x224 |
| conv1, norm, pool | 96 filters of 11x11, stride 4; then 3x3 windows with stride 2 |
| conv2, norm, pool | 256 filters of 5x5; then 3x3 windows with stride 2 |
| conv3 | 384 filters of 3x3 |
| conv4 | 384 filters of 3x3 |
| conv5, pool | 256 filters of 3x3; then 3x3 windows with stride 2 |
| fc6, fc7 | full connections, 4,096 neurons each |
| fc8 | full connection, 1,000 classes |

More than eight rows could be written here, and AlexNet is said to have eight layers. Which are not counted? **a**:
those that make maps smaller. **b**: those without weights. **c**: the full connections.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("alex-eight", choice)

# %% [markdown]
r"""
New since LeNet is the middle of the table: conv3, conv4 and conv5 follow each other. Until then nearly every
convolution had its pooling right behind it.

Now the first row. The paper says 224, 11, 4, and no word of padding. What does the formula $(W - F)/S + 1$ give, with
all its decimals?
"""

# %% tags=["question"]
places = 54.25  # (W - F)/S + 1
ask("alex-224", places)

# %% [markdown]
r"""
No window stops at a quarter of a place. The puzzle is as old as the paper. All agree that the maps of conv1 are 55
wide, since only this leads to the sizes that follow. How wide would a picture have to be for exactly 55 places,
without padding and with no pixel left over?
"""

# %% tags=["question"]
pixels = 227  # wide
ask("alex-227", pixels)

# %%
for size, padding in ((224, 0), (224, 1), (224, 2), (227, 0)):
    steps = (size + 2 * padding - 11) / 4
    print(f"{size} pixels, padding {padding}: {steps:5.2f} steps, {int(steps) + 1} places")

# %% [markdown]
r"""
So there are two ways out, and you will meet both. Lectures crop 227 pixels. Programs keep 224, pad by 2, and leave a
column over. A third guess is that three columns of zeros were added on one side, which nobody wrote down. Which of
them ran in 2012 the paper does not say, and it has a second number that does not fit: by its account conv1 has
253,440 neurons. Divide by 96 maps, take the root, and see.
"""

# %%
print(f"{(253_440 / 96) ** 0.5:.2f} across, but {96 * 55**2:,} neurons at 55 across")

# %% [markdown]
r"""
We take 224 with a padding of 2. How many weights and biases has conv1?
"""

# %% tags=["question"]
numbers = 34_944  # weights and biases of conv1
ask("alex-conv1", numbers)

# %% [markdown]
r"""
Its pooling you know from lesson 05: it learns nothing, and leaves maps of 27x27.

Of conv2 to conv5 the paper says nothing about padding either. But it gives the number of neurons of conv2, 186,624.
That is $256 \cdot 27^2$, so conv2 keeps the size, and so do the layers after it. Which volume (C, H, W) does the
third pooling hand to fc6?
"""

# %% tags=["question"]
shape = (256, 6, 6)  # behind the third pooling
ask("alex-last-volume", shape)

# %% [markdown]
r"""
And how many weights and biases has fc6?
"""

# %% tags=["question"]
numbers = 37_752_832  # of fc6
ask("alex-fc6", numbers)

# %% tags=["figure"]
alexnet = accounting.summary(models.create("alexnet_two_tower", device="meta"), (3, 224, 224))
shown = [row for row in alexnet.rows if row.type in ("Conv2d", "MaxPool2d")]
full = [(4096, 1, 1), (4096, 1, 1), (1000, 1, 1)]
figures.network_volumes(
    [(3, 224, 224), *(row.output_size for row in shown), *full],
    ["picture", "conv1", "pool1", "conv2", "pool2", "conv3, 4", "", "conv5", "pool5", "fc6, 7", "", "fc8"],
)

# %% [markdown]
r"""
Lesson 05 asked why there is pooling before the full connections, and left all three poolings out. Is the last one
alone worth having? Leave pool5 out, and fc6 reads maps of 13x13. How many *weights* would it have then?
"""

# %% tags=["question"]
weights = 177_209_344  # of fc6 without pool5
ask("alex-no-pool", weights)

# %% [markdown]
r"""
Nearly three times as many as the whole network has. Now look at a mistake. In lesson 05 you met a lecture whose last
maps are 2x2. Where do they come from? It pads no convolution of AlexNet. Follow it from 27: conv2 with 5x5, a
pooling, then three layers of 3x3. How wide are the maps that the last pooling reads?
"""

# %% tags=["question"]
width = 5  # of the maps in front of the last pooling, without padding
ask("alex-unpadded", width)

# %%
widths = [27]
for kernel, stride in ((5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)):
    widths.append(layers.conv_output_size(widths[-1], kernel, stride))
print(widths, f"so fc6 would have {4096 * 256 * widths[-1] ** 2:,} weights")

# %% [markdown]
r"""
That is a ninth of what fc6 has. (Another source slips as well: it gives AlexNet five poolings and a last volume of
7x7x512, which are VGG's.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Two cards

The contest began in 2010, and a student asked in one of the lectures why it took two years until a network came. One
reason is the computer. A GTX 580, a card for games, had 3 GB. What does one step of training take, with the paper's
batch of 128?
"""

# %%
print(accounting.memory(models.create("alexnet_two_tower", device="meta"), (3, 224, 224), batch_size=128))

# %% [markdown]
r"""
That is PyTorch's way to do it, in 2.5 GB. It would just have fitted, if the program of 2012 had been as thrifty and
the card had had nothing else to hold. The authors took two cards, and put half of each layer on each. Cards could
read each other's memory, but that takes time, so the halves talk only where it matters most.
"""

# %% tags=["figure"]
drawn = [("picture", 3, 224), ("conv1", 96, 55), ("conv2", 256, 27), ("conv3", 384, 13), ("conv4", 384, 13)]
drawn += [("conv5", 256, 13), ("fc6", 4096, 1), ("fc7", 4096, 1), ("fc8", 1000, 1)]
figures.two_towers(drawn, crossing=["conv3", "fc6", "fc7", "fc8"])

# %% [markdown]
r"""
In four layers each half sees its own card only: conv1, which has the picture, conv2, conv4 and conv5. Four layers
read both: conv3 and the full connections. Each half is a *tower*.

How many weights, biases left out, has conv2? Mind how deep its filters are.
"""

# %% tags=["question"]
weights = 307_200  # of conv2, without biases
ask("alex-conv2-half", weights)

# %% [markdown]
r"""
One of the lectures writes down the right product for this layer and a wrong result behind it, 614,400: that is twice
as many, with filters through all 96 maps.

What does it cost to talk? Before conv3 each card sends its half of pool2's volume to the other. How many numbers
cross between the cards for one picture, both directions together?
"""

# %% tags=["question"]
crossing = 43_264  # numbers, for one picture, before conv3
ask("alex-crossing", crossing)

# %% [markdown]
r"""
Had conv2 read both halves as well, another 69,984 would have to cross, all of pool1's volume. Early maps are large,
and that is one reason to meet late. The second card paid for itself: against a network on one card, with half as many
filters in each convolution, the paper reports a top-5 error 1.2 points lower.
"""

# %% [markdown] minutes=5
r"""
### Exercise: two towers ●●○○○ · 5 minutes

*Why it matters.* What began as a way around a small memory is a tool today: ResNeXt has 32 towers, and MobileNet one
for each map.

Write the convolution of a layer whose halves do not see each other: split, convolve each half of the maps with its
own half of the filters, and join. `x` is a tensor (N, C, H, W). `weight` has the shape (K, C/2, KH, KW), and `bias`
(K,) or is None; in both the first tower's half comes first. `chunk` cuts a tensor along an axis, `torch.cat` joins,
and `functional.conv2d(x, weight, bias, stride, padding)` does the work.
"""


# %% tags=["exercise", "type-along"]
def two_tower_conv(x, weight, bias=None, stride=1, padding=0):
    """(N, K, OH, OW): the first half of the filters sees the first half of the maps, the second the other."""
    ### BEGIN SOLUTION about 5 lines
    towers = []
    biases = (None, None) if bias is None else bias.chunk(2)
    for maps, filters, numbers in zip(x.chunk(2, dim=1), weight.chunk(2), biases, strict=True):
        towers.append(functional.conv2d(maps, filters, numbers, stride, padding))
    return torch.cat(towers, dim=1)
    ### END SOLUTION


check(two_tower_conv)

# %% [markdown] tags=["help"]
r"""
**"expected input to have 2 channels, but got 4 channels instead"** → did you split `x` along the axis that counts
maps? `chunk` and `split` take axis 0 if you do not say. **It is right without a bias only** → the bias has two
halves, too. **The output has too few maps** → is one tower missing, or did you add them?
"""

# %%
two_tower_conv = use(two_tower_conv)
torch.manual_seed(0)
x, conv2 = torch.randn(1, 96, 27, 27), nn.Conv2d(96, 256, 5, padding=2, groups=2)
ours = two_tower_conv(x, conv2.weight, conv2.bias, padding=2)
print("the same as groups=2:", torch.allclose(ours, conv2(x), atol=1e-5))

# %% [markdown]
r"""
That is what `groups=2` means, and how lesson 02 drew it. Now a number that is given in two ways: AlexNet has
60,965,224 parameters, it is said, and 62,378,344. The second is for a single tower, in which every layer sees all
maps. Explain the difference: how many weights more does the single tower have, by your own count of conv2, conv4 and
conv5?
"""

# %% tags=["question"]
more = 1_413_120  # weights that a single tower has more
ask("alex-difference", more)

# %%
for name, maps, filters, kernel in (("conv2", 96, 256, 5), ("conv4", 384, 384, 3), ("conv5", 384, 256, 3)):
    one, two = (accounting.count_conv_parameters(maps, filters, kernel, groups=g, bias=False) for g in (1, 2))
    print(f"{name}: {one:9,} - {two:7,} = {one - two:7,}")
print(f"together: {62_378_344 - 60_965_224:,}")

# %% [markdown]
r"""
Both are right, then. Only say which network you mean. (The paper's abstract says 60 million. PyTorch's `alexnet` is a
third network, one of 2014, with a single tower and fewer filters, and has 61,100,840.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## Build it

You have every row and every number of the table. Here is what is easy to get wrong: the normalisation. The paper has
$n = 5$ neighbours, $k = 2$, $\alpha = 10^{-4}$ and $\beta = 0.75$, and does not divide $\alpha$ by $n$. PyTorch's
`nn.LocalResponseNorm(n, alpha, beta, k)` does, as you saw in lesson 06. And it stands before the pooling. Two of the
lectures draw it behind, which is the order of CaffeNet, a well-known copy; no size depends on it.
"""

# %% [markdown] minutes=11
r"""
### Exercise: AlexNet ●●●○○ · 11 minutes

*Why it matters.* This is the first network that you build from a paper. All later ones are built in the same way:
find the table, find what the table does not say, count, and compare.

Build the paper's network: the table above, paddings 2, 2, 1, 1, 1, in each of the first two layers ReLU, then norm,
then pooling, and dropout with probability 0.5 behind the ReLU of fc6 and of fc7. Make the layers in the order of the
table. `channels` are the filters of the five convolutions and `hidden` the neurons of fc6 and fc7, so that small ones
can be tried. `groups` goes to conv2, conv4 and conv5. What comes out are scores, for pictures of 224x224. The layers
are `nn.Conv2d`, `nn.ReLU`, `nn.LocalResponseNorm`, `nn.MaxPool2d`, `nn.Flatten`, `nn.Linear` and `nn.Dropout`.
"""


# %% tags=["exercise"]
class AlexNet(nn.Module):
    """AlexNet of 2012: pictures (N, 3, 224, 224) to scores (N, num_classes)."""

    def __init__(self, num_classes=1000, channels=(96, 256, 384, 384, 256), hidden=4096, groups=2):
        super().__init__()
        c1, c2, c3, c4, c5 = channels
        ### BEGIN SOLUTION about 11 lines
        norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
        pool = nn.MaxPool2d(3, stride=2)
        parts = [nn.Conv2d(3, c1, 11, stride=4, padding=2), nn.ReLU(), norm, pool]
        parts += [nn.Conv2d(c1, c2, 5, padding=2, groups=groups), nn.ReLU(), norm, pool]
        parts += [nn.Conv2d(c2, c3, 3, padding=1), nn.ReLU()]
        parts += [nn.Conv2d(c3, c4, 3, padding=1, groups=groups), nn.ReLU()]
        parts += [nn.Conv2d(c4, c5, 3, padding=1, groups=groups), nn.ReLU(), pool, nn.Flatten()]
        parts += [nn.Linear(c5 * 6 * 6, hidden), nn.ReLU(), nn.Dropout(0.5)]
        parts += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5)]
        self.layers = nn.Sequential(*parts, nn.Linear(hidden, num_classes))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION about 1 line
        return self.layers(x)
        ### END SOLUTION


check(AlexNet)

# %% [markdown] tags=["help"]
r"""
**"mat1 and mat2 shapes cannot be multiplied"** → print the shape before the first full connection; it should end in
6, 6. Which padding is missing? **The numbers of the layers are right, and the scores are not** → go through what has
no weights: norm's constants, the order of norm and pool, windows of 3x3, a ReLU too few or too many. **It is right
until there are two pictures** → what does your flattening do with the first axis? **The scores change from call to
call** → someone still drops neurons: `functional.dropout` wants to be told `training=self.training`.
"""

# %%
AlexNet = use(AlexNet)
for groups in (2, 1):
    with torch.device("meta"):
        network = AlexNet(groups=groups)
    print(f"groups={groups}: {sum(parameter.numel() for parameter in network.parameters()):,}")

# %% [markdown]
r"""
There they are, both. And is it the same network as the course's, number for number? Put the course's weights into
yours and compare. (`assign=True` takes the tensors over instead of copying them: 61 million numbers once are enough.)
"""

# %% tags=["nbval-ignore-output"]
course = models.create("alexnet_two_tower", seed=0).eval()
with torch.device("meta"):
    network = AlexNet().eval()
names = network.state_dict().keys()
network.load_state_dict(dict(zip(names, course.state_dict().values(), strict=True)), assign=True)
x = torch.from_numpy(datasets.photograph(size=224))[None] * 255 - 118
with torch.no_grad():
    error = (network(x) - course(x)).abs().max()
print(f"largest difference of a score: {error:.1g}")
assert error < 1e-4, "the two networks should agree"

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Where the weights sit

Take the single tower, with 62,378,344 parameters. How many per cent of them are in its three full connections?
"""

# %% tags=["question"]
share = 94.0  # per cent, in the single tower
ask("alex-share", share)

# %%
alexnet

# %% tags=["figure"]
rows = [row for row in alexnet.rows if row.parameters]
figures.cost_bars(
    [row.name for row in rows],
    {"weights and biases": [row.parameters for row in rows], "MACs": [row.macs for row in rows]},
)

# %% [markdown]
r"""
In two towers it is even 96%, and fc6 alone has 62%. The work is just the other way round: the convolutions do 92% of
it. So a memory full of full connections, and a processor busy with convolutions; you know from lesson 10 why.

The paper's introduction says that removing any convolutional layer made the network worse, although *each of them
holds no more than 1% of the parameters*. Look at the table. In how many of the five is it more than 1%?
"""

# %% tags=["question"]
layers_above = 2  # of the five convolutions, in two towers
ask("alex-one-percent", layers_above)

# %% [markdown]
r"""
The point stands all the same: depth counts, not the number of weights. Why eight layers, then, and not ten? You know
the only answer from lesson 07: it was tried. Look at the column *sees*, too. A number of conv1 sees 11 pixels, one of
conv3 99, and one of pool5 195 of the picture's 224. Only the full connections put together what the corners of the
picture say.

Now the lecture with the maps of 2x2 can be settled. Its total is 27.55 million. Here is what the ledger of lesson 10
says to its AlexNet, row by row:
"""

# %%
accounting.claims.table(source="nptel11", verdict="wrong", lesson="11")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=8
r"""
## Five tricks, measured

Five things in the paper have been in every lecture since: ReLU, response normalisation, overlapping pooling, dropout,
and augmentation. By the paper's own account, how much is each worth? Response normalisation 1.2 points of top-5
error, overlapping windows 0.3, and ReLU a training that needs a sixth of the passes to get to the same point, on a
small network. Of dropout it says that without it the network overfits badly, and that with it training takes about
twice as long.

(Three of the lectures say that AlexNet was the first to use ReLU. Lesson 07 showed who was before it; the paper
itself names Nair and Hinton. What AlexNet did was to make everybody use it.)

Now we measure, on a small network and small data: two convolutions in AlexNet's manner, a third, and two full
connections, on 400 of the bundled digits. So few, because what keeps a network from overfitting can only be seen
where it overfits.
"""


# %%
def small_alexnet(act=nn.ReLU, norm=False, window=3, dropout=0.0):
    """For gray pictures of 32x32: stride in the first layer, two towers in the second."""
    norms = [nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)] if norm else []
    pool, side = nn.MaxPool2d(window, stride=2), 3 if window == 3 else 4
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, stride=2, padding=2), act(), *norms, pool),
        *(nn.Conv2d(16, 32, 5, padding=2, groups=2), act(), *norms, pool),
        *(nn.Conv2d(32, 32, 3, padding=1), act(), nn.Flatten()),
        *(nn.Linear(32 * side * side, 128), act(), nn.Dropout(dropout)),
        nn.Linear(128, 10),
    )


variants = {
    "plain": {},
    "tanh for ReLU": {"act": nn.Tanh},
    "with norm": {"norm": True},
    "pooling 2x2": {"window": 2},
    "with dropout": {"dropout": 0.5},
}

# %% [markdown]
r"""
Every variant changes one thing, and everything else stays: the pictures, their order, the learning rate. Each is
trained from several seeds, because two runs that differ in nothing but their seed differ, too. The loss on the test
digits is watched only; it decides nothing.
"""


# %%
data = datasets.load("digits", size=32)
mean, deviation = data.train_images.mean(), data.train_images.std()
digits, test_digits = (
    torch.from_numpy((x - mean) / deviation) for x in (data.train_images, data.test_images)
)
labels, test_labels = torch.from_numpy(data.train_labels), torch.from_numpy(data.test_labels)


def batches(count, seed):
    """Batches of 32 of the first `count` digits, in a random order."""
    order = torch.from_numpy(np.random.default_rng(seed).permutation(count))
    return ((digits[chosen], labels[chosen]) for chosen in order.split(32))


def train(network, seed, epochs, count=400, lr=0.02):
    """[(training loss, test loss, test accuracy), …], one an epoch, with momentum and decay as in 2012."""
    optimizer = torch.optim.SGD(network.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)
    history = []
    for epoch in range(epochs):
        loss, _ = fit_one_epoch(network, batches(count, 1000 * seed + epoch), optimizer)
        history.append((loss, *evaluate(network, [(test_digits, test_labels)])))
    return history


# %% [markdown]
r"""
Predict before you run. Which of these changes leaves the loss on the 400 *training* digits highest? **a**: 2x2
windows instead of overlapping ones. **b**: tanh instead of ReLU. **c**: dropout.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("alex-ablation", choice)

# %% tags=["experiment", "nbval-ignore-output"]
seeds, epochs = by_profile(quick=(3, 20), full=(10, 40), smoke=(1, 1))
results = {}
for name, change in variants.items():
    runs = []
    for seed in range(seeds):
        torch.manual_seed(seed)
        runs.append(train(small_alexnet(**change), seed, epochs))
    results[name] = np.array(runs)
    last = results[name][:, -1]
    (fit, loss, right), (_, spread, moved) = last.mean(axis=0), last.std(axis=0, ddof=min(1, seeds - 1))
    print(
        f"{name:14} loss {fit:.3f}, test loss {loss:.2f} ± {spread:.2f}, accuracy {right:.1%} ± {moved:.1%}"
    )
if profile() != "smoke":
    ends = {name: np.median(runs[:, -1, 0]) for name, runs in results.items()}
    assert ends["with dropout"] > ends["plain"], "dropout should make it harder to learn digits by heart"

# %% tags=["figure", "nbval-ignore-output"]
curves = {
    name: results[name].mean(axis=0) for name in ("plain", "tanh for ReLU", "with norm", "with dropout")
}
figures.line_panels(
    np.arange(1, epochs + 1),
    {
        "loss on the 400 digits": {name: curve[:, 0] for name, curve in curves.items()},
        "loss on the test digits": {name: curve[:, 1] for name, curve in curves.items()},
    },
    "epoch",
    "loss",
    log_y=True,
)

# %% [markdown]
r"""
Dropout makes it harder to learn by heart: in the recorded run the loss on the 400 digits ends at 0.098, and at 0.008
without. (A part of that is how it is measured, with half of the neurons silent.) Does it help on the *test* digits?
It seems so, with 0.33 against 0.42. But read the ±: so much do runs differ that differ in their seed alone, and a
mean of three is known to a little more than half of that. So the same cell was run once in the `full` profile, with
ten seeds and 40 epochs: 0.43 with dropout, and 0.43 without. The three seeds had been luck.

Normalisation costs three points of accuracy. With $k = 2$ small numbers become $2^{-0.75} = 0.59$ of what they were
(lesson 06), in two layers, so it learns slowly, and after 20 epochs it is not done. After 40, in the full run,
nothing is left of that: 91.3% against 90.8%. Windows of 2x2 make no difference here. In the full run their test loss
was 0.50 against 0.43, and higher in eight seeds of ten: overlapping may be worth a little, as the paper says.

One result is the same in both runs, and it is the surprise: tanh. It has the lowest loss on the test digits, 0.31,
and 0.29 in the full run, where it was lower than ReLU's with each of the ten seeds. Where is ReLU's advantage? The
paper's comparison was one of speed, and each of the two got a learning rate of its own, the one with which it was
fastest. So do it like that, with all training digits.
"""

# %% tags=["experiment", "nbval-ignore-output"]
rates, rounds = (0.01, 0.03, 0.1), by_profile(quick=6, full=20, smoke=1)
count = by_profile(quick=1442, full=1442, smoke=640)
paths, trained = {}, {}
for name, act in (("ReLU", nn.ReLU), ("tanh", nn.Tanh)):
    for lr in rates:
        torch.manual_seed(0)
        network = trained[name, lr] = small_alexnet(act)
        optimizer = torch.optim.SGD(network.parameters(), lr=lr, momentum=0.9)
        steps = [pair for epoch in range(rounds) for pair in batches(count, epoch)]
        values = [fit_one_epoch(network, [pair], optimizer)[0] for pair in steps]
        # One batch says little: a mean over as many as there are in a third of a pass.
        paths[f"{name}, rate {lr}"] = means = np.convolve(values, np.ones(15) / 15, "valid")
        reached = np.flatnonzero(means < 0.5)
        print(f"{name}, rate {lr}: ends at {means[-1]:.2f};", end=" ")
        print(f"loss 0.5 after {reached[0] + 15} steps" if len(reached) else "loss 0.5 never")

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(
    np.arange(len(means)) + 15,
    paths,
    "batch",
    "loss, mean of 15 batches",
    level=("ln 10", np.log(10)),
    markers=False,
)

# %% [markdown]
r"""
In the recorded run each is fastest at 0.03, and there tanh needs 79 batches and ReLU 96. That is no factor of six,
and not even in the right direction.

None of this refutes the paper. Its four layers learned colour photographs, CIFAR-10, and the mark was three training
pictures of four right. One pair of runs with one seed is no proof of the contrary, either. It says that a result
belongs to its network, its data and its recipe, and that "six times faster" is not a law. What ReLU is good for is
depth, where slopes below 1 multiply (lesson 07), and speed in another sense: comparing with 0 is cheaper than a tanh,
and a processor of 2012 felt the difference.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## More pictures out of each

61 million numbers, learned from 1.2 million pictures. The paper's first remedy against overfitting is *augmentation*.
Pictures are scaled to 256x256, and each time one is shown, a window of 224x224 is cut out at random and mirrored half
of the time. How many different pictures can come of one in this way?
"""

# %% tags=["question"]
pictures = 2178  # windows times mirror images
ask("alex-crops", pictures)

# %% [markdown]
r"""
The paper says 2,048, which is $32 \cdot 32 \cdot 2$, and that is the paper's own slip: a window that can be moved by
0 to 32 pixels has 33 places. To predict, the network saw ten of them, the four corners, the middle and their mirror
images, and its ten answers were averaged.

The second remedy is colour. Take all pixels of all pictures as points with three coordinates, and find the directions
in which they spread most: the eigenvectors $p_i$ of their covariance, with eigenvalues $\lambda_i$. Each time a
picture is shown, draw three numbers $\alpha_i$, normal with deviation 0.1, and add to all its pixels the same

$$p_1 \alpha_1 \lambda_1 + p_2 \alpha_2 \lambda_2 + p_3 \alpha_3 \lambda_3$$
"""

# %%
photo = datasets.photograph()
variances, directions = np.linalg.eigh(np.cov(photo.reshape(3, -1)))


def colour_jitter(image, rng, spread=0.1):
    """One random colour added to every pixel of image (3, H, W), along the directions of its variance."""
    shift = directions @ (rng.normal(0, spread, 3) * variances)
    return (image + shift[:, None, None]).clip(0, 1)


print("share of the variance:", " ".join(f"{share:.1%}" for share in variances[::-1] / variances.sum()))
print("the first direction, red green blue:", np.abs(directions[:, -1]).round(2))
print(f"the first eigenvalue: {variances[-1]:.3f}, a tenth of it: {variances[-1] / 10:.3f}")

# %% tags=["figure"]
rng = np.random.default_rng(5)
figures.image_row(
    [photo, colour_jitter(photo, rng), *(colour_jitter(photo, rng, 2.0) for _ in range(3))],
    titles=["as it is", "spread 0.1", "spread 2", "spread 2", "spread 2"],
)

# %% [markdown]
r"""
In this photograph five sixths of the variance lie along one direction, and it is nearly equal in red, green and blue:
brightness. The rest is colour. So the jitter mostly changes how light a picture is, a little how warm, and hardly
anything else, as if the sun came out. With the paper's spread of 0.1 you hardly see it: a tenth of the first
eigenvalue is a fiftieth of the way from black to white. But $\lambda$ is a *variance*, so the formula depends on the
unit in which pixels are measured. Count them from 0 to 255 instead of 0 to 1, and $\lambda$ is $255^2$ times as
large, for pictures that are 255 times as large. The paper does not say which it was. It says that this lowered the
*top-1* error, where only the first guess counts, by more than one point.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## The recipe

| | in 2012 |
|---|---|
| loss, optimiser | softmax with cross-entropy; SGD, momentum 0.9, batches of 128 |
| weight decay | 0.0005, on the weights |
| learning rate | 0.01; divided by 10, by hand, when the validation error stood still: three times |
| first weights | normal, deviation 0.01; biases 1 in conv2, conv4, conv5, fc6 and fc7, else 0 |
| duration | about 90 passes through 1,281,167 pictures; five to six days |

About how many updates is that?
"""

# %% tags=["question"]
updates = 900_000  # in 90 passes
ask("alex-updates", updates)

# %%
print(f"{90 * 1_281_167 / (5.5 * 24 * 3600):.0f} pictures a second, in five and a half days")

# %% [markdown]
r"""
So many, from two cards together. Weight decay is written into the step, $\epsilon$ being the learning rate:

$$v \leftarrow 0.9\,v - 0.0005\,\epsilon\,w - \epsilon\,\frac{\partial L}{\partial w} \qquad\qquad w \leftarrow w + v$$

The authors note that it was not there to regularise only: with it the loss on the *training* pictures was lower, too.

The first biases in this recipe are odd. A bias of 1 in front of a ReLU: what is it for? **a**: it makes the filters
different from each other. **b**: it opens the ReLUs at the start, so that gradients come through. **c**: it keeps the
weights small.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("alex-bias-one", choice)

# %% [markdown]
r"""
Measure it, on the true AlexNet. We send four crops of a photograph through it once, there and back, with the biases
of 2012 and with zeros, and weights drawn as in 2012 both times. How many ReLUs are open, and how large is the
gradient of each layer's weights?
"""

# %% tags=["experiment", "nbval-ignore-output"]
places = ((0, 0), (32, 0), (0, 32), (32, 32))
large = torch.from_numpy(datasets.photograph(size=256)) * 255
crops = (
    torch.stack([large[:, row : row + 224, column : column + 224] for row, column in places]) - large.mean()
)
sizes = {}
for name in ("biases of 2012", "all biases 0"):
    if name == "all biases 0":
        for layer in course:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.zeros_(layer.bias)
    course.zero_grad()
    x, opened = crops, []
    for layer in course:
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            opened.append((x > 0).float().mean().item())
    functional.cross_entropy(x, torch.arange(4)).backward()
    sizes[name] = [p.grad.norm().item() for p in course.parameters() if p.ndim > 1]
    print(f"{name}, open ReLUs: {' '.join(f'{share:.0%}' for share in opened)}")
ratios = np.divide(*sizes.values())
print("gradient's size, 2012 over 0:", " ".join(f"{ratio:.1f}" for ratio in ratios))
assert ratios.min() > 1.5, "biases of 1 should let more gradient through"

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(np.arange(1, 9), sizes, "layer", "size of the gradient (log scale)", log_y=True)

# %% [markdown]
r"""
With zeros half of the ReLUs are shut in every layer, and random weights of deviation 0.01 make the numbers smaller
from layer to layer. With biases of 1 the ReLUs of conv4 and conv5 are open almost everywhere, and the gradient is
about three times as large in the first layer and dozens of times in the last. Two things work together: more gates
are open on the way back, and the late layers receive numbers near 1 instead of tiny ones, by which their gradient is
multiplied. "It accelerates the early stages of learning", says the paper. Three years later nobody needed this any
more: Kaiming's rule (lesson 07) keeps the numbers at their size, and batch normalisation does so by force.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Broken on purpose: a rate too high

The break has happened already. In the figure of ReLU and tanh one curve goes to $\ln 10 = 2.30$ and stays there: ReLU
at a learning rate of 0.1. Nothing else in the program differs. What has happened? **a**: it learns, but slowly.
**b**: it overfits. **c**: the ReLUs of a whole layer are shut, for every picture.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("alex-dead", choice)

# %% tags=["experiment", "nbval-ignore-output"]
for (name, lr), network in trained.items():
    x, opened = digits[:500], []
    for layer in network:
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            alive = (x > 0).flatten(2).any(dim=2).any(dim=0) if x.ndim == 4 else (x > 0).any(dim=0)
            opened.append(alive.float().mean().item())
    if name == "ReLU":
        print(
            f"rate {lr}: share of maps or neurons open for any of 500 digits:",
            " ".join(f"{o:.0%}" for o in opened),
        )
    dead = name == "ReLU" and lr == 0.1
    assert profile() == "smoke" or not dead or min(opened) < 0.1, "a layer should have died"

# %% [markdown]
r"""
It is what lessons 04 and 08 ran into, seen from inside. At 0.1 the maps of conv1 still answer to some digit or other.
In the next layer not one does, and behind it nothing gets through: the scores are the last bias, the same for all
pictures, and the best that this can do is one in ten. No gradient gets back either, so there is no way out. A step or
two that are too long are enough: they push the weights of a layer so far that every sum is negative. (On another
computer the numbers may overflow on the way, which is as dead.) A tanh can be pushed into a corner, too, but its
slope there is never quite 0, and at this rate it does learn. That is ReLU's price, and why its learning rate is found
by trying: as high as it goes without this.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## What the first layer learned

The best known figure of the paper shows the 96 filters of conv1, as little colour pictures of 11x11. On one card they
are gray: edges and gratings in all directions, coarse and fine. On the other they are coloured, blobs and soft edges
from one colour to another. The authors write that this came out in every run, only which card got which changed: two
towers that do not talk divide the work.

Here are the 16 filters of our small network, 5x5 and for gray pictures only:
"""

# %% tags=["figure", "nbval-ignore-output"]
figures.feature_maps({"ours": trained["ReLU", 0.03][0].weight.detach()[:, 0].numpy()})

# %% [markdown]
r"""
Some of them have become edges, too: orange on one side, blue on the other. The trained weights of PyTorch's AlexNet
are a file of 244 MB. If it is on this computer (`models.load_pretrained("alexnet")` fetches it), you see its 64
filters of 11x11:
"""

# %% tags=["nbval-ignore-output"]
try:
    weight = models.load_pretrained("alexnet", offline=True).features[0].weight.detach()
    low, high = weight.amin((1, 2, 3), keepdim=True), weight.amax((1, 2, 3), keepdim=True)
    framed = functional.pad((weight - low) / (high - low), (1, 1, 1, 1), value=1.0)
    picture = torch.cat([torch.cat(list(row), dim=2) for row in framed.chunk(4)], dim=1)
    filters = figures.image_row(
        [picture.numpy()], titles=["conv1 of PyTorch's AlexNet, each on its own scale"]
    )
except datasets.DataSetMissing:
    filters = None
    print("The trained weights are not on this computer.")
filters

# %% [markdown]
r"""
What deeper layers look for cannot be seen in their weights: a filter of conv3 is a stack of 256 pictures of 3x3.
Lesson 12 has other means.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What history did with it

A single AlexNet had a top-5 error of 18.2% on the validation pictures. Five of them, averaged, had 16.4%. Two more,
with a sixth convolution and a first training on all of ImageNet, brought it to 15.4%, and to 15.3% on the test
pictures. So a part of the famous number is an ensemble, and another part is data. But of the way from 26.2% to 15.3%
one network alone went eight points of eleven.

Of its tricks, ReLU, dropout and augmentation stayed. Response normalisation was gone two years later: VGG tried it
and found that it did not help. Overlapping windows are still found here and there, as in ResNet's first pooling.
Groups were given up as soon as cards grew, and came back in 2016 as a means of saving. The authors published their
program, *cuda-convnet*, and the next year's contest was networks against networks. Those who did best had looked into
AlexNet, and changed its first layers: lesson 12.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Recap

Five questions. No scrolling back, at first.

**1.** How many weights, without biases, has conv4 in two towers: 384 filters of 3x3 behind 384 maps?
"""

# %% tags=["question"]
weights = 663_552  # of conv4, in two towers
ask("recap-alex-conv4", weights)

# %% [markdown]
r"""
**2.** Which `alpha` do you hand to PyTorch's `LocalResponseNorm(5, …)` to have the paper's $\alpha = 10^{-4}$?
"""

# %% tags=["question"]
alpha = 5e-4  # for PyTorch
ask("recap-alex-alpha", alpha)

# %% [markdown]
r"""
**3.** The paper drops half of the neurons of fc6 and fc7 in training, and does *not* rescale the others. By what does
it multiply their outputs when the network is used?
"""

# %% tags=["question"]
factor = 0.5  # at test time
ask("recap-alex-test", factor)

# %% [markdown]
r"""
**4.** In AlexNet **a**: most of the work is in the convolutions and most of the weights in the full connections.
**b**: the other way round. **c**: both are in the full connections.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-alex-work", choice)

# %% [markdown]
r"""
**5.** One book says that AlexNet's top-5 error was 16.4%, another 15.3%. Who is right? **a**: the second; 16.4% is
the validation error. **b**: both; the better entry had more networks, two of which had seen other pictures as well.
**c**: the second; 16.4% is a single network.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-alex-error", choice)

# %% [markdown] minutes=1
r"""
## Where you are

You have built a network from its paper, down to the last of 60,965,224 numbers, and you know which of its tricks to
keep. You have also seen that a famous result need not come out on small data, and that one says so. From here on each
network is an answer to the one before. The first question put to AlexNet was: what does it look at?
"""
