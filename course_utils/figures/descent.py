"""How training moves: the path of a weight pair down a ravine, and the gradient that softmax sends back to the scores."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from course_utils.figures.arguments import as_count, as_matrix, as_vector
from course_utils.figures.charts import chart
from course_utils.figures.curves import LINES, MARKERS
from course_utils.figures.drawing import BLUE, INK, MUTED, ORANGE, PALETTE, RULE, Drawing, number, plural, style


@style()
def descent_paths(curvatures: tuple[float, float], paths: Mapping[str, np.ndarray]) -> Drawing:
    """Steps on the loss (a w0² + b w1²)/2, drawn as its contours, from the first point of each path to its last.

    curvatures: (a, b), both above zero. paths: {name: (steps + 1, 2) array}, up to 3, each a row of weight pairs.
    """
    curvatures = as_vector(curvatures, "curvatures")
    if len(curvatures) != 2 or curvatures.min() <= 0:
        raise ValueError(f"curvatures must be two numbers above zero, got {tuple(curvatures)}")
    if not 1 <= len(paths) <= 3:
        raise ValueError(f"paths must hold one to three paths, got {len(paths)}")
    paths = {name: as_matrix(path, f"paths[{name!r}]") for name, path in paths.items()}
    for name, path in paths.items():
        if path.shape[1] != 2:
            raise ValueError(f"paths[{name!r}] must have shape (steps + 1, 2), got {path.shape}")
    reach = 1.15 * np.max([np.abs(path).max(axis=0) for path in paths.values()], axis=0)
    figure, ax = chart(9.0, 4.2)
    across, down = (np.linspace(-1, 1, 201) * side for side in reach)
    loss = _loss(curvatures, np.stack(np.meshgrid(across, down), axis=-1))
    # Levels spaced as squares, so that the rings of a bowl lie evenly.
    ax.contour(across, down, loss, levels=loss.max() * np.linspace(0.04, 1, 14) ** 2, colors=RULE, linewidths=0.8)
    told = []
    for (name, path), color, line, marker in zip(paths.items(), PALETTE, LINES, MARKERS, strict=False):
        ax.plot(
            *path.T, color=color, ls=line, marker=marker, ms=5, markeredgecolor=INK, markeredgewidth=0.5, label=name
        )
        first, last = (_loss(curvatures, path[place]) for place in (0, -1))
        told.append(f"{name}, {plural(len(path) - 1, 'step')}, loss from {first:.3g} to {last:.2g}")
    ax.plot(0, 0, marker="+", ms=14, mew=2.5, color=INK, ls="none", label="lowest point")
    ax.set(xlabel="one weight", ylabel="another weight", xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    figure.legend(frameon=False, loc="outside lower center", ncols=4)
    return Drawing(figure, f"Paths down a ravine, drawn as contours of equal loss: {'; '.join(told)}.")


@style()
def score_gradient(probabilities: Sequence[float], label: int, classes: Sequence[str] | None = None) -> Drawing:
    """Bars, class by class: the probabilities, 1 for the right class, and the gradient of the scores, their difference.

    probabilities: (C,) softmax's, up to 10. label: the right class. classes: their names, 0 to C-1 if None.
    """
    probabilities = as_vector(probabilities, "probabilities")
    as_count(len(probabilities), "the number of classes", 2, 10)
    label = as_count(label, "label", 0, len(probabilities) - 1)
    names = [str(name) for name in (range(len(probabilities)) if classes is None else classes)]
    if len(names) != len(probabilities):
        raise ValueError(f"classes must hold {len(probabilities)} names, got {len(names)}")
    wanted = np.eye(len(probabilities))[label]
    panels = {"probability": probabilities, "wanted": wanted, "difference = gradient": probabilities - wanted}
    figure, _ = chart(9.6, 3.1)
    figure.clear()
    axes = figure.subplots(1, 3, sharey=True)
    for ax, (title, values) in zip(axes, panels.items(), strict=True):
        ax.bar(
            names, values, color=[BLUE if value < 0 else ORANGE for value in values], edgecolor=INK, lw=0.6, width=0.7
        )
        ax.axhline(0, color=MUTED, lw=0.8)
        ax.set(title=title, xlabel="class")
        ax.tick_params(axis="x", length=0)
        ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.grid(True, axis="y", color=RULE, lw=0.5)
        ax.set_axisbelow(True)
    told = "; ".join(
        f"class {name}, {number(p, 2)} − {number(w, 0)} = {number(p - w, 2)}"
        for name, p, w in zip(names, probabilities, wanted, strict=True)
    )
    return Drawing(figure, f"Bars of probabilities, of what is wanted, and of their difference, the gradient: {told}.")


def _loss(curvatures: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.sum(curvatures * weights**2, axis=-1) / 2
