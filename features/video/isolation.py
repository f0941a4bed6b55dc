"""The decoding process as its parent sees it: started, asked, watched, ended, and used again for the next video."""

import atexit
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from features.errors import FeaturesError, PackageMissing, SourceError

GIB = 1 << 30
START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from {module} import main; main(*map(int, sys.argv[2:]))"
)


@dataclass(frozen=True)
class Limits:
    """What a decoder may take before it is ended; never part of a recipe.

    silence  seconds without a decoded frame or other sign of life
    memory   bytes of data (Linux RLIMIT_DATA), beside the frames under way to the parent
    worker   the module whose `main` decodes
    """

    silence: float = 120.0
    memory: int = 4 * GIB
    worker: str = "features.video.worker"


@dataclass(frozen=True)
class Ring:
    """Shared memory for frames: uint8 (slots, rows, height, width, 3)."""

    slots: int
    rows: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the array over the shared memory."""
        return self.slots, self.rows, self.height, self.width, 3


class Decoder:
    """One decoding process. Not safe for several threads; `borrowed` gives each its own."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._shared = _shared_file()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._received = b""
        self._size = 0
        self.idle = False
        handle = self._shared.fileno()
        start = START.format(module=limits.worker)
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, json.dumps(sys.path), str(handle), str(limits.memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            pass_fds=(handle,),
        )
        try:
            self._answer("start")
        except BaseException as error:
            self.end()
            if isinstance(error, SourceError):
                raise FeaturesError(f"no decoding process ({error}); pip install 'vad-features[pipeline]'") from None
            raise
        self.idle = True

    @property
    def usable(self) -> bool:
        """Whether the process lives and waits for a request."""
        return self.idle and self._process.poll() is None

    def index(self, path: str) -> dict[str, Any]:
        """The index of a source, as JSON.

        Raises SourceError where the source, or the decoder on it, fails.
        """
        self._ask({"ask": "index", "path": path})
        answer = self._final(path)
        return dict(answer["index"])

    def frames(self, path: str, request: dict[str, Any], ring: Ring) -> Iterator[np.ndarray]:
        """Views of the ring, uint8 (rows, height, width, 3), each valid until the next is asked for.

        Raises SourceError where the source, or the decoder on it, fails.
        """
        size = int(np.prod(ring.shape))
        if size != self._size:
            self._shared.truncate(size)
            self._size = size
        memory = np.frombuffer(mmap.mmap(self._shared.fileno(), size), np.uint8).reshape(ring.shape)
        layout = {"slots": ring.slots, "rows": ring.rows, "size": [ring.height, ring.width]}
        self._ask({"ask": "frames", "path": path, **layout, **request})
        slot = 0
        while "end" not in (answer := self._final(path)):
            yield memory[slot, : answer["filled"]]
            self._send(b"\n")
            slot = (slot + 1) % ring.slots

    def end(self) -> None:
        """End the process, whatever it is doing."""
        with suppress(OSError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._shared, self._errors):
            if pipe:
                pipe.close()
        self.idle = False

    def _ask(self, request: dict[str, Any]) -> None:
        self.idle = False
        self._send(json.dumps(request).encode() + b"\n")

    def _send(self, line: bytes) -> None:
        assert self._process.stdin
        view = memoryview(line)
        with suppress(BrokenPipeError):  # it died; why is said when its answer is awaited
            while view:
                view = view[self._process.stdin.write(view) or 0 :]

    def _final(self, path: str) -> dict[str, Any]:
        """The next answer of weight; a refusal as SourceError, after which the process is ready again."""
        while "alive" in (answer := self._answer(path)):
            pass
        self.idle = "filled" not in answer
        if "refused" in answer:
            raise SourceError(answer["refused"])
        if "missing" in answer:
            raise PackageMissing(
                f"decoding needs the package {answer['missing']}; pip install 'vad-features[pipeline]'"
            )
        return answer

    def _answer(self, path: str) -> dict[str, Any]:
        """The next answer; where none comes in time, or ever, the reason as SourceError."""
        assert self._process.stdout
        until = time.monotonic() + self._limits.silence
        pieces = [self._received]
        while b"\n" not in pieces[-1]:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise SourceError(f"{path}: the decoder gave no frame for {self._limits.silence:g} s; it was ended")
            pieces.append(os.read(self._process.stdout.fileno(), 1 << 20))
            if not pieces[-1]:
                raise SourceError(f"{path}: the decoder died ({self._cause()}); re-encode the video or remove it")
        line, _, self._received = b"".join(pieces).partition(b"\n")
        return dict(json.loads(line))

    def _cause(self) -> str:
        """How the process ended: the signal, or the last line it wrote."""
        code = self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
        return signal.Signals(-code).name if code < 0 else " ".join([f"exit status {code}", *last])


def _shared_file() -> BinaryIO:
    """An unnamed file in memory where the system has them, else on disk; it cannot be left behind."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("frames"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


_lock = threading.Lock()
_idle: dict[tuple[int, Limits], list[Decoder]] = {}


@contextmanager
def borrowed(limits: Limits) -> Iterator[Decoder]:
    """A decoding process for one video; an idle one where there is one, and kept for the next video afterwards.

    A process that failed, or was left in the middle of a video, is ended. Processes are never shared with a fork.
    """
    shelf = (os.getpid(), limits)
    decoder = _taken(shelf) or Decoder(limits)
    try:
        yield decoder
    finally:
        if decoder.usable:
            with _lock:
                _idle.setdefault(shelf, []).append(decoder)
        else:
            decoder.end()


def _taken(shelf: tuple[int, Limits]) -> Decoder | None:
    with _lock:
        while _idle.get(shelf):
            decoder = _idle[shelf].pop()
            if decoder.usable:
                return decoder
            decoder.end()
    return None


@atexit.register
def end_decoders() -> None:
    """End all idle decoding processes of this process; new ones start when they are needed."""
    with _lock:
        for shelf in [shelf for shelf in _idle if shelf[0] == os.getpid()]:
            for decoder in _idle.pop(shelf):
                decoder.end()
