"""The program inside the sandbox: runs a submission's cells and calls its functions, as the grader asks over a pipe.

Nothing here is trusted by the grader, and nothing is here that a submission must not see: no test, no expected result, no
grade. It reads requests from the descriptor that it is started with as its input and answers on the one that it is
started with as its output; what a submission prints goes to a third. `python -I -S worker.py PACKAGES`.
"""

import sys
from pathlib import Path

_HERE = str(Path(__file__).resolve().parent)
# -S leaves out the folder of packages; the standard library comes first.
sys.path += [_HERE, *sys.argv[1:2]]

import os  # noqa: E402

# Threads of a matrix product would be counted as processes, and cost more than they bring here.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"

import ast  # noqa: E402
import builtins  # noqa: E402
import contextlib  # noqa: E402
import importlib  # noqa: E402
import linecache  # noqa: E402
import random  # noqa: E402
import types  # noqa: E402
import warnings  # noqa: E402
from functools import partial  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import student_shim  # noqa: E402
import wire  # noqa: E402
from specification import Call, ResultCountError, run_plan, with_gaps  # noqa: E402

_OWN_ERRORS = {
    error
    for error in vars(builtins).values()
    if isinstance(error, type) and issubclass(error, BaseException) and error not in (BaseException, Exception)
}
_REQUESTS = wire.Bounds(header=1 << 24, body=1 << 32, depth=32, values=1_000_000, text=1 << 22)
_REPLIES = wire.Bounds()
_MESSAGE = 500
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def main() -> None:
    """Answer requests until there are no more."""
    requests, replies = _own_descriptors()
    submission = Submission()
    while (frame := _read(requests)) is not None:
        request = wire.unpack(*frame, _REQUESTS, submission.made, with_gaps)
        os.chdir(submission.folder)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        reply = submission.answer(request)
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(Exception):
                stream.flush()
        # Whole numbers of steps may be written; the rest follows.
        rest = memoryview(_packed({**reply, "nonce": request["nonce"]}))
        while rest:
            rest = rest[os.write(replies, rest) :]


class Submission:
    """The names that the cells have made so far, and what may be asked of them."""

    def __init__(self) -> None:
        self.folder = str(Path.cwd())
        self.main = types.ModuleType("__main__")
        self.names = vars(self.main)
        self.helpers: dict[str, Any] = {}
        self.flags = 0
        self.made = {
            "seed": np.random.default_rng,
            "dtype": lambda name: getattr(np, name),
            # Found when the call is made, so that what is not there is an error of the call.
            "torch": lambda module, name, settings: partial(_of_torch, module, name, settings),
            "named": lambda name: partial(self.named, name),
        }

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """What came of a request: of "setup", "cell", "call", "value" or "ready"."""
        try:
            return getattr(self, request["do"])(request)
        except BaseException as error:
            return _told(error)

    def setup(self, request: dict[str, Any]) -> dict[str, Any]:
        """Import what takes long, take on the limits, and put the stand-in for the course into place."""
        for package in request["packages"]:
            importlib.import_module(package)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)
        for module in request["helpers"]:
            found = importlib.import_module(module)
            self.helpers |= {name: one for name, one in vars(found).items() if getattr(one, "__module__", "") == module}
        student_shim.install(request["kit"], _HERE)
        sys.modules["__main__"] = self.main
        self.names["get_ipython"] = self.names["display"] = student_shim.Absorbing("display")
        _take_limits(request["limits"])
        _same_chances()
        return {}

    def cell(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run a cell statement by statement. After one that fails, imports and definitions still are."""
        source, file = request["source"], f"<cell {request['number']}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        failed: dict[str, Any] = {}
        for statement in ast.parse(source, file).body:
            if (failed or request["definitions"]) and not isinstance(statement, _DEFINITIONS):
                continue
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                self.flags |= _future(statement)
                continue
            try:
                module = ast.Module([statement], [])
                exec(compile(module, file, "exec", self.flags, dont_inherit=True), self.names)
            except BaseException as error:
                failed = failed or _told(error)
        return failed

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run a plan, and give the wanted results and the given arrays as they are afterwards."""
        plan = tuple(Call(function, tuple(names), tuple(made)) for function, names, made in request["plan"])
        called = [call.function for call in plan]
        functions = {name: self.named(name) for name in called}
        functions |= {name: self.names[name] for name in request["student"] if name in self.names}
        given = {name: _found(value) for name, value in request["values"].items()}
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            _same_chances()
            results = run_plan(plan, functions, given)
        return {
            "results": {name: results[name] for name in request["wanted"]},
            "after": {name: given[name] for name in request["back"]},
        }

    def ready(self, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing, but that the worker waits for requests."""
        return {}

    def value(self, request: dict[str, Any]) -> dict[str, Any]:
        """What a variable stands for."""
        return {"results": {request["variable"]: self._own(request["variable"])}, "after": {}}

    def named(self, name: str) -> Any:
        """The helper of that name, else what the homework offers under it, else what the submission calls so."""
        if name in self.helpers:
            return self.helpers[name]
        kit = vars(sys.modules["course_utils.layers"])
        return kit[name] if name in student_shim.KIT and name in kit else self._own(name)

    def _own(self, name: str) -> Any:
        if name not in self.names:
            raise NameError(f"name {name!r} is not defined")
        return self.names[name]


def _own_descriptors() -> tuple[int, int]:
    """Requests and replies, moved away from input and output: a submission prints where errors go, and reads nothing."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, replies


def _read(requests: int) -> tuple[bytearray, bytearray] | None:
    """Header and body of the next request, or None if there is no more."""
    prefix = _exactly(requests, wire.PREFIX.size)
    if len(prefix) < wire.PREFIX.size:
        return None
    header, body = wire.lengths(bytes(prefix), _REQUESTS)
    return _exactly(requests, header), _exactly(requests, body)


def _exactly(descriptor: int, count: int) -> bytearray:
    data = bytearray()
    while len(data) < count and (more := os.read(descriptor, min(count - len(data), 1 << 20))):
        data += more
    return data


def _packed(reply: dict[str, Any]) -> bytes:
    try:
        return wire.pack(reply, _REPLIES, _as_plain)
    except BaseException as error:
        return wire.pack({**_told(error), "nonce": reply["nonce"]}, _REPLIES)


def _as_plain(value: Any) -> Any:
    """A tensor as its array; whatever else is not plain as the name of its type."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        # NumPy has nothing for some of them, such as bfloat16 or the meta device's.
        with contextlib.suppress(Exception):
            return value.detach().cpu().numpy()
    return wire.opaque(value)


def _told(error: BaseException) -> dict[str, Any]:
    """An error by the nearest of Python's own names, its message, and the cell and line where it came."""
    known = [kind for kind in type(error).__mro__ if kind in _OWN_ERRORS]
    name = known[0].__name__ if known else "ResultCountError" if type(error) is ResultCountError else "Error"
    try:
        message = str(error)[:_MESSAGE]
    except BaseException:
        message = ""
    where = [error.filename, error.lineno] if isinstance(error, SyntaxError) else None
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename.startswith("<cell "):
            where = [traceback.tb_frame.f_code.co_filename, traceback.tb_lineno]
        traceback = traceback.tb_next
    return {"error": name, "message": message, "where": where}


def _same_chances() -> None:
    """Who draws without a generator draws the same in every run."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def _found(value: Any) -> Any:
    """A value in which what was only named is the thing itself."""
    if isinstance(value, partial):
        return value()
    return type(value)(map(_found, value)) if type(value) in (list, tuple) else value


def _of_torch(module: str, name: str, settings: dict[str, Any] | None) -> Any:
    found = getattr(importlib.import_module(module), name)
    return found if settings is None else found(**settings)


def _future(statement: ast.ImportFrom) -> int:
    import __future__

    flags = 0
    for alias in statement.names:
        flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _take_limits(limits: dict[str, int]) -> None:
    """Give up the right to more. What is in use already is not counted as the submission's address space."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in ("NOFILE", "FSIZE", "NPROC", "CPU", "AS"):
        most = limits[name] + (_address_space() if name == "AS" else 0)
        # The hard limit of CPU time comes a second after the signal that tells of it.
        hard = most + 1 if name == "CPU" else most
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, hard))


def _address_space() -> int:
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    return 0


if __name__ == "__main__":
    main()
