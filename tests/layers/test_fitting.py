import numpy as np
import pytest

from course_utils.layers import (
    SGD,
    BatchNorm1d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    ReduceLROnPlateau,
    ReLU,
    Sequential,
    StepLR,
    accuracy,
    fit,
    hinge_loss,
    softmax_cross_entropy,
    train_step,
)


def blobs(n, seed=0):
    """Points (n, 4) around three corners, float32, and which corner: easy to learn."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    return (np.eye(3, 4)[labels] * 3 + rng.standard_normal((n, 4))).astype(np.float32), labels


def small(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Linear(4, 8, rng=rng), BatchNorm1d(8), ReLU(), Dropout(0.1, rng=rng), Linear(8, 3, rng=rng))


def quiet(network, train, validation=None, **settings):
    return fit(network, train, validation, progress=False, **settings)


def test_a_step_is_forward_loss_backward_update(rng):
    network, twin, (x, labels) = small(), small(), blobs(10)
    optimizer = SGD(network.parameters(), lr=0.1)
    value, scores = train_step(network.eval(), optimizer, x, labels)
    expected = twin(x)
    loss, dscores = softmax_cross_entropy(expected, labels)
    twin.backward(dscores)
    assert value == loss
    np.testing.assert_array_equal(scores, expected)
    for moved, before in zip(network.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(moved.data, before.data - 0.1 * before.grad, rtol=1e-6, atol=1e-7)
    value, _ = train_step(network, optimizer, x, labels, hinge_loss)
    assert value > 0


def test_it_learns_and_tells_what_it_saw():
    network = small()
    train, validation = blobs(300), blobs(100, seed=1)
    optimizer = SGD(network.parameters(), lr=0.1, momentum=0.9)
    history = quiet(network, train, validation, epochs=4, batch_size=32, optimizer=optimizer)
    for entries in (history.train_loss, history.train_accuracy, history.validation_loss, history.validation_accuracy):
        assert len(entries) == 4
        assert all(type(entry) is float for entry in entries)
    assert history.train_loss[-1] < history.train_loss[0] / 2
    assert history.validation_accuracy[-1] == accuracy(network, *validation) > 0.9
    scores = network.predict(validation[0])
    assert history.validation_loss[-1] == pytest.approx(float(softmax_cross_entropy(scores, validation[1])[0]))
    assert history.lr == [0.1] * 4
    assert all(seconds > 0 for seconds in history.seconds)
    assert not history.interrupted


def test_the_training_numbers_are_means_over_all_pictures():
    seen = []

    def step(network, optimizer, x, labels, loss):
        seen.append((len(labels), float(len(seen))))
        scores = np.zeros((len(labels), 3))
        scores[0, labels[0]] = 1
        scores[np.arange(1, len(labels)), (labels[1:] + 1) % 3] = 1
        return seen[-1][1], scores

    history = quiet(small(), blobs(10), batch_size=4, step=step)
    assert [count for count, _ in seen] == [4, 4, 2]
    assert history.train_loss == [(0 * 4 + 1 * 4 + 2 * 2) / 10]
    assert history.train_accuracy == [3 / 10]


def test_every_picture_is_shown_once_an_epoch_in_a_new_order():
    images, labels = np.arange(10, dtype=np.float32)[:, None] * np.ones(4, np.float32), np.arange(10) % 3
    shown = []

    def step(network, optimizer, x, y, loss):
        assert (y == x[:, 0].astype(int) % 3).all()
        shown.append(x[:, 0])
        return 0.0, np.zeros((len(y), 3))

    quiet(small(), (images, labels), epochs=2, batch_size=3, step=step)
    first, second = np.concatenate(shown[:4]), np.concatenate(shown[4:])
    assert sorted(first) == sorted(second) == list(range(10))
    assert (first != second).any()
    assert (first != np.arange(10)).any()


def test_a_seed_gives_the_same_run_again():
    def run(seed):
        network = small()
        history = quiet(network, blobs(100), blobs(30, 1), epochs=2, rng=np.random.default_rng(seed))
        history.seconds.clear()
        return history, network.predict(blobs(5)[0])

    (first, scores), (again, same) = run(3), run(3)
    assert first == again
    np.testing.assert_array_equal(scores, same)
    assert run(4)[0] != first


def test_without_an_optimizer_it_is_sgd_with_momentum():
    networks = small(), small()
    quiet(networks[0], blobs(64), epochs=2)
    quiet(networks[1], blobs(64), epochs=2, optimizer=SGD(networks[1].parameters(), lr=0.01, momentum=0.9))
    for one, other in zip(*(network.parameters() for network in networks), strict=True):
        np.testing.assert_array_equal(one.data, other.data)


def test_schedules_are_stepped_after_every_epoch():
    network = small()
    optimizer = SGD(network.parameters(), lr=0.1)
    history = quiet(network, blobs(20), epochs=4, optimizer=optimizer, schedule=StepLR(optimizer, 2, 0.5))
    assert history.lr == [0.1, 0.1, 0.05, 0.05]


@pytest.mark.parametrize("validation", [None, blobs(20)])
def test_a_plateau_is_one_of_the_validation_loss_or_else_of_the_training_loss(validation):
    network, values = small(), iter([3.0, 3.0, 1.0, 1.0])
    optimizer = SGD(network.parameters(), lr=0.1)
    schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=0)

    def step(network, optimizer, x, labels, loss):
        return next(values), np.zeros((len(labels), 3))

    def loss(scores, labels):
        return 5.0, np.zeros_like(scores)

    history = quiet(
        network, blobs(10), validation, epochs=4, optimizer=optimizer, schedule=schedule, step=step, loss=loss
    )
    assert history.lr == ([0.1, 0.1, 0.05, 0.05] if validation is None else [0.1, 0.1, 0.05, 0.025])


def test_augmentation_changes_what_is_shown_and_nothing_else():
    train = blobs(20)
    before, shown = train[0].copy(), []

    def step(network, optimizer, x, labels, loss):
        shown.append(x)
        return 0.0, np.zeros((len(labels), 3))

    def augment(x, rng):
        return x + rng.random()

    quiet(small(), train, batch_size=20, epochs=2, augment=augment, step=step)
    np.testing.assert_array_equal(train[0], before)
    assert all(x.sum() > before.sum() for x in shown)
    assert shown[0].sum() != shown[1].sum()


def test_an_interrupt_keeps_the_history_so_far():
    steps = iter(range(100))

    def step(network, optimizer, x, labels, loss):
        if next(steps) == 5:
            raise KeyboardInterrupt
        return 1.0, np.zeros((len(labels), 3))

    history = quiet(small(), blobs(20), blobs(20), epochs=9, batch_size=10, step=step)
    assert history.interrupted
    assert history.train_loss == [1.0, 1.0]
    assert {len(getattr(history, name)) for name in ("validation_loss", "seconds", "lr", "train_accuracy")} == {2}


def test_an_interrupt_while_validating_drops_the_epoch():
    calls = iter(range(100))

    def loss(scores, labels):
        # Calls take turns: three batches, then the validation.
        if next(calls) == 7:
            raise KeyboardInterrupt
        return softmax_cross_entropy(scores, labels)

    history = quiet(small(), blobs(30), blobs(20), epochs=9, batch_size=10, loss=loss)
    assert history.interrupted
    assert len(history.train_loss) == len(history.validation_loss) == len(history.seconds) == 1


@pytest.mark.parametrize("progress", [True, False])
def test_the_progress_bar_goes_to_stderr_and_leaves_nothing_behind(progress, capsys):
    fit(small(), blobs(50), epochs=2, batch_size=10, progress=progress)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("epoch 1 of 2" in captured.err) is progress
    assert captured.err.split("\r")[-1].strip() == ""


def test_accuracy_is_the_share_of_right_pictures():
    class Fixed(Sequential):
        def forward(self, x):
            return x

    scores = np.eye(3, dtype=np.float32)[[0, 1, 2, 2]]
    assert accuracy(Fixed(), scores, np.array([0, 1, 2, 0])) == 0.75


IMAGES, LABELS = blobs(10)


@pytest.mark.parametrize(
    ("train", "error", "message"),
    [
        ((IMAGES[:0], LABELS[:0]), ValueError, r"train holds no pictures, got shape \(0, 4\)"),
        ((IMAGES, LABELS[:9]), ValueError, r"train does not fit the network: labels must have shape \(10,\)"),
        (
            (IMAGES, np.where(np.arange(10) == 7, 3, LABELS)),
            ValueError,
            r"train does not fit the network: labels must be from 0 to 2, .*, but labels\[7\] is 3",
        ),
        ((IMAGES, LABELS.astype(float)), TypeError, "train does not fit the network: labels must be whole numbers"),
        (
            (IMAGES[:, :3], LABELS),
            ValueError,
            r"layer 0, Linear\(4, 8\), .* x has 3 features, but weight \(8, 4\) needs 4",
        ),
        ((IMAGES.astype(np.float64), LABELS), TypeError, "weight is float32, but x is float64"),
        ((IMAGES.astype(np.uint8), LABELS), TypeError, "images of train must be floating point, got uint8; .* / 255"),
        (IMAGES, TypeError, r"train must be a pair \(images, labels\), got ndarray"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_before_training(train, error, message):
    def step(*arguments):
        raise AssertionError("training began")

    with pytest.raises(error, match=message):
        quiet(small(), train, step=step)
    with pytest.raises(error, match=message.replace("train", "validation")):
        quiet(small(), blobs(10), train, step=step)


def test_pictures_of_another_size_are_refused_with_the_layer_and_what_it_needs():
    rng = np.random.default_rng(0)
    network = Sequential(Conv2d(1, 2, 5, rng=rng), Flatten(), Linear(2 * 28 * 28, 10, rng=rng))
    pictures = np.zeros((3, 1, 28, 28), np.float32), np.zeros(3, int)
    with pytest.raises(ValueError, match=r"layer 2, Linear\(1568, 10\), .* x has 1152 features, but .* needs 1568"):
        quiet(network, pictures)
    with pytest.raises(ValueError, match="layer 2"):
        accuracy(network, *pictures)


@pytest.mark.parametrize(
    ("setting", "message"), [({"epochs": -1}, "epochs must be"), ({"batch_size": 0}, "batch_size")]
)
def test_settings_out_of_range_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        quiet(small(), blobs(10), **setting)


def test_no_epochs_are_an_empty_history():
    assert quiet(small(), blobs(10), epochs=0).train_loss == []
