"""Downloads end with the right bytes in place, or with nothing there and a sentence that helps."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from webnn.core.errors import WebNNError
from webnn.data.download import DownloadProgress, RemoteFile, fetch_all, reporting

CONTENTS = bytes(range(256)) * 1000


class Fault(Enum):
    """What the server does to a request."""

    NONE = "plain"
    GZIP = "gzip"
    MISSING = "missing"
    CORRUPT = "corrupt"
    TRUNCATED_GZIP = "truncated-gzip"
    INTERRUPTED = "interrupted"
    TOO_LONG = "too-long"
    EMPTY = "empty"


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENTS under /FAULT/name and notes which faults fired."""

    fired: list[Fault]

    def do_GET(self) -> None:
        fault = Fault(self.path.split("/")[1])
        self.fired.append(fault)
        if fault is Fault.MISSING:
            self.send_error(404)
            return
        body = {
            Fault.GZIP: gzip.compress(CONTENTS),
            Fault.CORRUPT: CONTENTS[:-1] + b"x",
            Fault.TRUNCATED_GZIP: gzip.compress(CONTENTS)[:-20],
            Fault.TOO_LONG: CONTENTS + b"more",
            Fault.EMPTY: b"",
        }.get(fault, CONTENTS)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault is Fault.INTERRUPTED else body)

    def log_message(self, *arguments: object) -> None:
        pass


class Server:
    """A loopback server: `file` makes a RemoteFile whose mirrors misbehave as told."""

    def __init__(self) -> None:
        self.fired: list[Fault] = []
        handler = type("H", (Handler,), {"fired": self.fired})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def file(self, *faults: Fault, name: str = "data.bin") -> RemoteFile:
        base = f"http://127.0.0.1:{self.http.server_port}"
        urls = tuple(f"{base}/{fault.value}/{name}" for fault in faults)
        return RemoteFile(name, urls, hashlib.sha256(CONTENTS).hexdigest(), len(CONTENTS))

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server()
    yield running
    running.close()


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.GZIP])
def test_a_file_is_kept_unpacked_and_progress_told(server: Server, tmp_path: Path, fault: Fault) -> None:
    seen: list[DownloadProgress] = []
    with reporting(seen.append):
        fetch_all([server.file(fault)], tmp_path / "mnist")
    assert (tmp_path / "mnist" / "data.bin").read_bytes() == CONTENTS
    assert [path.name for path in (tmp_path / "mnist").iterdir()] == ["data.bin"]
    assert [step.done_bytes for step in seen] == sorted(step.done_bytes for step in seen)
    assert seen[-1].done_bytes == seen[-1].total_bytes
    assert seen[-1].name == "data.bin"


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"mine")
    fetch_all([server.file(Fault.NONE)], tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == b"mine"
    assert server.fired == []


BAD = [
    (Fault.MISSING, "answers 404"),
    (Fault.CORRUPT, "its SHA-256 differs"),
    (Fault.TRUNCATED_GZIP, "gzip file is cut short"),
    (Fault.INTERRUPTED, "the connection broke off"),
    (Fault.TOO_LONG, "its SHA-256 differs"),
    (Fault.EMPTY, "its SHA-256 differs"),
]


@pytest.mark.parametrize(("fault", "reason"), BAD)
def test_a_bad_download_leaves_nothing_and_says_why(server: Server, tmp_path: Path, fault: Fault, reason: str) -> None:
    with pytest.raises(WebNNError) as caught:
        fetch_all([server.file(fault), server.file(Fault.NONE, name="other.bin")], tmp_path / "mnist")
    assert server.fired == [fault]
    assert caught.value.code == "missing_data"
    message = str(caught.value)
    assert "\n" not in message
    for words in (reason, "data.bin, other.bin", str(tmp_path / "mnist"), "--data-dir"):
        assert words in message
    assert list((tmp_path / "mnist").iterdir()) == []


@pytest.mark.parametrize("fault", [fault for fault, _ in BAD])
def test_the_next_mirror_is_tried(server: Server, tmp_path: Path, fault: Fault) -> None:
    fetch_all([server.file(fault, Fault.GZIP)], tmp_path)
    assert server.fired == [fault, Fault.GZIP]
    assert (tmp_path / "data.bin").read_bytes() == CONTENTS


def test_without_a_network_the_files_and_the_folder_are_named(tmp_path: Path) -> None:
    file = RemoteFile("data.bin", ("http://127.0.0.1:1/data.bin",), "0" * 64, 1)
    with pytest.raises(WebNNError, match=r"no connection.*Put data.bin"):
        fetch_all([file], tmp_path)
