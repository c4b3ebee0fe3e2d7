"""Training a network: one step on a batch, and the loop over batches and epochs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from course_utils.layers.arguments import check_floating, check_integer
from course_utils.layers.losses import softmax_cross_entropy
from course_utils.layers.network import Layer, Sequential
from course_utils.layers.optimisation import SGD, ReduceLROnPlateau, StepLR

Data = tuple[np.ndarray, np.ndarray]
Loss = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]


@dataclass
class History:
    """What `fit` saw, one entry an epoch.

    train_loss and train_accuracy are means over the epoch's batches, taken while the weights changed; the validation's are
    taken after the epoch, in evaluation mode, and stay empty without validation data. lr is the learning rate of the
    epoch, seconds its time with the validation. interrupted: whether training was stopped in the middle of an epoch.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    interrupted: bool = False


def train_step(
    network: Layer, optimizer: SGD, x: np.ndarray, labels: np.ndarray, loss: Loss = softmax_cross_entropy
) -> tuple[float, np.ndarray]:
    """One step of training on one batch: forward, loss, backward, update. Changes the network's parameters.

    x: a batch that the network reads; labels: (N,) integers; loss(scores, labels) gives (value, dscores).
    Returns the value of the loss and the scores, both from before the update.
    """
    network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    network.backward(dscores)
    optimizer.step()
    return value, scores


def fit(
    network: Sequential,
    train: Data,
    validation: Data | None = None,
    epochs: int = 1,
    batch_size: int = 64,
    optimizer: SGD | None = None,
    schedule: StepLR | ReduceLROnPlateau | None = None,
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
    loss: Loss = softmax_cross_entropy,
    rng: np.random.Generator | None = None,
    progress: bool = True,
    step: Callable = train_step,
) -> History:
    """Train a network on (images, labels), every picture once an epoch in a new order, and return what happened.

    optimizer: SGD with learning rate 0.01 and momentum 0.9 if None. schedule: stepped after every epoch, a
    ReduceLROnPlateau with the validation's loss (the training's without validation). augment(x, rng) changes a batch
    before it is shown. rng: orders the batches, `default_rng(0)` if None, so that a run can be repeated. step: what to do
    with one batch, as `train_step` does. An interrupt from the keyboard ends training and keeps the history so far.

    Raises ValueError before training if a data set is empty, a label is out of range, or the pictures do not fit.
    """
    images, labels = _checked("train", train, network)
    if validation is not None:
        _checked("validation", validation, network)
    epochs = check_integer("epochs", epochs, least=0)
    batch_size = check_integer("batch_size", batch_size, least=1)
    optimizer = SGD(network.parameters(), lr=0.01, momentum=0.9) if optimizer is None else optimizer
    rng = np.random.default_rng(0) if rng is None else rng
    history = History()
    # Imported here, because the layers need NumPy alone.
    from tqdm.auto import tqdm

    with tqdm(total=epochs * len(images), unit="pictures", leave=False, disable=not progress) as bar:
        try:
            for epoch in range(epochs):
                bar.set_description(f"epoch {epoch + 1} of {epochs}")
                began, lr, total, right = time.perf_counter(), optimizer.lr, 0.0, 0
                order = rng.permutation(len(images))
                for start in range(0, len(images), batch_size):
                    chosen = order[start : start + batch_size]
                    x = images[chosen] if augment is None else augment(images[chosen], rng)
                    value, scores = step(network, optimizer, x, labels[chosen], loss)
                    total += float(value) * len(chosen)
                    right += int(np.count_nonzero(scores.argmax(axis=1) == labels[chosen]))
                    bar.update(len(chosen))
                seen = {"train_loss": total / len(images), "train_accuracy": right / len(images)}
                if validation is not None:
                    scores = network.predict(validation[0])
                    seen["validation_loss"] = float(loss(scores, validation[1])[0])
                    seen["validation_accuracy"] = _share_right(scores, validation[1])
                seen |= {"seconds": time.perf_counter() - began, "lr": lr}
                for name, value in seen.items():
                    getattr(history, name).append(value)
                _adjust(schedule, history)
        except KeyboardInterrupt:
            history.interrupted = True
    return history


def accuracy(network: Sequential, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of pictures whose label has the highest score, in evaluation mode, from 0 to 1."""
    _checked("the data", (images, labels), network)
    return _share_right(network.predict(images), labels)


def _share_right(scores: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))


def _adjust(schedule: StepLR | ReduceLROnPlateau | None, history: History) -> None:
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step((history.validation_loss or history.train_loss)[-1])
    elif schedule is not None:
        schedule.step()


def _checked(name: str, data: Data, network: Sequential) -> Data:
    """The images and labels. Raises TypeError or ValueError unless the network can be trained or judged on them."""
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"{name} must be a pair (images, labels), got {type(data).__name__}")
    images, labels = data
    check_floating(f"images of {name}", images)
    if not len(images):
        raise ValueError(f"{name} holds no pictures, got shape {images.shape}")
    try:
        scores = network.predict(images[:1])
        # Any scores will do: only the labels are checked.
        softmax_cross_entropy(np.zeros((len(images), scores.shape[1]), scores.dtype), labels)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} does not fit the network: {error}") from error
    return images, labels
