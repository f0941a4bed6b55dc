"""The clips of a video in batches, while its frames come; each batch is made while the network is at the one before."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeVar

import numpy as np

from features.extract.clips.cuts import Cuts
from features.extract.clips.streams import STREAMS
from features.extract.clips.view import CROPS, View
from features.extract.feature import VideoInput

BLOCK_BYTES = 16 << 20  # decoded frames taken at a time

AnyItem = TypeVar("AnyItem")
Row = tuple[int, int]


@dataclass(frozen=True)
class Batch:
    """Some crops of some clips.

    rows    (clip, crop) of each: all crops of a clip, then those of the next
    inputs  stream -> float32 (rows, channels, length, height, width), as the network sees it
    frames  frames of the video read so far
    """

    rows: list[Row]
    inputs: dict[str, np.ndarray]
    frames: int


def batches(view: View, cuts: Cuts, video: VideoInput, size: int) -> Generator[Batch, None, None]:
    """All crops of all clips, up to `size` at a time; in memory are the frames of one batch, and a block."""
    frames = Frames(view, cuts, video)
    for rows in groups(cuts, CROPS[view.crops], size):
        first, last = rows[0][0], rows[-1][0]
        frames.read(int(cuts.frames(last)[-1]))
        frames.forget(int(cuts.frames(first)[0]))
        yield Batch(rows, frames.inputs(rows), frames.done)
    frames.read(video.frames - 1)


def groups(cuts: Cuts, crops: int, size: int) -> Iterator[list[Row]]:
    """Every (clip, crop), in order, up to `size` together; clips of other lengths stand apart."""
    every = ((clip, crop) for clip in range(len(cuts)) for crop in range(crops))
    for _, alike in groupby(every, key=lambda row: cuts.length(row[0])):
        while group := list(islice(alike, size)):
            yield group


class Frames:
    """The frames of a video, read as far as they are asked for, in each stream that is seen."""

    def __init__(self, view: View, cuts: Cuts, video: VideoInput) -> None:
        self.done = 0
        self._cuts, self._shown = cuts, cuts.shown(video.frames)
        self._streams = {name: STREAMS[name](view, video) for name in view.streams}
        rows = max(1, min(16, BLOCK_BYTES // (video.height * video.width * 3)))
        self._blocks = video.blocks(rows)

    def read(self, last: int) -> None:
        """Read on until the frame `last` is there."""
        while self.done <= last:
            block = next(self._blocks)
            shown = np.flatnonzero(self._shown[self.done : self.done + len(block)])
            for stream in self._streams.values():
                stream.take(self.done + shown, block[shown])
            self.done += len(block)

    def forget(self, before: int) -> None:
        """Drop the frames before this one."""
        for stream in self._streams.values():
            stream.forget(before)

    def inputs(self, rows: list[Row]) -> dict[str, np.ndarray]:
        """What the network sees of these crops of clips, by stream."""
        made = {}
        for name, stream in self._streams.items():
            made[name] = stream.empty(len(rows), self._cuts.length(rows[0][0]))
            for place, (clip, crop) in enumerate(rows):
                stream.clip(self._cuts.frames(clip), crop, made[name][place])
        return made


def ahead(items: Generator[AnyItem, None, None]) -> Generator[AnyItem, None, None]:
    """The same items, each made in a thread while the one before it is used."""
    with ThreadPoolExecutor(1) as thread:
        try:
            coming = thread.submit(next, items, None)
            while (item := coming.result()) is not None:
                coming = thread.submit(next, items, None)
                yield item
        finally:
            thread.submit(items.close).result()
