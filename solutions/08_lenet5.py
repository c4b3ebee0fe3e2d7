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

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
# LeNet-5, by hand

At the end of the 1990s machines read several million American bank cheques a day, and what read the amounts was a
convolutional network. Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner described it in 1998. *LeNet-5* has
seven layers, 60,000 numbers to set, and nearly every idea that the networks of Part II build on.

You have all the parts. In this lesson you put them together twice: first faithfully, as it was in 1998, with its
trainable subsampling, its strange table of connections and its little pictures as outputs; then as one would build it
today. You train both with your own training step, in NumPy, and look at what they learned and what they get wrong.

You need lessons 02 to 07.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import ask, by_profile, check, datasets, figures, layers, profile, start, use

start("08")

# %%
# Scans of 8x8 pixels, enlarged to the 32x32 that LeNet-5 reads.
data = datasets.load("digits", size=32)
print(f"{len(data.train_images)} pictures to learn from, {len(data.test_images)} to be judged by")

# %% tags=["figure"]
shown = [data.train_images[np.flatnonzero(data.train_labels == digit)[0]] for digit in range(10)]
figures.image_row(shown, titles=list(data.classes))

# %% [markdown] slideshow={"slide_type": "slide"} minutes=8
"""
## Every size

Here is the network as its paper lists it. C is a convolution, S a subsampling, F a full connection; the number counts
the layers.

| layer | what it does |
|---|---|
| input | a gray picture of 32x32 |
| C1 | 6 filters of 5x5, stride 1, no padding |
| S2 | subsampling, 2x2 windows, stride 2 |
| C3 | 16 filters of 5x5, each on some of the 6 maps |
| S4 | subsampling, 2x2 windows, stride 2 |
| C5 | 120 filters of 5x5 on all 16 maps |
| F6 | fully connected, 84 neurons |
| output | ten numbers, one a class |

Work out the sizes before you look at the drawing. How wide are the maps of C1?
"""

# %% tags=["question"]
width = 28  # of the maps of C1
ask("size-c1", width)

# %% [markdown]
"""
S2 and C3?
"""

# %% tags=["question"]
widths = (14, 10)  # of the maps of S2, and of those of C3
ask("size-s2-c3", widths)

# %% [markdown]
"""
And the shape (C, H, W) of what S4 hands on to C5?
"""

# %% tags=["question"]
shape = (16, 5, 5)  # of S4's output
ask("size-s4", shape)

# %% [markdown]
"""
C5 is called a convolution. How wide are its maps?
"""

# %% tags=["question"]
width = 1  # of the maps of C5
ask("size-c5", width)

# %% tags=["figure"]
figures.volumes(
    [(1, 32, 32), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84, 1, 1), (10, 1, 1)],
    labels=["input", "C1", "S2", "C3", "S4", "C5", "F6", "output"],
)

# %% [markdown]
"""
C5's filters are as large as what they look at, so each sits at a single place: here a convolution is a full
connection, and lesson 03 proved that the two are the same. Some lectures list C5 among the fully connected layers,
and for 32x32 pictures they are right. The authors kept the other name because on a larger picture C5 would slide, and
the same network would read a whole line of digits.

Why 32x32, when the authors' digits are at most 20 pixels wide and high, in the middle of the picture? Find out how
much of it one neuron of C3 sees. A neuron of C1 sees 5 pixels across. One of S2 sees two neighbours of C1 and so 6
pixels. One of C3 sees five neighbours of S2, and from each of these to the next it is two pixels. How many pixels
across does a neuron of C3 see?
"""

# %% tags=["question"]
pixels = 14  # across, seen by a neuron of C3
ask("c3-sees", pixels)

# %%
first = np.arange(10) * 2
middles = first + 13 / 2
print(f"first pixel of each of the ten windows: {first}, their middles: {middles[0]} to {middles[-1]}")

# %% [markdown]
"""
The ten windows of a row of C3 have their middles over pixels 6 to 25: just the 20 pixels where a digit lies. So
wherever the end of a stroke or a corner is, there is a neuron that has it in the middle of what it sees. On 20x20
pictures most of them would lie at the edge. (Our own stand-in digits fill the whole picture, and their ends do not
get this.)
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
r"""
## Every number

The paper gives 60,000 numbers to learn. Where are they? Count layer by layer, weights and biases together.

C1 first.
"""

# %% tags=["question"]
numbers = 156  # weights and biases of C1
ask("count-c1", numbers)

# %% [markdown]
"""
S2 learns something too. Its subsampling adds up the four numbers of a window, multiplies the sum by a coefficient and
adds a bias; you wrote it in lesson 05. Each map has a coefficient and a bias of its own.
"""

# %% tags=["question"]
numbers = 12  # coefficients and biases of S2
ask("count-s2", numbers)

# %% [markdown]
"""
For C3, suppose first that each of its 16 filters looks at all six maps of S2.
"""

# %% tags=["question"]
numbers = 2416  # weights and biases of C3, if it were fully connected to the six maps
ask("count-c3-full", numbers)

# %% [markdown]
"""
The paper has 1,516. Keep that in mind for the next section. Then C5, which sees all 16 maps of 5x5 and holds 120
filters.
"""

# %% tags=["question"]
numbers = 48_120  # weights and biases of C5
ask("count-c5", numbers)

# %% [markdown]
"""
Add F6, 84 neurons on 120 numbers, and let the network itself count.
"""

# %%
rng = np.random.default_rng(0)
lenet = layers.lenet5_1998(rng)
total = 0
for name, layer in zip(
    ("C1", "S2", "C3", "S4", "C5", "F6"), [x for x in lenet.layers if x.parameters()], strict=True
):
    count = layers.count_parameters(layer)
    total += count
    print(f"{name}: {count:6,}")
print(f"    {total:6,}")

# %% [markdown]
r"""
Exactly 60,000. Four in five sit in one layer, C5, where convolution ends and full connection begins. You will see
this again: in AlexNet and VGG, too, the first fully connected layer holds more weights than any other.

Weights are one thing, *connections* another: how many multiplications of a weight with an input, and additions of a
bias, are made. C1 has 156 numbers, and uses each of them once at every place of a 28x28 map. How many connections has
C1?
"""

# %% tags=["question"]
connections = 122_304  # of C1, all six maps together
ask("connections-c1", connections)

# %%
places = {"C1": 28 * 28, "S2": 14 * 14 * 6, "C3": 10 * 10, "S4": 5 * 5 * 16, "C5": 1, "F6": 1, "output": 1}
numbers = {"C1": 156, "S2": 5, "C3": 1516, "S4": 5, "C5": 48120, "F6": 84 * 121, "output": 84 * 10}
print(f"{sum(places[name] * numbers[name] for name in places):,} connections")

# %% [markdown]
"""
(In S2 and S4 a place has five: four inputs and a bias. The output layer's 840 are fixed numbers, as you will see.)
The paper says 340,908. Sharing weights makes 60,000 numbers do the work of more than five times as many.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## The table of C3

Sixteen filters, six maps, and not every filter sees every map. The authors give two reasons: it keeps the number of
connections down, and it *breaks the symmetry*: filters that see different maps are forced to become different. Each
column below is a filter of C3, each row a map of S2.
"""

# %% tags=["figure"]
figures.connection_table(layers.lenet_c3_connections(), rows="maps of S2", columns="maps of C3")

# %% [markdown]
r"""
The first six see three neighbours each, the next six see four, going round from the last map to the first. Then come
three that see two pairs with a gap between, and one that sees everything. How many connections between maps are there
in all? (The bottom row counts them by column.)
"""

# %% tags=["question"]
pairs = 60  # filled cells of the table
ask("table-pairs", pairs)

# %% [markdown]
r"""
Each is a 5x5 filter slice, and there are 16 biases: $60 \cdot 25 + 16 = 1516$. There it is.
"""

# %% [markdown] minutes=6
"""
### Exercise: the connection table ●●○○○ · 6 minutes

*Why it matters.* Partial connection came back in 2012 as AlexNet's two halves, in 2016 as groups in ResNeXt, and in
every depthwise layer. All of these are tidy blocks. This older form is not, and no library has a setting for it.

Build the table, by rule rather than by typing 96 truth values. Your array lies on its side: each column of the
drawing is a row of it.
"""


# %% tags=["exercise"]
def lenet_c3_connections():
    """(16, 6) array of truth values: True where a map of C3, a row, sees a map of S2, a column."""
    table = np.zeros((16, 6), dtype=bool)
    ### BEGIN SOLUTION about 8 lines
    for first in range(6):
        table[first, [(first + step) % 6 for step in (0, 1, 2)]] = True
        table[6 + first, [(first + step) % 6 for step in (0, 1, 2, 3)]] = True
    for first in range(3):
        table[12 + first, [(first + step) % 6 for step in (0, 1, 3, 4)]] = True
    table[15] = True
    return table
    ### END SOLUTION


check(lenet_c3_connections)

# %% [markdown] tags=["help"]
"""
**An index of 6 is out of range** → the neighbour of map 5 is map 0: count modulo 6. **The first twelve are right, the
next three are not** → read the table's columns 12, 13 and 14 from the top: two filled, one empty, two filled, and
once more it goes round. **The shape is (6, 16)** → the drawing's columns are your rows.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## The squashing function

From C1 to F6, LeNet-5 squashes the numbers of each layer by a scaled tanh before it passes them on:

$$f(x) = 1.7159 \tanh\left(\tfrac{2}{3} x\right)$$

The odd constants have a reason. What is $f(1)$, to two decimals?
"""

# %% tags=["question"]
value = 1.0  # f(1), to two decimals
ask("squash-one", value)

# %% tags=["figure"]
xs = np.linspace(-4, 4, 161)
out, cache = layers.scaled_tanh_forward(xs)
slope = layers.scaled_tanh_backward(np.ones_like(xs), cache)
figures.line_panels(
    xs,
    {
        "the function": {"1.7159 tanh(2x/3)": out, "tanh": np.tanh(xs)},
        "its slope": {"1.7159 tanh(2x/3)": slope},
    },
    "x",
)

# %% [markdown]
"""
It sends -1 to -1 and 1 to 1, so targets of -1 and 1 can be reached without driving a neuron into saturation, where
its slope is nearly 0 and learning stops. At these values it bends most, as you see at its slope, which falls most
steeply there. (The paper calls what follows a subsampling "a sigmoidal function"; we take the same one.)
"""

# %% [markdown]
"""
The same thought is behind the input. A network learns faster from numbers around 0 than from numbers that are all
positive, so paper becomes -0.1 and ink 1.175. The authors write that this makes the mean about 0 and the variance
about 1. Does it, for our digits?
"""

# %%
scaled = layers.inputs_1998(data.train_images)
print(f"from {scaled.min():.3f} to {scaled.max():.3f}, mean {scaled.mean():.2f}, variance {scaled.var():.2f}")

# %% [markdown]
"""
Not for ours, which have much ink and little paper around it. (For MNIST's the mean does come out near 0; the variance
is far below 1 there, too.) It is a step in the right direction all the same, and we keep it.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
## Outputs that are pictures

F6 has 84 neurons because 84 is 7 times 12: its outputs are meant to form a little picture, 7 wide and 12 high, of the
character that was read. Each class has a fixed *code* of -1 and +1, drawn by hand, and the output for a class is the
squared distance of F6 from its code:

$$y_i = \sum_j (x_j - w_{ij})^2$$

Here $x_j$ are the 84 outputs of F6, and $w_{ij}$ is the code of class i. The nearest code wins. (Such a unit is
called a *radial basis function*, RBF.) The authors drew one for every character that can be printed. These ten are
our own.
"""

# %% tags=["figure"]
codes = layers.digit_codes()
figures.image_row([-code.reshape(12, 7) for code in codes], titles=list(data.classes))

# %% [markdown]
"""
What is the smallest value that $y_i$ can take, and what does it mean? **a**: 0, F6 says exactly the code of class i.
**b**: -84, F6 says the opposite. **c**: 1, the probability of class i is 1.
"""

# %% tags=["question"]
choice = "a"  # "a", "b" or "c"
ask("rbf-smallest", choice)

# %% [markdown]
r"""
Why so complicated? The authors wanted to read whole lines, with letters as well. Characters that look alike, a
capital O and a zero, have codes that look alike, and a later stage that knows the words can choose between them.

Their loss adds to $y$ of the right class a term that pushes the other classes away. A constant, here 0.1, keeps it
from pushing for ever those that are far away already:

$$L = y_{right} + \ln\left(e^{-0.1} + \sum_i e^{-y_i}\right)$$

Look closely: with scores $-y_i$ this is lesson 07's softmax with cross-entropy, and one more class, "nothing that I
know", whose score is always -0.1. In today's version we use plain scores and plain softmax.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
## One step of training

You met `layers.Sequential` in lesson 07: a list of layers. On the way there each keeps what its way back will need, a
cache as in your functions, and on the way back it puts the gradient of each of its parameters beside it. That is all
there is inside. Look at today's version.
"""

# %%
print(layers.lenet5_modern(np.random.default_rng(0)))

# %% [markdown] minutes=6
"""
### Exercise: a training step ●●○○○ · 6 minutes

*Why it matters.* These lines are the whole of learning. Everything else in a training program feeds them, watches
them, or makes them faster.

`network(x)` gives scores, `network.backward(dscores)` leaves in each parameter its gradient, `optimizer.step()` takes
a step, and `loss(scores, labels)` gives what your function of lesson 07 gives. Switch the network to training mode
first: someone may have left it in evaluation.
"""


# %% tags=["exercise", "type-along"]
def train_step(network, optimizer, x, labels, loss=layers.softmax_cross_entropy):
    """One batch: forward, loss, backward, update → (the loss, the scores), both from before the update."""
    ### BEGIN SOLUTION about 6 lines
    network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    optimizer.step()
    return value, scores
    ### END SOLUTION


check(train_step)

# %% [markdown] tags=["help"]
"""
**The loss stays the same from step to step** → who uses the gradients? **The first step changes nothing, the later
ones do** → an update needs this batch's gradients: what has to come before it? **Right, but for a network with
dropout** → in which mode was it when `x` went through? **A tuple where a number should be** → `loss` returns two
things: its value, and what goes backward.
"""

# %%
train_step = use(train_step)

# %% [markdown]
"""
An *epoch* is this for every batch, in a new random order each time, and training is a number of epochs. Without
progress bar and bookkeeping it fits in a few lines. Here is the first epoch of today's LeNet, 45 batches of 32.
Before you look: near which number should the loss of ten classes begin, if the first scores are small?
"""

# %% tags=["experiment", "nbval-ignore-output"]
network = layers.lenet5_modern(np.random.default_rng(0))
optimizer = layers.SGD(network.parameters(), lr=0.02, momentum=0.9)
order = np.random.default_rng(0).permutation(len(data.train_images))
losses = []
for first in range(0, by_profile(quick=1440, full=1440, smoke=96), 32):
    chosen = order[first : first + 32]
    value, _ = train_step(network, optimizer, data.train_images[chosen], data.train_labels[chosen])
    losses.append(value)
print(" ".join(f"{value:.2f}" for value in losses[:15]))

# %% tags=["figure", "nbval-ignore-output"]
figures.line_chart(
    np.arange(1, len(losses) + 1),
    {"loss": losses},
    "batch",
    "loss",
    level=("ln 10", np.log(10)),
    markers=False,
)

# %% [markdown]
r"""
Near $\ln 10 = 2.30$, lesson 07's number for knowing nothing. It begins a little higher: Kaiming's rule keeps the
scale of the numbers, so the first scores are not quite 0, but all wrong. For some twenty batches the network only
learns not to be sure of nonsense. Then it finds the digits.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=7
"""
## Experiment: 1998 against today

`layers.fit` is that loop with a progress bar and a record of what happened; it takes your step. Both networks see the
same digits. The network of 1998 has tanh, subsampling, the table of C3 and distances from codes; today's has ReLU,
max pooling, full connection between maps, and softmax.
"""

# %%
epochs = by_profile(quick=20, full=30, smoke=1)
train, test = (data.train_images, data.train_labels), (data.test_images, data.test_labels)
if profile() == "smoke":
    train = train[0][:64], train[1][:64]


def train_lenet(network, loss, lr, train=train, test=test, epochs=epochs):
    """SGD with momentum 0.9; for the last third of the epochs a fifth of the learning rate."""
    optimizer = layers.SGD(network.parameters(), lr=lr, momentum=0.9)
    schedule = layers.StepLR(optimizer, step_size=max(1, 2 * epochs // 3), gamma=0.2)
    rng = np.random.default_rng(0)
    return layers.fit(
        network, train, test, epochs, 32, optimizer, schedule, loss=loss, rng=rng, step=train_step
    )


# %% [markdown]
"""
Predict before you run: how many more digits in a hundred will today's read right? **a**: more than ten. **b**: about
five. **c**: two at most; they are about as good.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("old-or-new", choice)

# %% tags=["experiment", "nbval-ignore-output"]
old, new = layers.lenet5_1998(np.random.default_rng(0)), layers.lenet5_modern(np.random.default_rng(0))
histories = {
    "LeNet-5 of 1998": train_lenet(
        old, layers.radial_basis_loss, 0.001, *((layers.inputs_1998(x), y) for x, y in (train, test))
    ),
    "today's": train_lenet(new, layers.softmax_cross_entropy, 0.02),
}
for name, history in histories.items():
    print(f"{name}: {history.validation_accuracy[-1]:.1%} right, {sum(history.seconds):.0f} s")
    assert profile() == "smoke" or history.validation_accuracy[-1] >= 0.97, "below 97%"

# %% tags=["figure", "nbval-ignore-output"]
figures.training_curves(histories, measures=("accuracy",))

# %% [markdown]
"""
Both read 97 in 100 or more, after less than a minute of training, with nothing but NumPy. All that was learned about
training since 1998 is worth surprisingly little here: the digits are easy, and the *idea* was right. On harder
pictures and in deeper networks you will see what ReLU and its companions are for.

What did it look like in 1998? The paper reports 10 to 20 passes through 60,000 digits, and 2 to 3 days for them, on
one processor of 200 MHz. And your computer?
"""

# %% tags=["experiment", "nbval-ignore-output"]
shown = len(train[0]) * epochs
for name, history in histories.items():
    rate = shown / sum(history.seconds)
    minutes = 20 * 60_000 / rate / 60
    print(f"{name}: {rate:,.0f} pictures a second; 20 passes through 60,000: {minutes:.0f} minutes")
then = 20 * 60_000 / (2.5 * 24 * 3600)
print(f"in 1998: about {then:.0f} pictures a second, if 20 passes took two and a half days")

# %% [markdown]
"""
MNIST, the data of the paper's own experiments, has 70,000 digits. If it is on this computer (`course data mnist`
fetches it), today's network reads it too: a tenth of it for two epochs in the quick profile, all of it for three in
the full one. Recorded, on two cores of an Intel server, two epochs of all 60,000: today's network reads 98.8% of the
test digits, the one of 1998 98.4% with its codes and 98.5% with softmax. An epoch takes today's network 6.7 s in
NumPy, and 3.9 s in PyTorch.
"""

# %% tags=["experiment", "nbval-ignore-output"]
try:
    mnist = datasets.load("mnist", size=32)
except datasets.DataSetMissing:
    print("MNIST is not on this computer (`course data mnist` fetches it); the lesson goes on without it.")
else:
    some, rounds = by_profile(quick=(6000, 2), full=(60000, 3), smoke=(64, 1))
    part = mnist.train_images[:some], mnist.train_labels[:some]
    network = layers.lenet5_modern(np.random.default_rng(0))
    history = train_lenet(network, layers.softmax_cross_entropy, 0.02, part, epochs=rounds)
    right = layers.accuracy(network, mnist.test_images, mnist.test_labels)
    each = np.mean(history.seconds)
    print(f"MNIST: {right:.2%} of 10,000 after {rounds} epochs of {some:,}, {each:.0f} s each")
    assert right >= by_profile(quick=0.9, full=0.985, smoke=0), "LeNet-5 should read MNIST better than this"

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## What the layers answer

Nothing in this network is hidden from you. Send one digit through the network of 1998, layer by layer, and look at
what each of them hands on.
"""

# %% tags=["figure", "nbval-ignore-output"]
x = layers.inputs_1998(data.test_images[[3]])
maps, names = {"input": x[0]}, {1: "C1", 3: "S2", 5: "C3", 7: "S4"}
for place, layer in enumerate(old.layers):
    x = layer(x)
    if place in names:
        maps[names[place]] = x[0]
figures.feature_maps(maps)

# %% [markdown]
"""
In C1 you still see the digit, six times, each time with other edges brought out. In S2 it is the same at half the
size. From C3 on you would no longer recognise it: a map says where a certain combination of edges is, and after S4
hardly even where. What is lost for the eye is what does not matter for the class.

And F6, whose outputs should be a little picture? Here it is for the first test digit of each class, above the code
that it should come near.
"""

# %% tags=["figure", "nbval-ignore-output"]
examples = [np.flatnonzero(data.test_labels == digit)[0] for digit in range(10)]
x = layers.inputs_1998(data.test_images[examples])
for layer in old.layers[:-1]:
    x = layer(x)
figures.feature_maps({"F6 says": x.reshape(10, 12, 7), "code": codes.reshape(10, 12, 7)})

# %% [markdown]
"""
It draws what it has read. That is no magic: these codes are what its loss compared F6 with. But look where it is
pale: there it hesitates, and you can see between which digits.

And what do the filters of the first layer look for, in 1998 and today?
"""

# %% tags=["figure", "nbval-ignore-output"]
figures.feature_maps({"1998": old.layers[0].weight.data[:, 0], "today": new.layers[0].weight.data[:, 0]})

# %% [markdown]
"""
Orange beside blue is an edge, orange between two blues a stroke. They are less tidy than those you made by hand in
lesson 01: nobody asked for tidiness, and six filters that differ in the right way are all that the loss wants.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## Which digits does it take for which?

An accuracy is one number. A *confusion matrix* says more: row by row, what each digit was read as. Right answers are
on the diagonal; every other cell is a mistake, and tells for what the digit was taken. Here is today's network.
"""

# %% tags=["figure", "nbval-ignore-output"]
scores = new.predict(data.test_images)
read = scores.argmax(axis=1)
counts = np.zeros((10, 10), dtype=int)
np.add.at(counts, (data.test_labels, read), 1)
figures.confusion_matrix(counts, data.classes)

# %% [markdown]
"""
Then look at the mistakes themselves, beginning with those that the network is most sure of.
"""

# %% tags=["figure", "nbval-ignore-output"]
wrong = np.flatnonzero(read != data.test_labels)
sure = wrong[np.argsort(-scores[wrong, read[wrong]])][:6]
if len(sure):
    titles = [f"a {data.test_labels[i]}, read as {read[i]}" for i in sure]
    picture = figures.image_row([data.test_images[i] for i in sure], titles=titles)
else:
    picture = "no mistakes this time"
picture

# %% [markdown]
"""
Would you have read them all right? Some of them are hard; on others the network is plainly wrong. Looking at errors
one by one is the most useful hour in any project: here you learn whether to fix the network, the data, or the labels.

Does the network of 1998 stumble over the same ones?
"""

# %% tags=["experiment", "nbval-ignore-output"]
read_in_1998 = old.predict(layers.inputs_1998(data.test_images)).argmax(axis=1)
wrong_in_1998 = np.flatnonzero(read_in_1998 != data.test_labels)
both = np.intersect1d(wrong, wrong_in_1998)
print(f"wrong: today {len(wrong)}, 1998 {len(wrong_in_1998)}; wrong in both: {len(both)}")

# %% [markdown]
"""
Some digits are hard for both. Others only one of the two gets wrong, and that is what an ensemble lives on, as in
lesson 07.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
"""
## Broken on purpose: digits in order

Everything stays as it is, but the training pictures come sorted: all zeros first, then all ones, and so on, in every
epoch. What do you expect? **a**: the same, since each picture is seen equally often. **b**: a little slower. **c**:
it learns next to nothing.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("in-order", choice)

# %% tags=["experiment", "nbval-ignore-output"]
rng = np.random.default_rng(0)
in_order = np.argsort(train[1], kind="stable")
orders = {"shuffled": lambda: rng.permutation(len(in_order)), "in order": lambda: in_order}
losses = {name: [] for name in orders}
for name, order_of_epoch in orders.items():
    network = layers.lenet5_modern(np.random.default_rng(0))
    optimizer = layers.SGD(network.parameters(), lr=0.02, momentum=0.9)
    for _ in range(by_profile(quick=3, full=3, smoke=1)):
        for chosen in np.array_split(order_of_epoch(), len(in_order) // 32):
            losses[name].append(train_step(network, optimizer, train[0][chosen], train[1][chosen])[0])
    share = layers.accuracy(network, *test)
    convolution, relu = network.layers[:2]
    opened = np.mean(relu(convolution(test[0])) > 0)
    print(f"{name}: {share:.2f} right after three epochs; {opened:.0%} of the first layer's ReLUs are open")
if profile() != "smoke":
    assert share < 0.5, "sorted pictures should have hurt"

# %% tags=["figure", "nbval-ignore-output"]
count = len(in_order) // 32
figures.line_chart(
    np.arange(1, count + 1), {n: v[:count] for n, v in losses.items()}, "batch of the first epoch", "loss"
)

# %% [markdown]
"""
Nothing is wrong with a single line of the network. But for four or five batches on end only zeros come, and the
quickest way to lower the loss is to say "zero", whatever is on the picture: after four batches the loss is nearly 0.
Then come the ones, and the loss leaps up. The gradients of a whole batch, all pushing the same way, throw the filters
so far that their ReLUs shut for every picture. From then on the network is blind. It gives all pictures the same
scores, and cannot recover, as you saw in lesson 04.

Stochastic gradient descent relies on batches that look like the whole, and a forgotten shuffle is a classic way to
lose a day.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
"""
## What history did with it

LeNet's line begins in 1989, with a network that read zip codes from American letters, and had a table of partial
connections already. LeNet-5 had an error of 0.95% on the test digits of MNIST, and 0.8% when its training pictures
were also distorted; three copies of its smaller sister LeNet-4 together went to 0.7%. Then, for more than a decade,
most of the field turned to other methods: data sets were small, computers were slow, and support vector machines came
with better theory. What changed in 2012 was less the idea than its size: AlexNet has LeNet's shape, a thousand times
the weights, a million pictures, and two graphics cards. That is lesson 11.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## Recap

Five questions. No scrolling back, at first.

**1.** Which layer of LeNet-5 holds about four fifths of its weights? **a**: C1. **b**: C3. **c**: C5.
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-where", choice)

# %% [markdown]
"""
**2.** How many weights and biases has F6, 84 neurons on 120 numbers?
"""

# %% tags=["question"]
numbers = 10_164  # of F6
ask("recap-f6", numbers)

# %% [markdown]
"""
**3.** Today's version connects C3 fully and has no numbers to learn in S2 and S4; its output is a fully connected
layer from 84 to 10. How many numbers does it learn?
"""

# %% tags=["question"]
numbers = 61_706  # today's LeNet-5
ask("recap-modern-count", numbers)

# %% [markdown]
"""
**4.** You show LeNet-5 a picture of 36x36. How wide are C5's maps now? **a**: 1, as always. **b**: 2. **c**: it does
not fit.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-larger", choice)

# %% [markdown]
"""
**5.** In which order does a training step happen? **a**: update, forward, backward, loss. **b**: forward, loss,
backward, update. **c**: forward, update, loss, backward.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-order", choice)

# %% [markdown] minutes=1
"""
## Where you are

This is the end of Part I. You have written every layer of a convolutional network, forward and backward, and trained
one that reads digits, and nothing in it is a black box to you: not a product, not a gradient, not one of 60,000
numbers.

If you would like to stay a little: `datasets.load` also takes a folder of your own pictures (`train/7/0001.png` and
so on), so write some digits and let your network read them. Or train the network of 1998 with every filter of C3
seeing every map, and find out what the table is worth.

Part II hands this work to PyTorch, which does the same, on a graphics card if you have one, and turns to the networks
that made history.
"""
