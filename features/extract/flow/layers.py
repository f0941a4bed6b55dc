"""Layers that a CPU computes faster than torch's own, on channels-last images, the same up to rounding.

3x3 convolutions: Winograd's minimal filtering F(4x4, 3x3), 36 products where the definition has 144 (Lavin & Gray,
"Fast Algorithms for Convolutional Neural Networks", CVPR 2016); torch computes them by the definition. Convolutions of
1x1: the matrix product that they are; with one thread torch copies the image twice. Instance norm: group norm with a
group per channel, four times as fast. GPUs have all of this in their own libraries.
"""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.extract.filtering import matrices

TILE = 4  # pixels of a tile's result each way
TAPS = 3
SIDE = TILE + TAPS - 1  # pixels of the image that it depends on
# Fewer channels than this and the transforms cost more than the products save.
MIN_CHANNELS = 80


class Winograd(nn.Module):
    """Stands in for a Conv2d of 3x3, stride 1, padding 1."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.register_buffer("weight", transformed_weight(conv.weight.detach()), persistent=False)
        self.register_buffer("bias", None if conv.bias is None else conv.bias.detach(), persistent=False)

    weight: Tensor
    bias: Tensor | None

    def forward(self, image: Tensor) -> Tensor:
        """What the convolution gives: (n, out channels, h, w), channels last."""
        n, _, h, w = image.shape
        output = restored(transformed(image) @ self.weight, n, h, w)
        return output if self.bias is None else output + self.bias[:, None, None]


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
    return Winograd(conv) if plain and min(conv.in_channels, conv.out_channels) >= MIN_CHANNELS else conv


def transformed_weight(weight: Tensor) -> Tensor:
    """G g G^T: (36, in, out) from (out, in, 3, 3)."""
    _, kernel, _ = matrices(TILE, TAPS)
    product = torch.einsum("ai,bj,ocij->abco", kernel, kernel, weight.double())
    return product.flatten(0, 1).to(weight.dtype).contiguous()


def transformed(image: Tensor) -> Tensor:
    """B^T d B of all 6x6 tiles, four pixels apart: (36, n * tiles, channels) from (n, channels, h, w)."""
    n, channels, h, w = image.shape
    down, across = -(-h // TILE), -(-w // TILE)
    padding = (0, 0, 1, 1 + TILE * across - w, 1, 1 + TILE * down - h)
    pixels = functional.pad(image.permute(0, 2, 3, 1), padding).contiguous()
    step, line, dot, _ = pixels.stride()
    tiles = pixels.as_strided(
        (SIDE, SIDE, n, down, across, channels), (line, dot, step, TILE * line, TILE * dot, 1)
    ).reshape(SIDE * SIDE, -1)
    return (_both_axes(2, image.dtype) @ tiles).view(SIDE * SIDE, -1, channels)


def restored(products: Tensor, n: int, h: int, w: int) -> Tensor:
    """A^T m A: (n, channels, h, w), channels last, from (36, n * tiles, channels)."""
    down, across, channels = -(-h // TILE), -(-w // TILE), products.shape[-1]
    tiles = _both_axes(0, products.dtype) @ products.view(SIDE * SIDE, -1)
    pixels = tiles.view(TILE, TILE, n, down, across, channels).permute(2, 3, 0, 4, 1, 5)
    return pixels.reshape(n, TILE * down, TILE * across, channels)[:, :h, :w].permute(0, 3, 1, 2)


@cache
def _both_axes(which: int, dtype: torch.dtype) -> Tensor:
    """One of the matrices as it acts on rows and columns of tiles that lie as vectors."""
    matrix = matrices(TILE, TAPS)[which]
    return torch.kron(matrix, matrix).to(dtype)
