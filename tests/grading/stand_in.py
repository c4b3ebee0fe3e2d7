"""A small assignment with every kind of item but one that learns, and its solved notebook."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.grading.assignments import Assignment, ExerciseItem, QuestionItem, WrittenItem

STAND_IN = Assignment(
    name="hw1",
    title="Homework 1: a stand-in",
    file="hw1_stand_in",
    items=(
        ExerciseItem("conv_output_size", 20, random_cases=8),
        ExerciseItem("count_conv_parameters", 10, random_cases=8),
        QuestionItem("alexnet-227", 5, "for_227"),
        WrittenItem("why-share", 10, "Names sharing."),
    ),
    seconds=60,
)

SETUP = """import numpy as np

from course_utils import ask, check, start

start("02")"""
SIZE = '''def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """Output size along one axis. ValueError if the dilated kernel is larger than the padded input."""
    ### BEGIN SOLUTION about 5 lines
    reach = dilation * (kernel_size - 1) + 1
    room = size + 2 * padding - reach
    if room < 0:
        raise ValueError("it does not fit")
    return room // stride + 1
    ### END SOLUTION


check(conv_output_size)'''
COUNT = '''def count_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    """The number of weights and biases of a 2-D convolution, a whole number."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    ### BEGIN SOLUTION about 2 lines
    weights_of_one_filter = height * width * (in_channels // groups)
    return out_channels * (weights_of_one_filter + (1 if bias else 0))
    ### END SOLUTION


check(count_conv_parameters)'''
ASK = 'for_227 = 55  # W=227, F=11, S=4\nask("alexnet-227", for_227)'
WHY = "### Why share? · 10 points\n\nSay why filters are shared.\n\n*YOUR ANSWER HERE*"


def write_solution(folder: Path) -> Path:
    """Writes `hw1_stand_in.ipynb`, solved, into the folder."""
    cells = [
        new_markdown_cell("# Homework", id="title"),
        new_code_cell(SETUP, id="setup", metadata={"tags": ["setup"]}),
        new_code_cell(SIZE, id="exercise-conv_output_size", metadata={"tags": ["exercise"]}),
        new_code_cell(COUNT, id="exercise-count_conv_parameters", metadata={"tags": ["exercise"]}),
        new_code_cell(ASK, id="ask-alexnet-227", metadata={"tags": ["question"]}),
        new_markdown_cell(WHY, id="why-share"),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path = folder / "hw1_stand_in.ipynb"
    nbformat.write(notebook, path)
    return path
