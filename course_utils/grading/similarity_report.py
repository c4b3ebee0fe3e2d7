"""The list of pairs that are alike, as a page with both codes side by side, and as a table."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from course_utils.grading import tables
from course_utils.grading.assignments import Assignment
from course_utils.grading.feedback_page import STYLE
from course_utils.grading.similarity import Pair, alike
from course_utils.grading.submission import UnreadableError, read
from course_utils.grading.text import one_line, plain
from course_utils.paths import NOTEBOOKS

_LONGEST_PASSAGE = 8_000
_MORE_STYLE = """
main.wide { max-width: 80rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.sides > div { min-width: 0; }
pre.code { white-space: pre-wrap; overflow-wrap: anywhere; margin-top: .2rem; }
"""

_TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'sha256-{{ style_digest }}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}: submissions that are alike</title>
<style>{{ style|safe }}</style>
</head>
<body>
<main class="wide">
<header>
<h1>{{ title }}: submissions that are alike</h1>
<p>These are for a person to look at. They say nothing on why two submissions are alike: short right answers to one
question often are, and so is what two people worked out together where that is allowed. What was given in the notebook,
and what much of the class has in common, does not count. Names and layout do not count either; how many of the names are
spelled alike is told apart.</p>
</header>
{% if not pairs %}<p><strong>No two of the {{ count }} submissions are alike.</strong></p>{% endif %}
{% if pairs %}
<table>
<caption class="quiet small">{{ pairs|length }}
{{ "pair" if pairs|length == 1 else "pairs" }} among {{ count }} submissions</caption>
<thead><tr><th scope="col">Pair</th><th scope="col" class="points">Code alike</th>
<th scope="col" class="points">Names alike</th></tr></thead>
<tbody>
{% for pair in pairs %}
<tr><th scope="row"><a href="#{{ pair.id }}"><bdi>{{ pair.first }}</bdi> and <bdi>{{ pair.second }}</bdi></a></th>
<td class="points">{{ pair.share }}</td><td class="points">{{ pair.names }}</td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
{% for pair in pairs %}
<section class="item" id="{{ pair.id }}" aria-labelledby="{{ pair.id }}-title">
<div class="head"><h2 id="{{ pair.id }}-title"><bdi>{{ pair.first }}</bdi> and <bdi>{{ pair.second }}</bdi></h2>
<span class="points">code {{ pair.share }} · names {{ pair.names }}</span></div>
{% for passage in pair.passages %}
<div class="sides">
{% for side in passage %}
<div><p class="quiet small"><bdi>{{ side.student }}</bdi>, lines {{ side.from }} to {{ side.to }}</p>
<pre class="code"><code>{{ side.code }}</code></pre></div>
{% endfor %}
</div>
{% endfor %}
</section>
{% endfor %}
</main>
</body>
</html>
"""
_PAGE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
    _TEMPLATE
)


def write(codes: Mapping[str, str], assignment: Assignment, folder: Path | str) -> tuple[Pair, ...]:
    """Compares the codes, one text of each student, and writes similarity.html and similarity.csv into the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pairs = alike(codes, given(assignment))
    html = page(pairs, codes, assignment.title)
    (folder / "similarity.html").write_text(html, encoding="utf-8", errors="replace")
    header = ("first", "second", "code alike", "names alike", "passages")
    rows = ((one.first, one.second, one.share, one.names, len(one.passages)) for one in pairs)
    tables.write(folder / "similarity.csv", header, rows, mark=True)
    return pairs


def code_of(content: bytes, file: str) -> str:
    """All code of a submission's file as one text; empty if it cannot be read."""
    try:
        return "\n\n".join(cell.source for cell in read(content, file).code)
    except UnreadableError:
        return ""


def given(assignment: Assignment) -> str:
    """The code of the learner's notebook, which everybody was handed; empty if the notebook is not here."""
    path = NOTEBOOKS / f"{assignment.file}.ipynb"
    if not path.exists():
        return ""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def page(pairs: Sequence[Pair], codes: Mapping[str, str], title: str) -> str:
    """The page. Code and names of students are text in it."""
    style = STYLE + _MORE_STYLE
    return _PAGE.render(
        style=style,
        style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        title=one_line(title),
        count=len(codes),
        pairs=[_pair(index, pair, codes) for index, pair in enumerate(pairs, 1)],
    )


def _pair(index: int, pair: Pair, codes: Mapping[str, str]) -> dict[str, object]:
    first, second = codes[pair.first].split("\n"), codes[pair.second].split("\n")
    return {
        "id": f"pair-{index}",
        "first": one_line(pair.first, 100),
        "second": one_line(pair.second, 100),
        "share": f"{pair.share:.0%}",
        "names": f"{pair.names:.0%}",
        "passages": [
            (_side(pair.first, first, passage.first), _side(pair.second, second, passage.second))
            for passage in pair.passages
        ],
    }


def _side(student: str, lines: Sequence[str], place: tuple[int, int]) -> dict[str, object]:
    code = plain("\n".join(lines[place[0] - 1 : place[1]]), _LONGEST_PASSAGE)
    return {"student": one_line(student, 100), "from": place[0], "to": place[1], "code": code}
