"""Scores written video by video come back by the video's digest."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import NotStored
from features.evaluate.recipe import evaluation_recipe
from features.evaluate.scores import Scores
from features.models.scores import ScoresWriter
from features.store.store import Store

KEY = "c" * 64


@pytest.fixture(params=["zarr", "hdf5"])
def scores(request: pytest.FixtureRequest, tmp_path: Path) -> Scores:
    store = Store(tmp_path, request.param, create=True)
    with store.create("scores", KEY, recipe=evaluation_recipe(["raw"], []), inputs={}) as out:
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
    recipe = evaluation_recipe(["raw"], ["boxes"])
    assert recipe.protocols == {"raw": 1}
    assert recipe.reads == ("boxes",)
    assert recipe.digest != evaluation_recipe(["raw", "hf2vad"], ["boxes"]).digest
