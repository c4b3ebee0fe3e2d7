"""`python killed_class.py INBOX ROSTER OUT`: grade a class with a quick grader, in two processes; the tests kill it."""

import sys
from pathlib import Path

import quick_graders

from course_utils.grading import grade_class
from course_utils.grading.roster import read_roster


def main(inbox: str, roster: str, out: str) -> None:
    grade_class.assignments = lambda: {"hw1": quick_graders.HOMEWORK}
    settings = grade_class.Settings(seed=3, workers=2)
    report = grade_class.grade_class(
        [Path(inbox)], quick_graders.HOMEWORK, read_roster(roster), Path(out), settings, work=quick_graders.noted
    )
    print(report.graded, report.skipped, len(report.problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
