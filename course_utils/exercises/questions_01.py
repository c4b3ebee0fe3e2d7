"""The short questions of lesson 01."""

from course_utils.exercises.questions import Question

QUESTIONS: tuple[Question, ...] = ()
