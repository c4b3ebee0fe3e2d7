"""What the plans of lesson 11's exercises call: a network is made, given numbers, and run on pictures.

PyTorch is imported inside the functions, so that the exercises can be read without it.
"""

import numpy as np

# A learner's network that is not made in the size it was asked for would take long to run.
_MOST_PARAMETERS = 3_000_000


def numbers_by_layer(
    AlexNet,  # noqa: N803 (a plan hands on the learner's class by its name)
    **settings,
) -> dict[int, str]:
    """What each layer holds, counted in the order in which they were made: "16x4x5x5 and 16", its weight and its bias."""
    return _by_layer(_made_of_shapes(AlexNet, settings))


def scores_of(
    AlexNet,  # noqa: N803
    pictures: int | None = None,
    **settings,
) -> np.ndarray | None:
    """The scores of so many pictures, in evaluation, by a network into which the same numbers are put each time."""
    import torch

    if pictures is None or _count(_made_of_shapes(AlexNet, settings)) > _MOST_PARAMETERS:
        return None
    network, rng = _filled(AlexNet, settings, signs=True), np.random.default_rng(1)
    # As large as pixels are: small numbers would pass the normalisation as if it were not there.
    x = torch.from_numpy(100 * rng.standard_normal((pictures, 3, 224, 224)))
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        out = network.eval()(x)
    return out.numpy() if isinstance(out, torch.Tensor) else out


def shares_dropped(
    AlexNet,  # noqa: N803
    training: bool = False,
    **settings,
) -> np.ndarray | None:
    """What share of the inputs of each of the last three layers, and of the scores, is 0 in training, to the nearest quarter.

    All weights and pixels are positive, so an input is 0 only if it was dropped, and then no gradient comes to the weights
    that it meets.
    """
    import torch

    if not training or _count(_made_of_shapes(AlexNet, settings)) > _MOST_PARAMETERS:
        return None
    network = _filled(AlexNet, settings, signs=False).train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        out = network(torch.ones(1, 3, 224, 224, dtype=torch.float64))
    if not isinstance(out, torch.Tensor) or not out.requires_grad:
        return None
    out.sum().backward()
    matrices = [parameter.grad for parameter in network.parameters() if parameter.ndim == 2][-3:]
    shares = [1.0 if grad is None else float((grad == 0).all(dim=0).double().mean()) for grad in matrices]
    shares.append(float((out == 0).double().mean()))
    return np.round(4 * np.array(shares)) / 4


def _made_of_shapes(AlexNet, settings: dict):  # noqa: N803
    import torch

    with torch.device("meta"):
        return AlexNet(**settings)


def _count(network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _by_layer(network) -> dict[int, str]:
    layers: list[list[str]] = []
    for parameter in network.parameters():
        if parameter.ndim > 1 or not layers:
            layers.append([])
        layers[-1].append("x".join(map(str, parameter.shape)))
    return {number: " and ".join(shapes) for number, shapes in enumerate(layers, start=1)}


def _filled(AlexNet, settings: dict, signs: bool):  # noqa: N803
    """A network in float64 with numbers from a generator, in the order of its parameters; positive ones without signs."""
    import torch

    network, rng = AlexNet(**settings), np.random.default_rng(0)
    for parameter in network.parameters():
        values = rng.standard_normal(parameter.shape) * (np.sqrt(2 / parameter[0].numel()) if parameter.ndim > 1 else 1)
        parameter.data = torch.from_numpy(values if signs else np.abs(values))
    return network
