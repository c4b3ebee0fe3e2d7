"""Runs in real kernels: what an execution gives, and which outputs it refuses."""

from pathlib import Path

import pytest

from course_utils.authoring.execution import execute
from course_utils.authoring.source import read


@pytest.fixture
def run(tmp_path):
    """Executes the given code, one cell, tagged; returns its outputs."""

    def execute_code(code: str, tags: str = "[]"):
        path = tmp_path / "solutions/01_x.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# %% tags={tags}\n{code}\n", encoding="utf-8")
        (cell,) = execute(read(path), tmp_path, lambda cell: None)
        return cell.outputs

    return execute_code


def test_a_kernel_works_in_the_folder_under_quick_with_a_fresh_home(run, tmp_path, monkeypatch):
    (tmp_path / "beside.txt").write_text("found")
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("COURSE_PROFILE", "full")
    code = (
        "import os\nfrom pathlib import Path\n"
        "home = Path(os.environ['COURSE_HOME'])\n"
        "print(Path('beside.txt').read_text(), os.environ['COURSE_PROFILE'], home.exists(), home.name)"
    )
    assert run(code)[0].text == "found quick False course\n"


def test_a_failing_cell_is_named_with_its_line_and_error(run):
    with pytest.raises(ValueError, match=r"solutions/01_x.py:2: cell cell-\w{8} raises ZeroDivisionError: .*; mend it"):
        run("1 / 0")


def test_a_cell_tagged_raises_exception_may_and_must_raise(run):
    assert run("1 / 0", '["raises-exception"]')[0].ename == "ZeroDivisionError"
    with pytest.raises(ValueError, match="tagged raises-exception but raises nothing"):
        run("1", '["raises-exception"]')


def test_warnings_fail_unless_they_are_meant(run):
    code = "import sys\nprint('careful', file=sys.stderr)"
    with pytest.raises(ValueError, match=r"01_x.py:2: cell cell-.* writes to stderr: careful; mend it, or tag it"):
        run(code)
    assert run(code, '["shows-stderr"]')[0].text == "careful\n"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import os; print(os.getcwd())", "a path of this machine"),
        ("from pathlib import Path; Path.home() / 'x'", "a path of this machine"),
        ("import sys; print(sys.executable)", "a path of this machine"),
        ("import os; print(os.environ['COURSE_HOME'])", "a path of this machine"),
        ("import sys; print(sys._getframe().f_code.co_filename)", "a temporary name of the kernel"),
        ("object()", "an address in memory"),
    ],
)
def test_what_differs_between_machines_fails(run, code, what):
    with pytest.raises(ValueError, match=rf"01_x.py:2: cell cell-\w+ shows {what}, .*; print something"):
        run(code)


def test_a_word_like_the_home_folder_does_not(run, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/root"))
    assert run("print('https://a.org/root and the square/root of /rooted')")


def test_of_a_widget_its_picture_stays(run):
    code = (
        "from IPython.display import display\n"
        "view = {'application/vnd.jupyter.widget-view+json': {'model_id': 'a'}, 'text/plain': 'alt'}\n"
        "display(view | {'image/png': 'iVBORw0KGgo='}, raw=True)"
    )
    (output,) = run(code)
    assert set(output.data) == {"image/png", "text/plain"}
    with pytest.raises(ValueError, match=r"widget without a picture.*course_utils.widgets"):
        run(code.replace("image/png", "image/gif"))


def test_of_a_progress_bar_nothing_stays(run):
    code = (
        "from tqdm.auto import tqdm\n"
        "for leave in (True, False):\n"
        "    with tqdm(total=20, unit='pictures', leave=leave, desc='epoch 1 of 2') as bar:\n"
        "        bar.update(20)\n"
        "print('done')"
    )
    (output,) = run(code)
    assert output.text == "done\n"


def test_what_only_reads_like_a_progress_bar_stays(run):
    bar = "  0%|          | 0/20 [00:00<?, ?it/s]"
    (output,) = run(f"print({bar!r})")
    assert output.text == f"{bar}\n"
    with pytest.raises(ValueError, match="widget without a picture"):
        run("import ipywidgets\nipywidgets.IntProgress(50, description='50% of 20')")


def test_a_dead_kernel_is_told(run):
    with pytest.raises(ValueError, match=r"01_x.py:2: cell cell-\w+ ended its kernel"):
        run("import os; os._exit(1)")
