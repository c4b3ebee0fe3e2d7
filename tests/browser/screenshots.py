"""Pictures of a lesson as a learner sees it: `python -m tests.browser.screenshots 02 --theme dark --solutions`.

Writes `test-artefacts/screenshots/02_convolution_layer-learner-dark/01.png` and so on, one a screenful, top to bottom.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import lab

ROOT = Path(__file__).resolve().parents[2]
_SCROLLER = ".jp-NotebookPanel .jp-WindowedPanel-outer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lesson", help="the number of a lesson, such as 02, or a path of a notebook")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--solutions", action="store_true", help="the solved version instead of the learner's")
    parser.add_argument("--profile", choices=("smoke", "quick", "full"), default="quick")
    parser.add_argument("--as-stored", action="store_true", help="show the stored outputs; do not run the cells")
    parser.add_argument("--out", type=Path, help="folder of the pictures; emptied first")
    options = parser.parse_args()
    notebook = _find(options.lesson, "solutions" if options.solutions else "notebooks")
    version = "solution" if options.solutions else "learner"
    out = options.out or ROOT / "test-artefacts/screenshots" / f"{notebook.stem}-{version}-{options.theme}"
    for picture in shoot(notebook, out, options.theme, options.profile, run=not options.as_stored):
        print(picture)


def shoot(notebook: Path, out: Path, theme: str = "light", profile: str = "quick", run: bool = True) -> list[Path]:
    """Opens a copy of `notebook` in JupyterLab, runs it, and writes a PNG a screenful to `out`, emptied before."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder, home = Path(temporary, "notebooks"), Path(temporary, "home")
        for new in (folder, home):
            new.mkdir()
        shutil.copy(notebook, folder)
        with lab.serve(folder, home, theme, profile) as address, lab.browse() as page:
            lab.open_notebook(page, address, notebook.name)
            if run:
                lab.run_all(page)
            return list(_screenfuls(page, out))


def _screenfuls(page: Page, out: Path):
    # Pictures and formulas that are still being laid out change the height, and with it where a screenful ends.
    page.wait_for_timeout(1500)
    page.evaluate("document.activeElement?.blur()")
    top, step = 0, page.evaluate(f"document.querySelector('{_SCROLLER}').clientHeight") - 40
    while True:
        height = page.evaluate(
            f"top => {{ const e = document.querySelector('{_SCROLLER}'); e.scrollTop = top; return e.scrollHeight }}",
            top,
        )
        page.wait_for_timeout(400)
        picture = out / f"{top // step + 1:02}.png"
        page.screenshot(path=picture)
        yield picture
        top += step
        if top + 40 >= height:
            return


def _find(lesson: str, folder: str) -> Path:
    if lesson.endswith(".ipynb"):
        return Path(lesson).resolve()
    found = sorted((ROOT / folder).glob(f"{lesson}_*.ipynb"))
    if len(found) != 1:
        sys.exit(f"no lesson {lesson} in {folder}/; there are: {[p.stem for p in (ROOT / folder).glob('*.ipynb')]}")
    return found[0]


if __name__ == "__main__":
    main()
