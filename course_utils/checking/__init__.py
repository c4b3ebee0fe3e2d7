"""Checking what a learner writes: compare, diagnose, explain, and keep the progress."""

from course_utils.checking.judge import Verdict, judge
from course_utils.checking.overview import progress
from course_utils.checking.session import ask, check, hint, reveal, start, use

__all__ = ["Verdict", "ask", "check", "hint", "judge", "progress", "reveal", "start", "use"]
