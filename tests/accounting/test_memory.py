"""Memory predicted: what layers keep, against autograd's own hooks; peaks, against measured ones."""

import math

import pytest
import torch
from torch import nn

from course_utils import models
from course_utils.accounting.measure import measure_network
from course_utils.accounting.memory import largest_batch, memory
from course_utils.accounting.steps import Step

X = 2 * 16 * 8 * 8 * 4
PICTURE = (16, 8, 8)


as_studied = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available() or torch.backends.cpu.get_cpu_capability() != "AVX512",
    reason="what convolutions take for a moment was studied with oneDNN on x86-64 with AVX-512; blocks are smaller elsewhere",
)


@pytest.fixture(autouse=True)
def one_thread():
    """How PyTorch convolves depends on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def bytes_saved(network: nn.Module, input_size: tuple[int, ...], batch_size: int) -> int:
    """What autograd keeps of a forward pass, but pictures, parameters and buffers; shared memory counts once."""
    images = torch.zeros(batch_size, *input_size)
    known = [images, *network.parameters(), *network.buffers()]
    apart = {each.untyped_storage().data_ptr() for each in known}
    saved = {}

    def note(tensor):
        if tensor.untyped_storage().data_ptr() not in apart:
            saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        scores = network(images)
    assert scores.requires_grad
    return sum(storage.nbytes() for storage in saved.values())


def conv(out_channels: int = 16) -> nn.Conv2d:
    return nn.Conv2d(16, out_channels, 3, padding=1)


# The first layer keeps the picture, which is no activation; what its output costs is said by the layer behind it.
KEPT = {
    "relu keeps its output": ([nn.ReLU()], X),
    "in place it is the same one": ([nn.ReLU(inplace=True)], X),
    "and what reads it keeps no second one": ([nn.ReLU(), conv()], X),
    "relu6 keeps its input": ([nn.ReLU6()], X),
    "relu6 in place keeps a copy": ([nn.ReLU6(inplace=True)], X),
    "silu in place keeps a copy": ([nn.SiLU(inplace=True)], X),
    "gelu keeps its input": ([nn.GELU()], X),
    "sigmoid keeps its output": ([nn.Sigmoid()], X),
    "max pooling: input and int64 places": ([nn.MaxPool2d(2)], X + X // 4 * 2),
    "average pooling: input": ([nn.AvgPool2d(2)], X),
    "adaptive average to 4x4: input": ([nn.AdaptiveAvgPool2d(4)], X),
    "adaptive average to 1x1: nothing": ([nn.AdaptiveAvgPool2d(1)], 0),
    "batch norm: input and two numbers a channel": ([nn.BatchNorm2d(16)], X + 2 * 16 * 4),
    "layer norm: input and two numbers a row": ([nn.LayerNorm(8)], X + 2 * (X // 8)),
    "dropout: a mask of numbers": ([nn.Dropout()], X),
    "dropout of channels: a number each": ([nn.Dropout2d()], 2 * 16 * 4),
    "local response norm: input, padded square, two more": ([nn.LocalResponseNorm(5)], 3 * X + X // 16 * 20),
    "flatten and linear: the input once": ([nn.Flatten(), nn.Linear(1024, 10)], X),
    "batch norm and relu: both": ([nn.BatchNorm2d(16), nn.ReLU()], 2 * X + 2 * 16 * 4),
}


@pytest.mark.parametrize(("layers", "expected"), KEPT.values(), ids=KEPT)
def test_what_layers_keep(layers, expected):
    network = nn.Sequential(conv(), *layers)
    assert memory(network, PICTURE, 2).kept == expected
    assert bytes_saved(network, PICTURE, 2) == expected


class Branches(nn.Module):
    """Two convolutions, joined by a sum, a product or side by side."""

    def __init__(self, join: str):
        super().__init__()
        self.first, self.second, self.join = conv(), conv(), join
        self.last = conv() if join != "concat" else nn.Conv2d(32, 16, 3)

    def forward(self, x):
        a, b = self.first(x), self.second(x)
        if self.join == "concat":
            return self.last(torch.cat([a, b], 1))
        return self.last(a + b if self.join == "add" else a * b)


@pytest.mark.parametrize(("join", "expected"), [("add", X), ("multiply", 3 * X), ("concat", 2 * X)])
def test_what_joins_keep(join, expected):
    """The last convolution keeps what it reads; a product keeps both factors as well."""
    assert memory(Branches(join), PICTURE, 2).kept == expected
    assert bytes_saved(Branches(join), PICTURE, 2) == expected


def test_a_linear_layer_by_hand():
    prediction = memory(nn.Sequential(nn.Linear(100, 10)), (100,), 4)
    assert prediction.sources["input"] == 4 * 100 * 4 + 4 * 8
    assert prediction.sources["parameters"] == prediction.sources["optimizer state"] == 1010 * 4
    assert prediction.sources["gradients"] == 1010 * 4
    assert prediction.peak == sum(prediction.sources.values())
    assert (prediction.peak_at, prediction.phase) == ("0", "backward")


@pytest.mark.parametrize(("optimizer", "copies"), [(None, 0), ("sgd", 0), ("momentum", 1), ("adam", 2)])
def test_an_optimizer_remembers(optimizer, copies):
    prediction = memory(nn.Linear(100, 10), (100,), optimizer=optimizer)
    assert prediction.sources["optimizer state"] == copies * 1010 * 4


def test_adam_makes_the_optimizer_the_worst_moment():
    prediction = memory(nn.Linear(1000, 1000), (1000,), optimizer="adam")
    assert prediction.phase == "optimizer"
    # Parameters, gradients and twice the state; two temporaries, the largest with the bias's last ones beside none.
    assert prediction.peak == pytest.approx(6 * 1001000 * 4, rel=0.01)


SMALL = ("lenet5", "resnet20_cifar", "resnet18", "mobilenet_v2", "googlenet", "densenet121", "se_resnet18", "nin_cifar")


@as_studied
@pytest.mark.parametrize("batch_size", [2, 16])
@pytest.mark.parametrize("name", SMALL)
def test_training_as_measured(name, batch_size):
    entry = models.describe(name)
    channels, *size = entry.input_size
    # Smaller pictures where that is possible keep the test short.
    input_size = (channels, *(min(length, 64) for length in size))
    network = models.create(name, num_classes=10)
    predicted, measured = memory(network, input_size, batch_size).peak, measure_network(network, input_size, batch_size)
    assert abs(predicted / measured - 1) < 0.05


PAIRS = [("lenet5", "sgd"), ("lenet5", "adam"), ("lenet5", None), ("resnet20_cifar", "adam"), ("resnet20_cifar", "sgd")]


@as_studied
@pytest.mark.parametrize(("name", "optimizer"), PAIRS)
def test_optimizers_as_measured(name, optimizer):
    entry, network = models.describe(name), models.create(name)
    predicted = memory(network, entry.input_size, 8, optimizer=optimizer).peak
    assert abs(predicted / measure_network(network, entry.input_size, 8, optimizer=optimizer) - 1) < 0.05


@as_studied
@pytest.mark.parametrize("name", ["lenet5", "resnet20_cifar", "googlenet", "mobilenet_v2"])
def test_inference_as_measured(name):
    entry, network = models.describe(name), models.create(name)
    predicted = memory(network, entry.input_size, 4, training=False)
    assert abs(predicted.peak / measure_network(network, entry.input_size, 4, training=False) - 1) < 0.05
    assert predicted.sources["gradients"] == predicted.sources["activations"] == predicted.kept == 0
    assert network.training


CONVOLUTIONS = {
    "3x3": nn.Conv2d(32, 48, 3, padding=1),
    "few channels": nn.Conv2d(6, 16, 5),
    "a single channel": nn.Conv2d(1, 6, 5),
    "channels that fill no block": nn.Conv2d(24, 40, 3),
    "1x1": nn.Conv2d(32, 64, 1),
    "1x1, stride 2": nn.Conv2d(64, 128, 1, stride=2),
    "3x3, stride 2": nn.Conv2d(64, 64, 3, stride=2, padding=1),
    "depthwise": nn.Conv2d(64, 64, 3, padding=1, groups=64),
    "in groups": nn.Conv2d(64, 64, 3, padding=1, groups=4),
    "dilated": nn.Conv2d(32, 32, 3, dilation=2),
    "in double precision": nn.Conv2d(16, 16, 3),
}


@as_studied
@pytest.mark.parametrize("batch_size", [1, 4, 16])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_as_measured(name, batch_size):
    """The batch norm before it makes the convolution compute the gradient of what it reads."""
    layer = CONVOLUTIONS[name]
    dtype = "float64" if name == "in double precision" else "float32"
    network = nn.Sequential(nn.BatchNorm2d(layer.in_channels), layer, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.to(getattr(torch, dtype))
    size = (layer.in_channels, 30, 30)
    for training in (True, False):
        predicted = memory(network, size, batch_size, training=training, dtype=dtype).peak
        measured = measure_network(network, size, batch_size, training=training, dtype=dtype)
        assert abs(predicted / measured - 1) < 0.05, f"training={training}: {predicted} and {measured}"


@as_studied
def test_two_threads_as_measured():
    """1x1 convolutions of a small batch are computed on copies then, and not with one thread."""
    layers = [nn.Conv2d(16, 64, 1), nn.Conv2d(64, 64, 1)]
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    peaks = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        predicted, measured = memory(network, (16, 32, 32), 4).peak, measure_network(network, (16, 32, 32), 4)
        assert abs(predicted / measured - 1) < 0.05
        peaks.append(measured)
    assert peaks[1] > 1.2 * peaks[0]


@as_studied
def test_a_gradient_behind_concat_is_copied():
    network = nn.Sequential(Branches("concat"), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert abs(memory(network, PICTURE, 8).peak / measure_network(network, PICTURE, 8) - 1) < 0.05


def test_the_timeline_leads_to_the_peak():
    prediction = memory(models.create("resnet20_cifar", device="meta"), (3, 32, 32), 4)
    assert max(moment.peak for moment in prediction.timeline) == prediction.peak
    phases = [moment.phase for moment in prediction.timeline]
    assert phases == sorted(phases, key=["forward", "loss", "backward", "optimizer"].index)
    names = {phase: [m.name for m in prediction.timeline if m.phase == phase] for phase in ("forward", "backward")}
    assert names["backward"] == names["forward"][::-1]
    # At the end everything that was kept is free again.
    source = prediction.sources
    rest = source["input"] + 2 * source["parameters"] + source["optimizer state"] + source["buffers"]
    assert prediction.timeline[-1].held == rest


def test_inplace_is_counted_as_asked():
    """In place or not, ReLU keeps one tensor, its output; only a moment's copy is saved."""
    network = nn.Sequential(conv(), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    as_it_is, inplace = memory(network, PICTURE, 8), memory(network, PICTURE, 8, inplace=True)
    assert memory(network, PICTURE, 8, inplace=False) == as_it_is
    assert inplace.kept == as_it_is.kept
    moments = [next(m for m in each.timeline if m.name == "1") for each in (as_it_is, inplace)]
    assert moments[0].peak - moments[1].peak == 4 * X


def test_plain_steps_need_no_torch_module():
    steps = (
        Step("conv", "Conv2d", {"out_channels": 16, "kernel_size": 3, "padding": 1}),
        Step("relu", "ReLU"),
        Step("flatten", "Flatten"),
        Step("fc", "Linear", {"out_features": 10}),
    )
    network = nn.Sequential(conv(), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 10))
    assert memory(steps, PICTURE, 2).peak == memory(network, PICTURE, 2).peak


def test_double_precision_doubles_what_is_kept():
    network = models.create("lenet5", device="meta")
    single, double = (memory(network, (1, 32, 32), 4, dtype=dtype) for dtype in ("float32", "float64"))
    assert double.sources["parameters"] == 2 * single.sources["parameters"]
    assert double.kept < 2 * single.kept, "places of maxima are int64 in both"


def test_a_dropout_mask_has_a_byte_a_number_on_a_gpu():
    network = nn.Sequential(conv(), nn.Dropout(), nn.Flatten(), nn.Linear(1024, 10))
    cpu, gpu = memory(network, PICTURE, 2), memory(network, PICTURE, 2, device="cuda")
    assert cpu.kept - gpu.kept == X - X // 4
    assert gpu.sources["workspace"] == 0


@pytest.mark.parametrize("training", [True, False])
def test_largest_batch(training):
    network = models.create("resnet20_cifar", device="meta")
    available = 100_000_000
    batch_size = largest_batch(network, (3, 32, 32), available, training=training)
    assert memory(network, (3, 32, 32), batch_size, training=training).peak <= available
    assert memory(network, (3, 32, 32), batch_size + 1, training=training).peak > available


def test_not_even_one_fits():
    assert largest_batch(models.create("resnet20_cifar", device="meta"), (3, 32, 32), 1_000_000) == 0


def test_a_large_network_on_meta_takes_no_time_and_no_memory():
    network = models.create("vgg16", device="meta")
    prediction = memory(network, (3, 224, 224), 8)
    assert prediction.sources["parameters"] == 138_357_544 * 4
    assert network.training


BAD = [
    ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
    ({"batch_size": 2.0}, TypeError, "batch_size must be an integer"),
    ({"optimizer": "lion"}, ValueError, "optimizer must be .*'momentum'.*got 'lion'"),
    ({"dtype": "int8"}, ValueError, "dtype must be .*'float32'.*got 'int8'"),
    ({"device": "tpu"}, ValueError, "device must be 'cpu' or 'cuda', got 'tpu'"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), BAD)
def test_bad_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        memory(nn.Linear(4, 2), (4,), **arguments)


def test_no_network():
    with pytest.raises(TypeError, match="network must be a torch module or a sequence of Step"):
        memory("resnet18", (3, 32, 32))


def test_text_and_html_have_a_row_for_every_source():
    prediction = memory(models.create("resnet20_cifar", device="meta"), (3, 32, 32), 32)
    text, page = str(prediction), prediction._repr_html_()
    rows = {line[2:].split("  ")[0]: line for line in text.splitlines()[1:-1]}
    assert rows.keys() == {source for source, size in prediction.sources.items() if size} | {"all"}
    assert all(f">{source}</td>" in page for source in rows)
    shares = [float(row.split("MB")[1].split("%")[0].strip("< ")) for row in rows.values()]
    assert shares.pop() == 100.0
    assert math.isclose(sum(shares), 100, abs_tol=0.5)
    first = "ResNetCifar on 32 images, one training step with SGD with momentum: 52.5 MB at most, in layer3.2.conv2 on"
    assert first.split(" on ", 1)[1] in text
    assert first.split(" on ", 1)[1] in page


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("batch_size", [8, 32])
def test_on_a_gpu_all_but_the_workspace_is_predicted(batch_size):
    network = models.create("resnet18", device="cuda")
    predicted = memory(network, (3, 224, 224), batch_size, device="cuda")
    assert predicted.peak < 1.05 * measure_network(network, (3, 224, 224), batch_size, device="cuda")
