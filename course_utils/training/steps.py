"""The loop of lesson 09, step by step, with all that a run consists of at any moment."""

import time
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from course_utils.models.epoch import evaluate
from course_utils.training.augment import Draws, augmented, draw, enlarged
from course_utils.training.device import Place
from course_utils.training.distributed import Group
from course_utils.training.failures import diverged
from course_utils.training.history import History
from course_utils.training.optimisation import MovingAverage, sgd
from course_utils.training.pictures import Part, Pictures
from course_utils.training.recipe import Recipe
from course_utils.training.schedule import learning_rate

# A GPU works ahead of Python; asking it for the loss makes it wait, so that is done once in so many steps.
LOOK_EVERY = {"cpu": 1, "cuda": 20}
# The share of an auxiliary head's loss (Szegedy et al. 2014, section 5).
AUXILIARY = 0.3


class Training:
    """A network in training: `epoch` epochs are finished, and `step` steps of the next one."""

    def __init__(self, network: nn.Module, pictures: Pictures, recipe: Recipe, place: Place, group: Group) -> None:
        self.pictures, self.recipe, self.place, self.group = pictures, recipe, place, group
        self.network = network.to(device=place.device, memory_format=place.memory_format)
        self.average = MovingAverage(self.network, recipe.ema) if recipe.ema else None
        self.optimizer = sgd(self.network, recipe, place)
        self.called = place.compile(group.wrap(self.network, place.device))
        self.history = History("held-out pictures" if pictures.held_out else "test pictures")
        self.epoch = self.step = 0
        self.steps = -(-len(pictures.train) // recipe.batch_size)
        self.seconds = self.training_seconds = self.epoch_seconds = 0.0
        # Of the epoch so far: the sum of losses, how many were right, and of how many.
        self.sums = [0.0, 0.0, 0]
        self._waiting: list[torch.Tensor] = []
        self._clock = time.perf_counter()
        self._draws: tuple[int, Draws] | None = None

    @property
    def finished(self) -> bool:
        return self.epoch == self.recipe.epochs

    @property
    def judged_network(self) -> nn.Module:
        """The network that counts: the moving average of the weights where there is one."""
        return self.average.network if self.average else self.network

    def advance(self) -> bool:
        """One step. True if its numbers, and those of the steps before, have now been looked at.

        Raises Diverged if one of the losses is no finite number.
        """
        self.called.train()
        first = self.step * self.recipe.batch_size
        batch = self._epoch_draws().part(first, min(first + self.recipe.batch_size, len(self.pictures.train)))
        self.optimizer.zero_grad()
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self._waiting.append(self._backward(batch))
        self.optimizer.step()
        if self.average:
            self.average.follow(self.network)
        self.step += 1
        if self.step % LOOK_EVERY.get(self.place.device.type, 1) and self.step < self.steps:
            return False
        self.look()
        return True

    def _backward(self, batch: Draws) -> torch.Tensor:
        """Gradients of the batch's mean loss; returns the sum of losses, how many were right, and of how many.

        Each process has its share of the batch, and the gradients become the mean over processes: a share's loss weighs as much
        as the share is larger than the mean one.
        """
        share = batch.share(self.group.rank, self.group.size)
        count = len(share.order)
        if not count:
            # The last batch may be too small to share. Gradients are exchanged all the same, so one picture counts for nothing.
            share = batch.part(0, 1)
        weight = count * self.group.size / len(batch.order)
        images = augmented(self.pictures.train.images, share, self.recipe.padding)
        labels = self.pictures.train.labels[share.order]
        with self.place.autocast():
            loss, scores = self._loss(self.ready(images), labels)
        (loss * weight if self.group.size > 1 else loss).backward()
        right = (scores.argmax(dim=1) == labels).sum()
        sums = (
            loss.detach().double() * count,
            right.double() * bool(count),
            loss.new_full((), count, dtype=torch.float64),
        )
        return torch.stack(sums)

    def _loss(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(mean loss, scores). Heads that a network has for training alone, as GoogLeNet has, count by AUXILIARY."""
        outputs = self.called(images)
        scores, *heads = outputs if isinstance(outputs, tuple) else (outputs,)
        smoothing = self.recipe.label_smoothing
        loss = functional.cross_entropy(scores, labels, label_smoothing=smoothing)
        for head in heads:
            loss = loss + AUXILIARY * functional.cross_entropy(head, labels, label_smoothing=smoothing)
        return loss, scores

    def learning_rate(self) -> float:
        """That of the step to come: the schedule's in the middle of the step."""
        return learning_rate(self.recipe, self.epoch + (self.step + 0.5) / self.steps, self.history.validation_loss)

    def look(self) -> None:
        """Bring the numbers of the latest steps from the device into `sums` and the history. Raises Diverged as `advance`."""
        if not self._waiting:
            return
        rows = self.group.sum(torch.stack(self._waiting)).tolist()
        self._waiting.clear()
        self._tick(training=True)
        for place, (loss, right, count) in enumerate(rows, start=self.step - len(rows) + 1):
            if not abs(loss) < float("inf"):
                raise diverged(place, self.epoch + 1, self.optimizer.param_groups[0]["lr"])
            self.sums = [self.sums[0] + loss, self.sums[1] + right, self.sums[2] + int(count)]
            self.history.step_loss.append(loss / count)

    def end_epoch(self) -> None:
        """Judge the network and note what the epoch brought. Raises Diverged if its weights are no finite numbers."""
        self.check_weights()
        self.group.copy_buffers(self.network)
        if self.average:
            self.group.copy_buffers(self.average.network)
        loss, accuracy = self.judge(self.pictures.held_out or self.pictures.test)
        self._tick(training=False)
        history = self.history
        history.train_loss.append(self.sums[0] / self.sums[2])
        history.train_accuracy.append(self.sums[1] / self.sums[2])
        history.validation_loss.append(loss)
        history.validation_accuracy.append(accuracy)
        history.lr.append(self.optimizer.param_groups[0]["lr"])
        history.seconds.append(self.epoch_seconds)
        self.epoch, self.step, self.sums, self.epoch_seconds = self.epoch + 1, 0, [0.0, 0.0, 0], 0.0

    def check_weights(self) -> None:
        """Raises Diverged if a weight is no finite number: the loss tells that only a step later."""
        total = torch.stack([parameter.detach().sum() for parameter in self.network.parameters()]).sum()
        if not torch.isfinite(total):
            raise diverged(self.step, self.epoch + 1, self.optimizer.param_groups[0]["lr"])

    def judge(self, part: Part) -> tuple[float, float]:
        """(mean loss, share right) on these pictures."""
        batches = ((self.ready(images), labels) for images, labels in part.batches())
        with self.place.autocast():
            return evaluate(self.judged_network, batches, device=self.place.device)

    def ready(self, images: torch.Tensor) -> torch.Tensor:
        """The pictures in the size and the order of memory in which the network gets them."""
        return enlarged(images, self.recipe.enlarge).contiguous(memory_format=self.place.memory_format)

    def pause(self) -> None:
        """What was done since the last look, such as saving, was no training."""
        self._tick(training=False)

    def _epoch_draws(self) -> Draws:
        """What chance decides for the epoch at hand: drawn once, and the same again after a checkpoint is read."""
        if self._draws is None or self._draws[0] != self.epoch:
            recipe, count = self.recipe, len(self.pictures.train)
            drawn = draw(recipe.seed, self.epoch, count, recipe.padding, recipe.flip, self.place.device)
            self._draws = (self.epoch, drawn)
        return self._draws[1]

    def _tick(self, training: bool) -> None:
        """Add the time since the last tick to the run's and the epoch's, and to that of training if it was that."""
        now = time.perf_counter()
        passed, self._clock = now - self._clock, now
        self.seconds += passed
        self.epoch_seconds += passed
        self.training_seconds += passed if training else 0.0

    def state_dict(self) -> dict[str, Any]:
        """Everything that the steps to come depend on, and what has been noted, for a checkpoint; needs a `look` before."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "sums": self.sums,
            "seconds": [self.seconds, self.training_seconds, self.epoch_seconds],
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "history": self.history.as_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.epoch, self.step, self.sums = state["epoch"], state["step"], state["sums"]
        self.seconds, self.training_seconds, self.epoch_seconds = state["seconds"]
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average:
            self.average.load_state_dict(state["average"])
        self.history = History(**state["history"])
        self._clock = time.perf_counter()
