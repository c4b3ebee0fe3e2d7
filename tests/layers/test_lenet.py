import numpy as np
import pytest
import torch
from gradients import numeric_gradient

from course_utils.layers import (
    SGD,
    Conv2d,
    Linear,
    PartialConv2d,
    RadialBasis,
    Subsample2d,
    count_parameters,
    digit_codes,
    fit,
    inputs_1998,
    lenet5_1998,
    lenet5_modern,
    lenet_c3_connections,
    radial_basis_loss,
    softmax_cross_entropy,
    train_step,
)

# LeCun et al. 1998, table I, column by column: the maps of S2 that each map of C3 sees.
TABLE = "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345"


def pictures(n=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, 1, 32, 32), dtype=np.float32), rng.integers(0, 10, n)


def test_connections_are_table_one():
    connections = lenet_c3_connections()
    assert connections.dtype == bool
    assert ["".join(map(str, np.flatnonzero(row))) for row in connections] == TABLE.split()
    assert connections.sum() == 60
    assert lenet_c3_connections() is not connections


@pytest.mark.parametrize("head", ["rbf", "softmax"])
def test_sizes_and_counts_are_the_papers(head, rng):
    network, (x, _) = lenet5_1998(rng, head), pictures()
    shapes, counts = [], []
    for layer in network.layers:
        x = layer(x)
        if isinstance(layer, Conv2d | Subsample2d | Linear):
            shapes.append(x.shape[1:])
            counts.append(count_parameters(layer))
    assert shapes[:6] == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,)]
    assert counts[:6] == [156, 12, 1516, 32, 48120, 10164]
    assert sum(counts[:6]) == 60000
    assert count_parameters(network) == {"rbf": 60000, "softmax": 60850}[head]
    assert x.shape == (4, 10)


def test_the_modern_one_has_its_61706():
    network = lenet5_modern(np.random.default_rng(0))
    assert network(pictures()[0]).shape == (4, 10)
    counts = [count for count in map(count_parameters, network.layers) if count]
    assert counts == [156, 2416, 48120, 10164, 850]
    assert count_parameters(network) == 61706
    colour = lenet5_modern(np.random.default_rng(0), in_channels=3, num_classes=5)
    assert colour(np.ones((2, 3, 32, 32), np.float32)).shape == (2, 5)


def test_the_modern_one_agrees_with_torch(rng):
    network, (x, labels) = lenet5_modern(rng), pictures(8)
    module = torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 6, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten()),
        *(torch.nn.Linear(400, 120), torch.nn.ReLU(), torch.nn.Linear(120, 84), torch.nn.ReLU()),
        torch.nn.Linear(84, 10),
    ).double()
    for ours, theirs in zip(network.parameters(), module.parameters(), strict=True):
        ours.data = ours.data.astype(np.float64)
        theirs.data = torch.tensor(ours.data)
    x = x.astype(np.float64)
    _, dscores = softmax_cross_entropy(network(x), labels)
    assert network.backward(dscores) is None
    torch.nn.functional.cross_entropy(module(torch.tensor(x)), torch.tensor(labels)).backward()
    for ours, theirs in zip(network.parameters(), module.parameters(), strict=True):
        np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_weights_start_within_the_papers_bound_by_what_a_unit_is_connected_to():
    network = lenet5_1998(np.random.default_rng(0), "softmax")
    c1, c3, c5 = (layer.weight.data for layer in network.layers if isinstance(layer, Conv2d))
    f6, head = (layer.weight.data for layer in network.layers if isinstance(layer, Linear))
    drawn = [(c1, 25), (c3[:6], 3 * 25), (c3[6:15], 4 * 25), (c3[15:], 6 * 25), (c5, 16 * 25), (f6, 120)]
    for weight, fan_in in drawn:
        assert 0.95 * 2.4 / fan_in < np.abs(weight).max() <= 2.4 / fan_in
        assert abs(weight[weight != 0].std() * np.sqrt(3) * fan_in / 2.4 - 1) < 0.15
        assert weight.dtype == np.float32
    assert abs(head.std() * np.sqrt(84 / 2) - 1) < 0.1
    for layer in network.layers:
        if isinstance(layer, Subsample2d):
            assert (layer.weight.data == 0.25).all()


def test_a_partial_convolution_starts_by_kaimings_rule_for_what_a_filter_sees():
    connections = np.arange(40) < np.array([[10]] * 50 + [[40]] * 50)
    weight = PartialConv2d(connections, 3, np.random.default_rng(0)).weight.data
    assert abs(weight[:50, :10].std() * np.sqrt(90 / 2) - 1) < 0.03
    assert abs(weight[50:].std() * np.sqrt(360 / 2) - 1) < 0.03
    assert not weight[:50, 10:].any()


def test_missing_connections_stay_missing_in_training(rng):
    network, (x, labels) = lenet5_1998(rng), pictures(8)
    partial = next(layer for layer in network.layers if isinstance(layer, PartialConv2d))
    missing = ~np.broadcast_to(lenet_c3_connections()[:, :, None, None], (16, 6, 5, 5))
    before = partial.weight.data.copy()
    optimizer = SGD(network.parameters(), lr=0.001, momentum=0.9, weight_decay=0.1)
    for _ in range(3):
        train_step(network, optimizer, x, labels, radial_basis_loss)
    assert not partial.weight.data[missing].any()
    assert (partial.weight.data[~missing] != before[~missing]).all()


def test_a_partial_convolution_is_a_full_one_with_zeros(rng):
    connections = np.array([[True, False], [True, True], [False, True]])
    partial, full = PartialConv2d(connections, 3, rng), Conv2d(2, 3, 3, rng=rng)
    full.weight.data = partial.weight.data
    x = rng.random((2, 2, 5, 5), dtype=np.float32)
    dout = rng.random((2, 3, 3, 3), dtype=np.float32)
    np.testing.assert_array_equal(partial(x), full(x))
    np.testing.assert_array_equal(partial.backward(dout), full.backward(dout))
    np.testing.assert_array_equal(partial.weight.grad, full.weight.grad * connections[:, :, None, None])
    np.testing.assert_array_equal(partial.bias.grad, full.bias.grad)
    assert count_parameters(partial) == 4 * 9 + 3
    assert "PartialConv2d(2, 3, kernel_size=(3, 3)" in repr(partial)


def test_codes_are_ten_pictures_that_differ():
    codes = digit_codes()
    assert codes.shape == (10, 84)
    assert codes.dtype == np.float32
    assert set(np.unique(codes)) == {-1, 1}
    assert all((one != other).sum() >= 10 for i, one in enumerate(codes) for other in codes[:i])
    # The seven: a bar above, and a stroke that ends at the left.
    seven = codes[7].reshape(12, 7)
    assert (seven[0] == 1).all()
    assert (seven[1:] == 1).sum() == 11


def test_radial_basis_by_hand():
    layer = RadialBasis(np.array([[1.0, -1.0], [1.0, 1.0]]))
    scores = layer(np.array([[1.0, 0.5], [0.0, 0.0]]))
    np.testing.assert_array_equal(scores, [[-2.25, -0.25], [-2, -2]])
    dx = layer.backward(np.array([[1.0, 0.0], [0.0, 2.0]]))
    np.testing.assert_array_equal(dx, [[0, -3], [4, 4]])


def test_the_loss_is_equation_nine(rng):
    penalties, labels = rng.uniform(0, 5, (6, 4)), rng.integers(0, 4, 6)
    right = penalties[np.arange(6), labels]
    expected = (right + np.log(np.exp(-0.1) + np.exp(-penalties).sum(axis=1))).mean()
    loss, dscores = radial_basis_loss(-penalties, labels)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    differences = numeric_gradient(lambda scores: float(radial_basis_loss(scores, labels)[0]), -penalties)
    np.testing.assert_allclose(dscores, differences, rtol=1e-6, atol=1e-9)
    far, _ = radial_basis_loss(np.full((1, 4), -900.0, np.float32), np.array([2]))
    assert far == pytest.approx(900 - 0.1)
    assert radial_basis_loss(-penalties, labels, rubbish=1.0)[0] < loss


def test_gradients_of_the_whole_of_1998_agree_with_differences(rng):
    network, (x, labels) = lenet5_1998(rng), pictures(2)
    for parameter in network.parameters():
        parameter.data = parameter.data.astype(np.float64)
    x = inputs_1998(x).astype(np.float64)

    def loss():
        return float(radial_basis_loss(network(x), labels)[0])

    network.backward(radial_basis_loss(network(x), labels)[1])
    for parameter in network.parameters():
        # A few entries of each: all 60,000 would take an hour.
        for place in rng.integers(0, parameter.data.size, 3):
            index = np.unravel_index(place, parameter.data.shape)
            if parameter.trained is not None and not parameter.trained[index]:
                continue
            kept, values = parameter.data[index], []
            for moved in (kept + 1e-5, kept - 1e-5):
                parameter.data[index] = moved
                values.append(loss())
            parameter.data[index] = kept
            np.testing.assert_allclose((values[0] - values[1]) / 2e-5, parameter.grad[index], rtol=1e-5, atol=1e-7)


def test_inputs_are_scaled_as_in_the_paper():
    scaled = inputs_1998(np.array([0, 1], np.float32))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [-0.1, 1.175], rtol=1e-6)


@pytest.mark.parametrize("make", [lenet5_modern, lenet5_1998])
def test_pictures_of_28_pixels_are_refused_with_the_layer_that_needs_more(make, rng):
    data = np.zeros((2, 1, 28, 28), np.float32), np.zeros(2, int)
    with pytest.raises(ValueError, match=r"layer \d+, (Linear\(400, 120\)|Conv2d\(16, 120, .*), cannot take shape"):
        fit(make(rng), data, progress=False)


def test_there_is_no_third_head(rng):
    with pytest.raises(ValueError, match='head must be "rbf" or "softmax", got \'svm\''):
        lenet5_1998(rng, "svm")
