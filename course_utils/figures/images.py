"""Pictures side by side, a picture with its numbers, and what filters answer to a photograph."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.figures.arguments import as_count, as_matrix, as_picture, same_length
from course_utils.figures.diagram import common_decimals
from course_utils.figures.drawing import PAPER, VERMILLION, Drawing, number, style
from course_utils.figures.grids import signed_shades
from course_utils.figures.page import BAR_HEIGHT, LABEL_HEIGHT, TITLE_HEIGHT, Page, title_height

WIDTH, GAP = 9.0, 0.15
TALLEST = 3.2
COLORMAPS = ("gray", "signed")


@style()
def image_row(
    images: Sequence[np.ndarray],
    titles: Sequence[str] | None = None,
    cmap: str = "gray",
    shared_scale: bool = False,
    label: str | None = None,
    alt: str | None = None,
) -> Drawing:
    """Pictures side by side: each (H, W), (1, H, W), or (3, H, W) colour in [0, 1].

    cmap: "gray", from black to white, where values within [0, 1] are shown as they are and others from smallest to
    largest; or "signed", blue below zero, white at zero, orange above. label: what the values measure; it is written at a
    colour bar, and gray then spans the values' own range. Signed pictures have a bar with or without one.
    With `shared_scale` all pictures of one channel use one scale. `alt` replaces the alternative text that is made from
    titles and sizes.
    """
    pictures = [as_picture(image, f"images[{i}]") for i, image in enumerate(images)]
    if titles is not None:
        same_length("images", pictures, "titles", titles)
    same_length("images", pictures, "images", pictures)
    if cmap not in COLORMAPS:
        raise ValueError(f'cmap must be "gray" or "signed", got {cmap!r}')

    scales = [_scale(picture, cmap, measured=label is not None) for picture in pictures]
    if shared_scale:
        flat = [scale for scale, picture in zip(scales, pictures, strict=True) if picture.ndim == 2] or scales
        scales = [(min(low for low, _ in flat), max(high for _, high in flat))] * len(pictures)
    bars = (cmap == "signed" or label is not None) and any(picture.ndim == 2 for picture in pictures)
    gap = GAP + 0.15 * bars
    wide = (WIDTH + gap) / len(pictures) - gap
    wide = min([wide] + [TALLEST * p.shape[1] / p.shape[0] for p in pictures])
    talls = [wide * p.shape[0] / p.shape[1] for p in pictures]
    top = title_height(titles or (), wide)
    foot = (0.1 + BAR_HEIGHT + LABEL_HEIGHT * bool(label)) * bars
    across = len(pictures) * (wide + gap) - gap
    page = Page(across, top + max(talls) + foot)
    for i, (picture, tall, (low, high)) in enumerate(zip(pictures, talls, scales, strict=True)):
        x = i * (wide + gap)
        _, shown = page.picture(x, top, wide, tall, picture, cmap, low, high, titles[i] if titles is not None else None)
        if picture.ndim == 2:
            scaled = shown
            if bars and not shared_scale:
                page.bar(x, top + max(talls) + 0.1, wide, shown, label)
    if bars and shared_scale:
        page.bar(across * 0.25, top + max(talls) + 0.1, across * 0.5, scaled, label)
    return page.finish(alt or _row_alt(pictures, titles, scales, cmap))


@style()
def zoom(image: np.ndarray, row: int, column: int, size: int = 8, title: str | None = None) -> Drawing:
    """A gray picture (H, W) with a square of `size` pixels outlined at (row, column), and beside it those numbers."""
    image = as_matrix(image, "image")
    size = as_count(size, "size", 2, min(12, *image.shape))
    row = as_count(row, "row", 0, image.shape[0] - size)
    column = as_count(column, "column", 0, image.shape[1] - size)
    patch = image[row : row + size, column : column + size]
    side = (WIDTH - 0.5) / 2
    wide = min(side, side * image.shape[1] / image.shape[0])
    tall = wide * image.shape[0] / image.shape[1]
    page = Page(wide + 0.5 + side, TITLE_HEIGHT + side)
    top = TITLE_HEIGHT + (side - tall) / 2
    whole, _ = page.picture(
        0,
        top,
        wide,
        tall,
        image,
        "gray",
        *_scale(image, "gray"),
        title or f"{image.shape[0]} × {image.shape[1]} pixels",
    )
    for color, width in ((PAPER, 5), (VERMILLION, 2.5)):
        whole.add_patch(Rectangle((column - 0.5, row - 0.5), size, size, fill=False, edgecolor=color, lw=width))
    faces = np.repeat(np.clip(patch, 0, 1)[..., None], 3, axis=-1)
    name = f"rows {row} to {row + size - 1}, columns {column} to {column + size - 1}"
    page.numbers(wide + 0.5, TITLE_HEIGHT, side, side, patch, faces, name)
    decimals = common_decimals(patch)
    return page.finish(
        f"A picture of {image.shape[0]} by {image.shape[1]} pixels with a square outlined at row {row}, column {column}, "
        f"and beside it the {size} by {size} numbers in the square, from {number(patch.min(), decimals)} "
        f"to {number(patch.max(), decimals)}.",
    )


@style()
def filter_responses(
    image: np.ndarray, kernels: Mapping[str, np.ndarray], responses: Mapping[str, np.ndarray]
) -> Drawing:
    """A picture, hand-made kernels as grids of numbers, and under each kernel its response.

    Responses are blue below zero and orange above. A kernel whose weights sum to one keeps the brightness, and its
    response is shown in gray, as a picture.
    kernels: name → (KH, KW), up to five. responses: the same names → (H', W').
    """
    picture = as_picture(image, "image")
    if list(kernels) != list(responses):
        raise ValueError(f"responses must have the names of kernels, {list(kernels)}, got {list(responses)}")
    if not 1 <= len(kernels) <= 5:
        raise ValueError(f"kernels must hold one to five filters, got {len(kernels)}")
    numbers = {name: as_matrix(kernel, f"kernels[{name!r}]", 7) for name, kernel in kernels.items()}
    maps = {name: as_matrix(response, f"responses[{name!r}]") for name, response in responses.items()}

    ratio = picture.shape[0] / picture.shape[1]
    if len(numbers) == 1:
        page = _three_in_a_row(picture, *numbers.items(), *maps.values(), ratio)
    else:
        page = _columns(picture, numbers, maps, ratio)
    return page.finish(
        f"A picture, {'one kernel' if len(numbers) == 1 else f'{len(numbers)} kernels'} as numbers, and the response of each: "
        + "; ".join(f"{name}, from {number(m.min(), 2)} to {number(m.max(), 2)}" for name, m in maps.items())
        + ". Blue is below zero, white zero, orange above; what keeps the brightness is gray.",
    )


def _three_in_a_row(picture, named_kernel, response, ratio: float) -> Page:
    """Picture, kernel, response."""
    name, values = named_kernel
    wide, kernel, gap = 3.0, 1.8, 0.5
    tall = wide * ratio
    page = Page(2 * (wide + gap) + kernel, TITLE_HEIGHT + max(tall, kernel) + 0.1 + BAR_HEIGHT)
    page.picture(0, TITLE_HEIGHT, wide, tall, picture, "gray", *_scale(picture, "gray"), "picture")
    middle = TITLE_HEIGHT + max(tall - kernel, 0) / 2
    page.numbers(wide + gap, middle, kernel, kernel, values, signed_shades(values), name)
    x = wide + kernel + 2 * gap
    _, shown = page.picture(x, TITLE_HEIGHT, wide, tall, response, *_response_map(values, response), "response")
    page.bar(x, TITLE_HEIGHT + tall + 0.1, wide, shown)
    return page


def _columns(picture, kernels, responses, ratio: float) -> Page:
    """The picture, then a column for each kernel with its response below."""
    gap, photo = 0.28, 2.3
    wide = min((WIDTH - photo) / len(kernels) - gap, 2.2)
    tall = wide * ratio
    kernel = min(wide, 1.4)
    first = title_height(kernels, wide)
    second = first + kernel + 1.3 * TITLE_HEIGHT
    page = Page(photo + len(kernels) * (wide + gap), second + tall + 0.1 + BAR_HEIGHT)
    page.picture(
        0, second + tall - photo * ratio, photo, photo * ratio, picture, "gray", *_scale(picture, "gray"), "picture"
    )
    for i, (name, values) in enumerate(kernels.items()):
        x = photo + gap + i * (wide + gap)
        page.numbers(x + (wide - kernel) / 2, first, kernel, kernel, values, signed_shades(values), name)
        response = responses[name]
        _, shown = page.picture(x, second, wide, tall, response, *_response_map(values, response), "response")
        page.bar(x, second + tall + 0.1, wide, shown)
    return page


def _response_map(kernel: np.ndarray, response: np.ndarray) -> tuple[str, float, float]:
    """Colour map, least and greatest value for a kernel's response."""
    if np.isclose(kernel.sum(), 1):
        return "gray", 0.0, 1.0
    return "signed", *_scale(response, "signed")


def _scale(picture: np.ndarray, cmap: str, measured: bool = False) -> tuple[float, float]:
    """Least and greatest value of the map. What is measured is seen best over its own range, with zero in it."""
    low, high = float(picture.min()), float(picture.max())
    if cmap == "signed":
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    if measured:
        return min(low, 0.0), high or 1.0
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return low, high


def _row_alt(pictures, titles, scales, cmap: str) -> str:
    names = titles or [f"picture {i + 1}" for i in range(len(pictures))]
    parts = [f"{name}, {p.shape[0]} by {p.shape[1]}" for name, p in zip(names, pictures, strict=True)]
    colors = ". Blue is below zero, white zero, orange above" if cmap == "signed" else ""
    count = "One picture" if len(parts) == 1 else f"{len(parts)} pictures side by side"
    return f"{count}: {'; '.join(parts)}{colors}."
