"""Scores written video by video come back by the video's digest."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.people import people
from features.errors import NotStored
from features.evaluate.recipe import evaluation_recipe
from features.evaluate.scores import Scores, Threshold, person_scores
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.frames.recipe import FramesRecipe
from features.extract.tracks.recipe import tracks_recipe
from features.models.scores import ScoresWriter
from features.plan.stages import Context
from features.store.recipe import Recipe
from features.store.store import Store

KEY = "c" * 64
BOXES = BoxesRecipe(frames=FramesRecipe(), detector=None, motion=None, keep=None)


class Poses(Recipe):
    """A recipe of poses, whatever they come from."""

    kind = "poses"
    backend = "any"


@pytest.fixture(params=["zarr", "hdf5"])
def scores(request: pytest.FixtureRequest, tmp_path: Path) -> Scores:
    store = Store(tmp_path, request.param, create=True)
    with store.create("scores", KEY, recipe=evaluation_recipe(["raw"], {}), inputs={}) as out:
        writer = ScoresWriter(out)
        writer.video("first", np.array([1.0, 2.0]), np.array([[0, 1, 2, 3, 4, 1.0], [1, 1, 2, 3, 4, 2.0]]))
        writer.video("without objects", np.array([3.0]))
        writer.video("without frames", np.zeros(0))
        writer.close()
    return Scores(store.open("scores", KEY))


def test_frames_and_objects_of_each_video(scores: Scores) -> None:
    assert scores.sources == ("first", "without objects", "without frames")
    assert scores.frames("first").tolist() == [1, 2] and scores.frames("without objects").tolist() == [3]
    assert scores.objects("first")[:, 5].tolist() == [1, 2]
    assert scores.objects("without objects").shape == (0, 6) and scores.frames("without frames").shape == (0,)


def test_by_video_id_leaves_out_what_was_not_scored(scores: Scores) -> None:
    assert list(scores.by_video({"Test/1": "without objects", "Test/2": "unknown"})) == ["Test/1"]


def test_a_video_that_was_not_scored_is_an_error(scores: Scores) -> None:
    with pytest.raises(NotStored, match="no video unknown"):
        scores.frames("unknown")


def test_an_evaluations_recipe_names_protocols_and_baselines_with_their_versions() -> None:
    features = {"boxes": BOXES}
    recipe = evaluation_recipe(["raw"], features)
    assert recipe.protocols == {"raw": 1}
    assert recipe.reads == ("boxes",)
    assert recipe.digest != evaluation_recipe(["raw", "hf2vad"], features).digest


@pytest.mark.parametrize(("of", "follows"), [("poses", True), ("boxes", False)])
def test_bodies_are_followed_by_tracks_of_poses_alone(of: str, follows: bool) -> None:
    features = {"boxes": BOXES, "poses": Poses()}
    tracks = tracks_recipe({"backend": "bytetrack", "of": of}, Context("plaza", (), features))
    baselines = evaluation_recipe(["raw"], {**features, "tracks": tracks}).baselines
    assert ("speed of the body's centre" in baselines) is follows and "number of persons" in baselines


def test_objects_that_are_persons_say_who_they_are(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    objects = np.array([[0, 1, 2, 3, 4, 1.0], [1, 1, 2, 3, 4, 2.0]])
    with store.create("scores", KEY, recipe=evaluation_recipe(["raw"], {}), inputs={}) as out:
        writer = ScoresWriter(out, identified=True)
        writer.video("nobody", np.zeros(2))
        writer.video("walkers", np.array([1.0, 2.0]), objects, np.array([7, 9]))
        writer.close()
        out.note(threshold={"quantile": 0.99, "value": 1.5})
    with store.open("scores", KEY) as artifact:
        found = Scores(artifact)
        assert found.identified and found.objects_in_all == 2
        assert found.ids("walkers").tolist() == [7, 9] and found.ids("nobody").shape == (0,)
        assert found.object_scores().tolist() == [1, 2]
        assert found.threshold == Threshold(0.99, 1.5)


def test_objects_of_unknown_identity_have_no_ids(scores: Scores) -> None:
    assert not scores.identified and scores.threshold is None
    with pytest.raises(NotStored, match="do not say who is who"):
        scores.ids("first")


def test_snapshots_of_a_models_training_come_back_by_video(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    with store.create("scores", KEY, recipe=evaluation_recipe(["raw"], {}), inputs={}) as out:
        writer = ScoresWriter(out, snapshots=2)
        writer.video("one", np.array([1.0]), snapshots=np.array([[0.5, 1.0]]))
        writer.video("two", np.array([2.0, 3.0]), snapshots=np.array([[4.0, 2.0], [5.0, 3.0]]))
        writer.close()
    with store.open("scores", KEY) as artifact:
        found = Scores(artifact)
        assert found.snapshots("two").tolist() == [[4, 2], [5, 3]]
        assert list(found.snapshots_by_video({"Test/1": "two", "Test/2": "unknown"})) == ["Test/1"]


def test_scores_without_snapshots_say_so(scores: Scores) -> None:
    assert not scores.has_snapshots and scores.snapshots_by_video({"Test/1": "first"}) == {}
    with pytest.raises(NotStored, match="hold no snapshots"):
        scores.snapshots("first")


def test_only_a_table_of_annotated_videos_holds_oracles() -> None:
    assert not evaluation_recipe(["raw"], {}).oracles
    recipe = evaluation_recipe(["raw"], {}, annotated=True)
    assert "perfect video label" in recipe.oracles and "minus video length" in recipe.baselines


def test_persons_take_their_scores_by_frame_and_id() -> None:
    found = people(np.array([0, 0, 1, 2]), np.array([7, 9, 7, -1]), np.zeros((4, 17, 3)))
    objects = np.array([[1, 0, 0, 1, 1, 5.0], [0, 0, 0, 1, 1, 3.0], [0, 0, 0, 1, 1, 4.0], [9, 0, 0, 1, 1, 8.0]])
    scored = person_scores(found, objects, np.array([7, 7, 7, 7]))
    np.testing.assert_array_equal(scored, [4.0, np.nan, 5.0, np.nan])
