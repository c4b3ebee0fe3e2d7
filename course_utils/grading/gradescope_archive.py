"""`course export gradescope ZIP`: an autograder archive for one assignment.

Layout: https://gradescope-autograders.readthedocs.io/en/latest/specs/: `setup.sh` and `run_autograder` at the root; the
archive lies in /autograder/source, and `run_autograder` is copied to /autograder and called there for each submission.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from course_utils.grading.assignments import Assignment, WrittenItem
from course_utils.grading.cases import new_seed
from course_utils.paths import DATA, ROOT
from course_utils.requirements import name_of, required

# What grading imports, of all that the course asks for; jinja2 is what JupyterLab would have brought.
PACKAGES = ("numpy", "platformdirs", "pooch", "pillow")
_FURTHER = ("jinja2>=3.1",)
_CPU_WHEELS = "https://download.pytorch.org/whl/cpu"

_SETUP = """\
#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the image: the sandbox, a Python of 3.11 or newer, and its packages.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
source_folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

apt-get update
apt-get install -y --no-install-recommends bubblewrap
python=""
for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
  if command -v "$candidate" > /dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  apt-get install -y --no-install-recommends python3.11
  python=python3.11
fi
"$python" -m ensurepip --version > /dev/null 2>&1 || apt-get install -y --no-install-recommends "$python-venv"
"$python" -m venv "$source_folder/environment"
"$source_folder/environment/bin/python" -m pip install --no-cache-dir -r "$source_folder/requirements.txt"
# Nobody but root reads what grades.
chmod -R go-rwx "$source_folder/course" "$source_folder/settings.json"
"""

_RUN = """\
#!/usr/bin/env bash
# Runs for each submission. What it prints is for instructors; students see results/results.json.
root="${AUTOGRADER:-/autograder}"
cd "$root" || exit 1
export PYTHONPATH="$root/source/course" PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
COURSE_HOME="$(mktemp -d)"
export COURSE_HOME
exec "$root/source/environment/bin/python" -P -m course_utils.grading.gradescope_run "$root"
"""

_README = """\
# Autograder: {title}

Upload this archive as it is under *Configure Autograder*. Choose a base image of Ubuntu 22.04 or newer, at least {memory}
of memory, and a time limit of at least {minutes} minutes. {points:g} points are graded here{by_hand}.

{sandbox}
"""
_SANDBOXED = """\
Student code runs in a sandbox (bubblewrap). Where the container does not let a sandbox be made, nothing is graded and the
autograder's output, which instructors see, says so. An archive made with `--unsandboxed` grades all the same; then the
container that Gradescope throws away after each submission is all that keeps student code in."""
_UNSANDBOXED = """\
This archive was made with `--unsandboxed`: student code runs in a process of its own, and the container that Gradescope
throws away after each submission is all that keeps it in. It could read the course's code, and write its own results."""


def export(
    path: Path | str, assignment: Assignment, *, key: str = "", seed: int | None = None, sandboxed: bool = True
) -> Path:
    """Writes the archive and returns its path. key: of personal questions; seed: of the random cases, drawn if None, the
    same for all submissions, so that grading one again gives the same grade. Raises ValueError if there is such a file."""
    path = Path(path)
    if path.exists():
        raise ValueError(f"{path} is there already; name a new file")
    if path.suffix.lower() != ".zip":
        raise ValueError(f"path must end in .zip, got {path.name!r}")
    seed = new_seed() if seed is None else seed
    settings = {"assignment": assignment.name, "key": key, "seed": seed, "sandboxed": sandboxed}
    texts = {
        "setup.sh": _SETUP,
        "run_autograder": _RUN,
        "README.md": _readme(assignment, sandboxed),
        "requirements.txt": "\n".join(requirements(assignment)) + "\n",
        "settings.json": json.dumps(settings, indent=1) + "\n",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(_entry(name, name in ("setup.sh", "run_autograder")), text)
        for file in _course_files():
            archive.writestr(_entry(f"course/{file.relative_to(ROOT).as_posix()}"), file.read_bytes())
    return path


def requirements(assignment: Assignment) -> list[str]:
    """Lines for pip: what grading imports, and PyTorch without CUDA if the assignment's own packages have it."""
    wanted = {*PACKAGES, *assignment.packages}
    lines = [*(one for one in required() if name_of(one) in wanted), *_FURTHER]
    return [f"--extra-index-url {_CPU_WHEELS}", *lines] if "torch" in assignment.packages else lines


def _course_files() -> Iterator[Path]:
    """The package, what it reads of the checkout, and the bundled data; no solutions, no notebooks."""
    yield ROOT / "pyproject.toml"
    yield from sorted(path for path in (ROOT / "course_utils").rglob("*.py") if path.is_file())
    yield from sorted(path for path in DATA.glob("*.npz"))


def _entry(name: str, executable: bool = False) -> zipfile.ZipInfo:
    """An entry with Unix permissions, and one date for all, so that one course gives one archive."""
    entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _readme(assignment: Assignment, sandboxed: bool) -> str:
    written = [item for item in assignment.items if isinstance(item, WrittenItem)]
    waiting = sum(item.points for item in written)
    memory = -(-assignment.memory * 2 // (1 << 30))
    return _README.format(
        title=assignment.title,
        memory=f"{memory} GB",
        minutes=-(-int(assignment.seconds) * 2 // 60),
        points=assignment.points - waiting,
        by_hand=f"; for the other {waiting:g} switch on *Manual Grading*" if written else "",
        sandbox=_SANDBOXED if sandboxed else _UNSANDBOXED,
    )
