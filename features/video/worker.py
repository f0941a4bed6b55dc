"""The decoding process: what a hostile video can crash, hang or blow up without harm to anyone else.

Reads one JSON request per line from standard input and answers by JSON lines on standard output. Frames go through
memory shared with the parent: a ring of slots, each of some frames of one block. A slot is announced by
{"filled": frames}, and may be filled anew once the parent has sent an empty line for it.
"""

import json
import mmap
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import av
import cv2
import numpy as np

from features.errors import SourceError
from features.video.probe import probe
from features.video.readers import READERS, scaled

BEAT_SECONDS = 1.0


class Wire:
    """Both directions of the talk with the parent."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._last = 0.0

    def say(self, **answer: Any) -> None:
        """Send one answer."""
        self._answers.write(json.dumps(answer).encode() + b"\n")
        self._answers.flush()
        self._last = time.monotonic()

    def beat(self) -> None:
        """A sign of life, if the last word was said a while ago."""
        if time.monotonic() - self._last > BEAT_SECONDS:
            self.say(alive=True)

    def hear(self) -> bytes:
        """The next line; the process ends where there is none, because then the parent is gone."""
        line = self._requests.readline()
        if not line:
            sys.exit(0)
        return line


def main(shared: int, memory: int) -> None:
    """Answer requests until the parent is gone; `shared` is the file behind the ring, `memory` a limit in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.PANIC)
    wire = Wire(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    wire.say(ready=True)
    while True:
        if request := wire.hear().strip():  # empty: room given back after the last frame
            answer(json.loads(request), shared, wire)


def answer(request: dict[str, Any], shared: int, wire: Wire) -> None:
    """Serve one request. Whatever a library raises for a video is that video's fault, and is said as such."""
    path = Path(request["path"])
    try:
        if request["ask"] == "index":
            wire.say(index=probe(path, wire.beat).to_json())
        else:
            fill(pictures(path, request, wire), request, shared, wire)
            wire.say(end=True)
    except SourceError as error:
        wire.say(refused=str(error))
    except MemoryError:
        wire.say(refused=f"{path}: decoding it takes more memory than is allowed; raise the limit or re-encode it")
    except ImportError as error:
        wire.say(missing=error.name or str(error))
    except Exception as error:  # a damaged file may raise anything
        wire.say(refused=f"{path}: cannot be decoded ({type(error).__name__}: {' '.join(str(error).split())})")


def pictures(path: Path, request: dict[str, Any], wire: Wire) -> Iterator[np.ndarray]:
    """The frames asked for, checked against the index and scaled."""
    frames, height, width = request["source"]
    numbers: Sequence[int] = request["numbers"] if "numbers" in request else range(*request["range"])
    found = READERS[request["reader"]](path, numbers, frames, request["whole"], wire.beat)
    for number, picture in zip(numbers, found, strict=True):
        if picture.shape != (height, width, 3):
            size = f"{picture.shape[1]}x{picture.shape[0]}"
            raise SourceError(f"{path}: frame {number} has {size} pixels, its index says {width}x{height}")
        yield scaled(picture, *request["size"])


def fill(found: Iterator[np.ndarray], request: dict[str, Any], shared: int, wire: Wire) -> None:
    """Write frames into the ring, never more than the parent has room for."""
    slots, rows = request["slots"], request["rows"]
    shape = (slots, rows, *request["size"], 3)
    with mmap.mmap(shared, int(np.prod(shape))) as memory:
        ring = np.frombuffer(memory, np.uint8).reshape(shape)
        try:
            row = slot = 0
            for number, picture in enumerate(found, start=1):
                if row == 0 and slot >= slots:
                    wire.hear()
                ring[slot % slots, row] = picture
                row += 1
                if row == rows or number % request["block"] == 0:
                    wire.say(filled=row)
                    row, slot = 0, slot + 1
            if row:
                wire.say(filled=row)
        finally:
            del ring
