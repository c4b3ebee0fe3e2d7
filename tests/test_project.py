"""The project as a whole: its lists of requirements, and who imports whom."""

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from course_utils.__main__ import OLDEST
from course_utils.paths import ROOT
from course_utils.requirements import project, required

PACKAGE = ROOT / "course_utils"
# A part may import what stands in an earlier row, and what stands in its own row only as ALLOWED says.
ROWS = (
    ("__init__", "failures", "lessons", "paths", "profiles", "requirements"),
    ("layers",),
    ("accounting", "datasets"),
    ("models",),
    ("exercises",),
    ("checking", "figures"),
    ("grading", "widgets", "training"),
    ("authoring", "environment", "bootstrap", "doctor", "cli", "cli_errors", "cli_grading", "__main__"),
)
ALLOWED = {
    ("environment", "failures"),
    ("bootstrap", "environment"),
    ("__main__", "bootstrap"),
    ("cli", "bootstrap"),
    ("cli", "doctor"),
    ("cli", "authoring"),
    ("cli", "cli_errors"),
    ("cli", "cli_grading"),
    ("cli_grading", "cli_errors"),
    ("failures", "paths"),
    ("requirements", "paths"),
}
NUMPY_ALONE = ("layers", "exercises", "checking", "accounting")
MODULES = sorted(PACKAGE.rglob("*.py"))


# The lists of requirements


@pytest.fixture
def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_environment_yml_asks_for_what_pyproject_does(conda):
    (pip,) = [entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict)]
    assert pip == required("test")


def test_conda_brings_python_and_pip_alone(conda):
    assert conda["channels"] == ["conda-forge"]
    assert conda["dependencies"][:-1] == ["python" + project()["requires-python"], "pip"]


def test_every_requirement_can_be_parsed():
    for one in required(*project()["optional-dependencies"]):
        assert Requirement(one).specifier, f"{one} has no version"


def test_torch_is_pinned_and_torchvision_absent():
    everything = required(*project()["optional-dependencies"])
    assert "torch==2.13.0" in everything
    assert not [one for one in everything if one.startswith("torchvision")]


def test_pyproject_and_package_have_one_version():
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    assert re.search(r'^__version__ = "(.+)"$', text, flags=re.MULTILINE)[1] == project()["version"]


def test_start_refuses_the_pythons_that_pyproject_does():
    assert project()["requires-python"] == ">=" + ".".join(map(str, OLDEST))


# Who imports whom


def part_of(module: str) -> str:
    """The part that `course_utils.figures.windows` belongs to: "figures"; for the package itself "__init__"."""
    return [*module.split("."), "__init__"][1]


def imports(path: Path, everywhere: bool) -> Iterator[str]:
    """The names of the modules that a file imports; those inside functions only if everywhere."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), everywhere):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are absolute in this project"
            if node.module != "course_utils":
                yield node.module
                continue
            for alias in node.names:
                is_part = any((PACKAGE / (alias.name + ending)).exists() for ending in ("", ".py"))
                yield f"course_utils.{alias.name}" if is_part else "course_utils"


def statements(tree: ast.AST, everywhere: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not everywhere and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from statements(node, everywhere)


def may_import(importer: str, imported: str) -> bool:
    row = {part: number for number, parts in enumerate(ROWS) for part in parts}
    if importer == imported or (importer, imported) in ALLOWED:
        return True
    return row[imported] < row[importer]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path):
    importer = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    known = {part for parts in ROWS for part in parts}
    assert importer in known, f"say in ROWS where {importer} stands"
    for name in imports(path, everywhere=True):
        if name.partition(".")[0] == "course_utils":
            assert may_import(importer, part_of(name)), f"{importer} imports {name}, which is not below it"


@pytest.mark.parametrize(
    ("importer", "imported", "allowed"),
    [
        ("layers", "paths", True),
        ("layers", "exercises", False),
        ("exercises", "accounting", True),
        ("exercises", "models", True),
        ("models", "exercises", False),
        ("accounting", "exercises", False),
        ("checking", "figures", False),
        ("widgets", "figures", True),
        ("cli", "grading", True),
        ("training", "authoring", False),
    ],
)
def test_the_rule_itself(importer, imported, allowed):
    assert may_import(importer, imported) is allowed


@pytest.mark.parametrize(("everywhere", "count"), [(True, 3), (False, 2)])
def test_imports_are_found_wherever_they_stand(everywhere, count):
    tree = ast.parse("import a\nif a:\n    from course_utils import figures\ndef f():\n    from c import d\n")
    found = [node for node in statements(tree, everywhere) if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert len(found) == count


@pytest.mark.parametrize("part", NUMPY_ALONE)
def test_numpy_alone_is_imported_at_module_level(part):
    allowed = {*sys.stdlib_module_names, "numpy", "course_utils"}
    for path in (PACKAGE / part).rglob("*.py"):
        roots = {name.partition(".")[0] for name in imports(path, everywhere=False)}
        assert roots <= allowed, f"{path.name} imports {roots - allowed}"


@pytest.mark.parametrize("part", ["", *(f".{part}" for part in NUMPY_ALONE if (PACKAGE / part).is_dir())])
def test_what_an_import_loads(part):
    # -S would hide NumPy; what the site itself loads, such as a finder of editable installs, is taken off.
    program = f"import sys; before = set(sys.modules); import course_utils{part}; print(*set(sys.modules) - before)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    roots = {name.partition(".")[0] for name in loaded.split()}
    allowed = {*sys.stdlib_module_names, "course_utils"} | ({"numpy"} if part else set())
    # Cython registers modules of its own when NumPy's random generators load.
    assert {root for root in roots if not root.startswith(("_cython", "cython_runtime"))} <= allowed


def test_import_course_utils_is_fast():
    program = "import time; start = time.perf_counter(); import course_utils; print(time.perf_counter() - start)"
    command = [sys.executable, "-c", program]
    times = []
    for _ in range(5):
        times.append(float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout))
        # Other tests run beside this one: what counts is what the import takes when nothing is in its way.
        if min(times) < 0.3:
            return
        time.sleep(0.5)
    pytest.fail(f"import course_utils took {min(times):.2f} s at best")
