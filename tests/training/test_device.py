"""Which device is chosen, and what is said of it. The GPUs are made up: there need be none."""

import pytest
import torch

from course_utils.training import Recipe
from course_utils.training.device import choose

GPU = Recipe(precision="bfloat16", channels_last=True, compile=True)


@pytest.fixture
def gpus(monkeypatch):
    """Two made-up GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Made-up 3000")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)


def test_processor(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    place = choose(Recipe())
    assert (str(place.device), place.precision, place.compiled) == ("cpu", "float32", False)
    assert place.sentence == "Training on cpu in float32 with 2 threads."
    place = choose(GPU)
    assert (place.precision, place.channels_last, place.compiled) == ("float32", False, False)
    assert place.sentence.endswith("; bfloat16 and channels last and compiling left to GPUs.")


def test_gpu_is_taken_where_there_is_one(gpus):
    place = choose(GPU)
    assert (str(place.device), place.precision, place.memory_format) == ("cuda:0", "bfloat16", torch.channels_last)
    assert place.sentence == "Training on Made-up 3000 (cuda:0) in bfloat16, channels last, compiled."
    assert choose(Recipe()).sentence == "Training on Made-up 3000 (cuda:0) in float32."
    assert str(choose(GPU, "cpu").device) == "cpu"


def test_each_process_takes_its_gpu(gpus):
    assert str(choose(GPU, None, local_rank=1).device) == "cuda:1"
    assert str(choose(GPU, "cuda", local_rank=1).device) == "cuda:1"
    assert str(choose(GPU, "cuda:0", local_rank=1).device) == "cuda:0"


def test_gpu_without_bfloat16(gpus, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    place = choose(GPU)
    assert place.precision == "float32" and "in float32, as it has no bfloat16" in place.sentence


def test_gpu_that_is_not_there(gpus):
    with pytest.raises(ValueError, match="there are 2 GPUs here, counted from 0, got device 5"):
        choose(GPU, "cuda:5")


def test_cuda_without_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", "12.9")
    with pytest.raises(ValueError, match='"cuda" was asked for, but PyTorch finds no GPU here: leave device out'):
        choose(GPU, "cuda")


def test_autocast_computes_in_bfloat16():
    place = choose(Recipe(), "cpu")
    with place.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    import dataclasses

    with dataclasses.replace(place, precision="bfloat16").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
