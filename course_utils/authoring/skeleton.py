"""`course new`: a lesson with every part that a lesson has, ready to build before a word of it is written."""

import re
from pathlib import Path

from course_utils.authoring.notebook import write
from course_utils.authoring.source import select
from course_utils.lessons import lesson
from course_utils.paths import ROOT


def new(number: str, topic: str, title: str | None = None, root: Path = ROOT) -> Path:
    """Writes `solutions/NN_topic.py` and returns its path. title: the heading; the one of `LESSONS` if None.

    Raises ValueError if the number is not of a lesson in `LESSONS`, as two digits, or is taken, or if the topic is not
    of a-z, 0-9 and _.
    """
    if not re.fullmatch(r"\d\d", number, re.ASCII):
        raise ValueError(f"number must be two digits such as '03', got {number!r}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", topic):
        raise ValueError(f"topic must be of a-z, 0-9 and _, beginning with a letter, such as 'im2col', got {topic!r}")
    if taken := [path.name for path in select(root) if path.name.startswith(number)]:
        raise ValueError(f"lesson {number} is there already: solutions/{taken[0]}; choose another number")
    title = lesson(number).title if title is None else title
    path = root / "solutions" / f"{number}_{topic}.py"
    # Not str.format: the text holds braces of its own.
    text = _SKELETON
    for name, value in {"NUMBER": number, "TOPIC": topic, "TITLE": title}.items():
        text = text.replace(f"<{name}>", value)
    write(path, text)
    return path


_SKELETON = '''\
# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
"""
# <NUMBER> · <TITLE>

TODO: one picture or puzzle that raises the question of the lesson, in three short sentences. Then what you can do at
the end of it, and what you need to know before. 45 to 75 minutes.
"""

# %% tags=["setup"]
import numpy as np

from course_utils import by_profile, start

# TODO: take what the lesson uses into the line above: ask, check, figures, layers, progress, use, widgets
start("<NUMBER>")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=6
"""
## TODO: the puzzle, as a question?

TODO: a case so small that it can be done by hand. Before you read on: what is the answer?
"""

# %% tags=["type-along"]
# TODO: commit to a number. With the question declared in course_utils/exercises, this becomes a cell with the
# tag question, in which the learner finds `...` for the value:
# guess = 2  # what is counted, and for which case
# ask("<TOPIC>-guess", guess)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=8
"""
## TODO: the idea, in words

TODO: the answer to the puzzle, in words; then the drawing below; then the formula, with each symbol named.
"""

# %% tags=["figure"]
# TODO: figures.<TOPIC>(…), with axis labels, units and alt text

# %% [markdown] minutes=8
"""
### Exercise: TODO ●●○○○ · 8 minutes

*Why it matters.* TODO: one sentence.

TODO: what to write, for which shapes, and what to refuse.
"""


# %% tags=["type-along"]
# TODO: with the exercise declared in course_utils/exercises, give this cell the tag exercise, put the two
# solution markers around what the learner writes, and end the cell with check(<TOPIC>).
def <TOPIC>(x):
    """Shapes in, shapes out. Raises ValueError if …"""
    return x


# %% [markdown] tags=["help"]
"""
**TODO: "the symptom, as the learner sees it"** → where to look. **TODO: another symptom** → what to try by hand.
"""

# %% tags=["setup"]
# TODO: <TOPIC> = use(<TOPIC>)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=10
"""
## Experiment: TODO

TODO: what is measured, and what you expect. Predict before you run.
"""

# %% tags=["experiment"]
sizes = by_profile(quick=(8, 16, 32), full=(8, 16, 32, 64, 128), smoke=(4,))
{size: <TOPIC>(np.zeros((size, size))).shape for size in sizes}

# %% [markdown] minutes=5
"""
## Break it on purpose

TODO: take one thing away, and see why it was there.
"""

# %% tags=["experiment"]
# TODO: the same, with one thing wrong

# %% [markdown] slideshow={"slide_type": "slide"} minutes=4
"""
## What history did with it

TODO: who, when, with which numbers; every number computed in a cell near it; an erratum where a lecture differs.
"""

# %% [markdown] slideshow={"slide_type": "slide"} minutes=8
"""
## Recap: five questions

1. TODO
2. TODO
3. TODO
4. TODO
5. TODO
"""

# %% tags=["type-along"]
# TODO: five answers in a cell with the tag question, each `name = value  # what it is`, each asked:
# ask("<TOPIC>-recap-1", name)
# and after the last, progress()
'''
