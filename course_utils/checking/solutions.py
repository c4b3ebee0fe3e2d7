"""The solution of an exercise as its lesson writes it, read from the lesson's source."""

import re

from course_utils import paths
from course_utils.exercises.specification import Exercise
from course_utils.lessons import lesson


def solution_of(exercise: Exercise) -> str:
    """The source of the solved function or class, without the markers, or a sentence that says where it should be."""
    source = paths.SOLUTIONS / f"{lesson(exercise.lesson).file}.py"
    if not source.exists():
        return f"The solutions are not here: {source.name} is missing. They come with a full checkout of the course."
    found = re.search(
        rf"^(?:def|class) {re.escape(exercise.name)}\b.*?(?=^check\()", source.read_text(encoding="utf-8"), re.M | re.S
    )
    if not found:
        return f"{source.name} has no solution of {exercise.name}."
    lines = [line for line in found[0].rstrip().splitlines() if "### BEGIN SOLUTION" not in line]
    return "\n".join(line for line in lines if "### END SOLUTION" not in line)
