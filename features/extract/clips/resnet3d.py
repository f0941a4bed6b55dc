"""ResNet-50 inflated to clips, with and without non-local blocks, as it was published.

Wang et al., "Non-local Neural Networks" (CVPR 2018), in the form of Tushar-N/pytorch-resnet3d @8d3e1da
(models/resnet.py), which loads the authors' Caffe2 weights; Gowtham's extractor is a copy of it.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 2048
# Per layer: width of its blocks, and how far each block's first convolution reaches in time, before and after.
LAYERS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (64, (1, 1, 1)),
    (128, (1, 0, 1, 0)),
    (256, (1, 0, 1, 0, 1, 0)),
    (512, (0, 1, 0)),
)
NON_LOCAL_LAYERS = (1, 2)  # zero-based; there every second block is followed by one
EXPANSION = 4
# What a block adds to its input, before anything is learned: so small that the maps of drawn weights keep their size.
FIRST_SCALE = 0.25


class NonLocal(nn.Module):
    """Every position looks at every other one: attention over a clip, added to it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = channels // 2
        self.theta, self.phi, self.g = (nn.Conv3d(channels, self.inner, 1) for _ in range(3))
        self.out = nn.Conv3d(self.inner, channels, 1)
        self.bn = nn.BatchNorm3d(channels)
        nn.init.constant_(self.bn.weight, FIRST_SCALE)

    def forward(self, maps: Tensor) -> Tensor:
        """(n, channels, t, h, w), as given."""
        coarse = functional.max_pool3d(maps, (1, 2, 2), (1, 2, 2))
        queries = self.theta(maps).flatten(2).transpose(1, 2)
        weights = torch.softmax(queries @ self.phi(coarse).flatten(2) * self.inner**-0.5, dim=-1)
        seen = weights @ self.g(coarse).flatten(2).transpose(1, 2)
        answer: Tensor = self.bn(self.out(seen.transpose(1, 2).reshape(-1, self.inner, *maps.shape[2:])))
        return answer + maps


class Bottleneck(nn.Module):
    """1x1x1 or 3x1x1, 1x3x3, 1x1x1, and a shortcut past them."""

    def __init__(self, inputs: int, width: int, stride: int, reach: int, shortcut: bool, non_local: bool) -> None:
        super().__init__()
        outputs = EXPANSION * width
        self.conv1 = nn.Conv3d(inputs, width, (1 + 2 * reach, 1, 1), padding=(reach, 0, 0), bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(width, width, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False)
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3 = nn.Conv3d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(outputs)
        nn.init.constant_(self.bn3.weight, FIRST_SCALE)
        self.downsample: nn.Sequential | None = None
        if shortcut:
            conv = nn.Conv3d(inputs, outputs, 1, (1, stride, stride), bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm3d(outputs))
        self.nl: NonLocal | None = NonLocal(outputs) if non_local else None

    def forward(self, maps: Tensor) -> Tensor:
        """(n, 4 width, t, h / stride, w / stride)."""
        past = maps if self.downsample is None else self.downsample(maps)
        inner = functional.relu_(self.bn1(self.conv1(maps)))
        inner = functional.relu_(self.bn2(self.conv2(inner)))
        result = functional.relu_(self.bn3(self.conv3(inner)).add_(past))
        return result if self.nl is None else self.nl(result)


class ResNet3d(nn.Module):
    """The network, under the names of Tushar-N/pytorch-resnet3d."""

    def __init__(self, non_local: bool = False, classes: int = 400) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, (5, 7, 7), 2, (2, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool1 = nn.MaxPool3d((2, 3, 3), 2)
        self.layer1 = _layer(0, 64, non_local)
        self.maxpool2 = nn.MaxPool3d((2, 1, 1), (2, 1, 1))
        self.layer2, self.layer3, self.layer4 = (
            _layer(number, 256 * 2 ** (number - 1), non_local) for number in (1, 2, 3)
        )
        self.fc = nn.Linear(FEATURES, classes)

    def layers(self) -> Iterator[tuple[str, nn.Module]]:
        """Every layer up to layer4 with its name, in order."""
        return ((name, layer) for name, layer in self.named_children() if name != "fc")

    def forward(self, clips: Tensor) -> Tensor:
        """The maps of layer4, (n, 2048, t', h', w'), for (n, 3, t, h, w)."""
        maps = clips
        for _, layer in self.layers():
            maps = layer(maps)
        return maps


def _layer(number: int, inputs: int, non_local: bool) -> nn.Sequential:
    width, reaches = LAYERS[number]
    blocks = []
    for block, reach in enumerate(reaches):
        attention = non_local and number in NON_LOCAL_LAYERS and block % 2 == 1
        stride = 2 if number and not block else 1
        entering = inputs if not block else EXPANSION * width
        blocks.append(Bottleneck(entering, width, stride, reach, not block, attention))
    return nn.Sequential(*blocks)
