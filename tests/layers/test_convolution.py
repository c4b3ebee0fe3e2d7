import itertools

import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import conv2d_backward, conv2d_forward, conv_output_size


def random_setting(seed):
    """(x, weight, bias, stride, padding, dilation, groups), every part drawn at random; float64."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 4))
    channels, filters = (groups * int(rng.integers(1, 4)) for _ in range(2))
    kernel = rng.integers(1, 5, 2)
    # A third of the settings use one integer for both axes, as a learner does.
    size = 1 if rng.random() < 1 / 3 else 2
    stride, dilation = (tuple(map(int, rng.integers(1, 4, size))) for _ in range(2))
    padding = tuple(map(int, rng.integers(0, 4, size)))
    if rng.random() < 1 / 3:
        stride = (1,) * size
    rows, columns = (
        max(1, dilation[axis % size] * (kernel[axis] - 1) + 1 - 2 * padding[axis % size]) + rng.integers(0, 9)
        for axis in range(2)
    )
    x = rng.standard_normal((int(rng.integers(1, 4)), channels, rows, columns))
    weight = rng.standard_normal((filters, channels // groups, *kernel))
    bias = None if rng.random() < 1 / 3 else rng.standard_normal(filters)
    stride, padding, dilation = (each[0] if size == 1 else each for each in (stride, padding, dilation))
    return x, weight, bias, stride, padding, dilation, groups


def by_torch(dout, x, weight, bias, *how):
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias) if array is not None]
    out = torch.nn.functional.conv2d(*tensors[:2], tensors[2] if bias is not None else None, *how)
    gradients = torch.autograd.grad(out, tensors, torch.tensor(dout))
    return out.detach().numpy(), *[gradient.numpy() for gradient in gradients]


def test_by_hand():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    weight = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    out, cache = conv2d_forward(x, weight, np.array([10.0]))
    # 0·1 + 1·2 + 3·3 + 4·4 + 10 = 37, and each step to the right adds 1 + 2 + 3 + 4.
    np.testing.assert_array_equal(out, [[[[37, 47], [67, 77]]]])
    dx, dweight, dbias = conv2d_backward(np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, 2, 0], [3, 6, 4], [0, 6, 8]]]])
    np.testing.assert_array_equal(dweight, [[[[0 + 8, 1 + 10], [3 + 14, 4 + 16]]]])
    np.testing.assert_array_equal(dbias, [3])


def test_stride_padding_and_dilation_by_hand():
    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    weight = np.array([[[[1.0, 10.0]]]])
    out, cache = conv2d_forward(x, weight, None, stride=(2, 1), padding=(0, 1), dilation=(1, 2))
    np.testing.assert_array_equal(out, [[[[20, 31, 2], [80, 97, 8]]]])
    dx, dweight, dbias = conv2d_backward(np.ones_like(out), cache)
    np.testing.assert_array_equal(dx, [[[[1, 11, 10], [0, 0, 0], [1, 11, 10]]]])
    np.testing.assert_array_equal(dweight, [[[[1 + 2 + 7 + 8, 2 + 3 + 8 + 9]]]])
    assert dbias is None


def test_groups_by_hand():
    x = np.arange(1.0, 5.0).reshape(1, 4, 1, 1)
    weight = np.array([[1.0, 10.0], [100.0, 1000.0]]).reshape(2, 2, 1, 1)
    out, _ = conv2d_forward(x, weight, groups=2)
    np.testing.assert_array_equal(out.ravel(), [1 + 20, 300 + 4000])


@pytest.mark.parametrize("seed", range(300))
def test_agrees_with_torch(seed, rng):
    setting = random_setting(seed)
    out, cache = conv2d_forward(*setting)
    dout = rng.standard_normal(out.shape)
    ours = [out, *(gradient for gradient in conv2d_backward(dout, cache) if gradient is not None)]
    for got, expected in zip(ours, by_torch(dout, *setting), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12 * max(1, np.abs(expected).max()))


def test_the_random_settings_reach_every_case():
    settings = [random_setting(seed) for seed in range(300)]
    assert {type(setting[3]) for setting in settings} == {int, tuple}
    assert {setting[2] is None for setting in settings} == {True, False}
    assert {setting[6] for setting in settings} == {1, 2, 3}
    assert any(setting[4] in (0, (0, 0)) for setting in settings)
    assert any(setting[1].shape[2:] == (1, 1) and setting[3] in (1, (1, 1)) for setting in settings)
    assert any(_leaves_pixels_over(*setting) for setting in settings)


def _leaves_pixels_over(x, weight, bias, stride, padding, dilation, groups):
    stride, padding, dilation = (
        each if isinstance(each, tuple) else (each, each) for each in (stride, padding, dilation)
    )
    room = [
        x.shape[2 + axis] + 2 * padding[axis] - dilation[axis] * (weight.shape[2 + axis] - 1) - 1 for axis in range(2)
    ]
    return any(space % step for space, step in zip(room, stride, strict=True))


# Tiles hold about a thousand places: several images, one, or part of one, with and without a remainder.
LARGE = [
    ((11, 3, 13, 9), (4, 3, 3, 3), 1, 1),
    ((3, 2, 40, 50), (2, 2, 3, 3), 1, 1),
    ((2, 2, 40, 50), (5, 2, 3, 3), 1, 2),
    ((2, 2, 70, 61), (3, 2, 5, 4), 2, 0),
    ((1, 2, 3, 1500), (3, 2, 2, 2), 1, 0),
    ((2, 6, 33, 31), (4, 6, 1, 1), 1, 0),
    ((2, 6, 9, 7), (4, 6, 1, 1), (2, 1), 0),
    ((2, 6, 9, 7), (4, 6, 1, 1), (1, 2), 0),
    ((2, 6, 9, 7), (4, 6, 1, 1), 1, (0, 1)),
]


@pytest.mark.parametrize(("image", "kernel", "stride", "padding"), LARGE)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_agrees_with_torch_in_every_kind_of_tile(image, kernel, stride, padding, dtype, tolerance, rng):
    x, weight, bias = (rng.standard_normal(shape).astype(dtype) for shape in (image, kernel, kernel[:1]))
    out, cache = conv2d_forward(x, weight, bias, stride, padding)
    dout = rng.standard_normal(out.shape).astype(dtype)
    expected = by_torch(dout, x, weight, bias, stride, padding)
    for got, right in zip((out, *conv2d_backward(dout, cache)), expected, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, right, rtol=tolerance, atol=tolerance * np.abs(right).max())


@pytest.mark.parametrize("seed", range(300, 340))
def test_agrees_with_torch_in_float32(seed, rng):
    *arrays, stride, padding, dilation, groups = random_setting(seed)
    arrays = [None if array is None else array.astype(np.float32) for array in arrays]
    out, cache = conv2d_forward(*arrays, stride, padding, dilation, groups)
    dout = rng.standard_normal(out.shape).astype(np.float32)
    ours = [out, *(gradient for gradient in conv2d_backward(dout, cache) if gradient is not None)]
    for got, expected in zip(ours, by_torch(dout, *arrays, stride, padding, dilation, groups), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "setting",
    [
        # The ways back: spread by stride, mirrored, spread because filters outnumber channels, 1x1.
        ((2, 2, 5, 4), (3, 2, 3, 2), (2, 1), (1, 0), (1, 2), 1),
        ((2, 4, 5, 4), (2, 2, 3, 2), 1, (1, 0), (1, 2), 2),
        ((1, 1, 4, 5), (2, 1, 2, 3), 1, 1, 1, 1),
        ((2, 2, 3, 4), (2, 1, 1, 1), 1, 0, 1, 2),
        ((1, 2, 3, 3), (1, 2, 2, 2), 1, 3, 1, 1),
    ],
)
def test_gradients_agree_with_differences(setting, rng):
    image, kernel, *how = setting
    arrays = [rng.standard_normal(shape) for shape in (image, kernel, kernel[:1])]
    out, cache = conv2d_forward(*arrays, *how)
    dout = rng.standard_normal(out.shape)
    for position, gradient in enumerate(conv2d_backward(dout, cache)):

        def loss(array, position=position):
            changed = [*arrays[:position], array, *arrays[position + 1 :]]
            return (conv2d_forward(*changed, *how)[0] * dout).sum()

        np.testing.assert_allclose(gradient, numeric_gradient(loss, arrays[position]), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("kernel", "filters"), list(itertools.product([(3, 2), (1, 1)], [2, 5])))
def test_leaves_its_inputs_alone_wherever_they_lie(kernel, filters, rng):
    plain = [rng.standard_normal(shape) for shape in ((3, 4, 6, 5), (filters, 4, *kernel), (filters,))]
    expected, plain_cache = conv2d_forward(*plain)
    dout = rng.standard_normal(expected.shape)
    arrays = [frozen(scattered(array)) for array in plain]
    out, cache = conv2d_forward(*arrays)
    assert out.flags.c_contiguous
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)
    first = conv2d_backward(frozen(scattered(dout)), cache)
    again = conv2d_backward(frozen(scattered(dout)), cache)
    for one, two, right in zip(first, again, conv2d_backward(dout, plain_cache), strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(one, right, rtol=1e-13, atol=1e-13)
    for array, before in zip(arrays, plain, strict=True):
        np.testing.assert_array_equal(array, before)


def test_the_cache_holds_the_arguments_as_given(rng):
    x, weight, bias = rng.standard_normal((1, 2, 5, 5)), rng.standard_normal((2, 1, 3, 3)), rng.standard_normal(2)
    _, cache = conv2d_forward(x, weight, bias, 2, (1, 0), 1, 2)
    assert cache[0] is x
    assert cache[1] is weight
    assert cache[2] is bias
    assert cache[3:] == (2, (1, 0), 1, 2)


@pytest.mark.parametrize("kernel", [(2, 2), (1, 1)])
def test_an_empty_batch_gives_an_empty_batch(kernel):
    x, weight = np.zeros((0, 2, 5, 4), np.float32), np.ones((3, 2, *kernel), np.float32)
    out, cache = conv2d_forward(x, weight, np.ones(3, np.float32))
    assert out.shape == (0, 3, *map(conv_output_size, (5, 4), kernel))
    dx, dweight, dbias = conv2d_backward(out, cache)
    assert dx.shape == x.shape
    np.testing.assert_array_equal(dweight, np.zeros_like(weight))
    np.testing.assert_array_equal(dbias, np.zeros(3))


def test_numpy_integers_and_lists_are_settings_too(rng):
    x, weight = rng.standard_normal((1, 2, 6, 6)), rng.standard_normal((2, 1, 3, 3))
    expected, _ = conv2d_forward(x, weight, None, 2, (1, 0), 1, 2)
    got, _ = conv2d_forward(x, weight, None, np.int64(2), [np.uint8(1), 0], 1, np.int32(2))
    np.testing.assert_array_equal(got, expected)


X, WEIGHT, BIAS = np.ones((2, 4, 5, 6)), np.ones((8, 4, 3, 3)), np.ones(8)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": X[0]}, ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(4, 5, 6\)"),
        ({"x": X[:, :0]}, ValueError, r"x must have at least one entry along C of \(N, C, H, W\), got shape"),
        ({"x": X[:, :, :0]}, ValueError, "x must have at least one entry along H"),
        ({"x": X.tolist()}, TypeError, r"x must be a NumPy array, got list; convert it with np.asarray\(x\)"),
        (
            {"x": X.astype(np.uint8)},
            TypeError,
            r"x must be floating point, got uint8; convert it with x.astype\(np.float32\) / 255",
        ),
        ({"x": X.astype(int)}, TypeError, r"x must be floating point, got int64; .* x.astype\(np.float32\)$"),
        ({"x": X.astype(bool)}, TypeError, "x must be floating point, got bool"),
        ({"x": X.astype(complex)}, TypeError, "x must be floating point, got complex128"),
        (
            {"weight": WEIGHT.astype(np.float32)},
            TypeError,
            r"weight is float32, but x is float64; convert it with weight.astype\(np.float64\)",
        ),
        ({"weight": WEIGHT.astype(int)}, TypeError, "weight must be floating point, got int64"),
        ({"weight": WEIGHT[0]}, ValueError, r"weight must have 4 axes, \(K, C/groups, KH, KW\), got shape \(4, 3, 3\)"),
        ({"weight": WEIGHT[:0]}, ValueError, "weight must have at least one entry along K "),
        ({"weight": WEIGHT[..., :0]}, ValueError, "weight must have at least one entry along KW"),
        (
            {"weight": WEIGHT[:, :3]},
            ValueError,
            r"x has 4 channels, but weight \(8, 3, 3, 3\) with groups=1 needs 3",
        ),
        ({"groups": 2}, ValueError, r"x has 4 channels, but weight \(8, 4, 3, 3\) with groups=2 needs 8"),
        ({"groups": 3}, ValueError, "groups must divide the 4 channels and the 8 filters, got 3"),
        (
            {"groups": 4, "weight": WEIGHT[:6], "bias": None},
            ValueError,
            "groups must divide the 4 channels and the 6 filters, got 4",
        ),
        ({"groups": 0}, ValueError, "groups must be at least 1, got 0"),
        ({"groups": 1.0}, TypeError, "groups must be an integer, got 1.0"),
        ({"bias": np.ones(4)}, ValueError, r"bias must have shape \(8,\), one number a filter or neuron, got \(4,\)"),
        (
            {"bias": np.ones((8, 1))},
            ValueError,
            r"bias must have shape \(8,\), one number a filter or neuron, got \(8, 1\)",
        ),
        ({"bias": BIAS.astype(int)}, TypeError, "bias must be floating point, got int64"),
        ({"bias": BIAS.astype(np.float32)}, TypeError, "bias is float32, but x is float64"),
        ({"bias": 0.5}, TypeError, "bias must be a NumPy array, got float"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"stride": (1, 0)}, ValueError, r"stride\[1\] must be at least 1, got 0"),
        ({"stride": 2.0}, TypeError, "stride must be an integer, got 2.0"),
        ({"stride": True}, TypeError, "stride must be an integer, got True"),
        ({"stride": None}, TypeError, "stride must be an integer, got None"),
        ({"stride": (1, 2, 3)}, ValueError, r"stride must be one integer or a pair \(rows, columns\), got \(1, 2, 3\)"),
        ({"stride": (1,)}, ValueError, r"stride must be one integer or a pair \(rows, columns\), got \(1,\)"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": "same"}, TypeError, "padding must be an integer, got 'same'"),
        ({"padding": (0, -2)}, ValueError, r"padding\[1\] must be at least 0, got -2"),
        ({"dilation": 0}, ValueError, "dilation must be at least 1, got 0"),
        ({"dilation": (1.5, 1)}, TypeError, r"dilation\[0\] must be an integer, got 1.5"),
        (
            {"dilation": 3},
            ValueError,
            "kernel_size 3 with dilation 3 reaches over 7 pixels, but size 5 with padding 0 has only 5",
        ),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        conv2d_forward(**{"x": X, "weight": WEIGHT, "bias": BIAS, **arguments})


@pytest.mark.parametrize(
    ("dout", "error", "message"),
    [
        (
            np.ones((2, 8, 3, 3)),
            ValueError,
            r"dout must have the shape of the output, \(2, 8, 3, 4\), got \(2, 8, 3, 3\)",
        ),
        (np.ones((2, 8, 3, 4), np.float32), TypeError, "dout is float32, but x is float64"),
        (np.ones((2, 8, 3, 4), int), TypeError, "dout must be floating point, got int64"),
        (1.0, TypeError, "dout must be a NumPy array, got float"),
    ],
)
def test_backward_refuses_a_wrong_dout(dout, error, message):
    _, cache = conv2d_forward(X, WEIGHT, BIAS)
    with pytest.raises(error, match=message):
        conv2d_backward(dout, cache)


def test_backward_refuses_what_is_no_cache():
    with pytest.raises(
        TypeError, match=r"cache must be the tuple \(x, weight, .*\) that conv2d_forward returned, got ndarray"
    ):
        conv2d_backward(np.ones((2, 8, 3, 4)), X)
    with pytest.raises(TypeError, match="got a tuple of 3"):
        conv2d_backward(np.ones((2, 8, 3, 4)), (X, WEIGHT, BIAS))
