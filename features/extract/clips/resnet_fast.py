"""ResNet-50 I3D as a CPU computes it fastest: the numbers of `resnet3d.ResNet3d` up to rounding.

Against the published formulation: BatchNorm is part of the convolutions; those of 1x3x3, and the first one, take fewer
products; all others are matrix products, added to the shortcut where they are computed.
"""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.extract.clips.fast_layers import Halving, Padded, Pointwise, Span, largest
from features.extract.clips.fold import fold_norms, folded
from features.extract.clips.resnet3d import Bottleneck, NonLocal, ResNet3d

# Maps are large up to layer2: there one clip fills the caches.
FIRST_SHARED = 2
CLIPS_AT_A_TIME = 8


class FastResNet:
    """The layers up to layer4, from folded copies of a network's parameters."""

    def __init__(self, network: ResNet3d) -> None:
        self.stem = Halving(*folded(network.conv1, network.bn1))
        layers = (network.layer1, network.layer2, network.layer3, network.layer4)
        self.layers = [[FastBottleneck(block) for block in layer if isinstance(block, Bottleneck)] for layer in layers]

    def __call__(self, clips: Tensor) -> Tensor:
        """The maps of layer4, (n, 2048, t', h', w'), for (n, 3, t, h, w)."""
        parts = [self._some(some) for some in torch.split(clips, CLIPS_AT_A_TIME)]
        return torch.cat(parts).permute(0, 4, 1, 2, 3)

    def _some(self, clips: Tensor) -> Tensor:
        maps = torch.cat([self._begun(clip) for clip in torch.split(clips, 1)])
        for layer in self.layers[FIRST_SHARED:]:
            for block in layer:
                maps = block(maps)
        return maps

    def _begun(self, clip: Tensor) -> Tensor:
        """The maps of a clip after layer2."""
        t, h, w = clip.shape[2:]
        maps = self.stem(clip, [_windows(t, 5, 2, 2), _windows(h, 7, 2, 3), _windows(w, 7, 2, 3)])
        for axis, kernel in enumerate((2, 3, 3)):
            maps = largest(maps, axis, _windows(maps.shape[1 + axis], kernel, 2))
        for block in self.layers[0]:
            maps = block(maps)
        maps = largest(maps, 0, _windows(maps.shape[1], 2, 2))
        for block in self.layers[1]:
            maps = block(maps)
        return maps


class FastBottleneck:
    """One block; what it adds to its input is added by the last matrix product."""

    def __init__(self, block: Bottleneck) -> None:
        self.first = AlongTime(*folded(block.conv1, block.bn1))
        middle = folded(block.conv2, block.bn2)
        self.stride = block.conv2.stride[1]
        self.middle = Padded(*middle) if self.stride == 1 else Striding(*middle)
        self.last = Pointwise(*folded(block.conv3, block.bn3))
        self.shortcut = _shortcut(block)
        self.attention = None if block.nl is None else FastNonLocal(block.nl)

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h / stride, w / stride, out) from (n, t, h, w, in)."""
        inner = self.middle(self.first(maps))
        past = maps if self.shortcut is None else self.shortcut(maps[:, :, :: self.stride, :: self.stride])
        flat = torch.addmm(past.flatten(0, 3), inner.flatten(0, 3), self.last.weight)
        result = flat.add_(self.last.bias).relu_().view(past.shape)
        return result if self.attention is None else self.attention(result)


class AlongTime:
    """A convolution of 1x1x1 or 3x1x1: a matrix product for each tap."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight (out, in, 1 or 3, 1, 1), bias (out,)."""
        taps = [tap.T.contiguous() for tap in weight[:, :, :, 0, 0].unbind(2)]
        self.now = taps[len(taps) // 2]
        self.around = (taps[0], taps[2]) if len(taps) == 3 else None
        self.bias = bias

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h, w, out), no ReLU."""
        n, t, h, w, channels = maps.shape
        result = torch.addmm(self.bias, maps.view(-1, channels), self.now).view(n, t, h * w, -1)
        if self.around is not None:
            before, after = self.around
            for given, made in zip(maps.view(n, t, h * w, channels), result, strict=True):
                made[1:].flatten(0, 1).addmm_(given[:-1].flatten(0, 1), before)
                made[:-1].flatten(0, 1).addmm_(given[1:].flatten(0, 1), after)
        return result.view(n, t, h, w, -1)


class Striding:
    """A convolution of 1x3x3 and stride 2 between two ReLUs, as torch computes it."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight (out, in, 1, 3, 3), bias (out,)."""
        self.weight, self.bias = weight[:, :, 0].contiguous(memory_format=torch.channels_last), bias

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h / 2, w / 2, out)."""
        pictures = maps.clamp_min(0).flatten(0, 1).permute(0, 3, 1, 2)
        made = functional.conv2d(pictures, self.weight, self.bias, stride=2, padding=1).relu_()
        return made.permute(0, 2, 3, 1).contiguous().view(*maps.shape[:2], *made.shape[2:], -1)


class FastNonLocal:
    """A non-local block on channels-last maps."""

    def __init__(self, block: NonLocal) -> None:
        self.block = fold_norms(deepcopy(block))

    def __call__(self, maps: Tensor) -> Tensor:
        """(n, t, h, w, channels), as given."""
        answer: Tensor = self.block(maps.permute(0, 4, 1, 2, 3))
        return answer.permute(0, 2, 3, 4, 1).contiguous()


def _shortcut(block: Bottleneck) -> Pointwise | None:
    if block.downsample is None:
        return None
    conv, norm = block.downsample
    assert isinstance(conv, nn.Conv3d) and isinstance(norm, nn.BatchNorm3d)
    return Pointwise(*folded(conv, norm))


def _windows(size: int, kernel: int, stride: int, padding: int = 0) -> Span:
    """Windows as torch lays them, with so many zeros at both ends."""
    return Span(kernel, stride, padding, padding, (size + 2 * padding - kernel) // stride + 1)
