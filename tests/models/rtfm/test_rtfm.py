"""RTFM from clips to a model artifact and to scores, and what a training step of it sees."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from features.errors import ConfigError, DatasetError
from features.models.rtfm.losses import choose, magnitude_loss, smoothness
from features.models.rtfm.model import Rtfm as RtfmModel
from features.models.rtfm.network import Answers, Rtfm, drawn
from features.models.rtfm.recipe import RtfmRecipe, rtfm_recipe
from features.models.rtfm.work import videos_of
from features.store.store import Store
from tests.models.bags import clips_video, some
from tests.models.clip_model_conformance import ClipModelConformance


class TestRtfm(ClipModelConformance):
    model = RtfmModel
    recipe = RtfmRecipe
    tiny: ClassVar[dict[str, Any]] = {
        **{"sample_size": 2, "steps": 60, "learning_rate": 5e-3, "weight_decay": 0.0},
        **{"segments": 6, "k": 2, "margin": 10.0, "magnitude_weight": 1e-2, "dropout": 0.0},
    }

    def test_a_video_of_ten_crops_is_trained_on_and_scored(self, store: Store, tmp_path: Path) -> None:
        model = self.train(store, "a", self.made(), some(store, crops=10), tmp_path / "resume")
        new = clips_video(store, "new", 9, (4,), crops=10, split="test")
        assert self.score(store, "b", model, self.made(), [new])["scores"].shape == (9 * 16,)

    def test_features_that_cannot_be_divided_are_refused(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(DatasetError, match="rtfm: features have 12 numbers, and the network wants a multiple of 8"):
            self.train(store, "a", self.made(), some(store, channels=12), tmp_path / "resume")


def test_defaults_are_the_published_settings() -> None:
    recipe = rtfm_recipe({"name": "rtfm"})
    assert (recipe.segments, recipe.k, recipe.margin, recipe.dropout) == (32, 3, 100, 0.7)
    assert (recipe.sample_size, recipe.steps, recipe.learning_rate, recipe.weight_decay) == (32, 15_000, 1e-3, 5e-3)
    assert (recipe.magnitude_weight, recipe.smooth_weight, recipe.sparsity_weight) == (1e-4, 8e-4, 8e-3)


def test_more_segments_chosen_than_there_are_is_refused() -> None:
    with pytest.raises(ConfigError, match="model rtfm: k: 5 of 4 segments cannot be chosen; lower k"):
        rtfm_recipe({"name": "rtfm", "segments": 4, "k": 5})


def test_a_round_shows_every_video_at_most_once_and_leaves_out_what_fills_no_step() -> None:
    group, recipe = np.arange(100, 107), RtfmRecipe(sample_size=3)
    first, second, again = (videos_of(group, 0, recipe, step) for step in range(3))
    assert len({*first, *second}) == 6 and {*first, *second, *again} <= set(group)
    np.testing.assert_array_equal(first, videos_of(group, 0, recipe, 0))
    assert not np.array_equal(first, videos_of(group, 1, recipe, 0))


@torch.no_grad()
def test_before_training_the_non_local_block_adds_nothing() -> None:
    block = drawn(32, RtfmRecipe()).Aggregate.non_local
    clips = torch.rand(2, 8, 5)
    torch.testing.assert_close(block(clips), clips)


@torch.no_grad()
def test_the_products_of_the_non_local_block_may_change_places() -> None:
    block = Rtfm(64, RtfmRecipe()).Aggregate.non_local.eval()
    torch.nn.init.ones_(block.W[1].weight)
    clips = torch.rand(2, 16, 7)
    pairs = block.theta(clips).transpose(1, 2) @ block.phi(clips) / 7
    as_published = block.W((pairs @ block.g(clips).transpose(1, 2)).transpose(1, 2)) + clips
    torch.testing.assert_close(block(clips), as_published)


def test_the_longest_segments_stand_for_a_video() -> None:
    magnitudes, scores = torch.tensor([[1.0, 9.0, 5.0, 7.0]]), torch.tensor([[0.1, 0.2, 0.3, 0.6]])
    features = torch.arange(8.0).reshape(1, 1, 4, 2)
    chosen = choose(Answers(features, magnitudes, scores), RtfmRecipe(k=2), training=False)
    assert chosen.scores.item() == pytest.approx(0.4)
    assert chosen.norms.item() == pytest.approx(np.hypot(4, 5))


def test_in_training_segments_are_chosen_out_of_those_that_dropout_leaves() -> None:
    answers = Answers(torch.ones(1, 1, 8, 2), torch.arange(8.0)[None] + 1, torch.arange(8.0)[None])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = {choose(answers, RtfmRecipe(k=1), training=True).scores.item() for _ in range(50)}
    assert {7.0} < found


def test_magnitudes_are_drawn_to_the_margin_and_to_nothing() -> None:
    assert magnitude_loss(torch.tensor([[100.0]]), torch.tensor([[0.0]]), 100).item() == 0
    assert magnitude_loss(torch.tensor([[97.0]]), torch.tensor([[2.0]]), 100).item() == 25


def test_the_last_segment_of_a_video_and_the_first_of_the_next_are_neighbours() -> None:
    assert smoothness(torch.tensor([[0.0, 1.0], [3.0, 3.0]])).item() == 1 + 4
