"""Failures of the start, each in one sentence with its remedy. Standard library only."""

import re
import sys
import tempfile

from course_utils.paths import ROOT

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
AGAIN = "then run the same command again"

DISK_FULL = "The disk is full: free at least 3 GB where {root} and {temporary} are, " + AGAIN + "."
NO_VENV = (
    "This Python has no working `venv` module: install it (on Debian and Ubuntu `sudo apt install python3-venv`), "
    + AGAIN
    + "."
)
NO_NETWORK = (
    "The packages could not be downloaded: connect to the network (behind a proxy, set HTTPS_PROXY; own certificates, "
    "PIP_CERT), " + AGAIN + "."
)
NO_PACKAGE = (
    "There is no {package} for Python {python} on this system: run the same command with another Python, 3.11 to 3.14."
)
READ_ONLY = "{root} cannot be written: copy the course to a folder of your own and start it there."
NO_CHECKOUT = "The course runs from its own folder: go to the checkout, where pyproject.toml is, and start it there."
INTERRUPTED = "Interrupted: run the same command again; it makes good what is unfinished."

# In this order: a full disk can look like a broken download, and without a network no package is found.
_CAUSES = (
    (r"No space left on device|Errno 28\b|Disk quota exceeded|not enough space on the disk", DISK_FULL),
    (r"ensurepip|No module named '?venv", NO_VENV),
    (
        r"Max retries exceeded|connection broken|Failed to establish a new connection|name resolution"
        r"|Name or service not known|getaddrinfo failed|nodename nor servname|ConnectTimeout|Read timed out"
        r"|ReadTimeoutError|ProxyError|Network is unreachable|Connection (refused|reset|aborted)|IncompleteRead"
        r"|CERTIFICATE_VERIFY_FAILED|There was a problem confirming the ssl certificate",
        NO_NETWORK,
    ),
    (r"Read-only file system|Permission denied|Access is denied", READ_ONLY),
    (r"No matching distribution found for (?P<package>[^\s(]+)", NO_PACKAGE),
)


class StartError(Exception):
    """A failure that the reader can mend, told in one sentence."""


def explain(output: str) -> str | None:
    """The sentence for what this output of pip or venv, or this error of the system, means; None if it is unknown."""
    for pattern, sentence in _CAUSES:
        if found := re.search(pattern, output):
            places = {"root": ROOT, "temporary": tempfile.gettempdir(), "python": PYTHON}
            return sentence.format(**places, **found.groupdict())
    return None


def last_error(output: str) -> str:
    """The last line of pip's output that names an error, as " (…)", or nothing."""
    errors = re.findall(r"^\s*(?:ERROR|error): (.+?)\.?$", output, flags=re.MULTILINE)
    return f" ({errors[-1]})" if errors else ""
