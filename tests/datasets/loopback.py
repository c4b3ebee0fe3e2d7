"""A server on this machine whose folders are mirrors of the same files, each with the fault that it is named by."""

import contextlib
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

# What each mirror does. All but "plain" and "wrong" know ranges, where they send anything at all.
FAULTS = (
    "good",
    "plain",
    "wrong",
    "cut",
    "cut-unannounced",
    "page",
    "endless",
    "stalls",
    "silent",
    "missing",
    "failing",
)


class Mirrors:
    """`with Mirrors(files) as mirrors`: serves until the end of the block. asked: (path, Range) of each request."""

    def __init__(self, files: dict[str, bytes]):
        self.files = files
        self.asked: list[tuple[str, str]] = []
        self.ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.mirrors = self

    def __enter__(self) -> "Mirrors":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def address(self, fault: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{fault}/"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        mirrors = self.server.mirrors
        wanted = self.headers.get("Range", "bytes=0-")
        mirrors.asked.append((self.path, wanted))
        _, fault, name = self.path.split("/")
        data = mirrors.files[name]
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        rest, half = data[start:], data[start : (start + len(data)) // 2]
        if fault in ("missing", "failing"):
            self.send_error(404 if fault == "missing" else 500)
        elif fault == "silent":
            mirrors.ended.wait(1)
        elif fault == "page":
            self._send(b"<html>Please log in.</html>", status=200)
        elif fault == "plain":
            self._send(data, status=200)
        elif fault == "wrong":
            self._send(data[:-20] + bytes(20), status=200)
        elif fault == "cut":
            self._send(half, length=len(rest))
        elif fault == "cut-unannounced":
            self._send(half, length=None)
        elif fault == "endless":
            self._send(rest, length=None)
            while not mirrors.ended.is_set():
                self.wfile.write(bytes(1 << 16))
        elif fault == "stalls":
            self._send(half, length=len(rest))
            self.wfile.flush()
            mirrors.ended.wait(1)
        else:
            self._send(rest)

    def do_HEAD(self) -> None:
        _, fault, name = self.path.split("/")
        if fault in ("missing", "failing"):
            self.send_error(404 if fault == "missing" else 500)
            return
        self.send_response(200)
        if fault != "endless":
            self.send_header("Content-Length", str(len(self.server.mirrors.files[name])))
        self.end_headers()

    def _send(self, body: bytes, status: int = 206, length: int | None = -1) -> None:
        """length: what the header says; the truth if -1, nothing if None."""
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(len(body) if length == -1 else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        # A client that has heard enough hangs up.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().handle()


def packed_idx(array: np.ndarray) -> bytes:
    """The idx file of an array of bytes, packed with gzip, the same each time."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    return gzip.compress(header + array.tobytes(), mtime=0)
