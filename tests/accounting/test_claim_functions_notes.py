"""The ledger's functions for windows, training rules and dense evaluation, against other ways to the same numbers."""

from fractions import Fraction

import numpy as np
import pytest

from course_utils.accounting.claim_functions import layouts, notes, training_rules
from course_utils.layers import conv2d_forward, im2col, max_pool2d_forward


def test_windows_of_the_numpy_example():
    assert [layouts.window(place, 5, 2) for place in range(4)] == [(0, 5), (2, 7), (4, 9), (6, 11)]


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_taps_are_the_inputs_of_a_dilated_convolution(dilation):
    x = np.arange(12.0).reshape(1, 1, 1, 12)
    weight = np.array([1.0, 100.0, 10000.0]).reshape(1, 1, 1, 3)
    out, _ = conv2d_forward(x, weight, dilation=(1, dilation))
    first, second, third = layouts.taps(3, dilation)
    assert out[0, 0, 0, 0] == first + 100 * second + 10000 * third
    assert layouts.dilation_of(first, second, third) == dilation


def test_uneven_taps_have_no_dilation():
    with pytest.raises(ValueError, match="evenly"):
        layouts.dilation_of(0, 1, 3)
    with pytest.raises(ValueError, match="at least two"):
        layouts.dilation_of(5)


def test_paddings_that_fit_a_5x5_at_stride_2():
    assert layouts.paddings_that_fit(32, 5, 2) == 0
    assert layouts.paddings_that_fit(33, 5, 2) == 5


def test_each_of_four_settings_changes_the_volume():
    assert layouts.settings_that_change_the_volume() == 4


def test_columns_have_the_shape_of_im2col():
    columns = im2col(np.zeros((1, 3, 23, 23)), 5, 3, 1)
    assert layouts.columns_shape(23, 3, 5, 3, 1) == columns.shape[-2:]


@pytest.mark.parametrize(("kernel_size", "stride"), [(2, 2), (3, 2), (2, 1)])
def test_max_pooled_is_max_pooling(kernel_size, stride):
    picture = np.random.default_rng(0).integers(0, 50, (6, 7))
    out, _ = max_pool2d_forward(picture[None, None].astype(float), kernel_size, stride)
    assert layouts.max_pooled(tuple(map(tuple, picture.tolist())), kernel_size, stride) == tuple(out.ravel())


def test_normalised_batch_has_mean_0_and_variance_1_and_can_be_restored():
    batch = (3, -1, 12, 5, 5)
    assert training_rules.normalised_mean(*batch) == 0
    assert training_rules.normalised_variance(*batch) == 1
    assert training_rules.identity_error(*batch) == 0


def test_moving_average_after_many_steps():
    assert training_rules.moving_average(1, Fraction(1, 10)) == Fraction(1, 10)
    assert training_rules.moving_average(3, 0.1) == pytest.approx(1 - 0.9**3)
    assert training_rules.moving_average(2, 0.5, value=4, start=8) == 5


def test_dropout_agrees_when_scaled_once():
    drop = Fraction(1, 5)
    assert training_rules.dropout_ratio(drop, training_scale=1 / (1 - drop)) == 1
    assert training_rules.dropout_ratio(drop, test_scale=1 - drop) == 1
    assert training_rules.dropout_ratio(drop) == Fraction(5, 4)


def test_the_gain_of_he_keeps_the_mean_square():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 400))
    weight = rng.normal(scale=np.sqrt(training_rules.gain_through_relu() / 400), size=(400, 400))
    assert (np.maximum(x @ weight, 0) ** 2).mean() == pytest.approx(1, rel=0.03)


def test_stride_16_from_32_takes_four_passes():
    assert notes.passes_for_stride(32, 16) == 4
    assert notes.passes_for_stride(32, 8) == 16
    assert notes.passes_for_stride(32, 32) == 1


def test_cells_of_a_crop_that_differ_are_those_that_do():
    """A small network on a crop and on the whole picture, in numbers."""
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(1, 1, 3, 3)) for _ in range(3)]

    def network(x):
        for place, weight in enumerate(weights):
            x, _ = conv2d_forward(x, weight, padding=1)
            if place:
                x, _ = max_pool2d_forward(x, 2)
        return x

    picture = rng.normal(size=(1, 1, 64, 64))
    whole, crop = network(picture), network(picture[:, :, 16:48, 16:48])
    differ = np.abs(whole[:, :, 4:12, 4:12] - crop) > 1e-12
    assert notes.cells_of_a_crop_that_differ(32, 2, 1) == differ.sum()
    assert 0 < differ.sum() < differ.size


def test_of_a_vgg_crop_the_centre_alone_is_the_same():
    assert notes.cells_of_a_crop_that_differ(224, 2, 2, 3, 3, 3) == 48


def test_activations_fill_the_memory_of_large_batches_alone():
    small, large = (notes.percent_activations(15_237_608, 138_357_544, batch) for batch in (1, 64))
    assert small < 10
    assert large > 80


def test_bytes_per_number_are_what_an_array_takes():
    assert notes.bytes_per_number("float32") == np.zeros(1, np.float32).nbytes == 4
    assert notes.bytes_per_number("float64") == np.zeros(1).nbytes == 8


def test_pooling_layers_of_alexnet_and_vgg():
    assert notes.pooling_layers("alexnet_227") == 3
    assert notes.pooling_layers("vgg16") == 5
