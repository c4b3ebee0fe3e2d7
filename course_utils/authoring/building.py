"""`course build`: source → executed solution notebook and learner's notebook."""

import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course_utils.authoring.execution import execute, output_problems
from course_utils.authoring.notebook import learner_notebook, solution_notebook, to_text, write
from course_utils.authoring.rules import problems
from course_utils.authoring.source import Lesson, code_sha256, read, select
from course_utils.paths import ROOT


def build(lessons: list[str] | None = None, force: bool = False, root: Path = ROOT) -> None:
    """Makes both notebooks of each lesson ("02" or "02_convolution_layer"; all when None).

    The code is executed only when it changed since the last build, or with `force`: when only prose changed, the
    outputs stay. Raises ValueError, with one line a problem, if a source breaks a rule or a cell fails; no file of
    that lesson is touched then.
    """
    sources = [read(path) for path in select(root, lessons)]
    if found := [problem for lesson in sources for problem in problems(lesson)]:
        raise ValueError("\n".join(found))
    console = Console(stderr=True, highlight=False)
    for lesson in sources:
        console.print(f"{lesson.path.stem}: {_build_one(lesson, force, root, console)}", soft_wrap=True)


def solution_path(lesson: Lesson) -> Path:
    """Where the executed notebook of a lesson is: beside its source."""
    return lesson.path.with_suffix(".ipynb")


def learner_path(lesson: Lesson) -> Path:
    """Where the learner's notebook of a lesson is: under the same name in `notebooks/`."""
    return lesson.path.parent.parent / "notebooks" / f"{lesson.path.stem}.ipynb"


def _build_one(lesson: Lesson, force: bool, root: Path, console: Console) -> str:
    executed = None if force else _still_valid(lesson)
    if executed is not None:
        # A tag may have changed what the outputs are allowed to be.
        if found := output_problems(lesson, executed):
            raise ValueError("\n".join(found))
        said = "its code is unchanged, outputs kept"
    else:
        started = time.monotonic()
        executed = _execute(lesson, root / "notebooks", console)
        said = f"executed {len(executed)} cells in {time.monotonic() - started:.1f} s"
    texts = {
        solution_path(lesson): to_text(solution_notebook(lesson, executed)),
        learner_path(lesson): to_text(learner_notebook(lesson)),
    }
    written = [path.parent.name for path, text in texts.items() if write(path, text)]
    return f"{said}; {'wrote it in ' + ' and '.join(written) if written else 'nothing to write'}"


def _execute(lesson: Lesson, folder: Path, console: Console) -> list[NotebookNode]:
    folder.mkdir(exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(lesson.path.stem, total=sum(cell.kind == "code" for cell in lesson.cells))
        return execute(lesson, folder, lambda cell: bar.update(task, advance=1))


def _still_valid(lesson: Lesson) -> list[NotebookNode] | None:
    """The committed code cells with their outputs, if they are an execution of exactly this code."""
    try:
        notebook = nbformat.read(solution_path(lesson), as_version=4)
    except (OSError, ValueError):
        return None
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    was_executed = notebook.metadata.get("course", {}).get("executed_sha256") == lesson.code_sha256
    is_unedited = code_sha256([cell.source for cell in code_cells]) == lesson.code_sha256
    return code_cells if was_executed and is_unedited else None
