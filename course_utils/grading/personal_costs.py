"""What homework 3 asks about costs of a student's network: parameters, multiply-accumulates, memory."""

from course_utils import accounting
from course_utils.exercises.questions import Question
from course_utils.grading.personal_network import Network
from course_utils.grading.personal_questions import question_with

MIB = 1024**2
# Rows whose outputs are kept in training: normalisation, ReLU and sum are reckoned as done in place.
KEPT = ("Conv2d", "MaxPool2d", "AdaptiveAvgPool2d", "Linear")


def conv1_parameters(n: Network) -> Question:
    k, c, width = n.conv1.kernel_size, n.conv1.in_channels, n.conv1.out_channels
    weights = k * k * c * width
    right = _parameters(n, "conv1")
    slips = (
        (weights, "The normalisation learns two numbers for each channel."),
        (weights + width, "Two numbers a channel: the normalisation has a scale and a shift."),
        (weights + 3 * width, "A convolution in front of a normalisation has no biases here."),
        (weights + 4 * width, "Running means and variances are kept, but not learned."),
        (weights + 2, "Each channel has a scale and a shift of its own."),
        (k * k * width + 2 * width, "A filter is as deep as the picture."),
        (k * k * c + 2 * width, "That is one filter, and there are as many as the layer has channels."),
        (k * c * width + 2 * width, "A filter has rows and columns."),
    )
    why = f"{k}·{k}·{c}·{width} weights, and 2·{width} for the normalisation."
    return question_with(
        "conv1-parameters", right, why, "Weights of one filter, times filters; then the normalisation.", slips
    )


def conv2_parameters(n: Network) -> Question:
    one = n.conv2
    k, c, width, groups = one.kernel_size, one.in_channels, one.out_channels, one.groups
    right = _parameters(n, "conv2")
    slips = (
        (k * k * c * width + width, "A filter reads the channels of its own group alone."),
        (right - width, "Each filter has a bias: no normalisation follows this layer."),
        (k * k * c * width, "A filter reads the channels of its own group alone, and it has a bias."),
        (
            k * k * c * width // groups**2 + width,
            "You divided by the groups twice. There are still as many filters as channels.",
        ),
        (k * k * c * width // groups + 2 * width, "No normalisation follows this layer. It has one bias a filter."),
        (k * k * c * width // groups + groups, "Every filter has a bias, not every group."),
        ((k * k * c * width + width) // groups, "There is a bias for every filter; the groups do not divide them."),
        (k * k * width + width, "Only with as many groups as channels would a filter read a single one."),
    )
    why = f"{width} filters of {k}·{k}·{c // groups} weights and a bias."
    return question_with("conv2-parameters", right, why, "How many channels does one filter of a group read?", slips)


def block_parameters(n: Network) -> Question:
    inside = sum(_parameters(n, one.name) for one in n.block)
    around, norms = _parameters(n, "shortcut"), sum(2 * one.out_channels for one in (*n.block, n.shortcut))
    width = n.shortcut.out_channels
    slips = (
        (inside, "The shortcut has a convolution and a normalisation."),
        (inside + around - norms, "A normalisation follows each convolution, that of the shortcut, too."),
        (inside + around - 2 * width, "The shortcut's convolution is normalised, too."),
        (inside + around + norms // 2, "Convolutions in front of a normalisation have no biases here."),
        (inside + around + norms, "Running means and variances are kept, but not learned."),
        (inside + around - norms // 2, "A normalisation learns two numbers a channel, a scale and a shift."),
        (inside + around - norms + 2 * width, "Every convolution of the block is normalised."),
    )
    why = f"{inside:,} inside and {around:,} in the shortcut."
    hint = "One convolution after the other, each with its normalisation; the sum has nothing to learn."
    return question_with("block-parameters", inside + around, why, hint, slips)


def parameters(n: Network) -> Question:
    right = _all(n, "parameters")
    norms = sum(row.parameters for row in n.rows.values() if row.type == "BatchNorm2d")
    heads = n.rows["fc1"].parameters + n.rows["fc2"].parameters
    biases = n.rows["conv2"].biases + n.hidden + n.classes
    slips = (
        (right - norms, "The normalisations learn two numbers a channel each."),
        (right - biases, "The second convolution and the two full connections have biases."),
        (right - norms - biases, "Biases, and the normalisations' scales and shifts, are parameters like the weights."),
        (right - heads, "The full connections belong to the network."),
        (right - n.hidden - n.classes, "The full connections have biases."),
        (right - _parameters(n, "shortcut"), "The shortcut has weights, too."),
        (right + norms, "Running means and variances are kept, but not learned."),
        (right + norms // 2, "Convolutions in front of a normalisation have no biases here."),
        (4 * right, "How many numbers, not how many bytes."),
    )
    hint = "Fill the column of your table and add it up."
    return question_with("parameters", right, f"Your table's column adds up to {right:,}.", hint, slips)


def fc1_share(n: Network) -> Question:
    first, whole = n.rows["fc1"].parameters, _all(n, "parameters")
    both = first + n.rows["fc2"].parameters
    slips = (
        (first / whole, "That is a fraction. How many in a hundred?"),
        (
            100 * n.rows["fc1"].macs / _all(n, "macs"),
            "That is its share of the work. What is its share of the parameters?",
        ),
        (100 * both / whole, "That is both full connections."),
        (100 * first / both, "That is its share of the full connections."),
        (100 * first / (whole - first), "Of all parameters, its own among them."),
        (100 - 100 * first / whole, "That is the rest of the network."),
    )
    why = f"{first:,} of {whole:,}."
    return question_with(
        "fc1-share", 100 * first / whole, why, "Its weights and biases, divided by all parameters.", slips, 0.005
    )


def conv2_macs(n: Network) -> Question:
    one, places = n.conv2, n.rows["conv2"].output_size[-1]
    right, reads = n.rows["conv2"].macs, n.rows["pool1"].output_size[-1]
    weights = n.rows["conv2"].weights
    slips = (
        (2 * right, "That is floating-point operations. A multiplication and the addition after it are one MAC."),
        (right * one.groups, "A filter reads the channels of its own group alone."),
        (right // one.groups, "You divided by the groups twice. There are still as many filters as channels."),
        (weights, "Each weight is used at every place of a map."),
        (weights * places, "A map has rows and columns of places."),
        (weights * reads * reads, "The work is done at each place of the output, not of the input."),
        (right + places * places * one.out_channels, "Adding a bias is no multiplication."),
        (right // one.out_channels, "That is one map, and the layer makes as many as it has filters."),
    )
    why = f"{places}·{places} places, and {weights:,} weights at each."
    return question_with(
        "conv2-macs", right, why, "How many weights are there, and at how many places is each used?", slips
    )


def macs(n: Network) -> Question:
    right = _all(n, "macs")
    dense = n.rows["fc1"].macs + n.rows["fc2"].macs
    grouped = n.rows["conv2"].macs * (n.conv2.groups - 1)
    slips = (
        (2 * right, "That is floating-point operations. A multiplication and the addition after it are one MAC."),
        (right - dense, "The full connections multiply, too: once with each weight."),
        (right - n.rows["shortcut"].macs, "The convolution of the shortcut multiplies, too."),
        (right - dense - n.rows["shortcut"].macs, "The full connections and the shortcut multiply, too."),
        (right + grouped, "In the second convolution a filter reads the channels of its own group alone."),
        (
            right + n.conv2.out_channels * n.rows["conv2"].output_size[-1] ** 2 + n.hidden + n.classes,
            "Adding a bias is no multiplication.",
        ),
    )
    hint = "For each layer with weights: places of its output times weights. Normalisation, pooling and ReLU count nothing."
    return question_with("macs", right, f"Your table's column adds up to {right:,}.", hint, slips)


def training_memory(n: Network) -> Question:
    parameters, batch = _all(n, "parameters"), n.batch_size
    kept = sum(row.activations for row in n.rows.values() if row.type in KEPT)
    right = accounting.training_memory(kept, parameters, batch) / MIB
    slips = (
        (right * MIB / 1e6, "You divided by a million. A mebibyte is 1024 times 1024 bytes."),
        (right / 4, "Each number takes four bytes."),
        (right * MIB, "That is bytes. How many mebibytes?"),
        (right * 1024, "That is kibibytes."),
        (accounting.training_memory(kept, parameters, 1) / MIB, f"That is one picture. A step has {batch}."),
        (4 * batch * kept / MIB, "Parameters, their gradients and their velocities have to be kept as well."),
        (4 * (batch * kept + parameters) / MIB, "Each parameter has a gradient and a velocity, too."),
        (
            accounting.training_memory(kept, parameters, batch, 0) / MIB,
            "Momentum keeps a number for each parameter as well.",
        ),
        (
            accounting.training_memory(kept, parameters, batch, 2) / MIB,
            "That would be Adam. Momentum keeps one number for each parameter.",
        ),
        (8 * batch * kept / MIB + 12 * parameters / MIB, "The activations' gradients are not to be counted here."),
        (
            batch * accounting.training_memory(kept, parameters, 1) / MIB,
            "The parameters are there once, however many pictures there are.",
        ),
    )
    why = f"{kept:,} activations for each of {batch} pictures, and three numbers for each of {parameters:,} parameters."
    hint = "Numbers first: three for each parameter, and the activations of all pictures. Then four bytes each."
    return question_with("training-memory", right, why, hint, slips, tolerance=0.002)


def small_kernels(n: Network) -> Question:
    c, width, k = n.conv1.in_channels, n.conv1.out_channels, n.conv1.kernel_size
    layers = (k - 1) // 2
    first, further = (accounting.count_conv_parameters(depth, width, 3, bias=False) for depth in (c, width))
    right = first + (layers - 1) * further
    slips = (
        (layers * further, "The first of them reads the picture, which has fewer channels."),
        (layers * first, "Only the first reads the picture; the others read the channels before them."),
        (first + layers * further, "That is one layer too many. How far do they see together?"),
        (first + (layers - 2) * further, "That is one layer too few. How far do they see together?"),
        (first + further * (k // 3 - 1), "Fields grow by two pixels a layer; they do not multiply."),
        (right + 2 * layers * width, "Count the weights of the convolutions alone."),
        (right + layers * width, "Count the weights alone, without biases."),
        (accounting.count_conv_parameters(c, width, k, bias=False), "That is the large layer."),
        (9 * layers, "Each layer has as many filters as channels, and each filter has a depth."),
    )
    why = f"{layers} layers see {k} pixels: {first:,} weights in the first and {further:,} in each further one."
    hint = "How many 3x3 layers see as far as the large one? Then their weights, one by one."
    return question_with("small-kernels", right, why, hint, slips)


def _parameters(n: Network, name: str) -> int:
    """Of a convolution and its normalisation."""
    norm = n.rows.get(f"{name}.norm")
    return n.rows[name].parameters + (norm.parameters if norm else 0)


def _all(n: Network, what: str) -> int:
    return sum(getattr(row, what) for row in n.rows.values())
