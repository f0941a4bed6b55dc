"""Layers as a CPU computes them fastest, on channels-last maps (n, time, height, width, channels).

Convolutions are matrix products or take fewer products than their definition (`features.extract.winograd`), pools go
axis by axis, and nothing is copied only to be padded.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from features.extract.winograd import Winograd, bordered


@dataclass(frozen=True)
class Span:
    """Where windows lie along one axis: the first begins `front` before it, `count` of them, `stride` apart."""

    kernel: int
    stride: int
    front: int
    back: int
    count: int


class Pointwise:
    """A convolution of 1x1x1: a matrix product."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight (out, in, 1, 1, 1), bias (out,)."""
        self.weight, self.bias = weight.flatten(1).T.contiguous(), bias

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h, w, out), no ReLU."""
        product = torch.addmm(self.bias, maps.reshape(-1, maps.shape[-1]), self.weight)
        return product.view(*maps.shape[:-1], -1)


class Padded:
    """A convolution of stride 1 of 3 (or in time 1) taps each way, which keeps the size, between two ReLUs."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight (out, in, time, height, width), bias (out,)."""
        self.conv = Winograd(weight, bias)
        self.front = [taps // 2 for taps in self.conv.taps]

    def into(self, maps: Tensor, out: Tensor) -> None:
        """Write what it gives for the ReLU of `maps` into `out` (n, t, h, w, out channels), ReLU included."""
        canvas = maps.new_empty(len(maps), *self.conv.reach(*maps.shape[1:-1]), maps.shape[-1])
        torch.clamp_min(maps, 0, out=bordered(canvas, 1, self.front, maps.shape[1:-1]))
        self.conv(canvas, out)

    def __call__(self, maps: Tensor) -> Tensor:
        """The same as a new tensor."""
        out = maps.new_empty(*maps.shape[:-1], self.conv.outputs)
        self.into(maps, out)
        return out


class Halving:
    """A convolution of stride 2 and 5 or 7 taps each way: one of stride 1 and half the taps over blocks of 2x2x2."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight (out, in, time, height, width), bias (out,)."""
        outputs, channels, *taps = weight.shape
        even = functional.pad(weight, [side for tap in reversed(taps) for side in (0, tap % 2)])
        halves = [(tap + 1) // 2 for tap in taps]
        blocks = even.view(outputs, channels, halves[0], 2, halves[1], 2, halves[2], 2)
        self.conv = Winograd(blocks.permute(0, 7, 1, 3, 5, 2, 4, 6).reshape(outputs, 8 * channels, *halves), bias)

    def __call__(self, clips: Tensor, spans: list[Span]) -> Tensor:
        """(n, t', h', w', out), ReLU included, for channels-first (n, in, t, h, w); a span for each axis."""
        counts = [each.count for each in spans]
        n, channels = clips.shape[:2]
        t, h, w = self.conv.reach(*counts)
        pixels = clips.new_empty(n, channels, 2 * t, 2 * h, 2 * w)
        fronts = [each.front for each in spans]
        sizes = [
            min(size, room - front) for size, room, front in zip(clips.shape[2:], pixels.shape[2:], fronts, strict=True)
        ]
        time, height, width = sizes
        bordered(pixels, 2, fronts, sizes).copy_(clips[:, :, :time, :height, :width])
        # Whole lines are moved first, then each little matrix is turned: single numbers never travel far.
        lines = pixels.view(n, channels, t, 2, h, 2, 2 * w).permute(0, 2, 4, 1, 3, 5, 6).reshape(n, t, h, -1, 2 * w)
        blocks = lines.transpose(3, 4).contiguous()
        out = clips.new_empty(n, *counts, self.conv.outputs)
        self.conv(blocks.reshape(n, t, h, w, -1), out)
        return out


def largest(maps: Tensor, axis: int, windows: Span) -> Tensor:
    """The largest value of windows along one axis (0 time, 1 height, 2 width) of maps that are nowhere below zero."""
    size, stride, count = maps.shape[1 + axis], windows.stride, windows.count

    def values(offset: int, first: int, last: int) -> Tensor:
        """What lies at an offset from where each window would begin without its front, windows `first` to `last`."""
        start, end = first * stride + offset, (last - 1) * stride + offset + 1
        return maps[(slice(None),) * (1 + axis) + (slice(start, end, stride),)]

    def inside(offset: int) -> tuple[int, int]:
        """The first window that has a value there, and the one after the last."""
        return -(-max(0, -offset) // stride), min(count, (size - 1 - offset) // stride + 1)

    # At offset 0 every window has a value; those with one at offset 1 too begin with the larger of both.
    result = maps.new_empty(*maps.shape[: 1 + axis], count, *maps.shape[2 + axis :])
    both = inside(1)[1] if windows.kernel - windows.front > 1 else 0
    if both > 0:
        torch.maximum(values(0, 0, both), values(1, 0, both), out=result.narrow(1 + axis, 0, both))
    if both < count:
        result.narrow(1 + axis, both, count - both).copy_(values(0, both, count))
    for offset in range(-windows.front, windows.kernel - windows.front):
        first, last = inside(offset)
        if offset not in (0, 1) and first < last:
            part = result.narrow(1 + axis, first, last - first)
            torch.maximum(part, values(offset, first, last), out=part)
    return result
