import numpy as np
import pytest
import torch
from torch.nn import init

from course_utils.layers import fans, kaiming_normal, kaiming_uniform, relu_forward, xavier_normal, xavier_uniform

INITIALISERS = {
    kaiming_normal: init.kaiming_normal_,
    kaiming_uniform: init.kaiming_uniform_,
    xavier_normal: init.xavier_normal_,
    xavier_uniform: init.xavier_uniform_,
}
EACH = pytest.mark.parametrize("initialise", INITIALISERS)
SHAPES = pytest.mark.parametrize("shape", [(300, 200), (100, 500), (64, 32, 5, 3), (64, 3, 7, 7)])


def generator():
    return np.random.default_rng(7)


def test_by_hand():
    assert fans((10, 84)) == (84, 10)
    assert fans((16, 6, 5, 5)) == (6 * 25, 16 * 25)
    drawn = generator().standard_normal((1, 8))
    np.testing.assert_array_equal(kaiming_normal((1, 8), generator(), np.float64), drawn / 2)
    np.testing.assert_array_equal(xavier_normal((1, 7), generator(), dtype=np.float64), drawn[:, :7] / 2)
    np.testing.assert_array_equal(xavier_normal((1, 7), generator(), gain=2, dtype=np.float64), drawn[:, :7])
    within = 2 * generator().random((1, 24)) - 1
    np.testing.assert_allclose(kaiming_uniform((1, 24), generator(), np.float64), within / 2, rtol=1e-14)
    np.testing.assert_allclose(xavier_uniform((1, 23), generator(), dtype=np.float64), within[:, :23] / 2, rtol=1e-14)


@SHAPES
def test_fans_are_torchs(shape):
    assert fans(shape) == init._calculate_fan_in_and_fan_out(torch.empty(shape))
    assert all(type(fan) is int for fan in fans(tuple(np.array(shape))))


@EACH
@SHAPES
def test_spread_is_torchs(initialise, shape):
    torch.manual_seed(0)
    settings = {"nonlinearity": "relu"} if "kaiming" in initialise.__name__ else {}
    expected = INITIALISERS[initialise](torch.empty(shape, dtype=torch.float64), **settings).numpy()
    weight = initialise(shape, generator(), dtype=np.float64)
    deviation = expected.std()
    assert weight.shape == shape
    assert weight.std() == pytest.approx(deviation, rel=0.03)
    assert abs(weight.mean()) < 0.05 * deviation
    if "uniform" in initialise.__name__:
        assert np.abs(weight).max() == pytest.approx(np.sqrt(3) * deviation, rel=0.02)
    else:
        assert (np.abs(weight) < deviation).mean() == pytest.approx(0.683, abs=0.02)


@EACH
def test_float32_by_default_and_one_stream(initialise):
    weight = initialise((4, 3, 5, 5), generator())
    assert weight.dtype == np.float32
    np.testing.assert_array_equal(weight, initialise((4, 3, 5, 5), generator(), dtype=np.float64).astype(np.float32))
    assert initialise((2, 3), generator(), dtype="float16").dtype == np.float16
    rng = generator()
    assert not np.array_equal(initialise((2, 3), rng), initialise((2, 3), rng))


def test_kaiming_keeps_the_scale_through_twenty_layers_with_relu():
    rng = generator()
    x = first = rng.standard_normal((200, 256)).astype(np.float32)
    for _ in range(20):
        x = relu_forward(x @ kaiming_normal((256, 256), rng).T)[0]
    assert 0.5 < np.square(x).mean() / np.square(first).mean() < 2


@EACH
@pytest.mark.parametrize("shape", [(3,), (), 3, None, "ab"])
def test_refuses_what_is_no_weight(initialise, shape):
    with pytest.raises((ValueError, TypeError), match=r"shape(\[0\])? must be"):
        initialise(shape, generator())


@EACH
def test_refuses(initialise):
    with pytest.raises(ValueError, match=r"shape\[1\] must be at least 1, got 0"):
        initialise((3, 0), generator())
    with pytest.raises(TypeError, match=r"shape\[0\] must be an integer, got 2.0"):
        initialise((2.0, 3), generator())
    for missing in (None, 0, np.random):
        with pytest.raises(TypeError, match=r"rng must be .* such as np.random.default_rng\(0\), got"):
            initialise((2, 3), missing)
    with pytest.raises(TypeError, match=r"dtype must be floating point, such as np\.float32, got"):
        initialise((2, 3), generator(), dtype=np.int64)


def test_xavier_refuses_a_negative_gain():
    for initialise in (xavier_normal, xavier_uniform):
        with pytest.raises(ValueError, match="gain must be at least 0 and finite, got -1"):
            initialise((2, 3), generator(), gain=-1)
