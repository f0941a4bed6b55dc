"""Inception I3D as it was published, in the three forms that its ports have.

Carreira & Zisserman, "Quo Vadis, Action Recognition?" (CVPR 2017). The ports differ in padding and in BatchNorm's
epsilon (`Variant`), so the same weights give other features; with a number of frames divisible by 8 and sides divisible
by 32 only the epsilon is left of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.extract.clips.fast_layers import Span

Variant = Literal["slash", "port_head", "port_old"]
Pooling = Literal["window", "mean", "steps"]
Size3 = tuple[int, int, int]

FEATURES = 1024
WINDOW = (2, 7, 7)
# Input channels, then those of: 1x1x1; 1x1x1 and 3x3x3 after it; the same, narrower; 1x1x1 after the pool.
MIXED: dict[str, tuple[int, Size3 | tuple[int, ...]]] = {
    "Mixed_3b": (192, (64, 96, 128, 16, 32, 32)),
    "Mixed_3c": (256, (128, 128, 192, 32, 96, 64)),
    "Mixed_4b": (480, (192, 96, 208, 16, 48, 64)),
    "Mixed_4c": (512, (160, 112, 224, 24, 64, 64)),
    "Mixed_4d": (512, (128, 128, 256, 24, 64, 64)),
    "Mixed_4e": (512, (112, 144, 288, 32, 64, 64)),
    "Mixed_4f": (528, (256, 160, 320, 32, 128, 128)),
    "Mixed_5b": (832, (256, 160, 320, 32, 128, 128)),
    "Mixed_5c": (832, (384, 192, 384, 48, 128, 128)),
}


@dataclass(frozen=True)
class Form:
    """What tells the ports apart.

    eps    of BatchNorm
    sized  along which axes (time, height, width) the padding goes by the actual size; elsewhere as if it were divisible
    ceil   whether a pool keeps a last, partial window
    """

    eps: float
    sized: tuple[bool, bool, bool]
    ceil: bool


# piergiaj/pytorch-i3d @05783d1; hassony2/kinetics_i3d_pytorch @786fbae; the same before its pull request 27, of which
# v-iashin/video_features @a2f61b7 and henrryzh1/UR-DMU @40cfdf5 keep copies.
FORMS: dict[Variant, Form] = {
    "slash": Form(1e-3, (True, True, True), ceil=False),
    "port_head": Form(1e-3, (True, False, False), ceil=True),
    "port_old": Form(1e-5, (False, False, False), ceil=True),
}


def span(form: Form, axis: int, size: int, kernel: int, stride: int, pool: bool = False) -> Span:
    """TensorFlow's SAME padding along an axis (0 time, 1 height, 2 width), by the rule of the port.

    Raises ValueError where not one window fits.
    """
    over = size % stride if form.sized[axis] else 0
    total = max(kernel - (over or stride), 0)
    spare = size + total - kernel
    count = (-(-spare // stride) if pool and form.ceil else spare // stride) + 1
    if count < 1:
        raise ValueError(f"leave {size} where {kernel - total} are needed")
    return Span(kernel, stride, total // 2, total - total // 2, count)


def padding(form: Form, shape: torch.Size, kernel: Size3, stride: Size3, pool: bool = False) -> list[int]:
    """The argument of `torch.nn.functional.pad` for (n, c, t, h, w)."""
    spans = [span(form, axis, shape[2 + axis], kernel[axis], stride[axis], pool) for axis in (2, 1, 0)]
    return [side for each in spans for side in (each.front, each.back)]


class Unit(nn.Module):
    """Convolution without bias, BatchNorm, ReLU."""

    def __init__(self, form: Form, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.form, self.kernel, self.stride = form, (kernel,) * 3, (stride,) * 3
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=form.eps)

    def forward(self, maps: Tensor) -> Tensor:
        """(n, outputs, t', h', w') from (n, inputs, t, h, w)."""
        padded = functional.pad(maps, padding(self.form, maps.shape, self.kernel, self.stride))
        return functional.relu(self.bn(self.conv3d(padded)))


class Pool(nn.Module):
    """Largest value of each window; what is padded counts as zero, which changes nothing after a ReLU."""

    def __init__(self, form: Form, kernel: Size3, stride: Size3) -> None:
        super().__init__()
        self.form, self.kernel, self.stride = form, kernel, stride

    def forward(self, maps: Tensor) -> Tensor:
        """(n, c, t', h', w') from (n, c, t, h, w)."""
        padded = functional.pad(maps, padding(self.form, maps.shape, self.kernel, self.stride, pool=True))
        return functional.max_pool3d(padded, self.kernel, self.stride, ceil_mode=self.form.ceil)


class Mixed(nn.Module):
    """Four branches side by side."""

    def __init__(self, form: Form, inputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        a, b, c, d, e, f = widths
        self.b0 = Unit(form, inputs, a)
        self.b1a, self.b1b = Unit(form, inputs, b), Unit(form, b, c, 3)
        self.b2a, self.b2b = Unit(form, inputs, d), Unit(form, d, e, 3)
        self.b3a, self.b3b = Pool(form, (3, 3, 3), (1, 1, 1)), Unit(form, inputs, f)

    def forward(self, maps: Tensor) -> Tensor:
        """(n, a + c + e + f, t, h, w)."""
        branches = self.b0(maps), self.b1b(self.b1a(maps)), self.b2b(self.b2a(maps)), self.b3b(self.b3a(maps))
        return torch.cat(branches, 1)


class Logits(nn.Module):
    """The classifier: a 1x1x1 convolution with a bias."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(FEATURES, classes, 1)

    def forward(self, steps: Tensor) -> Tensor:
        """(n, steps, classes) from (n, steps, 1024)."""
        weight = self.conv3d.weight.flatten(1)
        return functional.linear(steps, weight, self.conv3d.bias)


class Inception(nn.Module):
    """The network; parameters stand under the names of the `slash` lineage."""

    def __init__(self, channels: int, variant: Variant, classes: int = 400) -> None:
        """`channels` of the input: 3 for pictures, 2 for flow."""
        super().__init__()
        form = FORMS[variant]
        self.form = form
        self.Conv3d_1a_7x7 = Unit(form, channels, 64, 7, 2)
        self.MaxPool3d_2a_3x3 = Pool(form, (1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit(form, 64, 64)
        self.Conv3d_2c_3x3 = Unit(form, 64, 192, 3)
        self.MaxPool3d_3a_3x3 = Pool(form, (1, 3, 3), (1, 2, 2))
        self.Mixed_3b, self.Mixed_3c = (mixed(form, name) for name in ("Mixed_3b", "Mixed_3c"))
        self.MaxPool3d_4a_3x3 = Pool(form, (3, 3, 3), (2, 2, 2))
        self.Mixed_4b, self.Mixed_4c, self.Mixed_4d, self.Mixed_4e, self.Mixed_4f = (
            mixed(form, name) for name in MIXED if name.startswith("Mixed_4")
        )
        self.MaxPool3d_5a_2x2 = Pool(form, (2, 2, 2), (2, 2, 2))
        self.Mixed_5b, self.Mixed_5c = (mixed(form, name) for name in ("Mixed_5b", "Mixed_5c"))
        self.logits = Logits(classes)

    def layers(self) -> Iterator[tuple[str, nn.Module]]:
        """Every layer up to Mixed_5c with its name, in order."""
        return ((name, layer) for name, layer in self.named_children() if name != "logits")

    def forward(self, clips: Tensor) -> Tensor:
        """The maps of Mixed_5c, (n, 1024, t', h', w'), for (n, channels, t, h, w)."""
        maps = clips
        for _, layer in self.layers():
            maps = layer(maps)
        return maps


def mixed(form: Form, name: str) -> Mixed:
    """The block of this name."""
    inputs, widths = MIXED[name]
    return Mixed(form, inputs, widths)


def pooled(maps: Tensor, pooling: Pooling) -> Tensor:
    """Vectors (n, steps, 1024) of the maps of Mixed_5c.

    mean           one: the mean of all positions, whatever the size of the pictures
    window, steps  one for each position of a window of 2 x 7 x 7: 7 for 64 frames, 1 for 16; the end steps are in one
                   window, the others in two, so their mean is not that of all positions

    Raises ValueError where the maps are smaller or larger than the window's 7 x 7, or of a single step.
    """
    if pooling == "mean":
        return maps.mean((2, 3, 4))[:, None]
    steps, high, wide = maps.shape[2:]
    if (high, wide) != WINDOW[1:] or steps < WINDOW[0]:
        raise ValueError(f"end in maps of {steps} x {high} x {wide}, not of 2 or more x 7 x 7, which are averaged")
    return functional.avg_pool3d(maps, WINDOW, stride=1).flatten(2).transpose(1, 2)
