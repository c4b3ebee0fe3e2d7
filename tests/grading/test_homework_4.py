"""Homework 4: its declaration and its notebook, and the design task."""

import ast
import re

import jupytext
import numpy as np
import pytest

from course_utils.exercises import design as task
from course_utils.exercises import exercises, trials
from course_utils.exercises.trials import share
from course_utils.grading import design as designs
from course_utils.grading.assignments import ExerciseItem, QualityItem
from course_utils.grading.homework_4 import HOMEWORK_4
from course_utils.paths import NOTEBOOKS, ROOT, SOLUTIONS

torch = pytest.importorskip("torch")
recipe = pytest.importorskip("course_utils.models.designs")
PACKAGE = ROOT / "course_utils"
SOURCE = (SOLUTIONS / f"{HOMEWORK_4.file}.py").read_text(encoding="utf-8")
NAIVE = [("conv", 16, 5, 4), ("pool",), ("linear", 64), ("linear",)]
GOOD = [
    ("conv", 8),
    ("pool",),
    ("conv", 16),
    ("pool",),
    ("conv", 32),
    ("pool",),
    ("conv", 48),
    ("average",),
    ("linear",),
]
EVERY_KIND = [
    ("conv", 8, 5, 2),
    ("depthwise", 3, 1),
    ("block", 12, 2),
    ("bottleneck", 4),
    ("pool",),
    ("average",),
    ("linear", 20),
    ("linear",),
]


def test_it_is_worth_100_points_for_what_is_declared():
    assert HOMEWORK_4.points == 100
    for item in HOMEWORK_4.items:
        assert item.rubric.endswith(".")
        if isinstance(item, ExerciseItem):
            assert exercises()[item.name].lesson == "hw4"
            assert {"torchvision", "torch.hub", "timm"} <= set(item.forbidden)
        else:
            assert isinstance(item, QualityItem) and trials()[item.name].lesson == "hw4"


def test_the_headings_have_the_points_of_the_declaration():
    headings = re.findall(r"^### (\S+) · (\d+) points$", SOURCE, flags=re.MULTILINE)
    assert headings == [(item.name, f"{item.points:g}") for item in HOMEWORK_4.items]


def test_the_notebook_says_what_the_bands_and_the_budget_are():
    text = " ".join(SOURCE.split())
    item = HOMEWORK_4.item("design")
    for least, part in item.bands:
        assert f"{least:.0%}" in text and f"{least:.0%}" in item.rubric
        assert f"{part * item.points:g}" in item.rubric
    for number in (task.PARAMETERS, task.MACS, task.ACTIVATIONS, task.TRAIN, task.TEST):
        assert f"{number:,}" in text
    for kind in task.KINDS:
        assert f'`("{kind}"' in text
    assert f"{recipe.BATCH} pictures a step" in text and f"rises to {recipe.LR}" in text
    assert f"weight decay of {recipe.WEIGHT_DECAY}" in text and recipe.EPOCHS == 10 and "for ten epochs" in text


def test_the_learners_notebook_holds_no_solution():
    learner = jupytext.read(NOTEBOOKS / f"{HOMEWORK_4.file}.ipynb")
    cells = "\n".join(cell.source for cell in learner.cells if cell.cell_type == "code")
    assert cells.count("raise NotImplementedError") == 7
    assert "functional.pad" not in cells and "kaiming" not in cells and "survives" not in cells


# The design task: reading


@pytest.mark.parametrize("design", [NAIVE, GOOD, EVERY_KIND, tuple(map(list, GOOD))])
def test_a_sound_design_has_no_problem(design):
    assert task.problem(design) == ""


@pytest.mark.parametrize(
    ("design", "says"),
    [
        (None, "a design is a list"),
        ("conv", "a design is a list"),
        ({"conv": 3}, "a design is a list"),
        (np.zeros(3), "a design is a list"),
        ([], "from 1 to 24 layers"),
        ([("linear",)] * 25, "from 1 to 24 layers"),
        ([("conv", 8)], "layer 1: the last layer is"),
        ([("linear", 10)], "layer 1: ('linear',) gives the scores"),
        ([("linear",), ("linear",)], "layer 1: ('linear',) gives the scores"),
        (["conv", ("linear",)], "layer 1: a layer is a tuple"),
        ([(), ("linear",)], "layer 1: a layer is a tuple"),
        ([(3, 8), ("linear",)], "layer 1: a layer is a tuple"),
        ([("convolution", 8), ("linear",)], "layer 1: there is no kind 'convolution'"),
        ([("conv",), ("linear",)], "layer 1: write ('conv', channels, kernel_size, stride); this one has 0 numbers"),
        ([("pool", 2), ("linear",)], "layer 1: write ('pool',); this one has 1"),
        ([("conv", 8, 3, 1, 1), ("linear",)], "this one has 4 numbers"),
        ([("conv", 0), ("linear",)], "channels of 'conv' is a whole number from 1 to 512, got 0"),
        ([("conv", 10**30), ("linear",)], "channels of 'conv' is a whole number from 1 to 512, got int"),
        ([("conv", 8.0), ("linear",)], "whole number from 1 to 512, got float"),
        ([("conv", True), ("linear",)], "whole number from 1 to 512, got bool"),
        ([("conv", "8"), ("linear",)], "got str"),
        ([("conv", np.int64(8)), ("linear",)], "got int64"),
        ([("conv", 8, 4), ("linear",)], "kernel_size of 'conv' is odd"),
        ([("conv", 8, 3, 9), ("linear",)], "stride of 'conv' is a whole number from 1 to 4"),
        ([("average",), ("pool",), ("linear",)], "needs maps of 2x2"),
        ([*[("pool",)] * 6, ("linear",)], "layer 6, 'pool', needs maps of 2x2 at least, and gets 1x1"),
        ([("linear", 8), ("conv", 8), ("linear",)], "layer 2, 'conv', needs maps"),
        ([("linear", 4096), ("linear",)], "parameters, and the budget is 50,000"),
        ([("conv", 64), ("average",), ("linear",)], "multiply-accumulates for a picture, and the budget is 1,500,000"),
        ([("conv", 24, 1), ("average",), ("linear",)], "activations for a picture, and the budget is 60,000"),
    ],
    ids=str,
)
def test_a_problem_is_told_with_its_layer(design, says):
    told = task.problem(design)
    assert says.lower() in told.lower() and told.endswith(".") and told[0].isupper()


def test_a_huge_design_is_told_at_once_and_built_nowhere():
    design = [*[("conv", 512, 11)] * 20, ("linear", 4096), ("linear",)]
    assert "budget" in task.problem(design)


def test_what_is_built_is_what_was_counted():
    network, cost = task.network(EVERY_KIND), task.cost(EVERY_KIND)
    assert sum(parameter.numel() for parameter in network.parameters()) == cost.parameters
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    # By hand: a convolution of 5x5 to 8 maps of 16x16, and one of 3x3 for each of them.
    front = task.cost([("conv", 8, 5, 2), ("depthwise",), ("linear",)])
    assert front.macs == 16 * 16 * 8 * (75 + 9) + 10 * 8 * 16 * 16
    assert front.parameters == 8 * (75 + 9) + 4 * 8 + 10 * 8 * 16 * 16 + 10
    assert front.activations == 6 * 8 * 16 * 16 + 10


def test_numbers_left_out_are_the_usual_ones():
    assert task.cost([("conv", 8), ("block", 8), ("average",), ("linear",)]) == task.cost(
        [("conv", 8, 3, 1), ("block", 8, 1), ("average",), ("linear",)]
    )


# The design task: training


def test_the_same_design_and_seed_give_the_same_score_and_leave_chance_as_it_was():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    threads = torch.get_num_threads()
    first = task.accuracy(NAIVE, seed=3, epochs=1)
    task._accuracy.cache_clear()
    torch.rand(5)
    assert task.accuracy(NAIVE, seed=3, epochs=1) == first
    torch.manual_seed(7)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert task.accuracy(NAIVE, seed=4, epochs=1) != first


def test_a_naive_design_earns_a_little_and_the_order_of_designs_is_theirs():
    scores = [task.accuracy(design, seed=5) for design in ([("linear",)], NAIVE)]
    assert scores[0] < 0.18 < 0.2 <= scores[1] < 0.35
    assert [share(task.TRIAL.bands, score) for score in (*scores, 0.6, 0.9)] == [0.0, 0.2, 0.6, 1.0]


def test_a_design_with_a_problem_is_not_trained():
    with pytest.raises(ValueError, match="budget"):
        task.accuracy([("conv", 64), ("average",), ("linear",)])


def test_the_grader_draws_the_seed_and_hands_the_student_nothing():
    item = HOMEWORK_4.item("design")
    values, seed = item.inputs(np.random.default_rng(1))
    assert values == {}
    assert seed != item.inputs(np.random.default_rng(2))[1]


# What the notebook shows


def test_costs_are_shown_layer_by_layer(capsys):
    table = designs.costs(lambda: NAIVE)
    assert "18,330 of 50,000 parameters" in capsys.readouterr().out
    assert table.parameters == 18_330 and "Conv2d" in str(table)


def test_costs_of_what_is_open_or_wrong_are_told(capsys):
    def stub():
        raise NotImplementedError

    assert designs.costs(stub) is None and designs.costs(lambda: [("conv", 8)]) is None
    assert designs.costs(lambda: [1 // 0]) is None
    said = capsys.readouterr().out
    assert "not attempted" in said and "the last layer is" in said and "ZeroDivisionError" in said


# What the sandbox is given


def test_no_two_helpers_of_plans_have_one_name():
    """The sandbox knows them all by their names alone."""
    seen = {}
    for path in sorted((PACKAGE / "exercises").glob("*_runs.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert node.name not in seen, f"{node.name} stands in {path.name} and in {seen[node.name]}"
                seen[node.name] = path.name
