"""What every tracker keeps, whatever it is given."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import ConfigError
from features.extract.frames.recipe import FramesRecipe
from features.extract.tracks.backend import Rows
from features.extract.tracks.online import left_to_right, numbered
from features.plan.stages import Context
from tests.extract.conformance import texture
from tests.tracks.scenes import BACKENDS, CONTEXT, Blind, Pictured, ids_of, table, tracker, walk


@pytest.fixture(params=BACKENDS)
def backend(request):
    return tracker(BACKENDS[request.param])


def boxes():
    """A box anywhere, of any sides and score; few places, so that boxes overlap and repeat."""
    place, side = st.integers(0, 12).map(lambda n: 10.0 * n), st.sampled_from([12.0, 25.0, 40.0])
    score = st.sampled_from([0.05, 0.3, 0.65, 0.9])
    return st.builds(lambda x, y, w, h, s: (x, y, x + w, y + h, s), place, place, side, side, score)


def crowds(unique=False):
    """Rows of a few frames; `unique`: no two alike in a frame."""
    by = (lambda box: box[:4]) if unique else None
    frame = st.lists(boxes(), max_size=5, unique_by=by) if unique else st.lists(boxes(), max_size=5)
    return st.lists(frame, min_size=1, max_size=12)


some = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@some
@given(crowd=crowds())
def test_nobody_is_twice_in_a_frame(backend, crowd):
    rows = table(crowd)
    ids = ids_of(backend, Blind(len(crowd)), rows)
    for start, stop in pairwise(rows.offsets.tolist()):
        here = ids[start:stop]
        assert len(set(here[here >= 0])) == (here >= 0).sum()


@some
@given(crowd=crowds(unique=True), seed=st.integers(0, 99))
def test_rows_in_another_order_get_the_same_ids(backend, crowd, seed):
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(frame)) for frame in crowd]
    shuffled = [[frame[place] for place in order] for frame, order in zip(crowd, orders, strict=True)]
    plain = ids_of(backend, Blind(len(crowd)), table(crowd))
    other = ids_of(backend, Blind(len(crowd)), table(shuffled))
    parts = np.split(plain, table(crowd).offsets[1:-1])
    expected = [part[order] for part, order in zip(parts, orders, strict=True)]
    assert other.tolist() == np.concatenate(expected).tolist()


@some
@given(crowd=crowds())
def test_ids_count_from_0_in_the_order_of_first_appearance(backend, crowd):
    rows = table(crowd)
    ids = ids_of(backend, Blind(len(crowd)), rows)
    _, first = np.unique(ids[ids >= 0], return_index=True)
    assert sorted(set(ids[ids >= 0])) == list(range(len(first)))
    assert (np.diff(rows.frames[ids >= 0][first]) >= 0).all()


@some
@given(crowd=crowds(), other=crowds())
def test_what_was_tracked_before_changes_nothing(backend, crowd, other):
    rows = table(crowd)
    before = ids_of(backend, Blind(len(crowd)), rows)
    ids_of(backend, Blind(len(other)), table(other))
    assert ids_of(backend, Blind(len(crowd)), rows).tolist() == before.tolist()


@pytest.mark.parametrize("speed", [0.0, 2.0, -3.0])
def test_a_person_alone_keeps_one_id_from_the_first_frame_to_the_last(backend, speed):
    rows = table([[walk(frame, x=150, speed=speed)] for frame in range(40)])
    assert ids_of(backend, Blind(40), rows).tolist() == [0] * 40


def test_a_person_who_is_missed_for_a_while_stays_the_same(backend):
    rows = table([[walk(frame)] if frame not in range(20, 26) else [] for frame in range(40)])
    assert ids_of(backend, Blind(40), rows).tolist() == [0] * 34


@pytest.mark.parametrize(("fps", "people"), [(30.0, 1), (8.0, 2)])
def test_patience_is_a_second_at_any_frame_rate(backend, fps, people):
    """Thirty frames of a video of 30 frames per second, as the recipe says: eight of one of 8."""
    rows = table([[walk(0)] if frame not in range(20, 32) else [] for frame in range(40)])
    assert len(set(ids_of(backend, Blind(40, fps), rows))) == people


def test_patience_counts_the_frames_that_are_handed_out(backend):
    """Every fourth frame of 32 a second: 8 a second."""
    rows = table([[walk(0)] if frame not in range(20, 32) else [] for frame in range(40)])
    assert len(set(ids_of(backend, Blind(40, 32.0, kept=4), rows))) == 2


def test_two_who_pass_each_other_keep_their_ids(backend):
    rows = table([[walk(frame, y=60), walk(frame, x=180, y=75, speed=-2)] for frame in range(80)])
    ids = ids_of(backend, Blind(80), rows).reshape(80, 2)
    assert (ids == [0, 1]).all()


def test_rows_that_make_no_track_belong_to_nobody(backend):
    """A box that flares up once, and one that is too doubtful to begin a track."""
    flare = [200, 20, 240, 90]
    rows = table([[walk(frame), [10, 150, 40, 220, 0.3], *([flare] if frame == 20 else [])] for frame in range(40)])
    ids = ids_of(backend, Blind(40), rows)
    person = rows.boxes[:, 1] == 60
    assert (ids[person] == 0).all() and (ids[~person] == -1).all()


def test_a_row_without_a_score_counts_as_sure(backend):
    rows = table([[[*walk(frame), np.nan]] for frame in range(10)])
    assert ids_of(backend, Blind(10), rows).tolist() == [0] * 10


@pytest.mark.parametrize("box", [
    (np.nan, np.nan, np.nan, np.nan), (10, 10, np.nan, 30), (10, 10, 10, 30), (30, 30, 10, 10), (0, 0, np.inf, 9),
    (1e300, 1e300, 1.1e300, 1.1e300), (-1e200, 0, 9, 9), (0, 0, 1e-200, 1e-200),
], ids=["nothing", "half", "flat", "inside out", "endless", "absurd", "wide", "tiny"])  # fmt: skip
def test_a_row_without_a_box_belongs_to_nobody_and_disturbs_nobody(backend, box):
    rows = table([[walk(frame), box] for frame in range(10)])
    tracked = backend.track(Blind(10), rows, lambda frames: None)
    assert tracked.ids.reshape(10, 2).tolist() == [[0, -1]] * 10
    assert tracked.notes["rows_without_box"] == 10


@pytest.mark.parametrize("frames", [0, 1, 30])
def test_a_video_without_rows(backend, frames):
    assert ids_of(backend, Blind(frames), table([[]] * frames)).tolist() == []


@pytest.mark.parametrize(("name", "ids"), [("bytetrack", [-1]), ("ocsort", [-1]), ("botsort", [0])])
def test_a_single_frame_makes_a_track_only_in_botsort(name, ids):
    assert ids_of(tracker(BACKENDS[name]), Blind(1), table([[walk(0)]])).tolist() == ids


def test_equal_boxes_are_not_one_person(backend):
    rows = table([[walk(frame), walk(frame)] for frame in range(10)])
    ids = ids_of(backend, Blind(10), rows).reshape(10, 2)
    assert (ids[:, 0] != ids[:, 1]).all()


@pytest.mark.parametrize("name", BACKENDS)
def test_where_the_library_names_a_row_so_do_we(name):
    """The library's own ids, by row numbers that travel with its detections, are ours but for what it leaves unsaid."""
    import supervision

    rng = np.random.default_rng(4)
    rows = table([
        [walk(frame + rng.normal(0, 0.3), y=40 * n, speed=n - 2, x=60 * n) for n in range(5) if rng.random() < 0.8]
        for frame in range(60)
    ])  # fmt: skip
    backend = tracker(BACKENDS[name])
    library, order = backend.tracker(25.0), left_to_right(rows)
    said = np.full(len(order), -1)
    for start, stop in pairwise(rows.offsets.tolist()):
        here = order[start:stop]
        given = supervision.Detections(rows.boxes[here], confidence=rows.scores[here], data={"row": here})
        # The library's `seen` boxes are of no use here; only what it returns counts.
        found = library.update(given)
        if len(found):
            said[found.data["row"]] = found.tracker_id
    ours = ids_of(backend, Blind(60), rows)
    named = said >= 0
    pairs = set(zip(said[named].tolist(), ours[named].tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert (ours[named] >= 0).all() and (ours >= 0).sum() > named.sum()


def test_numbers_follow_the_first_row_in_the_given_order():
    ids, order = np.array([7, 3, -1, 7, 5]), np.array([1, 0, 2, 4, 3])
    assert numbered(ids, order).tolist() == [1, 0, -1, 1, 2]


def test_rows_are_read_from_left_to_right_the_surest_of_equal_ones_first():
    rows = Rows(np.array([[5, 0, 9, 9], [1, 0, 9, 9], [1, 0, 9, 9], [0, 0, 9, 9]]), np.arange(4.0), np.array([0, 3, 4]))
    assert left_to_right(rows).tolist() == [2, 1, 0, 3]


class TestBotSortWithAMovingCamera:
    """A camera that jumps to and fro over a still ground, on which somebody stands."""

    jumps = np.cumsum([0, *([14, -9, 17, -22, 11, 19, -15, 8, -20, 16, -12] * 3)])

    @pytest.fixture(scope="class")
    def video(self):
        ground = texture(160, 400)
        return Pictured(np.stack([ground[:, 100 + jump : 300 + jump] for jump in self.jumps]))

    @pytest.fixture(scope="class")
    def rows(self):
        return table([[walk(0, x=90 - jump)] for jump in self.jumps])

    @pytest.mark.parametrize("camera", ["flow", "orb"])
    def test_one_id_where_the_motion_is_found(self, video, rows, camera):
        ids = ids_of(tracker({"backend": "botsort", "camera": camera}), video, rows)
        assert set(ids) == {0}

    def test_often_lost_where_the_camera_is_taken_to_be_still(self, video, rows):
        ids = ids_of(tracker({"backend": "botsort", "camera": "still"}), video, rows)
        assert (ids != 0).mean() > 1 / 3

    def test_frames_without_anything_to_follow_are_a_camera_at_rest(self):
        flat = Pictured(np.full((12, 60, 80, 3), 90, np.uint8))
        rows = table([[walk(frame)] for frame in range(12)])
        for camera in ("flow", "orb"):
            assert set(ids_of(tracker({"backend": "botsort", "camera": camera}), flat, rows)) == {0}


@pytest.mark.parametrize(("choice", "problem"), [
    ({"backend": "bytetrack", "lost_track_bufer": 3}, r"no parameter 'lost_track_bufer' \(did you mean 'lost_track_bu"),
    ({"backend": "ocsort", "delta_t": 0}, r"tracks backend 'ocsort': delta_t: .*greater than or equal to 1; found 0"),
    ({"backend": "botsort", "camera": "moving"}, r"camera: .*'flow', 'orb' or 'still'; found 'moving'"),
    ({"backend": "botsort", "camera": "still", "downscale": 2}, r"downscale belongs to a camera that moves"),
    ({"backend": "botsort", "frames": {}}, r"sees the config's frames; leave out its parameter 'frames'"),
])  # fmt: skip
def test_wrong_parameters_are_refused(choice, problem):
    with pytest.raises(ConfigError, match=problem):
        tracker(choice)


def test_a_recipe_holds_the_frames_only_where_they_are_seen():
    botsort = type(tracker({"backend": "botsort"}))
    moving, still = (botsort.recipe(entry, CONTEXT) for entry in ({}, {"camera": "still"}))
    jpeg = Context("plaza", (), {"frames": FramesRecipe(codec="jpeg", quality=9)})
    assert (moving.frames, still.frames) == (CONTEXT.recipes["frames"], None)
    assert (botsort.reads(moving), botsort.reads(still)) == ((), ())
    assert botsort.reads(botsort.recipe({}, jpeg)) == ("frames",)
    assert botsort.reads(botsort.recipe({"camera": "still"}, jpeg)) == ()


def test_planning_loads_no_tracker_and_loading_one_is_silent_and_stays_at_home(project):
    """No output, no warning, no connection; torch stays out."""
    code = """
import socket, sys
def refuse(*address): raise AssertionError(address)
socket.socket.connect = socket.getaddrinfo = refuse
from features.extract.frames.recipe import FramesRecipe
from features.plan.stages import Context
from features.extract.tracks.feature import Tracks
context = Context("plaza", (), {"frames": FramesRecipe(), "poses": FramesRecipe()})
recipes = [Tracks.recipe(name, context) for name in ("bytetrack", "ocsort", "botsort")]
assert not {"trackers", "supervision", "scipy", "torch"} & set(sys.modules)
for recipe in recipes: Tracks(recipe, None).backend.tracker(25.0)
assert "trackers" in sys.modules and "torch" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
