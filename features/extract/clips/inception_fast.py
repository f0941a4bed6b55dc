"""Inception I3D as a CPU computes it fastest: the numbers of `inception.Inception` up to rounding.

Against the published formulation: BatchNorm is part of the convolutions; those of 3x3x3, and the first one, take fewer
products; the 1x1x1 convolutions that share an input are one matrix product; branches are written side by side where
they belong.
"""

from typing import cast

import torch
from torch import Tensor, nn

from features.extract.clips.fast_layers import Halving, Padded, Pointwise, largest
from features.extract.clips.fold import folded
from features.extract.clips.inception import Inception, Mixed, Pool, Unit, span

# Maps of the last blocks are so small that several clips share a matrix product; before them one clip fills the caches.
FIRST_SHARED = "Mixed_4b"
CLIPS_AT_A_TIME = 8


class FastInception:
    """The layers up to Mixed_5c, from folded copies of a network's parameters."""

    def __init__(self, network: Inception) -> None:
        layers = dict(network.layers())
        first, *others = layers
        split = others.index(FIRST_SHARED)
        self.stem = FastStem(cast(Unit, layers[first]))
        self.early = [_fast(layers[name]) for name in others[:split]]
        self.late = [_fast(layers[name]) for name in others[split:]]

    def __call__(self, clips: Tensor) -> Tensor:
        """The maps of Mixed_5c, (n, 1024, t', h', w'), for (n, channels, t, h, w)."""
        parts = [self._some(some) for some in torch.split(clips, CLIPS_AT_A_TIME)]
        return torch.cat(parts).permute(0, 4, 1, 2, 3)

    def _some(self, clips: Tensor) -> Tensor:
        begun = []
        for clip in torch.split(clips, 1):
            maps = self.stem(clip)
            for layer in self.early:
                maps = layer(maps)
            begun.append(maps)
        maps = torch.cat(begun)
        for layer in self.late:
            maps = layer(maps)
        return maps


def _fast(layer: nn.Module) -> "FastMixed | FastPool | FastUnit | Padded":
    if isinstance(layer, Mixed):
        return FastMixed(layer)
    if isinstance(layer, Pool):
        return FastPool(layer)
    unit = cast(Unit, layer)
    return FastUnit(unit) if unit.kernel == (1, 1, 1) else _padded(unit)


class FastStem:
    """The first convolution."""

    def __init__(self, unit: Unit) -> None:
        self.unit, self.conv = unit, Halving(*folded(unit.conv3d, unit.bn))

    def __call__(self, clips: Tensor) -> Tensor:
        """(n, t', h', w', outputs) for channels-first (n, channels, t, h, w)."""
        unit = self.unit
        spans = [
            span(unit.form, axis, clips.shape[2 + axis], unit.kernel[axis], unit.stride[axis]) for axis in range(3)
        ]
        return self.conv(clips, spans)


class FastUnit:
    """A convolution of 1x1x1 and its ReLU."""

    def __init__(self, unit: Unit) -> None:
        self.conv = Pointwise(*folded(unit.conv3d, unit.bn))

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h, w, outputs) from (n, t, h, w, inputs)."""
        return self.conv(maps).relu_()


class FastPool:
    """Largest value of each window."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t', h', w', c) from (n, t, h, w, c)."""
        pool = self.pool
        for axis in (1, 2, 0):
            if pool.kernel[axis] > 1:
                size, kernel, stride = maps.shape[1 + axis], pool.kernel[axis], pool.stride[axis]
                maps = largest(maps, axis, span(pool.form, axis, size, kernel, stride, pool=True))
        return maps


class FastMixed:
    """Four branches, each written where it stands among the channels."""

    def __init__(self, block: Mixed) -> None:
        entries = block.b0, block.b1a, block.b2a
        weights, biases = zip(*(folded(unit.conv3d, unit.bn) for unit in entries), strict=True)
        self.entry = Pointwise(torch.cat(weights), torch.cat(biases))
        self.wide, self.narrow = _padded(block.b1b), _padded(block.b2b)
        self.pool, self.last = FastPool(block.b3a), Pointwise(*folded(block.b3b.conv3d, block.b3b.bn))
        self.entries = [len(bias) for bias in biases]
        self.exits = [unit.conv3d.out_channels for unit in (block.b0, block.b1b, block.b2b, block.b3b)]

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h, w, a + c + e + f) from (n, t, h, w, inputs)."""
        out = maps.new_empty(*maps.shape[:-1], sum(self.exits))
        straight, wide, narrow, last = torch.split(out, self.exits, -1)
        first, before_wide, before_narrow = torch.split(self.entry(maps), self.entries, -1)
        torch.clamp_min(first, 0, out=straight)
        self.wide.into(before_wide, wide)
        self.narrow.into(before_narrow, narrow)
        torch.clamp_min(self.last(self.pool(maps)), 0, out=last)
        return out


def _padded(unit: Unit) -> Padded:
    return Padded(*folded(unit.conv3d, unit.bn))
