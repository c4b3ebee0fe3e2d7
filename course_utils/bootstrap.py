"""Starts the course: makes the environment it needs, then JupyterLab, the tests or a command of `course`.

Standard library only, since it runs before anything is installed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from course_utils import __version__, environment
from course_utils.failures import INTERRUPTED, NO_CHECKOUT, StartError
from course_utils.paths import ROOT
from course_utils.requirements import PYPROJECT

# What cli.py offers besides lab and test; here too, so that a slip is told before a long install.
COMMANDS = (
    "build",
    "count",
    "data",
    "doctor",
    "export",
    "grade",
    "new",
    "progress",
    "runs",
    "submit-check",
    "train",
)
# NumPy's and PyTorch's threads each wait for work by spinning, and where cores are few they keep them from each other: a
# lesson with both took five times as long. So they sleep instead, unless the environment says otherwise.
PATIENT_THREADS = {"OPENBLAS_THREAD_TIMEOUT": "4", "OMP_WAIT_POLICY": "PASSIVE"}
FIRST_LESSON = "notebooks/00_start_here.ipynb"
USAGE = f"""\
python3 -m course_utils lab [--no-browser] [--port N]   open the first lesson in JupyterLab
python3 -m course_utils test [pytest's arguments]       run all tests
python3 -m course_utils {"|".join(COMMANDS)}   the same as `course …`, with --help for each

The first start makes a folder .venv here and installs what the course needs into it."""


def main(arguments: list[str]) -> int:
    """Does what the command line says and returns the exit status. A failure is one sentence on standard error."""
    try:
        return _choose(arguments)()
    except StartError as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
    return 1


def _choose(arguments: list[str]) -> Callable[[], int]:
    """What to run for this command line. Raises StartError if it is not understood."""
    command, *rest = arguments or ["--help"]
    if command in ("-h", "--help"):
        return lambda: print(USAGE) or 0
    if command == "--version":
        return lambda: print(__version__) or 0
    if not PYPROJECT.exists():
        raise StartError(NO_CHECKOUT)
    if command == "lab":
        options = _lab_options(rest)
        return lambda: lab(options.browser, options.port)
    if command == "test":
        return lambda: test(rest)
    if command in COMMANDS:
        return lambda: _become(["-m", "course_utils.cli", *arguments], environment.prepare())
    raise StartError(f"There is no command {command!r}: use lab, test, {', '.join(COMMANDS)} or --help.")


def lab(browser: bool = True, port: int = 8888) -> int:
    """JupyterLab at the first lesson; if the port is taken, on the next one that is free."""
    options = [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
        f"--ServerApp.port={port}",
        # No question about JupyterLab's news over the first lesson, and nothing asked of the network.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not browser:
        options.append("--no-browser")
    # In a container one is root, and JupyterLab would refuse. It listens on this machine alone, behind a token.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return _become(["-m", "jupyterlab", *options], environment.prepare())


def test(arguments: list[str]) -> int:
    """Ruff, then pytest over the tests and the executed lessons, whose outputs are compared. 0 if all are right.

    arguments: for pytest; paths among them replace the usual ones.
    """
    python = environment.prepare("test")
    chosen = any(Path(ROOT, one.split("::")[0]).exists() for one in arguments)
    lessons = ["--nbval", "--nbval-sanitize-with", "tests/notebooks/sanitize.cfg"]
    steps = [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["pytest", "-n", "2", "--dist", "loadfile", *lessons, *([] if chosen else ["tests", "solutions"]), *arguments],
    ]
    with tempfile.TemporaryDirectory(prefix="course-test-", ignore_cleanup_errors=True) as home:
        settings = {**environment.variables(python), "COURSE_HOME": home, "COURSE_PROFILE": "quick"}
        # Two tests run side by side, and a sum's last digits must not depend on the number of cores.
        settings.setdefault("OMP_NUM_THREADS", "1")
        statuses = [subprocess.call([python, "-m", *step], env=settings, cwd=ROOT) for step in steps]
    return next(filter(None, statuses), 0)


def _lab_options(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="python3 -m course_utils lab", description="Open the first lesson in JupyterLab.")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="print the address instead")
    parser.add_argument("--port", type=_port, default=8888, metavar="N", help="8888, or the next that is free")
    return parser.parse_args(arguments)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise StartError(f"{message[0].upper()}{message[1:]}: see `{self.prog} --help`.")


def _port(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise StartError(f"--port must be a number from 1 to 65535, got {text!r}.")
    return int(text)


def _become(arguments: list[str], python: Path) -> int:
    """Gives this process over to that Python, so that Ctrl-C and signals reach what runs, and nothing else."""
    command, settings = [str(python), *arguments], PATIENT_THREADS | environment.variables(python)
    sys.stdout.flush()
    if os.name == "nt":
        # Windows would let the shell go on as if the command had ended.
        return subprocess.call(command, env=settings)
    os.execve(python, command, settings)
