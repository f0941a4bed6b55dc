"""Folding BatchNorm into convolutions changes no number beyond rounding."""

import pytest
import torch
from torch import nn

from features.extract.clips.fold import fold_norms
from features.extract.clips.inception import Inception
from features.extract.clips.resnet3d import ResNet3d
from features.extract.clips.running import drawn
from features.extract.torchvision_shim import torchvision
from tests.clips.networks.closed_form import clip, difference


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm3d) for module in network.modules())


@pytest.mark.parametrize(
    "make",
    [
        lambda: Inception(3, "port_old"),
        lambda: ResNet3d(non_local=True),
        lambda: torchvision("torchvision.models.video").r2plus1d_18(),
        lambda: torchvision("torchvision.models.video").s3d().features,
    ],
    ids=["inception", "resnet50", "r2plus1d", "s3d"],
)
def test_no_norm_is_left_and_the_numbers_stay(make) -> None:
    network = drawn(make, 0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            for values, low in ((module.running_mean, -0.1), (module.running_var, 0.5), (module.weight, 0.5)):
                nn.init.uniform_(values, low, low + 1)
    shown = clip(3, 16, 48, 48)
    with torch.inference_mode():
        expected = network(shown)
        folded = fold_norms(network)
        assert norms(folded) == 0
        assert difference(folded(shown), expected) < 1e-5


def test_a_norm_that_follows_no_convolution_stays() -> None:
    network = nn.Sequential(nn.BatchNorm3d(3), nn.Conv3d(3, 3, 1), nn.ReLU(), nn.BatchNorm3d(3)).eval()
    assert norms(fold_norms(network)) == 2
