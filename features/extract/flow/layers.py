"""Layers that a CPU computes faster than torch's own, on channels-last images, the same up to rounding.

3x3 convolutions take fewer products (`features.extract.winograd`). Convolutions of 1x1: the matrix product that they
are; with one thread torch copies the image twice. Instance norm: group norm with a group per channel, four times as
fast. GPUs have all of this in their own libraries.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.extract.winograd import Winograd, bordered

# Fewer channels than this and the transforms cost more than the products save.
MIN_CHANNELS = 64


class Square(nn.Module):
    """Stands in for a Conv2d of 3x3, stride 1, padding 1."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        bias = torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.detach()
        self.conv = Winograd(conv.weight.detach()[:, :, None], bias, relu=False)

    def forward(self, image: Tensor) -> Tensor:
        """What the convolution gives: (n, out channels, h, w), channels last."""
        n, channels, h, w = image.shape
        canvas = image.new_empty(n, *self.conv.reach(1, h, w), channels)
        bordered(canvas, 2, (1, 1), (h, w)).copy_(image.permute(0, 2, 3, 1)[:, None])
        out = image.new_empty(n, 1, h, w, self.conv.outputs)
        self.conv(canvas, out)
        return out[:, 0].permute(0, 3, 1, 2)


class Pointwise(nn.Module):
    """Stands in for a Conv2d of 1x1, of any stride."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.stride = conv.stride
        self.register_buffer("weight", conv.weight.detach()[:, :, 0, 0].contiguous(), persistent=False)
        self.register_buffer("bias", None if conv.bias is None else conv.bias.detach(), persistent=False)

    weight: Tensor
    bias: Tensor | None

    def forward(self, image: Tensor) -> Tensor:
        """What the convolution gives: (n, out channels, h, w), channels last."""
        down, across = self.stride
        pixels = image[:, :, ::down, ::across].permute(0, 2, 3, 1)
        return functional.linear(pixels, self.weight, self.bias).permute(0, 3, 1, 2)


def accelerate(module: nn.Module) -> None:
    """Replace every layer below `module` for which it pays."""
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d) and child.groups == 1:
            setattr(module, name, _faster(child))
        elif isinstance(child, nn.InstanceNorm2d) and not (child.affine or child.track_running_stats):
            setattr(module, name, nn.GroupNorm(child.num_features, child.num_features, child.eps, affine=False))
        else:
            accelerate(child)


def _faster(conv: nn.Conv2d) -> nn.Module:
    if conv.kernel_size == (1, 1) and conv.padding == (0, 0):
        return Pointwise(conv)
    plain = (conv.kernel_size, conv.stride, conv.padding) == ((3, 3), (1, 1), (1, 1))
    return Square(conv) if plain and min(conv.in_channels, conv.out_channels) >= MIN_CHANNELS else conv
