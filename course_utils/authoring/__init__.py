"""From the one source of a lesson to its versions, and the check that they are in step.

`solutions/NN_topic.py` (jupytext py:percent) is what an author edits. `build` executes it into
`solutions/NN_topic.ipynb` and makes the learner's `notebooks/NN_topic.ipynb`; `check` compares what is there with what
the source gives; `new` starts a lesson.
"""

from course_utils.authoring.building import build
from course_utils.authoring.comparing import check
from course_utils.authoring.filling import fill, solutions_of
from course_utils.authoring.skeleton import new

__all__ = ["build", "check", "fill", "new", "solutions_of"]
