"""From cubes to a model artifact and to scores."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from features.errors import DatasetError, FeaturesError
from features.evaluate.scores import Scores
from features.extract.feature import Machine
from features.models.base import Features
from features.models.lbrspr.model import Lbrspr
from features.models.lbrspr.recipe import LbrsprRecipe
from features.models.lbrspr.score import Statistics, frame_scores
from features.models.lbrspr.train import batch_losses, batches
from features.store.artifact import Artifact
from features.store.store import Store
from tests.models import training
from tests.models.training import Stop, assert_equal

Made = Callable[..., Features]
TINY: dict[str, Any] = {"epochs": 2, "warmup": 1, "batch": 4}

train = partial(training.train, Lbrspr)


def score(store: Store, key: str, model: Artifact, recipe: LbrsprRecipe, videos: list[Features]) -> Scores:
    return Scores(training.score(Lbrspr, store, key, model, recipe, videos))


@pytest.mark.parametrize("use_flow", [False, True], ids=["frames", "frames and flow"])
def test_training_that_was_stopped_gives_the_same_bits(
    store: Store, video: Made, tmp_path: Path, use_flow: bool
) -> None:
    recipe, videos = LbrsprRecipe(use_flow=use_flow, **TINY), [video("a", [3, 2]), video("b", [4])]
    whole = train(store, "a", recipe, videos, tmp_path / "one")
    with pytest.raises(Stop):
        train(store, "b", recipe, videos, tmp_path / "two", stop_after=1)
    resumed = train(store, "b", recipe, videos, tmp_path / "two")
    assert_equal(whole, resumed)
    assert whole.meta["statistics"]["blocks"] == resumed.meta["statistics"]["blocks"]


def test_the_order_in_which_videos_come_changes_nothing(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, videos = LbrsprRecipe(use_flow=False, **TINY), [video("a", [3]), video("b", [4])]
    forwards = train(store, "a", recipe, videos, tmp_path / "one")
    assert_equal(forwards, train(store, "b", recipe, videos[::-1], tmp_path / "two"))


def test_another_seed_gives_another_model(store: Store, video: Made, tmp_path: Path) -> None:
    videos = [video("a", [4])]
    one = train(store, "a", LbrsprRecipe(use_flow=False, epochs=1), videos, tmp_path / "one")
    other = train(store, "b", LbrsprRecipe(use_flow=False, epochs=1, seed=1), videos, tmp_path / "two")
    name = "block_0_0.raw_ae.0.conv.conv.0.weight"
    assert not np.array_equal(one[name][:], other[name][:])


def test_a_checkpoint_of_another_training_is_refused(store: Store, video: Made, tmp_path: Path) -> None:
    videos = [video("a", [3])]
    with pytest.raises(Stop):
        train(store, "a", LbrsprRecipe(use_flow=False, **TINY), videos, tmp_path / "one", stop_after=1)
    with pytest.raises(FeaturesError, match="belongs to another training"):
        train(store, "a", LbrsprRecipe(use_flow=False, seed=1, **TINY), videos, tmp_path / "one")


def test_a_damaged_checkpoint_is_refused(store: Store, video: Made, tmp_path: Path) -> None:
    (tmp_path / "block_0_0.safetensors").write_bytes(b"no tensors")
    with pytest.raises(FeaturesError, match="damaged"):
        train(store, "a", LbrsprRecipe(use_flow=False, **TINY), [video("a", [3])], tmp_path)


def test_videos_without_any_cube_are_refused(store: Store, video: Made, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none of 1 videos has a cube"):
        train(store, "a", LbrsprRecipe(use_flow=False), [video("a", [0, 0])], tmp_path)


def test_every_epoch_sees_every_cube_once_and_keeps_the_short_batch() -> None:
    recipe, rows = LbrsprRecipe(batch=4), np.arange(10, 21)
    first, second = (list(batches(rows, recipe, (0, 0), epoch)) for epoch in (0, 1))
    assert [len(batch) for batch in first] == [4, 4, 3]
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == rows.tolist()
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_losses_divide_by_the_size_of_the_batch_not_by_the_weights() -> None:
    errors = torch.tensor([100.0, 300.0]), torch.tensor([10.0, 20.0])
    recipe = LbrsprRecipe(lambda_raw=2.0, lambda_of=3.0)
    raw, of, total = batch_losses(errors, torch.tensor([1.0, 0.0]), recipe).tolist()
    assert raw == pytest.approx(100 / (2 * 15 * 1024))
    assert of == pytest.approx(10 / (2 * 10 * 1024))
    assert total == pytest.approx(2 * raw + 3 * of)


def test_scores_are_standardised_training_errors(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, videos = LbrsprRecipe(**TINY), [video("a", [3, 0, 2])]
    model = train(store, "a", recipe, videos, tmp_path)
    scores = score(store, "b", model, recipe, videos)
    raw, of = (model[f"block_0_0.training_errors_{kind}"][:].astype(np.float64) for kind in ("raw", "of"))
    expected = 0.5 * (raw - raw.mean()) / raw.std() + (of - of.mean()) / of.std()
    objects = scores.objects(videos[0].source)
    np.testing.assert_allclose(objects[:, 5], expected, rtol=1e-3, atol=1e-3)
    assert objects[:, 0].tolist() == [0, 0, 0, 2, 2]
    frames = scores.frames(videos[0].source)
    np.testing.assert_allclose(frames, [objects[:3, 5].max(), -20, objects[3:, 5].max()])


def test_without_flow_the_weights_are_not_applied(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, videos = LbrsprRecipe(use_flow=False, w_raw=0.1, **TINY), [video("a", [3])]
    model = train(store, "a", recipe, videos, tmp_path)
    raw = model["block_0_0.training_errors_raw"][:].astype(np.float64)
    found = score(store, "b", model, recipe, videos).objects(videos[0].source)[:, 5]
    np.testing.assert_allclose(found, (raw - raw.mean()) / raw.std(), rtol=1e-3, atol=1e-3)


def test_cubes_of_a_block_without_model_get_the_big_number(store: Store, video: Made, tmp_path: Path) -> None:
    recipe = LbrsprRecipe(use_flow=False, blocks=(4, 1), **TINY)
    trained, other = video("a", [1]), video("b", [12])
    model = train(store, "a", recipe, [trained], tmp_path)
    assert len(model.meta["statistics"]["blocks"]) == 1
    objects = score(store, "b", model, recipe, [other]).objects(other.source)
    row = model.meta["statistics"]["blocks"][0]["row"]
    elsewhere = ((objects[:, 2] + objects[:, 4]) / 2 / (158 / 4)).astype(int) != row
    assert elsewhere.any() and (objects[elsewhere, 5] == 20).all() and (objects[~elsewhere, 5] != 20).all()


def test_zero_dimensional_parameters_come_back(store: Store, video: Made, tmp_path: Path) -> None:
    model = train(store, "a", LbrsprRecipe(use_flow=False, **TINY), [video("a", [3])], tmp_path)
    assert model["block_0_0.raw_ae.0.conv.conv.1.num_batches_tracked"][:].tolist() == [2]


def test_statistics_of_equal_errors_do_not_divide_by_zero() -> None:
    assert Statistics.of(np.full(4, 3.0, np.float32)) == Statistics(3.0, 1.0)


@pytest.mark.parametrize(
    ("frame_of_cube", "scores", "expected"),
    [([], [], [-20, -20, -20]), ([0, 0, 2], [1, 3, -30], [3, -20, -20]), ([1], [20], [-20, 20, -20])],
)
def test_frame_score_is_the_highest_cube_score(
    frame_of_cube: list[int], scores: list[float], expected: list[float]
) -> None:
    found = frame_scores(3, np.array(frame_of_cube, int), np.array(scores, np.float32), 20)
    assert found.tolist() == expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_trains_to_nearly_the_same_model(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, videos = LbrsprRecipe(epochs=1, batch=4), [video("a", [3, 2])]
    with store.create("model", "b" * 64, recipe=recipe, inputs={}) as out:
        Lbrspr(recipe, Machine("cuda:0")).train(videos, out, tmp_path, lambda line: None)
    found = store.open("model", "b" * 64)["block_0_0.training_errors_raw"][:]
    expected = train(store, "a", recipe, videos, tmp_path / "one")["block_0_0.training_errors_raw"][:]
    np.testing.assert_allclose(found, expected, rtol=0.05)
