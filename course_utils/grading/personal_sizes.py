"""What homework 3 asks about sizes in a student's network: of maps, of what they see, and of steps between them."""

from course_utils.accounting import receptive_field
from course_utils.exercises.questions import Question
from course_utils.grading.personal_network import Network
from course_utils.grading.personal_questions import question_with


def conv1_side(n: Network) -> Question:
    one, side = n.conv1, n.side
    k, s, p = one.kernel_size, one.stride, one.padding
    right = n.rows["conv1"].output_size[-1]
    slips = (
        (right + 1, "The last window would hang over the edge. A convolution leaves it out."),
        (right - 1, "You count the steps between the places, or one place too few. How many places are there?"),
        ((side + p - k) // s + 1, "The padding stands on both sides of the picture."),
        ((side - k) // s + 1, "The layer has a padding."),
        (side + 2 * p - k + 1, "The window does not stop at every pixel: look at the stride."),
        ((side + 2 * p) // s, "A place needs room for the whole window."),
    )
    why = f"({side} + 2·{p} - {k}) / {s} is {(side + 2 * p - k) / s:.2f}; rounded down, and one more."
    return question_with(
        "conv1-side", right, why, "Picture and padding, less one window, in steps of the stride.", slips
    )


def pool1_side(n: Network) -> Question:
    side, k, s = n.rows["conv1"].output_size[-1], n.pool1.kernel_size, n.pool1.stride
    right, up = n.rows["pool1"].output_size[-1], n.pool1.ceil_mode
    other = (side - k) // s + 1 if up else -(-(side - k) // s) + 1
    slips = (
        (other, f"This pooling rounds {'up' if up else 'down'}, and you rounded {'down' if up else 'up'}."),
        (right - 1, "You count the steps between the places. How many places are there?"),
        (side - k + 1, "The window does not stop at every pixel: look at the stride."),
        (side // k, "Look at the stride: the windows need not lie side by side."),
        (n.side // s, "It reads the maps of the first convolution, not the picture."),
    )
    why = f"({side} - {k}) / {s} is {(side - k) / s:.2f}; rounded {'up' if up else 'down'}, and one more."
    return question_with(
        "pool1-side", right, why, "As for a convolution, and its line in the table says how it rounds.", slips
    )


def conv3_side(n: Network) -> Question:
    one, side = n.conv3, n.rows["conv2"].output_size[-1]
    k, d, p = one.kernel_size, one.dilation, one.padding
    right = n.rows["conv3"].output_size[-1]
    slips = (
        (side + 2 * p - k + 1, "The taps of this kernel lie apart: it reaches further than its number of taps."),
        (
            side + 2 * p - d * k + 1,
            "Behind the last tap there is no gap. How far is it from the first tap to the last?",
        ),
        (
            side + 2 * p - (d + 1) * (k - 1),
            "With a dilation of 1 the taps are neighbours. You left one pixel too many between.",
        ),
        (side + p - d * (k - 1), "The padding stands on both sides."),
        (side - d * (k - 1), "The layer has a padding."),
        (right - 1, "You count the steps between the places. How many places are there?"),
        (side, "It would keep the size with more padding than it has."),
    )
    why = f"{k} taps {d} apart reach over {d * (k - 1) + 1} pixels, and there are {side} + 2·{p}."
    return question_with("conv3-side", right, why, "First find how many pixels the dilated kernel reaches over.", slips)


def conv3_padding(n: Network) -> Question:
    k, d = n.conv3.kernel_size, n.conv3.dilation
    slips = (
        (k // 2, "That would do without a dilation."),
        (d * (k - 1), "That is what is lost on both sides together."),
        (d, "Move the middle tap to the first pixel: how many pixels does the kernel hang over?"),
        (d * k // 2, "Behind the last tap there is no gap."),
        (n.conv3.padding, "That is the padding that it has."),
    )
    why = f"The kernel reaches {d * (k - 1) // 2} pixels beyond its middle tap on either side."
    return question_with(
        "conv3-padding", d * (k - 1) // 2, why, "Put the middle tap on the first pixel of a row.", slips
    )


def fc1_inputs(n: Network) -> Question:
    channels, side = n.shortcut.out_channels, n.rows["sum"].output_size[-1]
    right = n.rows["flatten"].output_size[0]
    after = n.rows["pool2"].output_size[-1] if n.pool2 else 1
    slips = (
        (channels, "Each map has rows and columns, and every number in it is an input."),
        (channels * side * side, "A layer stands between the sum and the full connection."),
        (channels * after, "A map has rows and columns."),
        (channels * (after + 1) ** 2, "This pooling rounds down."),
        (n.block[0].out_channels * after * after, "The block hands on the channels of its last convolution."),
        (n.conv3.out_channels * after * after, "The block changes the number of channels."),
    )
    why = f"{channels} maps of {after}x{after}."
    hint = "Follow the size of the maps to the end; then count the numbers in all of them."
    return question_with("fc1-inputs", right, why, hint, slips)


def conv3_field(n: Network) -> Question:
    layers = (n.conv1, n.pool1, n.conv2, n.conv3)
    kernels, strides = [one.kernel_size for one in layers], [one.stride for one in layers]
    dilations = [1, 1, 1, n.conv3.dilation]
    right, jump = receptive_field(kernels, strides, dilations)
    before = receptive_field(kernels[:3], strides[:3])[0]
    slips = (
        (receptive_field(kernels, strides)[0], "The taps of the dilated kernel lie apart."),
        (receptive_field(kernels, None, dilations)[0], "Behind a stride neighbours look further apart in the picture."),
        (receptive_field(kernels)[0], "Strides and the dilation spread what a window sees."),
        (
            receptive_field([kernels[0], *kernels[2:]], [strides[0], 1, 1], dilations[1:])[0],
            "The pooling has a window and a stride, too.",
        ),
        (
            receptive_field([kernels[0], *kernels[2:]], [strides[0] * strides[1], 1, 1], dilations[1:])[0],
            "The pooling has a window of its own, besides its stride.",
        ),
        (before, "That is what the second convolution sees."),
        (right + jump, "Behind the last tap there is no gap: count the steps between taps."),
        (right * right, "That is the area. How many pixels across?"),
        (
            _own_strides(kernels, strides, dilations),
            "A layer's own stride spreads what comes after it, not its own window.",
        ),
    )
    hint = (
        "Layer by layer: the field grows by the steps between its taps, each as long as all strides before it together."
    )
    return question_with(
        "conv3-field",
        right,
        f"The second convolution sees {before} pixels; the dilated taps add the rest.",
        hint,
        slips,
    )


def block_jump(n: Network) -> Question:
    strides = (n.conv1.stride, n.pool1.stride, 2)
    right = n.rows["sum"].jump[0]
    slips = (
        (strides[0] * strides[1], "The block has a stride of its own."),
        (strides[0] * 2, "The pooling has a stride, too."),
        (strides[1] * 2, "The first convolution has a stride, too."),
        (sum(strides), "Strides multiply."),
        (right * 2, "Shortcut and block halve the maps side by side, so it counts once."),
        (n.rows["sum"].receptive_field[0], "That is how many pixels one number sees. How far are neighbours apart?"),
        (2, "That is the block's own stride, on maps whose places are far apart already."),
    )
    why = f"The strides before it multiply: {' · '.join(map(str, strides))}."
    return question_with("block-jump", right, why, "Only strides count, and they multiply.", slips)


def _own_strides(kernels: list[int], strides: list[int], dilations: list[int]) -> int:
    """The field if each layer's own stride spread its window."""
    field, jump = 1, 1
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        jump *= stride
        field += dilation * (kernel - 1) * jump
    return field
