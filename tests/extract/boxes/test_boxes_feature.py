"""The feature `boxes`: a video into one table."""

import numpy as np
import pytest

from features.extract.boxes.backend import COLUMNS, Block, blocks_with_neighbours
from features.extract.boxes.decode import overlaps
from features.extract.boxes.feature import Boxes, block_rows, kept
from features.extract.boxes.recipe import Keep
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context
from features.store.digest import artifact_key
from features.store.store import Store
from tests.extract.boxes.boxes_conformance import ArrayVideo, walkers

NOTHING = np.empty((0, 6), np.float32)


@pytest.fixture
def extract(tmp_path):
    """The artifact that a config entry makes of a video."""
    store = Store(tmp_path / "store", create=True)
    opened = []

    def run(choice, video, batch=2, progress=lambda frames: None):
        context = Context("ucsdped2", (tmp_path,), {"frames": FramesRecipe()})
        recipe = Boxes.recipe(choice, context)
        key = artifact_key(recipe.digest, [video.digest, str(batch)])
        with store.create("boxes", key, recipe=recipe, inputs={"source": video.digest}) as out:
            Boxes(recipe, Machine(batch=batch)).extract(video, out, progress)
        opened.append(store.open("boxes", key))
        return opened[-1]

    yield run
    for artifact in opened:
        artifact.close()


def test_a_table_with_a_row_for_each_box_and_offsets_for_each_frame(extract):
    artifact = extract("motion", ArrayVideo(walkers()))
    table = artifact.table("boxes")
    assert (table.columns, table.frames) == (COLUMNS, 7)
    assert all(len(table.frame(number)) >= 2 for number in range(7))
    assert (table.column("origin") == 1).all() and np.isnan(table.column("score")).all()
    assert artifact.meta["statistics"]["boxes"] == {"detector": 0, "motion": len(table.values), "imported": 0}


def test_batch_and_block_size_change_nothing(extract, monkeypatch):
    one = extract("motion", ArrayVideo(walkers())).table("boxes").values
    monkeypatch.setattr("features.extract.boxes.feature.BLOCK_BYTES", 1)
    other = extract("motion", ArrayVideo(walkers()), batch=5).table("boxes").values
    np.testing.assert_array_equal(one, other)


def test_progress_counts_frames_to_the_end(extract):
    seen = []
    extract("motion", ArrayVideo(walkers(40)), progress=seen.append)
    assert seen == [16, 32, 40]


def test_a_video_without_motion_has_a_table_without_rows(extract):
    table = extract("motion", ArrayVideo(np.zeros((5, 40, 60, 3), np.uint8))).table("boxes")
    assert (table.frames, table.values.shape) == (5, (0, 7))


def test_motion_is_sought_where_no_box_was_imported(extract, tmp_path):
    """One square is covered by an imported box: motion gives the other one only."""
    corners = [[5 + 6 * number, 20, 21 + 6 * number, 44] for number in range(7)]
    covering = np.float32(corners) + np.float32([-8, -4, 8, 4])
    np.savez(tmp_path / "boxes.npz", Test001_boxes=covering, Test001_offsets=np.arange(8))
    choice = {"detector": {"backend": "import", "files": "boxes.npz"}, "motion": {"backend": "gradient"}}
    table = extract(choice, ArrayVideo(walkers())).table("boxes")
    for number in range(7):
        rows = table.frame(number)
        assert rows[0, 6] == 2 and (rows[1:, 6] == 1).all()
        np.testing.assert_array_equal(rows[0, :4], covering[number])
        assert len(rows) > 1 and (rows[1:, 1] > 40).all()


@pytest.mark.parametrize(
    ("height", "width", "batch", "rows"), [(240, 360, 8, 16), (240, 360, 32, 32), (2160, 3840, 8, 2)]
)
def test_blocks_hold_sixteen_frames_or_a_batch_within_64_megabytes(height, width, batch, rows):
    assert block_rows(height, width, batch) == rows


def test_detections_pass_score_area_and_cover_together():
    boxes = np.array(
        [[0, 0, 99, 99, 0.9, 0], [10, 10, 30, 30, 0.9, 1], [0, 0, 5, 5, 0.9, 0], [120, 0, 150, 50, 0.1, 0]], np.float32
    )
    assert kept(boxes, Keep(score=0.2, min_area=100), 200, 200).tolist() == boxes[:1].tolist()
    assert kept(boxes, None, 200, 200) is boxes


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_every_block_has_a_neighbour_at_either_end(rows):
    frames = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1).repeat(3, axis=3)
    around = np.concatenate([frames[:1], frames, frames[-1:]])
    for first, padded in blocks_with_neighbours(ArrayVideo(frames), rows):
        np.testing.assert_array_equal(padded, around[first : first + len(padded)])


def test_a_video_without_frames_has_no_blocks():
    assert list(blocks_with_neighbours(ArrayVideo(np.empty((0, 4, 4, 3), np.uint8)), 4)) == []


@pytest.mark.shared
def test_published_settings_on_real_frames(extract, shared, tmp_path):
    """LBR-SPR's steps with the small YOLOX on twenty frames of a person walking."""
    import av

    (tmp_path / "yolox_nano.onnx").symlink_to(shared / "weights/onnx/yolox_nano.onnx")
    with av.open(str(shared / "data/neutral/one-by-one-person-detection.mp4")) as file:
        frames = [frame.to_ndarray(format="rgb24") for _, frame in zip(range(112), file.decode(video=0), strict=False)]
    video = ArrayVideo(np.stack(frames[92:]))
    table = extract({"preset": "lbrspr", "motion": "gradient"}, video).table("boxes")
    for number in range(20):
        rows = table.frame(number)
        persons = rows[(rows[:, 6] == 0) & (rows[:, 5] == 0)]
        assert len(persons) >= 1 and persons[:, 4].max() > 0.5
        assert (rows[:, :2] >= 0).all()


def test_motion_finds_people_of_the_plaza(tmp_path):
    """Of those seen by more than half, at least 40 of 100 get a box of their own (IoU 0.5); most boxes hold somebody.

    Gradients see edges that move: slow people give too little, neighbours melt into one box.
    """
    av = pytest.importorskip("av")
    from features.datasets.plaza import Plaza

    plaza = Plaza(None, tmp_path, clips=1, frames=40)
    plaza.prepare()
    seen = met = boxes = 0
    recipe = Boxes.recipe("motion", Context("plaza", (), {"frames": FramesRecipe()}))
    feature = Boxes(recipe, Machine())
    for video in plaza.videos():
        with av.open(str(video.path)) as file:
            pixels = np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])
        blocks = blocks_with_neighbours(ArrayVideo(pixels), 16)
        tables = [rows for first, padded in blocks for rows in feature.find(Block(None, first, padded))]
        for number, rows in list(enumerate(tables))[::4]:
            people = [person.box for person in plaza.truth(video.id).people(number) if person.visible > 0.5]
            overlap = overlaps(np.concatenate([np.reshape(people, (-1, 4)), rows[:, :4]]))[: len(people), len(people) :]
            seen, boxes = seen + len(people), boxes + len(rows)
            met += int((overlap >= 0.5).any(axis=1).sum())
    assert met / seen > 0.4, f"{met / seen:.3f}"
    assert met / boxes > 0.5, f"{met / boxes:.3f}"
