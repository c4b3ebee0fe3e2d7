"""What each process of `torchrun --nproc_per_node=2 two_processes.py FOLDER` does: train, break off, and train on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import small
import torch

from course_utils import training
from course_utils.training.steps import Training

# The last batch of 97 is one picture, too small to share.
DATA = small.data(97)


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    train(small.network(norm=False, dropout=0.0), folder / "plain")
    # With normalisation and dropout two processes differ from one, but not from themselves.
    train(small.network(), folder / "whole")
    with stopped(after=10):
        train(small.network(), folder / "in two sittings")
    train(small.network(), folder / "in two sittings")


def train(network: torch.nn.Module, folder: Path) -> training.Run:
    return training.fit(network, DATA, small.RECIPE, out=folder, checkpoint_seconds=0, progress=False)


@contextmanager
def stopped(after: int) -> Iterator[None]:
    """Within it, training breaks off before its next step, after so many: in all processes alike."""
    usual, steps = Training.advance, iter(range(after))

    def advance(self: Training) -> bool:
        next(steps)
        return usual(self)

    Training.advance = advance
    try:
        yield
    except StopIteration:
        pass
    finally:
        Training.advance = usual


if __name__ == "__main__":
    main(Path(sys.argv[1]))
