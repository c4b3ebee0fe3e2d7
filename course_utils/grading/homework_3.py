"""Homework 3: every student counts a network of their own."""

from functools import partial

from course_utils.grading import personal
from course_utils.grading.assignments import Assignment, QuestionItem


def _asked(name: str, points: float, rubric: str) -> QuestionItem:
    return QuestionItem(name, points, name.replace("-", "_"), rubric, personal=partial(personal.question, name))


HOMEWORK_3 = Assignment(
    name="hw3",
    title="Know your network",
    file="hw3_know_your_network",
    items=(
        _asked("conv1-side", 4, "Right to the pixel: padding on both sides, and what does not fit is dropped."),
        _asked("pool1-side", 5, "Right to the pixel: rounded as the table says."),
        _asked("conv3-side", 6, "Right to the pixel: the reach of a dilated kernel."),
        _asked("conv3-padding", 4, "What is lost on each side, not on both."),
        _asked("fc1-inputs", 5, "All numbers of the last maps, each once."),
        _asked("conv1-parameters", 5, "Weights, and the two numbers for each channel that the normalisation learns."),
        _asked("conv2-parameters", 7, "Each filter reads its group's channels alone, and has a bias."),
        _asked("block-parameters", 9, "Block, shortcut and all their normalisations."),
        _asked("parameters", 9, "Everything that is learned. Running means and variances are not."),
        _asked("fc1-share", 4, "In percent; off by half a percent of the number at most."),
        _asked("conv2-macs", 7, "Multiply-accumulates at the places of the output; a MAC is one, not two."),
        _asked("macs", 9, "All convolutions, the shortcut's among them, and the full connections."),
        _asked("conv3-field", 9, "To the pixel: kernels, strides and dilation of all layers up to this one."),
        _asked("block-jump", 4, "The product of the strides."),
        _asked("training-memory", 7, "In MiB, by the notebook's rule; off by a fifth of a percent at most."),
        _asked("small-kernels", 6, "As many small layers as see equally far; weights alone."),
    ),
    seconds=60.0,
)
