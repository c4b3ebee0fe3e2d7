"""How large the experiments are: `quick` for a laptop, `full` for a GPU, `smoke` for the tests."""

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

PROFILES = ("quick", "full", "smoke")
T = TypeVar("T")


def profile() -> str:
    """The profile in force: `COURSE_PROFILE`, else `full` where PyTorch can use CUDA, else `quick`.

    Raises ValueError if `COURSE_PROFILE` is set to anything but quick, full or smoke.
    """
    chosen = os.environ.get("COURSE_PROFILE")
    if chosen:
        if chosen not in PROFILES:
            raise ValueError(f"COURSE_PROFILE must be one of {', '.join(PROFILES)}, got {chosen!r}")
        return chosen
    return "full" if _has_cuda() else "quick"


def by_profile(*, quick: T, full: T, smoke: T) -> T:
    """The value for the profile in force, with all three written side by side: `by_profile(quick=3, full=90, smoke=1)`."""
    return {"quick": quick, "full": full, "smoke": smoke}[profile()]


def _has_cuda() -> bool:
    # Importing torch takes a second or two, which a NumPy lesson should not pay to learn that there is no GPU.
    if shutil.which("nvidia-smi") is None:
        return False
    try:
        if version("torch").endswith("+cpu"):
            return False
    except PackageNotFoundError:
        return False
    import torch

    return torch.cuda.is_available()
