import nbformat
import pytest

from course_utils.authoring import build, building, notebook
from course_utils.authoring.building import learner_path, solution_path
from course_utils.authoring.source import read


@pytest.fixture
def executions(monkeypatch):
    """The names of the lessons executed from here on."""
    names, execute = [], building.execute

    def noted(lesson, *rest):
        names.append(lesson.path.stem)
        return execute(lesson, *rest)

    monkeypatch.setattr(building, "execute", noted)
    return names


def load(path):
    return nbformat.read(path, as_version=4)


def test_a_build_gives_both_versions(built, source):
    lesson = read(source)
    solved, open_ = load(solution_path(lesson)), load(learner_path(lesson))
    assert [cell.id for cell in solved.cells] == [cell.id for cell in open_.cells]
    code_cells = [cell for cell in solved.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code_cells] == [1, 2, 3, 4]
    assert [cell.outputs[0].get("text") for cell in code_cells if cell.outputs] == ["twice.3 6\n", None, "12\n"]
    assert solved.metadata.course == {
        "source_sha256": lesson.source_sha256,
        "executed_sha256": lesson.code_sha256,
    }
    assert [path.name for path in sorted(built.glob("*/*"))] == [
        "07_doubling.ipynb",
        "07_doubling.ipynb",
        "07_doubling.py",
    ]


def test_a_second_build_writes_nothing(built, executions):
    before = {path: path.stat().st_mtime_ns for path in built.glob("*/*")}
    build(root=built)
    assert {path: path.stat().st_mtime_ns for path in built.glob("*/*")} == before
    assert executions == []


def test_changed_prose_keeps_outputs_and_runs_nothing(built, source, edit, executions):
    before = load(solution_path(read(source)))
    edit("Count before you read on.", "Count first.")
    build(root=built)
    after = load(solution_path(read(source)))
    assert executions == []
    assert after.cells[2].source.endswith("Count first.")
    assert [cell.get("outputs") for cell in after.cells] == [cell.get("outputs") for cell in before.cells]
    assert after.metadata.course.source_sha256 == read(source).source_sha256


def test_changed_code_runs_again(built, source, edit, executions):
    edit("range(4)", "range(5)")
    build(root=built)
    assert executions == ["07_doubling"]
    assert load(solution_path(read(source))).cells[-1].outputs[0].text == "20\n"


def test_force_runs_again(built, executions):
    build(force=True, root=built)
    assert executions == ["07_doubling"]


def test_outputs_are_not_taken_from_a_notebook_edited_by_hand(built, source, executions):
    path = solution_path(read(source))
    path.write_text(path.read_text(encoding="utf-8").replace("range(4)", "range(9)"), encoding="utf-8")
    build(root=built)
    assert executions == ["07_doubling"]


def test_a_tag_that_forbids_the_kept_output_fails(built, edit):
    edit('# %% tags=["experiment"]', '# %% tags=["experiment", "raises-exception"]')
    with pytest.raises(ValueError, match="raises nothing"):
        build(root=built)


def test_a_broken_rule_is_told_before_anything_runs(root, edit, executions):
    edit(" minutes=6", "")
    with pytest.raises(ValueError, match=r"07_doubling.py:\d+: section 'How much is twice three\?' has no minutes"):
        build(root=root)
    assert executions == []


def test_a_failing_cell_leaves_the_files_as_they_were(built, source, edit):
    before = {path: path.read_bytes() for path in built.glob("*/*.ipynb")}
    edit("range(4)", "range(1 // 0)")
    with pytest.raises(ValueError, match="raises ZeroDivisionError"):
        build(root=built)
    assert {path: path.read_bytes() for path in built.glob("*/*.ipynb")} == before


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError("no space left on device")])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(built, edit, monkeypatch, interruption):
    before = {path: path.read_bytes() for path in built.glob("*/*") if path.suffix == ".ipynb"}
    edit("Count before you read on.", "Count first.")

    def interrupted(self, target):
        raise interruption

    monkeypatch.setattr(notebook.Path, "replace", interrupted)
    with pytest.raises((KeyboardInterrupt, OSError)):
        build(root=built)
    monkeypatch.undo()
    assert {path: path.read_bytes() for path in built.glob("*/*") if path.suffix == ".ipynb"} == before
    assert not list(built.glob("*/.*"))


def test_an_unreadable_notebook_is_built_anew(built, source, executions):
    solution_path(read(source)).write_text("half of a file")
    build(["07"], root=built)
    assert executions == ["07_doubling"]
    assert load(solution_path(read(source))).cells
