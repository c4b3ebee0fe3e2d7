"""Loading a data set from the network, so that it is there whole and right, or not at all.

The files gather in a folder `NAME.part`, which becomes `NAME` when the last one is right; each has an ending `.part`
until its SHA-256 has been compared. What an interrupted download leaves is gone on with the next time.
"""

import errno
import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from course_utils.datasets.catalogue import RemoteFile, RemoteSet
from course_utils.datasets.stored import DataSetMissing, by_hand, is_right, is_stored

# Seconds to wait for a connection, and for the next bytes.
TIMEOUT = (10, 30)
CHUNK = 1 << 16
# Of a whole SHA-256.
DIGITS = 64
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class DownloadError(OSError):
    """A data set that could not be loaded. The message says why, and what to do."""


def download(remote: RemoteSet, offline: bool = False) -> Path:
    """Makes sure that the set is on this computer, and returns its folder. The network is asked only if it is not.

    offline: never ask the network; the environment variable COURSE_OFFLINE=1 says the same.
    Raises DataSetMissing if it is not there and must not be loaded, DownloadError if it could not be.
    """
    if is_stored(remote):
        return remote.folder
    if offline or os.environ.get("COURSE_OFFLINE", "") not in ("", "0"):
        raise DataSetMissing(
            f"{remote.title} is not on this computer, and offline it is not loaded: with a network, run "
            f"{remote.loaded_by} without asking for offline, and without COURSE_OFFLINE; or {by_hand(remote)}."
        )
    remote = _with_sizes(remote)
    # A folder that somebody began by hand is completed where it is.
    folder = remote.folder if remote.folder.exists() else remote.folder.with_name(remote.folder.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _require_space(remote, folder)
        for file in remote.files:
            _load(remote, file, folder)
        if folder != remote.folder:
            _tidy(remote, folder)
            folder.rename(remote.folder)
    except DownloadError:
        raise
    except OSError as error:
        if error.errno in NO_SPACE:
            raise _no_space(remote, folder) from error
        raise DownloadError(
            f"{remote.title} cannot be written to {folder} ({error}): make that writable, or set COURSE_HOME to a folder "
            "that is."
        ) from error
    finally:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return remote.folder


def _with_sizes(remote: RemoteSet) -> RemoteSet:
    """The set with all sizes; what the catalogue does not know, the first mirror that answers says."""
    return replace(remote, files=tuple(_with_size(remote, file) for file in remote.files))


def _with_size(remote: RemoteSet, file: RemoteFile) -> RemoteFile:
    import requests

    if file.size is not None:
        return file
    reasons = []
    for mirror in remote.mirrors:
        try:
            headers = {"Accept-Encoding": "identity"}
            response = requests.head(mirror + file.name, headers=headers, timeout=TIMEOUT, allow_redirects=True)
            response.raise_for_status()
            return replace(file, size=int(response.headers["Content-Length"]))
        except KeyError:
            reasons.append(f"from {mirror} (it does not say how long it is)")
        except requests.RequestException as error:
            reasons.append(f"from {mirror} ({_reason(error, file)})")
    raise _not_loaded(remote, file, reasons)


def _require_space(remote: RemoteSet, folder: Path) -> None:
    if shutil.disk_usage(folder).free < _lacking(remote, folder):
        raise _no_space(remote, folder)


def _lacking(remote: RemoteSet, folder: Path) -> int:
    """Bytes still to load."""
    paths = [folder / (file.name + ending) for file in remote.files for ending in ("", ".part")]
    return max(0, remote.size - sum(path.stat().st_size for path in paths if path.exists()))


def _no_space(remote: RemoteSet, folder: Path) -> DownloadError:
    return DownloadError(
        f"There is no space for {remote.title}: it needs {_lacking(remote, folder):,} bytes more in {folder}, where "
        f"{shutil.disk_usage(folder).free:,} are free. Free some, or set COURSE_HOME to a folder with more space, then "
        f"run {remote.loaded_by} again."
    )


def _tidy(remote: RemoteSet, folder: Path) -> None:
    """Removes the temporary files of downloads that were killed."""
    names = {file.name for file in remote.files}
    for one in folder.iterdir():
        if one.name not in names:
            one.unlink()


def _load(remote: RemoteSet, file: RemoteFile, folder: Path) -> None:
    """Loads one file, if it is not there, from the first mirror that has it.

    pooch compares the SHA-256 of what is there or comes, and moves what is right to its place.
    """
    import pooch
    import requests
    import urllib3

    if is_right(folder / file.name, file):
        return
    (folder / file.name).unlink(missing_ok=True)
    # What pooch has to tell, this module does.
    pooch.get_logger().setLevel("WARNING")
    known = file.sha256 if len(file.sha256) == DIGITS else None
    part = folder / (file.name + ".part")
    downloader = partial(_go_on, file=file, part=part)
    reasons = []
    for mirror in remote.mirrors:
        try:
            pooch.retrieve(mirror + file.name, known, file.name, folder, downloader=downloader)
            return
        # The ValueError is a SHA-256 that differs; the file is removed.
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            reasons.append(f"from {mirror} ({_reason(error, file, part)})")
        except OSError as error:
            if error.errno in NO_SPACE:
                # A full disk hinders everything else too.
                part.unlink(missing_ok=True)
            raise
    raise _not_loaded(remote, file, reasons)


def _not_loaded(remote: RemoteSet, file: RemoteFile, reasons: list[str]) -> DownloadError:
    return DownloadError(
        f"{remote.title} could not be loaded: {file.name} {', '.join(reasons)}. Connect to the network (behind a proxy, set "
        f"HTTPS_PROXY) and run {remote.loaded_by} again, which goes on where it ended; or {by_hand(remote)}."
    )


def _go_on(url: str, output_file: str, _pooch: object, file: RemoteFile, part: Path) -> None:
    """A downloader for pooch that goes on from what `part` holds, and hands the file over when it is whole."""
    import requests
    import urllib3
    from tqdm.auto import tqdm

    have = part.stat().st_size if part.exists() else 0
    if have < file.size:
        # As it lies on the server: some would pack what is packed already.
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={have}-"}
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            response.raise_for_status()
            # A server that does not know ranges answers 200 and sends everything.
            goes_on = response.status_code == requests.codes.partial_content
            have = have if goes_on else 0
            # A page to log in at, say, must not replace what is here already.
            length = int(response.headers.get("Content-Length", file.size - have))
            if length != file.size - have:
                raise requests.RequestException(f"it offered {length:,} bytes instead of {file.size - have:,}")
            bar = tqdm(total=file.size, initial=have, desc=file.name, unit="B", unit_scale=True, leave=False)
            with bar, part.open("ab" if goes_on else "wb") as opened:
                for chunk in response.raw.stream(CHUNK, decode_content=False):
                    opened.write(chunk)
                    bar.update(len(chunk))
                    have += len(chunk)
                    # Without a length, a stream could have no end.
                    if have > file.size:
                        break
    if have < file.size:
        raise urllib3.exceptions.ProtocolError("the server sent less than the file")
    # Of a file whose SHA-256 is known in part, pooch compares nothing.
    if not is_right(part, file):
        part.unlink()
        raise ValueError("SHA-256")
    part.replace(output_file)


def _reason(error: Exception, file: RemoteFile, part: Path | None = None) -> str:
    """Why a mirror failed, in a few words."""
    import requests
    import urllib3

    if isinstance(error, requests.HTTPError):
        return f"{error.response.status_code} {error.response.reason}"
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.HTTPError):
        return f"it ended after {part.stat().st_size:,} of {file.size:,} bytes"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be verified"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, requests.RequestException):
        return str(error)
    return "what came is not the official file (its SHA-256 differs), and was removed"
