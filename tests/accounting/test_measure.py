"""What `measure_memory` sees of PyTorch's allocations."""

import gc

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from course_utils.accounting.measure import allocations, make_optimizer, measure_memory, measure_network

MEGABYTE = 1 << 20


def megabytes(count: int) -> torch.Tensor:
    return torch.empty(count * MEGABYTE, dtype=torch.uint8)


def test_the_peak_is_of_what_is_held_at_once():
    def step():
        first = megabytes(3)
        del first
        second, third = megabytes(2), megabytes(2)
        return second, third

    assert measure_memory(step) == 4 * MEGABYTE


def test_what_was_there_before_does_not_count():
    before = megabytes(5)
    assert measure_memory(lambda: megabytes(1)) == MEGABYTE
    assert before.numel() == 5 * MEGABYTE


def test_nothing_allocated_is_nothing():
    assert measure_memory(lambda: None) == 0


def test_what_a_function_takes_within_is_seen():
    """max_pool2d makes int64 indices even where nobody asked for them; no tensor in Python ever shows them."""
    x = torch.zeros(1, 1, 64, 64)
    with torch.no_grad():
        peak = measure_memory(lambda: nn.functional.max_pool2d(x, 2))
    assert peak == 32 * 32 * (4 + 8)


def test_the_profiler_of_today_sees_the_same():
    network = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 36, 10))
    x = torch.zeros(2, 3, 8, 8)

    def step():
        network.zero_grad()
        network(x).sum().backward()

    # The first time allocates what stays; gradients from before the measurement would be freed unseen.
    step()
    network.zero_grad()
    ours = list(allocations(step))
    network.zero_grad()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as theirs:
        step()
    events = [event.nbytes() for event in theirs.profiler.kineto_results.events() if event.name() == "[memory]"]
    assert ours == events
    assert len(ours) > 20


def test_garbage_from_before_is_not_seen_to_be_freed():
    """Tensors in a cycle wait for Python's collector, which may come at any time."""

    def litter():
        cycle = [megabytes(4)]
        cycle.append(cycle)

    # In a measurement, so that the profiler knows how large it is.
    measure_memory(litter)

    def step():
        gc.collect()
        return megabytes(1)

    assert measure_memory(step) == MEGABYTE
    assert gc.isenabled()


def test_an_error_within_ends_the_measurement():
    def step():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        measure_memory(step)
    assert measure_memory(lambda: megabytes(1)) == MEGABYTE


def test_a_linear_layer_by_hand():
    """100 to 10 numbers, batch 4, SGD with momentum."""
    network = nn.Sequential(nn.Linear(100, 10))
    parameters, scores = 1010 * 4, 4 * 10 * 4
    held = 4 * 100 * 4 + 4 * 8 + 2 * parameters
    # All gradients, the gradient of the scores, and the loss with its two numbers of four bytes.
    assert measure_network(network, (100,), 4) == held + parameters + scores + 2 * 4


def test_training_leaves_weights_and_mode_as_they_were():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).eval()
    before = network[1].weight.clone()
    measure_network(network, (3, 2, 2), 2, optimizer="adam")
    assert torch.equal(network[1].weight, before)
    assert not network.training
    assert network[1].weight.grad is None


def test_auxiliary_outputs_have_losses_of_their_own():
    class TwoHeads(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x):
            return self.first(x), self.second(x)

    network = TwoHeads()
    assert measure_network(network, (4,), 2) > measure_network(nn.Linear(4, 3), (4,), 2)


def test_an_unknown_optimizer():
    with pytest.raises(ValueError, match=r"momentum.*got 'lion'"):
        make_optimizer("lion", [torch.zeros(1)])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu():
    assert measure_memory(lambda: torch.empty(MEGABYTE, dtype=torch.uint8, device="cuda"), "cuda") == MEGABYTE
