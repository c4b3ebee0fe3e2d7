"""The Python environment of the course: the active one when it fits, else `.venv` in the checkout.

Standard library only. `.venv` keeps a stamp of what was installed into it, so that a second start needs no pip.
While an install runs the stamp says so: whatever cuts it short, the next start finds it and makes `.venv` anew.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from course_utils.failures import AGAIN, NO_NETWORK, NO_VENV, PYTHON, StartError, explain, last_error
from course_utils.paths import ROOT
from course_utils.requirements import project, required, unsatisfied

VENV = ROOT / ".venv"
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
STAMP = "course-install.json"
UNFINISHED = {"unfinished": True}
CLEAN_UP_SECONDS = 10


def prepare(*extras: str) -> Path:
    """A Python that has what the course and these extras of pyproject need, installed now if need be.

    Raises StartError if that cannot be done.
    """
    if _in_environment() and not _is_venv(sys.prefix):
        lacking = unsatisfied(required(*extras))
        if not lacking:
            return Path(sys.executable)
        more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        print(f"The active environment {sys.prefix} lacks {lacking[0]}{more}, so the course uses its own, {VENV}.")
    if not _is_ready(extras):
        try:
            VENV.mkdir(exist_ok=True)
            with _alone():
                # Another start may have done the work while this one waited.
                if not _is_ready(extras):
                    _install(extras)
        except OSError as error:
            raise StartError(explain(str(error)) or f"{VENV} cannot be used ({error}): delete it, {AGAIN}.") from error
    return _python()


def variables(python: Path) -> dict[str, str]:
    """The environment variables for what is started with this Python: as if its environment were active."""
    result = {**os.environ, "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", "")])}
    # Else a kernel of the same name in the user's home would win, with another Python.
    result["JUPYTER_PREFER_ENV_PATH"] = "1"
    if python == _python():
        result["VIRTUAL_ENV"] = str(VENV)
        result.pop("PYTHONHOME", None)
    else:
        # The course may not be installed there, or another checkout of it may be.
        result["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return result


def _in_environment() -> bool:
    """Whether the running Python belongs to a virtual or conda environment."""
    return sys.prefix != sys.base_prefix or Path(sys.prefix, "conda-meta").is_dir()


def _is_venv(prefix: str) -> bool:
    return Path(prefix).resolve() == VENV.resolve()


def _python() -> Path:
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


def _is_ready(extras: tuple[str, ...]) -> bool:
    """Whether `.venv` works and holds what pyproject asks for now, without starting pip."""
    stamp, version = _read_stamp(), _version()
    if stamp is None or version is None or _is_foreign(stamp, version):
        return False
    if any(stamp["tables"].get(name) != digest for name, digest in _tables(extras).items()):
        return False
    # The stamp cannot know what was uninstalled by hand since.
    library = VENV / "Lib" if os.name == "nt" else VENV / "lib" / f"python{version}"
    return not unsatisfied(required(*extras), [str(library / "site-packages")])


def _install(extras: tuple[str, ...]) -> None:
    stamp, version = _read_stamp(), _version()
    if version is None or (stamp is not None and _is_foreign(stamp, version)):
        _make_venv(clear=True)
    elif not _call([_python(), "-I", "-c", "import pip"])[0]:
        _make_venv(clear=False)
    before = _read_stamp()
    _write_stamp(UNFINISHED)
    log = VENV / "install.log"
    log.unlink(missing_ok=True)
    what = str(ROOT) + (f"[{','.join(extras)}]" if extras else "")
    print(f"Installing what the course needs into {VENV}; this is done once.", flush=True)
    # -I keeps out what PYTHONPATH and the user's own packages would feign to be installed.
    pip = [_python(), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--log", log]
    done, errors = _call([*pip, "install", *_small_torch(), "--editable", what], show=True)
    if not done:
        cause = explain(errors)
        if cause == NO_NETWORK:
            # pip downloads everything before it installs anything, so the environment is as it was.
            _write_stamp(before)
        raise StartError(cause or f"pip could not install the course{last_error(errors)}: see {log}, {AGAIN}.")
    _write_stamp({"checkout": str(ROOT), "python": _version(), "tables": _tables(extras)})


def _make_venv(clear: bool) -> None:
    print(f"Making {VENV} with Python {PYTHON}.", flush=True)
    # Not sys.executable: that may be the one inside the environment that is made anew.
    python = getattr(sys, "_base_executable", sys.executable)
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        raise StartError(NO_VENV)
    if clear:
        # Should this be cut short too, no Python is left that looks as if it worked.
        _python().unlink(missing_ok=True)
    done, errors = _call([python, "-I", "-m", "venv", *(["--clear"] if clear else []), VENV])
    if not done:
        raise StartError(explain(errors) or f"Python could not make {VENV}{last_error(errors)}: delete it, {AGAIN}.")


def _small_torch() -> list[str]:
    """Options for pip that spare a Linux machine without an NVIDIA driver some 3 GB of CUDA libraries."""
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return []
    try:
        # A mirror or a closed network may not have it, and pip would try each package there before it goes on.
        urllib.request.urlopen(CPU_WHEELS + "/torch/", timeout=3).close()
    except OSError:
        return []
    return ["--extra-index-url", CPU_WHEELS]


def _version() -> str | None:
    """Which Python `.venv` has, such as "3.11"; None if it does not start or is too old."""
    program = "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))"
    if not _python().exists():
        return None
    try:
        answer = subprocess.run([_python(), "-I", "-S", "-c", program], capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def _tables(extras: tuple[str, ...]) -> dict[str, str]:
    """A digest of what pyproject asks for, for the course itself and for each extra."""
    table = project()
    wanted = {"course": [table["dependencies"], table["requires-python"], table["scripts"]]}
    wanted |= {extra: table["optional-dependencies"][extra] for extra in extras}
    return {name: hashlib.sha256(json.dumps(one).encode()).hexdigest() for name, one in wanted.items()}


def _is_foreign(stamp: dict, version: str) -> bool:
    """Whether `.venv` was left unfinished, copied or moved here, or made by another Python."""
    return stamp.get("checkout") != str(ROOT) or stamp.get("python") != version


def _read_stamp() -> dict | None:
    """What was installed into `.venv`; None if it was made by hand, UNFINISHED if the stamp cannot be read."""
    try:
        stamp = json.loads((VENV / STAMP).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return UNFINISHED
    return stamp if isinstance(stamp, dict) and isinstance(stamp.get("tables"), dict) else UNFINISHED


def _write_stamp(stamp: dict | None) -> None:
    if stamp is None:
        (VENV / STAMP).unlink()
    else:
        (VENV / STAMP).write_text(json.dumps(stamp, indent=2), encoding="utf-8")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Lets one start at a time install; the others wait. Windows has no such lock, and goes without."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    folder = os.open(VENV, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Waiting for another start, which is installing into {VENV}.", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _call(command: list, show: bool = False) -> tuple[bool, str]:
    """Runs a command; whether it succeeded, and what it said. show: its standard output goes to the terminal."""
    # pip's complaints are kept back: the reader gets one sentence, and the log has them all.
    output, errors = (None, subprocess.PIPE) if show else (subprocess.PIPE, subprocess.STDOUT)
    with subprocess.Popen(command, stdout=output, stderr=errors, text=True, errors="replace", cwd=ROOT) as process:
        try:
            said = process.communicate()
        except KeyboardInterrupt:
            # It got the same Ctrl-C, and may have temporary files to remove.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(CLEAN_UP_SECONDS)
            raise
        finally:
            process.kill()
    return process.returncode == 0, "".join(filter(None, said))
