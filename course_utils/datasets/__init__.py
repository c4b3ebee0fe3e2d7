"""The course's data: handwritten digits (bundled) and a photograph (from matplotlib's sample data)."""

from course_utils.datasets.demo import running_demo
from course_utils.datasets.handwritten import digits
from course_utils.datasets.photo import photograph

__all__ = ["digits", "photograph", "running_demo"]
