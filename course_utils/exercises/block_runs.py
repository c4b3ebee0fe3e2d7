"""What the plans of homework 2 call: a block or a network of the learner's is made, run forwards and back, and looked at."""

import numpy as np

Arrays = tuple[np.ndarray, ...]


def run_block(
    Block,  # noqa: N803 (a plan hands on the learner's class by its name)
    earlier: np.ndarray,
    x: np.ndarray,
    dout: np.ndarray,
    weight: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
) -> Arrays:
    """(out, dx, dweight, dgamma, dbeta, evaluated) of a block that has met another batch before.

    evaluated is what x gives in evaluation afterwards, so that it shows what the block has kept of both batches.
    """
    block = Block(weight, gamma, beta)
    block.backward(np.ones_like(block.forward(earlier, True)))
    out = block.forward(x, True)
    dx = block.backward(dout)
    gradients = [block.gradients[name] for name in ("weight", "gamma", "beta")]
    return out, dx, *gradients, block.forward(x, False)


def run_three_blocks(
    ThreeBlocks,  # noqa: N803
    x: np.ndarray,
    dscores: np.ndarray,
    scales: np.ndarray,
    shifts: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
) -> Arrays:
    """(scores, dx, dweight, dbias, evaluated) of a network whose blocks are three stand-ins, told apart by their numbers."""
    blocks = [StandIn(scale, shift) for scale, shift in zip(scales, shifts, strict=True)]
    network = ThreeBlocks(blocks, weight, bias)
    network.backward(np.ones_like(network.forward(x[:1], True)))
    scores = network.forward(x, True)
    dx = network.backward(dscores)
    gradients = [network.gradients[name] for name in ("weight", "bias")]
    return scores, dx, *gradients, network.forward(x, False)


class StandIn:
    """A block that holds nothing of a convolution: out = scale x^2 + shift x, and twice the shift in evaluation.

    It is never the same before and after another one, so that the order shows.
    """

    def __init__(self, scale: float, shift: float) -> None:
        self.scale, self.shift, self.gradients = scale, shift, {}

    def forward(self, x: np.ndarray, training: bool) -> np.ndarray:
        self.x, self.slope = x, self.shift if training else 2 * self.shift
        return (self.scale * x * x + self.slope * x).astype(x.dtype)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return (dout * (2 * self.scale * self.x + self.slope)).astype(dout.dtype)
