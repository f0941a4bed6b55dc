"""Against the published network and losses, run with closed-form parameters: tests/golden/clip_models."""

import numpy as np
import pytest
import torch

from features.models.rtfm.losses import choose, losses
from features.models.rtfm.network import Rtfm
from features.models.rtfm.recipe import RtfmRecipe
from tests.models.closed_form import features, fill, golden, gradients

GOLDEN = golden("rtfm.npz")


@pytest.fixture(scope="module")
def network() -> Rtfm:
    built = Rtfm(2048, RtfmRecipe())
    fill(built)
    return built.eval()


@torch.no_grad()
def test_a_video_is_scored_as_published(network: Rtfm) -> None:
    video = features("rtfm_test", (1, 10, 13, 2048))
    answers = network(video)
    np.testing.assert_allclose(answers.scores[0], GOLDEN["test/scores"], rtol=1e-4)
    np.testing.assert_allclose(answers.magnitudes[0], GOLDEN["test/feat_magnitudes"], rtol=1e-4)
    every = int(GOLDEN["test/aggregate_step"])
    sample = answers.features.flatten()[::every][:1024]
    np.testing.assert_allclose(sample, GOLDEN["test/aggregate_sample"], rtol=1e-4, atol=1e-4)
    assert choose(answers, RtfmRecipe(), training=False).scores.item() == pytest.approx(
        GOLDEN["test/score_abnormal"].item(), rel=1e-5
    )


def test_losses_and_gradients_are_as_published(network: Rtfm) -> None:
    answers = network(features("rtfm_train", (4, 10, 32, 2048)))
    np.testing.assert_allclose(answers.scores.detach(), GOLDEN["pair/scores"], rtol=1e-4)
    np.testing.assert_allclose(answers.magnitudes.detach(), GOLDEN["pair/feat_magnitudes"], rtol=1e-4)
    found = losses(answers, RtfmRecipe(), training=False)
    total, entropy, magnitude, smooth, sparsity = found.detach().tolist()
    assert total == pytest.approx(GOLDEN["loss/total"].item(), rel=1e-5)
    assert entropy == pytest.approx(GOLDEN["loss/bce"].item(), rel=1e-5)
    assert entropy + magnitude == pytest.approx(GOLDEN["loss/rtfm_total"].item(), rel=1e-5)
    assert smooth == pytest.approx(GOLDEN["loss/smooth"].item(), rel=1e-4)
    assert sparsity == pytest.approx(GOLDEN["loss/sparsity"].item(), rel=1e-5)
    for name, gradient in gradients(network, found[0]).items():
        # A sum of what cancels is known no better than its largest terms.
        allowed = 1e-3 * GOLDEN[f"grad/{name}"][0]
        np.testing.assert_allclose(gradient, GOLDEN[f"grad/{name}"], rtol=1e-3, atol=allowed, err_msg=name)


@torch.no_grad()
def test_the_segments_that_stand_for_a_video_are_as_published(network: Rtfm) -> None:
    answers = network(features("rtfm_train", (4, 10, 32, 2048)))
    chosen = choose(answers, RtfmRecipe(), training=False)
    expected = np.concatenate([GOLDEN["pair/score_normal"], GOLDEN["pair/score_abnormal"]])[:, 0]
    np.testing.assert_allclose(chosen.scores, expected, rtol=1e-4)
    # Published norms come crop by crop: crop 0 of all videos, crop 1 of all videos, ...
    norms = [GOLDEN[f"pair/feat_select_{kind}_norm_of_mean"].reshape(10, 2).T for kind in ("nor", "abn")]
    np.testing.assert_allclose(chosen.norms, np.concatenate(norms), rtol=1e-4)
