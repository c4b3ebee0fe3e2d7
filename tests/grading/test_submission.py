"""Reading what was handed in: whatever it is, there is a sentence on it, and what can be read is."""

import json
import os

import pytest
from notebooks_made import cell, markdown, notebook

from course_utils.grading import submission as module
from course_utils.grading.assignments import Assignment, ExerciseItem, QuestionItem, WrittenItem
from course_utils.grading.submission import UnreadableError, read, read_file

HW = Assignment("hwx", "Test", "hwx", (ExerciseItem("f", 1), ExerciseItem("g", 1), QuestionItem("q", 1, "answer_q")))
OTHER = Assignment("hwy", "Another", "hwy", (ExerciseItem("h", 1), ExerciseItem("k", 1), WrittenItem("why", 1, "")))


def sources(data, file="hw.ipynb"):
    return [one.source for one in read(data, file).code]


def refused(data, file="hw.ipynb"):
    with pytest.raises(UnreadableError) as error:
        read(data, file)
    return str(error.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "no JSON"),
        (b'{"cells": [', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"cells": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[1, 2]", "not a notebook"),
        (b'"text"', "not a notebook"),
        (b"{}", "no list of cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"worksheets": 3}', "no list of cells"),
        (b'{"cells": [' + b"{}," * 1_600_000 + b"{}]}", "too many parts"),
        (notebook(*["1"] * 5001), "5,001 cells"),
        (notebook(*["#" * 99_000] * 11), "characters of text together"),
        (b" " * 20_000_001, "larger than 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_notebook_is_refused_in_a_sentence(data, said):
    sentence = refused(data)
    assert said in sentence and sentence.endswith(".")


def test_code_comes_as_text_as_lists_of_lines_and_as_lists_of_lists():
    data = notebook(cell("a = 1"), cell(["b = 1\n", "c = 2"]), cell([["d = 1\n"], "e = 2"]))
    assert sources(data) == ["a = 1", "b = 1\nc = 2", "d = 1\ne = 2"]


def test_a_notebook_of_version_3_is_read():
    sheet = {
        "cells": [{"cell_type": "heading", "level": 2, "source": "Why"}, {"cell_type": "code", "input": ["a = 1"]}]
    }
    submission = read(json.dumps({"nbformat": 3, "worksheets": [sheet]}).encode(), "hw.ipynb")
    assert [one.source for one in submission.code] == ["a = 1"]
    assert submission.cells[0].source == "## Why"


@pytest.mark.parametrize(
    "data",
    [
        notebook("a = 1", nbformat_minor=99, nbformat=5),
        b'{"cells": [{"source": "a = 1"}]}',
        b'\xef\xbb\xbf{"cells": [{"cell_type": "code", "source": "a = 1", "metadata": [], "id": 7}]}',
        b'{"cells": [{"cell_type": "code", "source": "a = 1", "metadata": {"nbgrader": "x", "name": []}}]}',
        notebook("a = 1").decode().encode("utf-16"),
    ],
    ids=["newer", "no metadata, ids or types", "a mark at the beginning", "wrong metadata", "utf-16"],
)
def test_a_notebook_that_lacks_something_is_read(data):
    assert sources(data) == ["a = 1"]


@pytest.mark.parametrize("source", [None, 3, {"a": 1}])
def test_a_cell_without_text_is_left_out_and_said(source):
    submission = read(notebook(cell(source), "a = 1"), "hw.ipynb")
    assert [one.number for one in submission.code] == [2]
    assert "Cell 1 has no text" in submission.notes[0]


def test_a_cell_without_end_is_left_out_and_said():
    submission = read(notebook("#" * 100_001, "a = 1"), "hw.ipynb")
    assert [one.number for one in submission.code] == [2] and "100,001 characters" in submission.notes[0]


def test_cells_that_are_no_cells_are_left_out():
    data = json.dumps({"cells": [1, None, [], cell("a = 1"), cell("x", "raw"), cell("y", ["odd"])]}).encode()
    assert sources(data) == ["a = 1"]


def test_nul_and_halves_of_characters_do_not_come_through():
    data = notebook(markdown("a\0b\ud800c"), "x = '\udfff'")
    submission = read(data, "hw.ipynb")
    text = submission.cells[0].source + submission.code[0].source
    assert text.encode() and "\0" not in text


def test_a_script_in_percent_format_is_read():
    script = "# %% [markdown]\n# ## Why\n# Because.\n\n# %%\na = 1\n\n# %%\ndef f():\n    return a\n"
    submission = read(script.encode(), "hw.py")
    assert [one.source for one in submission.code] == ["a = 1", "def f():\n    return a"]
    assert submission.written("why") == "Because."


def test_a_script_that_is_no_text_is_refused():
    assert "UTF-8" in refused(b"\xff\xfe\x00a = 1\xd8", "hw.py")


def test_a_cell_with_a_syntax_error_is_left_out_and_its_line_is_named():
    submission = read(notebook("a = 1", "b = 2\nfor\n", "c = 3"), "hw.ipynb")
    assert [one.source for one in submission.code] == ["a = 1", "c = 3"]
    assert submission.notes == ("Cell 2 is left out: Python cannot read it: invalid syntax in line 2, `for`.",)


@pytest.mark.parametrize("source", ["-" * 100_000 + "1", "a" + ".a" * 50_000, "(" * 3000 + ")" * 3000, "a = 1\0"])
def test_code_that_Python_cannot_take_in_is_left_out(source):  # noqa: N802
    submission = read(notebook(source, "b = 2"), "hw.ipynb")
    assert [one.source for one in submission.code] == ["b = 2"] and len(submission.notes) == 1


def test_magics_and_commands_are_dropped_and_said_and_lines_stay_where_they_are():
    source = "%matplotlib inline\nimport numpy as np\n!pip install x\nx = (7\n     % 4)\n"
    source += "np.sum?\nfiles = !ls\nif x:\n    %time f()\n"
    submission = read(notebook(source), "hw.ipynb")
    lines = submission.code[0].source.split("\n")
    assert lines[1] == "import numpy as np" and lines[3:5] == ["x = (7", "     % 4)"] and lines[8] == "    pass"
    assert "`%matplotlib inline`, `!pip install x`" in submission.notes[0] and "2 more" in submission.notes[0]


def test_a_cell_that_is_valid_python_keeps_its_remainders():
    assert sources(notebook("x = (7\n%\n4)")) == ["x = (7\n%\n4)"]


def test_a_timed_cell_is_read_and_one_in_another_language_is_not():
    submission = read(notebook("%%time\na = 1", "%%bash\nrm -rf /\n"), "hw.ipynb")
    assert [one.source for one in submission.code] == ["pass\na = 1"]
    assert "`%%bash`" in submission.notes[-1]


def test_thousands_of_magics_take_no_time():
    submission = read(notebook("%time f()\n" * 9_000), "hw.ipynb")
    assert "8997 more" in submission.notes[0]


def test_an_unwritten_definition_is_dropped_wherever_a_written_one_stands():
    stub = "def f(x):\n    '''Doc.'''\n    n = x\n    raise NotImplementedError\n    return n\n\ncheck(f)"
    for cells in (("def f(x):\n    return 1", stub), (stub, "def f(x):\n    return 1")):
        submission = read(notebook(*cells), "hw.ipynb")
        stubbed = submission.code[cells.index(stub)].source
        assert "def f" not in stubbed and stubbed.split("\n")[-1] == "check(f)"
        assert stubbed.count("\n") == stub.count("\n")


def test_a_class_with_fewer_open_methods_wins():
    half = "class A:\n    def a(self):\n        return 1\n    def b(self):\n        raise NotImplementedError()"
    whole = half.replace("raise NotImplementedError()", "return 2")
    submission = read(notebook(whole, half), "hw.ipynb")
    assert submission.code[1].source.strip() == "" and submission.code[0].source == whole


def test_a_function_that_ends_in_the_forgotten_line_is_written():
    source = "def f(x):\n    return x\n    raise NotImplementedError"
    assert sources(notebook(source, "def f(x):\n    raise NotImplementedError"))[0] == source


def test_two_written_definitions_stay_and_the_last_is_said_to_count():
    submission = read(notebook("def f():\n    return 1", "def f():\n    return 2"), "hw.ipynb")
    assert len(submission.code) == 2 and "in cell 2, counts" in submission.notes[0]


@pytest.mark.parametrize("cells", [("def f(x):", "    return x"), ("def f(x):\n    y = x", "    return y")])
def test_a_cell_that_was_split_in_two_is_read_as_one(cells):
    submission = read(notebook(*cells), "hw.ipynb")
    assert [one.source for one in submission.code] == ["\n".join(cells)]
    assert "two halves" in submission.notes[0] and not any("left out" in note for note in submission.notes)


def test_definitions_are_found_in_merged_cells():
    submission = read(notebook("import x\ndef f():\n    pass\nanswer_q, b = 1, 2\ndef g():\n    pass"), "hw.ipynb")
    assert {"f", "g", "answer_q", "b"} <= set(submission.defined)


def test_the_cell_that_was_left_out_is_named_for_what_it_defines():
    submission = read(notebook("a = 1", "def f(x:\n    return"), "hw.ipynb")
    assert submission.unread("f") == 2 and not submission.unread("g")


@pytest.mark.parametrize(
    "cells",
    [
        [markdown("Because 1 < 2.", id="written-why")],
        [cell("Because 1 < 2.", "markdown", metadata={"nbgrader": {"grade_id": "why"}})],
        [markdown("*YOUR ANSWER HERE: click twice.*\n\nBecause 1 < 2.", id="written-why")],
        [markdown("### Why? · 10 points\nBecause 1 < 2.\n\n## Next\nNo.")],
        [markdown("### Why? · 10 points"), markdown("Because 1 < 2."), "x = 1", markdown("No.")],
        [markdown("*YOUR ANSWER HERE*", id="written-why"), markdown("## Why\n\nBecause 1 < 2.")],
    ],
)
def test_an_answer_in_words_is_found_by_its_id_or_below_its_heading(cells):
    assert read(notebook(*cells), "hw.ipynb").written("why") == "Because 1 < 2."


def test_an_answer_that_was_not_written_is_empty():
    cells = [markdown("### Why\nSay why."), markdown("*YOUR ANSWER HERE: click twice.*", id="written-why")]
    assert read(notebook(cells[1]), "hw.ipynb").written("why") == ""
    assert read(notebook(), "hw.ipynb").written("why") == ""


@pytest.mark.parametrize(
    ("cells", "other"),
    [
        (['start("hwx")'], ""),
        (["def f():\n    pass", "def g():\n    pass"], ""),
        (['start("05")', "def f():\n    pass"], "05, Pooling"),
        (['start("hw2")'], "hw2, Train without a framework"),
        ([cell("1", id="exercise-h"), markdown("", id="written-why")], "hwy, Another"),
        (["def h():\n    pass"], ""),
        (["unknown = 1"], ""),
        ([], ""),
        (['start("hw2")', "def f():\n    pass", "answer_q = 3"], ""),
    ],
)
def test_only_what_is_plainly_of_another_assignment_is_sent_back(cells, other):
    assert read(notebook(*cells), "hw.ipynb").other(HW, (HW, OTHER)) == other


def test_a_file_is_read(tmp_path):
    (tmp_path / "hw.ipynb").write_bytes(b"abc")
    assert read_file(tmp_path / "hw.ipynb") == b"abc"


def test_a_link_within_the_folder_is_followed_and_one_out_of_it_is_not(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(b"secret")
    folder = tmp_path / "student"
    folder.mkdir()
    (folder / "real.ipynb").write_bytes(b"own")
    (folder / "near.ipynb").symlink_to("real.ipynb")
    (folder / "far.ipynb").symlink_to(secret)
    (folder / "loop.ipynb").symlink_to("loop.ipynb")
    assert read_file(folder / "near.ipynb") == b"own"
    with pytest.raises(UnreadableError, match="outside"):
        read_file(folder / "far.ipynb")
    with pytest.raises(UnreadableError):
        read_file(folder / "loop.ipynb")


def test_pipes_devices_folders_and_what_is_not_there_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "folder.ipynb").mkdir()
    for path in (tmp_path / "pipe.ipynb", tmp_path / "folder.ipynb", tmp_path / "none.ipynb", "/dev/zero", "a\0b"):
        with pytest.raises(UnreadableError):
            read_file(path)


def test_no_more_than_the_limit_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 10)
    (tmp_path / "hw.ipynb").write_bytes(b"x" * 1000)
    assert len(read_file(tmp_path / "hw.ipynb")) == 11
    assert "larger than" in refused(read_file(tmp_path / "hw.ipynb"))
