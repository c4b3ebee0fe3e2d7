"""An exercise of lesson 09: our convolution as an operation of autograd."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.convolution_backward import backward_case, random_backward
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Exercise, Lazy
from course_utils.exercises.torch_runs import apply_and_go_back


@functools.cache
def wrong_conv2d_function(slip: str) -> type:
    """Conv2dFunction with one slip in it."""
    import torch

    def array(tensor):
        return None if tensor is None else tensor.detach().numpy()

    class Conv2dFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight, bias, stride, padding, dilation, groups):
            ctx.save_for_backward(x, weight, bias)
            given = (stride, padding, dilation, groups)
            settings = {
                "settings left out": (1, 0, 1, 1),
                "stride left out": (1, *given[1:]),
                "exchanged": (padding, stride, dilation, groups),
            }.get(slip, given)
            ctx.settings = {"settings lost": (1, 0, 1, 1), "groups lost": (*given[:3], 1)}.get(slip, settings)
            out, _ = layers.conv2d_forward(
                array(x), array(weight), None if slip == "bias left out" else array(bias), *settings
            )
            return torch.from_numpy(out.astype(np.float32) if slip == "float32" else out)

        @staticmethod
        def backward(ctx, dout):
            cache = *map(array, ctx.saved_tensors), *ctx.settings
            sent = np.ones(dout.shape, array(dout).dtype) if slip == "dout ignored" else array(dout)
            dx, dweight, dbias = layers.conv2d_backward(sent.astype(cache[0].dtype), cache)
            dx, dweight, dbias = _spoilt(slip, dx, dweight, dbias, sent)
            found = (None if one is None else torch.from_numpy(one) for one in (dx, dweight, dbias))
            return *found, None, None, None, None

    return Conv2dFunction


def _spoilt(slip: str, dx, dweight, dbias, dout) -> tuple:
    if slip == "averaged":
        return dx, dweight / len(dx), None if dbias is None else dbias / len(dx)
    return {
        "gradients exchanged": (dweight, dx, dbias),
        "no dx": (None, dweight, dbias),
        "no dbias": (dx, dweight, None),
        "bias by picture": (dx, dweight, None if dbias is None else dout.sum(axis=(1, 2, 3))),
        "bias left out": (dx, dweight, None),
    }.get(slip, (dx, dweight, dbias))


CONV2D_FUNCTION = Exercise(
    name="Conv2dFunction",
    lesson="09",
    reference=Lazy("course_utils.models.numpy_layers", "Conv2dFunction"),
    plan=(
        Call(
            "apply_and_go_back",
            ("Conv2dFunction", "x", "weight", "dout", "bias", "stride", "padding", "dilation", "groups"),
            ("out", "dx", "dweight", "dbias"),
        ),
    ),
    course={"apply_and_go_back": apply_and_go_back},
    compared=("out", "dx", "dweight", "dbias"),
    cases=(
        backward_case("one filter", 10, (1, 1, 3, 2), (1, 1, 2, 2), bias=True),
        backward_case("two pictures", 20, (2, 2, 3, 2), (2, 2, 2, 2), bias=True),
        # What is returned in the wrong order has the right shape only here.
        backward_case("x and weight of one shape", 30, (2, 2, 3, 2), (2, 2, 3, 2), bias=True, padding=1),
        backward_case(
            "stride 2 down and 1 across, padding 1", 40, (1, 2, 5, 3), (3, 2, 2, 3), bias=True, stride=(2, 1), padding=1
        ),
        backward_case("stride 3, dilation 2, no bias", 50, (1, 1, 7, 6), (2, 1, 2, 3), stride=3, dilation=2),
        backward_case("two groups", 60, (1, 4, 3, 2), (4, 2, 2, 1), bias=True, groups=2, padding=(0, 2)),
    ),
    random_case=random_backward,
    random_cases=100,
    misconceptions=lazy_misconceptions(
        __name__,
        "wrong_conv2d_function",
        (
            (
                "gradients in another order",
                "gradients exchanged",
                "Your first two gradients have changed places. Autograd hands them out by position, to the arguments of "
                "`forward` one after another.",
            ),
            (
                "the settings left out",
                "settings left out",
                "Stride, padding, dilation and groups reach your `forward` and go no further.",
            ),
            (
                "the stride left out",
                "stride left out",
                "Your convolution always moves by one pixel, whatever stride `forward` was given.",
            ),
            (
                "stride and padding exchanged",
                "exchanged",
                "The stride arrives where the padding should, and the other way round. In which order does `conv2d_forward` "
                "take them?",
            ),
            (
                "the settings forgotten on the way back",
                "settings lost",
                "Forward is right. On the way back your convolution has stride 1, no padding and no groups.",
            ),
            (
                "the groups forgotten on the way back",
                "groups lost",
                "Forward is right. On the way back your convolution has one group.",
            ),
            (
                "the bias left out",
                "bias left out",
                "Your output is that of a layer without bias. One was handed to `forward`.",
            ),
            (
                "no gradient for the bias",
                "no dbias",
                "For the bias you return None, which means: it had no influence. Where there was a bias, it had.",
            ),
            (
                "no gradient for x",
                "no dx",
                "For `x` you return None. The layers before this one would never learn.",
            ),
            (
                "the incoming gradient ignored",
                "dout ignored",
                "Your gradients are those of the sum of the outputs. What comes in as `dout` says how much each of them counts.",
            ),
            (
                "gradients averaged over the batch",
                "averaged",
                "You divide by the number of pictures. If the loss is a mean, that is in `dout` already.",
            ),
            (
                "the bias summed for each picture",
                "bias by picture",
                "Your gradient of the bias has one number a picture. The bias has one a filter, and all pictures share it.",
            ),
            (
                "everything in float32",
                "float32",
                "Your output is float32 whatever came in. A gradient check needs float64 all the way.",
            ),
        ),
    ),
    hints=(
        "Forward: tensors to arrays, `conv2d_forward`, array to tensor; and on `ctx` whatever the way back will need. "
        "Backward: the cache put together again, `conv2d_backward`, arrays to tensors.",
        "The cache of `conv2d_backward` is (x, weight, bias, stride, padding, dilation, groups). The first three come back as "
        "`ctx.saved_tensors`. `forward` had seven arguments after `ctx`, so `backward` returns seven things.",
        "`ctx.save_for_backward(x, weight, bias)` and `ctx.settings = settings` in `forward`; in `backward`, "
        "`cache = (*map(to_numpy, ctx.saved_tensors), *ctx.settings)`, and after the three gradients "
        "`None, None, None, None`.",
    ),
)
EXERCISES = (CONV2D_FUNCTION,)
