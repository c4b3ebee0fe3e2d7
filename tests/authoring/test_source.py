import re

import pytest

from course_utils.authoring.source import read, select


def ids(path):
    return [cell.id for cell in read(path).cells]


def test_cells_have_their_kind_metadata_and_line(source):
    lesson = read(source)
    assert lesson.name == "solutions/07_doubling.py"
    assert [cell.kind for cell in lesson.cells] == ["markdown", "code"] * 4
    assert lesson.cells[0].metadata == {"slideshow": {"slide_type": "slide"}, "minutes": 5}
    assert lesson.cells[0].source.startswith("# 07 · Doubling\n\nA drawing of $\\frac{1}{2}$")
    text = source.read_text(encoding="utf-8").split("\n")
    for cell in lesson.cells:
        assert text[cell.line - 1] == cell.first_line


def test_ids_name_exercises_and_questions_and_are_valid_and_unique(source):
    found = ids(source)
    assert found[3] == "ask-twice-3"
    assert found[5] == "exercise-double"
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", identity) for identity in found)


def test_a_change_in_one_cell_changes_no_other_id(source, edit):
    before = ids(source)
    edit("Count before you read on.", "Count first.")
    after = ids(source)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, True, True, True, True, True]


def test_an_exercise_keeps_its_id_when_its_solution_changes(source, edit):
    before = ids(source)
    edit("return half + half", "return 2 * half")
    assert ids(source) == before


def test_a_new_cell_moves_no_id(source, edit):
    before = ids(source)
    edit("# %% [markdown] minutes=6\n", '# %% [markdown]\n"""\nOne more.\n"""\n\n# %% [markdown] minutes=6\n')
    after = ids(source)
    assert [identity for identity in after if identity in before] == before


def test_equal_cells_and_long_names_get_distinct_ids(tmp_path):
    path = tmp_path / "01_x.py"
    question = 'ask("' + "long-" * 20 + '", 1)'
    path.write_text(f"# %%\na = 1\n\n# %%\na = 1\n\n# %%\n{question}\n\n# %%\n{question}  # again\n")
    found = ids(path)
    assert found[1] == found[0] + "-2"
    assert found[2] != found[3] and max(map(len, found)) == 64


def test_a_percent_inside_a_string_starts_no_cell(tmp_path):
    path = tmp_path / "01_x.py"
    path.write_text('# %% [markdown]\n"""\nText\n\n# %% not a cell\n"""\n\n# %%\na = 1\n')
    assert [cell.line for cell in read(path).cells] == [3, 9]


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ('# %% [markdown]\n"""\nnever closed\n', 2, "close the string"),
        ("import numpy\n\n# %%\na = 1\n", 1, "begin the file with"),
        ("# %%\na = 1\n  b = 2\n c = 3\n", 4, "not valid Python"),
    ],
)
def test_a_source_that_cannot_be_read_names_file_and_line(tmp_path, text, line, remedy):
    path = tmp_path / "01_x.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"/01_x.py:{line}: .*{remedy}"):
        read(path)


def test_select_takes_numbers_and_stems_and_names_what_is_not_there(root, source):
    assert select(root) == select(root, ["07"]) == select(root, ["07_doubling"]) == [source]
    with pytest.raises(ValueError, match=r"no lesson '08'.*there are: 07_doubling"):
        select(root, ["08"])


def test_select_takes_homework_after_the_lessons(root, source):
    homework = root / "solutions" / "hw1_doubling.py"
    homework.write_text("# %%\na = 1\n", encoding="utf-8")
    assert select(root) == [source, homework]
    assert select(root, ["hw1"]) == select(root, ["hw1_doubling"]) == [homework]


def test_a_written_answer_has_its_name_as_id(tmp_path):
    path = tmp_path / "hw1_x.py"
    path.write_text('# %% [markdown] tags=["written"] name="why"\n"""\nBecause.\n"""\n', encoding="utf-8")
    assert ids(path) == ["written-why"]
