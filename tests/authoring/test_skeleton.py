import pytest

from course_utils.authoring import build, check, new


def test_a_new_lesson_builds_and_is_in_step(tmp_path):
    path = new("03", "im2col", "Convolution as one matrix product", root=tmp_path)
    assert path == tmp_path / "solutions/03_im2col.py"
    build(root=tmp_path)
    assert check(tmp_path) == []
    text = path.read_text(encoding="utf-8")
    assert "# 03 · Convolution as one matrix product\n" in text and "<" not in text.replace("<b>", "")


@pytest.mark.parametrize(
    "part",
    [
        "puzzle",
        "commit to a number",
        "in words",
        "figures.pooling",
        "formula",
        "### Exercise",
        "●●○○○ · 8 minutes",
        "the symptom",
        "use(pooling)",
        "## Experiment",
        "by_profile(quick=",
        "## Break it on purpose",
        "history",
        "Recap: five questions",
        "\n5. TODO",
        "progress()",
    ],
)
def test_a_new_lesson_has_every_part(tmp_path, part):
    assert part in new("05", "pooling", root=tmp_path).read_text(encoding="utf-8")


def test_the_title_is_the_one_in_the_list_of_lessons(tmp_path):
    assert "# 10 · Counting the cost\n" in new("10", "counting", root=tmp_path).read_text(encoding="utf-8")


def test_a_number_that_is_no_lesson_is_refused(tmp_path):
    with pytest.raises(ValueError, match="number must be one of 00 to 18, or hw1 to hw4, got '42'"):
        new("42", "im2col", root=tmp_path)


@pytest.mark.parametrize("number", ["3", "003", "3a", "", "-1", "०३"])
def test_a_bad_number_is_refused(tmp_path, number):
    with pytest.raises(ValueError, match=f"number must be two digits such as '03', got '{number}'"):
        new(number, "im2col", root=tmp_path)


@pytest.mark.parametrize("topic", ["Im2col", "im 2col", "../im2col", "im-2", "", "_x", "2col"])
def test_a_bad_topic_is_refused(tmp_path, topic):
    with pytest.raises(ValueError, match="topic must be of a-z, 0-9 and _"):
        new("03", topic, root=tmp_path)
    assert not list(tmp_path.rglob("*"))


def test_a_taken_number_is_refused_and_the_lesson_is_not_touched(tmp_path):
    path = new("03", "im2col", root=tmp_path)
    before = path.read_bytes()
    for topic in ("im2col", "other"):
        with pytest.raises(ValueError, match=r"lesson 03 is there already: solutions/03_im2col.py"):
            new("03", topic, root=tmp_path)
    assert path.read_bytes() == before
