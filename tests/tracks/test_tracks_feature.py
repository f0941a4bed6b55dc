"""The feature `tracks`: a stored table into ids for its rows."""

import numpy as np
import pytest

from features.datasets.people import people
from features.errors import ConfigError, StoreError
from features.extract.boxes.backend import COLUMNS as BOX_COLUMNS
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.table import PosesWriter, read_people, rows_of, tracks_of
from features.extract.tracks.feature import Tracks
from features.extract.tracks.recipe import TracksRecipe
from features.plan.stages import Context
from features.store.digest import artifact_key
from features.store.recipe import Recipe
from features.store.store import Store
from features.store.table import TableWriter
from tests.tracks.scenes import Blind, walk

FRAMES = 12


class Poses(Recipe):
    """A recipe of poses, whatever they come from."""

    kind = "poses"
    backend = "any"
    frames: FramesRecipe = FramesRecipe()


BOXES = BoxesRecipe(frames=FramesRecipe(), detector=None, motion=None, keep=None)
CONTEXT = Context("plaza", (), {"frames": FramesRecipe(), "boxes": BOXES, "poses": Poses()})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", create=True)


@pytest.fixture
def extract(store):
    """The artifact that a config entry makes of a table."""
    opened = []

    def run(choice, upstream, progress=lambda frames: None):
        recipe = Tracks.recipe(choice, CONTEXT)
        video = Blind(upstream.table(upstream.kind).frames, upstream={upstream.kind: upstream})
        key = artifact_key(recipe.digest, [video.digest, upstream.key])
        inputs = {"source": video.digest, upstream.kind: upstream.key}
        with store.create("tracks", key, recipe=recipe, inputs=inputs) as out:
            Tracks(recipe, Machine()).extract(video, out, progress)
        opened.append(store.open("tracks", key))
        return opened[-1]

    yield run
    for artifact in opened:
        artifact.close()


@pytest.fixture
def poses(store):
    """Writes frames of (box, keypoints) as a poses artifact; two walkers with boxes unless others are given."""
    opened = []

    def write(frames):
        key = artifact_key(Poses().digest, [str(len(opened))])
        with store.create("poses", key, recipe=Poses(), inputs={"source": "0" * 64}) as out:
            writer = PosesWriter(out)
            for rows in frames:
                writer.frame(rows)
            writer.close()
        opened.append(store.open("poses", key))
        return opened[-1]

    yield write
    for artifact in opened:
        artifact.close()


def posed(boxes, joints=None):
    """Rows of the table of poses: boxes (k, 5), and joints (k, 17, 3), all missing unless given."""
    count = len(boxes)
    joints = np.zeros((count, 17, 3)) if joints is None else joints
    return rows_of(people(np.zeros(count, int), np.full(count, -1), joints, boxes=np.reshape(boxes, (-1, 5))))


def crossing(frame):
    """Two who pass each other, the one from the right listed first."""
    return [[*walk(frame, x=120, y=90, speed=-4), 0.9], [*walk(frame, speed=4), 0.9]]


def test_an_id_for_each_row_and_the_offsets_of_the_table(extract, poses):
    table = poses([posed(crossing(frame) if frame != 5 else []) for frame in range(FRAMES)])
    tracks = extract("bytetrack", table)
    assert set(tracks.names) == {"ids", "frame_offsets"}
    assert tracks["frame_offsets"][:].tolist() == table["frame_offsets"][:].tolist()
    assert tracks["ids"][:].tolist() == [1, 0] * (FRAMES - 1) and tracks["ids"][:].dtype == np.int64
    notes = tracks.meta["statistics"]
    assert (notes["tracks"], notes["rows_without_track"], notes["rows_without_box"]) == (2, 0, 0)


def test_people_are_read_with_their_ids_and_poses_stay_as_they_were(extract, poses):
    table = poses([posed(crossing(frame)) for frame in range(FRAMES)])
    found = read_people(table, extract("ocsort", table))
    assert found.ids.tolist() == [1, 0] * FRAMES
    np.testing.assert_array_equal(found.keypoints, read_people(table).keypoints)


def test_ids_of_other_rows_are_refused(extract, poses):
    """Another video's poses, or boxes that happen to be as many: ids would be given to anybody."""
    one, other = (poses([posed(crossing(frame)) for frame in range(FRAMES)]) for _ in range(2))
    tracks = extract("ocsort", one)
    assert tracks_of(one, tracks) and not tracks_of(other, tracks)
    with pytest.raises(StoreError, match=r"tracks .* are not of poses .*; set tracks: \{..., of: poses\}"):
        read_people(other, tracks)


def test_a_pose_without_a_box_is_tracked_by_its_visible_joints(extract, poses):
    """One joint lies far away but is missing by its score; a second person has no joint at all."""
    frames = []
    for frame in range(FRAMES):
        joints = np.zeros((2, 17, 3))
        x1, y1, x2, y2 = walk(frame)
        joints[0, :3] = [(x1, y1, 0.4), (x2, y2, 0.9), (300, 5, 0.0)]
        frames.append(posed([[np.nan] * 5] * 2, joints))
    tracks = extract("bytetrack", poses(frames))
    assert tracks["ids"][:].tolist() == [0, -1] * FRAMES
    assert tracks.meta["statistics"]["rows_without_box"] == FRAMES


def test_boxes_are_tracked_where_the_config_says_so(extract, store):
    key = artifact_key(BOXES.digest, ["boxes"])
    with store.create("boxes", key, recipe=BOXES, inputs={"source": "0" * 64}) as out:
        table = TableWriter(out, "boxes", BOX_COLUMNS)
        for frame in range(FRAMES):
            table.frame(np.array([[*box[:4], np.nan, -1, 1] for box in crossing(frame)]))
        table.close()
    with store.open("boxes", key) as boxes:
        tracks = extract({"of": "boxes", "backend": "botsort", "camera": "still"}, boxes)
    assert tracks["ids"][:].tolist() == [1, 0] * FRAMES


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_a_video_without_anybody_has_offsets_and_no_ids(extract, poses, frames):
    tracks = extract("bytetrack", poses([posed([])] * frames))
    assert tracks["ids"][:].tolist() == [] and tracks["frame_offsets"][:].tolist() == [0] * (frames + 1)


def test_progress_counts_frames_to_the_end(extract, poses):
    seen = []
    extract("bytetrack", poses([posed(crossing(frame)) for frame in range(4)]), progress=seen.append)
    assert seen[-1] == 4 and seen == sorted(seen)


def test_defaults_are_written_out_and_the_table_is_part_of_the_recipe():
    recipe = Tracks.recipe({}, CONTEXT)
    content = recipe.content()["parameters"]
    assert content["rows"] == Poses().content()
    assert content["tracker"]["backend"] == "bytetrack"
    assert content["tracker"]["parameters"] == {
        "lost_track_buffer": 30,
        "track_activation_threshold": 0.7,
        "minimum_consecutive_frames": 2,
        "minimum_iou_threshold": 0.1,
        "high_conf_det_threshold": 0.6,
    }
    assert recipe.digest == Tracks.recipe("bytetrack", CONTEXT).digest
    others = [{"of": "boxes"}, "ocsort", "botsort", {"lost_track_buffer": 60}, {"backend": "botsort", "camera": "orb"}]
    assert len({recipe.digest, *(Tracks.recipe(choice, CONTEXT).digest for choice in others)}) == 6


@pytest.mark.parametrize(("choice", "reads"), [
    ("bytetrack", ("poses",)), ({"of": "boxes"}, ("boxes",)), ("botsort", ("poses",)),
])  # fmt: skip
def test_it_reads_the_table_and_no_frames_from_the_store(choice, reads):
    assert Tracks.reads(Tracks.recipe(choice, CONTEXT)) == reads


def test_botsort_reads_stored_frames_that_are_nowhere_else():
    recipes = {**CONTEXT.recipes, "frames": FramesRecipe(codec="jpeg", quality=90)}
    recipe = Tracks.recipe("botsort", Context("plaza", (), recipes))
    assert isinstance(recipe, TracksRecipe) and Tracks.reads(recipe) == ("frames", "poses")


@pytest.mark.parametrize(("choice", "recipes", "problem"), [
    ("bytetrak", {}, r"tracks: no backend 'bytetrak' \(did you mean 'bytetrack'\?\); there are: botsort, bytetrack"),
    ({"of": "box"}, {}, r"of is 'box' \(did you mean 'boxes'\?\); expected one of: poses, boxes"),
    ("ocsort", {"boxes": BOXES}, r"tracks stands on poses; add it below 'features' in the config; or say of: boxes"),
    ({"of": "boxes"}, {"poses": Poses()}, r"tracks stands on boxes; add it below 'features' in the config$"),
    ({"dela_t": 2, "backend": "ocsort"}, {"poses": Poses()}, r"no parameter 'dela_t' \(did you mean 'delta_t'\?\)"),
])  # fmt: skip
def test_wrong_entries_are_refused_with_what_is_right(choice, recipes, problem):
    with pytest.raises(ConfigError, match=problem):
        Tracks.recipe(choice, Context("plaza", (), {"frames": FramesRecipe(), **recipes}))
