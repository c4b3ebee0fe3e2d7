"""Grading homework: submissions run in a sandbox, and what they answer is judged outside of it.

`assignments` says what a homework asks, `grade_one` grades one submission, `grade_class` a class; `sandbox` is where a
student's code runs, and nothing else of this package is there.
"""
