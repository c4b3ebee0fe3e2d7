import numpy as np
import pytest
import torch
from gradients import numeric_gradient

from course_utils.layers import (
    SGD,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Parameter,
    ReLU,
    ScaledTanh,
    Sequential,
    Sigmoid,
    Subsample2d,
    Tanh,
    count_parameters,
    softmax_cross_entropy,
)


class TorchScaledTanh(torch.nn.Module):
    def forward(self, x):
        return 1.7159 * torch.tanh(2 / 3 * x)


class TorchSubsample(torch.nn.Module):
    def __init__(self, channels, kernel_size):
        super().__init__()
        self.weight, self.bias = (torch.nn.Parameter(torch.zeros(channels)) for _ in range(2))
        self.kernel_size = kernel_size

    def forward(self, x):
        sums = self.kernel_size**2 * torch.nn.functional.avg_pool2d(x, self.kernel_size)
        return sums * self.weight[:, None, None] + self.bias[:, None, None]


IMAGES, FEATURES = (5, 4, 8, 7), (5, 6)
# (name, ours, PyTorch's, shape of x)
MODULES = [
    ("Conv2d", lambda rng: Conv2d(4, 6, 3, rng=rng), lambda: torch.nn.Conv2d(4, 6, 3), IMAGES),
    (
        "Conv2d with settings",
        lambda rng: Conv2d(4, 6, (3, 2), stride=2, padding=(1, 2), dilation=2, groups=2, bias=False, rng=rng),
        lambda: torch.nn.Conv2d(4, 6, (3, 2), stride=2, padding=(1, 2), dilation=2, groups=2, bias=False),
        IMAGES,
    ),
    ("Linear", lambda rng: Linear(6, 3, rng=rng), lambda: torch.nn.Linear(6, 3), FEATURES),
    (
        "Linear without bias",
        lambda rng: Linear(6, 3, bias=False, rng=rng),
        lambda: torch.nn.Linear(6, 3, bias=False),
        FEATURES,
    ),
    ("ReLU", lambda rng: ReLU(), torch.nn.ReLU, IMAGES),
    ("Tanh", lambda rng: Tanh(), torch.nn.Tanh, FEATURES),
    ("Sigmoid", lambda rng: Sigmoid(), torch.nn.Sigmoid, FEATURES),
    ("ScaledTanh", lambda rng: ScaledTanh(), TorchScaledTanh, FEATURES),
    ("MaxPool2d", lambda rng: MaxPool2d(2), lambda: torch.nn.MaxPool2d(2), IMAGES),
    ("MaxPool2d with settings", lambda rng: MaxPool2d(3, 2, 1), lambda: torch.nn.MaxPool2d(3, 2, 1), IMAGES),
    ("AvgPool2d", lambda rng: AvgPool2d(2), lambda: torch.nn.AvgPool2d(2), IMAGES),
    ("AvgPool2d with settings", lambda rng: AvgPool2d(3, 2, 1), lambda: torch.nn.AvgPool2d(3, 2, 1), IMAGES),
    ("GlobalAvgPool2d", lambda rng: GlobalAvgPool2d(), lambda: torch.nn.AdaptiveAvgPool2d(1), IMAGES),
    ("Subsample2d", lambda rng: Subsample2d(4), lambda: TorchSubsample(4, 2), IMAGES),
    ("BatchNorm2d", lambda rng: BatchNorm2d(4), lambda: torch.nn.BatchNorm2d(4), IMAGES),
    (
        "BatchNorm2d with settings",
        lambda rng: BatchNorm2d(4, eps=0.1, momentum=0.3),
        lambda: torch.nn.BatchNorm2d(4, eps=0.1, momentum=0.3),
        IMAGES,
    ),
    ("BatchNorm1d", lambda rng: BatchNorm1d(6), lambda: torch.nn.BatchNorm1d(6), FEATURES),
    (
        "LocalResponseNorm",
        lambda rng: LocalResponseNorm(3, 0.1, 0.5, 2.0),
        lambda: torch.nn.LocalResponseNorm(3, 0.1, 0.5, 2.0),
        IMAGES,
    ),
    ("Flatten", lambda rng: Flatten(), torch.nn.Flatten, IMAGES),
]
EVERY = pytest.mark.parametrize(
    ("ours", "theirs", "shape"), [row[1:] for row in MODULES], ids=[row[0] for row in MODULES]
)
SMALL = [
    lambda rng: (
        Conv2d(1, 3, 3, padding=1, rng=rng),
        BatchNorm2d(3),
        ReLU(),
        MaxPool2d(2),
        Conv2d(3, 4, 2, rng=rng),
        Tanh(),
        Flatten(),
        Linear(16, 5, rng=rng),
        Sigmoid(),
        Linear(5, 3, rng=rng),
    ),
    lambda: (
        torch.nn.Conv2d(1, 3, 3, padding=1),
        torch.nn.BatchNorm2d(3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(3, 4, 2),
        torch.nn.Tanh(),
        torch.nn.Flatten(),
        torch.nn.Linear(16, 5),
        torch.nn.Sigmoid(),
        torch.nn.Linear(5, 3),
    ),
]


def in_float64(layer, rng):
    """The layer with random float64 parameters and statistics."""
    for parameter in layer.parameters():
        parameter.data = rng.standard_normal(parameter.data.shape)
    for one in getattr(layer, "layers", [layer]):
        if hasattr(one, "running_mean"):
            one.running_mean = rng.standard_normal(one.running_mean.shape)
            one.running_var = rng.uniform(0.5, 2, one.running_var.shape)
    return layer


def twin(layer, module):
    """PyTorch's module in float64 with the layer's parameters and statistics."""
    module = module.double()
    for theirs, ours in zip(module.parameters(), layer.parameters(), strict=True):
        theirs.data = torch.tensor(ours.data)
    modules = [one for one in module.modules() if hasattr(one, "running_mean")]
    layers = [one for one in getattr(layer, "layers", [layer]) if hasattr(one, "running_mean")]
    for theirs, ours in zip(modules, layers, strict=True):
        theirs.running_mean, theirs.running_var = torch.tensor(ours.running_mean), torch.tensor(ours.running_var)
    return module


def close(got, expected, tolerance=1e-12):
    np.testing.assert_allclose(got, expected.detach().numpy(), rtol=tolerance, atol=tolerance)


@EVERY
@pytest.mark.parametrize("training", [True, False])
def test_a_module_agrees_with_torch(ours, theirs, shape, training, rng):
    layer = in_float64(ours(rng), rng).train(training)
    module = twin(layer, theirs()).train(training)
    for _ in range(2):
        x = rng.standard_normal(shape)
        tensor = torch.tensor(x, requires_grad=True)
        out, t_out = layer(x), module(tensor)
        close(out, t_out)
        dout = rng.standard_normal(out.shape)
        module.zero_grad()
        t_out.backward(torch.tensor(dout))
        close(layer.backward(dout), tensor.grad)
        for parameter, t_parameter in zip(layer.parameters(), module.parameters(), strict=True):
            assert parameter.grad.shape == parameter.data.shape
            close(parameter.grad, t_parameter.grad)
        if hasattr(layer, "running_mean"):
            close(layer.running_mean, module.running_mean)
            close(layer.running_var, module.running_var)


@EVERY
def test_a_module_has_torchs_parameters_in_float32(ours, theirs, shape, rng):
    layer = ours(rng)
    assert [p.data.shape for p in layer.parameters()] == [tuple(p.shape) for p in theirs().parameters()]
    assert all(p.data.dtype == np.float32 and p.grad is None for p in layer.parameters())
    x = rng.standard_normal(shape, dtype=np.float32)
    assert layer(x).dtype == np.float32
    assert layer.backward(np.ones_like(layer(x))).dtype == np.float32
    assert type(layer).__name__ in repr(layer)


def test_sequential_agrees_with_torch_over_twenty_steps(rng):
    network = in_float64(Sequential(*SMALL[0](rng)), rng)
    module = twin(network, torch.nn.Sequential(*SMALL[1]()))
    optimizer = SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    t_optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    for _ in range(20):
        x, labels = rng.standard_normal((6, 1, 6, 6)), rng.integers(0, 3, 6)
        loss, dscores = softmax_cross_entropy(network(x), labels)
        network.backward(dscores)
        optimizer.step()
        t_loss = torch.nn.functional.cross_entropy(module(torch.tensor(x)), torch.tensor(labels))
        t_optimizer.zero_grad()
        t_loss.backward()
        t_optimizer.step()
        np.testing.assert_allclose(loss, t_loss.item(), rtol=1e-10)
    for parameter, t_parameter in zip(network.parameters(), module.parameters(), strict=True):
        close(parameter.data, t_parameter, 1e-10)
    close(network.layers[1].running_var, module[1].running_var, 1e-10)
    x = rng.standard_normal((6, 1, 6, 6))
    close(network.predict(x, batch_size=4), module.eval()(torch.tensor(x)), 1e-10)


@pytest.mark.parametrize("training", [True, False])
def test_the_gradients_of_a_whole_network_agree_with_differences(training, rng):
    network = in_float64(Sequential(*SMALL[0](rng)), rng).train(training)
    x, labels = rng.standard_normal((4, 1, 6, 6)), rng.integers(0, 3, 4)

    def loss_of(images):
        return float(softmax_cross_entropy(network(images), labels)[0])

    dx = network.backward(softmax_cross_entropy(network(x), labels)[1])
    gradients = [parameter.grad for parameter in network.parameters()]
    np.testing.assert_allclose(dx, numeric_gradient(loss_of, x), rtol=1e-5, atol=1e-8)
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        kept = parameter.data

        def loss_with(array, parameter=parameter):
            parameter.data = array
            return loss_of(x)

        np.testing.assert_allclose(gradient, numeric_gradient(loss_with, kept), rtol=1e-5, atol=1e-8)
        parameter.data = kept


def test_gradients_are_assigned_and_not_added(rng):
    layer, x = Linear(3, 2, rng=rng), np.ones((4, 3), np.float32)
    for _ in range(2):
        layer(x)
        layer.backward(np.ones((4, 2), np.float32))
        np.testing.assert_array_equal(layer.weight.grad, np.full((2, 3), 4))
        np.testing.assert_array_equal(layer.bias.grad, [4, 4])


def test_train_and_eval_reach_every_layer_and_predict_leaves_the_mode_alone(rng):
    inner = Sequential(Dropout(0.5, rng=rng), ReLU())
    network = Sequential(inner, Dropout(0.5, rng=rng))
    x = np.ones((3, 8), np.float32)
    for training in (True, False):
        assert network.train(training) is network
        assert [layer.training for layer in (network, inner, *inner.layers, network.layers[1])] == [training] * 5
        np.testing.assert_array_equal(network.predict(x, batch_size=2), x)
        assert network.training is training
        assert inner.layers[0].training is training
    network.train()
    assert (network(x) == 0).any()


def test_the_mode_comes_back_even_when_predict_fails(rng):
    network = Sequential(Linear(3, 2, rng=rng))
    with pytest.raises(ValueError, match="layer 0"):
        network.predict(np.ones((2, 4), np.float32))
    assert network.training


def test_predict_of_no_pictures_is_no_scores(rng):
    assert Sequential(Linear(3, 2, rng=rng)).predict(np.ones((0, 3), np.float32)).shape == (0, 2)


def test_dropout_drops_in_training_and_sends_nothing_back_there(rng):
    layer = Dropout(0.4, rng=rng)
    out = layer(np.ones((1000,), np.float32))
    assert set(np.unique(out)) == {np.float32(0), np.float32(1) / np.float32(0.6)}
    np.testing.assert_array_equal(layer.backward(np.ones_like(out)), out)


def test_a_layer_that_does_not_fit_is_named(rng):
    network = Sequential(Conv2d(1, 2, 3, rng=rng), Flatten(), Linear(32, 4, rng=rng))
    message = r"layer 2, Linear\(32, 4\), cannot take shape \(1, 50\): x has 50 features, but weight \(4, 32\) needs 32"
    with pytest.raises(ValueError, match=message):
        network(np.ones((1, 1, 7, 7), np.float32))
    assert network(np.ones((1, 1, 6, 6), np.float32)).shape == (1, 4)


def test_a_layer_of_ones_own_is_a_layer(rng):
    class Scale(Layer):
        def __init__(self):
            self.factor = Parameter(np.full(1, 3.0))

        def forward(self, x):
            self.cache = x
            return self.factor.data * x

        def backward(self, dout):
            self.factor.grad = np.array([(dout * self.cache).sum()])
            return self.factor.data * dout

    network = Sequential(Scale(), ReLU(), Scale())
    x = np.array([[1.0, -2.0]])
    np.testing.assert_array_equal(network(x), [[9, 0]])
    np.testing.assert_array_equal(network.backward(np.ones((1, 2))), [[9, 0]])
    assert [parameter.grad.item() for parameter in network.parameters()] == [3, 3]
    assert repr(network) == "Sequential(\n    Scale(),\n    ReLU(),\n    Scale(),\n)"
    with pytest.raises(NotImplementedError, match="Layer must define forward"):
        Layer()(x)
    with pytest.raises(NotImplementedError, match="Layer must define backward"):
        Layer().backward(x)


def test_trained_numbers_are_counted(rng):
    network = Sequential(Conv2d(3, 8, 5, rng=rng), ReLU(), BatchNorm2d(8), Flatten(), Linear(8, 2, bias=False, rng=rng))
    assert [count_parameters(layer) for layer in network.layers] == [608, 0, 16, 0, 16]
    assert count_parameters(network) == 640
    assert Parameter(np.zeros((2, 2)), trained=np.array([[True, False], [True, True]])).count == 3


def test_weights_are_kaimings_and_biases_zero():
    layer = Conv2d(8, 200, 3, rng=np.random.default_rng(0))
    assert abs(layer.weight.data.std() / np.sqrt(2 / 72) - 1) < 0.02
    assert not layer.bias.data.any()
    again = Conv2d(8, 200, 3, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(layer.weight.data, again.weight.data)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Conv2d(1, 2, 3), TypeError, "rng must be a generator of random numbers, such as .*, got None"),
        (lambda: Linear(1, 2), TypeError, "rng must be a generator"),
        (lambda: Dropout(0.5), TypeError, "rng must be a generator"),
        (lambda: Dropout(1.0, np.random.default_rng()), ValueError, "p must be at least 0 and below 1, got 1.0"),
        (lambda: Conv2d(0, 2, 3), ValueError, "in_channels must be at least 1, got 0"),
        (lambda: Conv2d(4, 6, 3, groups=4), ValueError, "groups must divide in_channels=4 and out_channels=6, got 4"),
        (lambda: Linear(1, 0), ValueError, "out_features must be at least 1, got 0"),
        (lambda: BatchNorm2d(3)(np.ones((2, 3))), ValueError, r"x must have 4 axes, got shape \(2, 3\)"),
        (lambda: BatchNorm1d(3)(np.ones((2, 3, 1, 1))), ValueError, "x must have 2 axes"),
        (lambda: ReLU().backward(np.ones(3)), TypeError, "cache must be the array x that relu_forward returned"),
        (lambda: MaxPool2d(2).backward(np.ones((1, 1, 1, 1))), TypeError, "cache must be the tuple"),
    ],
)
def test_refuses(make, error, message):
    with pytest.raises(error, match=message):
        make()
