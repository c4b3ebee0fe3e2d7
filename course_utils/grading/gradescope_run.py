"""What an autograder archive runs for each submission: finds the notebook, grades it, writes `results/results.json`.

Layout and formats: https://gradescope-autograders.readthedocs.io/en/latest/specs/ and …/submission_metadata/
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_utils.grading import exports, grade_one
from course_utils.grading.assignments import Assignment, assignment
from course_utils.grading.results import NOTHING, UNREADABLE, SubmissionResult

FAILED = "The autograder could not run, and that is no fault of your submission. Please tell your teacher."


def run(root: Path) -> int:
    """Grades what lies in `submission` below the root. Returns 0, or 1 if the machine and not the submission failed."""
    results = root / "results" / "results.json"
    results.parent.mkdir(exist_ok=True)
    try:
        settings = json.loads((root / "source" / "settings.json").read_text(encoding="utf-8"))
        one = assignment(settings["assignment"])
        values = exports.gradescope(_graded(root, one, settings), one)
    except Exception as error:
        # What is printed is shown to instructors alone.
        print(f"{type(error).__name__}: {error}")
        _write(results, {"output": FAILED, "output_format": "text", "stdout_visibility": "hidden"})
        return 1
    _write(results, values)
    return 0


def _graded(root: Path, one: Assignment, settings: dict[str, Any]) -> SubmissionResult:
    metadata = _metadata(root / "submission_metadata.json")
    student = _student(metadata)
    path, problem = _notebook(root / "submission", one)
    if path is None:
        return SubmissionResult(
            student, one.name, UNREADABLE if problem else NOTHING, notes=(problem,) if problem else ()
        )
    result = grade_one.grade(
        path, one, student, seed=settings["seed"], key=settings["key"], sandboxed=settings["sandboxed"]
    )
    return replace(result, submitted=str(metadata.get("created_at", "")))


def _metadata(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _student(metadata: dict[str, Any]) -> str:
    """The student's number at the school where Gradescope knows it, else the e-mail address; of a group its first."""
    users = metadata.get("users")
    first = users[0] if isinstance(users, list) and users and isinstance(users[0], dict) else {}
    return next((str(first[name]) for name in ("sid", "email", "id") if first.get(name)), "")


def _notebook(folder: Path, one: Assignment) -> tuple[Path | None, str]:
    """The notebook to grade: the one of the assignment's name, else the only one. Else None, and what is wrong."""
    found = sorted(
        path
        for path in folder.rglob("*.ipynb")
        if not path.is_symlink() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    named = [path for path in found if path.name == f"{one.file}.ipynb"]
    chosen = named or found
    if len(chosen) == 1:
        return chosen[0], ""
    if not chosen:
        anything = any(path.is_file() for path in folder.rglob("*"))
        return None, f"There is no notebook among the files; hand in {one.file}.ipynb." if anything else ""
    names = ", ".join(path.name for path in chosen[:5])
    return None, f"There are {len(chosen)} notebooks, {names}; hand in {one.file}.ipynb alone."


def _write(path: Path, values: dict[str, Any]) -> None:
    temporary = path.with_name(".results.json.part")
    temporary.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])))
