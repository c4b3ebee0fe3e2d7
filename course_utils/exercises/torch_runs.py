"""What the plans of exercises in PyTorch call besides the learner's part: arrays go in as tensors and come out as arrays.

PyTorch is imported inside the functions, so that the exercises can be read without it.
"""

import numpy as np

Arrays = tuple[np.ndarray | None, ...]
# The spread of fewer random numbers says little about how they were drawn.
_ENOUGH = 1000


def apply_and_go_back(
    Conv2dFunction,  # noqa: N803 (a plan hands on the learner's class by its name)
    x: np.ndarray,
    weight: np.ndarray,
    dout: np.ndarray,
    bias: np.ndarray | None = None,
    stride=1,
    padding=0,
    dilation=1,
    groups=1,
) -> Arrays:
    """(out, dx, dweight, dbias) of an autograd Function for convolution, dout being the gradient of its output."""
    leaves = [_leaf(x), _leaf(weight), _leaf(bias)]
    out = Conv2dFunction.apply(*leaves, stride, padding, dilation, groups)
    return _gone_back(out, dout, leaves)


def run_and_go_back(
    two_tower_conv,
    x: np.ndarray,
    weight: np.ndarray,
    dout: np.ndarray,
    bias: np.ndarray | None = None,
    **settings,
) -> Arrays:
    """(out, dx, dweight, dbias) of a function of tensors for convolution, dout being the gradient of its output."""
    leaves = [_leaf(x), _leaf(weight), _leaf(bias)]
    return _gone_back(two_tower_conv(*leaves, **settings), dout, leaves)


def parameters_of(layer) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter by its name, as an optimizer and a state dict find them."""
    return {name: tuple(parameter.shape) for name, parameter in layer.named_parameters()}


def first_weights(layer) -> tuple[float | None, float | None, bool | None]:
    """How the weights were drawn: their spread in units of 1/sqrt(fan_in), the share of them beyond this limit either way,
    and whether the biases were drawn, too.

    Rounded so much that all draws of one kind agree. None where there are too few to tell.
    """
    weight, bias = layer.weight.detach().numpy(), getattr(layer, "bias", None)
    if weight.size < _ENOUGH:
        return None, None, None
    limit = 1 / np.sqrt(weight[0].size)
    beyond = np.mean(np.abs(weight) > limit * (1 + 1e-6))
    return float(f"{weight.std() / limit:.1g}"), round(float(beyond), 1), bias is not None and bool(bias.any())


def run_layer(
    layer,
    x: np.ndarray | None = None,
    dout: np.ndarray | None = None,
    weight_values: np.ndarray | None = None,
    bias_values: np.ndarray | None = None,
) -> Arrays:
    """(out, dx, dweight, dbias) of a layer into which these numbers are put; all None without dout."""
    if dout is None:
        return None, None, None, None
    leaves = [_leaf(x), _put_into(layer, "weight", weight_values), _put_into(layer, "bias", bias_values)]
    return _gone_back(layer(leaves[0]), dout, leaves)


def _leaf(array: np.ndarray | None):
    import torch

    # Not a copy: a learner who changes it changes the case's array, which is looked at afterwards.
    return None if array is None else torch.from_numpy(array).requires_grad_()


def _put_into(layer, name: str, array: np.ndarray | None):
    """The tensor that now stands in the layer under this name: a Parameter if the layer's own was one."""
    import torch

    if array is None:
        return None
    values = torch.from_numpy(array.copy())
    own = isinstance(getattr(layer, name), torch.nn.Parameter)
    setattr(layer, name, torch.nn.Parameter(values) if own else values.requires_grad_())
    return getattr(layer, name)


def _gone_back(out, dout: np.ndarray, leaves: list) -> Arrays:
    import torch

    # None is a missing return, which the check names.
    if out is not None:
        if not isinstance(out, torch.Tensor):
            raise TypeError(f"forward must return a tensor, and what came out of it is a {type(out).__name__}")
        # An output of the wrong shape has no way back that could be compared.
        if out.shape == dout.shape:
            out.backward(torch.from_numpy(dout))
        out = out.detach().cpu().numpy()
    return out, *(None if leaf is None or leaf.grad is None else leaf.grad.cpu().numpy() for leaf in leaves)
