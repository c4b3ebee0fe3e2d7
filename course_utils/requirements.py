"""What `pyproject.toml` asks for, and what of it an environment lacks. Standard library only."""

import re
import tomllib
from collections.abc import Iterable
from importlib import metadata

from course_utils.paths import ROOT

PYPROJECT = ROOT / "pyproject.toml"
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+?)(?P<specifiers>((==|>=)\d+(\.\d+)*,?)*)")
_VERSION = re.compile(r"(?P<release>\d+(\.\d+)*)(?P<suffix>[^+]*)(\+.*)?")


def project() -> dict:
    """The `[project]` table of the course. Raises FileNotFoundError outside a checkout of the course."""
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


def required(*extras: str) -> list[str]:
    """The requirements of the course and of these extras, as written: `["numpy>=2.0", …]`."""
    tables = project()
    return [*tables["dependencies"], *(one for extra in extras for one in tables["optional-dependencies"][extra])]


def unsatisfied(requirements: Iterable[str], path: list[str] | None = None) -> list[str]:
    """Those of the requirements that are missing or of another version. path: folders to look in, else `sys.path`."""
    return [one for one in requirements if not satisfies(installed(name_of(one), path), one)]


def installed(name: str, path: list[str] | None = None) -> str | None:
    """The installed version of a distribution, or None. path: folders to look in, else `sys.path`."""
    where = {} if path is None else {"path": path}
    # A half-written distribution has no version: the first that has one is the one that Python would use.
    return next((found.version for found in metadata.distributions(name=name, **where) if found.version), None)


def name_of(requirement: str) -> str:
    return _parse(requirement)["name"]


def satisfies(version: str | None, requirement: str) -> bool:
    """Whether this installed version is one that the requirement allows.

    Understands `name`, `name>=1.2`, `name==1.2.3` and several of them with commas. A local version counts as the public
    one (PEP 440): 2.13.0+cpu is 2.13.0. A pre-release comes before its release, a post-release after it.
    Raises ValueError if the requirement is written in another form.
    """
    if version is None:
        return False
    have = _order(version)
    for specifier in filter(None, _parse(requirement)["specifiers"].split(",")):
        want = _order(specifier[2:])
        if have != want if specifier.startswith("==") else have < want:
            return False
    return True


def _parse(requirement: str) -> re.Match:
    parsed = _REQUIREMENT.fullmatch(requirement.replace(" ", ""))
    if parsed is None:
        raise ValueError(f"a requirement must be a name with == or >= and a version, got {requirement!r}")
    return parsed


def _order(version: str) -> tuple[list[int], int]:
    """A key to compare versions by: the numbers without trailing zeros, then pre-release, release or post-release."""
    parsed = _VERSION.fullmatch(version)
    if parsed is None:
        raise ValueError(f"a version must start with numbers, got {version!r}")
    numbers = [int(part) for part in parsed["release"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    suffix = parsed["suffix"].lstrip("._-")
    return numbers, 0 if not suffix else 1 if suffix.startswith("post") else -1
