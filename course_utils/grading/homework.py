"""The homework of the course, in order."""

from course_utils.grading.assignments import Assignment
from course_utils.grading.homework_1 import HOMEWORK_1
from course_utils.grading.homework_2 import HOMEWORK_2
from course_utils.grading.homework_3 import HOMEWORK_3
from course_utils.grading.homework_4 import HOMEWORK_4

HOMEWORK: tuple[Assignment, ...] = (HOMEWORK_1, HOMEWORK_2, HOMEWORK_3, HOMEWORK_4)
