"""Every backend of `boxes` keeps what all have to keep, and does what only it does."""

import numpy as np
import pytest

from features.errors import PackageMissing, SourceError, WeightsError
from features.extract.boxes.backend import Block, blocks_with_neighbours
from features.extract.boxes.imported import Imported
from features.extract.boxes.motion import FlowMotion, FlowMotionRecipe, GradientMotion, GradientRecipe
from features.extract.boxes.onnx import Detector, Onnx, OnnxRecipe
from features.extract.feature import Machine
from features.extract.flow.recipe import FlowRecipe
from features.extract.frames.recipe import FramesRecipe
from features.extract.onnx_session import threads
from features.extract.weights import find_weights
from features.plan.stages import Context
from features.store.recipe import Weights
from tests.extract.boxes.boxes_conformance import ArrayVideo, BoxesConformance, FlowOf, walkers


class TestGradient(BoxesConformance):
    def backend(self, machine):
        return GradientMotion(GradientRecipe(threshold=18, blur=3, min_area=60), machine)

    def test_walkers_are_found_in_every_frame(self):
        assert all(len(table) >= 2 for table in self.tables(walkers()))


class TestFlow(BoxesConformance):
    recipe = FlowMotionRecipe(flow=FlowRecipe(frames=FramesRecipe()), min_area=60)

    def backend(self, machine):
        return FlowMotion(self.recipe, machine)

    def video(self, pixels):
        rows = np.zeros((len(pixels), 2, *pixels.shape[1:3]), np.float32)
        rows[:, 0] = np.where(pixels.max(axis=3) > 100, 6, 0) if pixels.shape[1] == 96 else 0
        return ArrayVideo(pixels, upstream={"flow": FlowOf(rows)})

    def test_walkers_are_found_in_every_frame(self):
        assert [len(table) for table in self.tables(walkers())] == [2] * 7

    def test_forward_flow_lends_the_last_frame_the_row_before(self):
        pixels = walkers(3)
        video = self.video(pixels)
        video.upstream = {"flow": FlowOf(video.upstream["flow"].rows[:2])}
        block = Block(video, 0, next(blocks_with_neighbours(video, 9))[1])
        tables = self.backend(Machine()).boxes(block, [np.empty((0, 7))] * 3)
        np.testing.assert_array_equal(tables[2], tables[1])

    def test_flow_of_a_single_frame_is_rest(self):
        video = ArrayVideo(walkers(1), upstream={"flow": FlowOf(np.empty((0, 2, 96, 128), np.float32))})
        block = Block(video, 0, next(blocks_with_neighbours(video, 9))[1])
        assert len(self.backend(Machine()).boxes(block, [np.empty((0, 7))])[0]) == 0

    def test_a_working_size_makes_vectors_longer(self):
        """0.8 px of the frame are 3.2 px of a grid four times as wide: above the threshold only there."""
        rows = np.zeros((1, 2, 96, 128), np.float32)
        rows[0, 0, 20:60, 30:80] = 0.8
        video = ArrayVideo(walkers(1), upstream={"flow": FlowOf(rows)})
        block = Block(video, 0, next(blocks_with_neighbours(video, 9))[1])
        grid = FlowMotionRecipe(flow=FlowRecipe(frames=FramesRecipe(), size=(512, 384)), min_area=60)
        counts = [
            len(FlowMotion(recipe, Machine()).boxes(block, [np.empty((0, 7))])[0]) for recipe in (self.recipe, grid)
        ]
        assert counts == [0, 1]


@pytest.fixture
def published(tmp_path):
    """A file with the boxes of two clips of seven and two frames."""
    boxes = np.arange(40, dtype=np.float32).reshape(10, 4)
    clips = {
        "Test001_boxes": boxes,
        "Test001_offsets": np.array([0, 2, 2, 3, 5, 8, 9, 10]),
        "Test002_boxes": boxes[:3],
        "Test002_offsets": np.array([0, 1, 3], np.int32),
    }
    np.savez(tmp_path / "published.npz", **clips)
    return Imported(Imported.recipe({"files": "published.npz"}, context(tmp_path)), Machine())


def context(folder):
    return Context("ucsdped2", (folder,), {"frames": FramesRecipe()})


def imported(backend, video, rows=4):
    blocks = [Block(video, first, padded) for first, padded in blocks_with_neighbours(video, rows)]
    return [table for block in blocks for table in backend.boxes(block, [None] * len(block.numbers))]


class TestImport:
    def test_values_are_unchanged_and_in_the_frames_they_belong_to(self, published):
        tables = imported(published, ArrayVideo(walkers(7)))
        assert [len(table) for table in tables] == [2, 0, 1, 2, 3, 1, 1]
        np.testing.assert_array_equal(np.concatenate(tables)[:, :4], np.arange(40).reshape(10, 4))
        assert np.isnan(np.concatenate(tables)[:, 4]).all()

    @pytest.mark.parametrize("name", ["Test002", "Test/Test002", "ucsdped2/Test/Test002"])
    def test_the_last_part_of_the_name_is_the_clip(self, published, name):
        assert len(imported(published, ArrayVideo(walkers(2), names=("other", name)))) == 2

    def test_boxes_follow_frames_that_were_scaled_down(self, published):
        table = imported(published, ArrayVideo(walkers(7), source_scale=2))[0]
        np.testing.assert_array_equal(table[0, :4], [0, 0.5, 1, 1.5])

    @pytest.mark.parametrize(
        ("video", "message"),
        [
            (ArrayVideo(walkers(6)), "test/Test001 has 6 frames, but published.npz has boxes for 7 frames of Test001"),
            (ArrayVideo(walkers(7), names=("a/b",)), "published.npz has no boxes for b; it has Test001, Test002"),
        ],
        ids=["another number of frames", "no such clip"],
    )
    def test_what_does_not_belong_together_is_refused(self, published, video, message):
        with pytest.raises(SourceError, match=message):
            imported(published, video)

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ({"a": np.zeros(3)}, "has no boxes"),
            ({"a_boxes": np.zeros((3, 4)), "a_offsets": np.array([0, 2])}, "does not cut a_boxes"),
            ({"a_boxes": np.zeros((3, 5)), "a_offsets": np.array([0, 3])}, "does not cut a_boxes"),
            ({"a_boxes": np.zeros((3, 4)), "a_offsets": np.array([0, 4, 3])}, "does not cut a_boxes"),
            ({"a_boxes": np.array([{}, []], object), "a_offsets": np.array([0, 2])}, "not an npz file of plain arrays"),
        ],
        ids=["no boxes", "offsets too short", "five columns", "offsets turn back", "pickled objects"],
    )
    def test_a_file_of_another_form_is_refused(self, tmp_path, arrays, message):
        np.savez(tmp_path / "odd.npz", **arrays)
        recipe = Imported.recipe({"files": ["odd.npz"]}, context(tmp_path))
        with pytest.raises(WeightsError, match=message):
            Imported(recipe, Machine())

    def test_no_zip_file_at_all(self, tmp_path):
        (tmp_path / "odd.npz").write_bytes(b"no boxes here")
        with pytest.raises(WeightsError, match=r"odd\.npz is not an npz file"):
            Imported(Imported.recipe({"files": ["odd.npz"]}, context(tmp_path)), Machine())

    def test_another_file_is_another_recipe_and_another_name_is_not(self, tmp_path):
        for name, boxes in (("a", 1), ("b", 1), ("c", 2)):
            np.savez(tmp_path / f"{name}.npz", x_boxes=np.full((1, 4), boxes), x_offsets=np.array([0, 1]))
        digests = [Imported.recipe({"files": f"{name}.npz"}, context(tmp_path)).digest for name in "abc"]
        assert digests[0] == digests[1] != digests[2]

    @pytest.mark.shared
    def test_published_boxes_of_ped2(self, shared):
        folder = shared / "data/ucsdped2"
        recipe = Imported.recipe({"files": ["vec_boxes_train.npz", "vec_boxes_test.npz"]}, context(folder))
        clips = Imported(recipe, Machine()).clips
        boxes, offsets = clips.of(["Test/Test001"], 180)
        assert (len(boxes), offsets[1], len(clips.tables)) == (3790, 19, 12)


NETWORKS = {"yolox_nano.onnx": (1, True), "rtmdet_nano.onnx": (3, False)}


@pytest.fixture(params=NETWORKS)
def network(request, shared):
    """(name, recipe) of a real network; scores above 0.25, as in the golden data."""
    weights = find_weights(request.param, [shared / "weights/onnx"])
    return request.param, OnnxRecipe(weights=weights, floor=0.25)


@pytest.fixture
def golden_frames(shared):
    import cv2

    return {k: cv2.imread(str(shared / f"golden/onnx/frame{k}.png"))[..., ::-1] for k in (100, 300, 1100)}


def detector(shared, recipe, batch=3):
    return Detector(str(shared / "weights/onnx" / recipe.weights.name), recipe, Machine(batch=batch))


@pytest.mark.shared
class TestNetworks:
    def test_the_file_says_what_it_is(self, shared, network):
        name, recipe = network
        found = detector(shared, recipe)
        assert (found.batch, found.raw, found.normalised) == (*NETWORKS[name], not NETWORKS[name][1])

    def test_boxes_of_the_golden_frames(self, shared, network, golden_frames):
        name, recipe = network
        golden = np.load(shared / "golden/onnx/outputs.npz")
        tables = detector(shared, recipe).detect(list(golden_frames.values()))
        for number, table in zip(golden_frames, tables, strict=True):
            key = f"{number}_{name.split('_')[0]}"
            np.testing.assert_allclose(table[:, :4], golden[f"{key}_boxes"], atol=0.5)
            np.testing.assert_allclose(table[:, 4], golden[f"{key}_scores"], atol=1e-3)
            np.testing.assert_array_equal(table[:, 5], golden[f"{key}_labels"][: len(table)])

    def test_a_batch_gives_what_single_frames_give(self, shared, network, golden_frames):
        frames = [*golden_frames.values(), np.zeros((50, 70, 3), np.uint8)]
        single, together = (detector(shared, network[1], batch).detect(frames) for batch in (1, 4))
        for one, other in zip(single, together, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-3)
        assert len(together[3]) == 0

    def test_another_size_than_the_files_own_is_refused(self, shared):
        recipe = OnnxRecipe(weights=Weights(name="yolox_nano.onnx", sha256="0"), size=(320, 320))
        with pytest.raises(WeightsError, match=r"takes frames of \(416, 416\) only, the recipe says \(320, 320\)"):
            detector(shared, recipe)

    def test_a_network_for_something_else_is_refused(self, shared):
        recipe = OnnxRecipe(weights=Weights(name="ultralight_simplepose_256x192.onnx", sha256="0"))
        with pytest.raises(WeightsError, match="neither raw YOLOX"):
            _ = detector(shared, recipe).raw


@pytest.mark.shared
class TestOnnx(BoxesConformance):
    @pytest.fixture(autouse=True, params=NETWORKS)
    def _network(self, request, shared):
        self.recipe = OnnxRecipe(weights=find_weights(request.param, [shared / "weights/onnx"]), floor=0.25)

    def backend(self, machine):
        return Onnx(self.recipe, machine)


def test_what_is_no_network_is_refused(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"no network")
    recipe = OnnxRecipe(weights=Weights(name="x.onnx", sha256="0"))
    with pytest.raises(WeightsError, match=r"x\.onnx is not an ONNX file"):
        Detector(str(tmp_path / "x.onnx"), recipe, Machine())


def test_without_onnxruntime_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(PackageMissing, match="pip install onnxruntime"):
        Detector("x.onnx", OnnxRecipe(weights=Weights(name="x.onnx", sha256="0")), Machine())


@pytest.mark.parametrize(("said", "count"), [("3", 3), ("", None)])
def test_threads_are_the_jobs_share(monkeypatch, said, count):
    import os

    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads() == (count or len(os.sched_getaffinity(0)))
