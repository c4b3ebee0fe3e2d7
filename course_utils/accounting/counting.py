"""The one code that counts: from steps and an input size to a row a step, by formula, without a tensor."""

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from course_utils.accounting.refusals import TooSmall, UnknownType, WrongFeatures
from course_utils.accounting.rules import RULES, VIEWS
from course_utils.accounting.steps import INPUT, Step
from course_utils.accounting.volumes import Pair, Size, Volume, as_text, picture
from course_utils.accounting.window_rules import Counted

# Settings that every step may have, whatever its type: what its module holds and does beside the rule.
_EXTRAS = ("weights", "biases", "buffers", "macs_per_place", "label")
_LARGEST = 1 << 14


@dataclass(frozen=True)
class Row:
    """One step, counted for one image. Pairs are (rows, columns).

    `receptive_field` is how many pixels of the picture one output sees, `jump` how far its neighbour's lie from them
    (0 where there is no neighbour: after a global pool, in a vector), `start` the first pixel that output 0 sees
    (negative in the padding); all three are None where shapes alone were observed. `activations` are the numbers the
    step makes: none for a view, such as Flatten.
    """

    name: str
    type: str
    output_size: Size
    weights: int
    biases: int
    parameters: int
    macs: int
    activations: int
    receptive_field: Pair | None = None
    jump: Pair | None = None
    start: Pair | None = None
    buffers: int = 0


def count_steps(steps: Sequence[Step], input_size: Size, bias: bool = True) -> tuple[Row, ...]:
    """A row for each step. `parameters` are weights and biases, or weights alone without `bias`.

    Raises TooSmall where a window does not fit, WrongFeatures where a fully connected layer has other features,
    UnknownType where a type has no rule, ValueError where channels or settings are wrong; each names the step.
    """
    try:
        return tuple(_row(step, counted, bias) for step, counted in _walk(steps, input_size))
    except WrongFeatures as error:
        if len(input_size) != 3:
            raise
        remedy = _sizes_that_fit(steps, input_size, error)
        raise WrongFeatures(error.layer, error.got, error.needed, remedy) from error


def smallest_size(steps: Sequence[Step], in_channels: int) -> tuple[int, str | None]:
    """The smallest square picture that all steps take, and the step that refuses one pixel less (None: 1x1 fits).

    Raises ValueError if no square picture fits.
    """
    size = _least(steps, in_channels, layer=None)
    refusal = _refusal(steps, in_channels, size)
    if refusal:
        raise ValueError(f"no square picture fits this network: {refusal}") from refusal
    below = _refusal(steps, in_channels, size - 1) if size > 1 else None
    return size, below and below.layer


def _walk(steps: Sequence[Step], input_size: Size):
    """Each step with what it counts."""
    known = {INPUT: picture(input_size)}
    before = INPUT
    for step in steps:
        if step.name in known:
            raise ValueError(f"two steps are named {step.name!r}; the name must be the step's own")
        volumes = []
        for name in step.inputs or (before,):
            if name not in known:
                raise ValueError(f"{step.name} reads {name!r}, which is no step before it")
            volumes.append(known[name])
        counted = count_step(step, volumes)
        known[step.name] = counted.volume
        before = step.name
        yield step, counted


def count_step(step: Step, volumes: Sequence[Volume]) -> Counted:
    """What one step counts when it reads these volumes."""
    if step.type not in RULES:
        raise UnknownType(step.name, step.type)
    rule = RULES[step.type]
    extras = {key: step.settings[key] for key in _EXTRAS if key in step.settings}
    settings = {key: value for key, value in step.settings.items() if key not in _EXTRAS}
    _check_call(step, rule, volumes, settings)
    counted = rule(step.name, *volumes, **settings)
    if "macs_per_place" in extras:
        counted = replace(counted, macs=extras["macs_per_place"] * math.prod(counted.volume.places))
    held = {key: extras[key] for key in ("weights", "biases", "buffers") if key in extras}
    return replace(counted, **held)


def _check_call(step: Step, rule: Any, volumes: Sequence[Volume], settings: Mapping[str, Any]) -> None:
    """Raises ValueError if a setting is unknown or missing, or the number of inputs is wrong."""
    try:
        inspect.signature(rule).bind(step.name, *volumes, **settings)
    except TypeError as error:
        raise ValueError(f"{step.name}, a {step.type}, cannot be counted with {dict(settings)}: {error}") from error


def _row(step: Step, counted: Counted, bias: bool) -> Row:
    rows, columns = counted.volume.seen
    return Row(
        name=step.name,
        type=step.settings.get("label", step.type),
        output_size=counted.volume.size,
        weights=counted.weights,
        biases=counted.biases,
        parameters=counted.weights + (counted.biases if bias else 0),
        macs=counted.macs,
        activations=0 if step.type in VIEWS else math.prod(counted.volume.size),
        receptive_field=(rows.field, columns.field),
        jump=(rows.jump, columns.jump),
        start=(rows.low, columns.low),
        buffers=counted.buffers,
    )


def _sizes_that_fit(steps: Sequence[Step], input_size: Size, error: WrongFeatures) -> str:
    """Which square pictures give the layer the features it needs, in words."""
    channels = input_size[0]
    first = _least(steps, channels, error.layer)
    last = _least(steps, channels, error.layer, more=1) - 1
    if last < first or first >= _LARGEST:
        return f"no square picture with {channels} channels gives it that many"
    given = as_text(input_size[1:])
    if first == last:
        return f"give pictures of {first}x{first} instead of {given}"
    return f"give pictures from {first}x{first} to {last}x{last} instead of {given}"


def _least(steps: Sequence[Step], in_channels: int, layer: str | None, more: int = 0) -> int:
    """The smallest square that is not too small for any step, or for that layer to have `more` features than needed."""

    def too_small(size: int) -> bool:
        refusal = _refusal(steps, in_channels, size)
        if isinstance(refusal, WrongFeatures) and layer in (None, refusal.layer):
            return refusal.got < refusal.needed + more
        return isinstance(refusal, TooSmall) or (more > 0 and refusal is None)

    high = 1
    while too_small(high) and high < _LARGEST:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if too_small(middle) else (low, middle)
    return high


def _refusal(steps: Sequence[Step], in_channels: int, size: int) -> TooSmall | WrongFeatures | None:
    try:
        for _ in _walk(steps, (in_channels, size, size)):
            pass
    except (TooSmall, WrongFeatures) as refusal:
        return refusal
    return None
