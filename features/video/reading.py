"""Videos as their users see them: an index, and blocks of RGB frames, safe from whatever the decoder does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from features.video.index import Index
from features.video.isolation import Limits, Ring, borrowed
from features.video.sampling import Sampling, frame_size, sampled_frames

# Frames under way between decoder and user, in bytes; and frames handed over at a time.
RING_BYTES = 256 << 20
SLOT_BYTES = 4 << 20
# decord decodes on while nobody takes its frames, to the end of the file if need be; so it reads short videos alone.
DECORD_BYTES = 256 << 20

Reader = Literal["decord", "pyav", "images"]
LIMITS = Limits()


def make_index(path: Path, limits: Limits = LIMITS) -> Index:
    """What a video file or a folder of images holds, after one read of all of it in a process of its own.

    Raises SourceError where it is none, has no frames, or where the decoder crashes, hangs or takes too much memory.
    """
    with borrowed(limits) as decoder:
        return Index.from_json(decoder.index(_named(path)))


def read_blocks(
    path: Path,
    index: Index,
    sampling: Sampling,
    rows: int,
    *,
    reader: Reader | None = None,
    limits: Limits = LIMITS,
) -> Iterator[np.ndarray]:
    """uint8 (up to `rows`, height, width, 3) RGB blocks of the sampled frames, in order; only the last may be shorter.

    Each block is the caller's to keep. Up to two more are decoded meanwhile, within 256 MB or two frames. `reader` may
    force `pyav` where the index says `decord`, which is used for videos that would fit in memory; both give equal
    pixels.

    Raises SourceError where the file has more or fewer frames than the index says, or the decoder fails.
    """
    numbers = sampled_frames(index, sampling)
    height, width, _ = frame_size(index, sampling)
    ring = ring_for(min(rows, len(numbers)), height, width)
    request = {
        "reader": reader or _reader(index),
        "whole": not index.problem,
        "block": rows,
        "source": [index.frames, index.height, index.width],
        **_as_json(numbers, sampling),
    }
    with borrowed(limits) as decoder:
        filled = done = 0
        for part in decoder.frames(_named(path), request, ring):
            if not filled:
                block = np.empty((min(rows, len(numbers) - done), height, width, 3), np.uint8)
            block[filled : filled + len(part)] = part
            filled += len(part)
            if filled == len(block):
                yield block
                done, filled = done + filled, 0


def ring_for(rows: int, height: int, width: int) -> Ring:
    """Shared memory for two blocks of `rows` frames, or for as much of them as the bounds above allow."""
    frame = height * width * 3
    per_slot = max(1, min(rows, SLOT_BYTES // frame))
    slots = min(2 * -(-rows // per_slot), RING_BYTES // (per_slot * frame))
    return Ring(max(2, slots), per_slot, height, width)


def _reader(index: Index) -> str:
    large = index.frames * index.height * index.width * 3 > DECORD_BYTES
    return "pyav" if index.reader == "decord" and large else index.reader


def _as_json(numbers: np.ndarray, sampling: Sampling) -> dict[str, Any]:
    """Frame numbers for a request; short for policies of equal steps."""
    if sampling.policy == "fps":
        return {"numbers": numbers.tolist()}
    return {"range": [0, int(numbers[-1]) + 1, sampling.every if sampling.policy == "every" else 1]}


def _named(path: Path) -> str:
    """A path as a decoder is told it: whole, since a decoder keeps the folder in which it was started."""
    return str(path.absolute())
