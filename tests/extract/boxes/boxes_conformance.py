"""What every backend of `boxes` has to keep. A test class for a backend inherits `BoxesConformance`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from features.extract.boxes.backend import Block, BoxBackend, blocks_with_neighbours
from features.extract.feature import Machine
from features.video.index import Index


@dataclass
class ArrayVideo:
    """A video whose frames are an array."""

    pixels: np.ndarray
    names: Sequence[str] = ("test/Test001",)
    upstream: Mapping[str, Any] = field(default_factory=dict)
    source_scale: int = 1

    def __post_init__(self):
        self.frames, self.height, self.width = self.pixels.shape[:3]
        seconds = tuple(np.arange(self.frames) / 25)
        size = (self.height * self.source_scale, self.width * self.source_scale)
        self.index = Index("0" * 64, "pyav", self.frames, *size, 0, seconds, (0,))
        self.digest = self.index.digest

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        for start in range(0, self.frames, rows):
            yield self.pixels[start : start + rows]


class FlowOf:
    """A flow artifact of one array (rows, 2, h, w)."""

    def __init__(self, rows: np.ndarray):
        self.rows = rows

    def __getitem__(self, name: str) -> np.ndarray:
        assert name == "flow"
        return self.rows


def walkers(frames: int = 7, height: int = 96, width: int = 128) -> np.ndarray:
    """Two bright squares that cross a dark textured ground."""
    pixels = np.random.default_rng(0).integers(20, 30, (1, height, width, 3), np.uint8).repeat(frames, axis=0)
    for number, frame in enumerate(pixels):
        frame[20:44, 5 + 6 * number : 21 + 6 * number] = (200, 120, 60)
        frame[50:80, 100 - 5 * number : 120 - 5 * number] = (60, 200, 220)
    return pixels


class BoxesConformance:
    """`backend` makes one on a machine; `video` gives the frames with what else the backend reads."""

    def backend(self, machine: Machine) -> BoxBackend:
        raise NotImplementedError

    def video(self, pixels: np.ndarray) -> ArrayVideo:
        return ArrayVideo(pixels)

    def tables(self, pixels: np.ndarray, rows: int = 4, batch: int = 2) -> list[np.ndarray]:
        backend, video = self.backend(Machine(batch=batch)), self.video(pixels)
        found = []
        for first, padded in blocks_with_neighbours(video, rows):
            block = Block(video, first, padded)
            found += backend.boxes(block, [np.empty((0, 7), np.float32)] * len(block.numbers))
        return found

    def test_one_table_of_six_columns_for_each_frame(self):
        tables = self.tables(walkers())
        assert len(tables) == 7
        assert all(table.dtype == np.float32 and table.shape[1:] == (6,) for table in tables)

    def test_corners_are_in_order_and_near_the_frame(self):
        for table in self.tables(walkers()):
            assert (table[:, 2:4] >= table[:, :2]).all()
            assert (table[:, :4] >= -16).all() and (table[:, :4] <= [144, 112, 144, 112]).all()

    def test_without_anything_to_see_there_are_no_boxes(self):
        assert all(len(table) == 0 for table in self.tables(np.zeros((3, 96, 128, 3), np.uint8)))

    def test_the_same_frames_give_the_same_boxes(self):
        for one, other in zip(self.tables(walkers()), self.tables(walkers()), strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize(("rows", "batch"), [(1, 1), (2, 3), (7, 7), (100, 2)])
    def test_blocks_and_batches_change_nothing(self, rows, batch):
        for one, other in zip(self.tables(walkers()), self.tables(walkers(), rows, batch), strict=True):
            np.testing.assert_allclose(one[:, :4], other[:, :4], atol=0.5)
            np.testing.assert_allclose(one[:, 4], other[:, 4], atol=1e-3)

    @pytest.mark.parametrize(("height", "width"), [(37, 53), (1, 1), (200, 17)])
    def test_frames_of_any_size(self, height, width):
        pixels = np.random.default_rng(1).integers(0, 256, (3, height, width, 3), np.uint8)
        assert len(self.tables(pixels)) == 3

    def test_a_video_of_one_frame(self):
        assert len(self.tables(walkers(1))) == 1
