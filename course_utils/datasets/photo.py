"""A photograph to filter."""

import numpy as np

from course_utils.datasets.resize import area_average

SMALLEST, LARGEST = 16, 512


def photograph(gray: bool = False, size: int = 240) -> np.ndarray:
    """A portrait of Grace Hopper, (3, size, size) float32 in [0, 1], or (size, size) when `gray`.

    The upper square of the picture, resized by area averaging, so that no detail aliases.
    Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Source: `grace_hopper.jpg` in matplotlib's sample data, a photograph by James S. Davis for the United States Navy,
    1984, in the public domain.
    Raises ValueError if size is not a whole number from 16 to 512.
    """
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not SMALLEST <= size <= LARGEST:
        raise ValueError(f"size must be a whole number of pixels from {SMALLEST} to {LARGEST}, got {size!r}")
    # matplotlib is imported here because the other data sets need NumPy alone.
    from matplotlib import cbook, image

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        pixels = image.imread(file, format="jpg")
    width = pixels.shape[1]
    photo = pixels[:width].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    photo = area_average(photo, size, size)
    if not gray:
        return photo
    return np.tensordot(np.array([0.299, 0.587, 0.114], dtype=np.float32), photo, axes=1)
