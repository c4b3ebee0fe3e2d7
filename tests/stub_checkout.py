"""A small checkout with stubs of Python, venv and pip, to start the course in as a user would.

The course's `.venv/bin/python` is a shell script there, so an install takes milliseconds and fails as a test wants.
"""

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from course_utils import environment
from course_utils.paths import ROOT

MODULES = ("__init__", "__main__", "bootstrap", "environment", "failures", "paths", "requirements")
PYPROJECT = """
[project]
requires-python = ">=3.11"
dependencies = ["made-up>=1.0"]
optional-dependencies = {test = ["made-up-test"]}
scripts = {course = "course_utils.cli:app"}
"""
# The Python in .venv: says its version, has pip, installs as ../pip.sh says, and names whatever else it is asked to run.
STUB_PYTHON = """\
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
site="$here/../lib/python3.11/site-packages"
case "$*" in
    *sys.version_info*) echo 3.11; test ! -e "$here/too-old" ;;
    *"import pip") test ! -e "$here/no-pip" ;;
    *"-m pip "*) echo "$@" >> "$here/../../pip.log"; echo "pip at work"; . "$here/../../pip.sh" ;;
    *) echo "started $*"; echo "home $COURSE_HOME profile $COURSE_PROFILE threads $OMP_NUM_THREADS"
       echo "venv $VIRTUAL_ENV prefer $JUPYTER_PREFER_ENV_PATH path $PATH python path $PYTHONPATH"
       test ! -e "$here/../../$2.fails" || exit 3 ;;
esac
"""
# The Python of the machine: makes an environment.
STUB_VENV = """\
#!/bin/sh
echo "$@" >> "{checkout}/venv.log"
. "{checkout}/venv.sh"
case "$*" in *--clear*) rm -rf "{checkout}/.venv"/* ;; esac
mkdir -p "{checkout}/.venv/bin"
cp "{checkout}/stub-python" "{checkout}/.venv/bin/python"
rm -f "{checkout}/.venv/bin/no-pip"
"""
INSTALLS = """\
for name in made_up made_up_test; do
    mkdir -p "$site/$name-1.2.dist-info"
    echo "Version: 1.2" > "$site/$name-1.2.dist-info/METADATA"
done
"""


@dataclass(frozen=True)
class Checkout:
    """A checkout with stubs. `pip` and `venv` are what they do; `pip_runs` and `venv_runs` how they were called."""

    folder: Path

    def start(self, *arguments: str, before: str = "") -> subprocess.CompletedProcess:
        """Starts the course. before: Python lines to run first, which simulate a machine."""
        return subprocess.run(self.command(*arguments, before=before), **self.options, timeout=60)

    def command(self, *arguments: str, before: str = "") -> list[str]:
        program = f"""
            import runpy, signal, sys
            # Tests that were started in the background ignore Ctrl-C, and would pass that on.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.prefix = sys.base_prefix
            sys._base_executable = {str(self.folder / "stub-venv")!r}
            sys.argv[1:] = {list(arguments)!r}
        """
        lines = [*textwrap.dedent(program).strip().splitlines(), *textwrap.dedent(before).strip().splitlines()]
        # The network is not asked for the small PyTorch.
        lines += [
            "import shutil; which = shutil.which",
            "shutil.which = lambda name, *a: name == 'nvidia-smi' or which(name)",
        ]
        return [sys.executable, "-c", "\n".join([*lines, "runpy.run_module('course_utils', run_name='__main__')"])]

    @property
    def options(self) -> dict:
        hidden = ("OMP_NUM_THREADS", "COURSE_HOME", "COURSE_PROFILE", "PYTHONPATH", "VIRTUAL_ENV")
        settings = {name: value for name, value in os.environ.items() if name not in hidden}
        return {"cwd": self.folder, "env": settings, "capture_output": True, "text": True}

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def stamp(self) -> Path:
        return self.venv / environment.STAMP

    def set(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def runs(self, tool: str) -> list[str]:
        log = self.folder / f"{tool}.log"
        return log.read_text().splitlines() if log.exists() else []


def make_checkout(folder: Path) -> Checkout:
    """A checkout in `folder / "a checkout"`, into which nothing is installed yet."""
    made = Checkout(folder / "a checkout")
    (made.folder / "course_utils").mkdir(parents=True)
    for module in MODULES:
        shutil.copy(ROOT / "course_utils" / f"{module}.py", made.folder / "course_utils")
    made.set("pyproject.toml", PYPROJECT)
    made.set("stub-python", STUB_PYTHON)
    made.set("stub-venv", STUB_VENV.format(checkout=made.folder))
    made.set("pip.sh", INSTALLS)
    made.set("venv.sh", "")
    for stub in ("stub-python", "stub-venv"):
        (made.folder / stub).chmod(0o755)
    return made


def one_sentence(result: subprocess.CompletedProcess) -> str:
    """What a failed start said, held to be one line, with exit status 1."""
    assert result.returncode == 1, result
    assert result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.stdout
    return result.stderr.strip()
