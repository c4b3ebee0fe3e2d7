"""A prediction of memory as HTML for a notebook and as text for a terminal."""

import html
from typing import TYPE_CHECKING

from course_utils.accounting import tables

if TYPE_CHECKING:
    from course_utils.accounting.memory import Memory

_MEGABYTE = 1e6
_MEANINGS = {
    "input": "pictures and labels",
    "parameters": "what is learned",
    "gradients": "of the parameters, as far as they are computed then",
    "optimizer state": "what the optimizer remembers of each parameter",
    "buffers": "kept but not learned",
    "activations": "kept for the way back",
    "temporaries": "activations not kept, gradients of activations, short-lived copies",
    "workspace": "copies that a convolution computes on",
}
_PHASES = {
    "forward": "in {} on the way forward",
    "loss": "in the loss",
    "backward": "in {} on the way back",
    "optimizer": "in the optimizer's step",
}


def as_text(memory: "Memory") -> str:
    rows = [
        (source, _megabytes(size), tables.share(size, memory.peak), meaning) for source, size, meaning in _rows(memory)
    ]
    lines = tables.aligned(rows, (False, True, True, False))
    return "\n".join([_caption(memory), *(f"  {line}" for line in lines), _note(memory)])


def as_html(memory: "Memory") -> str:
    body = ""
    for source, size, meaning in _rows(memory):
        # A bar as long as the share, so that the eye finds the largest; the number beside it says the same.
        bar = (
            f'<div style="width:{12 * size / memory.peak:.2f}em;min-width:1px;height:0.8em;background:#0072B2" '
            'aria-hidden="true"></div>'
        )
        rule = f"border-top:{tables.RULE};font-weight:600" if source == "all" else ""
        cells = [
            (source, False),
            (_megabytes(size), True),
            (html.escape(tables.share(size, memory.peak)), True),
            ("" if source == "all" else bar, False),
            (meaning, False),
        ]
        style = f"padding:2px 9px;white-space:nowrap;{rule}"
        body += f'<tr style="{tables.PAPER}">{"".join(tables.cell(*content, style) for content in cells)}</tr>'
    return tables.framed(
        f"<tbody>{body}</tbody>",
        _caption(memory),
        label=f"{memory.title}, memory by source",
        notes=[_note(memory)],
        scroll="overflow-x:auto",
    )


def _caption(memory: "Memory") -> str:
    pictures = "1 image" if memory.batch_size == 1 else f"{memory.batch_size} images"
    if not memory.training:
        step = "without gradients"
    elif memory.optimizer is None:
        step = "forward and back"
    else:
        names = {"sgd": "SGD", "momentum": "SGD with momentum", "adam": "Adam"}
        step = f"one training step with {names[memory.optimizer]}"
    where = _PHASES[memory.phase].format(memory.peak_at)
    return f"{memory.title} on {pictures}, {step}: {_megabytes(memory.peak)} at most, {where}"


def _rows(memory: "Memory") -> list[tuple[str, int, str]]:
    """What there is of each source, and the sum."""
    rows = [(source, size, _MEANINGS[source]) for source, size in memory.sources.items() if size]
    return [*rows, ("all", memory.peak, "")]


def _note(memory: "Memory") -> str:
    kept = f" When the way back begins, {_megabytes(memory.kept)} of activations are kept." if memory.kept else ""
    return f"A MB is 1,000,000 bytes.{kept}"


def _megabytes(size: int) -> str:
    megabytes = size / _MEGABYTE
    return f"{megabytes:,.1f} MB" if megabytes >= 10 else f"{megabytes:.3f} MB"
