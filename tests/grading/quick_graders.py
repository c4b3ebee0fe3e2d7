"""A small homework, and graders of it that need no sandbox: what a submission says of itself is its grade.

A submission is a notebook whose first cell holds the words that a grader acts on, such as "points 7" or "die".
"""

import json
import os
import signal
import time
from pathlib import Path

from course_utils.grading.assignments import Assignment, ExerciseItem, WrittenItem
from course_utils.grading.job import Job
from course_utils.grading.results import BY_HAND, GRADED, PARTLY, ItemResult, SubmissionResult

HOMEWORK = Assignment(
    "hw1", "A small homework", "hw1_small", (ExerciseItem("conv_output_size", 10), WrittenItem("why", 5, "Any reason."))
)
OTHER = Assignment("hw2", "Another", "hw2_other", (ExerciseItem("conv_output_size", 10),))


def notebook(text: str, **metadata: object) -> bytes:
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def grade(job: Job) -> SubmissionResult:
    """The points that the submission names, and its words as the written answer; or what else it says to do."""
    text = json.loads(job.content)["cells"][0]["source"]
    order, *values = text.split()
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "leave":
        os._exit(3)
    if order == "sleep":
        time.sleep(float(values[0]))
    if order == "raise":
        raise RuntimeError("a fault of the grader")
    points = float(values[0]) if order == "points" else 0.0
    threads = os.environ["OMP_NUM_THREADS"]
    items = (
        ItemResult("conv_output_size", 10, points, PARTLY, (f"drawn with {job.seed + len(job.key)}",)),
        ItemResult("why", 5, None, BY_HAND, answer=text),
    )
    return SubmissionResult(job.student, job.assignment, GRADED, items, seed=job.seed, notes=(f"threads {threads}",))


def noted(job: Job) -> SubmissionResult:
    """As `grade`, after a moment, with a line in the file COUNTS for each submission that was graded."""
    time.sleep(0.01)
    with Path(os.environ["COUNTS"]).open("a") as file:
        file.write(f"{job.student}\n")
    return grade(job)
