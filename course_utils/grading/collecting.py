"""The files that were handed in, wherever they lie: folders, single files, archives, and archives in those."""

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

# Of one file, and of an archive within another.
LARGEST_FILE = 20 << 20
LARGEST_INNER = 50 << 20
# Of one archive, with those that it holds: files, bytes of archives within it; and how deep they may lie in each other: a
# class, a student.
MOST_FILES = 20_000
MOST_INNER = 2 << 30
DEEPEST = 2
# Of the list of files in an archive, which Python reads whole, and of one name in it.
LARGEST_LIST = 4 << 20
LONGEST_NAME = 1_000
# Folders that systems and editors leave behind.
_LITTER = ("__MACOSX", "__pycache__")

Opener = Callable[[], Path | BinaryIO]


@dataclass(frozen=True)
class Found:
    """A file. place: its path as people know it; parts: the names that may tell whose it is, folders first, its own last.

    modified: when it was last changed, None if unknown. read: gives its bytes; raises OSError with the reason where that
    cannot be, as for links, which are never followed. archives: those that it lies in, the outermost first: how many of
    the parts name each, and when that was last changed.
    """

    place: str
    parts: tuple[str, ...]
    modified: datetime | None
    read: Callable[[], bytes]
    archives: tuple[tuple[int, datetime | None], ...] = ()

    @property
    def name(self) -> str:
        return self.parts[-1]


def collect(paths: list[Path], leave_out: tuple[Path, ...] = ()) -> Iterator[Found]:
    """All files below the paths. leave_out: folders and files that are the grader's own.

    Links are not followed but where a path itself is one. Nothing of an archive is written anywhere.
    Raises ValueError if a path is not there.
    """
    apart = {path.resolve() for path in leave_out}
    for path in paths:
        if not path.exists():
            raise ValueError(f"there is no file or folder {path}")
        if path.is_dir():
            yield from _folder(path, (path.resolve().name,), apart)
        elif path.resolve() not in apart:
            # Folders as typed, as in inbox/*/hw1.ipynb, may bear the students' names.
            yield from _file(path, tuple(part for part in path.parts if part not in (path.anchor, "..")))


def _folder(folder: Path, parts: tuple[str, ...], apart: set[Path]) -> Iterator[Found]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield _refused(str(folder), parts, f"the folder cannot be read: {error.strerror}")
        return
    for entry in entries:
        names = (*parts, entry.name)
        if _is_litter(entry.name):
            continue
        if entry.is_symlink():
            yield _refused(str(entry), names, "it is a symbolic link, which is not followed")
        elif entry.resolve() in apart:
            continue
        elif entry.is_dir():
            yield from _folder(entry, names, apart)
        else:
            yield from _file(entry, names)


def _file(path: Path, parts: tuple[str, ...]) -> Iterator[Found]:
    try:
        status = path.stat()
    except OSError as error:
        yield _refused(str(path), parts, str(error.strerror))
        return
    if not stat.S_ISREG(status.st_mode):
        yield _refused(str(path), parts, "it is not a regular file")
        return
    modified = datetime.fromtimestamp(status.st_mtime).astimezone()
    if path.suffix.lower() == ".zip":
        yield from _archive(lambda: path, str(path), parts, ((len(parts), modified),), _Left(MOST_FILES, MOST_INNER))
    else:
        yield Found(str(path), parts, modified, lambda: _read(path))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return _limited(file, LARGEST_FILE)


def _limited(file: BinaryIO, most: int) -> bytes:
    content = file.read(most + 1)
    if len(content) > most:
        raise OSError(f"it holds more than {most >> 20} MB")
    return content


@dataclass
class _Left:
    """What may still come out of an archive and those within it."""

    files: int
    inner: int


class _Narrow:
    """A file for reading, never much of it at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.seek, self.tell = file, file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size if 0 <= size <= LARGEST_LIST else LARGEST_LIST + 1)
        if len(content) > LARGEST_LIST:
            raise OSError("its list of files is too long")
        return content


def _entries(opener: Opener) -> list[zipfile.ZipInfo]:
    opened = opener()
    with opened.open("rb") if isinstance(opened, Path) else opened as file, zipfile.ZipFile(_Narrow(file)) as archive:
        return archive.infolist()


def _archive(
    opener: Opener, place: str, parts: tuple[str, ...], archives: tuple[tuple[int, datetime | None], ...], left: _Left
) -> Iterator[Found]:
    """opener: gives a path, or a file in memory, each time that the archive is read; raises OSError."""
    try:
        entries = _entries(opener)
    # Damage shows as many kinds of errors, and none may stop the class.
    except Exception as error:
        yield _refused(place, parts, f"it is no archive that can be read: {error}")
        return
    folder = (*parts[:-1], Path(parts[-1]).stem)
    for entry in entries:
        left.files -= 1
        if left.files < 0:
            if left.files == -1:
                yield _refused(place, parts, f"it holds more than {MOST_FILES:,} files; those after are left out")
            return
        if len(entry.filename) > LONGEST_NAME:
            name = f"{entry.filename[:40]}…"
            yield _refused(f"{place}: {name}", (*folder, "…"), f"its name has more than {LONGEST_NAME:,} characters")
            continue
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if entry.is_dir() or any(_is_litter(part) for part in path.parts if part != ".."):
            continue
        inside, names = f"{place}: {path}", (*folder, *path.parts)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            yield _refused(inside, names, "its path leads out of the archive")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            yield _refused(inside, names, "it is a symbolic link, which is not followed")
        elif path.suffix.lower() == ".zip" and len(archives) < DEEPEST:
            left.inner -= entry.file_size
            if left.inner < 0:
                yield _refused(inside, names, f"the archives in {place} hold more than {MOST_INNER >> 20:,} MB")
                continue
            inner = _member(opener, entry, LARGEST_INNER)
            around = (*archives, (len(names), _time(entry)))
            yield from _archive(lambda inner=inner: io.BytesIO(_kept(inner)), inside, names, around, left)
        else:
            yield Found(inside, names, _time(entry), _member(opener, entry, LARGEST_FILE), archives)


@lru_cache(maxsize=1)
def _kept(read: Callable[[], bytes]) -> bytes:
    """What the last archive within another holds, since all its files are read one after the other."""
    return read()


def _member(opener: Opener, entry: zipfile.ZipInfo, most: int) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with zipfile.ZipFile(opener()) as archive, archive.open(entry) as file:
                return _limited(file, most)
        except OSError:
            raise
        # Damage, a password or an unknown kind of compression: zlib.error, RuntimeError, NotImplementedError and more.
        except Exception as error:
            raise OSError(f"its archive is damaged or encrypted: {error}") from error

    return read


def _time(entry: zipfile.ZipInfo) -> datetime | None:
    # An archive without times says 1 January 1980.
    if entry.date_time <= (1980, 1, 1, 0, 0, 0):
        return None
    try:
        return datetime(*entry.date_time).astimezone()
    except (ValueError, OverflowError):
        return None


def _refused(place: str, parts: tuple[str, ...], why: str) -> Found:
    def read() -> bytes:
        raise OSError(why)

    return Found(place, parts or (place,), None, read)


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name in _LITTER
