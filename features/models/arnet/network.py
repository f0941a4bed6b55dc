"""AR-Net's networks: wanboyang/Anomaly_AR_Net_ICME_2020 @82e18e1, model.py. Parameters have their published names."""

from abc import abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.models.arnet.recipe import ArNetRecipe
from features.models.precision import products


class ArNetwork(nn.Module):
    """From clips float32 (videos, clips, channels) to a score in 0..1 of each, (videos, clips)."""

    def __init__(self, channels: int, recipe: ArNetRecipe) -> None:
        super().__init__()
        self.precision = recipe.precision
        self.dropout = nn.Dropout(recipe.dropout)
        self.classifier = nn.Linear(channels, 1)

    @abstractmethod
    def represent(self, clips: Tensor) -> Tensor:
        """What the classifier sees of each clip, before dropout: (videos, clips, channels)."""

    def forward(self, clips: Tensor) -> Tensor:
        """The score of each clip."""
        with products(self.precision, clips.device):
            represented = self.represent(clips)
        return torch.sigmoid(self.classifier(self.dropout(represented.float()))).squeeze(2)


class Single(ArNetwork):
    """Each clip by itself: the network of the paper, `model_single`."""

    def __init__(self, channels: int, recipe: ArNetRecipe) -> None:
        super().__init__(channels, recipe)
        self.fc = nn.Linear(channels, channels)

    def represent(self, clips: Tensor) -> Tensor:
        """One linear layer."""
        return functional.relu(self.fc(clips))


class Convolutions(ArNetwork):
    """Convolutions in time over 1, 3 and 5 clips; `combine` makes one of the three."""

    def __init__(self, channels: int, recipe: ArNetRecipe) -> None:
        super().__init__(channels, recipe)
        self.conv1 = nn.Conv1d(channels, channels, 1)
        self.conv2 = nn.Conv1d(channels, channels, 3, padding=1)
        self.conv3 = nn.Conv1d(channels, channels, 5, padding=2)

    @abstractmethod
    def combine(self, one: Tensor, three: Tensor, five: Tensor) -> Tensor:
        """(videos, channels, clips) of three of them."""

    def represent(self, clips: Tensor) -> Tensor:
        """The three convolutions, combined."""
        in_time = clips.transpose(1, 2)
        layers = (self.conv1, self.conv2, self.conv3)
        return self.combine(*(functional.relu(layer(in_time)) for layer in layers)).transpose(1, 2)


class Mean(Convolutions):
    """The mean of the three: `model_mean`."""

    def combine(self, one: Tensor, three: Tensor, five: Tensor) -> Tensor:
        """Their mean."""
        return (one + three + five) / 3


class Sequence(Convolutions):
    """The three one after the other, from the widest to the narrowest: `model_sequence`."""

    def __init__(self, channels: int, recipe: ArNetRecipe) -> None:
        super().__init__(channels, recipe)
        self.conv_b1 = nn.Conv1d(channels, channels, 1)
        self.conv_b2 = nn.Conv1d(channels, channels, 1)

    def combine(self, one: Tensor, three: Tensor, five: Tensor) -> Tensor:
        """Five and three through one layer, with one through another."""
        wide = functional.relu(self.conv_b2(five + three))
        return functional.relu(self.conv_b1(one + wide))


NETWORKS: dict[str, type[ArNetwork]] = {"single": Single, "mean": Mean, "sequence": Sequence}


def build(recipe: ArNetRecipe, channels: int) -> ArNetwork:
    """The network of a recipe for features of so many numbers."""
    return NETWORKS[recipe.network](channels, recipe)


def drawn(recipe: ArNetRecipe, channels: int) -> ArNetwork:
    """The network before training: weights by Xavier's uniform rule, biases zero."""
    network = build(recipe, channels)
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d):
            nn.init.xavier_uniform_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return network
