"""Homework 2: a network trained without a framework, in NumPy."""

from course_utils.grading.assignments import Assignment, ExerciseItem
from course_utils.grading.trial_items import quality_item

HOMEWORK_2 = Assignment(
    name="hw2",
    title="Train without a framework",
    file="hw2_train_without_a_framework",
    items=(
        ExerciseItem(
            "batch_norm_forward",
            12,
            "Rows and pictures, training and evaluation; the output, both running statistics, and a cache that the course's "
            "way back can use, have to be right in a case.",
        ),
        ExerciseItem(
            "batch_norm_backward",
            13,
            "All three gradients of a case have to be right, in both modes. It is given the course's cache.",
        ),
        ExerciseItem(
            "ghost_batch_norm_forward",
            12,
            "Each part by its own statistics, running statistics moved part by part, no parts in evaluation, and a ValueError "
            "where the batch does not divide in training.",
        ),
        ExerciseItem(
            "dropout_forward",
            8,
            "Both conventions in both modes, drawn from the rng that is passed in; the cache has to serve the course's way back.",
        ),
        ExerciseItem("dropout_backward", 5, "Both conventions in both modes. It is given the course's cache."),
        ExerciseItem(
            "Block",
            13,
            "The output in both modes, the gradients of x, weight, gamma and beta, and running statistics kept from batch to "
            "batch. It stands on your own batch norm.",
        ),
        ExerciseItem(
            "ThreeBlocks",
            12,
            "Scores in both modes and all gradients, tried with stand-ins for the blocks, so that it does not depend on yours.",
        ),
        quality_item(
            "train_and_predict",
            25,
            "By the share of 400 new digits that it reads right: from 20% 5 points, from 50% 10, from 75% 15, from 85% 20, "
            "from 92% all 25. The predictions have to come from a network that the function has trained: look at the code.",
        ),
    ),
    kit=(
        "conv2d_backward",
        "conv2d_forward",
        "kaiming_normal",
        "linear_backward",
        "linear_forward",
        "max_pool2d_backward",
        "max_pool2d_forward",
        "numeric_gradient",
        "random_shift",
        "relative_error",
        "relu_backward",
        "relu_forward",
        "softmax_cross_entropy",
    ),
    seconds=180.0,
)
