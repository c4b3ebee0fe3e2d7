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
# Homework 3: Know your network

*100 points, about three hours. You need lessons 02, 05, 06 and 10.*

Somebody hands you a network as a list of layers. How large do its maps become, how many numbers does it learn, how
much does it compute, what does it see, will it fit? In this homework you answer that with paper and pencil, or with a
few lines of Python, for a network that is yours alone: it is drawn from the id under which you hand in, and nobody
else in your class has the same.
"""

# %% tags=["setup"]
from course_utils import start
from course_utils.grading import personal

start("hw3")

# %% [markdown] minutes=5
"""
## How it is graded

Sixteen numbers, each right or wrong. A slip in an early size spoils what is counted with it later, so go over the
sizes twice. The grader draws your network once more from your id, counts it by itself, and compares. It reads the
variables that you assign below, so keep their names. Write plain numbers, or arithmetic such as `3 * 64 * 64`, also
with variables from above. What is counted has to be right to the last digit; for a share or a size in MiB four digits
are enough, such as 12.34 or 0.9876.

**What you may use**: pencil, a calculator, Python and NumPy. The grader's Python has nothing of the course, so an
answer that *calls* the course's counting functions, or takes its numbers from `mine`, is no answer there. They are on
your computer all the same, and nothing keeps you from asking them. Ask them afterwards, to find your own slips: a
number that a program gave you is worth its points once, and one that you can derive is worth something each time a
shape does not fit.

**Where you stand**: without a key (see below) each answer is checked as soon as you run it, with a word on what may
have gone wrong. With an instructor's key the notebook says only whether an answer can be read.

**Working with others**: explain the formulas to each other as much as you like, then count your own network by
yourself. If a page, a person or a program helped you over a step, say so in a comment beside it; that costs nothing.

**Handing in**: run `python -m course_utils submit-check hw3 --student YOUR-ID` in a terminal, with your id. It reads
this notebook as the grader will, and says what it finds. Then hand in this one file.
"""

# %% [markdown] minutes=5
"""
## Your network

Put the id under which you hand in between the quotes, exactly as your instructor has it: another id has another
network, and the grader asks about that of the id that you hand in under. If there is a key for this assignment, put
it in as well before you begin, because it changes the network, too. Without one you work for yourself.
"""

# %% tags=["setup"]
student_id = "your-id"  # the id under which you hand in
key = ""  # the key that your instructor gave for this assignment, if there is one

ask = personal.asker(student_id, key)
mine = personal.network(student_id, key)

# %% tags=["figure"]
mine.figure()

# %% [markdown]
"""
Three columns, one behind the other. A block has two ways: its own layers and the shortcut both read what `conv3`
hands on, what comes out of the two is added number by number, and the head reads the sum. (Lesson 15 is about such
blocks; to count one you need no more than this.) `5x5, 24 → 64` is a square kernel of five by five that makes 64
channels out of 24. What is not said is as usual: stride 1, no padding, dilation 1 (an ordinary kernel), one group.
The numbers of dilation are PyTorch's. Here is the same as a table to fill in; copy it onto paper.
"""

# %%
mine

# %% [markdown]
"""
The rules of counting, for all questions:

- A convolution that batch normalisation follows has no biases; one without has biases. Full connections have biases.
- Batch normalisation learns a scale and a shift for each channel. Its running means and variances are kept, but they
  are not parameters.
- A convolution drops what does not fit. A pooling that *rounds down* does so, too; one that *rounds up* counts a last
  window that hangs over the edge.
- One multiply-accumulate, a MAC, is a multiplication with the addition after it. Only convolutions and full
  connections have any; adding a bias is none.
- Sizes, MACs and activations are for one picture, where nothing else is said.
"""

# %% [markdown] minutes=30
"""
## Sizes

Follow a picture through the front of your network. All maps are square, so one side says it all.

### conv1-side · 4 points

How wide are the maps that `conv1` makes?
"""

# %% tags=["question"]
conv1_side = (134 + 2 * 2 - 9) // 4 + 1  # pixels
ask("conv1-side", conv1_side)

# %% [markdown]
"""
### pool1-side · 5 points

And behind `pool1`? Mind how it rounds.
"""

# %% tags=["question"]
pool1_side = -(-(33 - 2) // 2) + 1  # pixels
ask("pool1-side", pool1_side)

# %% [markdown]
"""
### conv3-side · 6 points

`conv2` and then `conv3`, whose taps stand apart. How wide are the maps that `conv3` makes?
"""

# %% tags=["question"]
conv3_side = 17 + 2 * 1 - 2 * 2  # pixels
ask("conv3-side", conv3_side)

# %% [markdown]
"""
### conv3-padding · 4 points

They do not have the size of the maps that `conv3` reads. With what padding would they?
"""

# %% tags=["question"]
conv3_padding = 2 * (3 - 1) // 2  # pixels on each side
ask("conv3-padding", conv3_padding)

# %% [markdown]
"""
### fc1-inputs · 5 points

On to the end. How many numbers does `fc1` read for one picture?
"""

# %% tags=["question"]
fc1_inputs = 144 * 1 * 1  # numbers
ask("fc1-inputs", fc1_inputs)

# %% [markdown] minutes=40
"""
## Parameters

What does your network learn? Biases and batch normalisation count as the rules say.

### conv1-parameters · 5 points

How many parameters has `conv1`, its batch normalisation included?
"""

# %% tags=["question"]
conv1_parameters = 9 * 9 * 3 * 40 + 2 * 40  # parameters
ask("conv1-parameters", conv1_parameters)

# %% [markdown]
"""
### conv2-parameters · 7 points

How many has `conv2`, the layer in groups?
"""

# %% tags=["question"]
conv2_parameters = 56 * (5 * 5 * 40 // 8 + 1)  # parameters
ask("conv2-parameters", conv2_parameters)

# %% [markdown]
"""
### block-parameters · 9 points

How many have the block and its shortcut together, normalisations included?
"""

# %% tags=["question"]
block_parameters = 96 * 36 + 9 * 36 * 36 + 36 * 144 + 96 * 144 + 2 * (36 + 36 + 144 + 144)  # parameters
ask("block-parameters", block_parameters)

# %% [markdown]
"""
### parameters · 9 points

How many has the whole network?
"""

# %% tags=["question"]
parameters = 9800 + 7056 + (9 * 56 * 96 + 2 * 96) + 34848 + 145 * 104 + 105 * 91  # parameters
ask("parameters", parameters)

# %% [markdown]
"""
### fc1-share · 4 points

How many percent of all these belong to `fc1`, its weights and biases together?
"""

# %% tags=["question"]
fc1_share = 100 * 145 * 104 / 124915  # percent
ask("fc1-share", fc1_share)

# %% [markdown] minutes=25
"""
## Work

What does it compute for one picture?

### conv2-macs · 7 points

How many multiply-accumulates does `conv2` take?
"""

# %% tags=["question"]
conv2_macs = 17 * 17 * 56 * 5 * 5 * 5  # MACs
ask("conv2-macs", conv2_macs)

# %% [markdown]
"""
### macs · 9 points

And the whole network?
"""

# %% tags=["question"]
macs = 10585080 + 2023000 + 10886400 + 777600 + 746496 + 331776 + 884736 + 14976 + 9464  # MACs
ask("macs", macs)

# %% [markdown] minutes=20
"""
## What it sees

Each number in a map of a later layer depends on a square of the picture, its receptive field.

### conv3-field · 9 points

How many pixels wide is the square that one number of `conv3`'s maps depends on? Padding, and what a last window hangs
over, count as picture.
"""

# %% tags=["question"]
conv3_field = 9 + (2 - 1) * 4 + (5 - 1) * 8 + 2 * (3 - 1) * 8  # pixels
ask("conv3-field", conv3_field)

# %% [markdown]
"""
### block-jump · 4 points

Two numbers that are neighbours in a row of a map behind the sum see squares of equal size, the one further right than
the other. By how many pixels of the picture?
"""

# %% tags=["question"]
block_jump = 4 * 2 * 2  # pixels
ask("block-jump", block_jump)

# %% [markdown] minutes=20
"""
## Memory

What does a training step take, with SGD and momentum, if each number takes four bytes? Go by your rule of thumb of
lesson 10: each parameter with its gradient and its velocity, and the activations of all pictures of the step, without
their gradients. As activations count what each convolution (the shortcut's, too), each pooling or average, and each
full connection hands on, once. Normalisation, ReLU and sum are reckoned as done in place, and the picture itself does
not count. How many pictures a step has stands above your table.

### training-memory · 7 points

How many MiB are that? A MiB is 1,048,576 bytes.
"""

# %% tags=["question"]
training_memory = (16 * 122079 + 3 * 124915) * 4 / 1024**2  # MiB
ask("training-memory", training_memory)

# %% [markdown] minutes=10
"""
## What if

VGG's idea, tried on your first layer: in place of its one large kernel put layers of 3x3, one behind the other, as
many as it takes to see equally far, all of them with stride 1. The first of them reads the picture, and each makes as
many channels as `conv1` does.

### small-kernels · 6 points

How many weights have these layers together? Weights alone, without biases or normalisations.
"""

# %% tags=["question"]
small_kernels = 9 * 3 * 40 + 3 * 9 * 40 * 40  # weights
ask("small-kernels", small_kernels)

# %% [markdown] minutes=5
"""
## Before you hand it in

Look through your answers once more: a count is a whole number, a share lies between 0 and 100, and every `...` that
is left is worth nothing. Restart the kernel and run all cells from top to bottom: what works only in the order in
which you happened to run it does not work. Then, in a terminal, `python -m course_utils submit-check hw3 --student
YOUR-ID`. It tells you for every part whether the grader finds it and can read it.
"""
