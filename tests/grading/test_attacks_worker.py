"""Whatever a submission tries, the worker's reply says so in time, nothing is left of it, and the next call is right."""

import os
import socket
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils.exercises.specification import Call
from course_utils.grading.assignments import Assignment
from course_utils.grading.sandbox import Opaque, Worker, sandbox_problem
from tests.grading import hostile

pytestmark = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem())

SMALL = Assignment("hw", "", "", (), seconds=20.0, memory=200 << 20)
ATTACK = (Call("attack", (), ("y",)),)


def call(code, seconds=0.6, assignment=SMALL):
    """The reply to attack(); the honest call after it must be right."""
    with Worker(assignment, [code, hostile.HONEST]) as worker:
        worker.start()
        began = time.monotonic()
        reply = worker.call(ATTACK, {}, ("y",), seconds)
        assert time.monotonic() - began < seconds + 1.5
        # After a stop this starts another worker.
        honest(worker)
    return reply


def honest(worker):
    x = np.arange(3.0)
    reply = worker.call((Call("double", ("x",), ("y",)),), {"x": x}, ("y",), 5.0)
    assert not reply.error and not reply.stopped, reply
    np.testing.assert_array_equal(reply.results["y"], 2 * x)


def attack(body):
    return f"def attack():\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


@pytest.mark.parametrize("name", hostile.STOPPED)
def test_stopped(name):
    why, body = hostile.STOPPED[name]
    reply = call(attack(body))
    assert (reply.stopped, reply.results) == (why, {})


@pytest.mark.parametrize("name", hostile.FORGED)
def test_forged_replies(name):
    reply = call(hostile.FORGED[name])
    assert reply.stopped == "forged", reply


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_refused(name):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reply = call(hostile.REFUSED[name].replace("PORT = 0", f"PORT = {port}"))
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert reply.error and not reply.results, reply
    assert not reply.stopped


def test_memory_of_one():
    reply = call(
        attack("""
        blocks = []
        while True:
            blocks.append(bytearray(16 << 20))
    """)
    )
    assert reply.error == "MemoryError" or reply.stopped == "memory"


def test_memory_is_told_and_bounded():
    code = attack("""
        import os, time
        for n in range(12):
            if os.fork() == 0:
                block = bytearray(b"x" * (60 << 20))
                time.sleep(60)
        time.sleep(60)
    """)
    with Worker(SMALL, [code]) as worker:
        worker.start()
        assert worker.call(ATTACK, {}, ("y",), 5.0).stopped == "memory"
        assert SMALL.memory < worker.peak_memory < 5 * SMALL.memory


def test_fork_bomb():
    reply = call(
        attack("""
        import os
        born = 0
        while True:
            try:
                if os.fork() == 0:
                    continue
                born += 1
            except OSError:
                pass
    """)
    )
    assert reply.stopped in ("time", "memory", "processes")


def test_processes_are_limited():
    reply = call(
        attack("""
        import os, time
        born = 0
        while True:
            try:
                child = os.fork()
            except OSError:
                return born
            if child == 0:
                time.sleep(30)
            born += 1
    """),
        3.0,
        Assignment("hw", "", "", (), seconds=20.0, memory=1 << 30),
    )
    assert 0 < reply.results["y"] <= 64


def test_thread_bomb():
    reply = call(
        attack("""
        import threading, time
        while True:
            threading.Thread(target=time.sleep, args=(60,)).start()
    """),
        3.0,
    )
    assert reply.error in ("RuntimeError", "MemoryError") or reply.stopped == "memory"


def test_flood_of_files():
    reply = call(
        attack("""
        written = 0
        for n in range(10_000):
            try:
                with open(f"/tmp/{n}", "wb") as file:
                    written += file.write(bytes(1 << 20))
            except OSError:
                return written
    """),
        3.0,
    )
    assert 0 < reply.results["y"] <= 64 << 20


@pytest.mark.parametrize("ending", ["return 1", "os._exit(0)", "time.sleep(60)"])
def test_no_daemon_outlives_the_worker(ending):
    with Worker(SMALL, [hostile.DAEMON.format(ending=ending), hostile.HONEST]) as worker:
        worker.start()
        reply = worker.call(ATTACK, {}, ("y",), 0.4)
        assert bool(reply.stopped) != (ending == "return 1")
        # While the worker lives, what it has started may live as well.
        assert marked() if ending == "return 1" else soon_gone()
        honest(worker)
    assert soon_gone()


def soon_gone():
    until = time.monotonic() + 2
    while marked() and time.monotonic() < until:
        time.sleep(0.01)
    return not marked()


def marked():
    """The processes on this computer that bear the attack's mark."""
    names = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            names.append(path.read_text().strip())
        except OSError:
            continue
    return [name for name in names if name == hostile.MARK]


@pytest.mark.parametrize("name", hostile.PATCHES)
def test_patched_worlds(name):
    """The patch is the submission's own trouble: its reply is plain or says what failed, and others see nothing of it."""
    with Worker(SMALL, [attack(f"{hostile.PATCHES[name]}\nreturn 7")]) as worker:
        worker.start()
        for _ in range(2):
            reply = worker.call(ATTACK, {}, ("y",), 1.0)
            assert reply.results == {"y": 7} or reply.error or reply.stopped
    with Worker(SMALL, [hostile.HONEST]) as other:
        honest(other)


def test_comparisons_patched_inside_make_nothing_right_outside():
    patch = hostile.PATCHES["NumPy's comparisons"]
    reply = call(f"{patch}\ndef attack():\n    return np.ones(3)")
    assert not np.allclose(reply.results["y"], 0) and not np.array_equal(reply.results["y"], np.zeros(3))


LIARS = {
    "equal to all": "class Liar:\n    def __eq__(self, other): return True\n    __hash__ = None",
    "an array of its own": "class Liar:\n    def __array__(self, *a, **k): return np.zeros(3)",
    "a function": "def Liar(): return print",
    "an array of objects": "def Liar(): return np.array([print, None], dtype=object)",
    "an array of text": "def Liar(): return np.array(['a', 'b'])",
    "complex numbers": "def Liar(): return np.zeros(3, complex)",
    "a dict of numbers": "def Liar(): return {1: 2}",
    "a number of 1,000 digits": "def Liar(): return 10**1000",
    "a text of a megabyte": "def Liar(): return 'x' * (1 << 20)",
}


@pytest.mark.parametrize("name", LIARS)
def test_what_is_not_plain_comes_as_equal_to_nothing(name):
    y = call(f"import numpy as np\n{LIARS[name]}\ndef attack(): return Liar()").results["y"]
    assert isinstance(y, Opaque) and y != y and y != 0 and not np.all(y == np.zeros(3))


def test_a_lying_array_comes_as_its_numbers():
    reply = call("""
import numpy as np

class Liar(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array__(self, *a, **k): return np.full(3, 5.0)
    def __array_finalize__(self, other): ...
    def tobytes(self, *a): return bytes(24)

def attack(): return np.arange(3.0).view(Liar)
""")
    assert type(reply.results["y"]) is np.ndarray
    np.testing.assert_array_equal(reply.results["y"], np.arange(3.0))


@pytest.mark.parametrize(
    "made", ["[[]] * 10**6", "np.zeros(1 << 24)", "[np.zeros(1 << 20)] * 20", "eval('[' * 40 + ']' * 40)", "endless()"]
)
def test_results_too_large_or_too_deep(made):
    code = f"import numpy as np\ndef endless():\n    a = []\n    a.append(a)\n    return a\ndef attack(): return {made}"
    reply = call(code, 3.0, Assignment("hw", "", "", (), seconds=20.0, memory=1 << 30))
    assert reply.error in ("ValueError", "MemoryError") and not reply.results


@pytest.mark.parametrize("where", ["frames", "gc"])
def test_nothing_expected_is_to_be_found_inside(where):
    """All that the worker's variables, or all objects of the process, hold is what was given: no result, no other case."""
    walk = {
        "frames": "frame = sys._getframe()\n    while frame:\n        found.append(repr(frame.f_locals)[:20_000])\n"
        "        frame = frame.f_back",
        "gc": "found += [repr(one)[:500] for one in gc.get_objects() if type(one) in (dict, list, tuple)]",
    }[where]
    code = f"import gc, sys\ndef attack(given):\n    found = []\n    {walk}\n    text = ' '.join(found).lower()\n"
    # Written backwards, for otherwise it would find itself.
    code += "    return [number in text for number in ('828172'[::-1], '951413'[::-1])]"
    expected = {"y": 314159}
    with Worker(SMALL, [code]) as worker:
        worker.start()
        reply = worker.call((Call("attack", ("given",), ("y",)),), {"given": 271828}, ("y",), 2.0)
    assert expected and reply.results["y"] == [True, False]


def test_what_there_is_to_see():
    reply = call(
        attack("""
        import os, sys
        seen = {top: sorted(os.listdir("/" + top)) for top in ("", "tmp", "course", "dev") }
        return seen, dict(os.environ), sorted(map(int, os.listdir("/proc/self/fd"))), sorted(
            int(name) for name in os.listdir("/proc") if name.isdigit()), os.getuid()
    """)
    )
    seen, environment, descriptors, processes, user = reply.results["y"]
    assert set(seen[""]) <= {
        "course",
        "dev",
        "etc",
        "lib",
        "lib32",
        "lib64",
        "packages",
        "proc",
        "python",
        "root",
        "tmp",
        "usr",
    }
    assert seen["tmp"] == [] and seen["dev"] == ["null", "random", "urandom"]
    assert not [name for name in seen["course"] if not name.endswith(".py")]
    assert not set(environment) & set(os.environ) - {"PWD", "LC_CTYPE", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
    # Input, output, errors, requests, replies, and the folder that is being listed.
    assert descriptors == [0, 1, 2, 3, 4, 5]
    assert processes == [1, 2] and user == 65534


def test_a_course_checkout_is_nowhere():
    reply = call(
        attack("""
        import os
        found = []
        for top in ("/", "/root", "/home", "/course", "/tmp", "/python/lib"):
            for folder, _, files in os.walk(top):
                if folder.startswith(("/proc", "/usr", "/packages", "/python/lib/python")):
                    continue
                found += [f"{folder}/{name}" for name in files if name.endswith((".py", ".ipynb", ".csv", ".json"))]
        return sorted(found)
    """),
        3.0,
    )
    assert all(name.startswith("/course/") for name in reply.results["y"])
    assert not [name for name in reply.results["y"] if "layers" in name or "judg" in name or "grad" in name]


def test_an_answer_to_the_next_call_before_it_is_made():
    code = (
        hostile.THIEF
        + """
import threading

def attack():
    where = place()
    def later():
        time.sleep(0.15)
        header = reply_to("0" * 32)
        os.write(where, struct.pack("<4sIQ", b"CNS1", len(header), 0) + header)
    threading.Thread(target=later, daemon=True).start()
    return 1

def reply_to(nonce):
    return json.dumps(["dict", {"nonce": nonce, "results": ["dict", {"y": 100}], "after": ["dict", {}]}]).encode()
"""
    )
    with Worker(SMALL, [code, hostile.HONEST]) as worker:
        worker.start()
        assert worker.call(ATTACK, {}, ("y",), 1.0).results == {"y": 1}
        time.sleep(0.3)
        reply = worker.call((Call("double", ("x",), ("y",)),), {"x": 3}, ("y",), 1.0)
        assert reply.stopped == "forged" and not reply.results
        honest(worker)


ERRORS = {
    "a huge message": ("raise ValueError('x' * 10_000_000)", "ValueError"),
    "a message that cannot be made": ("class E(KeyError):\n    def __str__(self): raise E()\nraise E()", "KeyError"),
    "a message that is no text": ("class E(OSError):\n    def __str__(self): return 3\nraise E()", "OSError"),
    "a class of ours": ("class ResultCountError(Exception): pass\nraise ResultCountError('full marks')", "Error"),
    "a class of Python's": ("class NotImplementedError(Exception): pass\nraise NotImplementedError", "Error"),
    "a name of HTML": ("raise type('<script>', (Exception,), {})('<b>')", "Error"),
    "terminal escapes": ("raise ValueError('a\\x1b[2Jb\\nc\\u202ed\\ud800e\\x00')", "ValueError"),
    "sys.exit": ("import sys\nsys.exit('bye')", "SystemExit"),
    "the keyboard": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "a group": ("raise ExceptionGroup('many', [ValueError()])", "ExceptionGroup"),
    "depth": ("def deeper(): return deeper()\ndeeper()", "RecursionError"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    code, error = ERRORS[name]
    reply = call(attack(code), 2.0)
    assert reply.error == error and not reply.stopped
    assert len(reply.message) <= 500 and reply.message.isprintable()
    reply.message.encode()


def test_printed_escapes_are_shown_as_text():
    reply = call("def attack():\n    print('\\x1b[31mred\\x1b[0m', '\\u202e', 'x' * 5000)\n    return 1")
    assert "\x1b" not in reply.printed and "\u202e" not in reply.printed and len(reply.printed) <= 2000
    assert reply.printed.startswith("\ufffd[31mred")


def test_a_cell_may_attack_as_well_as_a_function():
    cells = ["import os\ndef kept(): return 5\nos._exit(0)", hostile.HONEST, "while True: pass"]
    with Worker(SMALL, cells, cell_seconds=0.4) as worker:
        assert [reply.stopped for reply in worker.start()] == ["crashed", "", "time"]
        honest(worker)
        assert worker.call((Call("kept", (), ("y",)),), {}, ("y",), 1.0).results == {"y": 5}


def test_the_time_of_a_submission_ends():
    assignment = Assignment("hw", "", "", (), seconds=1.0, memory=200 << 20)
    with Worker(assignment, [attack("while True: pass")]) as worker:
        worker.start()
        began = time.monotonic()
        replies = [worker.call(ATTACK, {}, ("y",), 0.4) for _ in range(5)]
    assert [reply.stopped for reply in replies] == ["time"] * 5
    assert "whole submission" in replies[-1].message
    assert time.monotonic() - began < 3
