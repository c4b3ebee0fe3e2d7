"""A class of 200 graded by `course grade`, and part of it by the real nbgrader: `python tests/benchmarks/bench_grading.py`.

The class is that of tests/grading/a_class.py: right in many styles, wrong in every misconception, blank, broken and hostile,
each built to deserve a grade. Measured are seconds for a submission, processor time and peak memory, and how many grades
differ from what was deserved. Words after the command choose parts: hw1, honest (the same class without the
hostile ones), hw4, design, nbgrader; `--count 20` makes the class smaller. nbgrader, which runs students' code beside its
tests, is put into a sandbox of the benchmark's own, with only its course to write to, and is given no attack that would harm
the machine all the same.
"""

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import nbformat

from course_utils import paths
from course_utils.authoring import solutions_of
from course_utils.grading import nbgrader_course
from course_utils.grading.assignments import Assignment, QualityItem, assignment
from course_utils.grading.gradebook import Gradebook
from course_utils.grading.results import GRADED
from course_utils.grading.sandbox import sandbox_problem

sys.path.insert(0, str(paths.ROOT))
from tests.grading import a_class
from tests.grading.hostile_submissions import ATTACKS

SEED = 6
PARTS = ("hw1", "honest", "hw4", "design", "nbgrader")
# A run of nbgrader for one student is given up after this many seconds.
PATIENCE = 150
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="|".join(PARTS))
    parser.add_argument("--count", type=int, default=200, help="of the class of hw1")
    chosen = parser.parse_args()
    if problem := sandbox_problem():
        sys.exit(problem)
    with tempfile.TemporaryDirectory(prefix="class-") as folder:
        room = Path(folder)
        if set(chosen.parts) - {"nbgrader"}:
            print(
                "| class | submissions | seconds each | CPU s each | parent, MB | grading process, MB | wrong grades |"
            )
            print("|---|---:|---:|---:|---:|---:|---:|")
        if {"hw1", "honest"} & set(chosen.parts):
            whole = a_class.make(assignment("hw1"), chosen.count, SEED)
            honest = [given for given in whole if given.deserves.kind != "hostile"]
            for part, handed_in in (("hw1", whole), ("honest", honest)):
                if part in chosen.parts:
                    ours(part, "hw1", handed_in, room)
        if "hw4" in chosen.parts:
            ours("hw4", "hw4", a_class.make(assignment("hw4"), 24, SEED), room)
        if "design" in chosen.parts:
            design(room)
        if "nbgrader" in chosen.parts:
            theirs(room)


def ours(part: str, name: str, handed_in: list[a_class.HandedIn], room: Path) -> None:
    """A row for `course grade` with two processes, and one for what none had to be waited for; then what differs."""
    results, usage = graded(assignment(name), handed_in, room / part)
    differ = {
        f"{one.deserves.kind}, {one.deserves.name}": said
        for one in handed_in
        if (said := a_class.differences(one.deserves, results[one.student]))
    }
    cells = [f"{usage.wall / len(handed_in):.2f}", f"{usage.cpu / len(handed_in):.2f}"]
    memory = [f"{usage.parent / 1e6:.0f}", f"{usage.largest / 1e6:.0f}"]
    title = name if part == name else f"{name}, {part} ones"
    print(f"| {title} | {len(handed_in)} | {' | '.join(cells + memory)} | {len(differ)} |")
    kinds = Counter(one.deserves.kind for one in handed_in)
    print(f"\n{', '.join(f'{count} {kind}' for kind, count in kinds.items())}; {usage.wall:.0f} s in all.")
    for kind in kinds:
        took = [(results[one.student].seconds, one.deserves.name) for one in handed_in if one.deserves.kind == kind]
        median, (most, longest) = statistics.median(seconds for seconds, _ in took), max(took)
        print(f"  {kind}: one takes a process {median:.2f} s (median), {most:.1f} s (most: {longest})")
    for what, said in differ.items():
        print(f"  WRONG: {what}: {said}")
    print(flush=True)


def design(room: Path) -> None:
    """A row for the task whose answer the grader trains: the solution, alone."""
    one = assignment("hw4")
    (right,) = a_class.make(one, 1, SEED, chosen=lambda kind, name: kind == "right")
    notebook = nbformat.reads(right.notebook, as_version=4)
    solved = solutions_of(paths.SOLUTIONS / f"{one.file}.py")
    next(cell for cell in notebook.cells if cell.id == "exercise-design").source = solved["exercise-design"]
    points = {item.name: item.points for item in one.items}
    deserves = a_class.Deserved("right", "with a design", points)
    data = nbformat.writes(notebook).encode()
    handed_in = [a_class.HandedIn("s000", data, deserves)]
    results, usage = graded(one, handed_in, room / "design")
    score = next(item.score for item in results["s000"].items if isinstance(one.item(item.name), QualityItem))
    differ = bool(a_class.differences(deserves, results["s000"]))
    cells = f"{usage.wall:.1f} | {usage.cpu:.1f} | {usage.parent / 1e6:.0f} | {usage.largest / 1e6:.0f} | {differ:d}"
    print(f"| hw4 with a design, accuracy {score:.3f} | 1 | {cells} |\n", flush=True)


def graded(one: Assignment, handed_in: list[a_class.HandedIn], room: Path) -> tuple[dict, "Usage"]:
    """The results by student that the command leaves behind, and what it took."""
    for student, notebook, _ in handed_in:
        _write(room / "inbox" / student / f"{one.file}.ipynb", notebook)
    with (room / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "name", "email"))
        rows.writerows((student, f"Student {student}", "") for student, _, _ in handed_in)
    options = ["--assignment", one.name, "--roster", room / "roster.csv", "--out", room / "grades"]
    command = [sys.executable, "-m", "course_utils", "grade", room / "inbox", *options, "--seed", SEED, "--workers", 2]
    usage = measured([str(word) for word in command], cwd=paths.ROOT, timeout=3600)
    with Gradebook(room / "grades", one.name) as book:
        results = book.all_kept(student for student, _, _ in handed_in)
    if len(results) < len(handed_in):
        sys.exit(f"{len(handed_in) - len(results)} of {one.name} have no result:\n{usage.said}")
    return {result.student: result for result in results}, usage


# nbgrader


def theirs(room: Path) -> None:
    """What a real nbgrader makes of a part of the class: one of each break and tame attack, and some of the others."""
    one, course = assignment("hw1"), room / "nbgrader" / "course"
    course.parent.mkdir()
    nbgrader_course.export(course, [one], seed=SEED)
    _nbgrader(course, "generate_assignment", one.name)
    base = nbformat.read(course / "release" / one.name / f"{one.file}.ipynb", as_version=4)
    handed_in = _part(a_class.make(one, 200, SEED, base=base, chosen=_is_tame))
    rows, scores = [], {}
    for given in handed_in:
        _write(course / "submitted" / given.student / one.name / f"{one.file}.ipynb", given.notebook)
        usage = _nbgrader(course, "autograde", one.name, "--create", "--student", given.student)
        scores[given.student] = _score(course, one.name, given.student)
        rows.append((given, usage, scores[given.student]))
    differ = [(given, score) for given, _, score in rows if abs((score or 0.0) - given.deserves.earned) > 0.05]
    honest = [usage for given, usage, _ in rows if given.deserves.kind != "hostile"]
    print("| grader | submissions | seconds each, honest ones | CPU s each | seconds each, all | wrong grades |")
    print("|---|---:|---:|---:|---:|---:|")
    times = [f"{statistics.mean(values):.1f}" for values in ([u.wall for u in honest], [u.cpu for u in honest])]
    every = statistics.mean(usage.wall for _, usage, _ in rows)
    print(f"| nbgrader, one process | {len(rows)} | {times[0]} | {times[1]} | {every:.1f} | {len(differ)} |\n")
    print("| kind | name | deserved | got | seconds |")
    print("|---|---|---:|---:|---:|")
    wrong = {given.student for given, _ in differ}
    for given, usage, score in sorted(rows, key=lambda row: row[0].deserves.kind):
        if given.student in wrong or given.deserves.kind == "hostile":
            got = "no grade" if score is None else f"{score:.1f}"
            shown = f"**{got}**" if given.student in wrong else got
            print(
                f"| {given.deserves.kind} | {given.deserves.name} | {given.deserves.earned:.1f} | {shown} | {usage.wall:.0f} |"
            )
    sys.stdout.flush()


def _is_tame(kind: str, name: str) -> bool:
    return kind != "hostile" or name not in ATTACKS or ATTACKS[name].tame


def _part(handed_in: list[a_class.HandedIn]) -> list[a_class.HandedIn]:
    """All breaks and attacks once, if there is a notebook at all, and three of each other kind."""
    seen, part = Counter(), []
    for given in handed_in:
        deserves = given.deserves
        key = (deserves.kind, deserves.name if deserves.kind in ("broken", "hostile") else "")
        if seen[key] < (1 if key[1] else 3) and deserves.status == GRADED:
            seen[key] += 1
            part.append(given)
    return part


def _nbgrader(course: Path, *arguments: str) -> "Usage":
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython", "HOME": "home"}
    environment = {**os.environ, **{name: str(course.parent / folder) for name, folder in places.items()}}
    environment |= {
        "COURSE_HOME": str(course.parent / "home"),
        "PYTHONPATH": str(paths.ROOT),
        "COURSE_PROFILE": "smoke",
    }
    environment |= {"TMPDIR": str(course.parent / "tmp"), "JUPYTER_RUNTIME_DIR": str(course.parent / "runtime")}
    environment["JUPYTER_PATH"] = f"{sys.prefix}/share/jupyter"
    for folder in (*places.values(), "tmp", "runtime"):
        (course.parent / folder).mkdir(exist_ok=True)
    own = str(course.parent)
    apart = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent", "--new-session"]
    sandbox = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", own, own, *apart]
    command = [*sandbox, "--chdir", str(course), sys.executable, "-m", "nbgrader", *arguments]
    usage = measured(command, env=environment, timeout=PATIENCE)
    if arguments[0] != "autograde" and usage.code:
        sys.exit(f"nbgrader {' '.join(arguments)} failed:\n{usage.said}")
    return usage


def _score(course: Path, name: str, student: str) -> float | None:
    """What nbgrader gave without a person, None if it gave nothing at all."""
    from nbgrader.api import Gradebook, MissingEntry

    # It is read from a copy, so that nothing is held open.
    copy = course.parent / "gradebook-read.db"
    shutil.copy(course / "gradebook.db", copy)
    with Gradebook(f"sqlite:///{copy}") as book:
        try:
            submission = book.find_submission(name, student)
        except MissingEntry:
            return None
        if not (course / "autograded" / student / name).exists():
            return None
        return submission.score


# Measuring


class Usage:
    """What a command took: seconds, of the clock and of all processors; peak memory of itself and of its largest child.

    Processes are looked at fifty times a second, so that the last moments of each are missed. Those that a sandbox's own
    end ends are in no parent's account.
    """

    def __init__(self, process: subprocess.Popen) -> None:
        self.process, self.ticks = process, {}
        self.parent = self.largest = 0
        self.wall = self.cpu = 0.0
        self.code, self.said = 0, ""

    def look(self) -> None:
        known = [self.process.pid]
        for pid in known:
            known += self._look_at(pid)
        self.cpu = _TICK * sum(self.ticks.values())

    def _look_at(self, pid: int) -> list[int]:
        place = Path(f"/proc/{pid}")
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            self.ticks[pid, fields[19]] = int(fields[11]) + int(fields[12])
            peak = (
                next((int(line.split()[1]) for line in (place / "status").open() if line.startswith("VmHWM")), 0) * 1024
            )
            if pid == self.process.pid:
                self.parent = max(self.parent, peak)
            else:
                self.largest = max(self.largest, peak if b"multiprocessing" in (place / "cmdline").read_bytes() else 0)
            return [
                int(child) for task in (place / "task").iterdir() for child in (task / "children").read_text().split()
            ]
        except (OSError, IndexError):
            return []


def measured(command: list[str], timeout: float, **settings: object) -> Usage:
    """Run the command to its end, or until its time is up."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **settings)
        usage, ended = Usage(process), threading.Event()

        def watch() -> None:
            while not ended.wait(0.02):
                usage.look()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            usage.code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            usage.code = process.wait()
        ended.set()
        watcher.join()
        usage.wall = time.perf_counter() - began
        said.seek(0)
        usage.said = said.read()[-4000:].decode(errors="replace")
    return usage


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


if __name__ == "__main__":
    main()
