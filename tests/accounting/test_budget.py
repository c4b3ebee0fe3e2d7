"""The rule of thumb for training memory: what is there once, and what each picture adds."""

import pytest

from course_utils.accounting import training_memory


def test_each_part_alone():
    assert training_memory(0, 1, 1, optimizer_values=0) == 2 * 4
    assert training_memory(0, 1, 1) == 3 * 4
    assert training_memory(0, 1, 7, optimizer_values=2) == 4 * 4
    assert training_memory(1, 0, 7) == 7 * 4
    assert training_memory(5, 3, 2, bytes_per_value=2) == (9 + 10) * 2


def test_pictures_of_a_batch_share_the_parameters():
    one, two, three = (training_memory(100, 1000, batch) for batch in (1, 2, 3))
    assert three - two == two - one == 400


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"activations": -1}, "activations must be at least 0, got -1"),
        ({"parameters": -5}, "parameters must be at least 0, got -5"),
        ({"optimizer_values": -1}, "optimizer_values must be at least 0, got -1"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"bytes_per_value": 0}, "bytes_per_value must be at least 1, got 0"),
    ],
)
def test_impossible_counts_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        training_memory(**({"activations": 1, "parameters": 1, "batch_size": 1} | settings))
