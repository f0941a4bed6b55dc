"""Recipes of STG-NF from config entries."""

from pathlib import Path
from typing import Any

import pytest

from features.errors import ConfigError, WeightsError
from features.extract.tracks.recipe import TracksRecipe
from features.models.stgnf.model import Stgnf
from features.models.stgnf.recipe import StgnfRecipe, stgnf_recipe
from features.plan.stages import Context
from features.store.recipe import Recipe


class Boxes(Recipe):
    kind = "boxes"
    backend = "made"


class Tracker(Recipe):
    kind = "tracks"
    backend = "made"


def recipe(entry: dict[str, Any], dataset: str = "folder", weights: Path | None = None) -> StgnfRecipe:
    return stgnf_recipe({"name": "stgnf", **entry}, Context(dataset, (weights,) if weights else (), {}))


@pytest.mark.parametrize(
    ("dataset", "preset", "seg_len", "centre", "supervised"),
    [
        ("shanghaitech", None, 24, 3, False),
        ("shanghaitech-hr", None, 24, 3, False),
        ("ubnormal", None, 16, 3, False),
        ("ubnormal", "ubnormal-supervised", 16, 10, True),
        ("aihub", None, 24, 3, False),
        ("njust", None, 24, 3, False),
        ("folder", "ubnormal", 16, 3, False),
    ],
)
def test_each_data_set_has_its_published_settings(
    dataset: str, preset: str | None, seg_len: int, centre: float, supervised: bool
) -> None:
    found = recipe({"preset": preset} if preset else {}, dataset)
    assert (found.seg_len, found.R, found.supervised) == (seg_len, centre, supervised)
    assert (found.epochs, found.batch_size, found.learning_rate, found.lr_decay) == (8, 256, 5e-4, 0.99)
    assert (found.seg_stride, found.num_transform, found.K) == (6, 2, 8)


def test_what_the_config_says_wins_and_presets_only_fill_in() -> None:
    found = recipe({"label": "mine", "preset": "ubnormal", "R": 5, "seed": 29})
    assert (found.seg_len, found.R, found.seed) == (16, 5, 29)


@pytest.mark.parametrize(
    ("entry", "fill"),
    [({}, True), ({"windows": "published"}, False), ({"windows": "published", "fill": True}, True)],
)
def test_published_windows_leave_missing_joints_unless_told(entry: dict[str, Any], fill: bool) -> None:
    assert recipe(entry).fill is fill


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"epoch": 3}, "no parameter 'epoch' .*'epochs'"),
        ({"windows": "soud"}, "windows"),
        ({"preset": "shanghai"}, "no preset 'shanghai'"),
        ({"seg_len": 22}, "seg_len"),
        ({"fill": False}, "fill: windows 'sound' always fills"),
        ({"frame_order": "string"}, "frame_order: 'string' is a trap"),
        ({"L": 3}, "only the published L 1"),
        ({"hidden_dim": 8}, "only the published hidden_dim 0"),
        ({"flow_permutation": "invconv"}, "only the published flow_permutation 'permute'"),
        ({"model_confidence": True}, "only the published model_confidence False"),
        ({"num_transform": 9}, "num_transform"),
    ],
)
def test_what_cannot_be_is_refused_by_name(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recipe(entry)


def test_fixed_options_may_be_written_out() -> None:
    assert recipe({"L": 1, "hidden_dim": 0}).digest == recipe({}).digest


def test_tracks_of_boxes_say_nothing_of_poses() -> None:
    context = Context("folder", (), {"tracks": TracksRecipe(rows=Boxes(), tracker=Tracker())})
    with pytest.raises(ConfigError, match="tracks are those of boxes"):
        stgnf_recipe({"name": "stgnf"}, context)


def test_a_checkpoint_needs_no_training_videos_and_its_key_knows_nothing_of_training(tmp_path: Path) -> None:
    (tmp_path / "some.tar").write_bytes(b"weights")
    found = recipe({"weights": "some.tar"}, weights=tmp_path)
    assert (found.windows, found.fill, found.supervised) == ("published", False, False)
    assert Stgnf.trains_on(found) == () and Stgnf.trains_on(recipe({})) == ("train",)
    assert Stgnf.scores_on(found) == ("test",)
    supervised = recipe({"weights": "some.tar", "preset": "ubnormal-supervised"}, weights=tmp_path)
    assert (supervised.R, supervised.supervised) == (10, False)
    assert Stgnf.reads(supervised) == ("poses", "tracks")


@pytest.mark.parametrize(
    ("entry", "message"),
    [({"epochs": 3}, "epochs means nothing"), ({"seed": 1}, "seed means"), ({"windows": "sound"}, "'published' alone")],
)
def test_a_checkpoint_leaves_nothing_to_train(tmp_path: Path, entry: dict[str, Any], message: str) -> None:
    (tmp_path / "some.tar").write_bytes(b"weights")
    with pytest.raises(ConfigError, match=message):
        recipe({"weights": "some.tar", **entry}, weights=tmp_path)


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="none of"):
        recipe({"weights": "none.tar"}, weights=tmp_path)


@pytest.mark.parametrize("weights", [None, 3])
def test_weights_without_a_name_are_refused(tmp_path: Path, weights: Any) -> None:
    with pytest.raises(ConfigError, match=f"weights is {weights}, expected the name of a file"):
        recipe({"weights": weights}, weights=tmp_path)


@pytest.mark.parametrize(("entry", "kinds"), [({}, 2), ({"preset": "ubnormal-supervised"}, 3)])
def test_supervised_training_reads_labels_of_persons(entry: dict[str, Any], kinds: int) -> None:
    assert Stgnf.reads(recipe(entry)) == ("poses", "tracks", "person_labels")[:kinds]
