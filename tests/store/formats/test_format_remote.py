"""Artifacts behind fsspec addresses: over HTTP with range requests, and in memory."""

import pickle
import threading
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from features.errors import Damaged
from features.store.arrays import ArraySpec
from features.store.artifact import read_artifact
from features.store.convert import convert
from features.store.verify import check
from tests.store.formats.format_samples import Write

fsspec = pytest.importorskip("fsspec")


class Ranged(SimpleHTTPRequestHandler):
    """A file server that knows ranges and remembers the requests."""

    requests: ClassVar[list[tuple[str, int]]] = []

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = Path(self.translate_path(self.path))
        if not path.exists():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        data = path.read_bytes()
        size, asked = len(data), self.headers.get("Range", "")
        if asked:
            start, stop = asked.removeprefix("bytes=").split("-")
            data = data[int(start) : int(stop) + 1]
        self.requests.append((self.command, len(data) if body else 0))
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{int(start) + len(data) - 1}/{size}")
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("aiohttp")
    Ranged.requests.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranged, directory=str(tmp_path))) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


def test_http_reads_what_is_there(sound: Path, flow: np.ndarray, server: str) -> None:
    with read_artifact(f"{server}/{sound.name}") as artifact:
        np.testing.assert_allclose(artifact["flow"][3:6], flow[3:6], atol=1 / 128)
        assert artifact.kind == "flow"


@pytest.mark.parametrize("form", ["zarr"])
def test_http_needs_two_requests_to_open_and_one_per_window(write: Write, server: str) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (40, 100, 100), np.uint8)
    path = write([(ArraySpec("noise", "uint8", (100, 100)), rows)])
    with read_artifact(f"{server}/{path.name}") as artifact:
        assert [command for command, _ in Ranged.requests] == ["HEAD", "GET"]
        np.testing.assert_array_equal(artifact["noise"][7:12], rows[7:12])
        assert len(Ranged.requests) == 3
        assert Ranged.requests[2][1] == pytest.approx(5 * 10_000, rel=0.02)


def test_memory_addresses_work_and_pickle(sound: Path, flow: np.ndarray) -> None:
    address = f"memory://store/{sound.name}"
    fsspec.filesystem("memory").pipe_file(f"/store/{sound.name}", sound.read_bytes())
    with read_artifact(address) as artifact, pickle.loads(pickle.dumps(artifact)) as copy:
        np.testing.assert_array_equal(copy["flow"][5], artifact["flow"][5])


@pytest.mark.parametrize("form", ["zarr"])
def test_a_remote_window_costs_one_request(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (40, 100, 100), np.uint8)
    path = write([(ArraySpec("noise", "uint8", (100, 100)), rows)])
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"/counted/{path.name}", path.read_bytes())
    asked: list[tuple[str, Any]] = []
    plain_info, plain_cat = type(memory).info, type(memory).cat_file

    def info(self: Any, name: str, **more: Any) -> Any:
        asked.append(("info", None))
        return plain_info(self, name, **more)

    def cat_file(self: Any, name: str, start: int, end: int, **more: Any) -> Any:
        asked.append(("range", end - start))
        return plain_cat(self, name, start, end, **more)

    monkeypatch.setattr(type(memory), "info", info)
    monkeypatch.setattr(type(memory), "cat_file", cat_file)
    with read_artifact(f"memory://counted/{path.name}") as artifact:
        assert asked == [("info", None), ("range", 65_536)]
        np.testing.assert_array_equal(artifact["noise"][7:12], rows[7:12])
        assert len(asked) == 3
        assert asked[2][1] == pytest.approx(5 * 10_000, rel=0.02)


def test_a_cut_remote_file_is_damaged(sound: Path) -> None:
    fsspec.filesystem("memory").pipe_file(f"/cut/{sound.name}", sound.read_bytes()[:-100])
    with pytest.raises(Damaged, match="cut"):
        read_artifact(f"memory://cut/{sound.name}")


def test_a_remote_artifact_is_brought_home_in_either_format(sound: Path, tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe_file(f"/home/{sound.name}", sound.read_bytes())
    for suffix in (".zarr.zip", ".h5"):
        target = tmp_path / "here" / f"{sound.name.split('.')[0]}.flow{suffix}"
        convert(f"memory://home/{sound.name}", target)
        assert check(target) == []


def test_a_remote_file_that_is_not_there_is_a_missing_file(form: str, server: str) -> None:
    with pytest.raises(FileNotFoundError):
        read_artifact(f"{server}/absent{'.h5' if form == 'hdf5' else '.zarr.zip'}")
