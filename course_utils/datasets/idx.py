"""The file format of MNIST: arrays of bytes after a short header, packed with gzip."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

UNSIGNED_BYTES = 8


def read_idx(path: Path) -> np.ndarray:
    """The array in an idx file (`….gz`), uint8, read-only.

    The header: two zero bytes, the type of the numbers (8 for unsigned bytes), the number of axes, then the length of
    each axis, four bytes, highest first. Source: LeCun, Cortes and Burges, the page of the MNIST database, 1998.
    Raises ValueError if the file is none of this, or is cut off.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} cannot be unpacked ({error}): it is damaged; load it again") from error
    if len(content) < 4 or content[:3] != bytes([0, 0, UNSIGNED_BYTES]):
        raise ValueError(
            f"{path} must begin as an idx file of unsigned bytes does, 00 00 08, got {content[:3].hex(' ')}"
        )
    start = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:start], dtype=">u4").tolist()) if len(content) >= start else ()
    if len(content) != start + math.prod(shape):
        raise ValueError(f"{path} must hold {start + math.prod(shape)} bytes for shape {shape}, got {len(content)}")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
