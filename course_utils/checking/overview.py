"""The progress page: a table and a small picture of what is solved."""

import html

from course_utils import paths
from course_utils.checking import records
from course_utils.checking.report import show
from course_utils.exercises import exercises, questions, trials
from course_utils.lessons import HOMEWORK, LESSONS

_COLOURS = {"passed": "#009E73", "failed": "#D55E00"}
_SIGNS = {"passed": "■", "failed": "◪", "open": "□"}


def progress() -> None:
    """Show what is solved, lesson by lesson: one square an exercise or question, filled when it is right."""
    show(Overview(*records.load()))


class Overview:
    """The learner's progress, ready to be shown as HTML or text."""

    def __init__(self, known: records.Record, problem: str = "") -> None:
        self.problem = problem
        self.rows = []
        written = [lesson for lesson in LESSONS + HOMEWORK if (paths.NOTEBOOKS / f"{lesson.file}.ipynb").exists()]
        for lesson in written:
            own = {
                kind: [
                    (name, known[kind].get(name, {}).get("status", "open"))
                    for name, item in declared.items()
                    if item.lesson == lesson.number
                ]
                for kind, declared in (("exercises", exercises() | trials()), ("questions", questions()))
            }
            if own["exercises"] or own["questions"]:
                self.rows.append((lesson, own["exercises"], own["questions"]))

    def __str__(self) -> str:
        lines = [self.problem] if self.problem else []
        for lesson, *kinds in self.rows:
            squares = "  ".join("".join(_SIGNS[status] for _, status in items) for items in kinds)
            counts = ", ".join(
                f"{_solved(items)} of {len(items)} {kind}"
                for kind, items in zip(("exercises", "questions"), kinds, strict=True)
            )
            lines.append(f"{lesson.number} {lesson.title:<24} {squares}  {counts}")
        return "\n".join([*lines, f"{_SIGNS['passed']} right  {_SIGNS['failed']} tried  {_SIGNS['open']} open"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(_cell("th", text) for text in ("lesson", "exercises", "questions"))
        body = ""
        for lesson, own_exercises, own_questions in self.rows:
            body += f"<tr>{_cell('td', f'{lesson.number} {html.escape(lesson.title)}')}"
            for items in (own_exercises, own_questions):
                body += _cell("td", f"{_squares(items)} {_solved(items)} of {len(items)}")
            body += "</tr>"
        note = f"<div>{html.escape(self.problem)}</div>" if self.problem else ""
        legend = " ".join(f"{_square(status, '')} {text}" for status, text in _LEGEND)
        table = f'<table style="border-collapse:collapse;margin:4px 0"><tr>{head}</tr>{body}</table>'
        return f'<div style="color:var(--jp-content-font-color1,inherit)">{note}{table}<div>{legend}</div></div>'


_LEGEND = (("passed", "right"), ("failed", "tried"), ("open", "open"))


def _solved(items: list[tuple[str, str]]) -> int:
    return sum(status == "passed" for _, status in items)


def _cell(tag: str, content: str) -> str:
    style = "text-align:left;padding:3px 14px 3px 0;font-weight:normal;vertical-align:middle"
    return f'<{tag} style="{style}">{content}</{tag}>'


def _squares(items: list[tuple[str, str]]) -> str:
    return "".join(_square(status, name) for name, status in items)


def _square(status: str, name: str) -> str:
    """A square of 12 pixels: full when right, half when tried, empty when open; told apart without colour."""
    words = dict(_LEGEND)[status]
    label = html.escape(f"{name}: {words}" if name else words)
    stroke = "#888" if status == "open" else _COLOURS[status]
    shape = f'<rect x="1" y="1" width="10" height="10" fill="none" stroke="{stroke}"/>'
    if status != "open":
        height = 10 if status == "passed" else 5
        shape += f'<rect x="1" y="{11 - height}" width="10" height="{height}" fill="{_COLOURS[status]}"/>'
    return (
        f'<svg role="img" aria-label="{label}" width="12" height="12" style="vertical-align:middle;margin-right:2px">'
        f"<title>{label}</title>{shape}</svg>"
    )
