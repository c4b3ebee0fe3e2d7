"""Pictures side by side, a picture with its numbers, and what filters answer to a photograph."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils.figures.arguments import as_count, as_matrix, as_picture, same_length
from course_utils.figures.diagram import common_decimals, readable_on
from course_utils.figures.drawing import PAPER, RULE, SIGNED, SMALL, VERMILLION, Drawing, number, style
from course_utils.figures.grids import pixel_shades

WIDTH = 9.0
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

    cmap: "gray", where values within [0, 1] go from black to white as they are and others from smallest to largest; or
    "signed", blue below zero, white at zero and orange above, with a colour bar called `label`. With `shared_scale`
    all pictures of one channel use one scale. `alt` replaces the alternative text that is made from titles and sizes.
    """
    pictures = [as_picture(image, f"images[{i}]") for i, image in enumerate(images)]
    if titles is not None:
        same_length("images", pictures, "titles", titles)
    same_length("images", pictures, "images", pictures)
    if cmap not in COLORMAPS:
        raise ValueError(f'cmap must be "gray" or "signed", got {cmap!r}')

    scales = [_scale(picture, cmap) for picture in pictures]
    if shared_scale:
        scales = [(min(low for low, _ in scales), max(high for _, high in scales))] * len(pictures)
    bars = cmap == "signed" and any(picture.ndim == 2 for picture in pictures)
    each = min(WIDTH / len(pictures), TALLEST * max(p.shape[1] / p.shape[0] for p in pictures) + 0.2)
    tall = max(each * p.shape[0] / p.shape[1] for p in pictures)
    figure = Figure(figsize=(each * len(pictures), min(tall, TALLEST + 0.4) + 0.35 * bool(titles) + 0.75 * bars))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(1, len(pictures), squeeze=False)[0]
    for i, (ax, picture, (low, high)) in enumerate(zip(axes, pictures, scales, strict=True)):
        shown = show_picture(ax, picture, cmap, low, high)
        if titles is not None:
            ax.set_title(titles[i])
        if bars and picture.ndim == 2 and not shared_scale:
            color_bar(figure, shown, [ax], high, label)
    if bars and shared_scale:
        color_bar(figure, shown, list(axes), scales[0][1], label)
    return Drawing(figure, alt or _row_alt(pictures, titles, scales, cmap))


@style()
def zoom(image: np.ndarray, row: int, column: int, size: int = 8, title: str | None = None) -> Drawing:
    """A gray picture (H, W) with a square of `size` pixels outlined at (row, column), and beside it those numbers."""
    image = as_matrix(image, "image")
    size = as_count(size, "size", 2, min(12, *image.shape))
    row = as_count(row, "row", 0, image.shape[0] - size)
    column = as_count(column, "column", 0, image.shape[1] - size)
    patch = image[row : row + size, column : column + size]
    figure = Figure(figsize=(WIDTH, WIDTH * 0.49))
    figure.set_layout_engine("constrained")
    whole, close = figure.subplots(1, 2)
    show_picture(whole, image, "gray", *_scale(image, "gray"))
    for color, width in ((PAPER, 5), (VERMILLION, 2.5)):
        whole.add_patch(Rectangle((column - 0.5, row - 0.5), size, size, fill=False, edgecolor=color, lw=width))
    whole.set_title(title or f"{image.shape[0]} × {image.shape[1]} pixels")
    draw_numbers(close, patch, np.repeat(np.clip(patch, 0, 1)[..., None], 3, axis=-1))
    close.set_title(f"rows {row} to {row + size - 1}, columns {column} to {column + size - 1}")
    decimals = common_decimals(patch)
    return Drawing(
        figure,
        f"A picture of {image.shape[0]} by {image.shape[1]} pixels with a square outlined at row {row}, column {column}, "
        f"and beside it the {size} by {size} numbers in the square, from {number(patch.min(), decimals)} "
        f"to {number(patch.max(), decimals)}.",
    )


@style()
def filter_responses(
    image: np.ndarray, kernels: Mapping[str, np.ndarray], responses: Mapping[str, np.ndarray]
) -> Drawing:
    """A picture, hand-made kernels as grids of numbers, and under each kernel its response, blue below zero, orange above.

    kernels: name → (KH, KW), up to five. responses: the same names → (H', W').
    """
    picture = as_picture(image, "image")
    if list(kernels) != list(responses):
        raise ValueError(f"responses must have the names of kernels, {list(kernels)}, got {list(responses)}")
    if not 1 <= len(kernels) <= 5:
        raise ValueError(f"kernels must hold one to five filters, got {len(kernels)}")
    numbers = {name: as_matrix(kernel, f"kernels[{name!r}]", 7) for name, kernel in kernels.items()}
    maps = {name: as_matrix(response, f"responses[{name!r}]") for name, response in responses.items()}

    columns = len(numbers) + 1
    each = min(WIDTH / columns, 2.6)
    ratio = picture.shape[0] / picture.shape[1]
    figure = Figure(figsize=(each * columns, each * (0.75 + ratio) + 1.1))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(2, columns, squeeze=False, height_ratios=(0.75, ratio))
    axes[0, 0].set_axis_off()
    show_picture(axes[1, 0], picture, "gray", *_scale(picture, "gray"))
    axes[1, 0].set_title("picture")
    # An empty colour bar's space under the picture would misalign it with the responses, so it hangs from the top.
    axes[1, 0].set_anchor("N")
    for i, name in enumerate(numbers, start=1):
        draw_numbers(axes[0, i], numbers[name], pixel_shades(numbers[name] - 1e-12))
        axes[0, i].set_title(name)
        low, high = _scale(maps[name], "signed")
        shown = show_picture(axes[1, i], maps[name], "signed", low, high)
        axes[1, i].set_anchor("N")
        color_bar(figure, shown, [axes[1, i]], high, "response")
    return Drawing(
        figure,
        f"A picture, {'one kernel' if len(numbers) == 1 else f'{len(numbers)} kernels'} as numbers, and the response of each: "
        + "; ".join(f"{name}, from {number(m.min(), 2)} to {number(m.max(), 2)}" for name, m in maps.items())
        + ". Blue is below zero, white zero, orange above.",
    )


def show_picture(ax: Axes, picture: np.ndarray, cmap: str, low: float, high: float):
    """Draw a picture without ticks, in a hairline frame. Returns the image, for a colour bar."""
    shown = ax.imshow(picture, cmap=SIGNED if cmap == "signed" else "gray", vmin=low, vmax=high)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(visible=True, color=RULE, linewidth=0.8)
    return shown


def draw_numbers(ax: Axes, values: np.ndarray, faces: np.ndarray) -> None:
    """Draw a small matrix as coloured cells with its numbers in an axes."""
    decimals = common_decimals(values)
    show_picture(ax, faces, "gray", 0, 1)
    for edge in range(1, values.shape[1]):
        ax.axvline(edge - 0.5, color=RULE, lw=0.8)
    for edge in range(1, values.shape[0]):
        ax.axhline(edge - 0.5, color=RULE, lw=0.8)
    for i, j in np.ndindex(values.shape):
        text = number(values[i, j], decimals)
        ax.text(j, i, text, ha="center", va="center_baseline", fontsize=SMALL, color=readable_on(faces[i, j]))


def _scale(picture: np.ndarray, cmap: str) -> tuple[float, float]:
    low, high = float(picture.min()), float(picture.max())
    if cmap == "signed":
        most = max(abs(low), abs(high)) or 1.0
        return -most, most
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return low, high


def color_bar(figure: Figure, shown, axes: list[Axes], most: float, label: str | None) -> None:
    bar = figure.colorbar(shown, ax=axes, location="bottom", shrink=0.9 if len(axes) == 1 else 0.5, aspect=18, pad=0.03)
    bar.set_ticks([-most, 0, most], labels=[number(-most, 2), "0", number(most, 2)])
    bar.outline.set(color=RULE, linewidth=0.8)
    if label:
        bar.set_label(label)


def _row_alt(pictures, titles, scales, cmap: str) -> str:
    names = titles or [f"picture {i + 1}" for i in range(len(pictures))]
    parts = [f"{name}, {p.shape[0]} by {p.shape[1]}" for name, p in zip(names, pictures, strict=True)]
    colors = ". Blue is below zero, white zero, orange above" if cmap == "signed" else ""
    count = "One picture" if len(parts) == 1 else f"{len(parts)} pictures side by side"
    return f"{count}: {'; '.join(parts)}{colors}."
