"""Against the published networks and losses, run with closed-form parameters: tests/golden/clip_models."""

import numpy as np
import pytest
import torch

from features.models.arnet.losses import centre_loss, dynamic_loss, losses
from features.models.arnet.network import ArNetwork, build
from features.models.arnet.recipe import ArNetRecipe
from features.models.arnet.sampling import perturbed, window
from tests.models.closed_form import features, fill, golden, gradients

GOLDEN = golden("arnet.npz")


def network(name: str) -> ArNetwork:
    built = build(ArNetRecipe(network=name), 2048)
    fill(built)
    return built.eval()


@pytest.mark.parametrize("name", ["single", "mean", "sequence"])
@torch.no_grad()
def test_each_network_scores_as_published(name: str) -> None:
    clips = features("arnet_test", (1, 21, 2048))
    net = network(name)
    np.testing.assert_allclose(net(clips)[0], GOLDEN[f"model_{name}/test_scores"], rtol=1e-5)
    every_97th = net.represent(clips).flatten()[::97]
    np.testing.assert_allclose(every_97th, GOLDEN[f"model_{name}/test_feat_sample"], rtol=1e-4, atol=1e-5)


def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    clips, lengths = features("arnet_train", (6, 300, 2048)), GOLDEN["seq_len"]
    for row, length in zip(clips, lengths, strict=True):
        row[length:] = 0
    return clips, torch.from_numpy(lengths), torch.tensor([True] * 3 + [False] * 3)


def test_losses_and_gradients_are_as_published() -> None:
    clips, lengths, abnormal = batch()
    recipe, net = ArNetRecipe(), network("single")
    scores = net(clips)
    np.testing.assert_allclose(scores.detach(), GOLDEN["single/scores"], rtol=1e-5)
    found = losses(scores, lengths, abnormal, recipe)
    expected = [GOLDEN[f"single/{name}"] for name in ("total_1_20", "dmil_ce", "centre_loss")]
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-5)
    for name, gradient in gradients(net, found[0]).items():
        np.testing.assert_allclose(gradient, GOLDEN[f"single/grad/{name}"], rtol=1e-4, err_msg=name)


def test_the_mean_square_form_of_the_loss_is_as_published() -> None:
    scores = torch.from_numpy(GOLDEN["single/scores"])
    _, lengths, abnormal = batch()
    found = dynamic_loss(scores, lengths, abnormal, ArNetRecipe(loss="mse"))
    assert found.item() == pytest.approx(float(GOLDEN["single/dmil_mse"]), rel=1e-5)
    assert centre_loss(scores, abnormal).item() == pytest.approx(float(GOLDEN["single/centre_loss"]), rel=1e-5)


def test_abnormal_videos_are_sampled_as_published() -> None:
    stream = np.random.RandomState(0)

    def draw(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """One number after the other, none where there is no choice, as the published loop does."""
        return np.array([stream.choice(range(a, b + 1)) if a != b else a for a, b in zip(low, high, strict=True)])

    for clips in (301, 450, 1000):
        np.testing.assert_array_equal(perturbed(clips, 300, draw), GOLDEN[f"process_feat_sample/seed0_n{clips}"])


def test_normal_videos_are_cut_as_published_when_the_last_window_is_left_out() -> None:
    stream = np.random.RandomState(0)
    for clips in (301, 450):
        start = int(GOLDEN[f"process_feat/seed0_n{clips}_start"])
        found = window(clips, 300, lambda low, high: np.asarray(stream.randint(low, high)))
        np.testing.assert_array_equal(found, np.arange(start, start + 300))
