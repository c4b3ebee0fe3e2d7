"""Whether the files of a data set are on this computer, and are the official ones."""

import hashlib
from pathlib import Path

from course_utils.datasets.catalogue import RemoteFile, RemoteSet


class DataSetMissing(FileNotFoundError):  # noqa: N818
    """A data set that is not on this computer, or is damaged. The message says what to run."""


def stored_files(remote: RemoteSet) -> list[Path]:
    """The paths of the set's files, each compared with its SHA-256, in the order of the catalogue.

    Raises DataSetMissing, which says what to do, if one is not there or is not the official file.
    """
    for file in remote.files:
        if not (remote.folder / file.name).is_file():
            raise DataSetMissing(
                f"{remote.title} is not on this computer: run {remote.loaded_by} in a terminal "
                f"({remote.size / 1e6:.1f} MB), or {by_hand(remote)}."
            )
        if not is_right(remote.folder / file.name, file):
            raise DataSetMissing(
                f"{remote.folder / file.name} is not the official file (its SHA-256 differs): run "
                f"{remote.loaded_by}, which loads it again."
            )
    return [remote.folder / file.name for file in remote.files]


def is_stored(remote: RemoteSet) -> bool:
    """Whether all files of the set are there and right."""
    return all(is_right(remote.folder / file.name, file) for file in remote.files)


def is_right(path: Path, file: RemoteFile) -> bool:
    """Whether this is the official file, whole."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest().startswith(file.sha256)


def by_hand(remote: RemoteSet) -> str:
    """What to do where the network cannot be reached from here, to follow an "or"."""
    names = ", ".join(file.name for file in remote.files)
    return f"put {names} from {remote.mirrors[-1]} into {remote.folder}"
