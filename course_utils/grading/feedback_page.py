"""The page of feedback: its style sheet and its template. No script, nothing from elsewhere, no style but the one here."""

from jinja2 import Environment, StrictUndefined

# Contrast is at least 4.5 to 1 on both grounds; a sign says what a colour says.
STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #1c1c1c; --quiet: #595959; --line: #cfcfcf;
  --panel: #f5f5f2; --good: #00704f; --part: #8a5a00; --bad: #a83f00; --open: #595959; --link: #00598f; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181a; --text: #e8e6e3; --quiet: #a9a9a4; --line: #44474a;
  --panel: #212426; --good: #45c79b; --part: #e0aa3e; --bad: #ff8a4c; --open: #a9a9a4; --link: #7cbcf0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 17px/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 0; }
h2.name { font-size: 1.1rem; }
h3 { font-size: 1rem; margin: 1rem 0 .35rem; }
p { margin: .5rem 0; max-width: 44rem; }
a { color: var(--link); }
code, pre, .name { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
pre { margin: .5rem 0; padding: .6rem .8rem; background: var(--panel); border: 1px solid var(--line);
  border-radius: 4px; overflow-x: auto; white-space: pre; overflow-wrap: normal; line-height: 1.4; }
pre.answer { white-space: pre-wrap; overflow-wrap: anywhere; font-family: inherit; font-size: 1em; }
.quiet { color: var(--quiet); }
.small { font-size: .88rem; }
.sum { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1.5rem; margin: 1.25rem 0 .5rem; }
.sum strong { font-size: 2.2rem; line-height: 1.1; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th.points, td.points { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding-right: 0; }
.good { color: var(--good); } .part { color: var(--part); } .bad { color: var(--bad); } .open { color: var(--open); }
section.item { border-top: 2px solid var(--line); padding: 1.25rem 0 1rem; }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .2rem 1.5rem; }
.head .points { font-variant-numeric: tabular-nums; white-space: nowrap; }
.status { margin: .15rem 0 .5rem; font-weight: 600; }
progress { appearance: none; width: 100%; height: .4rem; border: 0; border-radius: 3px;
  background: var(--panel); display: block; }
progress::-webkit-progress-bar { background: var(--panel); border-radius: 3px; }
progress::-webkit-progress-value { background: currentColor; border-radius: 3px; }
progress::-moz-progress-bar { background: currentColor; border-radius: 3px; }
.idea { border-left: 4px solid var(--part); padding: .1rem 0 .1rem .9rem; margin: .75rem 0; }
ul.cases { list-style: none; margin: .35rem 0; padding: 0; }
ul.cases > li { padding: .2rem 0; }
ul.cases p, ul.cases pre { margin-left: 1.6rem; }
summary { cursor: pointer; list-style-position: outside; }
.sign { display: inline-block; width: 1.6rem; font-weight: 700; }
.marks { font-size: 1.15rem; letter-spacing: .18em; line-height: 1.5; margin: .2rem 0; }
.note { border: 1px solid var(--line); border-radius: 4px; padding: .5rem .9rem; margin: .75rem 0; }
footer { border-top: 2px solid var(--line); padding-top: 1rem; }
@media print {
  :root { color-scheme: light; --ground: #ffffff; --text: #000000; --quiet: #444444; --line: #999999; --panel: #ffffff;
    --good: #00543b; --part: #6b4600; --bad: #8a3400; --open: #444444; --link: #000000; }
  body { font-size: 11pt; } main { max-width: none; padding: 0; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .head, .status, h3 { break-after: avoid; } li, pre { break-inside: avoid; } a { text-decoration: none; }
}
"""

_TEMPLATE = """\
{% macro sign(case) %}{{ "✓" if case.right else "✗" }}{% endmacro %}
{% macro label(case) %}<span class="sign {{ 'good' if case.right else 'bad' }}" role="img"
aria-label="{{ 'right' if case.right else 'wrong' }}">{{ sign(case) }}</span>{{ case.label|safe }}{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'sha256-{{ style_digest }}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{ title }}: {{ student }}</title>
<style>{{ style|safe }}</style>
</head>
<body>
<main>
<header>
<h1>{{ title }}</h1>
<p class="quiet">{% if name %}<bdi>{{ name }}</bdi> · {% endif %}<bdi>{{ student }}</bdi>
{%- if file %} · <bdi>{{ file }}</bdi>{% endif %}{% if submitted %} · handed in {{ submitted }}{% endif %}</p>
{% if graded %}
<p class="sum"><strong>{{ earned }} of {{ points }}</strong> <span>{{ "points so far" if waiting else "points" }}</span></p>
{% if waiting %}
<p>Still to be graded by a person: {{ waiting|join(", ") }}. Those points are not in the sum yet.</p>
{% endif %}
{% else %}
<p class="sum"><strong>No grade</strong></p>
<p>{{ why }}</p>
{% endif %}
{% if lateness %}<p>{{ lateness }}</p>{% endif %}
{% for note in notes %}<p class="note">{{ note|safe }}</p>
{% endfor %}
</header>
{% if items %}
<table>
<caption class="quiet small">Points by question</caption>
<thead><tr><th scope="col">Question</th><th scope="col">Result</th><th scope="col" class="points">Points</th></tr></thead>
<tbody>
{% for item in items %}
<tr><th scope="row"><a class="name" href="#{{ item.id }}">{{ item.name }}</a></th>
<td class="{{ item.tone }}"><span aria-hidden="true">{{ item.sign }}</span> {{ item.status }}</td>
<td class="points">{{ item.earned or "–" }} of {{ item.points }}</td></tr>
{% endfor %}
</tbody>
</table>
{% endif %}
{% for item in items %}
<section class="item" id="{{ item.id }}" aria-labelledby="{{ item.id }}-title">
<div class="head"><h2 class="name" id="{{ item.id }}-title">{{ item.name }}</h2>
<span class="points">{% if item.earned %}{{ item.earned }} of {% endif %}{{ item.points }} points</span></div>
<p class="status {{ item.tone }}"><span aria-hidden="true">{{ item.sign }}</span> {{ item.status }}
{%- if item.score %} · {{ item.score }}{% endif %}</p>
{% if item.share %}
<progress class="{{ item.tone }}" max="1" value="{{ item.share }}" aria-label="share of the points">{{ item.earned }}</progress>
{% endif %}
{% for sentence in item.sentences %}<p>{{ sentence|safe }}</p>
{% endfor %}
{% if item.misconception %}
<div class="idea"><p>It looks like this: <strong>{{ item.misconception[0]|safe }}</strong></p>
<p>{{ item.misconception[1]|safe }}</p></div>
{% endif %}
{% if item.shown %}
<h3>Visible cases: {{ item.shown_right }} of {{ item.shown|length }} right</h3>
<ul class="cases">
{% for case in item.shown %}
<li>{% if case.details %}<details{% if case.open %} open{% endif %}><summary>{{ label(case) }}</summary>
{% else %}{{ label(case) }}{% endif %}
{% if case.what and not case.details %}<span class="quiet">&nbsp;· {{ case.what|safe }}</span>{% endif %}
{% if case.what and case.details %}<p>{{ case.what|safe }}</p>{% endif %}
{% if case.details %}<pre tabindex="0"><code>{{ case.details }}</code></pre></details>{% endif %}</li>
{% endfor %}
</ul>
{% endif %}
{% if item.random %}
<h3>Random cases: {{ item.random_right }} of {{ item.random|length }} right</h3>
<p class="marks" role="img" aria-label="{{ item.random_right }} of {{ item.random|length }} random cases are right">
{%- for case in item.random -%}
<span class="{{ 'good' if case.right else 'bad' }}">{{ sign(case) }}</span>
{%- endfor -%}
</p>
{% if item.hint %}<p><strong>A hint.</strong> {{ item.hint|safe }}</p>{% endif %}
{% endif %}
{% if item.answer %}
<h3>Your answer</h3>
<pre class="answer">{{ item.answer }}</pre>
{% endif %}
{% if item.rubric %}
<h3>What counts</h3>
<p>{{ item.rubric }}</p>
{% endif %}
</section>
{% endfor %}
<footer class="quiet small">
<p>Visible cases are those of the notebook. Random ones are drawn anew for each run of the grader, so that only a
function that is right in general passes them; their numbers are not shown.</p>
{% if fingerprint %}<p>Graded from the file whose SHA-256 begins with <code>{{ fingerprint }}</code>.</p>{% endif %}
</footer>
</main>
</body>
</html>
"""

PAGE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
    _TEMPLATE
)
