"""Runs a notebook as a learner would with *Run All Cells*, in the `smoke` profile and a fresh home."""

import copy
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from course_utils import paths


@pytest.fixture
def run(tmp_path: Path) -> Callable[[NotebookNode], NotebookNode]:
    """A function that executes a copy of the notebook to its end, whatever its cells raise, and returns it."""

    def execute(notebook: NotebookNode) -> NotebookNode:
        environment = os.environ | {
            "COURSE_HOME": str(tmp_path / "course"),
            "COURSE_PROFILE": "smoke",
            "IPYTHONDIR": str(tmp_path / "ipython"),
        }
        client = NotebookClient(
            copy.deepcopy(notebook),
            kernel_name="python3",
            timeout=120,
            allow_errors=True,
            coalesce_streams=True,
            store_widget_state=False,
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(paths.NOTEBOOKS)}},
        )
        return client.execute(env=environment)

    return execute
