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
# Counting the cost

In 2012 a network of eight layers was spread over two graphics cards, because one was too small for it. Three years
later networks had fifty layers and more. How can anybody afford that?

It depends on what you count. A network has to be *stored*, it has to be *computed*, and while it trains it has to
*remember*. These are three costs, and they sit in three different places. Whoever has seen "out of memory" after an
hour of waiting, and turned the wrong knob, has mixed them up.

In this lesson you count all three for any network, before anything runs. You also learn how much of the picture an
output sees, which is what the money is spent on. And at the end you judge the five lectures behind this course,
number by number.

You need lessons 02 to 07, and PyTorch from lesson 09.
"""

# %% tags=["setup"]
import timeit
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint_sequential
from torch.utils.flop_counter import FlopCounterMode

from course_utils import (
    accounting,
    ask,
    by_profile,
    check,
    datasets,
    figures,
    models,
    start,
    use,
    widgets,
)

start("10")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## Three costs

Three networks of the years in which ImageNet's contest was about convolutions: AlexNet of 2012 with 8 layers that
hold weights, VGG-16 of 2014 with 16, and ResNet-50 of 2015 with 50. You will meet each of them in a lesson of its
own. For now, two guesses.

How many weights has ResNet-50, compared with AlexNet? **a**: about six times as many, one for each layer more. **b**:
about as many. **c**: fewer than half as many.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("puzzle-weights", choice)

# %% [markdown]
"""
VGG-16 has more weights than ResNet-50, and takes more work. Which of the two has to remember more numbers *for each
picture* while it trains? **a**: VGG-16. **b**: ResNet-50.
"""

# %% tags=["question"]
choice = "b"  # "a" or "b"
ask("puzzle-memory", choice)

# %% [markdown]
"""
`accounting.summary` counts a network layer by layer, from its layers' settings alone. The network is made on
PyTorch's *meta* device, where a tensor has a shape and a type, but no numbers: even a very large one takes no memory.
"""

# %%
names = {"alexnet": "AlexNet", "vgg16": "VGG-16", "resnet50": "ResNet-50"}
counted = {name: accounting.summary(models.create(name, device="meta"), (3, 224, 224)) for name in names}
# What these make takes no room of its own: you will see why.
over = ("ReLU", "Dropout", "Add")


def kept(summary):
    """The numbers to remember for one picture."""
    return sum(row.activations for row in summary.rows if row.type not in over)


# %% tags=["figure"]
figures.cost_bars(
    list(names.values()),
    {
        "weights and biases": [summary.parameters for summary in counted.values()],
        "multiplications": [summary.macs for summary in counted.values()],
        "numbers to remember": [kept(summary) for summary in counted.values()],
    },
    shares=False,
)

# %% [markdown]
"""
(G is a thousand million.) No column looks like another. AlexNet has more than twice the weights of ResNet-50, and
does a sixth of its work. VGG-16 leads in the first two columns by far, and ResNet-50 in the third. None of the three
tells you anything about the other two.

Take them one at a time.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Work: multiply and accumulate

A convolution multiplies weights with pixels and adds up. One multiplication and the addition that follows are one
*multiply-accumulate*, a MAC; processors do both in one instruction. How many MACs does a layer take? Count one number
of the output first. Its filter has $F \cdot F \cdot C$ weights, and each is multiplied once. Then count the numbers
of the output:

$$\text{MACs} = \underbrace{OH \cdot OW}_{\text{places}} \cdot \underbrace{K}_{\text{filters}} \cdot
\underbrace{F \cdot F \cdot C}_{\text{weights of one}}$$

So the work is *weights times places*. A weight that is shared between many places is stored once, and works many
times.

VGG-16 begins with 64 filters of 3x3 on a picture of 3x224x224, padded so that the size stays. How many MACs is that?
"""

# %% tags=["question"]
macs = 86_704_128  # of VGG-16's first layer
ask("vgg-first-macs", macs)

# %% [markdown]
"""
Its second layer looks just the same: 64 filters of 3x3, maps of 224x224. How many times as many MACs as the first
layer does it take?
"""

# %% tags=["question"]
times = 64 / 3  # a number or a fraction
ask("second-times", times)

# %% [markdown] minutes=5
"""
### Exercise: count the work ●●○○○ · 5 minutes

*Why it matters.* It is the first number to ask for when you want to know how long training will take, or whether a
telephone can run your network.

Count the MACs of one convolution on one picture. `kernel_size` and `output_size` may each be one number or a pair
(height, width), and `groups` are those of lesson 02. A full connection is a convolution with a 1x1 kernel at a single
place. Biases are left out.
"""


# %% tags=["exercise", "type-along"]
def count_macs(in_channels, out_channels, kernel_size, output_size, groups=1):
    """Multiply-accumulates of a convolution for one picture, a whole number."""
    kernel_height, kernel_width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    height, width = (output_size, output_size) if isinstance(output_size, int) else output_size
    ### BEGIN SOLUTION about 2 lines
    for_one_number = kernel_height * kernel_width * (in_channels // groups)
    return height * width * out_channels * for_one_number
    ### END SOLUTION


check(count_macs)

# %% [markdown] tags=["help"]
"""
**It is right for square maps only** → which of the two sides did you use twice? **It is a little too large
everywhere** → by how much, in numbers of the output? What is added to each of them at the end? **It is right until
`groups` is 2** → how many channels does a filter see then?
"""

# %%
count_macs = use(count_macs)
vgg = counted["vgg16"]
print(f"first layer  {count_macs(3, 64, 3, 224):>14,}")
print(f"second layer {count_macs(64, 64, 3, 224):>14,}")
print(f"VGG-16       {vgg.macs:>14,}")

# %% [markdown]
"""
Papers and programs speak of *FLOPs*, floating point operations, and here trouble begins. PyTorch has a counter of its
own, and ResNet's authors give a number for ResNet-50 in the paper's first table. Compare.
"""

# %%
with FlopCounterMode(display=False) as counter:
    models.create("resnet50", device="meta")(torch.empty(1, 3, 224, 224, device="meta"))
print(f"PyTorch's counter:  {counter.get_total_flops() / 1e9:.1f} G")
print(f"the paper's table:  {float(models.describe('resnet50').macs) / 1e9:.1f} G")

# %% [markdown]
"""
What explains most of the difference? **a**: the paper used smaller pictures. **b**: one counts a MAC as one
operation, the other as two. **c**: the paper leaves out biases and ReLUs.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("two-counts", choice)

# %%
today = counted["resnet50"].macs
paper = accounting.summary(models.create("resnet50", stride_on="1x1", device="meta"), (3, 224, 224)).macs
print(f"today's form: {today / 1e9:.2f} G MACs, {2 * today / 1e9:.2f} G FLOPs")
print(f"the paper's:  {paper / 1e9:.2f} G MACs")

# %% [markdown]
"""
A MAC is two FLOPs, and half of 8.2 is 4.1. The rest is a real difference: the paper's blocks make their maps smaller
one layer earlier than today's (lesson 15). So when you read "4 GFLOPs", find out who counts. In this course tables
say which of the two they show. (With a large S or a stroke, FLOPS or FLOP/s, it is operations *per second*: what a
processor can do, not what a network takes. You measured that in lesson 03.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
"""
## The VGG-16 table, whole

No network has been counted as often as VGG-16. Its plan is simple: 3x3 filters that keep the size, and after every
two or three layers a pooling that halves it, while the number of channels doubles up to 512. Here are its volumes,
without the pooled ones between them.
"""

# %% tags=["figure"]
shapes = [(3, 224, 224)] + [row.output_size for row in vgg.rows if row.type == "Conv2d"]
full = [(row.output_size[0], 1, 1) for row in vgg.rows if row.type == "Linear"]
figures.network_volumes(shapes + full)

# %% [markdown]
"""
After the fifth pooling a volume of 512x7x7 is left, and each of the 4,096 neurons of the first full connection looks
at all of it. How many weights and biases is that?
"""

# %% tags=["question"]
numbers = 102_764_544  # weights and biases of the first full connection
ask("fc1", numbers)

# %% [markdown]
"""
And the work? The stages of VGG-16 lie between its poolings. Where are most of the multiplications: **a**: in the
first two stages, where the maps are large. **b**: in stages three and four. **c**: in the full connections.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("where-work", choice)

# %% [markdown]
"""
Now the whole table. Every row follows from the formulas that you have.
"""

# %%
vgg

# %% [markdown]
"""
The table scrolls; below its frame stand the totals. *Sees* and *jump* are for the next section.

Now summed up by stages, each of them with the pooling at its end. (The table's last line adds up the outputs of the
ReLUs, too. Here they are left out: what goes into a ReLU and what comes out need not both be kept, and you will see
why.)
"""

# %% tags=["figure"]
stages, stage = {}, 1
for row in vgg.rows:
    name = "full" if row.type == "Linear" else f"stage {stage}"
    if row.type in ("Conv2d", "MaxPool2d", "Linear"):
        stages.setdefault(name, []).append(row)
    stage += row.type == "MaxPool2d"
figures.cost_bars(
    list(stages),
    {
        name: [sum(getattr(row, cost) for row in rows) for rows in stages.values()]
        for name, cost in (("weights", "weights"), ("MACs", "macs"), ("activations", "activations"))
    },
)

# %% [markdown]
"""
Three costs, three places. Nine tenths of the weights sit in the full connections. The work is in the middle: when
maps halve and channels double, a layer's MACs stay the same (a quarter of the places, twice the filters, each twice
as deep), so stages three and four, with three layers each, do most. And what has to be remembered is at the front:
half of it in the first stage.

A well-known text says that in VGG most of the memory, *and also the compute time*, is used in the early layers. The
memory is right. Of the work the first two stages do less than a third. But is a count a clock? Let VGG-16 look at
some pictures, and time each layer.
"""

# %% tags=["experiment", "nbval-ignore-output"]
network, stage = models.create("vgg16").eval(), 1
seconds = dict.fromkeys(stages, 0.0)
with torch.no_grad():
    x = torch.randn(by_profile(quick=4, full=16, smoke=1), 3, 224, 224)
    for layer in (*network.features, nn.Flatten(), *network.classifier):
        name = f"stage {stage}" if stage <= 5 else "full"
        seconds[name] += min(timeit.repeat(lambda: layer(x), number=1, repeat=2))
        x = layer(x)
        stage += isinstance(layer, nn.MaxPool2d)
for name, rows in stages.items():
    macs, spent = sum(row.macs for row in rows) / vgg.macs, seconds[name] / sum(seconds.values())
    print(f"{name:8} {macs:4.0%} of the MACs, {spent:4.0%} of the time")
del network

# %% [markdown]
"""
Your numbers differ from ours, but two things are the same nearly everywhere. The first stage takes more than its
share: its ReLUs and its pooling have no MACs, and still read and write every number of the largest volumes. And so do
the full connections: they fetch each weight for a single multiplication a picture, and fetching is slow, as you saw
in lesson 03. So by the clock that text may well be right, and by the count it is not. Say which of them you mean.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## How far does an output see?

What is all this spent on? On seeing more of the picture at a time. An output of the first layer sees 3 pixels across.
How much does an output further up see? The part of the picture that it depends on is its receptive field, a word that
you know from lesson 01 for a single layer.

Three layers of 3x3 filters, one on the other, stride 1: how many pixels across does an output of the third layer see?
"""

# %% tags=["question"]
pixels = 7  # across
ask("three-small", pixels)

# %% tags=["figure"]
figures.receptive_field_pyramid([3, 3, 3])

# %% [markdown]
r"""
An output of the second layer sees three neighbours of the first. Neighbours overlap: from one to the next, a single
pixel is new. So every 3x3 layer adds one pixel on each side, and a layer with a kernel of size $F$ adds $F - 1$ in
all.

Three 3x3 layers see as far as one layer of 7x7. VGG's authors took the three. Suppose that every volume has 64
channels. How many weights, biases left out, do the three small layers have, and how many the large one?
"""

# %% tags=["question"]
weights = (110_592, 200_704)  # of the three small layers together, and of the large one
ask("small-weights", weights)

# %% [markdown]
r"""
With $C$ channels it is $3 \cdot 9\,C^2 = 27\,C^2$ against $49\,C^2$: 45% less, for the same field, and with three
ReLUs on the way instead of one. Work, weights times places, is saved in the same measure. (What it costs is memory:
three volumes to remember instead of one.)

Now put a pooling between: a 3x3 layer, a 2x2 pooling with stride 2, another 3x3 layer. How many pixels across does an
output see?
"""

# %% tags=["question"]
pixels = 8  # 3x3, pooling 2x2 with stride 2, 3x3
ask("field-pool", pixels)

# %% tags=["figure"]
figures.receptive_field_pyramid([3, 2, 3], [1, 2, 1], labels=["conv", "pool", "conv"])

# %% [markdown]
r"""
Behind the pooling two neighbours look at places that are two pixels apart. That distance is the *jump*. Every layer
on top of it now adds twice as much. Keep two numbers while you walk up: the field $r$ and the jump $j$, both 1 for a
pixel itself. A layer with kernel $F$ and stride $S$ makes of them

$$r \leftarrow r + (F - 1)\,j \qquad\qquad j \leftarrow j \cdot S$$

in this order: the layer's taps sit on the map below, which does not know about its stride yet. Look at the picture
again and find both lines in it.
"""

# %% [markdown] minutes=7
"""
### Exercise: the receptive field ●●●○○ · 7 minutes

*Why it matters.* What lies outside its field cannot change an output. When a network fails on large objects, this is
the first number to look at.

Walk through a chain of layers, the first on the picture. Pooling layers are layers like others. Where `dilations` are
given, a layer's taps are that far apart on the map below. `None` means 1 for every layer. Return both numbers.
"""


# %% tags=["exercise", "type-along"]
def receptive_field(kernel_sizes, strides=None, dilations=None):
    """(field, jump) along one axis, in pixels of the picture, after a chain of layers."""
    ### BEGIN SOLUTION about 8 lines
    strides = [1] * len(kernel_sizes) if strides is None else strides
    dilations = [1] * len(kernel_sizes) if dilations is None else dilations
    field = jump = 1
    for size, stride, dilation in zip(kernel_sizes, strides, dilations, strict=True):
        field += dilation * (size - 1) * jump
        jump *= stride
    return field, jump
    ### END SOLUTION


check(receptive_field)

# %% [markdown] tags=["help"]
"""
**It is right until there is a stride** → draw two outputs behind the stride: how many pixels apart do they look? **It
is too large by the factor of the last stride** → which comes first, the sum or the product? **With a dilation it is a
pixel or two too large** → three taps have two gaps. **`NoneType` is not iterable** → what should `strides` be when
nobody gives any?
"""

# %%
receptive_field = use(receptive_field)
print("AlexNet's first three layers:", receptive_field([11, 3, 5], [4, 2, 1]))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
"""
## Watch it grow

The summary has the field for every row. Draw it against depth, counted in convolutions and poolings on the main way.
"""

# %% tags=["figure"]
grown = {}
for name, label in names.items():
    rows = [row for row in counted[name].rows if row.type in ("Conv2d", "MaxPool2d")]
    fields = [row.receptive_field[0] for row in rows if "downsample" not in row.name]
    grown[label] = np.concatenate([fields, np.full(50 - len(fields), np.nan)])
figures.line_chart(
    np.arange(1, 51), grown, "layer", "field (pixels)", level=("the picture", 224), markers=False
)

# %% [markdown]
"""
AlexNet sees far at once, with an 11x11 filter and a stride of 4, and coarsely. VGG-16 starts slowly and speeds up
with every pooling. In both it is left to the full connections to see everything. ResNet-50 climbs in steps, since two
of three layers in it are 1x1 and widen nothing, and its last layers see more than the picture has.

Explore it: choose a network, a layer, and one of its outputs, and follow what it sees down to the picture. At the
edge a part of the field lies in the padding, where there is nothing to see. With *my own* you write the layers
yourself: `7/2/3 3/2/1 3` is a 7x7 kernel with stride 2 and padding 3, then 3x3 with stride 2 and padding 1, then 3x3
with stride 1.
"""

# %% tags=["widget"]
widgets.receptive_field_explorer(datasets.photograph(size=224))

# %% [markdown]
"""
A formula is a claim, and a gradient can test it. A pixel lies in the field if the output can change with it, so send
a gradient back from one output in the middle, and look which pixels it reaches.
"""

# %% tags=["experiment"]
chain = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AvgPool2d(2), nn.Conv2d(4, 1, 3))
x = torch.zeros(1, 1, 20, 20, requires_grad=True)
chain(x)[0, 0, 3, 3].backward()
rows = x.grad[0, 0].any(dim=1).nonzero()[:, 0]
print(f"rows {int(rows[0])} to {int(rows[-1])}: {len(rows)} pixels; the formula says", end=" ")
print(receptive_field([3, 2, 3], [1, 2, 1])[0])

# %% [markdown]
"""
For whole networks the course has a function that does the same. It makes all weights positive, opens the ReLUs and
takes averages for maxima, so that nothing is left but the wiring. Each network gets a picture that is just large
enough.
"""

# %% tags=["experiment"]
for name in ("alexnet", "vgg16", "resnet18"):
    network = models.create(name, device="meta")
    seen = accounting.receptive_field_support(network)
    row = accounting.summary(network, seen.input_size).row(seen.layer)
    print(f"{name:9} {seen.layer:18} reached {seen.size}, by the formula {row.receptive_field}")
    assert seen.size == row.receptive_field

# %% [markdown]
"""
The formula says how far an output *can* see. Does every pixel of the field count the same? Send gradients back
through stacks of 3x3 layers with random weights, many times, and average their size. What do you expect? **a**: every
pixel of the field gets about the same. **b**: the middle gets most, and it falls off towards the edge like a bell.
**c**: the edge gets most.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("bell", choice)

# %% tags=["experiment", "nbval-ignore-output"]
torch.manual_seed(0)
pictures, titles = [], []
for depth in (5, 10, 20):
    field, _ = receptive_field([3] * depth)
    total = torch.zeros(field, field)
    for _ in range(by_profile(quick=20, full=200, smoke=2)):
        convolutions = [nn.Conv2d(1 if i == 0 else 8, 8, 3, bias=False) for i in range(depth)]
        network = nn.Sequential(*(layer for conv in convolutions for layer in (conv, nn.ReLU())))
        x = torch.randn(1, 1, field, field, requires_grad=True)
        network(x).sum().backward()
        total += x.grad[0, 0].abs()
    pictures.append((total / total.max()).numpy())
    titles.append(f"{depth} layers, {field} × {field}")
    brightest = total.flatten().sort(descending=True).values.cumsum(0)
    share = float((brightest < 0.9 * total.sum()).float().mean())
    print(f"{depth} layers: nine tenths of the gradient fall on {share:.0%} of the field")

# %% tags=["figure", "nbval-ignore-output"]
figures.image_row(pictures, titles=titles)

# %% [markdown]
"""
Each square is a whole field, and most of it is dark. From a pixel in the corner a single way leads through the layers
to the output; from one in the middle there are very many. The count of ways is what you get by throwing many dice and
adding up, and so it has the form of a bell. Luo and others described it in 2016 and called the bright part the
*effective* receptive field. Twice as many layers see twice as far, but the bright part widens only with the square
root of depth, and so its share of the field nearly halves. (Training widens it, they found.) A network whose field
just covers an object hardly looks at the object's edge: one reason why networks see more than the picture has.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## What training has to remember

To use a network you need its weights, and the volumes of two layers at a time, what goes in and what comes out. To
train it you need much more. Two heaps grow.

*What is there once*, however many pictures a batch has: the parameters, a gradient for each of them, and what the
optimizer keeps from step to step. Momentum keeps one number for each parameter, its velocity; Adam, another
optimizer, keeps two.

*What every picture brings along*: the way back needs the numbers that the layers made on the way there, as you know
from lesson 04, so they are all kept until it has passed.

How many bytes are there for each parameter when you train with momentum? A number takes 4 bytes.
"""

# %% tags=["question"]
number_of_bytes = 12  # for each parameter
ask("bytes-each", number_of_bytes)

# %% [markdown] minutes=4
"""
### Exercise: the memory of training ●●○○○ · 4 minutes

*Why it matters.* "Out of memory" is the error that you will meet most often. Three lines tell you beforehand.

Add up both heaps, in bytes. `activations` is how many numbers are kept for one picture. `optimizer_values` is how
many numbers the optimizer keeps for each parameter.
"""


# %% tags=["exercise", "type-along"]
def training_memory(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    """Bytes for the parameters, their gradients, the optimizer's numbers, and the activations of a batch."""
    ### BEGIN SOLUTION about 3 lines
    once = parameters * (1 + 1 + optimizer_values)
    for_each_picture = activations
    return (once + batch_size * for_each_picture) * bytes_per_value
    ### END SOLUTION


check(training_memory)

# %% [markdown] tags=["help"]
"""
**It is too small by the number of parameters** → there are three kinds of numbers that belong to a parameter; which
one did you leave out? **It is right for a batch of one** → which of the two heaps grows with the batch? **It is too
small by a factor of 4** → values or bytes?
"""

# %%
training_memory = use(training_memory)

# %% [markdown]
"""
Your card has 8 GB, 8 thousand million bytes, and you train VGG-16 with momentum in single precision. Take 138 million
parameters and 15 million activations for a picture. Batches of 128 do not fit. By the rule, what is the largest batch
that does?
"""

# %% tags=["question"]
batch_size = 105  # the largest that fits
ask("largest-batch", batch_size)

# %% tags=["figure"]
rows = [(name, batch) for name in names for batch in (1, 32, 128)]
once = [counted[name].parameters * 4 / 1e9 for name, _ in rows]
figures.stacked_bars(
    [f"{names[name]}, batch of {batch}" for name, batch in rows],
    {
        "parameters": once,
        "gradients": once,
        "momentum": once,
        "activations": [training_memory(kept(counted[name]), 0, batch) / 1e9 for name, batch in rows],
    },
    xlabel="memory (GB)",
    level=("a card of 8 GB", 8),
)

# %% [markdown]
"""
At a batch of one, what is there once dominates, and AlexNet and VGG-16 look expensive. At a batch of 128 that part
still counts in AlexNet, hardly in VGG-16, and not at all in ResNet-50, which is the largest now. So the number to
change first is the batch size: it leaves the network as it is.

Lecture notes give a rule of thumb in two lines: three times the parameters, as you have it, and *twice* the
activations, since their gradients need room, too. The second line was true of programs that kept everything, such as
Caffe. Today's free each gradient as soon as the layer below has used it. Follow one training step through time.
"""

# %% tags=["figure", "nbval-ignore-output"]
figures.memory_timeline(
    {
        names[name]: accounting.memory(
            models.create(name, device="meta"), (3, 224, 224), batch_size=32
        ).timeline
        for name in ("vgg16", "resnet50")
    }
)

# %% [markdown]
"""
(Here every single allocation of PyTorch is counted, among them the room that a convolution needs for a moment.) On
the way there the heap of activations grows, fast where the maps are large. On the way back it shrinks again, from the
last layer to the first, while the gradients of the parameters come in. (The leap in VGG-16's curve is the gradient of
its first full connection.) So the worst moment comes on the way back, where the heap is still high, and at no time do
all gradients of activations exist together.
"""

# %% tags=["experiment", "nbval-ignore-output"]
fits = accounting.largest_batch(models.create("vgg16", device="meta"), (3, 224, 224), 8_000_000_000)
print(f"{fits} pictures of VGG-16 fit into 8 GB")

# %% [markdown]
"""
That is a fifth less than the rule said. Most of the difference is in the poolings, which note where each maximum was,
8 bytes for each; the rest is room that layers take for a moment. So leave a fifth free when you use the rule.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
"""
## Predicted and measured

Is it true? Let PyTorch run, follow each of its allocations on your own computer, and compare the peak with what was
predicted before anything ran. Beside it stands your rule of thumb.
"""

# %% tags=["experiment", "nbval-ignore-output"]
tried = by_profile(
    quick=[("resnet18", 96, 4), ("resnet18", 96, 16), ("mobilenet_v2", 96, 16), ("alexnet", 224, 8)],
    full=[(name, 224, batch) for name in ("alexnet", "vgg11", "resnet18", "resnet50") for batch in (2, 8)],
    smoke=[("resnet18", 32, 2)],
)
print("network        pixels  batch      rule  predicted  measured (MB)   off by")
for name, pixels, batch in tried:
    network, size = models.create(name), (3, pixels, pixels)
    summary = accounting.summary(network, size)
    rule = training_memory(kept(summary), summary.parameters, batch)
    predicted = accounting.memory(network, size, batch).peak
    measured = accounting.measure_network(network, size, batch)
    megabytes = f"{rule / 1e6:9.1f} {predicted / 1e6:10.1f} {measured / 1e6:9.1f}"
    print(f"{name:14} {pixels:6} {batch:6} {megabytes} {abs(predicted / measured - 1):13.1%}")
    assert 0.5 < predicted / measured < 2, "the prediction should be near the measured peak"

# %% [markdown]
"""
The prediction follows PyTorch from tensor to tensor. Where PyTorch convolves as it does on most processors of today
it hits; on others a convolution takes more or less room for a moment, and that is what you see in the last column.
Your rule of thumb knows nothing of all that, and comes close. (Operating systems show more than either: PyTorch
itself, Python, and memory that was freed and not given back. Graphics cards also keep some hundred MB for
themselves.)

And when it does not fit? There are several ways out, and each has its price:

| what you do | what it saves | what it costs |
|---|---|---|
| a smaller batch | activations, in proportion | other steps: noisier, often with a smaller learning rate |
| *accumulating gradients*: several small batches, one step | the same | some time; batch norm sees the small batches |
| numbers of 2 bytes (*mixed precision*, lesson 09) | nearly half of the activations | digits; the weights stay in 4 bytes |
| *checkpointing*: keep some volumes, compute the others again | half of the activations or more | about a third more time |
| ReLUs *in place*, written over their input | their outputs, it is said | the input is gone |
| a stride in the first layer | nearly everything behind it | sharpness: it is another network |

Which of these three takes exactly the step that you would have taken with enough memory? **a**: a smaller batch.
**b**: numbers of 2 bytes. **c**: checkpointing.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("same-result", choice)

# %% [markdown]
"""
Try five of them, on a chain of sixteen 3x3 layers without batch norm that sorts sixteen pictures into classes.
`in_place` is the same chain, with the same weights, whose ReLUs write over their input.
"""

# %% tags=["experiment"]
torch.manual_seed(0)
convolutions = [nn.Conv2d(i, o, 3, padding=1) for i, o in pairwise([3] + [32] * 16)]
for conv in convolutions:
    nn.init.kaiming_normal_(conv.weight)
head = nn.AdaptiveAvgPool2d(1), nn.Flatten()
chain = nn.Sequential(*(layer for conv in convolutions for layer in (conv, nn.ReLU())), *head)
in_place = nn.Sequential(*(layer for conv in convolutions for layer in (conv, nn.ReLU(inplace=True))), *head)
images = torch.randn(by_profile(quick=16, full=16, smoke=4), 3, 64, 64)
labels = torch.arange(len(images))


def there_and_back(network, images, labels, parts=1):
    """One step's gradients; with several parts they are accumulated."""
    for x, y in zip(images.chunk(parts), labels.chunk(parts), strict=True):
        (functional.cross_entropy(network(x), y) / parts).backward()


def in_two_bytes():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = functional.cross_entropy(chain(images), labels)
    loss.backward()


# %% [markdown]
"""
Measure the peak of each way, and how far its gradient is from that of the whole batch at once, as a share of its
length.
"""

# %% tags=["experiment", "nbval-ignore-output"]
half = len(images) // 2
ways = {
    "the whole batch": lambda: there_and_back(chain, images, labels),
    "half the batch": lambda: there_and_back(chain, images[:half], labels[:half]),
    "accumulated, 4 parts": lambda: there_and_back(chain, images, labels, parts=4),
    "2 bytes": in_two_bytes,
    "checkpoints, 4": lambda: there_and_back(
        lambda x: checkpoint_sequential(chain, 4, x, use_reentrant=False), images, labels
    ),
    "ReLUs in place": lambda: there_and_back(in_place, images, labels),
}
gradients = {}
for name, way in ways.items():
    chain.zero_grad()
    peak = accounting.measure_memory(way)
    gradients[name] = torch.cat([parameter.grad.flatten() for parameter in chain.parameters()])
    off = (gradients[name] - gradients["the whole batch"]).norm() / gradients["the whole batch"].norm()
    print(f"{name:22} {peak / 1e6:6.0f} MB, gradient off by {float(off):.1g}")

# %% [markdown]
"""
Checkpoints give the same gradient: the same numbers go through the same sums. (Dropout would draw its masks once
more, and the same ones; only the running averages of batch norm are moved twice.) Accumulating gives it up to
rounding, since sums are formed in another order. Two bytes give it to about two digits, which is enough to train. And
half the batch gives quite another gradient.

And ReLUs in place? They save nothing. For its way back a ReLU needs to know where its *output* is above zero, the
next layer keeps the very same output, and what went into the ReLU is freed at once. Of two volumes PyTorch keeps one
anyway: that is why your count leaves ReLUs out. Additions keep nothing at all, because their gradient is handed on as
it came. (Dropout does keep its mask; it is left out because it sits where the volumes are small.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## Broken on purpose: the first layer without its stride

Large maps are expensive, and the largest are the first. That is why AlexNet begins with a stride of 4 and ResNet with
a stride of 2 and a pooling: a compromise, made once, at the place where it saves most. Take it away. AlexNet in
PyTorch's form pads a picture of 224 by 2, and its 11x11 filters make maps of 55x55. With stride 1, how many times as
many numbers does the first layer make?
"""

# %% tags=["question"]
times = 218**2 / 55**2  # a number or a fraction
ask("stride-one", times)

# %% [markdown]
"""
On a real device this might take your computer down. On the meta device it costs nothing to look. Beside it stands
VGG-16 without its poolings.
"""

# %% tags=["experiment"]
alexnet = models.create("alexnet", device="meta")
alexnet.features[0].stride = (1, 1)
unpooled = models.create("vgg16", device="meta")
for place, layer in enumerate(unpooled.features):
    if isinstance(layer, nn.MaxPool2d):
        unpooled.features[place] = nn.Identity()
broken = {
    "AlexNet": counted["alexnet"],
    "without its stride": accounting.summary(alexnet, (3, 224, 224)),
    "VGG-16": counted["vgg16"],
    "without its poolings": accounting.summary(unpooled, (3, 224, 224)),
}
for name, summary in broken.items():
    memory = training_memory(kept(summary), summary.parameters, batch_size=128)
    print(
        f"{name:20}  {summary.parameters / 1e6:5.0f} M parameters  {summary.macs / 1e9:6.1f} G MACs  "
        f"{memory / 1e9:6.1f} GB for a batch of 128"
    )

# %% [markdown]
"""
Not a parameter more, and yet AlexNet does fifteen times the work and VGG-16 nearly fifty times. A batch of 128 goes
from 1 GB to more than 5, and from 9 GB to more than 100. Whoever looks at parameters alone sees no difference at all.
(In PyTorch's forms an average brings the last maps to 6x6 and 7x7, whatever their size. Without it the first full
connection would have grown as well.) And all those places buy nothing but sharpness: the fields shrink, because no
stride pulls the windows apart.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
"""
## The claim ledger

You can count anything now. So count what you have been told. Five lectures are behind this course: three sets of
slides, a spoken lecture, and notes. Every number in them was looked up and computed again; the list is called the
*ledger*. Before you see its verdicts, judge three of its entries.

A table like yours adds up what VGG-16 makes of one picture on the way there: 24 million numbers of 4 bytes. One
lecture says that these are 96 MB; two others have the same table, and say 93 MB. What do you say? **a**: 96 MB is
right. **b**: 93 MB is right, with megabytes of 1024 kilobytes. **c**: neither, the 24 million are wrong already.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("judge-vgg-memory", choice)

# %%
made = sum(row.activations for rows in stages.values() for row in rows) + 3 * 224 * 224
print(f"{made:,} numbers with the picture, {4 * made / 1e6:.0f} MB or {4 * made / 2**20:.0f} MiB")

# %% [markdown]
"""
(A MiB, *mebibyte*, is 1024 times 1024 bytes.) One lecture adds up AlexNet's parameters and gets 27.55 million. It
leaves out the padding: 96 filters of 11x11 on the picture, 256 of 5x5, then 384, 384 and 256 of 3x3, and in the end
256 maps of 2x2, before full connections of 4,096, 4,096 and 1,000 neurons. Add up the weights. The claim is **a**:
right for AlexNet. **b**: wrong for AlexNet, and right for the lecture's own layers. **c**: wrong for both.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("judge-alexnet", choice)

# %%
drawn = [(3, 96, 11), (96, 256, 5), (256, 384, 3), (384, 384, 3), (384, 256, 3)]
convolutions = sum(accounting.count_conv_parameters(*layer, bias=False) for layer in drawn)
connections = 256 * 2 * 2 * 4096 + 4096 * 4096 + 4096 * 1000
print(f"the lecture's layers: {convolutions:,} + {connections:,} = {convolutions + connections:,} weights")
print(f"AlexNet, PyTorch's form: {counted['alexnet'].parameters:,} weights and biases")

# %% [markdown]
"""
The last one is a number. The notes warn of large early layers: on a picture of 224x224, three layers of 64 filters
that keep the size take 72 MB for one picture, numbers and gradients together. How many MiB is it exactly? (Three
volumes, as many gradients, 4 bytes each.)
"""

# %% tags=["question"]
mebibytes = 73.5  # MiB
ask("judge-72", mebibytes)

# %% [markdown]
"""
Now the whole ledger, by source and verdict. *Confirmed* is exact; *rounding* is right to the digits that are given;
*convention* is right if you count in one of two ways; *historical* is a result that a paper reports; *wrong* is none
of these. (css634, madmo and melbourne are slides, nptel11 is the spoken lecture, and cs231n are the notes.)
"""

# %%
ledger = accounting.claims.summary()
ledger

# %% tags=["figure"]
# Each column of the table with its name in front; the row and the column of sums stay out.
(_, *sources), *columns = zip(ledger.columns, *ledger.rows[:-1], strict=True)
parts = {verdict: [int(count) for count in counts] for verdict, *counts in columns[:-1]}
figures.stacked_bars(sources, parts, xlabel="claims")

# %% [markdown]
"""
Most of what you are taught is right. These are not:
"""

# %%
accounting.claims.table(verdict="wrong")

# %% [markdown]
"""
Look for a pattern. Few of these mistakes are mistakes of understanding. The 24 million stand in three of the five
lectures: slides are copied from slides, and a wrong total lives long when nobody adds it up again. And one wrong size
early on pulls others after it: a forgotten padding in AlexNet's second layer makes the volume before the full
connections wrong, then its length, then the weights, then their sum. Both kinds you can find yourself now, in a
minute.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## What history did with it

AlexNet was split over two cards because one, a GTX 580, had 3 GB. VGG's authors trained on four cards, each with a
part of every batch, and it took two to three weeks. GoogLeNet was planned the other way round: its authors set a
budget of 1.5 billion multiply-adds and looked for the best network within it. ResNet's plan keeps the work of a layer
the same from stage to stage, as VGG's does, and has a single full connection.

The ways out of too little memory have their histories, too. To keep some volumes and compute the rest again was known
for gradients of long computations in the 1990s; Chen and others made it known for deep networks in 2016. Training in
2 bytes, with a master copy of the weights in 4, became usual from 2017 on.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## Recap

| cost | counted | where it sits in VGG-16 | what to change |
|---|---|---|---|
| parameters | once: 12 bytes each with momentum | full connections, late layers | kernel sizes, channels, no full connections |
| work | weights times places, for each picture | the middle | strides, channels, groups |
| memory of activations | numbers that layers make, for each picture | early layers | batch size, strides, checkpointing |

Five questions. No scrolling back, at first.

**1.** You give a network of convolutions pictures twice as wide and twice as high. What grows to four times as much?
**a**: work and activations. **b**: parameters, work and activations. **c**: activations only.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("recap-larger-picture", choice)

# %% [markdown]
"""
**2.** A 5x5 layer with stride 2, then a 3x3 layer. How many pixels across does an output see?
"""

# %% tags=["question"]
pixels = 9  # 5x5 with stride 2, then 3x3
ask("recap-field", pixels)

# %% [markdown]
"""
**3.** How far apart, in pixels of the picture, do two neighbours look in the last convolution of VGG-16? (Its fifth
stage, before the fifth pooling.)
"""

# %% tags=["question"]
jump = 16  # of VGG-16's last convolution
ask("recap-jump", jump)

# %% [markdown]
"""
**4.** A network has 10 million parameters, and you train it with Adam in single precision. How many bytes are there
before the first picture comes?
"""

# %% tags=["question"]
number_of_bytes = 160_000_000  # parameters, gradients and Adam's numbers
ask("recap-adam", number_of_bytes)

# %% [markdown]
"""
**5.** Instead of one 3x3 layer from 256 channels to 256 you take three: 1x1 down to 64 channels, 3x3 from 64 to 64,
and 1x1 up to 256. Work and weights become **a**: more, there are three layers now. **b**: about an eighth. **c**:
about half.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-cheap", choice)

# %% [markdown] minutes=1
"""
## Where you are

You can say what a network costs before you run it, and what it sees. The last question was a preview: from lesson 14
on every network is a way to see as much for less, and 1x1 layers and groups are how. But first comes the network that
started it, with its two cards, its puzzling 224, and 61 million weights: AlexNet.
"""
