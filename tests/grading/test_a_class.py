"""A class that has one of each kind gets what it deserves, and its hostile students cost nobody else a thing."""

from dataclasses import replace

import pytest

from course_utils.exercises import exercises
from course_utils.grading.assignments import ExerciseItem, assignment
from course_utils.grading.grade_class import Settings, grade_class
from course_utils.grading.grade_one import grade
from course_utils.grading.roster import Student
from course_utils.grading.sandbox import sandbox_problem
from tests.grading import a_class, as_text
from tests.grading.broken_submissions import BREAKS
from tests.grading.hostile_submissions import ATTACKS

SEED = 4
sandboxed = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem())


def quick(kind, name):
    """Whether it is one that the grader need not wait for; the others are in tests of the worker, and in the benchmark."""
    return kind != "hostile" or (not getattr(ATTACKS.get(name), "slow", False) and not name.startswith("memory"))


def graded(name, count, folder):
    """(what was handed in, with its result) for each student."""
    one = assignment(name)
    handed_in = a_class.make(one, count, SEED, chosen=quick)
    for student, notebook, _ in handed_in:
        path = folder / "inbox" / student / f"{one.file}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(notebook)
    roster = tuple(Student(student, f"Student {student}") for student, _, _ in handed_in)
    report = grade_class([folder / "inbox"], one, roster, folder / "grades", Settings(seed=SEED, workers=2))
    assert (report.problems, report.unmatched, report.ambiguous) == ((), (), ())
    return list(zip(handed_in, report.results, strict=True))


@sandboxed
def test_everybody_gets_what_they_deserve(tmp_path):
    pairs = graded("hw1", 24, tmp_path)
    kinds = [one.deserves.kind for one, _ in pairs]
    assert set(kinds) == {"right", "wrong", "blank", "broken", "hostile"} and kinds.count("hostile") >= 3
    told = {one.deserves.name: a_class.differences(one.deserves, result) for one, result in pairs}
    assert {name: said for name, said in told.items() if said} == {}
    # The same in a class of hostile ones as alone.
    honest = [(one, result) for one, result in pairs if one.deserves.kind in ("right", "wrong")]
    for one, result in honest[:3]:
        path = tmp_path / "alone.ipynb"
        path.write_bytes(one.notebook)
        alone = grade(path, assignment("hw1"), one.student, seed=SEED)
        assert alone.items == result.items and alone.notes == result.notes
    handed_in = {path.name for path in (tmp_path / "inbox").rglob("*") if path.is_file()}
    assert handed_in == {f"{assignment('hw1').file}.ipynb"}


@sandboxed
def test_everybody_gets_what_they_deserve_in_pytorch(tmp_path):
    pytest.importorskip("torch")
    pairs = graded("hw4", 6, tmp_path)
    told = {one.deserves.name: a_class.differences(one.deserves, result) for one, result in pairs}
    assert {name: said for name, said in told.items() if said} == {} and len(told) == 6


@sandboxed
def test_a_grade_that_differs_is_told(tmp_path):
    handed_in = next(one for one in a_class.make(assignment("hw1"), 5, SEED, chosen=quick) if one.deserves.named)
    path = tmp_path / "hw1.ipynb"
    path.write_bytes(handed_in.notebook)
    result, deserves = grade(path, assignment("hw1"), seed=SEED), handed_in.deserves
    (name,) = deserves.named
    assert a_class.differences(deserves, result) == []
    more = replace(deserves, points=deserves.points | {name: deserves.points[name] + 0.1})
    assert len(a_class.differences(more, result)) == 1
    assert len(a_class.differences(replace(deserves, named={name: "another"}), result)) == 1
    assert a_class.differences(replace(deserves, status="unreadable"), result) == ["graded instead of unreadable"]


def test_a_class_of_200_has_every_style_misconception_break_and_attack():
    one = assignment("hw1")
    names = {(kind, name) for kind, name, _ in a_class.drawn(one, 200, SEED)}
    misconceptions = {
        ("wrong", f"{item.name}: {wrong.name}")
        for item in one.items
        if isinstance(item, ExerciseItem)
        for wrong in exercises()[item.name].misconceptions
    }
    assert len(misconceptions) > 100 and misconceptions <= names
    assert {("broken", name) for name in BREAKS} | {("hostile", name) for name in ATTACKS} <= names
    assert {("right", style) for style in (*a_class.STYLES["hw1"], "helpers apart", "mixed")} <= names


def test_the_same_seed_makes_the_same_class():
    first, again = (a_class.make(assignment("hw1"), 5, SEED, chosen=quick) for _ in range(2))
    assert [one.deserves for one in first] == [one.deserves for one in again]


@pytest.mark.parametrize("homework", ["hw1", "hw4"])
def test_every_misconception_is_a_text_without_the_course(homework):
    named, texts = 0, set()
    for item in assignment(homework).items:
        for wrong in exercises()[item.name].misconceptions if isinstance(item, ExerciseItem) else ():
            text = as_text.of_misconception(wrong.function, item.name)
            compile(text, item.name, "exec")
            assert "course_utils" not in text
            named += 1
            texts.add(text)
    assert len(texts) == named > 100
