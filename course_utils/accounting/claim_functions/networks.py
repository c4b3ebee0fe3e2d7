"""Counts of whole networks and of their layers, read off `lecture_networks`. Layers go by the lectures' names."""

from collections import Counter

from course_utils.accounting.counting import Row
from course_utils.accounting.lecture_networks import network
from course_utils.layers.lenet import lenet_c3_connections

_CONVOLUTIONS, _FULLY_CONNECTED = ("Conv2d",), ("Linear",)


def network_parameters(name: str) -> int:
    """Weights and biases of a network."""
    return sum(row.weights + row.biases for row in _rows(name))


def network_weights(name: str) -> int:
    """Weights of a network, without biases."""
    return sum(row.weights for row in _rows(name))


def conv_part_weights(name: str) -> int:
    """Weights of a network outside its fully connected layers."""
    return sum(row.weights for row in _rows(name) if row.type not in _FULLY_CONNECTED)


def linear_part_weights(name: str) -> int:
    """Weights of a network's fully connected layers."""
    return sum(row.weights for row in _rows(name) if row.type in _FULLY_CONNECTED)


def network_macs(name: str) -> int:
    """Multiply-accumulates for one picture."""
    return sum(row.macs for row in _rows(name))


def network_values(name: str, relu_in_place: bool = True) -> int:
    """Numbers in all volumes of a network for one picture, its input included, normalisation left out.

    relu_in_place: one volume a layer. Else the output of each ReLU is kept as well, behind every convolution and every
    fully connected layer but the last.
    """
    channels, height, width = network(name).input_size
    kept = [row for row in _rows(name) if "Norm" not in row.type]
    count = channels * height * width + sum(row.activations for row in kept)
    if not relu_in_place:
        followed = [row for row in kept if row.type in (*_CONVOLUTIONS, *_FULLY_CONNECTED)][:-1]
        count += sum(row.activations for row in followed)
    return count


def values_up_to(name: str, layer: str) -> int:
    """The same, from the input to one layer."""
    channels, height, width = network(name).input_size
    network(name).row(layer)
    count = channels * height * width
    for row in _rows(name):
        count += 0 if "Norm" in row.type else row.activations
        if row.name == layer:
            break
    return count


def layer_volume(name: str, layer: str) -> tuple[int, ...]:
    """The output of a layer, height x width x depth; for a vector its length alone."""
    if layer == "input":
        channels, height, width = network(name).input_size
        return height, width, channels
    size = network(name).row(layer).output_size
    return (*size[1:], size[0]) if len(size) == 3 else size


def layer_side(name: str, layer: str) -> int:
    """The height of a layer's output, which is its width too."""
    return layer_volume(name, layer)[0]


def layer_values(name: str, layer: str) -> int:
    """How many numbers a layer makes for one picture."""
    product = 1
    for one in layer_volume(name, layer):
        product *= one
    return product


def layer_weights(name: str, layer: str) -> int:
    """Weights of a layer, without biases."""
    return network(name).row(layer).weights


def layer_parameters(name: str, layer: str) -> int:
    """Weights and biases of a layer."""
    row = network(name).row(layer)
    return row.weights + row.biases


def layer_macs(name: str, layer: str) -> int:
    """Multiply-accumulates of a layer for one picture."""
    return network(name).row(layer).macs


def conv_layers(name: str) -> int:
    """How many convolutions a network has, all of them."""
    return sum(row.type in _CONVOLUTIONS for row in _rows(name))


def convolutions_in_group(name: str, group: int) -> int:
    """How many convolutions follow each other before the pooling of that number, 1 for the first."""
    groups = [0]
    for row in _rows(name):
        groups[-1] += row.type in _CONVOLUTIONS
        if "Pool" in row.type:
            groups.append(0)
    return groups[group - 1]


def residual_blocks(name: str) -> tuple[int, ...]:
    """How many blocks each stage of a residual network has: conv2_1, conv2_2, … are stage 2."""
    stages = [step.name.split("_")[0] for step in network(name).steps if step.type == "Add"]
    return tuple(Counter(stages).values())


def c3_connections_by_input() -> tuple[int, ...]:
    """Of LeNet-5's table I: how many maps of C3 each of the six maps of S2 feeds."""
    return tuple(int(count) for count in lenet_c3_connections().sum(axis=0))


def c3_connections_by_output() -> tuple[int, ...]:
    """How many of the six maps of S2 each of the 16 maps of C3 sees."""
    return tuple(int(count) for count in lenet_c3_connections().sum(axis=1))


def linear_layers(name: str) -> int:
    """How many fully connected layers a network has."""
    return sum(row.type in _FULLY_CONNECTED for row in _rows(name))


def depth(name: str) -> int:
    """Layers with weights on the longest way through: what a network is named by.

    Branches side by side count as one way; projections in shortcuts and normalisation are not counted.
    """
    reach = {"input": 0}
    before = "input"
    longest = 0
    for step in network(name).steps:
        weighted = step.type in (*_CONVOLUTIONS, *_FULLY_CONNECTED, "Dense") or step.settings.get("weights", 0) > 0
        reach[step.name] = max(reach[one] for one in step.inputs or (before,)) + weighted
        longest, before = max(longest, reach[step.name]), step.name
    return longest


def _rows(name: str) -> tuple[Row, ...]:
    return network(name).rows


FUNCTIONS = (
    network_parameters,
    network_weights,
    conv_part_weights,
    linear_part_weights,
    network_macs,
    network_values,
    values_up_to,
    layer_volume,
    layer_side,
    layer_values,
    layer_weights,
    layer_parameters,
    layer_macs,
    conv_layers,
    convolutions_in_group,
    residual_blocks,
    c3_connections_by_input,
    c3_connections_by_output,
    linear_layers,
    depth,
)
