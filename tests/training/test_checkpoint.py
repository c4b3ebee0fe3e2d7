"""Checkpoints: damaged ones, full disks, other runs', and what is kept at every moment."""

import dataclasses
import errno
import os
from pathlib import Path

import pytest
import small
import torch

from course_utils import training
from course_utils.training import checkpoint


def fit(out: Path, network=None, data=None, **changes) -> training.Run:
    network = small.network() if network is None else network
    options = {"fresh": changes.pop("fresh", False), "checkpoint_seconds": changes.pop("checkpoint_seconds", 60)}
    recipe = small.RECIPE.changed(**changes)
    return training.fit(network, data or small.data(), recipe, out=out, progress=False, **options)


@pytest.fixture
def whole(tmp_path) -> torch.nn.Module:
    """The network of a run that nothing disturbed."""
    network = small.network()
    fit(tmp_path / "undisturbed", network)
    return network


@pytest.fixture
def stopped(tmp_path, monkeypatch) -> Path:
    """The folder of a run that broke off with two checkpoints, in its second epoch."""
    usual, steps = training.steps.Training.advance, iter(range(10))

    def advance(self):
        next(steps)
        return usual(self)

    with monkeypatch.context() as patch:
        patch.setattr(training.steps.Training, "advance", advance)
        with pytest.raises(StopIteration):
            fit(tmp_path / "stopped", checkpoint_seconds=0)
    return tmp_path / "stopped"


def test_state_comes_back(tmp_path):
    state = {"a": torch.arange(3), "b": [1.5, None, "x"]}
    checkpoint.save(tmp_path, {"a": 0})
    checkpoint.save(tmp_path, state)
    back, problem = checkpoint.load(tmp_path)
    assert torch.equal(back["a"], state["a"]) and back["b"] == state["b"] and not problem
    assert sorted(path.name for path in tmp_path.iterdir()) == [checkpoint.PREVIOUS, checkpoint.NAME]


def test_a_run_goes_on_in_the_middle_of_an_epoch(stopped, whole, tmp_path):
    state, _ = checkpoint.load(stopped)
    assert (state["epoch"], state["step"]) == (1, 3)
    network = small.network(seed=5)
    run = fit(stopped, network)
    assert small.same(network, whole) and run.finished
    histories = run.history, training.Run.load(tmp_path / "undisturbed" / "run.json").history
    assert len({str(dataclasses.replace(history, seconds=[])) for history in histories}) == 1


@pytest.mark.parametrize("damage", ["cut", "empty", "a byte", "other"])
def test_damaged_checkpoint_the_previous_one_is_used_and_said(stopped, whole, capsys, damage):
    path = stopped / checkpoint.NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    new = {"cut": bytes(content[: len(content) // 2]), "empty": b"", "a byte": bytes(content), "other": b"x" * 5000}
    path.write_bytes(new[damage])
    network = small.network()
    run = fit(stopped, network)
    said = "checkpoint.pt is damaged or cut off; the one before it, checkpoint-previous.pt, is used."
    assert said in capsys.readouterr().err and run.notes == (said,)
    assert small.same(network, whole)
    assert fit(stopped).notes == (said,)


def test_both_damaged_the_run_begins_anew(stopped, whole, capsys):
    for name in (checkpoint.NAME, checkpoint.PREVIOUS):
        (stopped / name).write_bytes(b"")
    network = small.network()
    fit(stopped, network)
    said = "checkpoint.pt and checkpoint-previous.pt are damaged or cut off; there is no other, so the run begins anew."
    assert said in capsys.readouterr().err
    assert small.same(network, whole)


def test_killed_between_the_two_renames(stopped, whole, capsys):
    (stopped / checkpoint.NAME).unlink()
    (stopped / (checkpoint.NAME + checkpoint.WRITING)).write_bytes(b"half")
    network = small.network()
    fit(stopped, network)
    assert small.same(network, whole) and not capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": 0.01}, "recipe, lr: 0.05 there, 0.01 here"),
        ({"seed": 1}, "recipe, seed: 0 there, 1 here"),
        ({"data": small.data(98)}, "data, sha256 of all arrays: .* there, .* here"),
        ({"network": small.network(norm=False)}, "network, 2.weight: absent there"),
        ({"network": torch.nn.Sequential(small.network(), torch.nn.Linear(3, 3))}, "network, .* there, .* here"),
    ],
)
def test_checkpoint_of_another_run_is_refused(stopped, changes, message):
    before = (stopped / checkpoint.NAME).read_bytes()
    with pytest.raises(ValueError, match=f"holds a checkpoint of another run: {message}.*fresh=True"):
        fit(stopped, **changes)
    assert (stopped / checkpoint.NAME).read_bytes() == before
    assert fit(stopped, fresh=True, **changes).finished


def test_names_and_sources_may_change(stopped):
    assert fit(stopped, name="other", source="elsewhere", published=0.5).finished


def full(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_training_goes_on_says_so_once_and_tries_again(tmp_path, whole, monkeypatch, capsys):
    calls, usual = [], os.fsync

    def sometimes(descriptor):
        calls.append(descriptor)
        if len(calls) in (2, 3):
            full()
        usual(descriptor)

    monkeypatch.setattr(os, "fsync", sometimes)
    network = small.network()
    run = fit(tmp_path / "out", network, checkpoint_seconds=0)
    assert small.same(network, whole) and run.finished
    said = f"No checkpoint could be saved in {tmp_path / 'out'} (No space left on device): training goes on"
    assert capsys.readouterr().err.count(said) == 1 and len(run.notes) == 1
    state, problem = checkpoint.load(tmp_path / "out")
    assert state["epoch"] == 3 and not problem
    assert not list((tmp_path / "out").glob("*" + checkpoint.WRITING))


def test_disk_full_to_the_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "fsync", full)
    run = fit(tmp_path / "out")
    assert run.finished and run.test_accuracy is not None
    assert "The record could not be saved" in capsys.readouterr().err


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, {"a": 1})
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            checkpoint.save(tmp_path, {"a": 2})
    assert checkpoint.load(tmp_path) == ({"a": 1}, "")
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.NAME]


def test_finished_run_is_not_trained_again(tmp_path, whole, monkeypatch):
    monkeypatch.setattr(training.steps.Training, "advance", full)
    network = small.network(seed=7)
    run = fit(tmp_path / "undisturbed", network)
    assert small.same(network, whole) and run.finished and run.seconds > 0
