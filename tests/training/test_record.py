"""Records of runs: there and back, damaged ones, lists, comparisons, figures."""

import dataclasses
import io
import json

import pytest
import small
from rich.console import Console

from course_utils import training
from course_utils.training import collection
from course_utils.training.record import duration, labels


@pytest.fixture(scope="module")
def run() -> training.Run:
    return training.fit(small.network(), small.data(), small.RECIPE, progress=False)


def other(run, **changes) -> training.Run:
    return dataclasses.replace(run, recipe=run.recipe.changed(**changes), started="2031-01-01T00:00:00+00:00")


def test_there_and_back(run, tmp_path):
    path = run.save(tmp_path / "deep" / "run.json")
    assert training.Run.load(path) == run
    written = json.loads(path.read_text())
    assert written["schema"] == 1 and written["recipe"]["lr"] == 0.05 and written["data"]["training"] == 100
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["run.json"]


def test_numbers_that_json_has_not(run, tmp_path):
    history = dataclasses.replace(run.history, validation_loss=[1.0, float("nan"), float("inf")])
    path = dataclasses.replace(run, history=history).save(tmp_path / "run.json")
    json.loads(path.read_text(), parse_constant=pytest.fail)
    loss = training.Run.load(path).history.validation_loss
    assert loss[0] == 1 and loss[1] != loss[1] and loss[2] != loss[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: {**values, "schema": 2}, "its schema is 2, and this course reads 1"),
        (lambda values: {name: value for name, value in values.items() if name != "torch"}, "has no 'torch'"),
        (lambda values: {**values, "recipe": {**values["recipe"], "lr": -1}}, "lr must be a number above 0"),
        (lambda values: {**values, "recipe": {"speed": 1}}, "a recipe has no 'speed'"),
        (lambda values: {**values, "data": {}}, "has no 'sha256'"),
        (lambda values: [1], "is not one"),
        (lambda values: {}, "has no 'schema'"),
    ],
)
def test_what_is_no_record(run, tmp_path, change, message):
    path = run.save(tmp_path / "run.json")
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ValueError, match=f"run.json should be the record of a training run, but .*{message}"):
        training.Run.load(path)


def test_file_cut_off(run, tmp_path):
    path = run.save(tmp_path / "run.json")
    path.write_text(path.read_text()[:300])
    with pytest.raises(ValueError, match=r"should be the record of a training run, but is not one.*move it away"):
        training.Run.load(path)


def test_long_runs_are_thinned_to_means():
    history = training.History(step_loss=[float(i) for i in range(2500)])
    thin = history.thinned()
    assert thin.steps_per_point == 3 and len(thin.step_loss) == 834
    assert thin.step_loss[:2] == [1.0, 4.0] and thin.step_loss[-1] == 2499
    assert thin.thinned() == thin


def test_best_epoch_is_by_held_out_pictures_alone():
    accuracy = [0.5, 0.9, 0.9, 0.7]
    assert training.History("held-out pictures", validation_accuracy=accuracy).best_epoch == 2
    assert training.History("test pictures", validation_accuracy=accuracy).best_epoch is None
    assert training.History("held-out pictures").best_epoch is None


def test_figure(run):
    alt = run.figure(dataclasses.replace(other(run, name="theirs"), recorded=True)).alt
    assert "small, loss on training data, from" in alt and "theirs (recorded), accuracy on test pictures" in alt


def test_labels(run):
    assert labels((run, other(run, name="b"))) == ["small", "b"]
    assert labels((run, other(run, seed=1))) == ["small, seed 0", "small, seed 1"]
    assert labels((run, run)) == ["small, seed 0, run 1", "small, seed 0, run 2"]


@pytest.mark.parametrize(
    ("seconds", "told"), [(3.21, "3.2 s"), (42.3, "42 s"), (185, "3 min 05 s"), (7800, "2 h 10 min"), (59.99, "60 s")]
)
def test_duration(seconds, told):
    assert duration(seconds) == told


# Collections


@pytest.fixture
def folders(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(collection, "RECORDED", tmp_path / "recorded")
    other(run, name="paper", epochs=4, published=0.9).save(tmp_path / "recorded" / "paper.json")
    run.save(training.own_folder() / "small-seed0" / "run.json")
    return tmp_path


def test_recorded_and_own_runs(run, folders):
    first, second = training.runs()
    assert first == run and not first.recorded
    assert second.name == "paper" and second.recorded
    assert training.runs(folders / "recorded")[0].name == "paper"
    assert training.runs(folders) == []


def test_damaged_record_is_passed_over_with_a_warning(folders):
    (folders / "recorded" / "bad.json").write_text("{")
    with pytest.warns(UserWarning, match="bad.json should be the record"):
        assert len(training.runs()) == 2


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"folder must be one with records of runs, got .*nowhere"):
        training.runs(tmp_path / "nowhere")


def test_no_runs_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setattr(collection, "RECORDED", tmp_path / "recorded")
    assert training.runs() == []


def test_chosen(folders):
    everything = training.runs()
    assert training.chosen([], everything) == everything
    assert [run.name for run in training.chosen(["paper"], everything)] == ["paper"]
    with pytest.raises(ValueError, match="there is no run of 'papers' on record; did you mean paper"):
        training.chosen(["papers"], everything)


def shown(table) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


def test_overview_and_comparison(run, folders):
    text = shown(training.overview(training.runs()))
    assert (
        "paper*" in text
        and "* recorded, with the course" in text
        and "90.00%" in text
        and f"{run.test_accuracy:.2%}" in text
        and "3 of 4" in text
    )
    text = shown(training.comparison(training.runs()))
    rows = {
        line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:4]]
        for line in text.splitlines()
        if "│" in line
    }
    assert rows["epochs"] == ["3", "3 of 4"] and rows["published"] == ["", "90.00%"]
    assert rows["warmup_epochs"][0] == "1" and "lr" not in rows
