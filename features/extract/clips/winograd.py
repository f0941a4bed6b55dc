"""Convolutions in space and time by Winograd's minimal filtering: what a CPU's library computes by the definition.

m results of a filter of r taps take m + r - 1 products where the definition has m r; along three axes the savings
multiply (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016). A 3x3x3 convolution of 8 frames
takes 2.8 products per result in place of 27. Tensors are channels-last: (n, time, height, width, channels).
"""

from itertools import product

import torch
from torch import Tensor

from features.extract.filtering import matrices

TILE = 4  # results of a tile along height and width
TIMES = (1, 2, 4, 8)  # results of a tile along time, whichever takes the fewest products
# Tiles that go through a matrix product together: enough to use each weight often, few enough to stay in the cache.
TILES_AT_A_TIME = 128


class Winograd:
    """A convolution of stride 1 with a bias, then ReLU; equal to the plain one up to rounding (about 1e-5 relative)."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight (out, in, time, height, width) of 3 or 4 taps along each axis, or of 1 in time; bias (out,)."""
        self.outputs, self.channels = weight.shape[:2]
        self.taps = weight.shape[2:]
        self.bias = bias
        self._weight = weight
        self._products: dict[int, Tensor] = {}
        self._space = [tuple(matrix.float() for matrix in matrices(TILE, taps)[::2]) for taps in self.taps[1:]]

    def reach(self, time: int, height: int, width: int) -> list[int]:
        """Positions (t, h, w) of the canvas that whole tiles of so many results depend on."""
        sizes = zip((time, height, width), (self._time_tile(time), TILE, TILE), self.taps, strict=True)
        return [-(-size // tile) * tile + taps - 1 for size, tile, taps in sizes]

    def canvas(self, n: int, time: int, height: int, width: int) -> Tensor:
        """Zeros for the input of so many results: (n, t, h, w, in)."""
        return torch.zeros(n, *self.reach(time, height, width), self.channels)

    def __call__(self, canvas: Tensor, out: Tensor) -> None:
        """Write the results of a canvas, which is contiguous, into `out` (n, time, height, width, out channels)."""
        clips, time, height, width, _ = out.shape
        tile = self._time_tile(time)
        weights = self._weights(tile)
        down, each = -(-height // TILE), -(-time // tile) * -(-width // TILE)
        rows = max(1, min(down, TILES_AT_A_TIME // each))
        together = max(1, min(clips, TILES_AT_A_TIME // (each * down)))
        for clip, row in product(range(0, clips, together), range(0, down, rows)):
            top, bottom = TILE * row, TILE * min(row + rows, down)
            lines = canvas[clip : clip + together, :, top : bottom + self.taps[1] - 1]
            region = out[clip : clip + together, :, top:bottom]
            _place(self._results(lines, weights, tile), self.bias, region)

    def _results(self, lines: Tensor, weights: Tensor, tile: int) -> Tensor:
        """Tiles (n, along, time, down, height, across, width, out), from all lines of the canvas that they reach."""
        output, _, entry = (matrix.float() for matrix in matrices(tile, self.taps[0]))
        clips, frames, high, wide, _ = lines.shape
        along, down, across = (frames - self.taps[0] + 1) // tile, self._tiles(high, 1), self._tiles(wide, 2)
        kinds = _moved(lines.reshape(clips, frames, -1), entry, tile).view(len(entry), -1, high, wide, self.channels)
        sums = lines.new_empty(len(entry), TILE, TILE, clips * along * down * across * self.outputs)
        for kind, weight, into in zip(kinds, weights, sums, strict=True):
            self._sum(kind, weight, into)
        results = (output @ sums.flatten(1)).view(tile, TILE, TILE, clips, along, down, across, self.outputs)
        return results.permute(3, 4, 0, 5, 2, 6, 1, 7)

    def _sum(self, frames: Tensor, weights: Tensor, out: Tensor) -> None:
        """Filter one kind of frame, (n, h, w, in), in space: into `out` (TILE w, TILE h, tiles x out)."""
        (output_h, entry_h), (output_w, entry_w) = self._space
        count, high, wide, channels = frames.shape
        down, across, line = self._tiles(high, 1), self._tiles(wide, 2), wide * channels
        overlapping = frames.as_strided(
            (count, down, len(entry_h), line), (high * line, TILE * line, line, 1), frames.storage_offset()
        )
        lines = torch.matmul(entry_h, overlapping)
        per_frame, per_row, per_line, _ = lines.stride()
        tiles = lines.as_strided(
            (len(entry_w), len(entry_h), count, down, across, channels),
            (channels, per_line, per_frame, per_row, TILE * channels, 1),
        ).reshape(len(entry_w), -1)
        products = torch.bmm((entry_w @ tiles).view(len(weights), -1, channels), weights)
        columns = (output_w @ products.view(len(entry_w), -1)).view(TILE, len(entry_h), -1)
        torch.matmul(output_h, columns, out=out)

    def _tiles(self, size: int, axis: int) -> int:
        """Tiles along an axis of the canvas."""
        return (size - self.taps[axis] + 1) // TILE

    def _time_tile(self, time: int) -> int:
        return min(TIMES, key=lambda tile: -(-time // tile) * (tile + self.taps[0] - 1))

    def _weights(self, tile: int) -> Tensor:
        """(time kinds, width kinds x height kinds, in, out): the weight as tiles of so many frames meet it."""
        if tile not in self._products:
            kernels = [matrices(results, taps)[1] for results, taps in zip((tile, TILE, TILE), self.taps, strict=True)]
            product = torch.einsum("ta,hb,wc,oiabc->twhio", *kernels, self._weight.double())
            self._products[tile] = product.flatten(1, 2).float().contiguous()
        return self._products[tile]


def _moved(frames: Tensor, entry: Tensor, tile: int) -> Tensor:
    """B^T along time: (kinds, n x tiles, values) from (n, frames, values), tiles `tile` frames apart."""
    kinds = len(entry)
    parts = [clip[start : start + kinds] for clip in frames for start in range(0, len(clip) - kinds + 1, tile)]
    moved = frames.new_empty(kinds, len(parts), frames.shape[2])
    for number, part in enumerate(parts):
        torch.mm(entry, part, out=moved[:, number])
    return moved


def _place(tiles: Tensor, bias: Tensor, region: Tensor) -> None:
    """Write tiles (n, along, time, down, height, across, width, c) and the bias into a region, then ReLU."""
    n, along, tile, down, high, across, wide, c = tiles.shape
    whole = (along * tile, down * high, across * wide)
    if region.shape[1:4] == whole:
        torch.add(tiles, bias, out=region.view(tiles.shape))
    else:
        time, height, width = region.shape[1:4]
        torch.add(tiles.reshape(n, *whole, c)[:, :time, :height, :width], bias, out=region)
    region.relu_()
