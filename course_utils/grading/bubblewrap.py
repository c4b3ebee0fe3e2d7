"""The command that starts a program inside bubblewrap, and what is missing where that cannot be.

Nothing inside can be written but /tmp, of limited size; there is no network, no other process, no environment, and the
user is nobody. An ordinary user needs one stage. Root takes two: the first, still as root, since Python may lie where
only root may look, puts the files in their places and becomes nobody; the second is the same as an ordinary user's.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from course_utils.grading import inside
from course_utils.grading.assignments import Assignment

NOBODY = "65534"
_LEAST_VERSION = (0, 8)
_SYSTEM = ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64", "/lib32")
_DEVICES = ("null", "urandom", "random")
_INSTALLERS = {
    "apt-get": "sudo apt-get install bubblewrap",
    "dnf": "sudo dnf install bubblewrap",
    "pacman": "sudo pacman -S bubblewrap",
    "zypper": "sudo zypper install bubblewrap",
    "apk": "sudo apk add bubblewrap",
}


class SandboxMissing(RuntimeError):  # noqa: N818 (what is missing says more than that it is an error)
    """Student code cannot be kept apart on this computer. The message says why, and what to do."""


def command(assignment: Assignment, program: Sequence[str], room: int, filter_from: int | None) -> list[str]:
    """The command that runs `python program…` inside. It must be started with an empty environment.

    room: bytes that /tmp may hold; filter_from: the descriptor that the filter of system calls is read from, if any.
    """
    filtered = [] if filter_from is None else ["--seccomp", str(filter_from)]
    bwrap = shutil.which("bwrap") or "bwrap"
    stage = [
        *(bwrap, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--uid", NOBODY, "--gid", NOBODY, "--hostname", "inside", "--cap-drop", "ALL", *filtered),
    ]
    python = [f"{inside.PYTHON}/bin/python3", "-I", "-S", *program]
    if os.geteuid() != 0:
        return [*stage, *_closed([*_system(), *_files(assignment)], room), "--", *python]
    become = [
        shutil.which("setpriv") or "setpriv",
        "--reuid",
        NOBODY,
        "--regid",
        NOBODY,
        "--clear-groups",
        "--inh-caps=-all",
    ]
    placed = [arg for top in sorted({*_tops()}) for arg in ("--ro-bind", top, top)]
    return [
        # Its own environment is empty, but it would tell the next the folder that it is in.
        *(bwrap, "--die-with-parent", "--ro-bind", "/usr", "/usr", *_system("/usr/"), *_files(assignment)),
        *("--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--tmpfs", "/tmp"),
        *(
            "--cap-add",
            "CAP_SETUID",
            "--cap-add",
            "CAP_SETGID",
            "--",
            *become,
            "--",
            shutil.which("env") or "env",
            "-i",
        ),
        *(*stage, *_closed([*_system(), *placed], room), "--", *python),
    ]


def sandbox_problem() -> str:
    """Why there can be no sandbox here and what to do about it, or nothing if there can."""
    if not sys.platform.startswith("linux"):
        return (
            "The sandbox is bubblewrap, which needs Linux. On Windows, grade inside WSL; on a Mac, in a Linux machine."
        )
    if not shutil.which("bwrap"):
        known = [line for tool, line in _INSTALLERS.items() if shutil.which(tool)]
        return f"The sandbox needs bubblewrap (the command bwrap): {known[0] if known else _INSTALLERS['apt-get']}"
    if missing := [tool for tool in ("setpriv", "env") if os.geteuid() == 0 and not shutil.which(tool)]:
        return f"The sandbox, started by root, needs {missing[0]}: sudo apt-get install util-linux coreutils"
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, timeout=20).stdout.strip()
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers < _LEAST_VERSION:
        return f"The sandbox needs bubblewrap 0.8 or newer, and this is {version or 'of no known version'}. Update it."
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return (
            "The sandbox watches memory by /proc/PID/task/PID/children, which this kernel (CONFIG_PROC_CHILDREN) lacks."
        )
    return _tried()


def start_problem(told: str) -> str:
    """What to do about what bubblewrap told when it did not start."""
    told = told.strip()[-300:] or "it said nothing"
    denied = any(part in told for part in ("ermission denied", "not permitted", "No permissions", "No space left"))
    if denied and _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        remedy = (
            "AppArmor forbids user namespaces here. Allow them for bwrap with a profile in /etc/apparmor.d/bwrap "
            "(`profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }`, then sudo systemctl reload apparmor), or for "
            "all with sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
        )
    elif denied and _setting("kernel/unprivileged_userns_clone") == "0":
        remedy = "User namespaces are forbidden here: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    elif denied and _setting("user/max_user_namespaces") == "0":
        remedy = "User namespaces are forbidden here: sudo sysctl -w user.max_user_namespaces=15000"
    elif denied:
        remedy = (
            "A container must be allowed to make namespaces: docker run --cap-add SYS_ADMIN --security-opt "
            "seccomp=unconfined --security-opt apparmor=unconfined"
        )
    else:
        remedy = "Start bwrap by hand to see more"
    return f"The sandbox does not start: {remedy}. It said: {told}"


def _tried() -> str:
    plain = Assignment("probe", "", "", (), packages=())
    try:
        done = subprocess.run(
            command(plain, ["-c", "import json"], 1 << 20, None), env={}, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return start_problem(str(error))
    return "" if done.returncode == 0 else start_problem(done.stderr)


def _setting(name: str) -> str:
    path = Path("/proc/sys", name)
    return path.read_text().strip() if path.exists() else ""


def _system(only_outside: str = "") -> Iterator[str]:
    """The system's libraries, except those below a folder that is there anyway; links stay links."""
    for path in map(Path, _SYSTEM):
        if only_outside and str(path).startswith(only_outside):
            continue
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
            yield from _hidden(path, path)
    # Where libraries are that lie elsewhere; there is nothing else in /etc.
    if (cache := Path("/etc/ld.so.cache")).is_file():
        yield from _placed(cache, cache)


def _files(assignment: Assignment) -> Iterator[str]:
    """Python without what is installed for it, the packages and the course's few files."""
    for source, place in _python():
        yield from _placed(source, place)
        if source.is_dir():
            yield from _hidden(source, place)
    for name, path in inside.package_paths(assignment.packages).items():
        yield from _placed(path, inside.packages_inside() / name)
    for place, path in inside.course_files(assignment).items():
        yield from _placed(path, inside.COURSE / place)


def _placed(source: Path, place: Path) -> Iterator[str]:
    """Bound read-only, in folders that anybody may look into."""
    for folder in [*place.parents][-2::-1]:
        yield from ("--perms", "0755", "--dir", str(folder))
    yield from ("--ro-bind", str(source), str(place))


def _python() -> Iterator[tuple[Path, Path]]:
    """The interpreter, its standard library and the library that it is in itself, each with its place inside."""
    prefix = Path(sys.base_prefix).resolve()
    yield Path(sys.executable).resolve(), inside.PYTHON / "bin/python3"
    # A prefix of the system's own has all else below /usr/lib already.
    own = str(prefix) not in ("/usr", "/usr/local", "/")
    yield (prefix / "lib", inside.PYTHON / "lib") if own else (inside.stdlib(), inside.stdlib_inside())
    library = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("INSTSONAME")))
    if library.suffix != ".a" and library.is_file() and not str(library).startswith(_SYSTEM):
        yield library, library


def _hidden(source: Path, place: Path) -> Iterator[str]:
    """Empty folders over those in which packages lie."""
    for folder in (*source.glob("python3*/*-packages"), *source.glob("*-packages")):
        yield from ("--tmpfs", str(place / folder.relative_to(source)))


def _tops() -> Iterator[str]:
    """The folders that the files' places lie in."""
    yield from (str(inside.PYTHON), str(inside.COURSE))
    if not inside.packages_inside().is_relative_to(inside.PYTHON):
        yield str(inside.packages_inside())
    for _, place in _python():
        if not place.is_relative_to(inside.PYTHON):
            yield str(place)


def _closed(places: list[str], room: int) -> Iterator[str]:
    """The places, then processes, three devices and /tmp: the one folder that may be written."""
    yield from (*places, "--proc", "/proc", "--perms", "0755", "--tmpfs", "/dev")
    for device in _DEVICES:
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    empty = [place for option, place in pairwise(places) if option == "--tmpfs"]
    yield from ("--size", str(room), "--perms", "0777", "--tmpfs", "/tmp", "--chdir", "/tmp")
    for folder in (*empty, "/dev", "/"):
        yield from ("--remount-ro", folder)
