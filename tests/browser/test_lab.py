"""Lesson 02 as a learner meets it: JupyterLab in a browser, all cells run, a slider moved."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from course_utils.paths import NOTEBOOKS, ROOT
from tests.browser import lab

PICTURES = ROOT / "test-artefacts/browser"
# Milliseconds for the kernel to draw, on a machine that runs other tests too.
WAIT = 30_000
_OUTPUT = ".jp-NotebookPanel .jp-OutputArea-output"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[Page]:
    """Lesson 02, the learner's unfilled notebook, with all cells run from the menu."""
    if lab.chromium() is None:
        missing = "no Chromium on this machine; install it (Debian, Ubuntu: apt install chromium)"
        # On a machine that exists to run the tests, a test that did not run is a failure.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    PICTURES.mkdir(parents=True, exist_ok=True)
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (lesson,) = folder.glob("02_*.ipynb")
    with lab.serve(folder, home) as address, lab.browse() as page:
        try:
            lab.open_notebook(page, address, lesson.name)
            lab.run_all(page)
            yield page
        finally:
            page.screenshot(path=PICTURES / "last.png")


def test_every_cell_runs_without_an_error(page):
    assert lab.unexecuted(page) == []
    for kind in ("error", "stderr"):
        shown = page.locator(f'{_OUTPUT} [data-mime-type="application/vnd.jupyter.{kind}"]')
        assert shown.all_inner_texts() == []


def test_every_picture_and_widget_is_drawn(page):
    broken = page.evaluate(
        f"[...document.querySelectorAll('{_OUTPUT} img')].filter(e => !e.complete || !e.naturalWidth).length"
    )
    assert broken == 0
    assert page.locator(f"{_OUTPUT} img").count()
    # What JupyterLab shows in place of a widget that it cannot draw.
    assert page.get_by_text("Error displaying widget").count() == 0


def test_a_slider_changes_the_figure_and_changes_it_back(page):
    widget = page.locator(_OUTPUT).filter(has=page.locator(".widget-slider")).filter(has=page.locator("img")).first
    handle, figure = widget.locator(".widget-slider .noUi-handle").first, widget.locator("img").first
    figure.scroll_into_view_if_needed()
    before = figure.get_attribute("src")
    page.screenshot(path=PICTURES / "slider-before.png")
    forth, back = ("ArrowRight", "ArrowLeft") if _can_rise(handle) else ("ArrowLeft", "ArrowRight")
    handle.press(forth)
    # The address of a picture is the picture itself, as data.
    expect(figure).not_to_have_attribute("src", before, timeout=WAIT)
    expect(figure).to_have_js_property("complete", True)
    page.screenshot(path=PICTURES / "slider-after.png")
    handle.press(back)
    expect(figure).to_have_attribute("src", before, timeout=WAIT)


def _can_rise(handle: Locator) -> bool:
    return float(handle.get_attribute("aria-valuenow")) < float(handle.get_attribute("aria-valuemax"))
