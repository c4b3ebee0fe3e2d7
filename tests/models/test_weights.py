"""load_pretrained from a server on this machine that has small files of weights; never from the internet."""

import hashlib
import io
import re
import socket
import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import nn

from course_utils import models
from course_utils.datasets import DataSetMissing, DownloadError, downloading
from course_utils.models import weights
from course_utils.models.weights import WeightsDoNotFit, load_pretrained, load_weights, published_file

sys.path.append(str(Path(__file__).resolve().parent.parent / "datasets"))
from loopback import Mirrors

# Networks whose files are small; the first and the last have layers that depend on the classes, and on the channels.
SMALL = {"resnet20_cifar": ("conv1.weight", "fc.weight", "fc.bias"), "lenet5": ()}


@pytest.fixture(scope="module")
def states() -> dict[str, dict[str, torch.Tensor]]:
    """State dicts as if they had been trained: the statistics of batch normalisation are not those of the start."""
    result = {}
    for name in SMALL:
        network = models.create(name, seed=1)
        network(torch.randn(4, *models.describe(name).input_size, generator=torch.Generator().manual_seed(1)))
        result[name] = network.state_dict()
    return result


@pytest.fixture(scope="module")
def published(states) -> dict[str, tuple[str, bytes]]:
    """By network: the file's name with its digits, and its content."""
    result = {}
    for name, state in states.items():
        data = saved(state)
        result[name] = (f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.pth", data)
    return result


@pytest.fixture(scope="module")
def server(published):
    with Mirrors(dict(published.values())) as mirrors:
        yield mirrors


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path, server, published):
    """The learner's own folder, empty. The weights come from the good mirror, unless a test says otherwise."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloading, "TIMEOUT", (5, 0.3))
    monkeypatch.setattr(weights, "PUBLISHED", {name: file for name, (file, _) in published.items()})
    monkeypatch.setattr(weights, "SERVER", server.address("good"))
    server.asked.clear()
    return tmp_path / "home"


def saved(state, **how) -> bytes:
    file = io.BytesIO()
    torch.save(state, file, **how)
    return file.getvalue()


def same(one, other) -> bool:
    return list(one) == list(other) and all(torch.equal(one[key], other[key]) for key in one)


# Fetched


@pytest.mark.parametrize("name", SMALL)
def test_all_weights_are_the_published_ones(states, published, home, name, recwarn):
    network = load_pretrained(name)
    assert same(network.state_dict(), states[name]) and not network.training
    file, data = published[name]
    assert (home / "weights" / name / file).read_bytes() == data
    assert not recwarn.list


def test_what_is_here_is_not_asked_for_again(server):
    load_pretrained("resnet20_cifar")
    assert server.asked
    server.asked.clear()
    load_pretrained("resnet20_cifar", offline=True)
    assert not server.asked


def test_a_download_goes_on_where_it_ended(monkeypatch, server, published, states):
    monkeypatch.setattr(weights, "SERVER", server.address("cut"))
    with pytest.raises(DownloadError):
        load_pretrained("resnet20_cifar")
    monkeypatch.setattr(weights, "SERVER", server.address("good"))
    server.asked.clear()
    assert same(load_pretrained("resnet20_cifar").state_dict(), states["resnet20_cifar"])
    half = len(published["resnet20_cifar"][1]) // 2
    assert [wanted for _, wanted in server.asked] == [f"bytes={half}-"]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("missing", "(404 Not Found)"),
        ("failing", "(500 Internal Server Error)"),
        ("wrong", "is not the official file (its SHA-256 differs), and was removed)"),
        ("cut", " bytes)"),
        ("page", "(it offered 27 bytes instead of "),
        ("stalls", "(no answer in time)"),
        ("endless", "(it does not say how long it is)"),
    ],
)
def test_a_failure_says_what_to_do(monkeypatch, server, published, home, fault, says):
    monkeypatch.setattr(weights, "SERVER", server.address(fault))
    with pytest.raises(DownloadError) as failure:
        load_pretrained("resnet20_cifar")
    message = str(failure.value)
    file = published["resnet20_cifar"][0]
    assert message.startswith(f"The weights file of resnet20_cifar could not be loaded: {file} from {weights.SERVER}")
    assert says in message
    assert 'run `models.load_pretrained("resnet20_cifar")` again' in message
    assert f"put {file} from {weights.SERVER} into {home / 'weights' / 'resnet20_cifar'}." in message
    assert not (home / "weights" / "resnet20_cifar").exists()


def test_no_connection(monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(weights, "SERVER", f"http://127.0.0.1:{unused.getsockname()[1]}/")
    with pytest.raises(DownloadError, match=r"\(no connection\).*HTTPS_PROXY"):
        load_pretrained("resnet20_cifar")


def test_too_little_space_is_told_before_anything_is_loaded(monkeypatch, server, published):
    usage = downloading.shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage)
    size = len(published["resnet20_cifar"][1])
    with pytest.raises(DownloadError, match=f"it needs {size:,} bytes more in .*, where 1,000 are free"):
        load_pretrained("resnet20_cifar")
    assert not server.asked


@pytest.mark.parametrize("variable", ["", "1"])
def test_offline_names_the_file_and_the_folder(monkeypatch, server, published, home, variable):
    monkeypatch.setenv("COURSE_OFFLINE", variable)
    with pytest.raises(DataSetMissing) as missing:
        load_pretrained("resnet20_cifar", offline=not variable)
    file = published["resnet20_cifar"][0]
    assert f"put {file} from {weights.SERVER} into {home / 'weights' / 'resnet20_cifar'}" in str(missing.value)
    assert not server.asked and not home.exists()


def test_a_file_put_there_by_hand(server, published, states, home):
    file, data = published["resnet20_cifar"]
    folder = home / "weights" / "resnet20_cifar"
    folder.mkdir(parents=True)
    (folder / file).write_bytes(data)
    assert same(load_pretrained("resnet20_cifar", offline=True).state_dict(), states["resnet20_cifar"])
    assert not server.asked
    (folder / file).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(DataSetMissing):
        load_pretrained("resnet20_cifar", offline=True)
    assert same(load_pretrained("resnet20_cifar").state_dict(), states["resnet20_cifar"])
    assert (folder / file).read_bytes() == data


def test_a_file_can_hold_no_code(monkeypatch, server, home):
    data = saved({"fc.weight": re.compile("anything but numbers")})
    file = f"resnet20_cifar-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    monkeypatch.setitem(weights.PUBLISHED, "resnet20_cifar", file)
    monkeypatch.setitem(server.files, file, data)
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        load_pretrained("resnet20_cifar")


def test_files_of_old_pytorch_can_be_read(monkeypatch, server, states):
    # Without counters, with parameters in place of tensors, not in a zip archive: as the oldest published files are.
    state = OrderedDict(
        (key, nn.Parameter(value) if key.endswith("weight") else value)
        for key, value in states["resnet20_cifar"].items()
        if not key.endswith("num_batches_tracked")
    )
    data = saved(state, _use_new_zipfile_serialization=False)
    file = f"resnet20_cifar-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    monkeypatch.setitem(weights.PUBLISHED, "resnet20_cifar", file)
    monkeypatch.setitem(server.files, file, data)
    loaded = load_pretrained("resnet20_cifar").state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_old_names_of_densenet_and_untrained_heads_of_googlenet(monkeypatch, server, recwarn):
    for name in ("densenet121", "googlenet"):
        state = models.create(name, seed=1).state_dict()
        old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", key): value for key, value in state.items()}
        data = saved(old)
        file = f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
        monkeypatch.setitem(weights.PUBLISHED, name, file)
        monkeypatch.setitem(server.files, file, data)
        loaded = load_pretrained(name).state_dict()
        assert loaded.keys() == {key for key in state if not key.startswith("aux")}
        assert all(torch.equal(value, state[key]) for key, value in loaded.items())
    assert not recwarn.list


def test_googlenet_takes_pictures_scaled_as_for_the_others(monkeypatch, server):
    data = saved(models.create("googlenet", seed=1).state_dict())
    file = f"googlenet-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    monkeypatch.setitem(weights.PUBLISHED, "googlenet", file)
    monkeypatch.setitem(server.files, file, data)
    assert load_pretrained("googlenet").transform is not None
    with pytest.warns(UserWarning, match="googlenet: conv1.conv, fc kept random weights"):
        assert load_pretrained("googlenet", in_channels=1, num_classes=3).transform is None


# Other classes, other channels


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"num_classes": 7}, ("fc.weight", "fc.bias")),
        ({"in_channels": 1}, ("conv1.weight",)),
        ({"num_classes": 7, "in_channels": 1}, ("conv1.weight", "fc.weight", "fc.bias")),
    ],
)
def test_layers_of_another_shape_stay_random_and_are_named(states, options, kept):
    layers = ", ".join(dict.fromkeys(key.rpartition(".")[0] for key in kept))
    with pytest.warns(UserWarning, match=rf"^resnet20_cifar: {layers} kept random weights"):
        network = load_pretrained("resnet20_cifar", **options)
    own = network.state_dict()
    for key, value in states["resnet20_cifar"].items():
        assert key in kept or torch.equal(own[key], value)
    assert own["conv1.weight"].shape[1] == options.get("in_channels", 3)
    assert network(torch.zeros(2, options.get("in_channels", 3), 32, 32)).shape == (2, options.get("num_classes", 10))


def test_nothing_is_loaded_for_a_network_that_cannot_be(server):
    with pytest.raises(ValueError, match="num_classes must be a whole number of at least 1, got 0"):
        load_pretrained("resnet20_cifar", num_classes=0)
    assert not server.asked


def test_device():
    assert load_pretrained("resnet20_cifar", device="meta").fc.weight.is_meta


# Names


def test_a_network_without_published_weights_names_the_nearest(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r'no published weights for preact_resnet50; the nearest .* "resnet50"'):
        published_file("preact_resnet50")
    with pytest.raises(ValueError, match=r'no published weights for plain34; the nearest .* "resnet34"'):
        published_file("plain34")
    with pytest.raises(ValueError, match=r'no published weights for vgg16_c; the nearest .* "vgg16"'):
        published_file("vgg16_c")
    with pytest.raises(ValueError, match="no network called 'resnet51'"):
        load_pretrained("resnet51")


def test_every_published_file_is_of_a_network_that_torchvision_has(monkeypatch):
    monkeypatch.undo()
    same_names = [name for name in models.list() if models.describe(name).torchvision]
    assert sorted(weights.PUBLISHED) == sorted(same_names)
    for name in weights.PUBLISHED:
        remote = published_file(name)
        (file,) = remote.files
        assert file.name.startswith(name) and re.fullmatch("[0-9a-f]{8}", file.sha256)
        assert remote.mirrors == ("https://download.pytorch.org/models/",)
    assert len(set(weights.PUBLISHED.values())) == 23


# Weights of one's own


@pytest.fixture
def network():
    return models.create("resnet20_cifar", seed=2)


@pytest.fixture
def state(states):
    return dict(states["resnet20_cifar"])


def test_own_weights(network, state):
    load_weights(network, state)
    assert same(network.state_dict(), state)


def test_counters_may_be_missing(network, state):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    # An OrderedDict as state_dict() returns it knows its version, and PyTorch itself is stricter with it.
    old = models.create("resnet20_cifar", seed=1).state_dict()
    for key in list(old):
        if key.endswith("num_batches_tracked"):
            del old[key]
        else:
            old[key] = state[key]
    load_weights(network, old)
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key] if key.endswith("num_batches_tracked") else state[key])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: state.pop("fc.bias"), "ResNet: missing: fc.bias$"),
        (lambda state: state.update(extra=torch.zeros(1)), "ResNet: unexpected: extra$"),
        (
            lambda state: state.update({"fc.weight": torch.zeros(5, 64)}),
            r"ResNet: of another shape: fc.weight is \(5, 64\) instead of \(10, 64\)$",
        ),
        (
            lambda state: state.update({"dense.bias": state.pop("fc.bias")}),
            "ResNet: missing: fc.bias; unexpected: dense.bias$",
        ),
        (
            lambda state: [state.pop(key) for key in list(state) if "running_mean" in key],
            r"missing: bn1.running_mean, (layer1[\w.]+, ){3}layer1[\w.]+ and 14 more$",
        ),
    ],
)
def test_weights_that_do_not_fit_are_named_and_change_nothing(network, state, change, says):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    change(state)
    with pytest.raises(WeightsDoNotFit, match=says):
        load_weights(network, state)
    assert same(network.state_dict(), before)


def test_names_of_data_parallel(network, state):
    with pytest.raises(WeightsDoNotFit, match=r'All names begin with "module."'):
        load_weights(network, {f"module.{key}": value for key, value in state.items()})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda network: network, r"got the network; hand over its state_dict\(\)"),
        (lambda network: "weights.pth", "got str; torch.load reads a file"),
        (lambda network: {"model": network.state_dict(), "step": 3}, r"hand over one of them, as state\['model'\]"),
        (lambda network: {"fc.bias": [0.0]}, r"state\['fc.bias'\] must be a tensor, got list"),
    ],
)
def test_what_are_no_weights_at_all(network, wrong, says):
    with pytest.raises(TypeError, match=says):
        load_weights(network, wrong(network))
