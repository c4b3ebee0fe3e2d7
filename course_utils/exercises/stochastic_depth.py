"""An exercise of homework 4: residual layers that are left out at random in training (Huang et al. 2016)."""

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.residual_runs import run_stochastic_depth
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def reference(residuals, x, draws, last=0.5, training=True):
    """stochastic_depth as it should be."""
    import torch

    for number, residual in enumerate(residuals, start=1):
        survives = 1 - number / len(residuals) * (1 - last)
        gate = (draws[number - 1] < survives).to(x.dtype)[:, None, None, None] if training else survives
        x = torch.relu(x + gate * residual(x))
    return x


def _stochastic_depth(residuals, x, draws, last=0.5, training=True, *, slip: str):
    """stochastic_depth with one slip in it."""

    count = len(residuals)
    training = {"always training": True, "never training": False}.get(slip, training)
    for number, residual in enumerate(residuals, start=1):
        place = {"from 0": number - 1, "reversed": count + 1 - number}.get(slip, number)
        survives = {
            "constant": last,
            "mixed up": place / count * (1 - last),
            "product": last**place,
        }.get(slip, 1 - place / count * (1 - last))
        row = (
            draws[0] if slip == "one draw" else draws[count - number] if slip == "draws reversed" else draws[number - 1]
        )
        if slip == "one for all pictures":
            row = row[:1].expand(len(row))
        kept = row >= survives if slip == "dropped the kept" else row < survives
        gate = kept.to(x.dtype)[:, None, None, None]
        if not training:
            gate = {"unscaled": 1.0, "inverted": 1.0, "thresholded": float(survives > 0.5)}.get(slip, survives)
        elif slip in ("inverted", "scaled both"):
            gate = gate / survives if slip == "inverted" else gate * survives
        x = _one(slip, residual, x, gate)
    return x


def _one(slip: str, residual, x, gate):
    import torch

    if slip == "no relu":
        return x + gate * residual(x)
    if slip == "relu on the residual":
        return x + gate * torch.relu(residual(x))
    if slip == "relu twice":
        return torch.relu(x + gate * torch.relu(residual(x)))
    if slip == "everything dropped":
        return torch.relu(gate * (x + residual(x)))
    if slip == "shortcut dropped":
        return torch.relu(gate * x + residual(x))
    if slip == "input dropped":
        return torch.relu(x + residual(gate * x))
    if slip == "relu only where kept":
        out = torch.relu(x + gate * residual(x))
        return torch.where(torch.as_tensor(gate) == 0, x, out)
    if slip == "no shortcut":
        return torch.relu(gate * residual(x))
    if slip == "written over":
        x += gate * residual(x.clone())
        return torch.relu(x)
    return torch.relu(x + gate * residual(x))


def _draws(seed: int, *shape: int) -> np.ndarray:
    """Numbers from 0 to 1 in steps of 1/20, none on a limit that a case has."""
    return np.random.default_rng(seed).integers(0, 20, shape) / 20 + 0.0125


def _case(label: str, seed: int, x: tuple[int, ...], layers: int, **settings) -> Case:
    # No 0, where the gradients of one ReLU and another differ.
    return Case(label, {"x": digits(seed, *x) + 0.5, "draws": _draws(seed, layers, x[0]), **settings})


def _random_case(rng: np.random.Generator) -> Case:
    layers, x = int(rng.integers(1, 6)), tuple(rng.integers(1, 5, 4).tolist())
    settings = {"last": round(float(rng.uniform(0.2, 0.9)), 2), "training": bool(rng.random() < 0.7)}
    # In the precision of x a draw could fall on the other side of its limit.
    draws = rng.random((layers, x[0]))
    return Case(f"x {x}, {layers} layers, {settings}", random_arrays(rng, x=x) | {"draws": draws} | settings)


STOCHASTIC_DEPTH = Exercise(
    name="stochastic_depth",
    lesson="hw4",
    reference=reference,
    plan=(Call("run_stochastic_depth", ("stochastic_depth", "x", "draws", "last", "training"), ("out", "dx")),),
    course={"run_stochastic_depth": run_stochastic_depth},
    compared=("out", "dx"),
    cases=(
        _case("one layer, six pictures", 1, (6, 1, 1, 1), 1),
        _case("two layers", 2, (5, 1, 2, 2), 2),
        _case("four layers, of which the last survives rarely", 3, (4, 2, 2, 1), 4, last=0.2),
        _case("three layers in evaluation", 4, (2, 1, 2, 2), 3, training=False),
        _case("four layers in evaluation", 5, (2, 2, 1, 2), 4, last=0.25, training=False),
        _case("layers that all survive", 6, (3, 1, 2, 2), 3, last=1.0),
    ),
    random_case=_random_case,
    random_cases=60,
    # Chances from torch.linspace are float32, whatever x is.
    tolerances={"float64": 1e-6, "float32": 1e-3},
    misconceptions=misconceptions(
        _stochastic_depth,
        (
            (
                "counted from 0",
                "from 0",
                "Your first layer always survives, and your last one more often than `last` says.",
            ),
            (
                "the layers in reverse",
                "reversed",
                "Your first layers are dropped most often. It should be the last ones.",
            ),
            (
                "one chance for all layers",
                "constant",
                "All of your layers survive with the same chance. It falls from layer to layer.",
            ),
            ("dropping taken for surviving", "mixed up", "You keep a layer with the chance of dropping it."),
            (
                "a power of the last chance",
                "product",
                "Your chance falls like a power. It falls by the same step from layer to layer.",
            ),
            (
                "the kept ones dropped",
                "dropped the kept",
                "You drop where the draw says to keep. Below the chance it survives.",
            ),
            (
                "one draw for all layers",
                "one draw",
                "All of your layers share the first row of draws. Each has a row of its own.",
            ),
            ("the draws in reverse", "draws reversed", "Your first layer reads the last row of draws."),
            (
                "one draw for all pictures",
                "one for all pictures",
                "All pictures follow the first one's draw. Each has its own.",
            ),
            (
                "evaluation without the chance",
                "unscaled",
                "In evaluation every layer gives its all. In training it was there only some of the time.",
            ),
            (
                "scaled in training instead",
                "inverted",
                "You divide in training and leave evaluation alone, as today's dropout does. Here it is the paper's way.",
            ),
            (
                "scaled in both modes",
                "scaled both",
                "You multiply by the chance in training, too. There the draw does it.",
            ),
            (
                "evaluation by a threshold",
                "thresholded",
                "In evaluation you leave out the layers that survive rarely. All are there, each with its chance as a factor.",
            ),
            ("always as in training", "always training", "Your function draws in evaluation as well."),
            ("always as in evaluation", "never training", "Your function scales in training instead of drawing."),
            ("no ReLU", "no relu", "Nothing follows your sum. A ReLU goes over it."),
            (
                "the ReLU on the residual",
                "relu on the residual",
                "Your ReLU stands before the sum. It goes over the sum.",
            ),
            (
                "a ReLU before the sum, too",
                "relu twice",
                "Your residual goes through a ReLU before it is added, so it can never take away.",
            ),
            (
                "the shortcut dropped as well",
                "everything dropped",
                "A dropped layer of yours gives 0. The shortcut always stays.",
            ),
            ("the shortcut dropped instead", "shortcut dropped", "You drop the shortcut and keep the layer."),
            (
                "the layer's input dropped",
                "input dropped",
                "You drop what the layer reads. It still adds what its biases make of 0.",
            ),
            (
                "no ReLU where dropped",
                "relu only where kept",
                "Where a layer is dropped you hand on x as it came. The ReLU goes over the sum in any case.",
            ),
            ("no shortcut", "no shortcut", "Nothing goes around your layers."),
            ("x written over", "written over", "You add into x itself. It belongs to whoever called the function."),
        ),
    ),
    hints=(
        "Write down for three layers and `last=0.4` with what chance each survives: 0.8, 0.6, 0.4. Then in the general case.",
        "In training the gate of layer number l, counted from 1, is `draws[l - 1] < chance`, one truth value a picture; in "
        "evaluation it is the chance itself. Two lines later comes one ReLU.",
        "A gate of N truth values meets maps of shape (N, C, H, W) once it has three axes of length 1 behind its own. "
        "Multiply what the layer says by it, add that to x, and the ReLU goes over the sum, in both modes.",
    ),
)
EXERCISES = (STOCHASTIC_DEPTH,)
