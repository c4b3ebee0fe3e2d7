"""An exercise of lesson 06: local response normalisation."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _forward(x, size, alpha=1e-4, beta=0.75, k=1.0, *, slip: str):
    """local_response_norm_forward with one slip in it."""
    share = {"not divided": alpha, "divided by channels": alpha / x.shape[1]}.get(slip, alpha / size)
    sums, counts = np.zeros_like(x), np.ones_like(x)
    for c in range(x.shape[1]):
        near = _window(c, size, x.shape[1], slip)
        counts[:, c] = max(1, len(near))
        sums[:, c] = _sum(x[:, near], x[:, c], slip)
    if slip == "divided by what exists":
        share, sums = alpha, sums / counts
    scale = share * sums
    if slip != "no k" and slip != "k outside":
        scale = scale + k
    if slip == "a root":
        power = np.sqrt(scale)
    elif slip == "beta left out":
        power = scale
    else:
        power = scale**beta
    if slip == "k outside":
        power = power + k
    out = x * power if slip == "multiplied" else x / power
    return out, (x, scale, size, alpha, beta)


def _window(c: int, size: int, channels: int, slip: str) -> list[int]:
    """The channels that channel c is divided by."""
    first = c - size // 2
    if slip == "one to the right":
        first = c - (size - 1) // 2
    near = range(first, first + size)
    if slip == "always odd":
        near = range(c - size // 2, c + size // 2 + 1)
    if slip == "size as radius":
        near = range(c - size, c + size + 1)
    if slip == "last left out":
        near = range(first, first + size - 1)
    if slip == "behind only":
        near = range(c - size + 1, c + 1)
    if slip == "wraps":
        return [other % channels for other in near]
    if slip == "negative start":
        return list(range(channels))[first : first + size]
    if slip == "itself left out":
        near = [other for other in near if other != c]
    return [other for other in near if 0 <= other < channels]


def _sum(near: np.ndarray, own: np.ndarray, slip: str) -> np.ndarray:
    """What is summed for one channel, (N, H, W)."""
    if slip == "not squared":
        return near.sum(axis=1)
    if slip == "square of the sum":
        return near.sum(axis=1) ** 2
    if slip == "over the pictures":
        return np.broadcast_to((near**2).sum(axis=(0, 1)), own.shape)
    if slip == "over the places":
        return np.broadcast_to((near**2).sum(axis=(1, 2, 3))[:, None, None], own.shape)
    return (near**2).sum(axis=1)


def _random_response(rng: np.random.Generator) -> Case:
    shape = tuple(int(n) for n in rng.integers([1, 1, 1, 1], [4, 8, 4, 4]))
    settings = {
        "size": int(rng.integers(1, 8)),
        "alpha": float(rng.choice([1e-4, 0.1, 1, 3])),
        "beta": float(rng.choice([0.5, 0.75, 1])),
        "k": float(rng.choice([1, 2])),
    }
    values = random_arrays(rng, x=shape, dout=shape)
    values["x"][...] *= rng.choice([1, 10])
    label = ", ".join(f"{name}={value}" for name, value in settings.items())
    return Case(f"x {shape}, {label}", values | settings)


def _case(label: str, x: np.ndarray, **settings) -> Case:
    return Case(label, {"x": x, "dout": digits(1, *x.shape), **settings})


LOCAL_RESPONSE_NORM_FORWARD = Exercise(
    name="local_response_norm_forward",
    lesson="06",
    reference=layers.local_response_norm_forward,
    # The cache is judged by what the course's way back makes of it.
    course={"local_response_norm_backward": layers.local_response_norm_backward},
    plan=(
        Call("local_response_norm_forward", ("x", "size", "alpha", "beta", "k"), ("out", "cache")),
        Call("local_response_norm_backward", ("dout", "cache"), ("dx",)),
    ),
    compared=("out", "dx"),
    cases=(
        _case("one channel by itself", np.full((1, 1, 1, 1), 2.0), size=1, alpha=2.0, beta=1.0),
        _case("four channels, three neighbours", counting(1, 4, 1, 1), size=3, alpha=3.0, beta=1.0),
        _case("four channels, an even size", counting(1, 4, 1, 1), size=2, alpha=4.0, beta=1.0, k=2.0),
        _case("AlexNet's settings on large numbers", 100 * counting(1, 6, 1, 1), size=5, alpha=5e-4, k=2.0),
        _case("the default settings", 50 * counting(1, 4, 1, 2), size=3),
        _case("pictures with negative numbers", digits(3, 2, 3, 1, 2), size=3, alpha=1.0),
        _case("another beta", digits(4, 1, 5, 2, 1), size=4, alpha=2.0, beta=0.5),
        _case("more neighbours than channels", digits(5, 2, 3, 2, 1), size=7, alpha=7.0),
    ),
    random_case=_random_response,
    misconceptions=misconceptions(
        _forward,
        (
            (
                "alpha not divided by the size",
                "not divided",
                "You use `alpha` as the paper does. PyTorch's is divided by the size of the window.",
            ),
            (
                "divided by the channels that exist",
                "divided by what exists",
                "At the ends you divide by the number of channels that are there. Missing ones count, as zeros.",
            ),
            (
                "divided by the number of channels",
                "divided by channels",
                "You divide `alpha` by how many channels x has. It is shared by those of one window.",
            ),
            ("k left out", "no k", "Your sum starts at 0. Where all neighbours are 0, that divides by zero."),
            (
                "k outside the power",
                "k outside",
                "You add `k` after the power. It is part of what is raised to it.",
            ),
            ("beta left out", "beta left out", "You divide by the sum as it is. It is raised to `beta` first."),
            (
                "a root whatever beta is",
                "a root",
                "You take the square root. The power is `beta`, and it may be another.",
            ),
            ("multiplied instead of divided", "multiplied", "Strong neighbours make your numbers larger."),
            ("not squared", "not squared", "You add up the neighbours themselves: negative ones cancel positive ones."),
            (
                "the square of the sum",
                "square of the sum",
                "You add up first and square then. A sum of squares goes the other way round.",
            ),
            (
                "the channel itself left out",
                "itself left out",
                "A channel is missing from its own window. It holds itself down, too.",
            ),
            (
                "the size taken for a radius",
                "size as radius",
                "Your window reaches `size` channels to either side. It holds `size` channels in all.",
            ),
            (
                "an even size made odd",
                "always odd",
                "With an even size your window holds one channel too many.",
            ),
            (
                "an even size to the wrong side",
                "one to the right",
                "With an even size one side of the window is longer. Yours is the side of the later channels.",
            ),
            (
                "the last channel of the window left out",
                "last left out",
                "Your windows are one channel short at their end. A slice stops before its second number.",
            ),
            (
                "only the channels before",
                "behind only",
                "Your window ends at the channel itself. It should lie around it.",
            ),
            (
                "a window that starts below 0",
                "negative start",
                "For the first channels your slice begins with a negative number. Python counts those from the end.",
            ),
            (
                "a window that wraps around",
                "wraps",
                "For the first channels you take the last ones as neighbours. Channels do not lie in a circle.",
            ),
            (
                "neighbouring places as well",
                "over the places",
                "You add up whole channels. Every place has a sum of its own.",
            ),
            (
                "the other pictures as well",
                "over the pictures",
                "You add up over the batch. A picture knows nothing of the others.",
            ),
        ),
    ),
    hints=(
        "Take one channel c, with its whole pictures x[:, c]. Which channels are in its window? The first of them, and the "
        "one after the last, must not leave the array.",
        "For each c: the squares of the channels in the window, summed over them, times alpha / size, plus k. That is "
        "`scale` of this channel. At the end divide x by `scale` to the power of beta, all at once.",
        "The window is `x[:, max(c - size // 2, 0) : c - size // 2 + size]`; Python lets a slice end beyond the last "
        "channel. `scale[:, c]` is k + alpha / size times the sum of its squares over axis 1.",
    ),
)
EXERCISES = (LOCAL_RESPONSE_NORM_FORWARD,)
