"""What the notebook of homework 4 shows about a design: what it costs, layer by layer."""

from collections.abc import Callable, Sequence

from course_utils.accounting import Summary, summary
from course_utils.checking.report import Report, literal, show
from course_utils.exercises import design as task


def costs(design: Callable[[], Sequence[tuple]]) -> Summary | None:
    """The table of a design's costs, and beside it what is left of the budget. design: the function that gives it.

    A design that is not written yet, stops with an error, or has a problem, is told as such, and there is no table.
    """
    try:
        layers = design()
    except NotImplementedError:
        show(Report("open", "**design**: not attempted yet."))
        return None
    except Exception as error:
        # The check has shown where; a notebook goes on.
        show(Report("bad", f"**design**: it stopped with {literal(f'{type(error).__name__}: {error}')}."))
        return None
    if wrong := task.problem(layers):
        show(Report("bad", f"**design**: {wrong}"))
        return None
    show(Report("good", f"**design**: {task.cost(layers)}."))
    return summary(task.network(layers, device="meta"), task.INPUT_SIZE)
