"""A run killed with `kill -9` at ten random moments ends with the weights of one that was not."""

import os
import re
import subprocess
import sys

import killed_runs
import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_ten_kills_change_no_bit(tmp_path):
    command = [sys.executable, killed_runs.__file__, str(tmp_path), "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "killed 10, weights equal True, histories equal True" in done.stdout
    stood = re.findall(r"\((\d+), (\d+)\)", done.stdout)
    assert len(set(stood)) == 10, f"the kills should fall on different steps, got {stood}"
    assert "notes ()" in done.stdout
