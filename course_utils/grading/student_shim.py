"""What a submission finds inside the sandbox in place of the course: its calls do nothing, and it holds no reference.

Checks, figures and data take any call; `use` hands back the student's own function; `layers` has the few names that the
homework offers. Packages that only show something, such as matplotlib, are stood in for in the same way.
"""

import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_SHOWING = ("IPython", "ipywidgets", "matplotlib", "PIL", "rich", "tqdm")
# The names that the homework offers, filled by `install`.
KIT: set[str] = set()


class Absorbing:
    """Takes any call, attribute, index or arithmetic and gives itself; as a number it is 0, as a pair itself twice."""

    def __init__(self, name: str) -> None:
        self.__dict__["_name"] = name

    def _same(self, *arguments: Any, **settings: Any) -> "Absorbing":
        return self

    __call__ = __getitem__ = __enter__ = __neg__ = __abs__ = _same
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _same

    def __getattr__(self, name: str) -> "Absorbing":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __setattr__(self, name: str, value: Any) -> None: ...

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __exit__(self, *error: Any) -> None: ...

    def __iter__(self) -> Iterator["Absorbing"]:
        # `images, labels = datasets.digits()` and `figure, axes = plt.subplots()` are what it is unpacked for.
        return iter((self, self))

    def __index__(self) -> int:
        return 0

    __int__ = __len__ = __index__

    def __float__(self) -> float:
        return 0.0

    def __format__(self, how: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"<{self._name}: not there while a homework is graded>"


class _AbsorbingModule(ModuleType):
    """A module in which every name is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absorbing(f"{self.__name__}.{name}")


class _Layers(ModuleType):
    """`course_utils.layers` with the names that the homework offers."""

    def __getattr__(self, name: str) -> Any:
        offered = ", ".join(sorted(KIT)) or "nothing"
        raise AttributeError(f"layers.{name} is not there while a homework is graded; this one may use {offered}")


class _Finder(MetaPathFinder, Loader):
    """Makes the modules that only show, and those of the course that are not bound."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        first = name.partition(".")[0]
        if first in _SHOWING or (first == "course_utils" and not name.startswith("course_utils.layers.")):
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsorbingModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__.partition(".")[0] == "tqdm":
            module.tqdm, module.trange = _each, range


def install(kit: Sequence[str], folder: str) -> None:
    """Put the stand-in into place. kit: names of layers, whose modules are in folder/course_utils/layers."""
    course, layers = _AbsorbingModule("course_utils"), _Layers("course_utils.layers")
    course.__path__, layers.__path__ = [], [f"{folder}/course_utils/layers"]
    sys.modules |= {"course_utils": course, "course_utils.layers": layers}
    sys.meta_path.append(_Finder())
    for name, function in _FUNCTIONS.items():
        setattr(course, name, function)
    course.layers = layers
    for entry in kit:
        module, name = entry.split(":")
        setattr(layers, name, getattr(importlib.import_module(module), name))
        KIT.add(name)


def _nothing(*arguments: Any, **settings: Any) -> None: ...


def _use(function: Any) -> Any:
    return function


def _each(values: Any = (), *arguments: Any, **settings: Any) -> Any:
    return values


def _by_profile(*, smoke: Any, **others: Any) -> Any:
    return smoke


_FUNCTIONS = {
    **dict.fromkeys(("ask", "check", "hint", "progress", "reveal", "start"), _nothing),
    "by_profile": _by_profile,
    "profile": lambda: "smoke",
    "use": _use,
}
