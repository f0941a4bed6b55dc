"""A film, and features of it made by a small network on purpose in one way or another."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from features.evaluate.compare.clips import ClipSet
from features.extract.clips.crops import crops_of
from features.extract.clips.view import CropOrder
from features.video.windows import Tail, windows

CHANNELS = 256
FRAMES = 16 * 20 + 5


@dataclass(frozen=True)
class Way:
    """How features are made.

    checkpoint  which weights
    eps         of BatchNorm
    mean, std   the network sees (value - mean) / std
    crops       `whole`, or an order of ten
    mirrored    whether the pictures are
    frames      which frames of the film, in which order
    """

    checkpoint: int = 0
    eps: float = 1e-3
    mean: float = 127.5
    std: float = 127.5
    crops: CropOrder = "whole"
    mirrored: bool = False
    frames: tuple[int, ...] = tuple(range(FRAMES))
    tail: Tail = "drop"


def film(seed: int = 0, frames: int = FRAMES) -> np.ndarray:
    """uint8 (frames, 28, 36, 3): patches of many textures, each of which comes and goes in its own time."""
    random = np.random.default_rng(seed)
    ground = random.normal(0, 1, (28, 36, 3))
    patches = np.random.default_rng(99).normal(0, 1, (20, 7, 7, 3))
    steps = random.normal(0, 1, (20, frames + 60))
    weights = np.stack([np.convolve(row, np.hanning(40), "valid")[:frames] / 4 for row in steps])
    found = np.empty((frames, 28, 36, 3), np.uint8)
    for frame in range(frames):
        shown = (weights[:, frame, None, None, None] * patches).reshape(4, 5, 7, 7, 3)
        picture = ground + np.pad(shown.transpose(0, 2, 1, 3, 4).reshape(28, 35, 3), ((0, 0), (0, 1), (0, 0)))
        found[frame] = (127 + 40 * picture).clip(0, 255)
    return found


class Network(nn.Module):
    """Two convolutions with BatchNorm and ReLU, and the mean over the clip: what I3D is, in small."""

    def __init__(self, way: Way, planes: int = 3) -> None:
        super().__init__()
        torch.manual_seed(way.checkpoint)
        self.layers = nn.Sequential(
            nn.Conv3d(planes, 32, (3, 5, 5), stride=2, padding=(1, 2, 2), bias=False),
            nn.BatchNorm3d(32, eps=way.eps),
            nn.ReLU(),
            nn.Conv3d(32, CHANNELS, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm3d(CHANNELS, eps=way.eps),
            nn.ReLU(),
        )
        for layer in self.layers:
            if isinstance(layer, nn.BatchNorm3d):
                nn.init.uniform_(layer.running_mean, -0.2, 0.2)
                nn.init.uniform_(layer.running_var, 0.05, 0.15)
                nn.init.uniform_(layer.weight, 0.5, 1.5)
                nn.init.uniform_(layer.bias, -0.5, 0.2)
        self.eval()

    @torch.no_grad()
    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        return self.layers(clips).mean(dim=(2, 3, 4))


def features(pixels: np.ndarray, way: Way | None = None, **changes: object) -> np.ndarray:
    """float32 (clips, crops, channels) of a film, or of any (frames, height, width, planes)."""
    way = replace(way or Way(), **changes)
    seen = ((pixels[list(way.frames)].astype(np.float32) - way.mean) / way.std).transpose(0, 3, 1, 2)
    seen = seen[..., ::-1] if way.mirrored else seen
    network = Network(way, pixels.shape[3])
    cut = windows(len(seen), 16, 16, way.tail)
    parts = crops_of(way.crops, *seen.shape[2:], None if way.crops == "whole" else 20)
    made = []
    for clip in range(len(cut)):
        shown = np.stack([part.of(seen[cut.frames(clip)]) for part in parts]).swapaxes(1, 2)
        made.append(network(torch.from_numpy(shown.copy())).numpy())
    return np.stack(made)


def both(one: np.ndarray, other: np.ndarray, **known: int) -> tuple[ClipSet, ClipSet]:
    """Two sets, called a and b."""
    return ClipSet("a", one, **known), ClipSet("b", other)
