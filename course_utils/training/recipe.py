"""What a training run is made of, all that decides its result beside the network, the data and the machine."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from typing import Any

SCHEDULES = ("constant", "step", "cosine", "plateau")
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: momentum SGD on random batches, with everything that is usual around it.

    name: "" for one that is not among `recipes()`. network, options: for `models.create`; data: for `datasets.load`.

    lr: the learning rate at its highest. schedule: how it falls. "constant"; "step": times gamma at each of `milestones`,
    in epochs; "cosine": along half a cosine to 0; "plateau": times gamma when the loss on held-out data has not fallen for
    more than `patience` epochs. warmup_epochs: at first it climbs to lr in a straight line.
    weight_decay: on all parameters as in the papers, or, with decay_all=False, on weights of convolutions and linear layers
    alone. label_smoothing: share of the target that goes to all classes alike. ema: decay of the moving average of the weights
    that the network is judged by and ends with; 0 for none.

    enlarge: each pixel becomes a square of so many, for networks that are made for larger pictures.
    padding: pixels of zeros around a picture, of which a window of its size is cut at random; flip: half the pictures are
    mirrored. held_out: how many training pictures are kept apart to judge every epoch by; with 0 that is done by the test data.

    precision: "bfloat16" is used on GPUs that have it. channels_last: how pictures lie in memory there. compile: with
    `torch.compile`, there too. seed: decides the weights, the order of the pictures, their augmentation and dropout.

    source: where the recipe was published; published: the accuracy on test data that is stated there.

    Raises ValueError for a value that cannot be, with what is right.
    """

    name: str = ""
    network: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    epochs: int = 10
    batch_size: int = 128
    lr: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 1e-4
    decay_all: bool = True
    schedule: str = "constant"
    milestones: tuple[float, ...] = ()
    gamma: float = 0.1
    patience: int = 5
    warmup_epochs: float = 0.0
    label_smoothing: float = 0.0
    ema: float = 0.0
    enlarge: int = 1
    padding: int = 0
    flip: bool = False
    held_out: int = 0
    precision: str = "float32"
    channels_last: bool = False
    compile: bool = False
    seed: int = 0
    source: str = ""
    published: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", dict(self.options))
        object.__setattr__(self, "milestones", tuple(self.milestones))
        for name in ("epochs", "batch_size", "enlarge"):
            _whole(name, getattr(self, name), 1)
        for name in ("padding", "held_out", "patience", "seed"):
            _whole(name, getattr(self, name), 0)
        _number("lr", self.lr, above=0)
        for name in ("weight_decay", "warmup_epochs"):
            _number(name, getattr(self, name), least=0)
        for name in ("momentum", "label_smoothing", "ema"):
            _number(name, getattr(self, name), least=0, below=1)
        _number("gamma", self.gamma, above=0, below=1)
        _one_of("schedule", self.schedule, SCHEDULES)
        _one_of("precision", self.precision, PRECISIONS)
        self._check_together()

    def _check_together(self) -> None:
        if self.schedule == "step" and not self.milestones:
            raise ValueError('schedule "step" needs milestones, the epochs at which the learning rate falls')
        if list(self.milestones) != sorted(set(self.milestones)):
            raise ValueError(f"milestones must be epochs in rising order, got {self.milestones}")
        if self.schedule == "plateau" and not self.held_out:
            raise ValueError(
                'schedule "plateau" follows the loss on held-out pictures, since the test data must not decide anything: '
                "set held_out, for example to a tenth of the training pictures"
            )
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs must be fewer than epochs, {self.epochs}, got {self.warmup_epochs}")

    def changed(self, **changes: Any) -> "Recipe":
        """The same but for these fields. With other epochs, milestones and warm-up keep their places in the whole.

        Raises TypeError for a name that is no field, ValueError for a bad value.
        """
        values = self.as_dict()
        if "epochs" in changes:
            _whole("epochs", changes["epochs"], 1)
            scale = changes["epochs"] / self.epochs
            values["milestones"] = [milestone * scale for milestone in self.milestones]
            values["warmup_epochs"] = self.warmup_epochs * scale
        return recipe_from({**values, **changes})

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain values, ready for JSON."""
        return {**asdict(self), "milestones": list(self.milestones)}


def recipe_from(values: Mapping[str, Any]) -> Recipe:
    """A recipe from its fields by name, those of `as_dict` or fewer. Raises TypeError for a name that is no field."""
    known = [one.name for one in fields(Recipe)]
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise TypeError(f"a recipe has no {name!r}; {remedy}")
    return Recipe(**values)


def _whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")


def _number(name: str, value: Any, *, least: float | None = None, above: float | None = None, below=None) -> None:
    bounds = [f"at least {least}" if least is not None else "", f"above {above}" if above is not None else ""]
    bounds.append(f"below {below}" if below is not None else "")
    right = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    right = right and (least is None or value >= least) and (above is None or value > above)
    if not (right and (below is None or value < below)):
        raise ValueError(f"{name} must be a number {' and '.join(filter(None, bounds))}, got {value!r}")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}")
