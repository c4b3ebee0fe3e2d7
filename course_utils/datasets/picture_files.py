"""Picture files read into one array, and kept decoded where they are many."""

import hashlib
import os
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_utils import paths as places

# Decoding takes a tenth of a millisecond each, or more: with fewer, nobody waits long enough.
MANY = 10_000
COLOURLESS = ("1", "L", "LA", "La")


def read_pictures(files: list[Path], folder: Path) -> np.ndarray:
    """The picture files as (N, C, H, W) uint8, C = 1 if none of them has a colour, else 3.

    From MANY on, the array is kept in the learner's own folder, one for each `folder`, and taken from there as long as all
    files hold what they held then: their bytes are compared, not their dates.
    Warns if some, but not all, are stored without colour. Raises ValueError, naming the file, if one cannot be read or
    differs in size.
    """
    if len(files) < MANY:
        return _decode(files)
    content, kept = _digest(files), _place(folder)
    images = _take(kept, content)
    if images is None:
        images = _decode(files)
        _keep(kept, content, images)
    return images


def _decode(files: list[Path]) -> np.ndarray:
    from tqdm.auto import tqdm

    first, _ = _pixels(files[0])
    images = np.empty((len(files), *first.shape), dtype=np.uint8)
    colourless = []
    # A bar that comes only if it takes long.
    for place, path in enumerate(tqdm(files, desc="reading pictures", leave=False, delay=1)):
        pixels, mode = _pixels(path)
        if pixels.shape != first.shape:
            sizes = [f"{shape[1]}x{shape[0]}" for shape in (first.shape, pixels.shape)]
            raise ValueError(
                f"pictures must have one size, but {files[0]} is {sizes[0]} and {path} is {sizes[1]} (width x height): crop "
                "or resize them, as with Pillow's Image.open(path).resize((32, 32)).save(path)"
            )
        images[place] = pixels
        if mode in COLOURLESS:
            colourless.append(path)
    # Many programs store a gray picture as a coloured one.
    if (images[..., :1] == images[..., 1:]).all():
        images = images[..., :1]
    elif colourless:
        warnings.warn(
            f"{len(colourless)} of {len(files)} pictures are stored without colour, such as {colourless[0]}: each becomes "
            "three equal channels. If that goes with their class, a network will learn it",
            stacklevel=5,
        )
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def _pixels(path: Path) -> tuple[np.ndarray, str]:
    """(H, W, 3) uint8, upright, and how the file stores it, in Pillow's word."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            # Pillow would cut brighter values off.
            if picture.mode.startswith(("I", "F")):
                raise ValueError("more than 8 bits a channel")
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB")), picture.mode
    # A broken PNG is a SyntaxError to Pillow.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{path} cannot be read as a picture ({error}): store it as an 8-bit PNG, or remove it"
        ) from error


def _digest(files: list[Path]) -> str:
    """The SHA-256 of what all the files hold, in their order."""
    whole = hashlib.sha256()
    for path in files:
        try:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise ValueError(f"{path} cannot be read ({error}): allow that, or remove it") from error
    return whole.hexdigest()


def _place(folder: Path) -> Path:
    """Where what was decoded of this folder is kept."""
    folder = folder.resolve()
    return places.home() / "pictures" / f"{folder.name}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}.npz"


def _take(kept: Path, content: str) -> np.ndarray | None:
    """What was kept, if it is of this content and whole."""
    try:
        with np.load(kept) as file:
            return file["images"] if str(file["content"]) == content else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def _keep(kept: Path, content: str, images: np.ndarray) -> None:
    """For the next time, if there is space. It appears under its name only when it is whole."""
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as opened:
            np.savez(opened, images=images, content=content)
        part.replace(kept)
    except OSError:
        # The pictures are here, and can be read again.
        try:
            part.unlink(missing_ok=True)
        except OSError:
            return
