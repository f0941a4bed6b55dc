"""RAFT, driven for video: what belongs to a frame is computed once per frame, what belongs to a pair once per pair.

Teed & Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow" (ECCV 2020), with torchvision's modules and
parameters. Against calling torchvision's model pair by pair:

- the feature encoder sees each frame once, though a frame belongs to two pairs;
- the part of the recurrent unit that reads the context is computed once per frame, not in each iteration (a convolution
  of joined channels is the sum of the convolutions of the parts);
- correlations of the coarser levels come from averaged features (the mean of correlations is the correlation with the
  mean), and one small matrix product places all samples of a look-up;
- on a CPU, convolutions take fewer products and norms fewer passes (`features.extract.flow.layers`);
- the flow is upsampled only after the last iteration.

The numbers are those of torchvision's model up to rounding.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.extract.flow.layers import accelerate
from features.extract.torchvision_shim import torchvision

STRIDE = 8  # pixels of the input for one cell of the feature maps
LEVELS = 4
# The coarsest of the four levels needs two cells each way (torchvision's CorrBlock refuses less), so 16 * 8 pixels.
MIN_SIDE = STRIDE * 2**LEVELS


class Encoded(NamedTuple):
    """What the network knows of frames by themselves; axis 0 is the frame, (h, w) an eighth of the input.

    features  float32 (n, channels, h, w): the feature encoder's maps
    hidden    float32 (n, hidden, h, w): the recurrent unit's first state, if the frame is the first of a pair
    terms     one float32 (n, 3 hidden, h, w) for each recurrent unit: what the context adds to its gates
    """

    features: Tensor
    hidden: Tensor
    terms: tuple[Tensor, ...]

    def split(self) -> list["Encoded"]:
        """One entry for each frame."""
        parts = zip(*(torch.split(entry, 1) for entry in (self.features, self.hidden, *self.terms)), strict=True)
        return [Encoded(features, hidden, tuple(terms)) for features, hidden, *terms in parts]

    @staticmethod
    def join(frames: Sequence["Encoded"]) -> "Encoded":
        """The entries of several frames as one."""
        terms = zip(*(frame.terms for frame in frames), strict=True)
        return Encoded(
            torch.cat([frame.features for frame in frames]),
            torch.cat([frame.hidden for frame in frames]),
            tuple(torch.cat(entries) for entries in terms),
        )


class Raft(nn.Module):
    """RAFT over encoded frames. `size` is `small` or `large`; parameters are random until `load` is called."""

    def __init__(self, size: str) -> None:
        super().__init__()
        models = torchvision("torchvision.models.optical_flow")
        # Any: torchvision's modules are known by attribute only.
        self.model: Any = {"small": models.raft_small, "large": models.raft_large}[size](weights=None)
        self.prepare()

    def load(self, parameters: dict[str, Tensor]) -> None:
        """Take over parameters under torchvision's names; RuntimeError unless names and shapes are exactly these."""
        self.model.load_state_dict(parameters, strict=True)
        self.prepare()

    def prepare(self) -> None:
        """Derive from the parameters what the driver needs: evaluation mode, memory layout, split recurrent units."""
        self.eval()
        self.model.to(memory_format=torch.channels_last)
        block = self.model.update_block
        units = [block.recurrent_block.convgru1, block.recurrent_block.convgru2]
        width = block.motion_encoder.out_channels
        # Any: a ModuleList does not say of what.
        self.units: Any = nn.ModuleList(SplitGru(unit, width) for unit in units if isinstance(unit, nn.Module))

    def accelerate(self) -> None:
        """Take the faster layers that a CPU's library lacks; parameters can no longer be loaded after it."""
        accelerate(self)

    def encode(self, images: Tensor) -> Encoded:
        """Encode frames: float32 (n, 3, H, W) in [-1, 1], H and W multiples of 8 and at least MIN_SIDE."""
        images = images.contiguous(memory_format=torch.channels_last)
        features = self.model.feature_encoder(images)
        context = self.model.context_encoder(images)
        size = self.model.update_block.hidden_state_size
        hidden, context = torch.tanh(context[:, :size]), torch.relu(context[:, size:])
        return Encoded(features, hidden, tuple(unit.terms(context) for unit in self.units))

    def forward(self, first: Encoded, second: Tensor, iterations: int) -> Tensor:
        """Flow from the first frames to the second: float32 (n, 2, H, W), (x, y) in pixels of the input.

        `second` are the features of the second frames.
        """
        _, _, h, w = second.shape
        pyramid = Pyramid(first.features, second, self.model.corr_block.radius)
        start = grid(h, w, second.device)
        flow = torch.zeros_like(start).expand(len(second), -1, -1, -1)
        hidden = first.hidden
        block = self.model.update_block
        for _ in range(iterations):
            motion = block.motion_encoder(flow, pyramid.look_up(start + flow))
            for unit, terms in zip(self.units, first.terms, strict=True):
                hidden = unit(hidden, motion, terms)
            flow = flow + block.flow_head(hidden)
        return self._upsampled(flow, hidden)

    def _upsampled(self, flow: Tensor, hidden: Tensor) -> Tensor:
        """Flow at the input's size: bilinear in the small network, a learned convex combination in the large one."""
        utils = torchvision("torchvision.models.optical_flow._utils")
        predictor = self.model.mask_predictor
        mask = None if predictor is None else predictor(hidden).contiguous()
        upsampled: Tensor = utils.upsample_flow(flow.contiguous(), mask, STRIDE)
        return upsampled


class SplitGru(nn.Module):
    """A convolutional gated recurrent unit whose context part is computed ahead of the iterations."""

    def __init__(self, unit: Any, motion: int) -> None:
        """`unit` is torchvision's ConvGRU over (hidden, context, motion) channels, `motion` the number of the last."""
        super().__init__()
        convs = (unit.convz, unit.convr, unit.convq)
        size = unit.convz.out_channels
        weight = torch.cat([conv.weight.detach() for conv in convs])
        inner = weight.shape[1] - motion
        recurrent = torch.cat([weight[:, :size], weight[:, inner:]], 1)
        self.size = size
        self.context = _convolution(weight[:, size:inner], torch.cat([conv.bias.detach() for conv in convs]), unit)
        self.gates = _convolution(recurrent[: 2 * size], None, unit)
        self.candidate = _convolution(recurrent[2 * size :], None, unit)

    def terms(self, context: Tensor) -> Tensor:
        """What the context adds to update gate, reset gate and candidate: (n, 3 hidden, h, w)."""
        terms: Tensor = self.context(context)
        return terms

    def forward(self, hidden: Tensor, motion: Tensor, terms: Tensor) -> Tensor:
        """The next hidden state."""
        gates = self.gates(torch.cat([hidden, motion], 1)) + terms[:, : 2 * self.size]
        update, reset = torch.sigmoid(gates).chunk(2, 1)
        candidate = self.candidate(torch.cat([reset * hidden, motion], 1)) + terms[:, 2 * self.size :]
        return torch.lerp(hidden, torch.tanh(candidate), update)


def _convolution(weight: Tensor, bias: Tensor | None, unit: Any) -> nn.Conv2d:
    """A convolution with these parameters and the padding of a recurrent unit."""
    out_channels, in_channels, *kernel = weight.shape
    conv = nn.Conv2d(
        in_channels, out_channels, (kernel[0], kernel[1]), padding=unit.convz.padding, bias=bias is not None
    )
    conv.weight.data = weight.contiguous(memory_format=torch.channels_last)
    if bias is not None:
        conv.bias = nn.Parameter(bias)
    return conv


class Pyramid:
    """Correlations of every cell of the first maps with all cells of the second, at four resolutions."""

    def __init__(self, first: Tensor, second: Tensor, radius: int) -> None:
        """Both maps float32 (n, channels, h, w)."""
        self.h, self.w = first.shape[2:]
        rows = (first / first.shape[1] ** 0.5).flatten(2).transpose(1, 2)
        columns = second
        self.levels = []
        self.grids = []
        for level in range(LEVELS):
            h, w = columns.shape[2:]
            self.levels.append(torch.bmm(rows, columns.flatten(2)).view(-1, 1, h, w))
            self.grids.append(sampling(h, w, level, radius, first.device))
            columns = functional.avg_pool2d(columns, 2)

    def look_up(self, centres: Tensor) -> Tensor:
        """Bilinear samples around the centres (n, 2, h, w): (n, levels * side * side, h, w), side = 2 radius + 1."""
        cells = centres.permute(0, 2, 3, 1).reshape(-1, 2)
        samples = []
        for level, (scale, offset) in zip(self.levels, self.grids, strict=True):
            side = round((offset.numel() / 2) ** 0.5)
            places = torch.addmm(offset, cells, scale).view(-1, side, side, 2)
            samples.append(functional.grid_sample(level, places, align_corners=True).flatten(1))
        # The samples of a cell lie side by side: as a tensor (n, samples, h, w) this is channels-last, no copy.
        return torch.cat(samples, 1).view(len(centres), self.h, self.w, -1).permute(0, 3, 1, 2)


def correlation_bytes(h: int, w: int) -> int:
    """Memory of the correlations of one pair of maps of h x w: each level is a quarter of the one before it."""
    return (h * w) ** 2 * 4 * 4 // 3


def sampling(h: int, w: int, level: int, radius: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """(scale, offset) with which `offset + cells @ scale` are the places to sample around cells (n, 2) of level 0.

    Places are (x, y) of all offsets up to the radius, in the coordinates of `grid_sample` on a map of h x w at this
    level. The first axis of the offsets goes with x: the published network numbers its channels so.
    """
    reach = torch.arange(-radius, radius + 1, dtype=torch.float32, device=device)
    size = torch.tensor([w - 1, h - 1], dtype=torch.float32, device=device)
    offsets = torch.stack(torch.meshgrid(reach, reach, indexing="ij"), -1)
    scale = torch.diag(2 / size / 2**level).repeat(1, len(reach) ** 2)
    return scale, (offsets * 2 / size - 1).flatten()


def grid(h: int, w: int, device: torch.device) -> Tensor:
    """The cell coordinates, float32 (1, 2, h, w): (x, y)."""
    y, x = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
    return torch.stack([x, y])[None].float().contiguous(memory_format=torch.channels_last)
