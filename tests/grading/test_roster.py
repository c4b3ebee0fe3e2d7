"""The roster: what spreadsheets and learning platforms make of a CSV file, and what is wrong with it, in words."""

import pytest

from course_utils.grading.roster import Student, read_roster


@pytest.fixture
def roster(tmp_path):
    """Reads a roster of these bytes or this text."""

    def read(content):
        path = tmp_path / "roster.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_roster(path)

    return read


def test_the_plain_one(roster):
    assert roster("id,name,email\na1,Anna Weber,anna@uni.edu\nb2,Ben Ito,\n") == (
        Student("a1", "Anna Weber", "anna@uni.edu"),
        Student("b2", "Ben Ito"),
    )


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffid,name,email\na1,Änna Weber,anna@uni.edu\n".encode(),
        b"id;name;email\r\na1;\xc3\x84nna Weber;anna@uni.edu\r\n",
        "id\tname\temail\na1\tÄnna Weber\tanna@uni.edu",
        '"Name","E-Mail","ID","email"\n"Änna Weber","x"," a1 ","anna@uni.edu"\n',
        "NAME , Email, Id\n\n Änna Weber, anna@uni.edu ,a1\n,,\n",
    ],
    ids=["byte order mark", "semicolons", "tabs", "another order and other columns", "blanks and empty lines"],
)
def test_as_programs_write_it(roster, content):
    assert roster(content) == (Student("a1", "Änna Weber", "anna@uni.edu"),)


def test_columns_that_may_be_there(roster):
    (one,) = roster("id,name,email,Canvas ID,moodle_id,section,due\na,A B,,77,Participant 5,02,2026-10-05\n")
    assert (one.canvas_id, one.moodle_id, one.section) == ("77", "Participant 5", "02")
    assert one.due.isoformat().startswith("2026-10-05T23:59:59")


def test_a_name_with_comma_and_a_line_within_quotes(roster):
    content = 'id,name,email\na,"Weber, Anna",a@b\nb,"Ben ""B"" Ito",b@b\n'
    assert [one.name for one in roster(content)] == ["Weber, Anna", 'Ben "B" Ito']


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "roster.csv: the roster is empty; its first row must be id,name,email"),
        ("\n \n", "the roster is empty"),
        ("id,name,email\n", "roster.csv: the roster lists no students below its first row"),
        ("id,name\na,A\n", "roster.csv, line 1: there is no column email; the first row must name id, name, email"),
        ("a1,Anna,anna@uni.edu\n", "line 1: there is no column id"),
        ("id,name,email,id\na,A,,a\n", "line 1: the column id is there 2 times"),
        ("id,name,email\n,Anna,\n", "roster.csv, line 2, column id: it is empty"),
        ("id,name,email\n\na,,x@y\n", "roster.csv, line 3, column name: it is empty"),
        ("id,name,email\na,A,\nb,B,\nA,C,\n", "line 4, column id: A is in line 2 too"),
        ("id,name,email\na,A,x@y\nb,B,X@Y\n", "line 3, column email: X@Y is in line 2 too"),
        ("id,name,email,canvas_id\na,A,,7\nb,B,,7\n", "line 3, column canvas_id: 7 is in line 2 too"),
        ("id,name,email\na,Weber, Anna,a@b\n", "line 2: it has 4 cells and the first row 3; put quotes"),
        ("id,name,email\na,A\n", "line 2: it has 2 cells"),
        ('id,name,email\na,"A\n\nB",\n', "line 2, column name: 'A\\n\\nB' holds a character that cannot be printed"),
        ('id,name,email\na,A,\nb,"B,\nc,C,\n', "line 3: not CSV (unexpected end of data); check the quotes"),
        ("id,name,email,due\na,A,,\nb,B,,tomorrow\n", "line 3, column due: a time must be written as 2026-10-01T23:59"),
        (b"id,name,email\na,A,\nb,J\xfcrgen,\n", "line 3: the roster is not UTF-8"),
        ("id,name,email\na,A,\n".encode("utf-16"), "line 1: the roster is not UTF-8; save it as “CSV UTF-8”"),
        ("id,name,email\na,\x1b[31mA,\n", "line 2, column name: '\\x1b[31mA' holds a character"),
        ("id,name,email\na,A\0,\n", "line 2"),
        (f"id,name,email\na,{'x' * 201},\n", "line 2, column name: 201 characters are more than 200"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(roster, content, says):
    with pytest.raises(ValueError) as error:
        roster(content)
    assert says in str(error.value)


def test_line_numbers_count_lines_within_quotes(roster):
    with pytest.raises(ValueError, match="line 5, column id"):
        roster('id,name,email,note\na,A,,"two\nlines\nand three"\n,B,,\n')


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv: the roster cannot be read \(No such file"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="the roster cannot be read"):
        read_roster(tmp_path)
