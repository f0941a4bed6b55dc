"""Minimal filtering gives the convolution."""

import pytest
import torch
from torch.nn import functional

from features.extract.winograd import Winograd
from tests.clips.networks.closed_form import difference


@pytest.mark.parametrize("size", [(1, 1, 1), (2, 7, 7), (3, 5, 4), (4, 14, 14), (8, 9, 12), (9, 4, 17), (16, 8, 3)])
@pytest.mark.parametrize("taps", [(3, 3, 3), (4, 4, 4), (3, 4, 4), (1, 3, 3)])
@pytest.mark.parametrize("clips", [1, 3])
def test_it_is_the_convolution_with_its_relu(
    size: tuple[int, int, int], taps: tuple[int, int, int], clips: int
) -> None:
    torch.manual_seed(0)
    weight, bias = torch.randn(5, 6, *taps), torch.randn(5)
    conv = Winograd(weight, bias)
    given = torch.randn(clips, *(side + tap - 1 for side, tap in zip(size, taps, strict=True)), 6)
    canvas = torch.zeros(clips, *conv.reach(*size), 6)
    t, h, w = given.shape[1:4]
    canvas[:, :t, :h, :w] = given
    wider = torch.full((clips, *size, 9), -1.0)
    conv(canvas, wider[..., 2:7])
    expected = functional.conv3d(given.permute(0, 4, 1, 2, 3).double(), weight.double(), bias.double()).relu()
    assert difference(wider[..., 2:7], expected.permute(0, 2, 3, 4, 1)) < 5e-5
    assert (wider[..., :2] == -1).all() and (wider[..., 7:] == -1).all()


@pytest.mark.parametrize(("side", "canvas"), [(7, 10), (14, 17), (28, 30), (55, 57)])
def test_tiles_along_maps_take_the_fewest_products(side: int, canvas: int) -> None:
    conv = Winograd(torch.zeros(1, 1, 3, 3, 3), torch.zeros(1))
    assert conv.reach(4, side, side) == [6, canvas, canvas]
