"""When a run is saved and how it goes on from there."""

import datetime
import time
from pathlib import Path
from typing import Any

import torch

from course_utils.training import checkpoint
from course_utils.training.progress import Reporter
from course_utils.training.steps import Training

# A recipe's own name and where it was published do not change what it does.
_WORDS = ("name", "source", "published")


class Saver:
    """Keeps the checkpoints of a run in a folder; with out=None there is nothing to keep.

    seconds: after which a checkpoint is due within an epoch. started: when the run began, in its first sitting.
    """

    def __init__(self, training: Training, out: Path | None, seconds: float, report: Reporter) -> None:
        self.started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.training, self.out, self.seconds, self.report = training, out, seconds, report
        self._last = time.monotonic()
        self._failed = False

    def due(self) -> bool:
        """Whether a checkpoint is due; the same answer in all processes."""
        if self.out is None:
            return False
        return self.training.group.from_first(time.monotonic() - self._last >= self.seconds)

    def save(self) -> None:
        """Save the run as it stands. If the disk is full, that is said, and training goes on; it is tried again later.

        Raises Diverged, and leaves the checkpoints as they are, if the weights are no finite numbers any more.
        """
        if self.out is None:
            return
        training = self.training
        training.look()
        training.check_weights()
        state = {
            "identity": identity(training),
            "random": training.group.from_all(_random(training)),
            "started": self.started,
            "notes": self.report.notes,
            **training.state_dict(),
        }
        if training.group.leads:
            try:
                checkpoint.save(self.out, state)
                self._failed = False
            except OSError as error:
                self._tell(error)
        training.pause()
        self._last = time.monotonic()

    def _tell(self, error: OSError) -> None:
        if not self._failed:
            self.report.problem(
                f"No checkpoint could be saved in {self.out} ({error.strerror or error}): training goes on, and saving is "
                "tried again later; make room."
            )
        self._failed = True

    def resume(self) -> bool:
        """Go on from the folder's newest whole checkpoint, if there is one. Says so if one was damaged.

        Raises ValueError if the checkpoint is of another run, naming what differs.
        """
        if self.out is None:
            return False
        training = self.training
        state, problem = checkpoint.load(self.out) if training.group.leads else (None, "")
        state, problem = training.group.from_first((state, problem))
        if problem and training.group.leads:
            self.report.problem(problem)
        if state is None:
            return False
        different = difference(state.pop("identity"), identity(training))
        if different:
            raise ValueError(
                f"{self.out} holds a checkpoint of another run: {different}. Choose another folder as out, go on as that run "
                "did, or begin anew with fresh=True (--fresh)"
            )
        training.load_state_dict(state)
        self.started = state["started"]
        self.report.notes[:0] = state["notes"]
        _set_random(training, state["random"][training.group.rank])
        return True


def identity(training: Training) -> dict[str, Any]:
    """What a run must have in common with its checkpoint, as plain values."""
    recipe = {name: value for name, value in training.recipe.as_dict().items() if name not in _WORDS}
    return {
        "recipe": recipe,
        "data": {"sha256 of all arrays": training.pictures.sha256},
        "network": {name: list(value.shape) for name, value in training.network.state_dict().items()},
        "processes": {"number": training.group.size},
        "device": {"type": training.place.device.type},
    }


def difference(saved: dict[str, Any], present: dict[str, Any]) -> str:
    """The first thing that differs, in words, or ""."""
    for part, values in present.items():
        for name in [*values, *saved[part]]:
            there, here = (one.get(name, "absent") for one in (saved[part], values))
            if there != here:
                return f"{part}, {name}: {_short(there)} there, {_short(here)} here"
    return ""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:12] + "…"


def _random(training: Training) -> dict[str, torch.Tensor]:
    """The states of the generators that dropout draws from."""
    states = {"cpu": torch.get_rng_state()}
    if training.place.is_cuda:
        states["cuda"] = torch.cuda.get_rng_state(training.place.device)
    return states


def _set_random(training: Training, states: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(states["cpu"])
    if training.place.is_cuda:
        torch.cuda.set_rng_state(states["cuda"], training.place.device)
