"""The short questions of lesson 03."""

import numpy as np

from course_utils.exercises.questions import Question, Slip
from course_utils.layers import conv_output_size, conv_to_fc, im2col

PLACES = conv_output_size(227, 11, stride=4)
WINDOW = 11 * 11 * 3
# VGG-16's second layer: windows of 3x3 on 64 channels.
TAPS = 3 * 3 * 64


def row_of_a_tap(channel: int, i: int, j: int) -> int:
    """In which row of the columns a tap of a 3x3 window on three channels stands."""
    x = np.zeros((1, 3, 3, 3))
    x[0, channel, i, j] = 1
    return int(im2col(x, 3)[0, :, 0].argmax())


def stands_where(filters: int, pictures: int) -> tuple[int, int]:
    """Filter and picture whose map a plain reshape puts where filter 1 of picture 0 belongs."""
    names = np.arange(filters * pictures)
    return divmod(int(names.reshape(pictures, filters)[0, 1]), pictures)


QUESTIONS = (
    Question(
        "times-each-number",
        "03",
        answer=64,
        why="Each column meets each of the 64 rows, so each of its numbers is multiplied 64 times.",
        hint="Take one number of the second matrix. Which rows of the first one meet the column it stands in?",
        slips=(
            Slip(TAPS, "That is how many numbers one dot product uses."),
            Slip(4096, "That is how often each number of the *first* matrix is used: once in every column."),
            Slip(1, "In a single dot product, yes. How many of them does its column take part in?"),
        ),
    ),
    Question(
        "alexnet-columns",
        "03",
        answer=(WINDOW, PLACES**2),
        why="A window holds 11 · 11 · 3 numbers, and there are 55 · 55 places.",
        hint="A window is a column: how many numbers does it hold, through all colours? And lesson 02 counted the places.",
        slips=(
            Slip((PLACES**2, WINDOW), "That matrix lies on its side: here a window is a column."),
            Slip((11 * 11, PLACES**2), "A window reaches through all three colours."),
            Slip((WINDOW, PLACES), "There are 55 places to the right *and* 55 downwards."),
            Slip((WINDOW, 54**2), "227 - 11 = 216 are 54 steps of 4, and the first place comes before the first step."),
            Slip((WINDOW, 217**2), "The window moves by 4, not by 1."),
        ),
    ),
    Question(
        "row-of-a-tap",
        "03",
        answer=row_of_a_tap(1, 2, 0),
        why="One whole channel of 9 comes before it, then two rows of 3.",
        hint="Count what stands above it: whole channels first, then whole rows of its own channel.",
        slips=(
            Slip(row_of_a_tap(1, 2, 0) + 1, "Rows are counted from 0, as everything here."),
            Slip(row_of_a_tap(2, 2, 0), "Channel 1 is the second one: one channel comes before it, not two."),
            Slip((2 * 3 + 0) * 3 + 1, "That is the order with the channels last. Here channel comes after channel."),
            Slip(row_of_a_tap(1, 0, 2), "You read the window downwards first. It goes row by row."),
        ),
    ),
    Question(
        "mixed-batch",
        "03",
        answer=stands_where(filters=3, pictures=2),
        why="In memory stand filter 0 of picture 0, filter 0 of picture 1, filter 1 of picture 0, … The reshape takes the "
        "second of them.",
        hint="Write the six maps down in the order in which they lie in memory, filter by filter, in each the pictures. Then "
        "deal them out: three to the first picture, three to the second.",
        slips=(
            Slip((1, 0), "That is what should stand there. Which map lies second in memory?"),
            Slip(
                (0, 0),
                "That one lies first, so it comes to out[0, 0]: the only place of the first picture that is right.",
            ),
            Slip((1, 1), "That one lies fourth. Count in memory: all pictures of filter 0 come first."),
        ),
    ),
    Question(
        "copies-3x3",
        "03",
        answer=3 * 3,
        why="Nine windows of 3x3 hold it: once at each of their nine places.",
        hint="Which windows hold the pixel? Where in the window can it stand?",
        slips=(
            Slip(1, "That is a pixel in the corner, without padding."),
            Slip(3, "Three along one axis. There are two axes."),
            Slip(6, "That is a pixel at the edge, without padding."),
        ),
    ),
    Question(
        "tile-bytes",
        "03",
        answer=TAPS * 1024 * np.dtype(np.float32).itemsize,
        why="576 numbers a column, 1,024 columns, 4 bytes a number: about 2.4 million bytes.",
        hint="A column holds one window through 64 channels. And a float32 takes 4 bytes.",
        slips=(
            Slip(TAPS * 1024, "That is how many numbers there are. Each takes 4 bytes."),
            Slip(9 * 1024 * 4, "A window reaches through all 64 channels."),
            Slip(TAPS * 1024 * 8, "That is float64; these are float32."),
            Slip(64 * 1024 * 4, "Each pixel of the 64 channels comes nine times, once for each tap."),
        ),
    ),
    Question(
        "fc-as-conv",
        "03",
        answer=(4096, 512, 7, 7),
        why="A filter for each neuron, as large as the volume: one place, where it sees everything.",
        hint="How many filters? And how large must a window be, in depth, height and width, to see the whole volume?",
        slips=(
            Slip(
                (4096, 7, 7, 512), "The numbers are right, the order is not: the channels come before height and width."
            ),
            Slip(
                (4096, 7 * 7 * 512),
                "That is the dense layer's matrix. A filter keeps channels, height and width apart.",
            ),
            Slip((4096, 512, 1, 1), "A 1x1 filter sees one pixel. This one must see all 49."),
            Slip((512, 4096, 7, 7), "Filters come first, and a neuron is a filter."),
            Slip((4096, 7 * 7 * 512, 1, 1), "That would need the volume flattened to a single pixel first."),
        ),
    ),
    Question(
        "dense-384",
        "03",
        answer=(1000, conv_output_size(12, 7), conv_output_size(12, 7)),
        why="384/32 = 12, and a window 7 wide has 12 - 7 + 1 = 6 places on 12.",
        hint="The five halvings leave 384/32 pixels. How many places has a 7-wide window there? The 1x1 layers keep them.",
        slips=(
            Slip((6, 6, 1000), "The numbers are right, the order is not: this course puts the channels first."),
            Slip((1000, 12, 12), "That is the volume before the 7x7 filters."),
            Slip((1000, 5, 5), "Five moves, and a place before the first of them."),
            Slip((1000, 1, 1), "That is what 224 pixels give. On a larger picture the filter slides."),
        ),
    ),
    Question(
        "recap-why-fast",
        "03",
        answer="c",
        why="The work is the same, to the last multiplication. The product does it without Python in between, and while a "
        "number is at hand it is used many times.",
        hint="Count the multiplications before and after. Then think of what happens between two of them.",
        slips=(
            Slip("a", "It does exactly as many: every filter meets every window."),
            Slip("b", "It takes more memory: most pixels are copied several times."),
        ),
    ),
    Question(
        "recap-no-copies",
        "03",
        answer=1,
        why="The windows tile the picture, so each pixel lies in one of them.",
        hint="Do such windows overlap?",
        slips=(
            Slip(4, "That would be windows of 2x2 at stride 1."),
            Slip(2, "With stride 2 they do not overlap, along either axis."),
        ),
    ),
    Question(
        "recap-write",
        "03",
        answer="b",
        why="A view is the picture under another shape, and windows that overlap share their pixels.",
        hint="Does the view have numbers of its own?",
        slips=(
            Slip("a", "That is so for columns, which are copies. The view has no memory of its own."),
            Slip("c", "The picture does change, and a pixel of it lies in more than one window."),
        ),
    ),
    Question(
        "recap-wide-product",
        "03",
        answer="b",
        why="The rows of the product are filters, and in each row stand all pictures. So filters come first, and exchanging "
        "the two axes puts them in order.",
        hint="What does a row of the product belong to? What changes faster along it, the picture or the place?",
        slips=(
            Slip("a", "It gives the right shape, and it is the mistake that mixed the digits."),
            Slip(
                "c",
                "`product.T` has the filters last, and is cut as if they were not: each map gets numbers of all filters.",
            ),
        ),
    ),
    Question(
        "recap-dense-row",
        "03",
        answer=int(np.count_nonzero(conv_to_fc(np.ones((1, 1, 3, 3)), (1, 10, 10))[0])),
        why="A row is one place of the filter: nine weights, and zeros for the other 91 pixels.",
        hint="One row computes one number of the output. How many pixels does that number depend on?",
        slips=(
            Slip(100, "That is the length of the row. Most of it is zero."),
            Slip(64, "That is the number of rows: one for each place."),
        ),
    ),
)
