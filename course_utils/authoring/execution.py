"""Runs a lesson's code in a fresh kernel, and refuses outputs that should not be committed."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from course_utils.authoring.notebook import solution_notebook
from course_utils.authoring.source import Cell, Lesson

CELL_SECONDS = 900
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What tqdm writes for a widget that shows a bar: `  0%|          | 0/20 [00:00<?, ?it/s]`.
_PROGRESS_BAR = re.compile(r".*\d+%\|.*\| \d+\S*/\d+\S* \[.*\]")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def execute(lesson: Lesson, folder: Path, done: Callable[[Cell], None]) -> list[NotebookNode]:
    """The lesson's code cells, executed in a fresh kernel that works in `folder`, as the learner's does.

    The profile is `quick` and the learner's own folder an empty one. `done` is called after each code cell.
    Raises ValueError, naming file, line and cell, if a cell fails, or if an output may not be committed.
    """
    notebook = solution_notebook(lesson)
    code_cells = [cell for cell in lesson.cells if cell.kind == "code"]
    with tempfile.TemporaryDirectory(prefix="course-build-") as home:
        with _client(notebook, folder, home) as client:
            executed = []
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    source = code_cells[len(executed)]
                    _run(client, cell, index, lesson, source)
                    executed.append(cell)
                    done(source)
        for source, cell in zip(code_cells, executed, strict=True):
            _strip_widgets(cell, lesson, source)
        if found := output_problems(lesson, executed, [Path(home)]):
            raise ValueError("\n".join(found))
    return executed


def output_problems(lesson: Lesson, executed: list[NotebookNode], private: Sequence[Path] = ()) -> list[str]:
    """What in the outputs may not be committed, one line each. private: folders that no output may show."""
    found = []
    code_cells = [cell for cell in lesson.cells if cell.kind == "code"]
    patterns = _private_patterns([lesson.path.parent.parent, Path.home(), Path(sys.prefix), *private])
    for source, cell in zip(code_cells, executed, strict=True):
        where = f"{lesson.name}:{source.line}: cell {source.id} "
        raised = [output for output in cell.outputs if output.output_type == "error"]
        if raised and "raises-exception" not in source.tags:
            found.append(f"{where}raises {raised[0].ename}: {raised[0].evalue}; mend it, or tag it raises-exception")
        if "raises-exception" in source.tags and not raised:
            found.append(f"{where}is tagged raises-exception but raises nothing; take the tag away")
        warned = [output.text for output in cell.outputs if output.get("name") == "stderr"]
        if warned and "shows-stderr" not in source.tags:
            found.append(f"{where}writes to stderr: {_shortened(warned[0])}; mend it, or tag it shows-stderr")
        for what, pattern in patterns:
            if match := pattern.search(_text(cell.outputs)):
                found.append(
                    f"{where}shows {what}, {_shortened(match[0])}; print something that is the same everywhere"
                )
    return found


@contextmanager
def _client(notebook: NotebookNode, folder: Path, home: str):
    environment = os.environ | {
        "COURSE_PROFILE": "quick",
        "COURSE_HOME": str(Path(home, "course")),
        # The author's own start-up files are not part of the lesson.
        "IPYTHONDIR": str(Path(home, "ipython")),
    }
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    with client.setup_kernel(env=environment):
        yield client


def _run(client: NotebookClient, cell: NotebookNode, index: int, lesson: Lesson, source: Cell) -> None:
    where = f"{lesson.name}:{source.line}: cell {source.id}"
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        traceback = "\n".join(_ANSI.sub("", error.traceback).splitlines()[-15:])
        remedy = "mend it, or tag it raises-exception"
        raise ValueError(f"{where} raises {error.ename}: {error.evalue}; {remedy}\n{traceback}") from None
    except DeadKernelError:
        raise ValueError(f"{where} ended its kernel; run it in a notebook to see why") from None
    except CellControlSignal:
        raise ValueError(f"{where} took more than {CELL_SECONDS} s; make it smaller under quick") from None


def _strip_widgets(cell: NotebookNode, lesson: Lesson, source: Cell) -> None:
    """Leaves of each widget its picture, which needs no kernel to be seen, and of a progress bar, which has none, nothing."""
    cell.outputs = [output for output in cell.outputs if not _is_progress_bar(output)]
    for output in cell.outputs:
        data = output.get("data", {})
        if data.pop(_WIDGET_VIEW, None) is not None and "image/png" not in data:
            raise ValueError(
                f"{lesson.name}:{source.line}: cell {source.id} shows a widget without a picture to fall back on; "
                "use one of course_utils.widgets, whose output carries image/png"
            )


def _is_progress_bar(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return _WIDGET_VIEW in data and bool(_PROGRESS_BAR.fullmatch(data.get("text/plain", "")))


def _private_patterns(folders: list[Path]) -> list[tuple[str, re.Pattern]]:
    # A home such as `/` would be found everywhere.
    paths = {str(path) for folder in folders for path in (folder, folder.resolve()) if len(folder.parts) > 1}
    alternatives = "|".join(re.escape(path) for path in sorted(paths))
    return [
        ("a path of this machine", re.compile(rf"(?<![\w/.])(?:{alternatives})(?![\w-])[^\s\"'<]*")),
        ("a path of this machine", re.compile(r"File ~/\S+")),
        ("a temporary name of the kernel", re.compile(r"ipykernel_\d+\S*")),
        ("an address in memory", re.compile(r"\bat 0x[0-9a-f]{6,}")),
    ]


def _text(outputs: list[NotebookNode]) -> str:
    texts = []
    for output in outputs:
        texts += [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
        texts += [str(value) for mime, value in output.get("data", {}).items() if not mime.startswith("image/")]
    return _ANSI.sub("", "\n".join(texts))


def _shortened(text: str, length: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
