"""What every backend of `poses` has to keep. A test class for a backend inherits `PosesThatPoint`."""

from collections.abc import Sequence

import numpy as np
import pytest

from features.extract.boxes.backend import COLUMNS as BOX_COLUMNS
from features.extract.feature import Machine
from features.extract.poses.backend import FramePoses, PoseBackend
from features.extract.poses.table import COLUMNS, JOINTS
from features.store.table import Table
from tests.extract.boxes.boxes_conformance import ArrayVideo

# Only detectors give boxes a score.
BOX_SCORE = COLUMNS.index("box_score")


class Boxes:
    """A `boxes` artifact of one table per frame: (k, 7) rows as in the feature `boxes`."""

    def __init__(self, frames: Sequence[np.ndarray]):
        rows = [np.asarray(table, np.float32).reshape(-1, len(BOX_COLUMNS)) for table in frames]
        self._table = Table(np.concatenate(rows), BOX_COLUMNS, np.cumsum([0, *map(len, rows)]))

    def table(self, name: str) -> Table:
        assert name == "boxes"
        return self._table


def place(number: int) -> tuple[int, int]:
    """Column and row of the spot in a frame."""
    return 20 + 7 * number, 30 + 2 * number


def spots(frames: int = 7, height: int = 96, width: int = 128) -> np.ndarray:
    """Black frames with a bright spot of 5 x 5 pixels that moves; uint8 (frames, height, width, 3)."""
    pixels = np.zeros((frames, height, width, 3), np.uint8)
    for number, frame in enumerate(pixels):
        x, y = place(number)
        frame[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = 200
        frame[y : y + 1, x : x + 1] = 255
    return pixels


def around(number: int, score: float = 0.9) -> list[float]:
    """A person's box (7,) about the spot of a frame, not centred on it."""
    x, y = place(number)
    return [x - 14, y - 24, x + 10, y + 28, score, 0, 0]


class PosesConformance:
    """`backend` makes one on a machine; `video` gives the frames with what else the backend reads."""

    def backend(self, machine: Machine) -> PoseBackend:
        raise NotImplementedError

    def video(self, pixels: np.ndarray) -> ArrayVideo:
        return ArrayVideo(pixels)

    def poses(self, pixels: np.ndarray, batch: int = 2) -> list[FramePoses]:
        return list(self.backend(Machine(batch=batch)).poses(self.video(pixels)))

    def test_one_table_of_57_columns_for_each_frame(self):
        found = self.poses(spots())
        assert len(found) == 7
        for rows, ids in found:
            assert rows.shape == (1, len(COLUMNS))
            assert np.isfinite(np.delete(rows, BOX_SCORE, axis=1)).all()
            assert ids is None or ids.shape == (1,)

    def test_where_nothing_is_there_is_nobody(self):
        assert [len(rows) for rows, _ in self.poses(np.zeros((3, 96, 128, 3), np.uint8))] == [0, 0, 0]

    def test_the_same_frames_give_the_same_poses(self):
        for (one, _), (other, _) in zip(self.poses(spots()), self.poses(spots()), strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.parametrize(("block", "batch"), [(1, 1), (96 * 128 * 3 * 3, 2), (1 << 26, 7)])
    def test_blocks_and_batches_change_nothing(self, block, batch, monkeypatch):
        together = self.poses(spots())
        monkeypatch.setattr("features.extract.boxes.feature.BLOCK_BYTES", block)
        for (one, _), (other, _) in zip(together, self.poses(spots(), batch), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)

    @pytest.mark.parametrize(("height", "width"), [(37, 53), (1, 1), (200, 17)])
    def test_frames_of_any_size(self, height, width):
        pixels = np.random.default_rng(1).integers(0, 256, (3, height, width, 3), np.uint8)
        assert len(self.poses(pixels)) == 3

    def test_a_video_of_one_frame(self):
        assert len(self.poses(spots(1))) == 1


class PosesThatPoint(PosesConformance):
    """And what holds for one that takes the spot for a person."""

    error = 1.5  # px between the spot and the nose

    def test_the_nose_lies_where_the_spot_is(self):
        for number, (rows, _) in enumerate(self.poses(spots())):
            nose = rows[0, JOINTS][:3]
            np.testing.assert_allclose(nose[:2], place(number), atol=self.error)
            assert nose[2] > 0
