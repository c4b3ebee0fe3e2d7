"""Right answers to the exercises of lesson 08, as short as NumPy lets them be."""

import numpy as np

from course_utils.layers import softmax_cross_entropy


def lenet_c3_connections():
    """Each block is its first row, rolled on."""
    blocks = [([1, 1, 1, 0, 0, 0], 6), ([1, 1, 1, 1, 0, 0], 6), ([1, 1, 0, 1, 1, 0], 3), ([1] * 6, 1)]
    return np.array([np.roll(row, step) for row, count in blocks for step in range(count)]) > 0


def train_step(network, optimizer, x, labels, loss=softmax_cross_entropy):
    """As in PyTorch, with gradients put out of the way before and after."""
    for parameter in network.parameters():
        parameter.grad = None
    scores = network.train().forward(x)
    result = loss(scores, labels)
    network.backward(result[1])
    optimizer.step()
    for parameter in network.parameters():
        parameter.grad = None
    return result[0], scores
