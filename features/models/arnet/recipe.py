"""The recipe of AR-Net, with the published settings as defaults."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from features.extract.parameters import checked
from features.models.base import parameters_of
from features.store.recipe import Recipe


class ArNetRecipe(Recipe):
    """Training and scoring of AR-Net. Defaults are the published settings: its options.py @82e18e1.

    network      `single`: each clip alone; `mean`, `sequence`: convolutions in time over 1, 3 and 5 clips
    dropout      share of a clip's features that are dropped in training
    loss         of the highest scores of each video: `ce` cross entropy, `mse` mean square
    k            of n clips of a video, the ceil(n / k) highest scores are taught
    dmil_weight, centre_weight   factors of the two losses
    sample_size  videos of each kind in a training step; it changes the numbers, so it is a parameter
    max_seqlen   clips of a video that a training step sees at most
    epochs       an epoch has as many steps as there are training videos
    precision    of products in the layers; `bfloat16` is faster on machines made for it and gives other numbers
    snapshots    states of the training that are kept and scored, equally spaced; 0: the last state alone
    """

    kind: ClassVar[str] = "model"
    backend: ClassVar[str] = "arnet"

    network: Literal["single", "mean", "sequence"] = "single"
    dropout: float = Field(0.7, ge=0, lt=1)
    loss: Literal["ce", "mse"] = "ce"
    k: int = Field(4, ge=1)
    dmil_weight: float = Field(1.0, ge=0)
    centre_weight: float = Field(20.0, ge=0)
    sample_size: int = Field(30, ge=1)
    max_seqlen: int = Field(300, ge=2)
    epochs: int = Field(20, ge=1)
    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(5e-4, ge=0)
    seed: int = Field(0, ge=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    snapshots: int = Field(0, ge=0, le=1000)


def arnet_recipe(choice: Mapping[str, Any]) -> ArNetRecipe:
    """The recipe for a config entry such as `{name: arnet, seed: 1}`.

    Raises ConfigError naming the parameter, what was found, and the nearest valid name.
    """
    entry = parameters_of(choice)
    return checked(ArNetRecipe, "model arnet", entry)
