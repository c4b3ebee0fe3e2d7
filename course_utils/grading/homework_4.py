"""Homework 4: a residual network, in PyTorch."""

from course_utils.grading.assignments import Assignment, ExerciseItem
from course_utils.grading.trial_items import quality_item

# What others have built, and what brings it in.
READY_MADE = ("torchvision", "timm", "torch.hub", "torch.load")

HOMEWORK_4 = Assignment(
    name="hw4",
    title="A residual network",
    file="hw4_a_residual_network",
    items=(
        ExerciseItem(
            "CifarBlock",
            25,
            "Parameters by shape, outputs in both modes with given weights, the gradient of x, what the scales begin as, and "
            "what has a gradient at first all have to be right in a case. Options A and B, wherever the shape changes, and a "
            "ValueError for any other.",
            forbidden=READY_MADE,
        ),
        ExerciseItem(
            "cifar_resnet",
            20,
            "Parameters by shape, outputs in both modes with given weights, how the convolutions were drawn and what the scales "
            "begin as. It is tried with a stand-in for the block, so that it does not depend on yours.",
            random_cases=16,
            forbidden=READY_MADE,
        ),
        ExerciseItem(
            "SqueezeExcite",
            15,
            "Parameters by shape, the output with given weights, and the gradient of x, which is not written over.",
            forbidden=READY_MADE,
        ),
        ExerciseItem(
            "stochastic_depth",
            20,
            "Output and gradient of x in training, with given draws, and in evaluation: the chance of each layer, a draw for "
            "each picture, and no other convention than the paper's.",
            forbidden=READY_MADE,
        ),
        quality_item(
            "design",
            20,
            "By the share of 1,000 new pictures that the trained design reads right: from 20% 4 points, from 40% 8, from 55% "
            "12, from 70% 16, from 82% all 20. A design over the budget, or one that cannot be built, has none.",
        ),
    ),
    packages=("torch",),
    seconds=300.0,
    memory=4 << 30,
)
