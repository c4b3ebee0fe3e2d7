"""JupyterLab in a headless Chromium: what the browser test and the screenshots share."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright

VIEWPORT = {"width": 1400, "height": 1000}
_CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Cells outside the view are not in the page unless windowing is off; the rest keeps the page quiet.
_SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
    "@jupyterlab/apputils-extension/notification": {"checkForUpdates": False, "fetchNews": "false"},
}


@contextmanager
def serve(folder: Path, home: Path, theme: str = "light", profile: str = "smoke") -> Iterator[str]:
    """A JupyterLab over `folder`, its settings and progress in `home`; yields its address, with `{}` for a path.

    theme: light or dark. Raises RuntimeError with the end of the server's log if it does not answer in a minute.
    """
    settings = {**_SETTINGS, "@jupyterlab/apputils-extension/themes": {"theme": f"JupyterLab {theme.title()}"}}
    for name, values in settings.items():
        file = home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    token = secrets.token_hex(16)
    environment = os.environ | {
        "COURSE_HOME": str(home / "course"),
        "COURSE_PROFILE": profile,
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    command += [
        "--LabApp.expose_app_in_browser=True",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
    ]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            base = _address(server, home)
            yield f"{base}doc/tree/{{}}?token={token}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def chromium() -> str | None:
    """The system's Chromium or Chrome, if there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browse() -> Iterator[Page]:
    """An empty page of the system's browser, closed at the end."""
    executable = chromium()
    if executable is None:
        raise RuntimeError("there is no `chromium` on the PATH; install it (Debian, Ubuntu: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_CHROMIUM_FLAGS)
        try:
            yield browser.new_page(viewport=VIEWPORT)
        finally:
            browser.close()


def open_notebook(page: Page, address: str, path: str) -> None:
    """Opens `path`, relative to the served folder, and waits until its kernel is ready."""
    page.goto(address.format(path), timeout=60_000)
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    _idle(page, 60)


def run_all(page: Page, seconds: float = 300) -> None:
    """Runs every cell from the menu and waits until each code cell has its number.

    Raises TimeoutError naming the first cell that has none after `seconds`.
    """
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    end = time.monotonic() + seconds
    while waiting := unexecuted(page):
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds} s still waiting for {len(waiting)} cells; first: {waiting[0]}")
        page.wait_for_timeout(250)
    _idle(page, 60)


def unexecuted(page: Page) -> list[str]:
    """The first line of every code cell that has no execution number."""
    return page.evaluate(
        r"""() => [...document.querySelectorAll('.jp-NotebookPanel .jp-CodeCell')]
            .filter(cell => !/^\[\d+\]:$/.test(cell.querySelector('.jp-InputPrompt').textContent.trim()))
            .map(cell => cell.querySelector('.cm-line')?.textContent ?? '').filter(line => line)"""
    )


def _address(server: subprocess.Popen, home: Path, seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        for file in (home / "runtime").glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text())["url"]
                with urlopen(f"{url}api", timeout=5):
                    return url
            except (OSError, ValueError):
                pass
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{(home / 'server.log').read_text()[-2000:]}")


def _idle(page: Page, seconds: float) -> None:
    # The indicator in the toolbar says idle before there is a kernel, and what is run then is lost without a word.
    page.wait_for_function(
        """() => {
            const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
            const kernel = context?.session?.kernel;
            return context?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
        }""",
        timeout=seconds * 1000,
    )
