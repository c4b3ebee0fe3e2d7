"""What a hostile submission might try, one function `attack` each. Written for a worker with small limits.

`attack()` returns what it got hold of; a test says what must have come of it.
"""

import textwrap

# A name by which a process is found from outside, wherever it has gone.
MARK = "attack-4711"

HONEST = """
import numpy as np

def double(x):
    return 2 * x
"""

STOPPED = {
    "endless loop": ("time", "while True: pass"),
    "endless loop that takes every signal and exception": (
        "time",
        """
import signal
for number in signal.valid_signals():
    try:
        signal.signal(number, lambda *a: None)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    ),
    "sleep for ever": ("time", "import time\ntime.sleep(10**6)"),
    "a message that never ends being made": (
        "time",
        """
class Slow(Exception):
    def __str__(self):
        while True: pass
raise Slow()
""",
    ),
    "stop itself": ("time", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    "os._exit": ("crashed", "import os\nos._exit(0)"),
    "os.abort": ("crashed", "import os\nos.abort()"),
    "SIGKILL to itself": ("crashed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "SIGKILL to all": (
        "crashed",
        "import os, signal\nos.fork() or signal.pause()\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getpid(), 9)",
    ),
    "segmentation fault": ("crashed", "import ctypes\nctypes.string_at(0)"),
    "endless recursion in C": (
        "crashed",
        "import sys\nsys.setrecursionlimit(10**8)\ndef deeper(n=0):\n    return sorted([1, 2], key=lambda _: deeper())\ndeeper()",
    ),
    "memory by many": (
        "memory",
        """
import os, time
for n in range(12):
    if os.fork() == 0:
        block = b"x" * (50 << 20)
        time.sleep(60)
time.sleep(60)
""",
    ),
    "flood of output": ("output", "while True: print('x' * 10_000)"),
    "flood of errors": ("output", "import os\nwhile True: os.write(2, b'x' * 10_000)"),
    "flood of output by a child": ("output", "import os\nos.fork()\nwhile True: os.write(1, b'x' * 10_000)"),
    "close every descriptor": ("crashed", "import os\nos.closerange(0, 128)"),
    "close them and stay": ("time", "import os, time\nos.closerange(0, 128)\ntime.sleep(60)"),
}

# The descriptor of replies is found as a thief would: by looking through the worker's own variables.
THIEF = """
import sys, os, json, struct, time

def send(header, body=b"", mark=b"CNS1", sizes=None):
    sizes = sizes or (len(header), len(body))
    os.write(place(), struct.pack("<4sIQ", mark, *sizes) + header + body)

def place():
    return [f for f in frames() if "replies" in f.f_locals][0].f_locals["replies"]

def frames():
    frame = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back

def nonce():
    return [f for f in frames() if "replies" in f.f_locals][0].f_locals["request"]["nonce"]

def reply(results, **more):
    return json.dumps(["dict", {"nonce": nonce(), "results": ["dict", results], "after": ["dict", {}], **more}]).encode()
"""

FORGED = {
    "flood of replies": "while True: os.write(place(), b'x' * 4096)",
    "a frame of 2**60 bytes": "send(b'', sizes=(10, 2**60))\ntime.sleep(9)",
    "a header of 4 GB": "send(b'', sizes=(2**32 - 1, 0))\ntime.sleep(9)",
    "no frame at all": "send(b'{}', mark=b'HTTP')\ntime.sleep(9)",
    "no JSON": "send(b'{{{{')",
    "a header of NULs": "send(bytes(1000))",
    "not UTF-8": "send(b'\\xff\\xfe')",
    "deep nesting": "send(b'[' * 500_000)",
    "deep nesting, closed": "send(b'[' * 100_000 + b']' * 100_000)",
    "deep lists with tags": "send(reply({'y': eval('[\"list\",' * 60 + '1' + ']' * 60)}))",
    "a number of 10**6 digits": "send(b'1' * 1_000_000)",
    "a million values": "send(reply({'y': ['list', *[1] * 400_000]}))",
    "another nonce": 'send(b\'["dict", {"nonce": "0", "results": ["dict", {"y": 1}], "after": ["dict", {}]}]\')',
    "no nonce": 'send(b\'["dict", {"results": ["dict", {"y": 1}], "after": ["dict", {}]}]\')',
    "a reply that is a list": "send(b'[\"list\", 1, 2]')",
    "results that were not asked for": "send(reply({'y': 1, 'grade': 100}))",
    "results that are text": "send(json.dumps(['dict', {'nonce': nonce(), 'results': 'all', 'after': ['dict', {}]}]).encode())",
    "an error that is a list": "send(reply({}, error=['list', 1], message=''))",
    "a huge shape with few bytes": "send(reply({'y': ['array', 'float64', [2**20, 2**18], False]}), b'12345678')",
    "a product of shapes that overflows": "send(reply({'y': ['array', 'float64', [2**32, 2**32], False]}))",
    "a negative shape": "send(reply({'y': ['array', 'float64', [-1, -8], False]}), b'x' * 64)",
    "a shape of fractions": "send(reply({'y': ['array', 'float64', [1.5], False]}), b'x' * 64)",
    "a shape of truth values": "send(reply({'y': ['array', 'float64', [True], False]}), b'x' * 8)",
    "a shape of 1,000 axes": "send(reply({'y': ['array', 'int8', [1] * 1000, False]}), b'x')",
    "an array of objects": "send(reply({'y': ['array', 'object', [1], False]}), b'x' * 8)",
    "an unknown dtype": "send(reply({'y': ['array', ['float64'], [1], False]}), b'x' * 8)",
    "a pickle": "send(__import__('pickle').dumps([1]), sizes=None)",
    "a tag of the request": "send(reply({'y': ['named', 'open']}))",
    "bytes that nothing names": "send(reply({'y': 1}), b'x' * 64)",
    "a reply twice": "one = reply({'y': 1})\nsend(one)\nsend(one)",
    "a reply from a child": """one = reply({'y': 1})
for n in range(3):
    if os.fork() == 0:
        send(one)
        os._exit(0)
time.sleep(0.2)""",
    "another in its place": "r, w = os.pipe()\nos.write(place(), b'junk' * 10)\nos.dup2(w, place())",
}
FORGED = {name: f"{THIEF}\n\ndef attack():\n{textwrap.indent(code, '    ')}" for name, code in FORGED.items()}

# What must be refused, each with what a success would have given.
REFUSED = {
    "read the grader's environment": "open('/proc/1/environ').read() or _refused()",
    "read the root folder's secrets": "open('/etc/passwd').read()",
    "list the home folders": "os.listdir('/home')",
    "write the system": "open('/usr/lib/x', 'w')",
    "write the root": "open('/x', 'w')",
    "write the course": "open('/course/worker.py', 'a')",
    "write Python": "open(os.__file__, 'a')",
    "write /dev": "open('/dev/x', 'w')",
    "write /dev/shm": "open('/dev/shm/x', 'w')",
    "write a kernel setting": "open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')",
    "kill the grader": "os.kill(0 or __import__('os').getppid(), 9) or _if_it_lives()",
    "a socket to this computer": "__import__('socket').create_connection(('127.0.0.1', PORT), 0.2)",
    "a name from the net": "__import__('socket').getaddrinfo('example.org', 80)",
    "an abstract socket": "__import__('socket').socket(1).bind(b'\\0x')",
    "a pair of sockets": "__import__('socket').socketpair()",
    "memory without a name": "os.memfd_create('x')",
    "memory that nobody counts": "__import__('mmap').mmap(-1, 1 << 20)",
    "System V memory": "_call('shmget', 0, 1 << 20, 0o1600)",
    "ptrace": "_call('ptrace', 16, os.getppid(), 0, 0)",
    "another's memory": "_call('process_vm_readv', 1, 0, 0, 0, 0, 0)",
    "a user namespace": "_call('unshare', 0x10000000)",
    "a network namespace": "_call('unshare', 0x40000000)",
    "mount": "_call('mount', b'none', b'/tmp', b'tmpfs', 0, 0)",
    "chroot": "os.chroot('/tmp')",
    "become root": "os.setuid(0)",
    "raise a limit": "__import__('resource').setrlimit(__import__('resource').RLIMIT_AS, (-1, -1))",
    "a device": "os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0))",
    "run a shell": "__import__('subprocess').run(['/bin/sh', '-c', 'true'], check=True)",
    "import torch": "__import__('torch')",
    "import the grader": "__import__('course_utils.grading.judging', fromlist=['grade']).grade.__code__",
}
REFUSED = {
    name: f"""
import ctypes, os
PORT = 0

def _refused():
    raise PermissionError("nothing in it")

def _if_it_lives():
    os.kill(os.getppid(), 0)
    raise PermissionError("it lives")

def _call(name, *arguments):
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def attack():
    {code}
    return 1
"""
    for name, code in REFUSED.items()
}

DAEMON = f"""
import ctypes, os, time

def attack():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 128)
            ctypes.CDLL(None).prctl(15, {MARK.encode()!r})
            time.sleep(60)
        os._exit(0)
    time.sleep(0.1)
    {{ending}}
"""

# What a submission may do to the world that the worker runs in, and still answer right itself.
PATCHES = {
    "NumPy's comparisons": """
import numpy as np
yes = lambda *a, **k: True
np.allclose = np.array_equal = np.isclose = np.testing.assert_allclose = np.testing.assert_array_equal = yes
""",
    "the worker's own functions": """
import json, struct, builtins, wire, worker_like if False else wire
wire.pack_before = wire.pack
json.loads = None
""".replace(", worker_like if False else wire", ""),
    "the built-in functions": """
import builtins
builtins.isinstance_before = builtins.isinstance
builtins.len = lambda x: 3
builtins.str = builtins.set = None
""",
    "the output": "import sys, io\nsys.stdout = io.StringIO()\nsys.stderr = None",
    "the working folder": "import os\nos.mkdir('elsewhere')\nos.chdir('elsewhere')\nos.rmdir('/tmp/elsewhere')",
    "warnings and floating point": "import warnings, numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
    "the end of the process": "import atexit\natexit.register(lambda: exec('while True: pass'))",
    "the recursion limit": "import sys\nsys.setrecursionlimit(60)",
    "the search for modules": "import sys\nsys.path.clear()\nsys.meta_path.clear()\nsys.modules.pop('numpy')",
    "signals": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1 / 0)\nsignal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)",
}
