"""AR-Net from clips to a model artifact and to scores, and what a training step of it sees."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from features.errors import ConfigError
from features.models.arnet.losses import centre_loss, dynamic_loss
from features.models.arnet.model import ArNet
from features.models.arnet.recipe import ArNetRecipe, arnet_recipe
from features.models.arnet.sampling import Sampler, perturbed, window
from features.models.bags import gather, one_view
from features.store.store import Store
from tests.models.bags import clips_video, some
from tests.models.clip_model_conformance import ClipModelConformance, Taught


class TestArNet(ClipModelConformance):
    model = ArNet
    recipe = ArNetRecipe
    tiny: ClassVar[dict[str, Any]] = {"sample_size": 2, "epochs": 5, "learning_rate": 2e-2, "centre_weight": 1.0}

    @pytest.mark.parametrize("network", ["mean", "sequence"])
    def test_the_networks_over_time_learn_too(self, store: Store, tmp_path: Path, network: str) -> None:
        model = self.train(store, "a", self.made(network=network), some(store), tmp_path / "resume")
        losses = [loss for loss, *_ in model.meta["statistics"]["losses"]]
        assert losses[-1] < np.log(2)

    def test_the_model_notes_what_it_was_trained_on(self, taught: Taught) -> None:
        facts = taught.model.meta["statistics"]
        expected = {"videos": 6, "abnormal_videos": 3, "rows": 6 + 7 + 8 + 5 + 6 + 7, "channels": 16, "steps": 30}
        assert {name: facts[name] for name in expected} == expected

    def test_crops_count_as_one_view(self, store: Store, tmp_path: Path) -> None:
        bags = gather([clips_video(store, "ten", 5, crops=10)], one_view, tmp_path)
        with store.open("clips", bags.keys[0]) as artifact:
            np.testing.assert_allclose(bags[0], artifact["features"][:].mean(axis=1))


def test_defaults_are_the_published_settings() -> None:
    recipe = arnet_recipe({"name": "arnet", "label": "any"})
    settings = (recipe.sample_size, recipe.max_seqlen, recipe.k, recipe.epochs, recipe.learning_rate)
    assert settings == (30, 300, 4, 20, 1e-4)
    assert (recipe.dmil_weight, recipe.centre_weight, recipe.weight_decay, recipe.dropout) == (1, 20, 5e-4, 0.7)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"epoch": 3}, r"model arnet has no parameter 'epoch' \(did you mean 'epochs'\?\)"),
        ({"network": "lstm"}, "model arnet: network: .*'single', 'mean' or 'sequence'"),
        ({"k": 0}, "model arnet: k: "),
    ],
)
def test_a_wrong_entry_is_refused(choice: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        arnet_recipe({"name": "arnet", **choice})


def test_a_step_sees_each_video_once_abnormal_ones_first_and_zeros_after_the_shorter(
    store: Store, tmp_path: Path
) -> None:
    recipe = ArNetRecipe(sample_size=3, max_seqlen=6)
    batch = Sampler(gather(some(store), one_view, tmp_path), recipe).batch(0)
    assert batch.abnormal.tolist() == [True] * 3 + [False] * 3
    assert sorted(batch.lengths[:3]) == [6, 6, 6] and sorted(batch.lengths[3:]) == [5, 6, 6]
    short = batch.lengths.argmin()
    assert batch.clips.shape == (6, 6, 16) and not batch.clips[short, 5:].any() and batch.clips[short, :5].all()


def test_steps_differ_and_repeat_themselves_by_seed(store: Store, tmp_path: Path) -> None:
    bags = gather(some(store), one_view, tmp_path)
    first, again, other, seed = (
        Sampler(bags, ArNetRecipe(sample_size=2, seed=seed)).batch(step).clips.sum()
        for seed, step in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    assert first == again and len({first, other, seed}) == 3


def inclusive(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.asarray(np.random.default_rng(0).integers(low, high, endpoint=True))


def test_a_perturbed_sample_keeps_the_order_and_the_spread_of_a_video() -> None:
    chosen = perturbed(1000, 300, inclusive)
    even = np.arange(300) * 1000 / 300
    assert (np.diff(chosen) >= 0).all() and chosen[-1] == 996
    assert (chosen >= even.astype(int)).all() and (chosen[:-1] <= even[1:]).all()


def test_every_window_of_a_normal_video_can_be_drawn_the_last_one_too() -> None:
    draw = np.random.default_rng(0)
    starts = {int(window(8, 5, lambda a, b: np.asarray(draw.integers(a, b, endpoint=True)))[0]) for _ in range(99)}
    assert starts == {0, 1, 2, 3}


def test_long_videos_weigh_more_and_filled_up_clips_are_not_chosen() -> None:
    scores = torch.tensor([[0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], [0.5, 0.4, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
    loss = dynamic_loss(scores, torch.tensor([8, 2]), torch.tensor([True, False]), ArNetRecipe())
    assert loss.item() == pytest.approx(-(2 * np.log(0.9) + np.log(0.5)) / 3)


def test_the_centre_loss_is_the_variance_of_normal_videos_alone() -> None:
    scores = torch.tensor([[0.0, 1.0], [0.2, 0.4], [0.3, 0.3]])
    assert centre_loss(scores, torch.tensor([True, False, False])).item() == pytest.approx(0.01)
    assert centre_loss(scores[:, :1], torch.tensor([True, False, False])).item() == 0
