"""`course doctor`: what the course finds on this machine, and what to do about what is missing. Imports no torch."""

import os
import platform
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from course_utils import paths
from course_utils.profiles import PROFILES
from course_utils.requirements import installed, name_of, required, satisfies

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "firefox")
MAC_BROWSERS = ("Google Chrome", "Chromium", "Firefox", "Microsoft Edge")
SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One line of the report. remedy: empty if all is well. needed: False for what only some lessons or users need."""

    area: str
    name: str
    found: str
    remedy: str = ""
    needed: bool = True


def report(console: Console) -> bool:
    """Prints the findings as a table, then the remedies; whether all that is needed is there."""
    table = Table(
        "", "what", Column("found", overflow="fold"), title="What the course finds here", title_justify="left"
    )
    found = findings()
    area = found[0].area
    for finding in found:
        if finding.area != area:
            table.add_section()
            area = finding.area
        table.add_row(_mark(finding), escape(finding.name), escape(finding.found))
    console.print(table)
    lacking = [finding for finding in found if finding.remedy]
    for finding in lacking:
        console.print(f"{_mark(finding)} {escape(finding.name)}: {escape(finding.remedy)}", soft_wrap=True)
    healthy = not any(finding.needed for finding in lacking)
    if healthy:
        console.print("All that the lessons need is here." + (" What is marked ! is optional." if lacking else ""))
    return healthy


def findings() -> list[Finding]:
    """Everything that the report says, in its order."""
    # The slow ones start other programs, and wait side by side.
    with ThreadPoolExecutor() as pool:
        gpu, confined = pool.submit(gpus), pool.submit(sandbox)
        fixed = [python(), system(), *packages(), *data_sets()]
        cards = gpu.result()
        return [*fixed, device(cards), profile(cards), progress_file(), confined.result(), browser()]


def python() -> Finding:
    found = f"{platform.python_version()} ({sys.executable})"
    remedy = (
        "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer from https://www.python.org/downloads/"
    )
    return Finding("system", "Python", found, remedy)


def system() -> Finding:
    return Finding("system", "operating system", f"{platform.platform(terse=True)}, {platform.machine()}")


def packages() -> list[Finding]:
    """One finding per requirement of the course, and per one of the tests that is missing (in one line)."""
    result = []
    for requirement in required():
        version = installed(name_of(requirement))
        remedy = "" if satisfies(version, requirement) else f'run `{sys.executable} -m pip install "{requirement}"`'
        wanted = "" if not remedy else f", the course needs {requirement}"
        result.append(Finding("packages", name_of(requirement), f"{version or 'missing'}{wanted}", remedy))
    extra = [one for one in required("test") if one not in required()]
    lacking = [name_of(one) for one in extra if not satisfies(installed(name_of(one)), one)]
    found = f"without {', '.join(lacking)}" if lacking else "installed"
    remedy = "`python3 -m course_utils test` installs it; only who changes the course needs it" if lacking else ""
    return [*result, Finding("packages", "for the tests", found, remedy, needed=False)]


def data_sets() -> list[Finding]:
    digits, downloads = paths.DATA / "digits.npz", paths.home() / "downloads"
    there = digits.is_file()
    remedy = "" if there else "run `git checkout -- data/digits.npz`; it is part of the course"
    stored = sorted(one.name for one in downloads.iterdir()) if downloads.is_dir() else []
    # A download gathers in a folder of this ending until all of it is right.
    unfinished = [name.removesuffix(".part") for name in stored if name.endswith(".part")]
    shown = [name.replace(".part", " (unfinished)") for name in stored]
    again = " and ".join(f"`course data {name}`" for name in unfinished)
    return [
        Finding("data", "handwritten digits", "bundled" if there else f"{digits} is missing", remedy),
        Finding(
            "data",
            "downloads",
            f"{', '.join(shown) or 'none yet'} ({downloads})",
            f"run {again}, which goes on where it ended" if unfinished else "",
            needed=False,
        ),
    ]


def gpus() -> list[str]:
    """The names of the NVIDIA GPUs, as the driver tells them."""
    answer = _run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return answer.stdout.splitlines() if answer is not None and answer.returncode == 0 else []


def device(cards: list[str]) -> Finding:
    """What PyTorch will compute on: the build says what it could use, the driver and the platform what is there."""
    cores = f"{_cores()} cores"
    build = torch_build()
    if build is None:
        return Finding("device", "device", f"CPU, {cores}; PyTorch is missing", needed=False)
    if cards:
        found = f"{', '.join(cards)}; PyTorch {build}"
        if "+cpu" not in build:
            return Finding("device", "device", found)
        remedy = "to use the GPU, install PyTorch for CUDA as https://pytorch.org/get-started says"
        return Finding("device", "device", f"{found}, for the CPU only", remedy, needed=False)
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Finding("device", "device", f"Apple GPU (MPS), {cores}; PyTorch {build}")
    return Finding("device", "device", f"CPU, {cores}, no NVIDIA GPU; PyTorch {build}")


def torch_build() -> str | None:
    """PyTorch's version with its build's tag (+cpu, +cu130), read without importing it, which takes seconds."""
    try:
        distribution = metadata.distribution("torch")
        text = Path(distribution.locate_file("torch/version.py")).read_text(encoding="utf-8")
    except (metadata.PackageNotFoundError, OSError):
        return installed("torch")
    # What comes from PyPI has the tag in this file alone.
    stated = re.search(r"^__version__ = '(.+)'", text, flags=re.MULTILINE)
    return stated[1] if stated else distribution.version


def profile(cards: list[str]) -> Finding:
    """As `profiles.profile` decides, without its import of torch on a machine with a GPU."""
    chosen = os.environ.get("COURSE_PROFILE")
    if chosen and chosen not in PROFILES:
        remedy = f"set COURSE_PROFILE to {', '.join(PROFILES)}, or to nothing"
        return Finding("device", "profile", f"COURSE_PROFILE is {chosen!r}", remedy)
    if chosen:
        return Finding("device", "profile", f"{chosen}, as COURSE_PROFILE says")
    build = torch_build()
    if cards and build is not None and "+cpu" not in build:
        return Finding("device", "profile", "full, if PyTorch can use the GPU; else quick")
    return Finding("device", "profile", "quick: about a minute a lesson")


def progress_file() -> Finding:
    """Whether progress can be kept. Lessons run without, so it is not needed."""
    path = paths.home() / "progress.json"
    # The nearest that exists: on the first start neither file nor folder does.
    existing = next(one for one in (path, *path.parents) if one.exists())
    if os.access(existing, os.W_OK):
        return Finding("yours", "progress", f"kept in {path}")
    remedy = f"make {existing} writable, or set COURSE_HOME to a folder that is; lessons run, but forget"
    return Finding("yours", "progress", f"{existing} cannot be written", remedy, needed=False)


def sandbox() -> Finding:
    """Whether bubblewrap can confine a submission. Only who grades needs it."""
    who = "only who grades needs it"
    if sys.platform != "linux":
        return Finding("tools", "sandbox", "none", f"grade on Linux, where bubblewrap runs; {who}", needed=False)
    if shutil.which("bwrap") is None:
        return Finding(
            "tools", "sandbox", "none", f"install bubblewrap (`sudo apt install bubblewrap`); {who}", needed=False
        )
    answer = _run("bwrap", "--ro-bind", "/", "/", "--unshare-all", "true")
    if answer is not None and answer.returncode == 0:
        return Finding("tools", "sandbox", "bubblewrap starts")
    complaint = answer.stderr.strip() if answer is not None else f"no answer in {SECONDS} s"
    remedy = f"allow unprivileged user namespaces (`sudo sysctl kernel.unprivileged_userns_clone=1`); {who}"
    return Finding("tools", "sandbox", f"bubblewrap does not start: {complaint}", remedy, needed=False)


def browser() -> Finding:
    places = [Path("/Applications", f"{name}.app") for name in MAC_BROWSERS]
    found = [name for name in BROWSERS if shutil.which(name)] + [str(place) for place in places if place.exists()]
    if found or sys.platform == "win32":
        return Finding("tools", "browser", ", ".join(found) or "the one of Windows")
    remedy = "install one (`sudo apt install chromium`), or open the address that `lab --no-browser` prints elsewhere"
    return Finding("tools", "browser", "none", remedy, needed=False)


def _mark(finding: Finding) -> str:
    if not finding.remedy:
        return "[green]✓[/]"
    return "[bold red]✗[/]" if finding.needed else "[yellow]![/]"


def _cores() -> int:
    """The cores that this process may use, which a container may limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run(*command: str) -> subprocess.CompletedProcess | None:
    """The finished program, or None if it is not there or takes too long."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
