"""Items that are scored on what a function has learned, made from the trial that the notebook checks by."""

from course_utils.exercises import trials
from course_utils.grading.assignments import QualityItem


def quality_item(name: str, points: float, rubric: str, forbidden: tuple[str, ...] = ()) -> QualityItem:
    """The item of the trial of that name, with the trial's inputs, score, bands and time. Raises KeyError."""
    trial = trials()[name]
    return QualityItem(
        name,
        points,
        inputs=trial.inputs,
        score=trial.score,
        bands=trial.bands,
        rubric=rubric,
        unit=trial.unit,
        seconds=trial.seconds,
        forbidden=forbidden,
        problem=trial.problem,
    )
