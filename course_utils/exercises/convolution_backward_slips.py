"""What learners get wrong in the gradients of a convolution: one function with every slip, and what is said of each."""

import functools

import numpy as np

from course_utils.exercises.convolution_forward import as_pair
from course_utils.exercises.specification import Function, Misconception

GRADIENTS = ("dx", "dweight", "dbias")


def slips(words: tuple[str, ...] = (), gradient: str | None = None) -> tuple[Misconception, ...]:
    """The misconceptions with these words, or all; of one `gradient` alone, or of the three together."""
    made = []
    for name, slip, sentence in _SLIPS:
        if not words or slip in words:
            whole = functools.partial(_backward, slip=slip)
            made.append(Misconception(name, sentence, whole if gradient is None else _only(gradient, whole)))
    return tuple(made)


def _only(gradient: str, whole: Function) -> Function:
    place = GRADIENTS.index(gradient)
    return lambda dout, cache: whole(dout, cache)[place]


def _backward(dout, cache, *, slip: str):
    """conv2d_backward by loops, with one slip in it."""
    x, weight, bias, stride, padding, dilation, groups = cache
    (sh, sw), (ph, pw), (dh, dw) = as_pair(stride), as_pair(padding), as_pair(dilation)
    if slip == "one number for both axes":
        sw, pw, dw = sh, ph, dh
    if slip == "dilation ignored":
        dh = dw = 1
    if slip == "only with padding" and 0 in (ph, pw):
        raise UnboundLocalError("made only where there is padding")
    (filters, depth, kh, kw), (rows, columns), (height, width) = weight.shape, dout.shape[2:], x.shape[2:]
    if slip == "square image":
        columns = rows
    if slip == "square kernel":
        kw = kh
    reach_h, reach_w = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    if slip == "asserts":
        assert (height + 2 * ph - reach_h) % sh == 0, "stride does not fit"
        assert (width + 2 * pw - reach_w) % sw == 0, "stride does not fit"
    if slip == "sizes from the output":
        height, width = (rows - 1) * sh + reach_h - 2 * ph, (columns - 1) * sw + reach_w - 2 * pw
    padded = x if slip == "x not padded" else np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dpadded = np.zeros((*x.shape[:2], height + 2 * ph, width + 2 * pw), x.dtype)
    dweight = np.zeros_like(weight)
    for i in range(rows):
        for j in range(columns):
            top = i if slip == "stride ignored" else i * sh
            left = j if slip in ("stride ignored", "stride on rows only") else j * sw
            for k in range(filters):
                group = 0 if slip == "first group" else k // (filters // groups)
                place = (
                    slice(None),
                    slice(group * depth, (group + 1) * depth),
                    slice(top, top + reach_h, dh),
                    slice(left, left + reach_w, dw),
                )
                upstream = dout[:, k, i, j, None, None, None]
                if slip == "dout ignored":
                    upstream = np.ones_like(upstream)
                share = upstream * (weight[k][:, ::-1, ::-1] if slip == "dx not flipped" else weight[k])
                dpadded[place] = share if slip == "assigned" else dpadded[place] + share
                products = upstream * padded[place]
                if slip == "last place":
                    dweight[k] = 0
                dweight[k] += products[-1] if slip == "last picture" else products.sum(axis=0)
    if slip == "dweight flipped":
        dweight = dweight[:, :, ::-1, ::-1]
    if slip == "exchanged":
        dweight = dweight.swapaxes(0, 1)
    if slip == "mean over the batch":
        dweight = dweight / len(x)
    dx = dpadded[:, :, ph : ph + height, pw : pw + width]
    if slip == "p to -p":
        dx = dpadded[:, :, ph:-ph, pw:-pw]
    if slip == "padding left on":
        dx = dpadded
    if slip == "far corner":
        dx = dpadded[:, :, :height, :width]
    if slip == "first picture":
        dx[1:] = 0
    dbias = None if bias is None and slip != "dbias always" else _bias_gradient(dout, slip)
    return (dbias, dweight, dx) if slip == "order" else (dx, dweight, dbias)


def _bias_gradient(dout: np.ndarray, slip: str) -> np.ndarray:
    if slip == "dout ignored":
        dout = np.ones_like(dout)
    if slip == "dbias over the wrong axes":
        return dout.sum(axis=(0, 1, 2))
    if slip == "dbias per picture":
        return dout.sum(axis=(2, 3))
    if slip == "dbias per place":
        return dout.sum(axis=0)
    if slip == "dbias one number":
        return dout.sum()
    if slip == "dbias keeps axes":
        return dout.sum(axis=(0, 2, 3), keepdims=True)
    if slip == "mean over the batch":
        return dout.sum(axis=(0, 2, 3)) / len(dout)
    return dout.mean(axis=(0, 2, 3)) if slip == "dbias mean" else dout.sum(axis=(0, 2, 3))


_SLIPS = (
    (
        "padding cut off from p to -p",
        "p to -p",
        "You cut the border off with a slice that ends at minus the padding. Minus zero is zero, so where "
        "there is no padding the slice ends where it begins, and nothing is left.",
    ),
    (
        "works only where there is padding",
        "only with padding",
        "Without padding your function stops: something that it needs exists only where there is a border.",
    ),
    (
        "the padding left on",
        "padding left on",
        "Your dx is as large as the padded picture. Nobody asked for the gradient of the border zeros.",
    ),
    (
        "the padding cut from the wrong side",
        "far corner",
        "Your dx has the right size, but all of the border was cut off below and on the right.",
    ),
    (
        "the border left out",
        "x not padded",
        "Your windows slide over an array without a border. Those of the forward pass slid over the padded picture.",
    ),
    (
        "sizes computed back from the output",
        "sizes from the output",
        "You compute the height and width of dx from the output. Where a step did not fit, some last pixels "
        "are in no window: the output does not know of them, but dx has them.",
    ),
    (
        "sizes that do not divide are refused",
        "asserts",
        "Your function stops where the stride does not fit evenly. The forward pass dropped the last, "
        "incomplete step and went on.",
    ),
    (
        "assigned where windows overlap",
        "assigned",
        "A pixel that lies in several windows keeps the gradient of the last one. It had a part in the output of each.",
    ),
    (
        "the filter turned round in dx",
        "dx not flipped",
        "Your dx puts each weight on the pixel at the opposite end of its window. Follow one product of the "
        "forward pass: which pixel did that weight meet?",
    ),
    (
        "dweight turned round",
        "dweight flipped",
        "Your dweight holds the right numbers, turned by half a turn.",
    ),
    (
        "filters and channels exchanged",
        "exchanged",
        "Your dweight has the channels where the filters belong, and the filters where the channels belong.",
    ),
    (
        "the upstream gradient left out",
        "dout ignored",
        "You return how the outputs change, as if the loss were their sum. `dout` says how much each of them matters.",
    ),
    (
        "a mean over the batch",
        "mean over the batch",
        "You divide by the number of pictures. If the loss is a mean, `dout` carries that already.",
    ),
    (
        "dweight of the last picture only",
        "last picture",
        "Your dweight hears only the last picture of the batch. Every picture was filtered with the same weights.",
    ),
    (
        "dx of the first picture only",
        "first picture",
        "The first picture's dx is right and the others stay zero.",
    ),
    (
        "dweight of the last place only",
        "last place",
        "Each place overwrites what the one before it gave to dweight. The weights were shared by all of them.",
    ),
    (
        "dbias summed over the wrong axes",
        "dbias over the wrong axes",
        "You sum as if the channels came last. In (N, K, H, W) the filters are the second axis.",
    ),
    (
        "a dbias for each picture",
        "dbias per picture",
        "Your dbias still has the batch in it. All pictures were given the same bias.",
    ),
    (
        "a dbias for each place",
        "dbias per place",
        "Your dbias still has the places in it. A filter adds the same bias at every place.",
    ),
    (
        "one dbias for all filters",
        "dbias one number",
        "You sum the whole of `dout` into one number. Each filter has a bias of its own.",
    ),
    (
        "dbias as a mean",
        "dbias mean",
        "You average `dout` where its parts add up: each place passed the bias on in full.",
    ),
    (
        "a dbias with axes too many",
        "dbias keeps axes",
        "The numbers are right, and around them axes of length 1 are left. A bias has one axis, (K,).",
    ),
    (
        "a dbias where there is no bias",
        "dbias always",
        "Where the layer has no bias you return a gradient all the same. There is nothing to move: it is None.",
    ),
    (
        "the three in another order",
        "order",
        "Your three gradients are handed back in another order than that of x, weight and bias.",
    ),
    (
        "the stride ignored",
        "stride ignored",
        "Your windows start at pixel (i, j), whatever the stride.",
    ),
    (
        "stride on one axis only",
        "stride on rows only",
        "Your window jumps down by the stride but walks right pixel by pixel.",
    ),
    (
        "one number of a pair for both axes",
        "one number for both axes",
        "Where stride, padding or dilation is a pair, you use its first number for the columns as well.",
    ),
    (
        "height used for width (the picture)",
        "square image",
        "You go through as many columns of the output as it has rows.",
    ),
    (
        "height used for width (the kernel)",
        "square kernel",
        "You use the kernel's height for its width as well.",
    ),
    (
        "dilation ignored",
        "dilation ignored",
        "Your windows are made of neighbouring pixels, whatever the dilation.",
    ),
    (
        "every group uses the first group's channels",
        "first group",
        "Every filter works with the first channels. The second group of filters saw the second group of channels.",
    ),
)
