"""What a worker does with an honest submission, with and without a sandbox, and what is said where there can be none."""

import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from course_utils.exercises.specification import Call, Lazy, Seed, with_gaps
from course_utils.grading import bubblewrap, inside, memory_watch, seccomp
from course_utils.grading.assignments import Assignment, ExerciseItem, assignments
from course_utils.grading.sandbox import Opaque, Reply, SandboxMissing, Worker, sandbox_problem
from course_utils.layers import relu_forward

NO_SANDBOX = sandbox_problem()
needs_sandbox = pytest.mark.skipif(bool(NO_SANDBOX), reason=NO_SANDBOX)
SMALL = Assignment("hw", "", "", (), seconds=30.0, memory=300 << 20)


@pytest.fixture(params=[pytest.param(True, marks=needs_sandbox), False], ids=["sandboxed", "bare"])
def at_work(request):
    """A function that starts a worker with these cells."""
    open_workers = []

    def start(*cells, assignment=SMALL, **settings):
        worker = Worker(assignment, cells, sandboxed=request.param, **settings)
        open_workers.append(worker)
        worker.replies = worker.start()
        return worker

    yield start
    for worker in open_workers:
        worker.close()


def result(worker, function, seconds=5.0, **values):
    reply = worker.call((Call(function, tuple(values), ("y",)),), values, ("y",), seconds)
    assert not reply.error and not reply.stopped, reply
    return reply.results["y"]


class TestCells:
    def test_names_are_shared_and_prints_kept(self, at_work):
        worker = at_work(
            "import numpy as np\nprint('one')", "def f(x):\n    return np.sum(x)", "print('three')\nz = f([1, 2])"
        )
        assert [reply.printed for reply in worker.replies] == ["one\n", "", "three\n"]
        assert worker.value("z").results == {"z": 3}

    def test_an_error_is_told_with_its_line(self, at_work):
        worker = at_work("def f(x):\n    y = 1\n    return x / 0", "f(1)", "x = (")
        _, error, syntax = worker.replies
        assert (error.error, error.message, error.line) == (
            "ZeroDivisionError",
            "division by zero",
            "line 3: return x / 0",
        )
        assert (syntax.error, syntax.line) == ("SyntaxError", "line 1: x = (")

    def test_definitions_after_an_error_are_there_and_nothing_else_is(self, at_work):
        worker = at_work("import scipy_of_old\na = 1\ndef f(): return 5")
        assert worker.replies[0].error == "ModuleNotFoundError"
        assert result(worker, "f") == 5
        assert worker.value("a").error == "NameError"

    def test_a_cell_before_its_time_is_tried_again(self, at_work):
        worker = at_work("y = f(2)", "def f(x): return 2 * x", "never_there")
        assert [reply.error for reply in worker.replies] == ["", "", "NameError"]
        assert worker.value("y").results == {"y": 4}

    def test_a_cell_that_stops_the_worker_keeps_its_definitions(self, at_work):
        cells = ("a = 1", "def f(): return 5\nwhile True: pass", "b = 2")
        worker = at_work(*cells, cell_seconds=0.5)
        assert [reply.stopped for reply in worker.replies] == ["", "time", ""]
        assert result(worker, "f") == 5 and worker.value("b").results == {"b": 2}

    def test_a_definition_that_stops_the_worker_is_left_out(self, at_work):
        worker = at_work("import os\nclass A:\n    os._exit(3)", "b = 2", cell_seconds=0.5)
        assert [reply.stopped for reply in worker.replies] == ["crashed", ""]
        assert worker.value("b").results == {"b": 2} and worker.value("A").error == "NameError"

    def test_too_many_stops_are_said(self, at_work):
        worker = at_work(*["import os\nclass A:\n    os._exit(3)"] * 6, "b = 2")
        assert worker.replies[-1].stopped and "too many" in worker.replies[-1].message
        began = time.monotonic()
        assert worker.value("b").stopped and time.monotonic() - began < 0.1

    def test_annotations_from_the_future(self, at_work):
        worker = at_work("from __future__ import annotations", "def f(x: Unknown) -> int:\n    return x")
        assert not worker.replies[1].error

    def test_chance_is_the_same_in_every_worker(self, at_work):
        cells = ("import numpy as np, random\na = np.random.rand()\nb = random.random()",)
        one, two = at_work(*cells), at_work(*cells)
        assert [one.value(name).results for name in "ab"] == [two.value(name).results for name in "ab"]


class TestCalls:
    def test_a_plan_of_two_functions(self, at_work):
        worker = at_work("def f(x, k=3):\n    return k * x, (x, k)", "def g(dy, cache):\n    return dy * cache[1]")
        plan = (Call("f", ("x", "k"), ("out", "cache")), Call("g", ("dy", "cache"), ("dx",)))
        reply = worker.call(plan, {"x": np.ones(2, np.float32), "dy": 2.0}, ("out", "dx", "cache"), 5.0)
        assert reply.results["dx"] == 6.0 and reply.results["out"].dtype == np.float32
        np.testing.assert_array_equal(reply.results["cache"][0], np.ones(2))

    def test_what_is_given_arrives_as_it_is_meant(self, at_work):
        worker = at_work("def f(x, rng, dtype):\n    return x.flags.c_contiguous, rng.random(2).astype(dtype), x.sum()")
        values = {"x": with_gaps(np.arange(6.0).reshape(2, 3)), "rng": Seed(3), "dtype": np.float32}
        contiguous, drawn, total = result(worker, "f", **values)
        assert contiguous is False and total == 15 and drawn.dtype == np.float32
        np.testing.assert_array_equal(drawn, np.random.default_rng(3).random(2).astype(np.float32))

    def test_changed_arguments_are_found_outside(self, at_work):
        worker = at_work("def f(x, y, z):\n    x[0] = 7\n    y = y * 0\n    z.shape = (4,)\n    return 1")
        given = {"x": np.zeros(3), "y": np.full(2, np.nan), "z": np.zeros((2, 2))}
        reply = worker.call((Call("f", ("x", "y", "z"), ("r",)),), given, ("r",), 5.0)
        assert reply.changed == ("x", "z")
        assert given["x"][0] == 0

    def test_a_missing_function_and_a_wrong_count(self, at_work):
        worker = at_work("def f():\n    return 1")
        assert worker.call((Call("g", (), ("y",)),), {}, ("y",), 5.0).error == "NameError"
        assert worker.call((Call("f", (), ("y", "z")),), {}, ("y",), 5.0).error == "ResultCountError"

    @pytest.mark.parametrize(
        ("error", "told"),
        [
            ("np.linalg.LinAlgError('x')", "ValueError"),
            ("MyError('x')", "IndexError"),
            ("Other('x')", "Error"),
            ("NotImplementedError('x')", "NotImplementedError"),
        ],
    )
    def test_errors_go_by_the_nearest_name_of_pythons(self, at_work, error, told):
        classes = "import numpy as np\nclass MyError(IndexError): ...\nclass Other(Exception): ..."
        worker = at_work(classes, f"def f():\n    raise {error}")
        reply = worker.call((Call("f", (), ("y",)),), {}, ("y",), 5.0)
        assert (reply.error, reply.message, reply.line) == (told, "x", f"line 2: raise {error}")

    def test_an_argument_without_a_value_is_not_a_students_function(self, at_work):
        worker = at_work("def f(x, bias=3):\n    return x + bias", "def bias():\n    return 9")
        reply = worker.call((Call("f", ("x", "bias"), ("y",)),), {"x": 1}, ("y",), 5.0)
        assert reply.results == {"y": 4}

    def test_an_item_is_handed_on_by_its_name(self, at_work):
        assignment = Assignment("hw", "", "", (ExerciseItem("f", 5),), memory=300 << 20)
        worker = at_work("def apply(f, x):\n    return f(x)", "def f(x):\n    return -x", assignment=assignment)
        reply = worker.call((Call("apply", ("f", "x"), ("y",)),), {"x": 2}, ("y",), 5.0)
        assert reply.results == {"y": -2}

    def test_a_function_of_the_course_is_the_students_own_inside(self, at_work):
        worker = at_work("def apply(f, x):\n    return f(x)", "def relu_forward(x):\n    return 'mine'")
        assert result(worker, "apply", f=relu_forward, x=1) == "mine"
        with pytest.raises(TypeError, match="must be plain"):
            worker.call((Call("apply", ("f",), ("y",)),), {"f": object()}, ("y",), 5.0)
        assert result(worker, "apply", f=relu_forward, x=1) == "mine"

    def test_large_arrays_go_in_and_come_out(self, at_work):
        worker = at_work("def f(x):\n    return x[:1 << 22] + 1")
        x = np.zeros(5 << 20)
        got = result(worker, "f", x=x)
        assert got.nbytes == 32 << 20 and got.min() == 1

    def test_after_a_stop_all_is_there_again(self, at_work):
        worker = at_work(
            "count = 0\ndef f(n):\n    global count\n    count += 1\n    while n == 2: pass\n    return count"
        )
        assert result(worker, "f", n=1) == 1
        assert worker.call((Call("f", ("n",), ("y",)),), {"n": 2}, ("y",), 0.3).stopped == "time"
        assert result(worker, "f", n=1) == 1

    def test_memory_and_seconds_are_known(self, at_work):
        worker = at_work(
            "import time\ndef f():\n    block = bytearray(b'x' * (90 << 20))\n    time.sleep(0.3)\n    return len(block)"
        )
        result(worker, "f")
        worker.close()
        assert 0.3 < worker.seconds < 5
        if sys.platform.startswith("linux"):
            assert 90 << 20 < worker.peak_memory < 200 << 20

    def test_no_value(self, at_work):
        worker = at_work("a = ...\nb = {1, 2}")
        assert worker.value("a").results == {"a": ...}
        assert isinstance(worker.value("b").results["b"], Opaque)
        assert worker.value("c") == Reply(error="NameError", message="name 'c' is not defined")


class TestTheStandIn:
    def test_a_notebooks_usual_calls_do_nothing(self, at_work):
        worker = at_work(
            """
import matplotlib.pyplot as plt
from IPython.display import display
from tqdm.auto import tqdm
from course_utils import ask, by_profile, check, datasets, figures, hint, layers, progress, profile, reveal, start, use, widgets
from course_utils.accounting import summary
""",
            """
start("hw1")
def f(x): return x
check(f), hint(f), reveal(f), ask("a-question", 5), progress()
f = use(f)
images, labels = datasets.shapes10("train")
figure, axes = plt.subplots(1, 2)
axes[0].plot(images[:3].mean(), label=f"{images.std():.2f}")
figures.image_row([images]), widgets.anything(3), summary(f), display(figure)
steps = by_profile(quick=30, full=90, smoke=2)
total = sum(n for n in tqdm(range(4))) if profile() == "smoke" else 0
""",
        )
        assert [reply.error for reply in worker.replies] == ["", ""], worker.replies
        assert worker.value("steps").results == {"steps": 2} and worker.value("total").results == {"total": 6}
        assert result(worker, "f", x=3) == 3

    def test_layers_has_what_the_homework_offers_and_says_so(self, at_work):
        assignment = Assignment("hw", "", "", (), kit=("conv_output_size", "linear_forward"), memory=300 << 20)
        worker = at_work(
            "from course_utils import layers\nn = layers.conv_output_size(7, 3)",
            "from course_utils.layers import linear_forward",
            "layers.conv2d_forward",
            "from course_utils.layers import conv2d_forward",
            "from course_utils.layers.convolution import conv2d_forward",
            assignment=assignment,
        )
        assert [reply.error for reply in worker.replies[:3]] == ["", "", "AttributeError"]
        assert "conv_output_size, linear_forward" in worker.replies[2].message
        assert [reply.error for reply in worker.replies[3:]] == ["ImportError", "ModuleNotFoundError"]
        assert worker.value("n").results == {"n": 5}


class TestTorch:
    @pytest.fixture
    def torch_work(self, at_work):
        pytest.importorskip("torch")
        items = (ExerciseItem("Block", 5),)
        return lambda *cells: at_work(
            *cells, assignment=Assignment("hw", "", "", items, packages=("torch",), seconds=60.0, memory=1 << 30)
        )

    def test_helpers_tensors_and_named_things(self, torch_work):
        worker = torch_work(
            "import torch\nfrom torch import nn",
            "class Block(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
            "        self.part = nn.Linear(n, n)\n    def forward(self, x):\n        return self.part(x)",
            "def made_of(block, loss):\n    return block(2)(torch.ones(1, 2)), loss(torch.zeros(1, 2), torch.zeros(1).long())",
            "def half():\n    return torch.ones(2, dtype=torch.bfloat16)",
        )
        plan = (Call("Block", ("n",), ("network",)), Call("parts_of", ("network",), ("parts", "expansion")))
        assert worker.call(plan, {"n": 3}, ("parts",), 5.0).results["parts"] == {"3": 1, "3x3": 1}
        values = {
            "block": Lazy("course_utils.models.resnet", "Block"),
            "loss": Lazy("torch.nn.functional", "cross_entropy"),
        }
        out, loss = result(worker, "made_of", **values)
        assert out.shape == (1, 2) and out.dtype == np.float32 and np.isclose(loss, np.log(2))
        assert result(worker, "half").type_name == "Tensor"


@needs_sandbox
class TestWhatIsInside:
    def test_an_ordinary_users_one_stage_works_as_well(self, monkeypatch):
        """The command of an ordinary user, here perhaps started by root."""
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        with Worker(
            SMALL,
            [
                "import os\nseen = os.getuid(), os.listdir('/tmp'), sorted(map(int, filter(str.isdigit, os.listdir('/proc'))))"
            ],
        ) as worker:
            worker.start()
            assert worker.value("seen").results["seen"] == (65534, [], [1, 2])

    @pytest.mark.parametrize("user", [0, 1000])
    def test_the_environment_is_empty(self, monkeypatch, user):
        if user == 0 and os.geteuid() != 0:
            pytest.skip("only root has two stages")
        monkeypatch.setattr(os, "geteuid", lambda: user)
        monkeypatch.setenv("SECRET_TOKEN", "x")
        command = bubblewrap.command(SMALL, ["-c", "print(repr(open('/proc/1/environ').read()))"], 1 << 20, None)
        done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=30)
        assert done.stdout.strip() == "''", done.stderr

    def test_no_homework_finds_its_answers_in_what_is_bound(self):
        """No file inside defines what an item asks for, nor the reference of one."""
        for assignment in assignments().values():
            asked = {item.name for item in assignment.items}
            for place, path in inside.course_files(assignment).items():
                text = path.read_text(encoding="utf-8")
                found = [
                    name
                    for name in asked
                    if f"def {name}(" in text or f"class {name}(" in text or f"class {name}:" in text
                ]
                assert not found, (assignment.name, str(place), found)

    def test_torch_is_not_there_for_numpy(self):
        assert set(inside.package_paths(("numpy",))) <= {"numpy", "numpy.libs"}

    def test_it_starts_at_once(self):
        times = []
        for _ in range(4):
            began = time.monotonic()
            with Worker(SMALL, ["a = 1"]) as worker:
                worker.start()
                times.append(time.monotonic() - began)
        # On a quiet computer a quarter of a second; here other tests may run beside.
        assert min(times) < 1.0


class TestWhereThereIsNone:
    def test_it_says_how_to_install_it(self, monkeypatch):
        monkeypatch.setattr(shutil, "which", lambda tool: "/usr/bin/apt-get" if tool == "apt-get" else None)
        assert "sudo apt-get install bubblewrap" in sandbox_problem()

    def test_another_system(self, monkeypatch):
        monkeypatch.setattr(sys, "platform", "darwin")
        assert "Linux" in sandbox_problem()

    @pytest.mark.parametrize(
        ("setting", "value", "remedy"),
        [
            ("kernel/apparmor_restrict_unprivileged_userns", "1", "/etc/apparmor.d/bwrap"),
            ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
            ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces="),
            ("none", "", "docker run"),
        ],
    )
    def test_user_namespaces_are_forbidden(self, monkeypatch, setting, value, remedy):
        monkeypatch.setattr(bubblewrap, "_setting", lambda name: value if name == setting else "")
        told = bubblewrap.start_problem("bwrap: setting up uid map: Permission denied")
        assert remedy in told and "setting up uid map" in told

    def test_an_old_version(self, monkeypatch, tmp_path):
        fake = tmp_path / "bwrap"
        fake.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        assert "0.8 or newer" in sandbox_problem() and "0.6.1" in sandbox_problem()

    def test_a_sandbox_that_does_not_start(self, monkeypatch, tmp_path):
        fake = tmp_path / "bwrap"
        fake.write_text("#!/bin/sh\necho bwrap: No permissions to create new namespace >&2\nexit 1\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with pytest.raises(SandboxMissing, match="No permissions"), Worker(SMALL, ["a = 1"]) as worker:
            worker.start()


def test_memory_is_that_of_all_descendants():
    program = "import os, time\nos.fork()\nos.fork()\nblock = b'x' * (20 << 20)\nprint(flush=True)\ntime.sleep(30)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True) as process:
        for _ in range(4):
            process.stdout.readline()
        try:
            assert len(memory_watch.descendants(process.pid)) == 4
            assert (
                80 << 20 < memory_watch.memory_of(process.pid, shared_once=True) <= memory_watch.memory_of(process.pid)
            )
            assert memory_watch.memory_of(process.pid) < 200 << 20
        finally:
            os.killpg(process.pid, 9)


def test_the_filter_is_a_program_of_whole_steps_whose_jumps_stay_inside():
    for machine in ("x86_64", "aarch64"):
        program = seccomp.program(machine)
        steps = [program[at : at + 8] for at in range(0, len(program), 8)]
        assert len(program) % 8 == 0 and len(steps) > 20
        assert all(
            at + 1 + max(step[2], step[3]) < len(steps) for at, step in enumerate(steps[:-1]) if step[0] in (0x15, 0x35)
        )
    assert seccomp.program("another") == b""
