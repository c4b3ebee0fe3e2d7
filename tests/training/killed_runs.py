"""Train, be killed at a random moment, train on, ten times; then compare with a run that nobody killed.

`python killed_runs.py FOLDER KILLS` prints how many kills fell into a run, at which (epoch, step) its checkpoints then stood, and
whether final weights and histories are equal. Training runs in children of a process that imports PyTorch but computes nothing
itself, so that a start takes milliseconds and not seconds; a child is killed as `kill -9` does it.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import small
import torch

# What the first optimizer would import in every child, for two seconds.
import torch._dynamo

from course_utils import training
from course_utils.training import checkpoint

RECIPE = small.RECIPE.changed(epochs=30)


def train(folder: Path) -> None:
    """In a child: the run, with a checkpoint after nearly every step."""
    torch.set_num_threads(1)
    training.fit(small.network(), small.data(), RECIPE, out=folder, progress=False, checkpoint_seconds=0.001)


def child(folder: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        train(folder)
        status = 0
    finally:
        os._exit(status)


def finish(folder: Path) -> float:
    began = time.monotonic()
    _, status = os.waitpid(child(folder), 0)
    assert status == 0, "a child failed"
    return time.monotonic() - began


def main(folder: Path, kills: int) -> None:
    whole = finish(folder / "whole")
    draw, path = random.Random(5), folder / "killed" / checkpoint.NAME
    killed, stood = 0, []
    for _ in range(kills):
        before = changed(path)
        pid = child(folder / "killed")
        # What a start takes varies more than what a step takes.
        while changed(path) == before and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.6 * whole / kills))
        os.kill(pid, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        state, _ = checkpoint.load(path.parent)
        stood.append((state["epoch"], state["step"]))
    finish(folder / "killed")
    one, two = (torch.load(folder / name / "weights.pt") for name in ("whole", "killed"))
    equal = one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
    first, second = (training.Run.load(folder / name / "run.json") for name in ("whole", "killed"))
    told = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "step_loss", "lr")
    alike = all(getattr(first.history, name) == getattr(second.history, name) for name in told)
    print(f"killed {killed}, weights equal {equal}, histories equal {alike}, stood at {stood}, notes {second.notes}")


def changed(path: Path) -> int:
    """When the file was last written, 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
