import numpy as np
import pytest
import torch
from networks import parameters
from observed import shapes

from course_utils import layers, models
from course_utils.accounting import summary


def pictures(n=3):
    return np.random.default_rng(0).uniform(-0.1, 1.175, (n, 1, 32, 32))


def in_double(network):
    for parameter in network.parameters():
        parameter.data = parameter.data.astype(np.float64)
    return network


def copy_weights(module, network):
    """Put the weights of a LeNet of `course_utils.layers` into its twin in torch."""
    arrays = []
    for layer in network.layers:
        if isinstance(layer, layers.PartialConv2d):
            arrays += parts_of_c3(layer.weight.data, layer.bias.data)
        else:
            arrays += [parameter.data for parameter in layer.parameters()]
    for theirs, ours in zip(module.parameters(), arrays, strict=True):
        theirs.data = torch.tensor(ours.reshape(theirs.shape))


def parts_of_c3(weight, bias):
    """Weights of connections alone, row by row, in the three parts in which the twin has them, each with its biases."""
    connected = layers.lenet_c3_connections()
    parts = []
    for rows in (slice(6), slice(6, 15), slice(15, 16)):
        parts += [weight[rows][connected[rows]], bias[rows]]
    return parts


@pytest.mark.parametrize("head", ["rbf", "softmax"])
def test_the_1998_network_gives_the_scores_of_its_numpy_twin(head):
    network = in_double(layers.lenet5_1998(np.random.default_rng(1), head))
    module = models.create("lenet5_1998", head=head).double()
    # Biases and coefficients that have moved, as in training.
    for index, parameter in enumerate(network.parameters()):
        if parameter.data.ndim == 1:
            parameter.data = parameter.data + np.random.default_rng(index).normal(0, 0.1, len(parameter.data))
    copy_weights(module, network)
    x = pictures()
    with torch.no_grad():
        scores = module(torch.tensor(x)).numpy()
    np.testing.assert_allclose(scores, network(x), rtol=0, atol=1e-10)
    assert np.ptp(scores) > 0.1


def test_the_modern_network_gives_the_scores_of_its_numpy_twin():
    network = in_double(layers.lenet5_modern(np.random.default_rng(1)))
    module = models.create("lenet5").double()
    copy_weights(module, network)
    x = pictures()
    np.testing.assert_allclose(module(torch.tensor(x)).detach().numpy(), network(x), rtol=0, atol=1e-10)


def test_sizes_numbers_and_connections_are_those_of_section_two():
    network = models.create("lenet5_1998")
    found = shapes(network, (1, 32, 32))
    expected = {
        "C1": ((6, 28, 28), 156, 122_304),
        "S2": ((6, 14, 14), 12, 5_880),
        "C3": ((16, 10, 10), 1_516, 151_600),
        "S4": ((16, 5, 5), 32, 2_000),
        "C5": ((120, 1, 1), 48_120, 48_120),
        "F6": ((84,), 10_164, 10_164),
    }
    total = 0
    for name, (size, numbers, connections) in expected.items():
        layer = network.get_submodule(name)
        assert found[name] == size
        assert parameters(layer) == numbers
        # Each number is used once at every place; subsampling uses its coefficient for four pixels.
        places = size[1] * size[2] if len(size) == 3 else 1
        used = 5 * size[0] if name.startswith("S") else numbers
        assert used * places == connections
        total += connections
    assert parameters(network) == 60_000
    assert total + network.output.codes.numel() == 340_908


@pytest.mark.parametrize("method", ["formula", "hooks"])
def test_its_table_of_costs_has_a_row_for_each_of_the_papers_layers(method):
    table = summary(models.create("lenet5_1998"), (1, 32, 32), method=method)
    rows = {row.name: (row.output_size, row.parameters, row.macs) for row in table.rows if row.parameters}
    assert rows == {
        "C1": ((6, 28, 28), 156, 117_600),
        "S2": ((6, 14, 14), 12, 0),
        "C3": ((16, 10, 10), 1_516, 150_000),
        "S4": ((16, 5, 5), 32, 0),
        "C5": ((120, 1, 1), 48_120, 48_000),
        "F6": ((84,), 10_164, 10_080),
    }
    assert [row.name for row in table.rows if row.buffers] == ["output"]
    assert table.buffers == 840


def test_each_map_of_c3_sees_the_maps_of_table_one_and_no_other():
    c3 = models.create("lenet5_1998", seed=0).C3
    x = torch.rand(1, 6, 14, 14, generator=torch.Generator().manual_seed(0))
    before = c3(x)
    for channel in range(6):
        moved = x.clone()
        moved[:, channel] += 1
        changed = (c3(moved) != before).flatten(2).any(2)[0]
        assert changed.tolist() == layers.lenet_c3_connections()[:, channel].tolist()


def test_weights_start_as_the_paper_says():
    network = models.create("lenet5_1998", seed=0, head="softmax")
    parts = network.C3.of_three.conv, network.C3.of_four.conv, network.C3.of_six.conv
    drawn = [(network.C1, 25), (network.C5, 16 * 25), (network.F6, 120)]
    for layer, fan_in in drawn + list(zip(parts, (3 * 25, 4 * 25, 6 * 25), strict=True)):
        bound = 2.4 / fan_in
        assert 0.95 * bound < layer.weight.abs().max() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.15)
        assert not layer.bias.any()
    assert network.output.weight.std().item() == pytest.approx((2 / 84) ** 0.5, rel=0.1)
    assert (network.S2.weight == 0.25).all()
    assert not network.S4.bias.any()
    modern = models.create("lenet5", seed=0)
    assert modern.fc1.weight.std().item() == pytest.approx((2 / 400) ** 0.5, rel=0.05)


def test_the_codes_are_fixed_and_go_where_the_network_goes():
    network = models.create("lenet5_1998")
    assert "output.codes" in network.state_dict()
    assert network.double().output.codes.dtype == torch.float64
    assert not any("output" in name for name, _ in network.named_parameters())
    np.testing.assert_array_equal(network.output.codes.numpy(), layers.digit_codes())


def test_heads_that_cannot_be():
    with pytest.raises(ValueError, match='head must be "rbf" or "softmax", got \'svm\''):
        models.create("lenet5_1998", head="svm")
    with pytest.raises(ValueError, match=r'num_classes must be 10 .* got 26; use head="softmax"'):
        models.create("lenet5_1998", num_classes=26)
    assert models.create("lenet5_1998", num_classes=26, head="softmax").output.out_features == 26
