"""Homework 1: convolution and pooling, in NumPy."""

from course_utils.grading.assignments import Assignment, ExerciseItem, WrittenItem

HOMEWORK_1 = Assignment(
    name="hw1",
    title="Convolution and pooling",
    file="hw1_convolution_and_pooling",
    items=(
        ExerciseItem(
            "conv2d_forward",
            20,
            "Every case, visible or random, counts alike: stride, padding and dilation by axis, groups, with and without a "
            "bias, both precisions. Half of the cases right is half of the points.",
        ),
        ExerciseItem(
            "conv2d_backward",
            25,
            "All three gradients of a case have to be right. It is given the course's cache, so that it does not depend on "
            "your forward pass.",
        ),
        ExerciseItem(
            "max_pool2d_forward",
            10,
            "Windows that overlap, leave gaps or leave a rest; padding that never wins; pictures that are negative everywhere.",
        ),
        ExerciseItem(
            "max_pool2d_backward",
            15,
            "A pixel that wins in several windows collects from all of them; of equals the first one wins.",
        ),
        ExerciseItem(
            "conv_transpose2d_forward",
            20,
            "Stride and padding by axis, overlaps that add up, channels that lay filters of their own, and a ValueError where "
            "nothing is left.",
        ),
        WrittenItem(
            "turned-kernel",
            10,
            "4 points: an example in one dimension, with numbers or indices, that shows which outputs one pixel went into (2) "
            "and with which weight (2). 2 points: why the order of these weights is the opposite of the kernel's; that it is "
            "so, without a reason, is 1. 2 points: what stride 2 changes (zeros between the numbers of dout) and why (those "
            "outputs were never made), 1 each. 2 points: clear (1), in the student's own words (1).",
        ),
    ),
    kit=("numeric_gradient", "relative_error"),
)
