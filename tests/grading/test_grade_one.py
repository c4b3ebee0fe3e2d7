"""Whole submissions, graded in the real sandbox: honest, broken, unfinished and hostile ones."""

import json
from dataclasses import replace

import pytest
from notebooks_made import cell, markdown, notebook

from course_utils.exercises.questions import Question
from course_utils.grading import grade_one
from course_utils.grading.assignments import Assignment, ExerciseItem, QualityItem, QuestionItem, WrittenItem
from course_utils.grading.results import (
    BY_HAND,
    FORBIDDEN,
    GRADED,
    NOT_ATTEMPTED,
    OTHER,
    PARTLY,
    RIGHT,
    UNREADABLE,
    WRONG,
    result_from,
)
from course_utils.grading.sandbox import SandboxMissing, sandbox_problem

IMPORTS = "import numpy as np\nfrom course_utils import check, start, use"
RELU = "def relu_forward(x):\n    return np.maximum(x, 0), x\n\n\ncheck(relu_forward)"
LINEAR = """def linear_forward(x, weight, bias=None):
    out = x @ weight.T
    return (out if bias is None else out + bias), (x, weight, bias)"""
SIZE = """def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    reach = dilation * (kernel_size - 1) + 1
    if reach > size + 2 * padding:
        raise ValueError("the kernel is larger than the picture")
    return (size + 2 * padding - reach) // stride + 1"""
DROPOUT = "def dropout_backward(dout, cache):\n    return dout * (1 if cache is None else cache)"
HONEST = (RELU, LINEAR, SIZE)


def picture_classes(rng):
    labels = rng.integers(0, 3, 60)
    return {"x": labels + 0.25}, labels


def share_right(answer, labels):
    return float((answer == labels).mean())


HW = Assignment(
    "hwx",
    "A test",
    "hwx_test",
    (
        *(ExerciseItem(name, 10.0, random_cases=6) for name in ("relu_forward", "linear_forward", "conv_output_size")),
        ExerciseItem("dropout_backward", 10.0, random_cases=6, seconds=0.5),
    ),
    seconds=30.0,
    memory=400 << 20,
)
WHOLE = replace(
    HW,
    items=(
        *HW.items,
        QuestionItem("two-users", 5.0, "users"),
        QualityItem("classify", 10.0, picture_classes, share_right, ((0.5, 0.5), (1.0, 1.0))),
        WrittenItem("why", 10.0, "Says why."),
    ),
)


@pytest.fixture(autouse=True)
def only_these(monkeypatch):
    """The assignments that a notebook may be of."""
    monkeypatch.setattr(grade_one, "assignments", lambda: {"hwx": HW})


@pytest.fixture
def grade(tmp_path):
    """A function that grades these cells, or these bytes."""
    if sandbox_problem():
        pytest.skip(sandbox_problem())

    def run(*cells, assignment=HW, file="hw.ipynb", **settings):
        path = tmp_path / file
        path.write_bytes(cells[0] if isinstance(cells[0], bytes) else notebook(*cells))
        return grade_one.grade(path, assignment, "s1", **settings)

    return run


def earned(result):
    return [item.earned for item in result.items]


def test_a_right_submission_earns_all_and_its_result_is_plain(grade):
    cells = [IMPORTS, *HONEST, DROPOUT, "users = 23", "def classify(x):\n    return x.astype(int)"]
    result = grade(*cells, markdown("Because.", id="written-why"), assignment=WHOLE, seed=5)
    assert result.status == GRADED and earned(result) == [10, 10, 10, 10, 5, 10, None]
    assert [item.status for item in result.items] == [RIGHT] * 6 + [BY_HAND]
    assert (result.student, result.file, result.seed, len(result.sha256)) == ("s1", "hw.ipynb", 5, 64)
    assert result_from(json.loads(json.dumps(result.as_dict()))) == result and result.notes == ()


def test_the_same_seed_gives_the_same_grade(grade):
    cells = [IMPORTS, *HONEST[:2], SIZE.replace("// stride", "// (stride if size % 2 else 1)"), DROPOUT]
    first, second = (grade(*cells, seed=9) for _ in range(2))
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)
    assert first.items[2].status == PARTLY


@pytest.mark.parametrize(
    "order", ["reversed", "doubled", "merged", "with stubs behind", "with magics", "no imports of ours"]
)
def test_order_and_number_of_cells_do_not_matter(grade, order):
    cells = [IMPORTS, *HONEST, DROPOUT]
    stubs = [f"def {item.name}(*x):\n    # YOUR CODE HERE\n    raise NotImplementedError" for item in HW.items]
    changed = {
        "reversed": cells[::-1],
        "doubled": cells * 2,
        "merged": ["\n\n".join(cells)],
        "with stubs behind": cells + stubs,
        "with magics": ["%matplotlib inline\n" + cells[0], "!pip install x", *cells[1:]],
        "no imports of ours": ["import numpy as np", RELU.split("\n\n\n")[0], *cells[2:]],
    }[order]
    assert earned(grade(*changed)) == [10] * 4


def test_older_notebooks_and_scripts_are_graded(grade):
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": c} for c in [IMPORTS, *HONEST]]}]}
    assert earned(grade(json.dumps(old).encode())) == [10, 10, 10, 0]
    script = "\n\n".join(f"# %%\n{one}" for one in [IMPORTS, *HONEST])
    assert earned(grade(script.encode(), file="hw.py")) == [10, 10, 10, 0]


def test_an_unfinished_submission_earns_its_parts(grade):
    result = grade(
        IMPORTS,
        RELU,
        "def linear_forward(x:\n    return",
        "def conv_output_size(*x, **y):\n    raise NotImplementedError",
    )
    assert earned(result) == [10, 0, 0, 0]
    assert [item.status for item in result.items] == [RIGHT, WRONG, NOT_ATTEMPTED, NOT_ATTEMPTED]
    assert "cell 3" in result.items[1].sentences[0] and any("Cell 3 is left out" in note for note in result.notes)


def test_a_misconception_is_named(grade):
    result = grade(IMPORTS, "def relu_forward(x):\n    return np.abs(x), x", LINEAR.replace(" + bias", ""))
    assert all(item.misconception for item in result.items[:2])
    assert 0 < result.items[1].earned < 10


def test_only_visible_cases_for_a_students_own_run(grade):
    result = grade(IMPORTS, *HONEST, visible_only=True)
    assert all(case.shown for item in result.items for case in item.cases) and earned(result)[:3] == [10] * 3


def test_a_notebook_of_another_assignment_and_what_is_no_notebook_have_no_grade(grade):
    other = grade('start("05")\nx = 1')
    assert (other.status, other.earned, other.items) == (OTHER, None, ()) and "05, Pooling" in other.notes[0]
    broken = grade(b"no notebook")
    assert (broken.status, broken.earned) == (UNREADABLE, None) and broken.notes


def test_without_a_sandbox_nothing_is_run(tmp_path, monkeypatch):
    (tmp_path / "hw.ipynb").write_bytes(notebook(RELU))
    monkeypatch.setattr(grade_one, "sandbox_problem", lambda: "install bubblewrap")
    grade_one._need_sandbox.cache_clear()
    with pytest.raises(SandboxMissing, match="install bubblewrap"):
        grade_one.grade(tmp_path / "hw.ipynb", HW)
    assert grade_one.grade(tmp_path / "hw.ipynb", HW, sandboxed=False).status == GRADED


def function(*lines):
    return "def dropout_backward(dout, cache):\n    " + "\n    ".join(lines)


HOSTILE = {
    "an endless loop": function("while True: pass"),
    "an endless loop that catches all": function(
        "while True:", "    try:", "        while True: pass", "    except BaseException: pass"
    ),
    "the end of Python": function("import os", "os._exit(0)"),
    "a kill from a cell": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "the end of Python from a cell": "import os\nos._exit(1)",
    "all the memory": function("kept = []", "while True: kept.append(np.ones(1 << 20))"),
    "a flood of output": function("while True: print('x' * 10_000)"),
    "a flood in the answer": function("return [dout] * 10**7"),
    "an answer that is equal to everything": function(
        "class Same(np.ndarray):",
        "    __eq__ = __ne__ = lambda self, other: True",
        "    def __array__(self, *a, **k): raise SystemExit",
        "return np.zeros(3).view(Same)",
    ),
    "an object that is equal to everything": function(
        "class Same:", "    shape = dtype = property(lambda s: s)", "    __eq__ = lambda s, o: True", "return Same()"
    ),
    "patched comparisons": (
        "import builtins, json\nnp.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n"
        "builtins.isinstance = lambda *a: True\njson.dumps = lambda *a: '{}'\n" + function("return dout * 0 + 7")
    ),
    "a walk through the frames": function(
        "import sys",
        "frame = sys._getframe()",
        "while frame:",
        "    for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):",
        "        if isinstance(value, dict) and 'expected' in value: return value['expected']",
        "    frame = frame.f_back",
        "return None",
    ),
    "an error whose text is an error": function(
        "class Odd(Exception):", "    def __str__(self): raise SystemExit", "raise Odd('<script>alert(1)</script>')"
    ),
    "the page's own language": function("raise ValueError('<img src=x onerror=alert(1)>`**x**`\\x1b[2J' * 999)"),
    "exit": function("raise SystemExit('100 points')"),
    "a forged reply": function(
        "import os", "for d in range(3, 20):", "    try: os.write(d, b'CNS1' + bytes(12))", "    except OSError: pass"
    ),
    "an answer too deep to read": function("deep = []", "for _ in range(5000): deep = [deep]", "return deep"),
    "an array of objects": function("return np.array([[], 1, object()], dtype=object)"),
    "an array of many sides": function("return np.zeros((1,) * 32)"),
    "a grade of one's own": "for name in ('earned', 'points', 'status'):\n    globals()[name] = 'right'\nraise KeyboardInterrupt",
    "a stub that never ends": "import sys\nsys.setrecursionlimit(10**9)\n"
    + function("return dropout_backward(dout, cache)"),
}


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_hostile_part_earns_nothing_and_costs_the_honest_parts_nothing(grade, attack, place):
    cells = [IMPORTS, attack, *HONEST] if place == "first" else [IMPORTS, *HONEST, attack]
    result = grade(*cells)
    assert result.status == GRADED and earned(result)[:3] == [10] * 3
    # A case whose right answer is nothing but what went in may be hit by chance.
    assert result.items[3].earned == 0.0 and result.items[3].status != BY_HAND
    text = json.dumps(result.as_dict())
    assert "\\u001b" not in text and len(text) < 100_000


HOSTILE_FILES = {
    "deep JSON": b'{"cells": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a number without end": b'{"cells": [], "n": ' + b"1" * 100_000 + b"}",
    "names that are pages": notebook(
        RELU,
        cell(LINEAR, id="<script>"),
        SIZE,
        cell(DROPOUT, metadata={"nbgrader": {"grade_id": "../../etc"}}),
        IMPORTS,
    ),
    "code too deep to read": notebook(IMPORTS, *HONEST, DROPOUT, "x = " + "-" * 90_000 + "1"),
    "wrong things everywhere": json.dumps(
        {"cells": [None, 3, {"source": {}}, *(cell([line], id=[]) for line in [IMPORTS, *HONEST, DROPOUT])]}
    ).encode(),
}


@pytest.mark.parametrize("data", HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_a_hostile_file_is_graded_or_unreadable(grade, data):
    result = grade(data)
    assert result.status == UNREADABLE or earned(result) == [10] * 4


CONV = """class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__()
        kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        limit = 1 / (in_channels // groups * kernel[0] * kernel[1]) ** 0.5
        weight = torch.empty(out_channels, in_channels // groups, *kernel).uniform_(-limit, limit)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-limit, limit)) if bias else None
        self.settings = stride, padding, dilation, groups

    def forward(self, x):
        return nn.functional.conv2d(x, self.weight, self.bias, *self.settings)"""
BLOCK = """class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity()
        if stride > 1 or in_channels != channels:
            conv = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(channels))

    def forward(self, x):
        out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(out + self.shortcut(x))"""
TORCH = Assignment(
    "hwx",
    "A test",
    "hwx_test",
    (
        ExerciseItem("Conv2d", 10.0, random_cases=4, forbidden=("torch.nn.Conv2d",)),
        ExerciseItem("BasicBlock", 10.0, random_cases=4),
    ),
    packages=("numpy", "torch"),
    memory=3 << 30,
)


def test_classes_of_pytorch_are_graded_and_what_is_forbidden_is_found(grade):
    imports = "import torch\nfrom torch import nn"
    result = grade(imports, CONV, BLOCK, assignment=TORCH)
    assert earned(result) == [10, 10], result
    handed_on = "class Conv2d(nn.Conv2d):\n    pass"
    result = grade(imports, handed_on, BLOCK, assignment=TORCH)
    assert earned(result) == [0, 10] and result.items[0].status == FORBIDDEN
    assert "`nn.Conv2d`, in line 1 of cell 2" in result.items[0].sentences[0]
    hidden = "Conv2d = getattr(nn, 'Conv' + '2d')"
    result = grade(imports, hidden, BLOCK, assignment=TORCH)
    assert any("A person has to look" in note for note in result.notes)


def test_pytorch_cannot_be_used_where_it_is_not_handed_out(grade):
    result = grade(
        IMPORTS, "def relu_forward(x):\n    import torch\n    return torch.relu(torch.from_numpy(x)).numpy(), x"
    )
    assert result.items[0].earned == 0.0 and "ModuleNotFoundError" in result.items[0].cases[0].what


def test_what_the_grader_itself_cannot_judge_is_for_a_person_and_never_a_silent_zero(grade):
    def failing(*_):
        raise RuntimeError("out of order")

    item = QualityItem("classify", 10.0, picture_classes, failing, ((0.5, 1.0),), problem=lambda answer: "")
    result = grade(IMPORTS, RELU, "def classify(x):\n    return x", assignment=replace(HW, items=(HW.items[0], item)))
    assert earned(result) == [10, None] and result.items[1].status == BY_HAND
    assert any("classify could not be judged (RuntimeError: out of order)" in note for note in result.notes)


def test_answers_for_the_id_of_somebody_else_are_noted(grade):
    question = Question("q", "00", 24, "", "")
    personal = replace(HW, items=(QuestionItem("q", 5.0, "answer", personal=lambda student, key: question),))
    assert grade("student_id = 'S1 '\nanswer = 24", assignment=personal).notes == ()
    result = grade("student_id = 's2'\nanswer = 24", assignment=personal)
    assert result.notes == ("The notebook was worked on for the id `s2`, and it is graded for s1.",)
