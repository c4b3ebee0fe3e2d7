"""What training was like, epoch by epoch and step by step."""

from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any

import numpy as np

# More points than a figure has pixels would only make records large.
POINTS = 1000


@dataclass
class History:
    """A list for each measure, one number an epoch; `step_loss` one a step, or a mean of `steps_per_point` steps.

    train_loss and train_accuracy are means over the epoch, of the scores that were trained on, from before each update, with
    augmentation and label smoothing. validation_loss and validation_accuracy are those of the network after the epoch, on
    `judged_by`: "held-out pictures", or "test pictures" if none were held out. lr: the learning rate of the epoch's last
    step. seconds: of the epoch, judging included.
    """

    judged_by: str = "test pictures"
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    step_loss: list[float] = field(default_factory=list)
    steps_per_point: int = 1

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return len(self.train_loss)

    @property
    def best_epoch(self) -> int | None:
        """The epoch, from 1, with the highest accuracy on held-out pictures; None if the test data judged.

        To choose an epoch by its test accuracy would make the test data part of the training, and its number too good.
        """
        if self.judged_by != "held-out pictures" or not self.validation_accuracy:
            return None
        return int(np.argmax(self.validation_accuracy)) + 1

    def thinned(self) -> "History":
        """The same with at most POINTS numbers in step_loss, each the mean of as many steps, to five digits."""
        every = max(1, ceil(len(self.step_loss) / POINTS))
        means = [np.mean(self.step_loss[i : i + every]) for i in range(0, len(self.step_loss), every)]
        means = [float(f"{mean:.5g}") for mean in means]
        return History(**{**self.as_dict(), "step_loss": means, "steps_per_point": self.steps_per_point * every})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
