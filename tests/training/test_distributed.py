"""Two processes that train one network, started by torchrun as on a cluster."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import two_processes

from course_utils import training
from course_utils.training.distributed import processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """With the runs of two_processes.py."""
    folder = tmp_path_factory.mktemp("two")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run([*torchrun, two_processes.__file__, folder], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder


def test_two_processes_train_what_one_does(folder):
    """To 1e-6, as sums are taken in another order; the losses are those of the whole batches."""
    network = two_processes.small.network(norm=False, dropout=0.0)
    run = two_processes.train(network, folder / "one")
    theirs = torch.load(folder / "plain" / "weights.pt")
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, theirs[name], rtol=0, atol=1e-6)
    record = training.Run.load(folder / "plain" / "run.json")
    assert record.processes == 2
    assert record.history.step_loss == pytest.approx(run.history.step_loss, rel=1e-4)
    assert record.history.train_accuracy == run.history.train_accuracy
    assert record.history.validation_accuracy == run.history.validation_accuracy


def test_two_processes_go_on_where_they_stopped(folder):
    one, two = (torch.load(folder / name / "weights.pt") for name in ("whole", "in two sittings"))
    assert one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def test_one_process_does_not_go_on_where_two_stopped(folder):
    with pytest.raises(ValueError, match="processes, number: 2 there, 1 here"):
        two_processes.train(two_processes.small.network(), folder / "whole")


def test_variables_of_torchrun_in_part(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    with pytest.raises(ValueError, match="LOCAL_RANK, MASTER_ADDR, MASTER_PORT is not set: use torchrun"):
        processes(cuda=False)
