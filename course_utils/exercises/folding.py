"""An exercise of lesson 06: batch normalisation folded into the layer before it."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise

_VECTORS = ("bn_weight", "bn_bias", "running_mean", "running_var")


def _fold(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5, *, slip: str):
    """fold_batch_norm with one slip in it."""
    if bias is None and slip == "bias needed":
        raise TypeError("unsupported operand type(s) for -: 'NoneType' and 'float'")
    if weight.ndim == 2 and slip == "no linear":
        raise ValueError("not enough values to unpack")
    scale = bn_weight / _deviation(running_var, eps, slip)
    if slip == "gamma forgotten":
        scale = scale / bn_weight
    new_weight = weight if slip == "weight kept" else weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    if slip == "along the inputs":
        new_weight = weight * np.resize(scale, weight.shape[1]).reshape(-1, *[1] * (weight.ndim - 2))
    if bias is None and slip == "None stays":
        return new_weight, None
    if bias is None:
        bias = np.zeros_like(running_mean)
    return new_weight, _new_bias(bias, scale, bn_bias, running_mean, slip)


def _deviation(running_var: np.ndarray, eps: float, slip: str) -> np.ndarray:
    if slip == "no eps":
        return np.sqrt(running_var)
    if slip == "eps outside":
        return np.sqrt(running_var) + eps
    return running_var + eps if slip == "variance for deviation" else np.sqrt(running_var + eps)


def _new_bias(bias, scale, bn_bias, running_mean, slip) -> np.ndarray:
    if slip == "mean forgotten":
        return bias * scale + bn_bias
    if slip == "mean added":
        return (bias + running_mean) * scale + bn_bias
    if slip == "mean not scaled":
        return bias * scale - running_mean + bn_bias
    if slip == "old bias not scaled":
        return bias - running_mean * scale + bn_bias
    if slip == "old bias forgotten":
        return bn_bias - running_mean * scale
    if slip == "beta forgotten":
        return (bias - running_mean) * scale
    if slip == "beta scaled":
        return (bias - running_mean + bn_bias) * scale
    return bias if slip == "bias kept" else (bias - running_mean) * scale + bn_bias


def _random_folding(rng: np.random.Generator) -> Case:
    filters, channels = (int(n) for n in rng.integers(1, 6, 2))
    kernel = tuple(int(n) for n in rng.integers(1, 4, 2)) if rng.random() < 0.6 else ()
    weight, bias = (filters, channels, *kernel), (filters,) if rng.random() < 0.6 else None
    values = random_arrays(rng, weight=weight, bias=bias, **dict.fromkeys(_VECTORS, (filters,)))
    values["running_var"][...] = np.abs(values["running_var"]) + 0.25
    eps = float(rng.choice([1e-5, 1e-3, 0.5, 2]))
    return Case(f"weight {weight}, {'a' if bias else 'no'} bias, eps={eps}", values | {"eps": eps})


def _case(label: str, seed: int, *weight: int, bias: bool = True, **settings) -> Case:
    vectors = {
        "bn_weight": digits(seed + 1, weight[0], low=2, high=7),
        "bn_bias": digits(seed + 2, weight[0], low=1, high=9),
        "running_mean": digits(seed + 3, weight[0], low=1, high=6),
        "running_var": digits(seed + 4, weight[0], low=2, high=10),
    }
    old = digits(seed + 5, weight[0], low=1, high=6) if bias else None
    return Case(label, {"weight": digits(seed, *weight), "bias": old, **vectors, **settings})


FOLD_BATCH_NORM = Exercise(
    name="fold_batch_norm",
    lesson="06",
    reference=layers.fold_batch_norm,
    plan=(Call("fold_batch_norm", ("weight", "bias", *_VECTORS, "eps"), ("folded_weight", "folded_bias")),),
    compared=("folded_weight", "folded_bias"),
    cases=(
        Case(
            "one weight",
            {
                "weight": np.array([[3.0]]),
                "bias": np.array([5.0]),
                "bn_weight": np.array([8.0]),
                "bn_bias": np.array([7.0]),
                "running_mean": np.array([1.0]),
                "running_var": np.array([4.0]),
                "eps": 12.0,
            },
        ),
        _case("a linear layer", 10, 2, 3),
        _case("a linear layer without a bias", 20, 3, 2, bias=False),
        _case("a convolution of two filters", 30, 2, 3, 1, 2),
        _case("a convolution without a bias", 40, 3, 1, 2, 2, bias=False),
        _case("as many filters as channels, and as wide", 50, 2, 2, 3, 2),
        _case("a convolution, a large eps", 60, 2, 1, 2, 1, eps=2.0),
    ),
    random_case=_random_folding,
    misconceptions=misconceptions(
        _fold,
        (
            ("eps left out", "no eps", "Your root has no `eps` in it. The batch norm that is folded away had."),
            (
                "eps outside the root",
                "eps outside",
                "You add `eps` to the deviation. It belongs to the variance, before the root is taken.",
            ),
            (
                "the variance where the deviation belongs",
                "variance for deviation",
                "You divide by the variance. What is divided by is its root.",
            ),
            ("γ forgotten", "gamma forgotten", "You divide by the deviation, and `bn_weight` appears nowhere."),
            ("β forgotten", "beta forgotten", "`bn_bias` appears nowhere in what you return."),
            (
                "β scaled",
                "beta scaled",
                "You scale `bn_bias` with the rest. It is added last, after the scaling.",
            ),
            (
                "the running mean forgotten",
                "mean forgotten",
                "`running_mean` appears nowhere in what you return, and batch norm subtracts it.",
            ),
            ("the running mean added", "mean added", "You add the running mean. Batch norm subtracts it."),
            (
                "the running mean not scaled",
                "mean not scaled",
                "You subtract the running mean as it is. In batch norm the scaling comes after that.",
            ),
            (
                "the old bias not scaled",
                "old bias not scaled",
                "The old bias went into the batch norm with the rest, and was scaled there.",
            ),
            (
                "the old bias forgotten",
                "old bias forgotten",
                "What you return has nothing of the old bias in it.",
            ),
            (
                "the bias left as it was",
                "bias kept",
                "Your new bias is the old one. With x = 0, what would the two layers have given?",
            ),
            (
                "the weight left as it was",
                "weight kept",
                "Your new weight is the old one, so the scaling is lost.",
            ),
            (
                "scaled along the inputs",
                "along the inputs",
                "You scale along the second axis, that of the inputs. Batch norm scales what each filter returns.",
            ),
            (
                "no bias where there was none",
                "None stays",
                "Without an old bias you return none. Batch norm subtracts and adds all the same.",
            ),
            (
                "a bias needed",
                "bias needed",
                "Without a bias your function stops. None means that nothing was added.",
            ),
            (
                "works for convolutions only",
                "no linear",
                "It stops for the weight of a linear layer, which has two axes.",
            ),
        ),
    ),
    hints=(
        "Write the two layers into one formula, for one filter. What are all the things that multiply w·x? All the others "
        "are the new bias.",
        "Per filter there is one factor g: γ over the root of running variance plus `eps`. The weights of the filter are "
        "multiplied by it. The old bias goes through all of the batch norm: less the mean, times g, plus β.",
        "`g = bn_weight / np.sqrt(running_var + eps)`; the weight is multiplied by `g.reshape(-1, 1, 1, 1)`, or `(-1, 1)` "
        "for a linear layer; the bias becomes `g * (bias - running_mean) + bn_bias`, with 0 for None.",
    ),
)
EXERCISES = (FOLD_BATCH_NORM,)
