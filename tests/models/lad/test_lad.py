"""LAD2000's network from clips to a model artifact and to scores, and what a training step of it sees."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from features.errors import ConfigError, DatasetError
from features.models.bags import gather, one_view
from features.models.lad.model import Lad
from features.models.lad.network import LadNetwork
from features.models.lad.recipe import LadRecipe, lad_recipe
from features.models.lad.sampling import Sampler, class_names, read_labels
from features.models.lad.windows import clip_labels, frames_of, highest, window_clips
from features.plan.listing import NORMAL, Annotation
from features.plan.stages import Context
from features.store.store import Store
from tests.models.bags import clips_video, some
from tests.models.clip_model_conformance import ClipModelConformance, Taught


class TestLad(ClipModelConformance):
    model = Lad
    recipe = LadRecipe
    tiny: ClassVar[dict[str, Any]] = {"max_seqlen": 2, "sample_size": 2, "max_epoch": 4, "learning_rate": 2e-3}

    def test_it_notes_the_class_that_it_gives_each_video(self, store: Store, tmp_path: Path) -> None:
        model = self.train(store, "a", self.made(), some(store, category="Fighting"), tmp_path / "resume")
        new = [clips_video(store, "new", 6, range(6), split="test"), clips_video(store, "calm", 6, split="test")]
        scores = self.score(store, "b", model, self.made(), new)
        assert model.meta["statistics"]["classes"] == ["Fighting", NORMAL]
        assert scores.meta["statistics"]["categories"] == ["Fighting", NORMAL]

    def test_windows_as_published_give_other_scores(self, taught: Taught) -> None:
        new = [clips_video(taught.store, "seven", 7, (2, 3), split="test")]
        ordered, mixed = (
            self.score(taught.store, key, taught.model, self.made(windows=windows), new)["scores"][:]
            for key, windows in (("7", "ordered"), ("8", "published"))
        )
        assert not np.array_equal(ordered, mixed)

    def test_abnormal_videos_of_which_nobody_says_when_are_refused_or_abnormal_throughout(
        self, store: Store, tmp_path: Path
    ) -> None:
        videos = some(store, timed=False)
        with pytest.raises(DatasetError, match=r"nobody says when training video .* or set unknown: abnormal"):
            self.train(store, "a", self.made(), videos, tmp_path / "resume")
        model = self.train(store, "a", self.made(unknown="abnormal"), videos, tmp_path / "resume")
        assert model.meta["statistics"]["abnormal_share"] == pytest.approx((6 + 7 + 8) / (6 + 7 + 8 + 5 + 6 + 7))

    def test_features_that_make_no_maps_are_refused(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="lad: features have 24 numbers, and the network wants a multiple of 16"):
            self.train(store, "a", self.made(), some(store, channels=24), tmp_path / "resume")

    def test_where_no_video_is_normal_every_video_is_drawn_as_both_kinds(self, store: Store, tmp_path: Path) -> None:
        videos = some(store)[:3]
        recipe = LadRecipe(max_seqlen=2, sample_size=3)
        batch = Sampler(gather(videos, one_view, tmp_path), read_labels(videos, recipe), recipe).batch(0)
        assert len(batch.clips) == 6 and set(batch.classes) == {0}


@pytest.mark.parametrize(
    ("dataset", "settings"),
    [
        ("lad2000", (5, 30, 100, 1e-4)),
        ("shanghaitech-weak", (10, 30, 100, 1e-4)),
        ("ucf_crime", (10, 30, 100, 1e-4)),
        ("lad2000-avenue", (10, 4, 300, 5e-5)),
        ("ucsdped2", (10, 4, 300, 5e-5)),
        ("folder", (5, 30, 100, 1e-4)),
    ],
)
def test_a_data_set_has_its_published_settings(dataset: str, settings: tuple) -> None:
    recipe = Lad.recipe({"name": "lad"}, Context(dataset, (), {}))
    assert isinstance(recipe, LadRecipe) and (recipe.class_weight, recipe.score_weight) == (1, 10)
    assert (recipe.max_seqlen, recipe.sample_size, recipe.max_epoch, recipe.learning_rate) == settings


def test_an_entry_may_name_a_preset_and_differ_from_it() -> None:
    recipe = lad_recipe({"name": "lad", "preset": "avenue", "sample_size": 3}, "folder")
    assert (recipe.max_seqlen, recipe.sample_size) == (10, 3)
    with pytest.raises(ConfigError, match=r"no preset 'avenu' \(did you mean 'avenue'\?\); there are: shanghaitech"):
        lad_recipe({"name": "lad", "preset": "avenu"}, "folder")


@pytest.mark.parametrize(("clips", "windows"), [(1, 1), (5, 1), (6, 6), (10, 6), (11, 11)])
def test_the_last_clip_is_repeated_until_windows_fill(clips: int, windows: int) -> None:
    found = window_clips(clips, 5, "ordered")
    assert found.shape == (windows, 5) and found[0, 0] == 0 and found[-1, -1] == clips - 1
    assert (np.diff(found, axis=1) <= 1).all()


def test_the_published_windows_mix_clips_of_different_windows() -> None:
    np.testing.assert_array_equal(window_clips(4, 2, "published"), [[0, 2], [1, 2], [1, 3]])
    np.testing.assert_array_equal(window_clips(2, 2, "published"), window_clips(2, 2, "ordered"))


def test_a_clip_has_the_highest_score_of_the_windows_that_hold_it() -> None:
    scores = np.array([[[1.0], [2.0]], [[5.0], [3.0]], [[4.0], [0.5]]])
    np.testing.assert_array_equal(highest(scores, 3), [[1.0], [5.0], [4.0]])


@pytest.mark.parametrize(
    ("start", "stop", "first", "after"),
    [
        (32, 48, np.arange(32, 48), np.arange(33, 49)),
        (32, 35, [32, 33, 34, *[35] * 13], [33, 34, *[35] * 14]),
        (0, 32, np.arange(0, 32, 2), np.arange(2, 34, 2)),
        (0, 20, [0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 17, 18, 19], None),
    ],
    ids=["as published", "short", "twice as long", "uneven"],
)
def test_each_score_of_a_clip_stands_for_its_own_frames(start: int, stop: int, first: Any, after: Any) -> None:
    found = frames_of(np.array([start]), np.array([stop]))
    np.testing.assert_array_equal(found[0][0], first)
    np.testing.assert_array_equal(found[1][0], [*first[1:], stop] if after is None else after)


def test_labels_are_those_of_the_frames_that_scores_stand_for() -> None:
    labels = np.arange(40)
    found = clip_labels(labels, np.array([0, 16, 0]), np.array([16, 20, 32]))
    np.testing.assert_array_equal(found[0], np.arange(16))
    np.testing.assert_array_equal(found[1], [16, 17, 18, *[19] * 13])
    np.testing.assert_array_equal(found[2], np.arange(0, 32, 2))


def test_windows_of_abnormal_videos_show_something_abnormal(store: Store, tmp_path: Path) -> None:
    videos = [clips_video(store, f"long {n}", 12, (n,)) for n in range(4)] + some(store)[3:]
    recipe = LadRecipe(max_seqlen=3, sample_size=2, tries=99)
    sampler = Sampler(gather(videos, one_view, tmp_path), read_labels(videos, recipe), recipe)
    for step in range(20):
        batch = sampler.batch(step)
        assert batch.labels[:2].any(axis=(1, 2)).all() and not batch.labels[2:].any()
        odd = batch.clips[..., 0] > 2
        np.testing.assert_array_equal(batch.labels.any(axis=2), odd)


def test_classes_are_those_of_anomalies_in_order_then_normal() -> None:
    found = class_names([Annotation(name) for name in ("Fire", NORMAL, "Crash", "Fire")])
    assert found == ["Crash", "Fire", NORMAL]
    assert class_names([Annotation("Fire")]) == ["Fire"]


def test_unknown_frames_of_normal_videos_are_normal(store: Store) -> None:
    video = replace(clips_video(store, "calm"), annotation=Annotation(NORMAL))
    assert not read_labels([video], LadRecipe()).any()


@torch.no_grad()
def test_layer_by_layer_and_step_by_step_give_the_same() -> None:
    recipe = LadRecipe(max_seqlen=3)
    network, windows = LadNetwork(32, 2, recipe), torch.rand(2, 3, 32)
    first, second = network.convlstm1, network.convlstm2
    hidden = [(torch.zeros(2, 128, 4, 4), torch.zeros(2, 128, 4, 4))] * 2
    for step in windows.reshape(2, 3, 2, 4, 4).transpose(0, 1):
        hidden[0] = one_step(first.Gates, step, *hidden[0])
        hidden[1] = one_step(second.Gates, hidden[0][0], *hidden[1])
    z = network.fc_down(hidden[1][0].flatten(1)).relu()
    torch.testing.assert_close(network(windows)[0], network.cls_head(z))


def one_step(gates: torch.nn.Conv2d, given: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor) -> tuple:
    into, keep, out, candidate = gates(torch.cat([given, hidden], dim=1)).chunk(4, dim=1)
    cell = keep.sigmoid() * cell + into.sigmoid() * candidate.tanh()
    return out.sigmoid() * cell.tanh(), cell
