"""Convolutions in space and time by Winograd's minimal filtering: what a CPU's library computes by the definition.

m results of a filter of r taps take m + r - 1 products where the definition has m r; along three axes the savings
multiply (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016). A 3x3x3 convolution of 8 frames
takes 2.8 products per result in place of 27. Tensors are channels-last: (n, time, height, width, channels).
"""

from collections.abc import Sequence
from functools import cache
from itertools import product
from math import inf

import torch
from torch import Tensor

from features.extract.filtering import matrices

Tile = tuple[int, int, int]  # results along time, height, width

# Results of a tile along time, and along height or width by the taps there: whichever takes the fewest products.
# Larger ones round worse: 7 along height and width, beside 8 along time, to 5e-4 of the largest value. With 4 taps, 5
# along height and width were slower than 4.
TIMES = (1, 2, 4, 8)
SIDES = {3: (4, 5), 4: (4,)}
# Tiles that go through a matrix product together: enough to use each weight often, few enough to stay in the cache.
TILES_AT_A_TIME = 128


class Winograd:
    """A convolution of stride 1, with ReLU or without; the plain one up to rounding (2e-6 to 6e-5 of the largest)."""

    def __init__(self, weight: Tensor, bias: Tensor, relu: bool = True) -> None:
        """weight (out, in, time, height, width) of 3 or 4 taps along each axis, or of 1 in time; bias (out,)."""
        self.outputs, self.channels = weight.shape[:2]
        self.taps = weight.shape[2:]
        self.bias = bias
        self.least = 0.0 if relu else -inf
        self._weight = weight
        self._products: dict[Tile, Tensor] = {}

    def reach(self, time: int, height: int, width: int) -> list[int]:
        """Positions (t, h, w) of the canvas that whole tiles of so many results depend on."""
        sizes = (time, height, width)
        tiled = zip(sizes, self._tile(*sizes), self.taps, strict=True)
        return [-(-size // tile) * tile + taps - 1 for size, tile, taps in tiled]

    def __call__(self, canvas: Tensor, out: Tensor) -> None:
        """Write the results of a canvas (n, *reach, in), contiguous, into `out` (n, time, height, width, out)."""
        clips, time, height, width, _ = out.shape
        tile = self._tile(time, height, width)
        along, down, across = (-(-size // step) for size, step in zip((time, height, width), tile, strict=True))
        each = along * across
        parts = -(-down // max(1, TILES_AT_A_TIME // each))
        rows = -(-down // parts)
        together = max(1, min(clips, TILES_AT_A_TIME // (each * down)))
        for clip, row in product(range(0, clips, together), range(0, down, rows)):
            top, bottom = tile[1] * row, tile[1] * min(row + rows, down)
            lines = canvas[clip : clip + together, :, top : bottom + self.taps[1] - 1]
            region = out[clip : clip + together, :, top:bottom]
            _place(self._results(lines, tile), region, self.least)

    def _results(self, lines: Tensor, tile: Tile) -> Tensor:
        """Tiles (n, along, time, down, height, across, width, out), from all lines of the canvas that they reach."""
        output, entry = _with_bias(tile[0], self.taps[0]), _matrices(tile[0], self.taps[0])[2]
        clips, frames, high, wide, _ = lines.shape
        along, down, across = (
            (size - taps + 1) // step for size, taps, step in zip((frames, high, wide), self.taps, tile, strict=True)
        )
        kinds = _moved(lines.reshape(clips, frames, -1), entry, tile[0]).view(len(entry), -1, high, wide, self.channels)
        sums = lines.new_empty(len(entry) + 1, tile[2], tile[1], clips * along * down * across * self.outputs)
        for kind, weight, into in zip(kinds, self._weights(tile), sums[:-1], strict=True):
            self._sum(kind, weight, tile, into)
        sums[-1].view(-1, self.outputs).copy_(self.bias)
        results = (output @ sums.flatten(1)).view(tile[0], *sums.shape[1:3], clips, along, down, across, self.outputs)
        return results.permute(3, 4, 0, 5, 2, 6, 1, 7)

    def _sum(self, frames: Tensor, weights: Tensor, tile: Tile, out: Tensor) -> None:
        """Filter one kind of frame, (n, h, w, in), in space: into `out` (tile w, tile h, tiles x out)."""
        output_h, _, entry_h = _matrices(tile[1], self.taps[1])
        output_w, _, entry_w = _matrices(tile[2], self.taps[2])
        count, high, wide, channels = frames.shape
        down, across = (high - self.taps[1] + 1) // tile[1], (wide - self.taps[2] + 1) // tile[2]
        line = wide * channels
        overlapping = frames.as_strided(
            (count, down, len(entry_h), line), (high * line, tile[1] * line, line, 1), frames.storage_offset()
        )
        lines = torch.matmul(entry_h, overlapping)
        per_frame, per_row, per_line, _ = lines.stride()
        tiles = lines.as_strided(
            (len(entry_w), len(entry_h), count, down, across, channels),
            (channels, per_line, per_frame, per_row, tile[2] * channels, 1),
        ).reshape(len(entry_w), -1)
        products = torch.bmm((entry_w @ tiles).view(len(weights), -1, channels), weights)
        columns = (output_w @ products.view(len(entry_w), -1)).view(tile[2], len(entry_h), -1)
        torch.matmul(output_h, columns, out=out)

    def _tile(self, time: int, height: int, width: int) -> Tile:
        """The size of tiles for results of this shape."""
        t, h, w = self.taps
        return _fewest(time, TIMES, t), _fewest(height, SIDES[h], h), _fewest(width, SIDES[w], w)

    def _weights(self, tile: Tile) -> Tensor:
        """(time kinds, width kinds x height kinds, in, out): the weight as tiles of that size meet it."""
        if tile not in self._products:
            kernels = [matrices(results, taps)[1] for results, taps in zip(tile, self.taps, strict=True)]
            product = torch.einsum("ta,hb,wc,oiabc->twhio", *kernels, self._weight.double())
            self._products[tile] = product.flatten(1, 2).float().contiguous()
        return self._products[tile]


def bordered(canvas: Tensor, first: int, fronts: Sequence[int], sizes: Sequence[int]) -> Tensor:
    """The part of a canvas that is yet to be written, so far in and so large along the axes from `first` on.

    What lies around it is made zero.
    """
    inside = canvas
    for axis, (front, size) in enumerate(zip(fronts, sizes, strict=True), start=first):
        inside.narrow(axis, 0, front).zero_()
        inside.narrow(axis, front + size, inside.shape[axis] - front - size).zero_()
        inside = inside.narrow(axis, front, size)
    return inside


@cache
def _matrices(results: int, taps: int) -> tuple[Tensor, ...]:
    """`matrices`, float32."""
    return tuple(matrix.float() for matrix in matrices(results, taps))


@cache
def _with_bias(results: int, taps: int) -> Tensor:
    """A^T (results, kinds + 1), float32, for sums with the bias as one more kind."""
    output = _matrices(results, taps)[0]
    return torch.cat([output, torch.ones(results, 1)], dim=1)


def _fewest(size: int, tiles: tuple[int, ...], taps: int) -> int:
    """The tile with which so many results take the fewest products along an axis."""
    return min(tiles, key=lambda tile: -(-size // tile) * (tile + taps - 1))


def _moved(frames: Tensor, entry: Tensor, tile: int) -> Tensor:
    """B^T along time: (kinds, n x tiles, values) from (n, frames, values), tiles `tile` frames apart."""
    kinds = len(entry)
    parts = [clip[start : start + kinds] for clip in frames for start in range(0, len(clip) - kinds + 1, tile)]
    moved = frames.new_empty(kinds, len(parts), frames.shape[2])
    for number, part in enumerate(parts):
        torch.mm(entry, part, out=moved[:, number])
    return moved


def _place(tiles: Tensor, region: Tensor, least: float) -> None:
    """Write tiles (n, along, time, down, height, across, width, c), nowhere below `least`, into a region."""
    n, along, tile, down, high, across, wide, c = tiles.shape
    whole = (along * tile, down * high, across * wide)
    if region.shape[1:4] == whole:
        torch.clamp_min(tiles, least, out=region.view(tiles.shape))
    else:
        time, height, width = region.shape[1:4]
        torch.clamp_min(tiles.reshape(n, *whole, c)[:, :time, :height, :width], least, out=region)
