"""Checkpoints that a kill, a full disk or a damaged file cannot take away.

A file is SIGNATURE, the SHA-256 of the rest, and the rest: what `torch.save` writes. The one before is kept beside it.
"""

import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

NAME, PREVIOUS, WRITING = "checkpoint.pt", "checkpoint-previous.pt", ".writing"
SIGNATURE = b"course-utils checkpoint 1\n"
_DIGEST = hashlib.sha256().digest_size


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write the state as the folder's newest checkpoint; the one that was newest becomes the previous one.

    A process killed in here at any moment leaves at least one whole checkpoint if there was one. Raises OSError, with the old
    ones untouched, if the disk is full or cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    content = buffer.getvalue()
    write(folder / NAME, SIGNATURE + hashlib.sha256(content).digest() + content, folder / PREVIOUS)


def write(path: Path, content: bytes, previous: Path | None = None) -> None:
    """Replace a file in one step, when the new content is safely on the disk; the old one moves to `previous`.

    Raises OSError, with the old file in place, if the new one cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writing = path.with_name(path.name + WRITING)
    try:
        with writing.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if previous is not None and path.exists():
            path.replace(previous)
        writing.replace(path)
    except OSError:
        writing.unlink(missing_ok=True)
        raise


def load(folder: Path, device: torch.device | str = "cpu") -> tuple[dict[str, Any] | None, str]:
    """The newest state that is whole, or None, and a sentence about what was damaged ("" if nothing was).

    Raises OSError if there is a checkpoint that cannot be read at all.
    """
    damaged = []
    for name in (NAME, PREVIOUS):
        path = folder / name
        if not path.exists():
            continue
        state = _state(path.read_bytes(), device)
        if state is not None:
            return state, _told(damaged, f"the one before it, {name}, is used")
        damaged.append(name)
    return None, _told(damaged, "there is no other, so the run begins anew")


def _state(content: bytes, device: torch.device | str) -> dict[str, Any] | None:
    """What the file holds, or None if it is not whole."""
    head = len(SIGNATURE) + _DIGEST
    payload = memoryview(content)[head:]
    if content[:head] != SIGNATURE + hashlib.sha256(payload).digest():
        return None
    return torch.load(io.BytesIO(payload), map_location=device, weights_only=True)


def _told(damaged: list[str], remedy: str) -> str:
    if not damaged:
        return ""
    return f"{' and '.join(damaged)} {'is' if len(damaged) == 1 else 'are'} damaged or cut off; {remedy}."
