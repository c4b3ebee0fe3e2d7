"""One pass through the data: sums over examples, modes, and what is left behind."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from course_utils.models.epoch import evaluate, fit_one_epoch

IMAGES, LABELS = torch.randn(10, 3, generator=torch.manual_seed(0)), torch.arange(10) % 4


def batches(size=4):
    return list(zip(IMAGES.split(size), LABELS.split(size), strict=True))


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Dropout(0.5), nn.Linear(5, 4))


def test_means_are_over_examples_however_they_are_batched():
    model = network()
    together = evaluate(model, batches(10))
    for size in (1, 3, 4):
        assert evaluate(model, batches(size)) == pytest.approx(together, rel=1e-5)
    scores = model.eval()(IMAGES)
    assert together == pytest.approx(
        (functional.cross_entropy(scores, LABELS).item(), (scores.argmax(1) == LABELS).float().mean().item())
    )
    assert all(type(value) is float for value in together)


def test_an_epoch_is_the_steps_written_out():
    ours, theirs = nn.Linear(3, 4), nn.Linear(3, 4)
    theirs.load_state_dict(ours.state_dict())
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9) for model in (ours, theirs)]
    mean, share = fit_one_epoch(ours, iter(batches()), optimizers[0])
    total = right = 0
    for x, y in batches():
        optimizers[1].zero_grad()
        scores = theirs(x)
        loss = functional.cross_entropy(scores, y, reduction="sum")
        (loss / len(y)).backward()
        optimizers[1].step()
        total, right = total + loss.item(), right + (scores.argmax(1) == y).sum().item()
    assert (mean, share) == pytest.approx((total / 10, right / 10))
    torch.testing.assert_close(ours.weight, theirs.weight)


def test_modes():
    model = network().eval()
    fit_one_epoch(model, batches(5), torch.optim.SGD(model.parameters(), lr=0.1))
    assert model.training
    before = model[1].running_mean.clone()
    for training in (True, False):
        assert evaluate(model.train(training), batches()) == evaluate(model, batches())
        assert model.training is training
    assert torch.equal(model[1].running_mean, before)


def test_evaluating_leaves_no_gradient_and_puts_the_mode_back_after_an_error():
    model = network()
    evaluate(model, batches())
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(RuntimeError):
        evaluate(model, [(torch.zeros(2, 7), LABELS[:2])])
    assert model.training


@pytest.mark.parametrize("empty", [[], iter(())])
def test_no_batches_are_refused(empty):
    model = network()
    with pytest.raises(ValueError, match="batches held no example"):
        fit_one_epoch(model, empty, torch.optim.SGD(model.parameters(), lr=0.1))
    with pytest.raises(ValueError, match="batches held no example"):
        evaluate(model, empty)


def test_another_loss_is_used():
    model = nn.Linear(3, 4)
    wanted = functional.multi_margin_loss(model(IMAGES), LABELS).item()
    assert evaluate(model, batches(), functional.multi_margin_loss)[0] == pytest.approx(wanted)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    assert fit_one_epoch(model, batches(), optimizer, functional.multi_margin_loss)[0] == pytest.approx(wanted)


def test_batches_are_moved_to_the_device():
    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.seen = nn.Linear(3, 4), []

        def forward(self, x):
            self.seen.append(x.dtype)
            return self.linear(x)

    devices = ["cpu", torch.device("cpu"), *(["cuda"] if torch.cuda.is_available() else [])]
    for device in devices:
        model = Watched().to(device)
        fit_one_epoch(model, batches(), torch.optim.SGD(model.parameters(), lr=0.1), device=device)
        evaluate(model, batches(), device=device)
        assert len(model.seen) == 6
