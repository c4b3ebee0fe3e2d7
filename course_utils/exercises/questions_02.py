"""The short questions of lesson 02."""

from course_utils.exercises.questions import Question

QUESTIONS: tuple[Question, ...] = ()
