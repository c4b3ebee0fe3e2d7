"""Every network of the course counted three ways: by formula, by hooks, and by PyTorch's own counter."""

from dataclasses import replace

import pytest
import small_networks
import torch
from torch.utils.flop_counter import FlopCounterMode

from course_utils import models
from course_utils.accounting import smallest_input, summary
from course_utils.accounting.tracing import trace


def sizes(name):
    """The published size, one smaller and one larger that is not square; the one size of a network that has but one."""
    entry = models.describe(name)
    channels, height, width = entry.input_size
    if entry.fixed:
        return [entry.input_size]
    smaller = max(entry.smallest, height // 2 + 1)
    return [entry.input_size, (channels, smaller, smaller), (channels, height + 32, width + 51)]


def flops(model, input_size):
    """By PyTorch: it sees the convolutions and matrix products that run, on tensors without memory.

    It counts two operations for each multiply-accumulate, and nothing for biases, pooling, normalisation, activations or
    sums: what `summary` counts as FLOP. A Linear layer is a matrix product to it.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.empty(2, *input_size, device="meta"))
    return counter.get_total_flops() // 2


def without_fields(rows):
    """What hooks can see."""
    return [replace(row, receptive_field=None, jump=None, start=None) for row in rows]


@pytest.mark.parametrize("name", models.list())
def test_formula_hooks_and_pytorch_agree(name):
    model = models.create(name, device="meta")
    # The steps do not depend on the size; summary(model, …) would trace them each time.
    steps = trace(model)
    for input_size in sizes(name):
        formula, hooks = summary(steps, input_size), summary(model, input_size, method="hooks")
        assert without_fields(formula.rows) == list(hooks.rows)
        assert formula.parameters == sum(parameter.numel() for parameter in model.parameters())
        assert formula.buffers == sum(buffer.numel() for buffer in model.buffers())
        assert hooks.unused == 0
    published = models.describe(name).input_size
    assert summary(steps, published).flops == flops(model, published)


@pytest.mark.parametrize("case", small_networks.NETWORKS)
def test_they_agree_on_what_learners_write(case):
    build, input_size = small_networks.NETWORKS[case]
    model = build()
    formula, hooks = (summary(model, input_size, method=method) for method in ("formula", "hooks"))
    assert without_fields(formula.rows) == list(hooks.rows)
    assert formula.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert formula.buffers == sum(buffer.numel() for buffer in model.buffers())
    assert formula.flops == flops(model.to("meta"), input_size)


# The first network of each family that takes more than one size.
FIRST = {models.describe(name).family: name for name in reversed(models.list()) if not models.describe(name).fixed}


@pytest.mark.parametrize("name", FIRST.values())
def test_the_smallest_input_runs_and_one_pixel_less_does_not(name):
    # In evaluation mode, in which networks with auxiliary heads take less.
    model = models.create(name, device="meta").eval()
    model._forward_pre_hooks.clear()
    channels = models.describe(name).input_size[0]
    size, layer = smallest_input(model, channels)
    with torch.no_grad():
        model(torch.empty(1, channels, size, size, device="meta"))
        if layer:
            with pytest.raises(RuntimeError):
                model(torch.empty(1, channels, size - 1, size - 1, device="meta"))
        else:
            assert size == 1
