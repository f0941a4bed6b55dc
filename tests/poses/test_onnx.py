"""Top-down poses: networks that point at the brightest place, shown boxes; and a real one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from features.errors import ConfigError, WeightsError
from features.extract.boxes.motion import GradientRecipe
from features.extract.boxes.onnx import OnnxRecipe
from features.extract.boxes.recipe import BoxesRecipe, Keep
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.onnx import Onnx, TopDown, shown
from features.extract.poses.table import COLUMNS, JOINTS
from features.plan.stages import Context
from features.store.recipe import Weights
from tests.extract.boxes.boxes_conformance import ArrayVideo
from tests.poses.nets import constant_net, heatmap_net, simcc_net
from tests.poses.poses_conformance import Boxes, PosesConformance, PosesThatPoint, around, place, spots

FRAMES = FramesRecipe()
DETECTED = BoxesRecipe(
    frames=FRAMES,
    detector=OnnxRecipe(weights=Weights(name="x", sha256="0")),
    motion=None,
    keep=Keep(score=0, min_area=0),
)
MOVED = BoxesRecipe(frames=FRAMES, detector=None, motion=GradientRecipe(threshold=9, blur=3, min_area=1), keep=None)
PLAIN = {"mean": (0, 0, 0), "std": (1, 1, 1)}


def recipe(folder, boxes=DETECTED, **parameters):
    context = Context("plaza", (folder,), {"frames": FRAMES, "boxes": boxes})
    return Onnx.recipe({"weights": "net.onnx", **PLAIN, **parameters}, context)


def estimator(folder, **parameters) -> TopDown:
    return TopDown(recipe(folder, **parameters), Machine(batch=2))


class ShownBoxes:
    """Each frame with a spot has one box about it."""

    parameters: Mapping[str, Any] = MappingProxyType({})

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path
        self.net(tmp_path / "net.onnx")

    def net(self, path):
        raise NotImplementedError

    def backend(self, machine):
        return Onnx(recipe(self.folder, **self.parameters), machine)

    def video(self, pixels):
        lit = [pixels[number].any() for number in range(len(pixels))]
        boxes = [[around(number)] if lit[number] else [] for number in range(len(pixels))]
        return ArrayVideo(pixels, upstream={"boxes": Boxes(boxes)})


class TestHeatmaps(ShownBoxes, PosesThatPoint):
    def net(self, path):
        heatmap_net(path)

    def test_scores_of_joints_box_and_person_stand_side_by_side(self):
        (rows, _), *_ = self.poses(spots())
        scores = rows[0, JOINTS][2::3]
        np.testing.assert_allclose(scores, scores[0] * (1 - np.arange(17) / 100), rtol=1e-5)
        assert rows[0, COLUMNS.index("score")] == pytest.approx(scores.mean())
        np.testing.assert_allclose(rows[0, :5], around(0)[:5])


class TestDark(ShownBoxes, PosesThatPoint):
    parameters = MappingProxyType({"heatmap": "dark"})

    def net(self, path):
        heatmap_net(path)


class TestOnePersonAtATime(ShownBoxes, PosesThatPoint):
    def net(self, path):
        heatmap_net(path, batch=1)


class TestThreePersonsAtATime(ShownBoxes, PosesThatPoint):
    def net(self, path):
        heatmap_net(path, batch=3)


class TestSimcc(ShownBoxes, PosesThatPoint):
    error = 1.0

    def net(self, path):
        simcc_net(path)


def test_boxes_of_all_frames_share_the_batches(tmp_path):
    """Two persons in one frame, none in the next, one in the third: each gets its own joints."""
    heatmap_net(tmp_path / "net.onnx")
    pixels = spots(3)
    pixels[0] |= spots(6)[5]
    boxes = [np.float32([around(0)[:5], around(5)[:5]]), np.empty((0, 5), np.float32), np.float32([around(2)[:5]])]
    found = estimator(tmp_path).persons(pixels, boxes)
    assert [len(persons) for persons in found] == [2, 0, 1]
    for person, number in ((found[0][0], 0), (found[0][1], 5), (found[2][0], 2)):
        np.testing.assert_allclose(person[0, :2], place(number), atol=1.5)


def test_a_joint_that_was_not_found_is_missing(tmp_path):
    maps = np.zeros((1, 17, 16, 12), np.float32)
    maps[:, 3, 5, 6] = 0.5
    constant_net(tmp_path / "net.onnx", {"maps": maps})
    video = ArrayVideo(spots(1), upstream={"boxes": Boxes([[around(0)]])})
    ((rows, _),) = Onnx(recipe(tmp_path), Machine()).poses(video)
    joints = rows[0, JOINTS].reshape(17, 3)
    assert joints[3, 2] == 0.5 and (joints[3, :2] > 0).all()
    assert (np.delete(joints, 3, axis=0) == 0).all()
    assert rows[0, COLUMNS.index("score")] == pytest.approx(0.5 / 17)


def test_channels_come_in_the_networks_order_less_mean_over_std(tmp_path):
    simcc_net(tmp_path / "net.onnx")
    crop = np.zeros((1, 64, 48, 3), np.uint8)
    crop[:] = (30, 60, 90)
    given = estimator(tmp_path, colour="bgr", mean=(90, 50, 30), std=(1, 5, 1)).network._given(crop)
    assert given.dtype == np.float32
    assert given[0, :, 0, 0].tolist() == [0, 2, 0]


class TestWhichBoxes:
    #               x1 y1 x2  y2  score label origin
    person = np.float32([0, 0, 10, 20, 0.5, 0, 0])
    unsure = np.float32([0, 0, 10, 20, 0.2, 0, 0])
    car = np.float32([0, 0, 10, 20, 0.9, 2, 0])
    moving = np.float32([0, 0, 10, 20, np.nan, -1, 1])
    published = np.float32([0, 0, 10, 20, np.nan, -1, 2])
    flat = np.float32([0, 5, 10, 5, 0.9, 0, 0])

    @pytest.mark.parametrize(
        ("origins", "min_score", "kept"),
        [
            (("detector",), 0.3, ["person"]),
            (("detector",), 0.1, ["person", "unsure"]),
            (("motion",), 0.3, ["moving"]),
            (("imported",), 0.3, ["published"]),
            (("detector", "imported"), 0.3, ["person", "published"]),
        ],
    )
    def test_of_a_detector_only_persons_above_the_score(self, tmp_path, origins, min_score, kept):
        heatmap_net(tmp_path / "net.onnx")
        wished = recipe(tmp_path).model_copy(update={"origins": origins, "min_score": min_score})
        names = ["person", "unsure", "car", "moving", "published", "flat"]
        boxes = np.stack([getattr(self, name) for name in names])
        np.testing.assert_array_equal(shown(boxes, wished), [getattr(self, name)[:5] for name in kept])

    def test_boxes_from_elsewhere_have_no_score(self, tmp_path):
        heatmap_net(tmp_path / "net.onnx")
        video = ArrayVideo(spots(1), upstream={"boxes": Boxes([[[*around(0)[:4], np.nan, -1, 1]]])})
        backend = Onnx(recipe(tmp_path, MOVED, origins="motion"), Machine())
        ((rows, _),) = backend.poses(video)
        assert np.isnan(rows[0, COLUMNS.index("box_score")]) and rows[0, COLUMNS.index("score")] > 0


class TestRecipe:
    @pytest.fixture(autouse=True)
    def _net(self, tmp_path):
        heatmap_net(tmp_path / "net.onnx")
        self.folder = tmp_path

    def test_every_default_is_written_out(self):
        parameters = recipe(self.folder).content()["parameters"]
        assert {
            name: parameters[name] for name in ("origins", "min_score", "padding", "colour", "heatmap", "simcc")
        } == {
            "origins": ["detector"],
            "min_score": 0.3,
            "padding": 1.25,
            "colour": "rgb",
            "heatmap": "shift",
            "simcc": "min",
        }

    def test_other_boxes_are_another_recipe(self):
        other = DETECTED.model_copy(update={"keep": Keep(score=0.5, min_area=0)})
        assert recipe(self.folder).digest != recipe(self.folder, other).digest

    def test_the_order_of_origins_does_not_matter(self):
        both = BoxesRecipe(frames=FRAMES, detector=DETECTED.detector, motion=MOVED.motion, keep=DETECTED.keep)
        digests = {
            recipe(self.folder, both, origins=order).digest
            for order in (["motion", "detector"], ["detector", "motion"])
        }
        assert len(digests) == 1

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"origins": "motion"}, "origins: no box comes from motion; boxes are detector"),
            ({"blur": 4}, "blur: expected an odd number; found 4"),
            ({"colour": "grey"}, "colour: .* found 'grey'"),
            ({"std": (1, 0, 1)}, "std: expected numbers above 0"),
            ({"minscore": 0.5}, r"no parameter 'minscore' \(did you mean 'min_score'\?\)"),
            ({"padding": 0.5}, "padding: "),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, parameters, message):
        with pytest.raises(ConfigError, match=message):
            recipe(self.folder, **parameters)

    def test_without_boxes_it_says_what_to_add(self):
        with pytest.raises(ConfigError, match="poses stands on boxes; add it below 'features'"):
            Onnx.recipe({"weights": "net.onnx"}, Context("plaza", (self.folder,), {"frames": FRAMES}))

    def test_without_weights_it_says_what_to_name(self):
        with pytest.raises(ConfigError, match="'onnx' needs weights: the name of an ONNX file"):
            Onnx.recipe({}, Context("plaza", (self.folder,), {"frames": FRAMES, "boxes": DETECTED}))


class TestOtherNetworks:
    """A network that does not do what was declared is refused when it is loaded, in one line."""

    @pytest.mark.parametrize(
        ("make", "parameters", "message"),
        [
            (lambda path: heatmap_net(path, joints=18), {}, r"gives \[\(18, 16, 12\)\] per person, expected 17 joints"),
            (heatmap_net, {"size": (32, 32)}, r"takes images of \(64, 48\) only, the recipe says \(32, 32\)"),
            (lambda path: heatmap_net(path, gain=np.nan), {}, "numbers that are not finite; export it again"),
            (lambda path: simcc_net(path, turned=True), {}, "neither heat maps .* nor SimCC"),
            (
                lambda path: constant_net(path, {"x": np.zeros((1, 17, 96)), "y": np.zeros((1, 17, 64))}),
                {},
                "neither heat maps .* nor SimCC",
            ),
            (lambda path: constant_net(path, {"joints": np.zeros((1, 17, 3))}), {}, "neither heat maps"),
            (lambda path: constant_net(path, {"maps": np.zeros((5, 17, 3, 3))}), {}, "expected a row for each"),
            (
                lambda path: path.write_bytes(b"no network"),
                {},
                "net.onnx is not an ONNX file that onnxruntime can load",
            ),
            (lambda path: path.write_bytes(b""), {}, "net.onnx is not an ONNX file that onnxruntime can load"),
        ],
        ids=["18 joints", "another size", "NaN", "y before x", "two splits", "no maps", "rows", "damaged", "empty"],
    )
    def test_is_refused(self, tmp_path, make, parameters, message):
        make(tmp_path / "net.onnx")
        with pytest.raises(WeightsError, match=message) as raised:
            estimator(tmp_path, **parameters)
        assert "\n" not in str(raised.value)

    def test_a_net_of_any_size_takes_the_recipes(self, tmp_path):
        heatmap_net(tmp_path / "net.onnx", size=("height", "width"))
        assert estimator(tmp_path, size=(128, 64)).joints(np.zeros((2, 128, 64, 3), np.uint8)).shape == (2, 17, 3)
        assert estimator(tmp_path).height == 256

    def test_what_it_cannot_compute_is_said(self, tmp_path):
        """Its file says any size, but its insides know only one."""
        simcc_net(tmp_path / "net.onnx", inner=(64, 48), size=("height", "width"))
        with pytest.raises(WeightsError, match=r"cannot compute an input of shape \(1, 3, 250, 190\)"):
            estimator(tmp_path, size=(250, 190))


@pytest.mark.shared
class TestRealNetwork(ShownBoxes, PosesConformance):
    """The small network of the weights' folder; it sees no spots."""

    @pytest.fixture(autouse=True)
    def _folder(self, shared, tmp_path):
        self.folder = tmp_path
        (tmp_path / "net.onnx").symlink_to(shared / "weights/onnx/ultralight_simplepose_256x192.onnx")

    def backend(self, machine):
        context = Context("plaza", (self.folder,), {"frames": FRAMES, "boxes": DETECTED})
        return Onnx(Onnx.recipe({"weights": "net.onnx"}, context), machine)

    @pytest.mark.parametrize("frame", [100, 300, 1100])
    def test_joints_of_golden_frames(self, shared, frame):
        import cv2

        golden = np.load(shared / "golden/onnx/outputs.npz")
        pixels = cv2.imread(str(shared / f"golden/onnx/frame{frame}.png"))[None, ..., ::-1].copy()
        boxes = [[[*golden[f"{frame}_pose_box"], 0.9, 0, 0]]]
        video = ArrayVideo(pixels, upstream={"boxes": Boxes(boxes)})
        ((rows, _),) = self.backend(Machine()).poses(video)
        joints = rows[0, JOINTS].reshape(17, 3)
        np.testing.assert_allclose(joints[:, :2], golden[f"{frame}_pose_kpts"][:, :2], atol=0.01)
        np.testing.assert_allclose(joints[:, 2], golden[f"{frame}_pose_kpts"][:, 2], atol=1e-3)
