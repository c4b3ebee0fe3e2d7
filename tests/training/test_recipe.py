"""Recipes: what they refuse, how they change, and that the named ones can be trained."""

import pytest
import torch

from course_utils import models, training
from course_utils.training import Recipe
from course_utils.training.recipe import recipe_from
from course_utils.training.schedule import learning_rate


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, got 0"),
        ({"batch_size": 1.5}, "batch_size must be a whole number"),
        ({"batch_size": True}, "batch_size must be a whole number"),
        ({"lr": 0}, "lr must be a number above 0, got 0"),
        ({"lr": float("nan")}, "lr must be a number above 0, got nan"),
        ({"momentum": 1}, "momentum must be a number at least 0 and below 1, got 1"),
        ({"weight_decay": -1}, "weight_decay must be a number at least 0"),
        ({"schedule": "steps"}, "schedule must be one of 'constant', 'step', 'cosine', 'plateau', got 'steps'"),
        ({"precision": "half"}, "precision must be one of"),
        ({"schedule": "step"}, "needs milestones"),
        ({"schedule": "step", "milestones": (5, 3)}, "milestones must be epochs in rising order"),
        ({"schedule": "plateau"}, "the test data must not decide anything: set held_out"),
        ({"nesterov": True, "momentum": 0}, "nesterov needs a momentum above 0"),
        ({"warmup_epochs": 10}, "warmup_epochs must be fewer than epochs, 10, got 10"),
    ],
)
def test_what_a_recipe_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**changes)


def test_unknown_field_is_told_with_the_nearest():
    with pytest.raises(TypeError, match="a recipe has no 'batchsize'; did you mean batch_size"):
        Recipe().changed(batchsize=3)


def test_other_epochs_keep_the_shape_of_the_schedule():
    short = training.recipe("cifar-resnet110").changed(epochs=82)
    assert (short.milestones, short.warmup_epochs) == ((41.0, 61.5), 0.5)
    assert training.recipe("cifar-resnet20").changed(epochs=82, milestones=(1,)).milestones == (1,)


def test_plain_values_and_back():
    for name in training.recipes():
        recipe = training.recipe(name)
        assert recipe_from(recipe.as_dict()) == recipe


@pytest.mark.parametrize("name", training.recipes())
def test_named_recipes_fit_their_networks(name):
    recipe = training.recipe(name)
    assert recipe.name == name and recipe.source
    channels = 1 if recipe.data in ("digits", "mnist") else 3
    network = models.create(recipe.network, 10, channels, device="meta", **recipe.options)
    side = 32 * recipe.enlarge
    assert network.eval()(torch.empty(2, channels, side, side, device="meta")).shape == (2, 10)


def test_unknown_recipe_is_told_with_the_nearest():
    with pytest.raises(ValueError, match=r"there is no recipe called 'cifar-resnet21'; did you mean .*cifar-resnet20"):
        training.recipe("cifar-resnet21")


def test_the_papers_recipe_has_its_iterations():
    """He et al. 2015, section 4.2: 64k iterations of 128 pictures, a tenth of the rate at 32k and at 48k."""
    recipe = training.recipe("cifar-resnet20")
    steps = -(-50_000 // recipe.batch_size)
    assert [round(epochs * steps, -3) for epochs in (*recipe.milestones, recipe.epochs)] == [32_000, 48_000, 64_000]
    assert (recipe.lr, recipe.momentum, recipe.weight_decay, recipe.padding) == (0.1, 0.9, 1e-4, 4)
    assert recipe.flip and recipe.decay_all


# The schedules


def test_step():
    recipe = Recipe(schedule="step", milestones=(2, 3), lr=0.1, epochs=4)
    rates = [learning_rate(recipe, epoch) for epoch in (0, 1.99, 2, 2.99, 3, 3.99)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_warm_up_then_cosine():
    recipe = Recipe(schedule="cosine", warmup_epochs=2, epochs=6, lr=0.4)
    rates = [learning_rate(recipe, epoch) for epoch in (0, 0.5, 1, 2, 4, 6)]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.4, 0.2, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("losses", "rate"),
    [
        ((), 1),
        ((3, 2, 1, 0.5), 1),
        ((3, 3, 3), 1),
        ((3, 3, 3, 3), 0.1),
        ((3, 3, 3, 2, 2, 2), 1),
        ((1, 2, 2, 2, 2, 2, 2), 0.01),
    ],
)
def test_plateau(losses, rate):
    recipe = Recipe(schedule="plateau", held_out=10, patience=2, lr=1, epochs=20)
    assert learning_rate(recipe, len(losses) + 0.5, losses) == pytest.approx(rate)


def test_plateau_is_that_of_torch():
    losses = [5, 4, 4, 4, 3.5, 3.6, 3.7, 3.5, 3.9, 3.9, 3.9, 3.4, 3.4, 3.4, 3.4]
    recipe = Recipe(schedule="plateau", held_out=10, patience=2, lr=1, epochs=20)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=2, threshold=0)
    for epoch, loss in enumerate(losses, start=1):
        theirs.step(loss)
        assert learning_rate(recipe, epoch, losses[:epoch]) == pytest.approx(optimizer.param_groups[0]["lr"])


def test_constant():
    assert learning_rate(Recipe(lr=0.3), 7.5) == 0.3
