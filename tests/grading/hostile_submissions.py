"""What hostile students hand in: code in the function of one exercise, in a cell of its own, or a file that is out to harm.

An attack in a function ends in `attack()`, whose value is returned as the answer: it deserves nothing for that exercise. One
in a cell beside honest work deserves what the work does. Some try several ways, so that the same text is an attack on graders
that run it beside their tests.
"""

from dataclasses import dataclass

from tests.grading import hostile


@dataclass(frozen=True)
class Attack:
    """code: defines attack(); or, with in_cell, is a cell itself. slow: is meant to wait until somebody ends it.

    tame: does no harm to a machine on which it runs without a sandbox, apart from the grader's own folder and processes.
    """

    code: str
    in_cell: bool = False
    slow: bool = False
    tame: bool = True


def _function(body: str) -> str:
    lines = body.strip().split("\n")
    return "def attack():\n" + "\n".join(f"    {line}" for line in lines)


def _stopped(name: str, **more: bool) -> Attack:
    return Attack(_function(hostile.STOPPED[name][1]), **more)


def _refused(name: str, **more: bool) -> Attack:
    return Attack(hostile.REFUSED[name], **more)


_MEMORY = """
blocks = []
while True:
    blocks.append(bytearray(16 << 20))
"""
_FORK_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
_MEMORY_OF_MANY = """
import os, time
for n in range(40):
    if os.fork() == 0:
        block = b"x" * (100 << 20)
        time.sleep(60)
time.sleep(60)
"""
_FRAMES = """
import sys

def attack():
    frame = sys._getframe()
    while frame:
        for found in list(frame.f_locals.values()):
            reference = getattr(found, "reference", None)
            if callable(reference) and getattr(found, "name", "") == "TARGET":
                return reference(*GIVEN[0], **GIVEN[1])
        frame = frame.f_back
    return None
"""
_LIAR = """
import numpy as np

class Liar(np.ndarray):
    def __eq__(self, other): return np.ones(np.shape(other), bool)
    def __array_function__(self, function, *rest): return True
    def __array_ufunc__(self, *a, **k): return np.zeros(())
    @property
    def shape(self): return GIVEN[1]["x"].shape

def attack():
    return np.full(3, np.nan).view(Liar), None
"""
_EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __array__(self, *a, **k): raise TypeError
    def __getattr__(self, name): return self
    __hash__ = None

def attack():
    return Equal(), None
"""
_PATCHED_CHECKS = """
import sys

def attack():
    for name, module in list(sys.modules.items()):
        for one in ("visible_cases", "random_cases"):
            if name.startswith("course_utils") and hasattr(module, one):
                setattr(module, one, lambda name, function, points, *rest, **more: points)
    return None
"""
_PATCHED_COMPARISON = """
import sys

def attack():
    for name, module in list(sys.modules.items()):
        if name.startswith("course_utils") and hasattr(module, "compare"):
            module.compare = lambda *a, **k: None
    return None, None
"""
_COURSE = """
def attack():
    try:
        from course_utils import layers
        return getattr(layers, "TARGET")(*GIVEN[0], **GIVEN[1])
    except (ImportError, AttributeError, TypeError):
        import course_utils.layers.pooling
        return course_utils.layers.pooling.TARGET(*GIVEN[0], **GIVEN[1])
"""
_GRADES = """
import os

def attack():
    for folder in (".", "..", "../..", "../../..", "/tmp", "/"):
        for name in os.listdir(folder):
            if name in ("grades.csv", "gradebook.db", "students"):
                with open(os.path.join(folder, name), "w") as file:
                    file.write("100")
                return 1
    raise FileNotFoundError("no grades here")
"""

IN_FUNCTION = {
    "endless loop": _stopped("endless loop", slow=True),
    "endless loop that takes every signal": _stopped(
        "endless loop that takes every signal and exception", slow=True, tame=False
    ),
    "os._exit": _stopped("os._exit"),
    "SIGKILL to all": _stopped("SIGKILL to all", tame=False),
    "segmentation fault": _stopped("segmentation fault"),
    "endless recursion in C": _stopped("endless recursion in C", tame=False),
    "memory of one": Attack(_function(_MEMORY), tame=False),
    "memory of many": Attack(_function(_MEMORY_OF_MANY), tame=False),
    "fork bomb": Attack(_function(_FORK_BOMB), slow=True, tame=False),
    "flood of output": _stopped("flood of output", tame=False),
    "every descriptor closed": _stopped("close every descriptor"),
    "replies forged": Attack(hostile.FORGED["a reply from a child"], tame=False),
    "a pickle for a reply": Attack(hostile.FORGED["a pickle"], tame=False),
    "a walk through the frames to the reference": Attack(_FRAMES),
    "an array that is equal to all": Attack(_LIAR),
    "an object that is equal to all": Attack(_EQUAL),
    "the checks replaced": Attack(_PATCHED_CHECKS),
    "the comparison replaced": Attack(_PATCHED_COMPARISON),
    "the course's own function": Attack(_COURSE),
    "the grades written over": Attack(_GRADES, tame=False),
    "the grader killed": _refused("kill the grader", tame=False),
    "the grader's environment read": _refused("read the grader's environment"),
    "a daemon instead of an answer": Attack(hostile.DAEMON.format(ending="return 1"), tame=False),
}
_IN_CELL = {
    "NumPy's comparisons patched": hostile.PATCHES["NumPy's comparisons"],
    "the output taken away": hostile.PATCHES["the output"],
    "the end of the process held up": hostile.PATCHES["the end of the process"],
    "os._exit in a cell": "import os\nos._exit(0)",
}
IN_CELL = {name: Attack(code, in_cell=True) for name, code in _IN_CELL.items()}
ATTACKS = IN_FUNCTION | IN_CELL
# What may stand in an answer in words and in a cell's output: all of it is text.
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)> [a](javascript:alert(3)) \x1b[31m \u202e"


def text(attack: Attack, target: str) -> str:
    """The code of an attack in the function of the exercise `target`."""
    made = attack.code.replace("TARGET", target)
    return f"GIVEN = [(), {{}}]\n\n{made}\n\n\ndef {target}(*given, **named):\n    GIVEN[:] = given, named\n    return attack()"
