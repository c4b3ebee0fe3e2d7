"""The short questions of lesson 00."""

from course_utils.exercises.questions import Question

QUESTIONS: tuple[Question, ...] = ()
