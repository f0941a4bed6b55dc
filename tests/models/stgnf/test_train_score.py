"""From poses and tracks to a model artifact and to scores."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from features.errors import DatasetError, FeaturesError, SourceError
from features.evaluate.scores import Scores
from features.extract.feature import Machine
from features.extract.poses.table import JOINTS, IdsWriter, PosesWriter
from features.extract.weights import find_weights
from features.models.base import Features
from features.models.stgnf.model import Stgnf
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.score import with_nobody
from features.models.stgnf.train import batches, learning_rate
from features.store.store import Store
from tests.models import training
from tests.models.stgnf.conftest import MadeRecipe
from tests.models.stgnf.test_weights import parameters, prior, write
from tests.models.training import Stop, assert_equal

Made = Callable[..., Features]
TINY: dict[str, Any] = {"seg_len": 8, "epochs": 2, "batch_size": 16, "K": 3}


train, score = partial(training.train, Stgnf), partial(training.score, Stgnf)


@pytest.mark.parametrize("windows", ["published", "sound"])
def test_training_that_was_stopped_gives_the_same_bits(store: Store, video: Made, tmp_path: Path, windows: Any) -> None:
    recipe, videos = StgnfRecipe(windows=windows, **TINY), [video("a", {1: range(60)}), video("b", {1: range(40)})]
    whole = train(store, "a", recipe, videos, tmp_path / "one")
    with pytest.raises(Stop):
        train(store, "b", recipe, videos, tmp_path / "two", stop_after=1)
    resumed = train(store, "b", recipe, videos, tmp_path / "two")
    assert_equal(whole, resumed)
    assert whole.meta["statistics"]["losses"] == resumed.meta["statistics"]["losses"]


def test_the_order_in_which_videos_come_changes_nothing(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, videos = StgnfRecipe(**TINY), [video("a", {1: range(60)}), video("b", {1: range(40)})]
    forwards = train(store, "a", recipe, videos, tmp_path / "one")
    assert_equal(forwards, train(store, "b", recipe, videos[::-1], tmp_path / "two"))


def test_another_seed_gives_another_model(store: Store, video: Made, tmp_path: Path) -> None:
    videos = [video("a", {1: range(60)})]
    one = train(store, "a", StgnfRecipe(**TINY), videos, tmp_path / "one")
    other = train(store, "b", StgnfRecipe(**TINY, seed=1), videos, tmp_path / "two")
    name = "flow.layers.0.block.0.tcn.2.weight"
    assert not np.array_equal(one[name][:], other[name][:])


def test_training_lowers_the_loss(store: Store, video: Made, tmp_path: Path) -> None:
    recipe = StgnfRecipe(**{**TINY, "epochs": 6})
    losses = train(store, "a", recipe, [video("a", {1: range(60), 2: range(60)})], tmp_path).meta["statistics"][
        "losses"
    ]
    assert len(losses) == 6 and losses == sorted(losses, reverse=True)


def test_a_checkpoint_of_another_training_is_refused(store: Store, video: Made, tmp_path: Path) -> None:
    videos = [video("a", {1: range(60)})]
    with pytest.raises(Stop):
        train(store, "a", StgnfRecipe(**TINY), videos, tmp_path / "one", stop_after=1)
    with pytest.raises(FeaturesError, match="belongs to another training"):
        train(store, "a", StgnfRecipe(**TINY, seed=1), videos, tmp_path / "one")


def test_a_damaged_checkpoint_is_refused(store: Store, video: Made, tmp_path: Path) -> None:
    (tmp_path / "stgnf.safetensors").write_bytes(b"no tensors")
    with pytest.raises(FeaturesError, match="damaged"):
        train(store, "a", StgnfRecipe(**TINY), [video("a", {1: range(60)})], tmp_path)


@pytest.mark.parametrize("tracks", [{}, {1: range(7)}], ids=["nobody", "too short"])
def test_videos_without_any_window_are_refused(store: Store, video: Made, tmp_path: Path, tracks: Any) -> None:
    with pytest.raises(DatasetError, match="nobody in 1 videos is tracked for 8 frames"):
        train(store, "a", StgnfRecipe(**TINY), [video("a", tracks)], tmp_path)


def test_supervised_training_knows_abnormal_windows_and_calibrates_without_them(
    store: Store, video: Made, tmp_path: Path
) -> None:
    normal, abnormal = video("a", {1: range(60)}), video("b", {1: range(40), 2: range(60)}, abnormal=[2])
    recipe = StgnfRecipe(supervised=True, **TINY)
    model = train(store, "a", recipe, [normal, abnormal], tmp_path / "one")
    facts = model.meta["statistics"]
    assert (facts["windows"], facts["abnormal_windows"]) == (9 + 6 + 9, 9)
    scored = Scores(score(store, "b", model, recipe, [normal]))
    assert facts["threshold"]["value"] == pytest.approx(np.quantile(scored.frames(normal.source), 0.99), rel=1e-6)


def test_supervised_training_without_anything_abnormal_is_refused(store: Store, video: Made, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no window of 1 videos is marked abnormal.*\(its option supervised\)"):
        train(store, "a", StgnfRecipe(supervised=True, **TINY), [video("a", {1: range(60)})], tmp_path)


@pytest.mark.parametrize(
    ("windows", "value"),
    [("published", np.nan), ("published", np.inf), ("published", 1e30), ("sound", np.nan), ("sound", np.inf)],
)
def test_joints_that_are_nowhere_are_blamed_on_their_video_before_training(
    store: Store, video: Made, tmp_path: Path, windows: Any, value: float
) -> None:
    fine, odd = video("a", {1: range(60)}), video("b", {1: range(60)})
    displaced = moved(store, odd, value)
    with pytest.raises(DatasetError, match=f"video {odd.source[:12]} has windows with values that are no numbers, or"):
        train(store, "a", StgnfRecipe(windows=windows, **TINY), [fine, displaced], tmp_path)
    model = train(store, "b", StgnfRecipe(windows=windows, **TINY), [fine], tmp_path / "fine")
    if not np.isfinite(value):
        with pytest.raises(SourceError, match=f"video {odd.source[:12]}: scores of person 1 are no numbers"):
            score(store, "c", model, StgnfRecipe(windows=windows, **TINY), [fine, displaced])


def moved(store: Store, video: Features, x: float) -> Features:
    """The video with one joint of its first person at this x, in one frame."""
    key = video.source[::-1]
    with video.open("poses") as poses:
        table = poses.table("poses")
    values = table.values.copy()
    values[20, JOINTS.start] = x
    with store.create("poses", key, recipe=MadeRecipe(), inputs={"source": video.source}) as out:
        writer = PosesWriter(out)
        for rows in np.split(values, table.frame_offsets[1:-1]):
            writer.frame(rows)
        writer.close()
    with (
        video.open("tracks") as tracks,
        store.create("tracks", key, recipe=MadeRecipe(), inputs={"source": video.source, "poses": key}) as out,
    ):
        ids = IdsWriter(out)
        for part in np.split(tracks["ids"][:], table.frame_offsets[1:-1]):
            ids.frame(part)
        ids.close()
    return replace(video, open=lambda kind: store.open(kind, key))


def test_the_threshold_is_the_quantile_of_training_frames_with_somebody_in_them(
    store: Store, video: Made, tmp_path: Path
) -> None:
    recipe, trained = StgnfRecipe(quantile=0.9, **TINY), video("a", {1: range(10, 40)})
    model = train(store, "a", recipe, [trained], tmp_path)
    scored = Scores(score(store, "b", model, recipe, [trained]))
    with_somebody = scored.frames(trained.source)[10:40]
    assert scored.threshold is not None and scored.threshold.quantile == 0.9
    assert scored.threshold.value == pytest.approx(np.quantile(with_somebody, 0.9), rel=1e-6)


def test_every_epoch_sees_every_window_once_and_keeps_the_short_batch() -> None:
    first, second = (list(batches(11, StgnfRecipe(batch_size=4), epoch)) for epoch in (0, 1))
    assert [len(batch) for batch in first] == [4, 4, 3]
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(11))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_the_learning_rate_falls_from_the_third_epoch_on() -> None:
    rates = [learning_rate(StgnfRecipe(), epoch) for epoch in range(8)]
    assert rates[:3] == [5e-4, 5e-4, 5e-4 * 0.99]
    assert rates[7] * 0.99 == pytest.approx(4.6603e-4, rel=1e-4)
    assert rates[7] == pytest.approx(4.707400747e-4)


@pytest.mark.parametrize(("windows", "scored"), [("published", range(9, 31)), ("sound", range(5, 35))])
def test_a_frame_has_its_highest_score_and_frames_of_nobody_the_lowest_of_all(
    store: Store, video: Made, tmp_path: Path, windows: Any, scored: range
) -> None:
    recipe = StgnfRecipe(windows=windows, **TINY)
    one, other = video("a", {1: range(5, 35), 2: range(5, 35)}), video("b", {})
    model = train(store, "a", recipe, [one], tmp_path)
    artifact = score(store, "b", model, recipe, [one, other])
    found = Scores(artifact)
    objects, frames = found.objects(one.source), found.frames(one.source)
    assert sorted(set(objects[:, 0].tolist())) == list(scored)
    for frame in scored:
        assert frames[frame] == objects[objects[:, 0] == frame, 5].max()
    lowest = artifact.meta["statistics"]["score_of_frames_without_persons"]
    assert frames.min() == pytest.approx(lowest) and (found.frames(other.source) == np.float32(lowest)).all()
    assert (frames[:5] == np.float32(lowest)).all()


def test_objects_are_persons_with_their_boxes_and_ids(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, one = StgnfRecipe(**TINY), video("a", {4: range(20), 9: range(30, 50)})
    model = train(store, "a", recipe, [one], tmp_path)
    artifact = score(store, "b", model, recipe, [one])
    objects = Scores(artifact).objects(one.source)
    assert artifact["object_ids"][:].tolist() == [4] * 20 + [9] * 20
    assert (objects[:, 3] > objects[:, 1]).all() and (objects[:, 4] > objects[:, 2]).all()


def test_where_nobody_is_scored_every_frame_is_0() -> None:
    told, lowest = with_nobody([np.full(3, np.nan), np.full(2, np.nan)])
    assert lowest == 0 and np.concatenate(told).tolist() == [0] * 5


def test_poses_beyond_the_end_of_a_video_are_refused(store: Store, video: Made, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has 50 frames, its poses reach frame 59"):
        train(store, "a", StgnfRecipe(**TINY), [shorter(video("a", {1: range(60)}))], tmp_path)


def shorter(video: Features) -> Features:
    return Features(video.source, 50, video.height, video.width, video.split, video.open)


def test_a_checkpoint_becomes_the_model_without_training(store: Store, video: Made, tmp_path: Path) -> None:
    write(tmp_path / "some.tar", {**parameters(), **prior(3.0)})
    recipe = StgnfRecipe(windows="published", fill=False, weights=find_weights("some.tar", [tmp_path]))
    model = train(store, "a", recipe, [], tmp_path / "resume")
    for name, value in parameters().items():
        np.testing.assert_array_equal(model[name][:].reshape(value.shape), value.numpy())
    assert model.meta["statistics"]["trained"] is False
    scored = score(store, "b", model, recipe, [video("a", {1: range(60)})])
    assert Scores(scored).threshold is None


@pytest.mark.parametrize("windows", ["published", "sound"])
def test_a_model_notes_its_window_rule_and_what_sets_it_off(
    store: Store, video: Made, tmp_path: Path, windows: Any
) -> None:
    recipe = StgnfRecipe(windows=windows, **TINY)
    facts = train(store, "a", recipe, [video("a", {1: range(60)})], tmp_path).meta["statistics"]
    assert facts["rule"] == windows
    assert len(facts["differences"]) > 5 and all("\n" not in line for line in facts["differences"])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_trains_to_nearly_the_same_model(store: Store, video: Made, tmp_path: Path) -> None:
    recipe, videos = StgnfRecipe(**TINY), [video("a", {1: range(60), 2: range(60)})]
    with store.create("model", "b" * 64, recipe=recipe, inputs={}) as out:
        Stgnf(recipe, Machine("cuda:0")).train(videos, out, tmp_path, lambda line: None)
    found = store.open("model", "b" * 64).meta["statistics"]["losses"]
    expected = train(store, "a", recipe, videos, tmp_path / "one").meta["statistics"]["losses"]
    np.testing.assert_allclose(found, expected, rtol=0.01)
