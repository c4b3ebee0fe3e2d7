"""What a submission can see: Python, the packages of the assignment, the worker and its helpers, and nothing else."""

import ast
import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from course_utils.grading.assignments import Assignment

PYTHON, COURSE = Path("/python"), Path("/course")
_GRADING = Path(__file__).resolve().parent
_PACKAGE = _GRADING.parent
_EXERCISES = _PACKAGE / "exercises"


@cache
def helpers() -> dict[str, str]:
    """The functions that a plan may call inside the sandbox besides a student's, each with the module that it is in.

    They are those of `course_utils/exercises/*_runs.py`, which hold no reference and import nothing of the course.
    """
    found = {}
    for path in helper_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {one.name: path.stem for one in tree.body if isinstance(one, ast.FunctionDef) and one.name[0] != "_"}
    return found


@cache
def helper_files() -> tuple[Path, ...]:
    """The modules that helpers are in. Raises ValueError if one imports something of the course."""
    paths = tuple(sorted(_EXERCISES.glob("*_runs.py")))
    for path in paths:
        if own := [name for name in _imported(path) if name.startswith("course_utils")]:
            raise ValueError(f"{path.name} must import nothing of the course, for it goes into the sandbox: {own[0]}")
    return paths


def kit_entries(assignment: Assignment) -> list[str]:
    """`module:name` of each name of `course_utils.layers` that the assignment offers. Raises AttributeError."""
    from course_utils import layers

    return [f"{getattr(layers, name).__module__}:{name}" for name in assignment.kit]


def course_files(assignment: Assignment) -> dict[Path, Path]:
    """What stands in /course, by its place in there: the worker's modules, the helpers, the layers that are offered."""
    own = [_GRADING / name for name in ("worker.py", "wire.py", "student_shim.py")]
    files = {Path(path.name): path for path in (*own, _EXERCISES / "specification.py", *helper_files())}
    wanted = [entry.partition(":")[0] for entry in kit_entries(assignment)]
    while wanted:
        place = Path(*wanted.pop().split(".")).with_suffix(".py")
        path = _PACKAGE.parent / place
        # A name that is imported from a module looks like a module of that one.
        if place not in files and path.is_file():
            files[place] = path
            wanted += [name for name in _imported(path) if name.startswith("course_utils.layers.")]
    return files


@cache
def package_paths(packages: tuple[str, ...]) -> dict[str, Path]:
    """The folders and modules of packages, and of those that they need, by name.

    Raises ImportError if one of the packages is not installed.
    """
    paths: dict[str, Path] = {}
    # The worker itself needs NumPy.
    packages = tuple(dict.fromkeys(("numpy", *packages)))
    for name in _with_requirements(packages):
        for path in _top_level(distribution(name)):
            paths[path.name] = path
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"{name} is not installed: python3 -m pip install {name}")
        # What was installed without a list of its files.
        folder = Path(spec.origin).parent
        paths.setdefault(folder.name, folder)
    return paths


def stdlib() -> Path:
    """The standard library's folder."""
    return Path(sysconfig.get_path("stdlib")).resolve()


def stdlib_inside() -> Path:
    """Where that stands inside: at the same place below /python as below its own prefix, for Python to find it."""
    return PYTHON / stdlib().relative_to(Path(sys.base_prefix).resolve())


def packages_inside() -> Path:
    """Where packages stand inside: where Python would have them, if there is such a place, since some look from there."""
    return stdlib_inside() / "site-packages" if (stdlib() / "site-packages").is_dir() else Path("/packages")


def _with_requirements(packages: Sequence[str]) -> Iterator[str]:
    """The names of installed distributions: these, and what they require."""
    waiting, seen = list(packages), set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            # Required on another system only, or installed without a record.
            continue
        yield name
        for requirement in found.requires or ():
            if "extra ==" not in requirement:
                waiting.append(re.match(r"[\w.-]+", requirement).group())


def _top_level(found: Distribution) -> Iterator[Path]:
    names = {file.parts[0] for file in found.files or () if len(file.parts) > 1 or file.suffix == ".py"}
    for name in sorted(names):
        path = Path(found.locate_file(name))
        if name not in ("..", "__pycache__") and not name.endswith(".dist-info") and path.exists():
            yield path.resolve()


def _imported(path: Path) -> list[str]:
    """The modules that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
