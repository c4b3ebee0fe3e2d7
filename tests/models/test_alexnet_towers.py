"""Two towers are a convolution in two groups."""

import pytest
import torch
from torch.nn import functional

from course_utils.models.alexnet_towers import two_tower_conv


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 1), ((1, 3), (2, 0))])
def test_two_towers_are_two_groups(bias, stride, padding):
    generator = torch.Generator().manual_seed(1)
    x, weight, numbers = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((2, 6, 7, 5), (4, 3, 3, 2), (4,))
    )
    numbers = numbers if bias else None
    ours = two_tower_conv(x, weight, numbers, stride, padding)
    torch.testing.assert_close(ours, functional.conv2d(x, weight, numbers, stride, padding, groups=2))


@pytest.mark.parametrize("maps, filters, words", [(3, 4, "C must be even"), (4, 3, "K must be even")])
def test_halves_must_be_whole(maps, filters, words):
    with pytest.raises(ValueError, match=words):
        two_tower_conv(torch.zeros(1, maps, 3, 3), torch.zeros(filters, maps // 2, 2, 2))
