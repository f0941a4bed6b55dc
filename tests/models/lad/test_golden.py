"""Against the published network, losses and scoring, run with closed-form parameters: tests/golden/clip_models."""

import numpy as np
import pytest
import torch

from features.models.lad.network import LadNetwork
from features.models.lad.recipe import LadRecipe
from features.models.lad.windows import WindowRule, highest, window_clips
from features.models.lad.work import losses, score_windows
from tests.models.closed_form import features, fill, golden, gradients, uniform

GOLDEN = golden("lad2000.npz")


def network(steps: int, channels: int, classes: int) -> LadNetwork:
    built = LadNetwork(channels, classes, LadRecipe(max_seqlen=steps))
    fill(built)
    return built


@pytest.mark.parametrize(("steps", "channels", "classes"), [(5, 2048, 14), (5, 1024, 14), (10, 2048, 2)])
def test_answers_losses_and_gradients_are_as_published(steps: int, channels: int, classes: int) -> None:
    tag = f"AED_T_{steps}_{channels}_{classes}"
    net = network(steps, channels, classes)
    logits, scores = net(features(f"lad_{tag}", (4, steps, channels)))
    np.testing.assert_allclose(logits.detach(), GOLDEN[f"{tag}/cls"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(scores.detach().flatten(1), GOLDEN[f"{tag}/reg"], rtol=1e-4)
    labels = uniform(f"lad_lab_{tag}", (4, steps, 16)) ** 2 > 0.5
    assert labels.sum() == GOLDEN[f"{tag}/frame_labels_sum"]
    targets = torch.from_numpy(GOLDEN[f"{tag}/video_labels"]), torch.from_numpy(labels.astype(np.float32))
    found = losses(logits, scores, *targets, LadRecipe())
    np.testing.assert_allclose(found[1:].detach(), [GOLDEN[f"{tag}/loss_cls"], GOLDEN[f"{tag}/loss_reg"]], rtol=1e-5)
    for name, gradient in gradients(net, found[0]).items():
        # A sum of what cancels is known no better than its largest terms.
        norm = GOLDEN[f"{tag}/grad/{name}"][0]
        np.testing.assert_allclose(gradient, GOLDEN[f"{tag}/grad/{name}"], rtol=1e-3, atol=1e-4 * norm, err_msg=name)


@pytest.mark.parametrize(("rule", "name"), [("ordered", "ordered"), ("published", "released")])
@pytest.mark.parametrize("clips", [4, 5, 13, 15])
def test_windows_of_a_video_are_scored_as_the_released_code_does_and_as_it_should(
    rule: WindowRule, name: str, clips: int
) -> None:
    net, video = network(5, 2048, 14), features(f"lad_test_{clips}", (clips, 2048)).numpy()
    classes, scores = score_windows(net, video, window_clips(clips, 5, rule))
    expected = GOLDEN[f"AED_T_5_2048_14/test_{name}_n{clips}"]
    found = highest(scores, len(expected) // 16).ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_array_equal(classes.argmax(axis=1), GOLDEN[f"AED_T_5_2048_14/test_{name}_cls_n{clips}"])
