"""One-stage poses: a network that points at the brightest pixel of the whole frame."""

import numpy as np
import pytest

from features.errors import ConfigError, WeightsError
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.rtmo import Rtmo
from features.extract.poses.table import COLUMNS, JOINTS
from features.plan.stages import Context
from tests.extract.boxes.boxes_conformance import ArrayVideo
from tests.poses.nets import constant_net, rtmo_net
from tests.poses.poses_conformance import PosesThatPoint, place, spots


def backend(folder, machine=None, **parameters) -> Rtmo:
    context = Context("plaza", (folder,), {"frames": FramesRecipe()})
    return Rtmo(Rtmo.recipe({"weights": "net.onnx", **parameters}, context), machine or Machine())


def poses(folder, pixels, **parameters) -> list[np.ndarray]:
    return [rows for rows, _ in backend(folder, **parameters).poses(ArrayVideo(pixels))]


class TestRtmo(PosesThatPoint):
    @pytest.fixture(autouse=True)
    def _net(self, tmp_path):
        self.folder = tmp_path
        rtmo_net(tmp_path / "net.onnx", size=(192, 256))

    def backend(self, machine):
        return backend(self.folder, machine, min_score=0.6)


class TestOneFrameAtATime(TestRtmo):
    @pytest.fixture(autouse=True)
    def _net(self, tmp_path):
        self.folder = tmp_path
        rtmo_net(tmp_path / "net.onnx", batch=1, size=(192, 256))


def test_boxes_and_joints_are_pixels_of_the_frame(tmp_path):
    """A frame of 96 x 128 in a canvas of 64 x 64: its ratio is a half, and the canvas is filled from the upper left."""
    rtmo_net(tmp_path / "net.onnx")
    pixels = np.zeros((1, 96, 128, 3), np.uint8)
    pixels[0, 40:44, 60:64] = 250
    (rows,) = poses(tmp_path, pixels)
    np.testing.assert_allclose(rows[0, :4], [40, 0, 80, 80], atol=2)
    np.testing.assert_allclose(rows[0, JOINTS].reshape(17, 3)[:, 0], 60, atol=2)
    np.testing.assert_allclose(np.diff(rows[0, JOINTS].reshape(17, 3)[:, 1]), 2, atol=1e-3)


def test_all_scores_are_kept(tmp_path):
    rtmo_net(tmp_path / "net.onnx", size=(96, 128))
    (rows,) = poses(tmp_path, spots(1))
    scores = rows[0, JOINTS][2::3]
    assert rows[0, COLUMNS.index("box_score")] == pytest.approx(1.0)
    np.testing.assert_allclose(scores, 1 - np.arange(17) / 100, rtol=1e-5)
    assert rows[0, COLUMNS.index("score")] == pytest.approx(scores.mean())


def test_of_persons_that_overlap_the_best_stays(tmp_path):
    offsets = [(1, 1, 0.8), (0, 0, 1.0), (50, 0, 0.9), (51, 2, 0.75), (0, 0, 0.5)]
    rtmo_net(tmp_path / "net.onnx", size=(96, 128), offsets=offsets)
    (rows,) = poses(tmp_path, spots(1))
    x, y = place(0)
    np.testing.assert_allclose(
        rows[:, :5], [[x - 10, y - 20, x + 10, y + 20, 1], [x + 40, y - 20, x + 60, y + 20, 0.9]], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, 2),
        ({"min_score": 0.95}, 1),
        ({"min_score": 0.2}, 3),
        ({"limit": 1}, 1),
        ({"min_score": 0.2, "nms": 1.0}, 3),
    ],
)
def test_score_and_limit_choose(tmp_path, parameters, count):
    rtmo_net(tmp_path / "net.onnx", size=(96, 128), offsets=[(0, 0, 1.0), (40, 0, 0.9), (80, 0, 0.5)])
    assert len(poses(tmp_path, spots(1), **parameters)[0]) == count


def test_colours_go_in_as_blue_green_red(tmp_path):
    rtmo_net(tmp_path / "net.onnx")
    frame = np.zeros((1, 64, 64, 3), np.uint8)
    frame[..., 0] = 200
    given = backend(tmp_path).network._given(frame)
    assert given[0, :, 5, 5].tolist() == [0, 0, 200]


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"boxes": np.zeros((1, 3, 5))}, r"gives \[\(3, 5\)\] per frame, expected boxes \(n, 5\) and joints"),
        ({"boxes": np.zeros((1, 3, 5)), "joints": np.zeros((1, 3, 18, 3))}, r"\(3, 18, 3\)\] per frame, expected"),
        ({"boxes": np.zeros((1, 2, 5)), "joints": np.zeros((1, 3, 17, 3))}, "expected boxes"),
        ({"boxes": np.full((1, 3, 5), np.inf), "joints": np.zeros((1, 3, 17, 3))}, "not finite"),
    ],
    ids=["no joints", "18 joints", "other counts", "infinite"],
)
def test_another_network_is_refused(tmp_path, outputs, message):
    constant_net(tmp_path / "net.onnx", outputs, size=(64, 64))
    with pytest.raises(WeightsError, match=message):
        backend(tmp_path)


def test_a_network_without_candidates_finds_nobody(tmp_path):
    constant_net(
        tmp_path / "net.onnx", {"boxes": np.zeros((1, 0, 5)), "joints": np.zeros((1, 0, 17, 3))}, size=(64, 64)
    )
    assert poses(tmp_path, spots(2))[1].shape == (0, len(COLUMNS))


def test_without_weights_it_says_what_to_name():
    with pytest.raises(ConfigError, match="'rtmo' needs weights"):
        Rtmo.recipe({}, Context("plaza", (), {"frames": FramesRecipe()}))
