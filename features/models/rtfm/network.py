"""RTFM's network: tianyu0207/RTFM @cf938f4, model.py. Parameters have their published names."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.models.precision import products
from features.models.rtfm.recipe import RtfmRecipe


@dataclass(frozen=True)
class Answers:
    """What the network says of some videos.

    features    float32 (videos, crops, clips, channels), dropout applied
    magnitudes  float32 (videos, clips): L2 norms of the features, the mean over crops
    scores      float32 (videos, clips) in 0..1, the mean over crops
    """

    features: Tensor
    magnitudes: Tensor
    scores: Tensor


class NonLocal(nn.Module):
    """Each clip with what all clips say of it: x + W(sum over clips j of (theta_i . phi_j) g_j / clips)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 2
        self.g = nn.Conv1d(channels, inner, 1)
        self.W = nn.Sequential(nn.Conv1d(inner, channels, 1), nn.BatchNorm1d(channels))
        self.theta = nn.Conv1d(channels, inner, 1)
        self.phi = nn.Conv1d(channels, inner, 1)

    def forward(self, clips: Tensor) -> Tensor:
        """(n, channels, clips) for (n, channels, clips)."""
        # There is no softmax in between, so the two products may change places: no matrix of all pairs of clips.
        content = self.phi(clips) @ self.g(clips).transpose(1, 2) / clips.shape[2]
        found: Tensor = self.W((self.theta(clips).transpose(1, 2) @ content).transpose(1, 2)) + clips
        return found


class Aggregate(nn.Module):
    """The multi-scale temporal network: three dilated convolutions in time and a non-local block, added to the input.

    Each of the four has a quarter of the channels: 512 of 2048 as published, which knows 2048 alone.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        quarter = channels // 4
        self.conv_1, self.conv_2, self.conv_3 = (_dilated(channels, quarter, dilation) for dilation in (1, 2, 4))
        self.conv_4 = nn.Sequential(nn.Conv1d(channels, quarter, 1, bias=False), nn.ReLU())
        self.conv_5 = nn.Sequential(
            nn.Conv1d(4 * quarter, channels, 3, padding=1, bias=False), nn.ReLU(), nn.BatchNorm1d(channels)
        )
        self.non_local = NonLocal(quarter)

    def forward(self, clips: Tensor) -> Tensor:
        """(n, clips, channels) for (n, clips, channels)."""
        given = clips.transpose(1, 2)
        near = [branch(given) for branch in (self.conv_1, self.conv_2, self.conv_3)]
        found: Tensor = self.conv_5(torch.cat([*near, self.non_local(self.conv_4(given))], dim=1))
        return (found + given).transpose(1, 2)


class Rtfm(nn.Module):
    """From clips or segments (videos, crops, clips, channels) to a score of each clip."""

    def __init__(self, channels: int, recipe: RtfmRecipe) -> None:
        super().__init__()
        self.precision = recipe.precision
        self.Aggregate = Aggregate(channels)
        self.fc1 = nn.Linear(channels, 512)
        self.fc2 = nn.Linear(512, 128)
        self.fc3 = nn.Linear(128, 1)
        self.dropout = nn.Dropout(recipe.dropout)

    def forward(self, videos: Tensor) -> Answers:
        """Crops count as videos of their own up to the scores, of which a clip has the mean."""
        count, crops = videos.shape[:2]
        with products(self.precision, videos.device):
            aggregated = self.Aggregate(videos.flatten(0, 1))
        features = self.dropout(aggregated.float())
        hidden = self.dropout(functional.relu(self.fc1(features)))
        hidden = self.dropout(functional.relu(self.fc2(hidden)))
        scores = torch.sigmoid(self.fc3(hidden)).view(count, crops, -1).mean(dim=1)
        features = features.view(count, crops, *features.shape[1:])
        return Answers(features, features.norm(dim=3).mean(dim=1), scores)


def drawn(channels: int, recipe: RtfmRecipe) -> Rtfm:
    """The network before training: weights by Xavier's uniform rule, biases zero; its non-local block adds nothing."""
    network = Rtfm(channels, recipe)
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    norm = network.Aggregate.non_local.W[1]
    assert isinstance(norm, nn.BatchNorm1d)
    nn.init.zeros_(norm.weight)
    return network


def _dilated(channels: int, out: int, dilation: int) -> nn.Sequential:
    """A convolution over three clips so far apart; the norm comes after the ReLU, as published."""
    convolution = nn.Conv1d(channels, out, 3, dilation=dilation, padding=dilation)
    return nn.Sequential(convolution, nn.ReLU(), nn.BatchNorm1d(out))
