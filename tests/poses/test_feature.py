"""The feature `poses`: a video into one table, through the store."""

import numpy as np
import pytest

from features.errors import ConfigError
from features.extract.boxes.feature import Boxes
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.feature import Poses
from features.extract.poses.recipe import PosesRecipe
from features.extract.poses.table import COLUMNS, read_people
from features.plan.stages import Context
from features.store.digest import artifact_key
from features.store.store import Store
from tests.extract.boxes.boxes_conformance import ArrayVideo
from tests.poses.nets import heatmap_net, rtmo_net
from tests.poses.poses_conformance import around, place, spots

IMPORTED = {"backend": "import", "files": "boxes.npz"}


@pytest.fixture
def context(tmp_path) -> Context:
    """Two networks, and boxes of seven frames: two persons in the first, nobody in the second, one in the others."""
    heatmap_net(tmp_path / "net.onnx")
    rtmo_net(tmp_path / "rtmo.onnx", size=(96, 128))
    boxes = [around(0)[:4], around(0)[:4], *(around(number)[:4] for number in range(2, 7))]
    np.savez(
        tmp_path / "boxes.npz", Test001_boxes=np.float32(boxes), Test001_offsets=np.array([0, 2, 2, 3, 4, 5, 6, 7])
    )
    before = Context("plaza", (tmp_path,), {"frames": FramesRecipe()})
    return Context("plaza", (tmp_path,), {**before.recipes, "boxes": Boxes.recipe(IMPORTED, before)})


@pytest.fixture
def extract(tmp_path, context):
    """The artifact that a config entry makes of a video, with the boxes it stands on."""
    store = Store(tmp_path / "store", create=True)
    opened = []

    def made(feature, recipe, video, *others, **progress):
        key = artifact_key(recipe.digest, [video.digest, *others])
        with store.create(feature.kind, key, recipe=recipe, inputs={"source": video.digest}) as out:
            feature(recipe, Machine(batch=2)).extract(video, out, progress.get("progress", lambda frames: None))
        opened.append(store.open(feature.kind, key))
        return opened[-1]

    def run(choice, video, **progress):
        boxes = made(Boxes, context.recipes["boxes"], video)
        video.upstream = {"boxes": boxes}
        return made(Poses, Poses.recipe(choice, context), video, boxes.key, **progress)

    yield run
    for artifact in opened:
        artifact.close()


SHOWN = {"backend": "onnx", "weights": "net.onnx", "origins": "imported", "mean": (0, 0, 0), "std": (1, 1, 1)}


def test_a_row_for_each_person_and_offsets_for_each_frame(extract):
    artifact = extract(SHOWN, ArrayVideo(spots()))
    table = artifact.table("poses")
    assert (table.columns, table.frames) == (COLUMNS, 7)
    assert [len(table.frame(number)) for number in range(7)] == [2, 0, 1, 1, 1, 1, 1]
    assert "ids" not in artifact.names


def test_they_are_read_as_people(extract):
    people = read_people(extract(SHOWN, ArrayVideo(spots())))
    assert people.frames.tolist() == [0, 0, 2, 3, 4, 5, 6] and (people.ids == -1).all()
    for frame, nose in zip(people.frames, people.keypoints[:, 0], strict=True):
        np.testing.assert_allclose(nose[:2], place(frame), atol=1.5)
    np.testing.assert_allclose(people.scores, people.keypoints[:, :, 2].mean(axis=1), rtol=1e-5)


def test_persons_and_mean_scores_are_noted(extract):
    artifact = extract(SHOWN, ArrayVideo(spots()))
    notes = artifact.meta["statistics"]
    assert (notes["persons"], notes["frames_with_persons"]) == (7, 6)
    assert notes["mean_scores"]["box_score"] is None
    assert notes["mean_scores"]["score"] == pytest.approx(artifact.table("poses").column("score").mean(), rel=1e-5)


def test_a_video_with_nobody_has_a_table_without_rows(extract):
    artifact = extract({"backend": "rtmo", "weights": "rtmo.onnx"}, ArrayVideo(np.zeros((7, 96, 128, 3), np.uint8)))
    table = artifact.table("poses")
    assert (table.frames, table.values.shape) == (7, (0, 57))
    assert artifact.meta["statistics"]["mean_scores"] == {"box_score": None, "score": None}


def test_progress_counts_frames_to_the_end(extract):
    seen = []
    extract(SHOWN, ArrayVideo(spots()), progress=seen.append)
    assert seen == list(range(1, 8))


class TestRecipe:
    def test_what_it_reads_depends_on_the_backend(self, context):
        assert Poses.reads(Poses.recipe(SHOWN, context)) == ("boxes",)
        assert Poses.reads(Poses.recipe({"backend": "rtmo", "weights": "rtmo.onnx"}, context)) == ()

    def test_jpeg_frames_are_read_from_the_store(self, context):
        frames = FramesRecipe(codec="jpeg", quality=95)
        stored = Context("plaza", context.weights, {**context.recipes, "frames": frames})
        assert Poses.reads(Poses.recipe({"backend": "rtmo", "weights": "rtmo.onnx"}, stored)) == ("frames",)

    def test_lossless_frames_give_the_same_poses_as_the_video(self, context):
        lossless = Context("plaza", context.weights, {**context.recipes, "frames": FramesRecipe(codec="lossless")})
        assert Poses.recipe(SHOWN, lossless).digest == Poses.recipe(SHOWN, context).digest

    def test_an_onnx_file_alone_is_a_network_for_boxes(self, context):
        named = Context("plaza", context.weights, {**context.recipes, "boxes": _detected(context)})
        recipe = Poses.recipe("net.onnx", named)
        assert isinstance(recipe, PosesRecipe) and recipe.estimator.backend == "onnx"

    @pytest.mark.parametrize(
        ("choice", "message"),
        [
            ("onxx", r"poses 'onxx' is not known \(did you mean 'onnx'\?\)"),
            ({"weights": "net.onnx"}, "poses names no backend; say backend: with one of alphapose, import, onnx, rtmo"),
            ("onnx", "needs weights"),
        ],
    )
    def test_a_wrong_choice_is_refused(self, context, choice, message):
        with pytest.raises(ConfigError, match=message):
            Poses.recipe(choice, context)

    def test_estimated_bytes_grow_with_the_frames(self, context):
        recipe = Poses.recipe(SHOWN, context)
        assert Poses.estimated_bytes(recipe, 200, 240, 320) == 2 * Poses.estimated_bytes(recipe, 100, 240, 320) > 0


def _detected(context: Context):
    rtmo_net(context.weights[0] / "yolo.onnx")
    before = Context("plaza", context.weights, {"frames": FramesRecipe()})
    return Boxes.recipe({"preset": "lbrspr", "detector": "yolo.onnx", "motion": "off"}, before)
