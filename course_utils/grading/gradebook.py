"""The folder that keeps a class's grades: written one student at a time, whole or not at all, so that a run can go on."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from course_utils.grading.results import SubmissionResult, result_from
from course_utils.grading.text import file_name

RUN = "run.json"
RECORDS = "students"
_LOCK, _UNFINISHED = ".lock", ".unfinished-"


@dataclass(frozen=True)
class Run:
    """What all grades of a folder have in common. key: its fingerprint; version: of the assignment's declaration; course:
    of the course; started: ISO 8601, when the first run into this folder began.
    """

    assignment: str
    seed: int
    key: str
    version: str
    course: str
    started: str


class Gradebook:
    """A context manager: while it is open, no other run can write there. Raises ValueError if one does, or if the folder
    cannot be used or is of another assignment.
    """

    def __init__(self, folder: Path, assignment: str) -> None:
        self.folder, self.records = folder, folder / RECORDS
        try:
            self.records.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / _LOCK).open("a")
        except OSError as error:
            raise ValueError(f"grades cannot be kept in {folder} ({error.strerror or error})") from error
        try:
            self._take_lock()
            self.run = self._run()
            if self.run and self.run.assignment != assignment:
                raise ValueError(
                    f"{folder} holds grades of {self.run.assignment}; choose another folder for {assignment}"
                )
            for path in (*folder.glob(f"{_UNFINISHED}*"), *self.records.glob(f"{_UNFINISHED}*")):
                path.unlink()
        except BaseException:
            self._lock.close()
            raise

    def __enter__(self) -> "Gradebook":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._lock.close()

    def begin(self, run: Run) -> None:
        """Keep what the run is. Raises ValueError if that cannot be written."""
        try:
            write_whole(self.folder / RUN, asdict(run))
        except OSError as error:
            raise ValueError(
                f"grades cannot be kept in {self.folder} ({error.strerror or error}); make room"
            ) from error
        self.run = run

    def keep(self, result: SubmissionResult) -> None:
        """Keep a grade, in place of the student's former one. Raises OSError, and the former one stays."""
        run = {"version": self.run.version, "key": self.run.key, "course": self.run.course}
        write_whole(self._path(result.student), {"run": run, "result": result.as_dict()})

    def kept(self, student: str) -> SubmissionResult | None:
        """The grade that is kept, or None. Raises ValueError if its file is damaged."""
        found = self._record(student)
        return found[1] if found else None

    def all_kept(self, students: Iterable[str]) -> tuple[SubmissionResult, ...]:
        """The grades that are kept of these students, but for damaged ones."""
        found = []
        for student in students:
            with suppress(ValueError):
                found.append(self.kept(student))
        return tuple(result for result in found if result)

    def same(self, student: str, sha256: str) -> SubmissionResult | None:
        """The grade that is kept, if it is of these bytes, this seed, key and version of the assignment; else None."""
        try:
            found = self._record(student)
        # What is damaged is graded anew.
        except ValueError:
            return None
        if found is None:
            return None
        run, result = found
        here = (sha256, self.run.seed, self.run.key, self.run.version)
        return result if (result.sha256, result.seed, run.get("key"), run.get("version")) == here else None

    def _record(self, student: str) -> tuple[dict[str, Any], SubmissionResult] | None:
        path = self._path(student)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            result = result_from(values["result"])
            if result.student != student:
                raise ValueError(f"it is of {result.student!r}")
            return dict(values["run"]), result
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} cannot be read: {error}") from error

    def _path(self, student: str) -> Path:
        return self.records / f"{file_name(student)}.json"

    def _run(self) -> Run | None:
        path = self.folder / RUN
        try:
            return Run(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(
                f"{path} cannot be read ({error}); choose another folder, or take that file away"
            ) from error

    def _take_lock(self) -> None:
        # The system lets go of it when the process ends, however it ends.
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(f"another run is grading into {self.folder}; wait for it, or end it") from error
        except OSError:
            # Some network folders have no locks.
            return


def write_whole(path: Path, values: dict[str, Any]) -> None:
    """Write the values as JSON in one step: at every moment the file is the former one or the new one. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if os.name == "posix":
        # Else the name may still be the former one after a power cut.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def fingerprint(key: str) -> str:
    """Tells one key from another without telling the key; "" for none."""
    return hashlib.sha256(b"key of an assignment: " + key.encode()).hexdigest()[:16] if key else ""
