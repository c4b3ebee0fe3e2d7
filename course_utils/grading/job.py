"""One submission on its way to a grading process, on this machine or another: bytes, and no path."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.grading.assignments import assignment
from course_utils.grading.results import SubmissionResult


@dataclass(frozen=True)
class Job:
    """assignment: its name; file: the name that the student gave the notebook, whose ending counts; seconds: after which
    the job is given up.
    """

    student: str
    assignment: str
    file: str
    content: bytes = field(repr=False)
    seed: int
    key: str = field(repr=False)
    sandboxed: bool
    seconds: float

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def grade_job(job: Job) -> SubmissionResult:
    """Grade one submission; what runs in a grading process. Raises SandboxMissing, and OSError if the machine fails."""
    # Whoever only makes jobs does without what grading needs.
    from course_utils.grading import grade_one

    suffix = ".py" if job.file.lower().endswith(".py") else ".ipynb"
    with tempfile.TemporaryDirectory(prefix="submission-") as folder:
        path = Path(folder) / f"{job.assignment}{suffix}"
        path.write_bytes(job.content)
        return grade_one.grade(
            path, assignment(job.assignment), job.student, seed=job.seed, key=job.key, sandboxed=job.sandboxed
        )
