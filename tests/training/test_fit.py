"""The loop: beside the same written out, its options one by one, and what it refuses."""

import dataclasses
import math
import os
import re
import signal

import numpy as np
import pytest
import small
import torch
from torch import nn
from torch.nn import functional

from course_utils import models, training
from course_utils.models.epoch import evaluate
from course_utils.training.augment import augmented, draw
from course_utils.training.device import choose
from course_utils.training.pictures import prepare
from course_utils.training.schedule import learning_rate


def fit(network=None, data=None, **changes) -> training.Run:
    network = small.network() if network is None else network
    options = {name: changes.pop(name) for name in ("out", "device", "progress") if name in changes}
    recipe = changes.pop("recipe", small.RECIPE).changed(**changes)
    return training.fit(network, data or small.data(), recipe, **{"progress": False, **options})


def test_a_run_is_the_loop_written_out():
    recipe = small.RECIPE.changed(ema=0.0)
    ours, theirs = small.network(), small.network()
    run = fit(ours, recipe=recipe)
    pictures = prepare(small.data(), recipe, choose(recipe, "cpu"))
    images, labels = pictures.train.images, pictures.train.labels
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        momentum = {}
        for epoch in range(recipe.epochs):
            theirs.train()
            draws, total = draw(recipe.seed, epoch, 100, recipe.padding, recipe.flip), 0.0
            for step in range(7):
                batch = draws.part(16 * step, min(16 * step + 16, 100))
                scores = theirs(augmented(images, batch, recipe.padding))
                loss = functional.cross_entropy(scores, labels[batch.order], label_smoothing=recipe.label_smoothing)
                gradients = torch.autograd.grad(loss, list(theirs.parameters()))
                lr = learning_rate(recipe, epoch + (step + 0.5) / 7)
                with torch.no_grad():
                    for name, (parameter, gradient) in enumerate(zip(theirs.parameters(), gradients, strict=True)):
                        gradient = gradient + recipe.weight_decay * parameter
                        momentum[name] = recipe.momentum * momentum.get(name, 0) + gradient
                        parameter -= lr * momentum[name]
                total += loss.item() * len(batch.order)
            assert run.history.train_loss[epoch] == pytest.approx(total / 100, rel=1e-4)
            test = evaluate(theirs, [(pictures.test.images, pictures.test.labels)])
            judged = run.history.validation_loss[epoch], run.history.validation_accuracy[epoch]
            assert judged == pytest.approx(test, rel=1e-3)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def test_it_learns():
    recipe = training.Recipe(batch_size=16, lr=0.05, schedule="cosine")
    assert fit(small.network(dropout=0.0), epochs=20, recipe=recipe).test_accuracy > 0.9


def test_two_runs_are_equal_bit_for_bit_and_leave_the_generators_alone():
    networks = [small.network(), small.network()]
    torch.manual_seed(4)
    before, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()
    first, second = (fit(network) for network in networks)
    assert small.same(*networks) and not any(layer.training for layer in networks[0].modules())
    untimed = [dataclasses.replace(run.history, seconds=[]) for run in (first, second)]
    assert untimed[0] == untimed[1]
    assert torch.equal(torch.get_rng_state(), before) and (np.random.get_state()[1] == numbers).all()
    other = small.network()
    fit(other, seed=1)
    assert not small.same(other, networks[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": "constant", "warmup_epochs": 0},
        {"schedule": "step", "milestones": (1, 2)},
        {"schedule": "plateau", "held_out": 20, "patience": 0},
        {"nesterov": True},
        {"decay_all": False, "weight_decay": 0.1},
        {"ema": 0.0},
        {"label_smoothing": 0.0},
        {"padding": 0},
        {"flip": False},
        {"momentum": 0.0},
        {"batch_size": 50},
        {"enlarge": 2},
    ],
    ids=str,
)
def test_every_option_changes_the_result(changes):
    first, second = small.network(), small.network()
    fit(first)
    assert fit(second, **changes).finished
    assert not small.same(first, second)


def test_weight_decay_spares_biases_and_norms_if_asked():
    """With pictures of zeros and one label each way, what decays is decay alone."""
    for decay_all in (True, False):
        network = small.network()
        recipe = training.Recipe(decay_all=decay_all)
        groups = training.optimisation.sgd(network, recipe, choose(recipe, "cpu")).param_groups
        decayed = {id(parameter) for group in groups if group["weight_decay"] for parameter in group["params"]}
        named = {name for name, parameter in network.named_parameters() if id(parameter) in decayed}
        weights = {"0.weight", "3.weight", "8.weight"}
        assert named == ({name for name, _ in network.named_parameters()} if decay_all else weights)
        assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))


def test_moving_average_is_what_is_judged_and_kept():
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 3))
    average = training.optimisation.MovingAverage(network, decay=0.5)
    start = network[1].weight.detach().clone()
    values = []
    for step in range(1, 20):
        with torch.no_grad():
            network[1].weight += 1
        average.follow(network)
        values.append(average.network[1].weight[0, 0].item())
        expected = start[0, 0].item() if step == 1 else values[-2]
        decay = min(0.5, (1 + step) / (10 + step))
        assert values[-1] == pytest.approx(decay * expected + (1 - decay) * network[1].weight[0, 0].item(), rel=1e-5)
    ours = small.network()
    run = fit(ours)
    pictures = prepare(small.data(), small.RECIPE, choose(small.RECIPE, "cpu"))
    assert evaluate(ours, pictures.test.batches())[1] == run.test_accuracy


def test_held_out_pictures_judge_and_the_test_data_only_once(monkeypatch):
    judged, usual = [], training.steps.Training.judge

    def judge(self, part):
        judged.append(len(part))
        return usual(self, part)

    monkeypatch.setattr(training.steps.Training, "judge", judge)
    run = fit(held_out=20)
    assert judged == [20, 20, 20, 50]
    assert run.data["training"] == 80 and run.data["held_out"] == 20
    assert run.best_epoch == int(np.argmax(run.history.validation_accuracy)) + 1
    assert "best on held-out pictures in epoch" in str(run)
    judged.clear()
    run = fit()
    assert judged == [50, 50, 50, 50] and run.best_epoch is None
    assert run.test_accuracy == run.history.validation_accuracy[-1]


def test_heads_for_training_alone_count_by_three_tenths():
    class Headed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(192, 3), nn.Linear(192, 3)

        def forward(self, x):
            x = x.flatten(1)
            return (self.body(x), self.head(x)) if self.training else self.body(x)

    network = Headed()
    recipe = small.RECIPE.changed(batch_size=100, epochs=1, ema=0.0, warmup_epochs=0)
    first = [parameter.detach().clone() for parameter in network.parameters()]
    run = fit(network, recipe=recipe)
    assert all(not torch.equal(a, b) for a, b in zip(first, network.parameters(), strict=True))
    assert run.history.step_loss[0] == pytest.approx(1.3 * math.log(3), abs=0.6)


def test_a_network_by_name_and_a_recipe_by_name():
    run = training.fit("lenet5", "digits", epochs=1, batch_size=64, lr=0.02, progress=False)
    assert (run.network, run.recipe.network, run.parameters) == ("lenet5", "lenet5", 61_706)
    assert run.data["name"] == "digits" and len(run.data["sha256"]) == 64
    run = training.fit(None, "digits", "shapes-lenet", epochs=1, progress=False)
    assert run.name == "shapes-lenet" and run.network == "lenet5"


def test_options_go_with_the_network_they_were_given_for():
    recipe = training.recipe("shapes-resnet20").changed(epochs=1)
    run = training.fit(None, small.data(), recipe, progress=False)
    narrow = training.fit("plain20_cifar", small.data(), recipe, options={"width": 4}, progress=False)
    wide = training.fit("plain20_cifar", small.data(), recipe, progress=False)
    assert narrow.recipe.options == {"width": 4} and wide.recipe.options == {}
    assert narrow.parameters < run.parameters < wide.parameters


# What GPUs are used for, on a processor


def test_numbers_fetched_once_in_a_while_are_the_same(monkeypatch):
    """A GPU is asked for its losses every so many steps."""
    networks = [small.network(), small.network()]
    first = fit(networks[0])
    monkeypatch.setitem(training.steps.LOOK_EVERY, "cpu", 4)
    second = fit(networks[1])
    assert small.same(*networks)
    assert first.history.step_loss == second.history.step_loss
    assert first.history.train_loss == second.history.train_loss


def test_bfloat16_channels_last_and_compiled(monkeypatch, tmp_path):
    compiled, seen = [], []
    monkeypatch.setattr(torch, "compile", lambda network: compiled.append(network) or network)
    place = dataclasses.replace(
        choose(small.RECIPE, "cpu"), precision="bfloat16", channels_last=True, compiled=True, name="made-up"
    )
    monkeypatch.setattr(training.loop, "choose", lambda *arguments: place)
    network = small.network()
    network[3].register_forward_hook(lambda layer, given, made: seen.append((given[0].stride()[1], made.dtype)))
    run = fit(network, out=tmp_path)
    assert compiled == [network] and run.precision == "bfloat16" and run.device == "made-up"
    # Nothing was autocast in the trial before the run.
    assert set(seen[1:]) == {(1, torch.bfloat16)}
    assert all(value.dtype != torch.bfloat16 for value in torch.load(tmp_path / "weights.pt").values())
    monkeypatch.undo()
    assert run.history.step_loss == pytest.approx(fit().history.step_loss, rel=0.1)


# What is shown


def test_progress_is_a_bar_and_three_sentences(capsys):
    fit(progress=True, epochs=30)
    shown = capsys.readouterr()
    first, *_, last = shown.out.strip().splitlines()
    assert first.startswith("Training on cpu in float32 with ")
    assert last.startswith("small on own arrays: 30 epochs in ") and last.endswith("images a second.")
    assert re.search(r"epoch \d+/30", shown.err) and "images/s" in shown.err


def test_without_progress_nothing_is_shown(capsys):
    fit()
    assert capsys.readouterr() == ("", "")


def test_recorded_facts():
    run = fit()
    assert (run.device, run.precision, run.processes, run.torch) == ("cpu", "float32", 1, torch.__version__)
    assert run.threads == torch.get_num_threads() and run.images_per_second > 0
    assert run.data["mean"] == pytest.approx(small.data()[0].mean(axis=(0, 2, 3)).tolist(), rel=1e-5)
    assert len(run.history.step_loss) == 21 and len(run.history.seconds) == 3
    assert run.seconds >= sum(run.history.seconds)


# What stops it


def test_loss_that_is_no_number(tmp_path, capsys):
    run = fit(lr=1e20, warmup_epochs=0, out=tmp_path)
    said = "Loss or weights are not finite numbers any more in step 2 of epoch 1, at a learning rate of"
    assert run.stopped.startswith(said) and "such as lr=" in run.stopped and "with warmup_epochs" in run.stopped
    assert not run.finished and run.epochs == 0 and run.test_accuracy is None
    assert said in capsys.readouterr().err
    assert training.Run.load(tmp_path / "run.json").stopped == run.stopped


def test_weights_that_are_no_numbers_are_not_saved(tmp_path, monkeypatch):
    """The last step of an epoch may spoil what the loss before it could not tell."""
    usual = training.steps.Training.advance

    def advance(self):
        done = usual(self)
        if (self.epoch, self.step) == (1, 7):
            with torch.no_grad():
                self.network[0].weight[0, 0, 0, 0] = float("inf")
        return done

    monkeypatch.setattr(training.steps.Training, "advance", advance)
    run = fit(out=tmp_path)
    assert "in step 7 of epoch 2" in run.stopped and run.epochs == 1
    state, _ = training.checkpoint.load(tmp_path)
    assert state["epoch"] == 1 and all(torch.isfinite(value).all() for value in state["network"].values())


def test_interrupt_ends_after_the_step_and_goes_on(tmp_path, monkeypatch):
    whole, network = small.network(), small.network()
    fit(whole)
    usual, steps = training.steps.Training.advance, []

    def advance(self):
        steps.append(self.step)
        if len(steps) == 10:
            os.kill(os.getpid(), signal.SIGINT)
        return usual(self)

    monkeypatch.setattr(training.steps.Training, "advance", advance)
    before = signal.getsignal(signal.SIGINT)
    run = fit(network, out=tmp_path)
    assert run.stopped == "interrupted" and run.epochs == 1 and len(steps) == 10
    assert signal.getsignal(signal.SIGINT) is before
    assert fit(network, out=tmp_path).finished and len(steps) == 21
    assert small.same(network, whole)


def test_second_interrupt_ends_at_once(monkeypatch):
    def advance(self):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("should not be reached")

    monkeypatch.setattr(training.steps.Training, "advance", advance)
    assert fit().stopped == "interrupted"


class Greedy(nn.Module):
    def __init__(self, error: RuntimeError):
        super().__init__()
        self.layer, self.error = nn.Linear(192, 3), error

    def forward(self, x):
        if self.training:
            raise self.error
        return self.layer(x.flatten(1))


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_out_of_memory_says_what_fits(monkeypatch, error):
    asked = []
    monkeypatch.setattr(training.failures, "_available", lambda place: 3_000_000_000)
    monkeypatch.setattr(training.failures, "largest_batch", lambda *a, **options: asked.append((a[1:], options)) or 7)
    with pytest.raises(training.OutOfMemory, match=r"3.0 GB hold at most 7; use batch_size=7 or less"):
        fit(Greedy(error))
    assert asked == [(((3, 8, 8), 3_000_000_000), {"device": "cpu"})]


@pytest.mark.parametrize(
    ("available", "message"), [(0, "use a smaller batch_size, such as 4"), (10**12, "something else takes the room")]
)
def test_out_of_memory_where_accounting_cannot_tell(monkeypatch, available, message):
    monkeypatch.setattr(training.failures, "_available", lambda place: available)
    network = small.network()
    monkeypatch.setattr(
        network,
        "forward",
        lambda x: (_ for _ in ()).throw(torch.OutOfMemoryError()) if network.training else x[:, :3, 0, 0],
    )
    with pytest.raises(training.OutOfMemory, match=message):
        fit(network)


def test_another_runtime_error_is_not_hidden():
    with pytest.raises(RuntimeError, match=r"^a fault"):
        fit(Greedy(RuntimeError("a fault of the network")))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"device": "cuda:5"}, ValueError, "device"),
        ({"device": "gpu"}, ValueError, 'device must be "cpu" or "cuda"'),
        ({"network": nn.Sequential(nn.Flatten(), nn.Linear(192, 2))}, ValueError, "scores .N, 3., one for each class"),
        ({"network": nn.Identity()}, ValueError, "scores .N, 3.*got .2, 3, 8, 8."),
        ({"network": models.create("lenet5", 3, 3)}, ValueError, "pictures of 8x8, but lenet5 takes 32x32"),
    ],
)
def test_what_fit_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        fit(**arguments)


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_cuda_asked_for_and_absent():
    with pytest.raises(ValueError, match=r'device "cuda" was asked for, but .*leave device out or use "cpu"'):
        fit(device="cuda")


def test_nothing_to_train():
    with pytest.raises(ValueError, match="network must be given"):
        training.fit(None, small.data(), progress=False)
    with pytest.raises(ValueError, match="data must be given"):
        training.fit(small.network(), progress=False)
    with pytest.raises(TypeError, match="recipe must be a Recipe or the name of one, got 3"):
        training.fit(small.network(), small.data(), 3)
