"""A prediction of memory as HTML for a notebook and as text for a terminal."""

import html
from typing import TYPE_CHECKING

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
        (source, f"{_megabytes(size)} MB", _share(memory, size), meaning) for source, size, meaning in _rows(memory)
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"  {source.ljust(widths[0])}  {size.rjust(widths[1])}  {share.rjust(widths[2])}  {meaning}".rstrip()
        for source, size, share, meaning in rows
    ]
    return "\n".join([_caption(memory), *lines, _note(memory)])


def as_html(memory: "Memory") -> str:
    line = "1px solid var(--jp-border-color1,#9e9e9e)"
    body = ""
    for source, size, meaning in _rows(memory):
        # A bar as long as the share, so that the eye finds the largest; the number beside it says the same.
        bar = (
            f'<div style="width:{12 * size / memory.peak:.2f}em;min-width:1px;height:0.8em;background:#0072B2" '
            'aria-hidden="true"></div>'
        )
        cells = [
            ("left", html.escape(source)),
            ("right", f"{_megabytes(size)} MB"),
            ("right", _share(memory, size)),
            ("left", bar if source != "all" else ""),
            ("left", html.escape(meaning)),
        ]
        rule = f"border-top:{line};font-weight:600" if source == "all" else ""
        text = "".join(
            f'<td style="padding:2px 9px;text-align:{align};white-space:nowrap;{rule}">{cell}</td>'
            for align, cell in cells
        )
        body += f'<tr style="background:var(--jp-layout-color0,Canvas)">{text}</tr>'
    table = (
        '<table style="border-collapse:separate;border-spacing:0;margin:0;font-variant-numeric:tabular-nums;'
        f'color:var(--jp-content-font-color1,inherit);font-size:var(--jp-content-font-size0,13px)"><tbody>{body}</tbody></table>'
    )
    label = html.escape(f"{memory.title}, memory by source", quote=True)
    frame = f"overflow-x:auto;display:inline-block;max-width:100%;border:{line}"
    return (
        '<div style="color:var(--jp-content-font-color1,inherit);line-height:1.45;margin:4px 0">'
        f'<div style="margin-bottom:6px">{html.escape(_caption(memory))}</div>'
        f'<div role="region" aria-label="{label}" tabindex="0" style="{frame}">{table}</div>'
        f'<div style="margin-top:4px">{html.escape(_note(memory))}</div></div>'
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
    return f"{memory.title} on {pictures}, {step}: {_megabytes(memory.peak)} MB at most, {where}"


def _rows(memory: "Memory") -> list[tuple[str, int, str]]:
    """What there is of each source, and the sum."""
    rows = [(source, size, _MEANINGS[source]) for source, size in memory.sources.items() if size]
    return [*rows, ("all", memory.peak, "")]


def _note(memory: "Memory") -> str:
    kept = f" When the way back begins, {_megabytes(memory.kept)} MB of activations are kept." if memory.kept else ""
    return f"A MB is 1,000,000 bytes.{kept}"


def _megabytes(size: int) -> str:
    megabytes = size / _MEGABYTE
    return f"{megabytes:,.1f}" if megabytes >= 10 else f"{megabytes:.3f}"


def _share(memory: "Memory", size: int) -> str:
    percent = 100 * size / memory.peak
    return "< 0.1%" if 0 < percent < 0.05 else f"{percent:.1f}%"
