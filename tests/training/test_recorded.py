"""The runs that the course brings along: each is whole, says how it was made, and shows what the lessons say of it."""

import json
import re

import pytest

from course_utils import models, training
from course_utils.training.collection import RECORDED

FILES = sorted(RECORDED.glob("*.json"))
RUNS = {path.stem: training.Run.load(path) for path in FILES}


def test_there_are_runs_of_both_kinds_and_two_depths():
    assert {f"shapes-{kind}{depth}" for kind in ("plain", "resnet") for depth in (20, 56)} <= {*RUNS}
    assert {f"cifar-{kind}{depth}" for kind in ("plain", "resnet") for depth in (20, 56)} <= {*RUNS}


@pytest.mark.parametrize("name", RUNS)
def test_a_record_is_whole_and_of_a_clean_commit(name):
    run = RUNS[name]
    assert run.finished and not run.stopped
    assert run.name == name.partition("-seed")[0]
    assert re.fullmatch(r"[0-9a-f]{12}", run.commit)
    assert run.test_accuracy == run.history.validation_accuracy[-1]
    network = models.create(run.network, len(run.data["classes"]), run.data["size"][0], **run.recipe.options)
    assert run.parameters == sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_record_says_nothing_of_the_machine_it_was_made_on(path):
    assert not re.search(r'"[^"]*(/home|/root|/tmp|/Users|\\\\)', path.read_text())
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize("data", ["shapes", "cifar"])
def test_deep_plain_networks_train_worse_than_shallow_ones(data):
    assert last_loss(f"{data}-plain56") > last_loss(f"{data}-plain20") + 0.5


def test_a_deep_residual_network_is_no_worse_than_a_shallow_plain_one():
    assert last_loss("shapes-resnet56") < last_loss("shapes-plain20")
    # Six epochs are too few for that on CIFAR-10, but not for this.
    assert last_loss("cifar-resnet56") < last_loss("cifar-plain56") - 0.5


def last_loss(name):
    return RUNS[name].history.train_loss[-1]


def test_the_pictures_of_one_data_set_are_the_same_in_all_runs():
    of = {}
    for run in RUNS.values():
        of.setdefault(run.data["name"], set()).add(run.data["sha256"])
    assert all(len(hashes) == 1 for hashes in of.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_json_is_plain(path):
    json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"it holds {name}"))
