"""The short questions of lesson 05."""

import numpy as np

from course_utils.exercises.questions import Question, Slip
from course_utils.layers import (
    conv_output_size,
    max_pool2d_backward,
    max_pool2d_forward,
    numeric_gradient,
    subsample2d_forward,
)

# AlexNet's pooling, GoogLeNet's first one, and what AlexNet's first fully connected layer looks at.
OVERLAPPING = {"kernel_size": 3, "stride": 2}
POOL1 = conv_output_size(55, **OVERLAPPING)
POOL3 = conv_output_size(13, **OVERLAPPING)
FC6 = 256 * POOL3 * POOL3 * 4096
FC6_WITHOUT_POOLING = 256 * 55 * 55 * 4096


def gradient_of_the_centre() -> float:
    """What the centre of a 3x3 picture gets if it wins all four 2x2 windows, which hand back 1, 2, 4 and 8."""
    x = np.zeros((1, 1, 3, 3))
    x[..., 1, 1] = 9
    _, cache = max_pool2d_forward(x, 2, stride=1)
    return max_pool2d_backward(np.array([[[[1.0, 2], [4, 8]]]]), cache)[0, 0, 1, 1]


def slope_at_a_tie() -> float:
    """The numeric gradient of a window's maximum for one of three equal largest pixels."""
    x = np.array([[[[3.0, 3], [3, 0]]]])
    return round(float(numeric_gradient(lambda x: max_pool2d_forward(x, 2)[0].sum(), x)[0, 0, 0, 0]), 6)


def halvings(size: int, goal: int) -> int:
    """How many 2x2 poolings with stride 2 lead from one width to the other."""
    return 0 if size == goal else 1 + halvings(conv_output_size(size, 2, stride=2), goal)


def learned_by_subsampling(maps: int) -> int:
    """How many numbers a subsampling layer learns."""
    _, (_, weight, bias, *_) = subsample2d_forward(np.ones((1, maps, 2, 2)), np.ones(maps), np.ones(maps))
    return weight.size + bias.size


QUESTIONS = (
    Question(
        "pooling-puzzle",
        "05",
        answer="b",
        why="A window with one bright pixel turns bright as a whole, so bright spots grow and nothing gets darker.",
        hint="The largest of 64 numbers is never below their average. Which version is brighter than the photograph?",
        slips=(
            Slip("a", "A is smooth, and about as bright as the photograph: every pixel of a window has its say there."),
            Slip("c", "C is ragged, and about as bright as the photograph: that one does not compare pixels at all."),
        ),
    ),
    Question(
        "pool-shape",
        "05",
        answer=(64, conv_output_size(224, 2, 2), conv_output_size(224, 2, 2)),
        why="Half as high and half as wide; each of the 64 slices is pooled by itself, so there are 64 still.",
        hint="How many 2-wide windows lie side by side on 224 pixels? And does a window reach through the depth?",
        slips=(
            Slip((32, 112, 112), "The depth stays: every slice is pooled by itself."),
            Slip((1, 112, 112), "A filter reaches through the full depth; a pooling window looks at one slice."),
            Slip((64, 223, 223), "That is stride 1. Here the windows lie side by side."),
            Slip((112, 112, 64), "The numbers are right, the order is not: this course puts the channels first."),
            Slip((64, 224, 112), "Both sides shrink, not only the width."),
        ),
    ),
    Question(
        "alexnet-pool1",
        "05",
        answer=(96, POOL1, POOL1),
        why="(55 - 3)/2 + 1 = 27, which divides evenly, and the depth stays.",
        hint="Nothing new: the size rule of lesson 02 with F = 3, S = 2, P = 0.",
        slips=(
            Slip((96, 28, 28), "You rounded 55/2 up. The window is 3 wide: use the rule with all its numbers."),
            Slip((96, 26, 26), "You counted the moves: the first place is missing."),
            Slip((96, 18, 18), "You used the window's size as the stride. These windows overlap."),
            Slip((27, 27, 96), "The numbers are right, the order is not: this course puts the channels first."),
            Slip((1, 27, 27), "A pooling window looks at one slice; the depth stays."),
        ),
    ),
    Question(
        "pool-parameters",
        "05",
        answer=0,
        why="Taking a maximum needs no numbers. Size and stride of the window are chosen, not learned.",
        hint="Which numbers in this layer would training change?",
        slips=(
            Slip(9, "The window covers nine pixels, but it has no weights for them: it compares."),
            Slip(9 * 96, "There are no weights, neither one for each pixel nor one for each channel."),
            Slip(9 * 96 * 96, "Those would be the weights of a convolution. Nothing is multiplied here."),
            Slip(96, "Not even a bias: nothing is added either."),
            Slip(2, "Size and stride are settings. You choose them; training does not."),
        ),
    ),
    Question(
        "googlenet-pool",
        "05",
        answer=conv_output_size(112, **OVERLAPPING),
        why="(112 - 3)/2 + 1 = 55.5, and PyTorch drops the half. The table's 56 comes from rounding up.",
        hint="The rule, then PyTorch's way with a fraction.",
        slips=(
            Slip(56, "That is what the table says. Follow the last window: does it lie on the picture?"),
            Slip((112 - 3) / 2 + 1, "And half a place is no place."),
            Slip(54, "You counted the moves: the first place is missing."),
        ),
    ),
    Question(
        "is-max-differentiable",
        "05",
        answer="b",
        why="Away from a tie, a small change of the largest goes through one to one, and a small change of another does nothing: "
        "slopes 1 and 0. Only where two tie does the slope depend on the direction.",
        hint="Raise the largest of four numbers by a hair, then one of the others. What does the maximum do each time?",
        slips=(
            Slip("a", "Nudge 6 in (3, 1, 2, 6) to 6.001. The maximum moves along smoothly, so there is a slope."),
            Slip(
                "c",
                "Take (3, 3), raise one of the two, then lower it instead. Does the maximum move by as much both times?",
            ),
        ),
    ),
    Question(
        "gradients-add",
        "05",
        answer=gradient_of_the_centre(),
        why="The 9 went into four outputs. Nudge it, and all four move: what they hand back adds up.",
        hint="In how many of the four windows does the 9 lie, and in how many does it win?",
        slips=(
            Slip(8.0, "That is what the last window hands back. What became of the other three?"),
            Slip(15 / 4, "You took the mean. Nudge the 9 by 1 and all four outputs move by 1."),
            Slip(1.0, "That is the first window's part alone."),
            Slip(36.0, "The 9 itself does not matter, only that it is the largest."),
        ),
    ),
    Question(
        "which-check",
        "05",
        answer="b",
        why="Side by side, every pixel lies in one window, and setting a number once or adding it to 0 is the same. Only where "
        "windows overlap is something overwritten.",
        hint="In which of the two can a pixel be the maximum of several windows?",
        slips=(
            Slip("a", "There no pixel lies in two windows, so nothing is ever overwritten."),
            Slip("c", "One of the two has no pixel that lies in more than one window."),
        ),
    ),
    Question(
        "tie-numeric",
        "05",
        answer=slope_at_a_tie(),
        why="Raised, it wins, and the maximum goes up by the step. Lowered, the others hold the maximum where it was. The "
        "difference is one step over two.",
        hint="Raise one of the 3s by h: what is the maximum? Lower it by h: what is it now? Divide the difference by 2h.",
        slips=(
            Slip(
                1 / 3, "That shares 1 out among three. The numeric gradient knows no sharing: go through its two steps."
            ),
            Slip(1.0, "Upwards, yes. But the central difference also takes a step down."),
            Slip(0.0, "Downwards, yes: the other two hold the maximum. But there is also the step up."),
        ),
    ),
    Question(
        "lenet-s2",
        "05",
        answer=learned_by_subsampling(6),
        why="A coefficient and a bias for each of the six maps.",
        hint="How many numbers does one map's subsampling have? They are shared by all its windows.",
        slips=(
            Slip(0, "That is max or average pooling. This layer has two numbers for each map."),
            Slip(6, "Each map has a coefficient *and* a bias."),
            Slip(2, "Each of the six maps has its own two."),
            Slip(6 * (4 + 1), "The four pixels of a window share one coefficient: they are added first."),
            Slip(2 * 6 * 14 * 14, "All windows of a map share its two numbers."),
        ),
    ),
    Question(
        "halvings-224-7",
        "05",
        answer=halvings(224, 7),
        why="224, 112, 56, 28, 14, 7: one pooling layer for each halving.",
        hint="Write the widths down, one after another, and count the arrows between them.",
        slips=(
            Slip(4, "After four of them it is 14."),
            Slip(6, "You counted the widths. Count the steps between them."),
            Slip(32, "That is how many times narrower 7 is. Each layer halves."),
        ),
    ),
    Question(
        "fc6-without-pooling",
        "05",
        answer=FC6_WITHOUT_POOLING,
        why="256 · 55 · 55 inputs for each of 4,096 neurons: more than three billion weights, in one layer.",
        hint="How many numbers go in? Each of the 4,096 neurons has a weight for every one of them.",
        slips=(
            Slip(FC6, "That is the layer as it is, with pooling."),
            Slip(256 * 55 * 55, "That is how many numbers go in, so the weights of one neuron."),
            Slip(55 * 55 * 4096, "There are 256 maps of that size."),
            Slip(256 * 55 * 4096, "A map is 55 wide and 55 high."),
        ),
    ),
    Question(
        "one-pixel-shift",
        "05",
        answer="c",
        why="Two of a window's four pixels leave, and often the winner is one of them; then almost always another value "
        "comes out.",
        hint="Of a window's four pixels two leave and two come in. For the output to stay, where must the winner have been?",
        slips=(
            Slip("a", "Two of four pixels leave each window. The winner is among them half of the time already."),
            Slip("b", "So often the winner is among the two that stay. But it must also beat the two that come in."),
        ),
    ),
    Question(
        "recap-pool3",
        "05",
        answer=(256, POOL3, POOL3),
        why="(13 - 3)/2 + 1 = 6, and the depth stays.",
        hint="The size rule for one side; the depth does not change.",
        slips=(
            Slip((256, 7, 7), "You rounded 13/2 up. The window is 3 wide."),
            Slip((256, 5, 5), "You counted the moves: the first place is missing."),
            Slip((256, 2, 2), "So says one lecture, for other sizes. Use the rule."),
            Slip((6, 6, 256), "The numbers are right, the order is not: this course puts the channels first."),
        ),
    ),
    Question(
        "recap-nonzero",
        "05",
        answer=16,
        why="Each of the 4 · 4 windows hands its gradient to one pixel, and no pixel lies in two of them.",
        hint="How many windows are there, and to how many pixels does each of them give something?",
        slips=(
            Slip(64, "All pixels would be average pooling. A window gives to its winner alone."),
            Slip(1, "Each window has a winner of its own."),
            Slip(4, "That is how many pixels a window has. How many windows are there?"),
            Slip(48, "Those are the ones that get nothing."),
        ),
    ),
    Question(
        "recap-sum-grows",
        "05",
        answer="a",
        why="Each window may hand out its gradient once. If every tied pixel gets the whole, the sum grows.",
        hint="Which of the three gives out more than came in?",
        slips=(
            Slip("b", "Assigning loses gradient: the sum would be smaller."),
            Slip("c", "The first alone gets exactly what came in, so the sum is kept."),
        ),
    ),
    Question(
        "recap-pooling-saves",
        "05",
        answer="b",
        why="A filter's weights do not depend on the size of the map it slides over. A fully connected layer has a weight "
        "for every number of the map.",
        hint="Write down both weight counts. In which of them is the width of the map?",
        slips=(
            Slip("a", "A filter has as many weights on a large map as on a small one."),
            Slip("c", "One of the two has the same number of weights, however large the map is."),
        ),
    ),
    Question(
        "recap-two-pixels",
        "05",
        answer="a",
        why="A shift by the stride moves every window onto its neighbour: the outputs move by one place and keep their "
        "values.",
        hint="After a shift by two pixels, which window covers the pixels that a given window had covered?",
        slips=(
            Slip("b", "They keep their values, but each is found one place further."),
            Slip(
                "c",
                "That was the shift by one pixel. By two, each window covers exactly what its neighbour had covered.",
            ),
        ),
    ),
)
