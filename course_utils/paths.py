"""Where the course keeps its files: the checkout, and one folder of the learner's own."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
SOLUTIONS = ROOT / "solutions"


def home() -> Path:
    """The learner's own folder (progress, downloads): `COURSE_HOME`, or where the system keeps application data."""
    if chosen := os.environ.get("COURSE_HOME"):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("convnets-from-scratch", appauthor=False)
