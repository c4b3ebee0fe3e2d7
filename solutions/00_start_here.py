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
# Start here

In a few minutes you will turn a photograph into a drawing of its edges, with one line of arithmetic. It is the
smallest piece of what this course is about: networks that look at pictures. You will build every part of them by
hand, from a sum of nine products to a network that reads digits, and then take apart the famous ones, from LeNet to
ResNet.

This lesson shows you around: how a lesson works, how your answers are checked, what to do when you are stuck. It
takes about half an hour. You need some Python, and NumPy as far as `a[1:, 0]` and `a.sum(axis=0)`.

To run a cell, click into it and press Shift and Enter. Run this one first. It loads what the lesson uses.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import ask, check, datasets, doctor, figures, hint, progress, start, use
from course_utils.lessons import LESSONS

start("00")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## Is everything here?

The next cell looks at this computer and says what the course finds. A line with a tick is fine. A line with an
exclamation mark says what to do.
"""

# %% tags=["nbval-ignore-output"]
usual = ("numpy", "matplotlib", "torch", "handwritten digits", "device", "profile")
for finding in doctor.findings():
    if finding.name in usual or (finding.remedy and finding.needed):
        print("!" if finding.remedy else "✓", f"{finding.name}: {finding.remedy or finding.found}")

# %% [markdown]
r"""
You need no graphics card for the first nine lessons, and no internet connection. Experiments come in two sizes:
*quick*, for a laptop, about a minute a lesson, and *full*, for a computer with a graphics card. The course picks by
itself and says so at the top of each lesson.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
r"""
## The way ahead

Part I builds a convolutional network from nothing but arrays. Part II moves to PyTorch and builds the networks that
made history, each with the question it answered.
"""

# %% tags=["figure"]
parts = {}
for lesson in LESSONS:
    parts.setdefault(lesson.part, []).append((lesson.number, lesson.title))
figures.course_map(parts, current="00")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
r"""
## A picture is an array

Here is a photograph: Rear Admiral Grace Hopper, who wrote one of the first compilers.
"""

# %%
photo = datasets.photograph()
print(photo.shape, photo.dtype, f"from {photo.min():.2f} to {photo.max():.2f}")

# %% tags=["figure"]
figures.image_row([photo], titles=["3 channels, 240 rows, 240 columns"])

# %% [markdown]
r"""
To the computer it is an array with three axes: **channel, row, column**, written (C, H, W) for *channels, height,
width*. The first axis holds three tables, for red, green and blue. Each number says how much light there is, from 0
(none) to 1 (full).

`photo[0]` is the red table. `photo[:, 10, 20]` is the colour of one pixel: row 10 from the top, column 20 from the
left.

This is how a *question* looks in this course. Put your answer in place of the three dots and run the cell. How many
numbers does the photograph consist of?
"""

# %% tags=["question"]
numbers = 172_800  # how many numbers are in the photograph
ask("photo-numbers", numbers)

# %% [markdown]
r"""
Try a wrong answer on purpose, say 57600, and read what you are told. Wrong answers often come from a thought that is
nearly right, and the course knows many of them. `hint("photo-numbers")` and `reveal("photo-numbers")` work for
questions, too.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## Your first exercise

An *exercise* is a function with its middle missing. You write the missing lines, run the cell, and `check` tells you
at once whether it is right, and if not, why.

Before you write any, look at a check that fails. This function should turn a colour picture into a gray one. Can you
see what is wrong with it?
"""


# %%
def add_the_colours(image):
    return image[0] + image[1] + image[2]


check(add_the_colours, "to_gray")

# %% [markdown]
r"""
A check tells you, in this order: in how many cases you are right; which slip it looks like, if it knows; the smallest
case that fails, with its numbers; and your result beside the expected one.

Now yours.

### Exercise: colour to gray ●○○○○ · 3 minutes

*Why it matters.* A wrong axis is one of the commonest errors you will make. This is the smallest place to make one.

Return the mean of the three colours at each pixel: from shape (3, H, W) to shape (H, W).
"""


# %% tags=["exercise", "type-along"]
def to_gray(image):
    """image (3, H, W) -> (H, W): the mean of the three channels."""
    ### BEGIN SOLUTION about 1 line
    return image.mean(axis=0)
    ### END SOLUTION


check(to_gray)

# %% [markdown] tags=["help"]
r"""
**It says the wrong axis** → print `image.shape`; which position holds the 3? **It returns one number** → `mean`
without an axis averages over everything.
"""

# %% [markdown]
r"""
If you are stuck, ask for a hint. There are three for each exercise, from a nudge to nearly the solution; call `hint`
again for the next. `reveal(to_gray)` shows the solution. Nobody minds, and nobody is told.
"""

# %%
hint(to_gray)

# %% [markdown]
r"""
After each exercise comes `use`. It gives the rest of the lesson your function if it passed, and the course's own if
not, and says which. So a lesson always runs to its end, and you can skip an exercise and come back to it.
"""

# %%
to_gray = use(to_gray)
gray = to_gray(photo)
print(photo.shape, "->", gray.shape)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
r"""
## The smallest edge filter

Where is an edge? Where the brightness changes. So compare each pixel with its right neighbour: *right minus left*.
Where the picture is flat the difference is about zero. At an edge it is not.

Two predictions first. The photograph has 240 columns. How many columns does the picture of differences have?
"""

# %% tags=["question"]
columns = 239  # columns of the picture of differences
ask("edge-width", columns)

# %% [markdown]
r"""
And where a bright region ends and a dark one begins, going right, the difference is … **a**: positive. **b**:
negative. **c**: zero.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("bright-to-dark", choice)

# %% [markdown]
r"""
### Exercise: differences along the row ●○○○○ · 5 minutes

*Why it matters.* This is a filter with two weights, −1 and +1. Every filter in this course, and every filter that a
network learns, is the same thing with more weights.

Return, for each pixel that has a right neighbour, the neighbour minus the pixel. No loops are needed: subtract two
slices.
"""


# %% tags=["exercise", "type-along"]
def horizontal_difference(image):
    """image (H, W) -> (H, W - 1): each pixel's right neighbour minus the pixel."""
    ### BEGIN SOLUTION about 1 line
    return image[:, 1:] - image[:, :-1]
    ### END SOLUTION


check(horizontal_difference)

# %% [markdown] tags=["help"]
r"""
**Every sign is turned round** → which of your two slices is the right neighbour? **The shapes do not fit** → print
the shapes of both slices; both must have W − 1 columns.
"""

# %%
horizontal_difference = use(horizontal_difference)
edges = horizontal_difference(gray)
print("from", f"{edges.min():.2f}", "to", f"{edges.max():.2f}")

# %% tags=["figure"]
figures.image_row([edges], titles=["right minus left"], cmap="signed", label="difference")

# %% [markdown]
r"""
There is your drawing. Orange is where the picture gets brighter to the right, blue where it gets darker. Note what is
missing: edges that lie flat, such as the shoulders' upper line, are faint, since to the right of a pixel on such an
edge things look just the same. For those you would compare with the pixel below. That is what a filter is: a question
to the picture, asked at every place.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Experiment: the same line, broken on purpose

Picture files do not hold numbers from 0 to 1. They hold bytes, whole numbers from 0 to 255. What if you filter these
directly? In NumPy a byte is the type `uint8`, *unsigned integer of 8 bits*. A pixel of 20 has a right neighbour of
10. What is 10 − 20, in bytes?
"""

# %% tags=["question"]
difference = 246  # np.uint8(10) - np.uint8(20)
ask("uint8-surprise", difference)

# %% tags=["experiment"]
as_bytes = np.round(gray * 255).astype(np.uint8)
exact = horizontal_difference(as_bytes.astype(np.float32))
in_bytes = as_bytes[:, 1:] - as_bytes[:, :-1]
wrong = np.mean(in_bytes != exact)
print(f"wrong pixels: {wrong:.0%}; each is wrong by {np.abs(in_bytes - exact).max():.0f}")

# %% tags=["figure"]
figures.image_row([np.abs(exact), in_bytes], titles=["floating point", "bytes"])

# %% [markdown]
r"""
No error, no warning, and nearly half of the pixels are wrong, each of them by exactly 256. Wherever the picture gets
a little darker, the byte wraps round and shines. From here on the course's layers refuse whole numbers and say why.
Convert first: `image.astype(np.float32) / 255`.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
r"""
## What history did with it

In 1963 Lawrence Roberts wanted a computer to see blocks in a photograph. For his thesis he compared each pixel with
its neighbours along the two diagonals, and marked where the difference was large. His was among the first edge
filters ever run on a picture. For decades people designed better ones by hand. From 1989 on networks learned filters
from examples, and from 2012 on that became the usual way. What their first layers learned, again and again, was
edges.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
r"""
## Your progress

The course remembers what you have solved, also when you close this notebook. One square stands for an exercise or a
question.
"""

# %% tags=["nbval-ignore-output"]
progress()

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
r"""
## Recap

Each lesson ends with five questions.

**1.** A colour picture is 640 pixels wide and 480 high. What is its shape in this course?
"""

# %% tags=["question"]
shape = (3, 480, 640)  # (C, H, W)
ask("recap-shape", shape)

# %% [markdown]
r"""
**2.** Over which axis do you average to turn it gray?
"""

# %% tags=["question"]
axis = 0  # 0, 1 or 2
ask("recap-axis", axis)

# %% [markdown]
r"""
**3.** Your exercise fails its check and you want to read on. What does the lesson do? **a**: it goes on with your
wrong function. **b**: it goes on with the course's function, and says so. **c**: it stops until you have solved it.
"""

# %% tags=["question"]
choice = "b"  # "a", "b" or "c"
ask("recap-use", choice)

# %% [markdown]
r"""
**4.** What does your edge filter give on a white wall, where every pixel is 1?
"""

# %% tags=["question"]
result = 0  # the difference on a white wall
ask("recap-flat", result)

# %% [markdown]
r"""
**5.** Which type should a picture have before you subtract? **a**: bytes (`uint8`). **b**: truth values (`bool`).
**c**: floating point (`float32`).
"""

# %% tags=["question"]
choice = "c"  # "a", "b" or "c"
ask("recap-float", choice)

# %% [markdown] minutes=1
r"""
## Where you are

You know your way around, and you have written your first filter, with two weights. In lesson 01 filters get nine
weights, a window that slides, and depth. Open `01_images_and_filters.ipynb` in the list on the left.
"""
