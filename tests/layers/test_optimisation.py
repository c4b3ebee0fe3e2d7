import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gradients import frozen, scattered

from course_utils.layers import SGD, ReduceLROnPlateau, StepLR, classical_momentum_step, sgd_momentum_step

STEPS = 50
SETTINGS = pytest.mark.parametrize(
    "settings",
    [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "weight_decay": 0.01},
        {"lr": 0.05, "momentum": 0.8, "weight_decay": 0.02},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.02, "nesterov": True},
    ],
    ids=lambda settings: ", ".join(f"{name}={value}" for name, value in settings.items()),
)


def parameter(data, grad=None):
    return SimpleNamespace(data=data, grad=grad)


def slope(weight):
    """The gradient of a bowl that is steeper along some axes and has its lowest point elsewhere."""
    return np.arange(1.0, weight.size + 1).reshape(weight.shape) * (weight - 1)


def by_functions(weight, settings, lrs):
    """The weights after each step of `sgd_momentum_step`."""
    velocity, path = np.zeros_like(weight), []
    for lr in lrs:
        weight, velocity = sgd_momentum_step(weight, slope(weight), velocity, **{"momentum": 0.0, **settings, "lr": lr})
        path.append(weight)
    return path


def by_torch(weight, settings, lrs):
    leaf = torch.nn.Parameter(torch.tensor(weight))
    optimizer, path = torch.optim.SGD([leaf], **settings), []
    for lr in lrs:
        optimizer.param_groups[0]["lr"] = lr
        leaf.grad = torch.tensor(slope(leaf.detach().numpy()))
        optimizer.step()
        path.append(leaf.detach().numpy().copy())
    return path


def by_class(weight, settings, lrs):
    one = parameter(weight.copy())
    optimizer, path = SGD([one], **settings), []
    for lr in lrs:
        optimizer.lr = lr
        one.grad = frozen(slope(one.data))
        optimizer.step()
        path.append(one.data.copy())
    return path


def test_by_hand():
    weight, velocity = np.array([1.0, 2.0]), np.array([10.0, 0.0])
    gradient = np.array([3.0, -1.0])
    got = sgd_momentum_step(weight, gradient, velocity, lr=0.1, momentum=0.5)
    np.testing.assert_allclose(got[1], [5 + 3, -1])
    np.testing.assert_allclose(got[0], [1 - 0.8, 2 + 0.1])
    got = sgd_momentum_step(weight, gradient, velocity, lr=0.1, momentum=0.5, weight_decay=2.0)
    np.testing.assert_allclose(got[1], [5 + 3 + 2, -1 + 4])
    np.testing.assert_allclose(got[0], [1 - 1.0, 2 - 0.3])
    got = sgd_momentum_step(weight, gradient, velocity, lr=0.1, momentum=0.5, nesterov=True)
    np.testing.assert_allclose(got[1], [8, -1])
    np.testing.assert_allclose(got[0], [1 - 0.1 * (3 + 4), 2 - 0.1 * (-1 - 0.5)])
    got = classical_momentum_step(weight, gradient, velocity, lr=0.1, momentum=0.5, weight_decay=2.0)
    np.testing.assert_allclose(got[1], [5 - 0.5, -0.3])
    np.testing.assert_allclose(got[0], [1 + 4.5, 2 - 0.3])


@SETTINGS
@pytest.mark.parametrize("changing", [False, True], ids=["lr fixed", "lr changes"])
def test_fifty_steps_agree_with_torch(settings, changing, rng):
    weight = rng.standard_normal((3, 4))
    lrs = [settings["lr"] * (0.5 ** (step // 10) if changing else 1) for step in range(STEPS)]
    expected = by_torch(weight, settings, lrs)
    for path in (by_functions(weight, settings, lrs), by_class(weight, settings, lrs)):
        np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-12)


def test_float32_stays_float32(rng):
    weight = rng.standard_normal(5).astype(np.float32)
    for step in (sgd_momentum_step, classical_momentum_step):
        new, velocity = step(weight, weight, weight, np.float64(0.1), np.float64(0.9), np.float64(0.01))
        assert new.dtype == velocity.dtype == np.float32
    assert by_class(weight, {"lr": np.float64(0.1), "momentum": 0.9}, [np.float64(0.1)])[0].dtype == np.float32


def test_steps_have_the_size_of_the_gradients_descent(rng):
    """Without momentum and decay a small step lowers a function by lr times the squared gradient."""
    weight = rng.standard_normal(6)
    lowest = np.arange(1.0, 7)

    def bowl(w):
        return 0.5 * (lowest * (w - 1) ** 2).sum()

    gradient = slope(weight)
    new, _ = sgd_momentum_step(weight, gradient, np.zeros(6), lr=1e-6, momentum=0.0)
    assert (bowl(weight) - bowl(new)) / 1e-6 == pytest.approx((gradient**2).sum(), rel=1e-4)


def two_paths(lrs, rng):
    """(weights, velocities) of both conventions on the same bowl."""
    start = rng.standard_normal(4)
    paths = []
    for step in (sgd_momentum_step, classical_momentum_step):
        weight, velocity, path = start, np.zeros(4), []
        for lr in lrs:
            weight, velocity = step(weight, slope(weight), velocity, lr=lr, momentum=0.9, weight_decay=0.01)
            path.append((weight, velocity))
        paths.append(path)
    return paths


def test_the_two_momenta_are_one_while_lr_stays(rng):
    for (weight, velocity), (other, scaled) in zip(*two_paths([0.02] * STEPS, rng), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-11)
        np.testing.assert_allclose(scaled, -0.02 * velocity, rtol=1e-10, atol=1e-14)


def test_the_two_momenta_part_when_lr_changes(rng):
    lrs = [0.02] * 5 + [0.002] * 5
    ours, classical = two_paths(lrs, rng)
    np.testing.assert_allclose(ours[4][0], classical[4][0], rtol=1e-12)
    # The first step after the change: here the old velocity counts a tenth, there it counts in full.
    moved, moved_classical = (path[5][0] - path[4][0] for path in (ours, classical))
    fresh = -0.002 * (slope(ours[4][0]) + 0.01 * ours[4][0])
    np.testing.assert_allclose(moved - fresh, (moved_classical - fresh) / 10, rtol=1e-10)
    assert np.abs(ours[9][0] - classical[9][0]).max() > 0.05


def test_pure_steps_leave_their_arguments_alone_wherever_they_lie(rng):
    plain = [rng.standard_normal((3, 4)) for _ in range(3)]
    for step in (sgd_momentum_step, classical_momentum_step):
        expected = step(*plain, lr=0.1, weight_decay=0.1)
        got = step(*[frozen(scattered(array)) for array in plain], lr=0.1, weight_decay=0.1)
        np.testing.assert_array_equal(got, expected)


@SETTINGS
def test_a_step_of_the_class_is_in_place_and_allocates_nothing(settings):
    one = parameter(np.ones((300, 300), np.float32), frozen(np.full((300, 300), 0.5, np.float32)))
    data, optimizer = one.data, SGD([one], **settings)
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert one.data is data
    assert peak < data.nbytes / 10


def test_parameters_go_their_own_ways_and_one_without_gradient_stays(rng):
    first, second, idle = (
        parameter(rng.standard_normal(3)),
        parameter(rng.standard_normal((2, 2))),
        parameter(np.ones(2)),
    )
    starts = [one.data.copy() for one in (first, second)]
    optimizer = SGD([first, second, idle], lr=0.1, momentum=0.9)
    for _ in range(3):
        for one in (first, second):
            one.grad = slope(one.data)
        optimizer.step()
    for one, start in zip((first, second), starts, strict=True):
        np.testing.assert_allclose(one.data, by_functions(start, {"momentum": 0.9}, [0.1] * 3)[-1], rtol=1e-13)
    np.testing.assert_array_equal(idle.data, [1, 1])


def both_schedules(make, make_torch, lr=0.4):
    """Our optimizer and PyTorch's, each with its schedule."""
    optimizer = SGD([parameter(np.zeros(1))], lr)
    in_torch = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr)
    schedules = make(optimizer), make_torch(in_torch)
    # PyTorch warns of a schedule that moves before its optimizer has.
    in_torch.step()
    return optimizer, schedules[0], in_torch, schedules[1]


@pytest.mark.parametrize(("step_size", "gamma"), [(1, 0.9), (3, 0.1), (10, 0.5), (4, 1.5)])
def test_step_schedule_is_torchs(step_size, gamma):
    optimizer, schedule, in_torch, theirs = both_schedules(
        lambda o: StepLR(o, step_size, gamma), lambda o: torch.optim.lr_scheduler.StepLR(o, step_size, gamma)
    )
    for _ in range(30):
        assert optimizer.lr == pytest.approx(in_torch.param_groups[0]["lr"], rel=1e-14)
        schedule.step()
        theirs.step()


def test_step_schedule_by_hand():
    optimizer = SGD([parameter(np.zeros(1))], lr=1.0)
    schedule, lrs = StepLR(optimizer, step_size=2), []
    for _ in range(5):
        lrs.append(optimizer.lr)
        schedule.step()
    assert lrs == pytest.approx([1, 1, 0.1, 0.1, 0.01])


LOSSES = {
    "falls": np.linspace(2, 1, 30),
    "stands still": np.ones(30),
    "falls and stands": np.maximum(np.linspace(2, -1, 30), 1),
    "jumps": np.random.default_rng(0).random(30),
    "falls too little": 1 - 1e-6 * np.arange(30),
    "rises": np.arange(30.0),
    "is lost": np.where(np.arange(30) > 4, np.nan, 1.0),
    "is negative": -np.abs(np.random.default_rng(1).standard_normal(30)),
}


@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize(("factor", "patience", "threshold"), [(0.1, 10, 1e-4), (0.5, 0, 1e-4), (0.2, 2, 0.1)])
def test_plateau_schedule_is_torchs(losses, factor, patience, threshold):
    optimizer, schedule, in_torch, theirs = both_schedules(
        lambda o: ReduceLROnPlateau(o, factor, patience, threshold),
        lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, factor=factor, patience=patience, threshold=threshold),
    )
    for loss in losses:
        schedule.step(loss)
        theirs.step(loss)
        assert optimizer.lr == pytest.approx(in_torch.param_groups[0]["lr"], rel=1e-14)


def test_plateau_schedule_by_hand():
    optimizer = SGD([parameter(np.zeros(1))], lr=1.0)
    schedule, lrs = ReduceLROnPlateau(optimizer, factor=0.5, patience=1), []
    for loss in (3.0, 2.0, 2.0, 2.0, 1.9, 1.9, 1.9):
        schedule.step(loss)
        lrs.append(optimizer.lr)
    assert lrs == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


REFUSED = {
    "lr": ({"lr": -0.1}, ValueError, r"lr must be at least 0 and finite, got -0\.1"),
    "lr, endless": ({"lr": float("inf")}, ValueError, "lr must be at least 0 and finite, got inf"),
    "lr, text": ({"lr": "0.1"}, TypeError, "lr must be a number, got '0"),
    "momentum 1": ({"momentum": 1.0}, ValueError, r"momentum must be at least 0 and below 1, got 1\.0"),
    "momentum": ({"momentum": -0.1}, ValueError, "momentum must be at least 0 and below 1"),
    "momentum, nan": ({"momentum": float("nan")}, ValueError, "momentum must be at least 0 and below 1, got nan"),
    "weight_decay": ({"weight_decay": -1}, ValueError, "weight_decay must be at least 0 and finite, got -1"),
}


@pytest.mark.parametrize(("settings", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_settings_are_refused(settings, error, message):
    settings = {"lr": 0.1, **settings}
    with pytest.raises(error, match=message):
        SGD([parameter(np.zeros(1))], **settings)
    for step in (sgd_momentum_step, classical_momentum_step):
        with pytest.raises(error, match=message):
            step(np.zeros(2), np.zeros(2), np.zeros(2), **settings)


def test_arrays_are_refused():
    for step in (sgd_momentum_step, classical_momentum_step):
        with pytest.raises(ValueError, match=r"gradient must have the shape of weight, \(2,\), got \(1,\)"):
            step(np.zeros(2), np.zeros(1), np.zeros(2), lr=0.1)
        with pytest.raises(TypeError, match="velocity is float32, but weight is float64"):
            step(np.zeros(2), np.zeros(2), np.zeros(2, np.float32), lr=0.1)
        with pytest.raises(TypeError, match="weight must be floating point, got int64"):
            step(np.zeros(2, int), np.zeros(2), np.zeros(2), lr=0.1)


def test_the_class_refuses():
    with pytest.raises(ValueError, match=r"parameters must hold at least one parameter, as network.parameters\(\)"):
        SGD([], lr=0.1)
    one = parameter(np.zeros((2, 3)), np.zeros(3))
    optimizer = SGD([one], lr=0.1)
    with pytest.raises(ValueError, match=r"grad must have the shape of data, \(2, 3\), got \(3,\)"):
        optimizer.step()
    optimizer.lr = -1
    with pytest.raises(ValueError, match="lr must be at least 0 and finite, got -1"):
        optimizer.step()


def test_schedules_refuse():
    optimizer = SGD([parameter(np.zeros(1))], lr=0.1)
    with pytest.raises(ValueError, match="step_size must be at least 1, got 0"):
        StepLR(optimizer, 0)
    with pytest.raises(ValueError, match="gamma must be at least 0 and finite, got -1"):
        StepLR(optimizer, 1, -1)
    with pytest.raises(ValueError, match="factor must be at least 0 and below 1, got 1"):
        ReduceLROnPlateau(optimizer, factor=1)
    with pytest.raises(ValueError, match="patience must be at least 0, got -1"):
        ReduceLROnPlateau(optimizer, patience=-1)
    with pytest.raises(ValueError, match="threshold must be at least 0 and finite, got -1"):
        ReduceLROnPlateau(optimizer, threshold=-1)
