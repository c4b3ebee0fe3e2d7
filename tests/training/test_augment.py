"""Windows and mirror images: beside the same written picture by picture, and how chance decides."""

import numpy as np
import pytest
import torch

from course_utils.training.augment import augmented, draw

IMAGES = torch.arange(5 * 2 * 4 * 6, dtype=torch.float32).reshape(5, 2, 4, 6)


@pytest.mark.parametrize(("padding", "flip"), [(0, False), (2, False), (0, True), (1, True)])
def test_a_batch_is_its_pictures_one_by_one(padding, flip):
    draws = draw(seed=3, epoch=1, count=5, padding=padding, flip=flip)
    expected = []
    for place, index in enumerate(draws.order.tolist()):
        picture = np.pad(IMAGES[index].numpy(), ((0, 0), (padding, padding), (padding, padding)))
        row, column = (draws.rows[place], draws.columns[place]) if padding else (0, 0)
        window = picture[:, row : row + 4, column : column + 6]
        expected.append(window[:, :, ::-1] if flip and draws.mirrored[place] else window)
    np.testing.assert_array_equal(augmented(IMAGES, draws, padding), np.stack(expected))


def test_every_picture_comes_once_and_all_windows_occur():
    draws = draw(seed=0, epoch=0, count=5000, padding=2, flip=True)
    assert sorted(draws.order.tolist()) == list(range(5000))
    for place in (draws.rows, draws.columns):
        assert torch.bincount(place).tolist() == pytest.approx([1000] * 5, abs=150)
    assert draws.mirrored.float().mean().item() == pytest.approx(0.5, abs=0.03)


def test_seed_and_epoch_decide_and_nothing_else():
    first = draw(1, 2, 50, 2, True)
    torch.manual_seed(9)
    again = draw(1, 2, 50, 2, True)
    assert all(torch.equal(one, two) for one, two in zip(vars(first).values(), vars(again).values(), strict=True))
    for other in (draw(2, 2, 50, 2, True), draw(1, 3, 50, 2, True)):
        assert not torch.equal(first.order, other.order)
        assert not torch.equal(first.rows, other.rows)
        assert not torch.equal(first.mirrored, other.mirrored)


def test_shares_make_up_the_batch():
    batch = draw(0, 0, 20, 1, False).part(8, 15)
    shares = [batch.share(rank, 3) for rank in range(3)]
    assert [len(share.order) for share in shares] == [3, 2, 2]
    assert sorted(torch.cat([share.order for share in shares]).tolist()) == sorted(batch.order.tolist())
    assert torch.equal(shares[1].rows, batch.rows[[1, 4]]) and shares[0].mirrored is None
