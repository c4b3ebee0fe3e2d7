"""`python3 -m course_utils lab` and `python3 -m course_utils test` on a machine that has nothing but Python.

This file must be readable by Python 3.6, so that an old Python says what to do; the rest may assume what it checks.
"""

import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWEST_KNOWN = (3, 14)


def main():
    if sys.version_info < OLDEST:
        print(too_old(), file=sys.stderr)
        return 1
    from course_utils.bootstrap import main as start

    return start(sys.argv[1:])


def too_old():
    """The sentence for a Python that is too old, with the remedy that this machine offers."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    found = f"The course needs Python 3.11 or newer, and this is Python {version} ({sys.executable}): "
    for minor in range(NEWEST_KNOWN[1], OLDEST[1] - 1, -1):
        newer = f"python3.{minor}"
        if _starts(newer):
            command = " ".join([newer, "-m", "course_utils", *sys.argv[1:]])
            return found + f"run `{command}`."
    return found + "install a newer one, from https://www.python.org/downloads/ or with your package manager."


def _starts(command):
    # A version manager's shim can be on PATH without a Python behind it.
    if shutil.which(command) is None:
        return False
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.call([command, "-c", ""], **quiet) == 0


if __name__ == "__main__":
    sys.exit(main())
