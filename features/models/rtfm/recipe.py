"""The recipe of RTFM, with the published settings as defaults."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from features.extract.parameters import checked
from features.models.base import parameters_of
from features.store.recipe import Recipe


class RtfmRecipe(Recipe):
    """Training and scoring of RTFM. Defaults are the published settings: its main.py and train.py @cf938f4.

    segments     averages of neighbouring clips that a training video is cut into; a scored video keeps its clips
    k            segments of largest magnitude that stand for a video
    margin       magnitude that abnormal features are drawn to
    magnitude_weight, smooth_weight, sparsity_weight   factors of the losses beside cross entropy
    dropout      share of features that is dropped in training, and of segments that are not looked at
    sample_size  videos of each kind in a training step (`batch_size` as published); it changes the numbers
    precision    of products in the layers; `bfloat16` is faster on machines made for it and gives other numbers
    snapshots    states of the training that are kept and scored, equally spaced; 0: the last state alone
    """

    kind: ClassVar[str] = "model"
    backend: ClassVar[str] = "rtfm"

    segments: int = Field(32, ge=2)
    k: int = Field(3, ge=1)
    margin: float = Field(100.0, ge=0)
    magnitude_weight: float = Field(1e-4, ge=0)
    smooth_weight: float = Field(8e-4, ge=0)
    sparsity_weight: float = Field(8e-3, ge=0)
    dropout: float = Field(0.7, ge=0, lt=1)
    sample_size: int = Field(32, ge=1)
    steps: int = Field(15_000, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    weight_decay: float = Field(5e-3, ge=0)
    seed: int = Field(0, ge=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    snapshots: int = Field(0, ge=0, le=1000)

    @model_validator(mode="after")
    def _fitting(self) -> "RtfmRecipe":
        if self.k > self.segments:
            raise ValueError(f"k: {self.k} of {self.segments} segments cannot be chosen; lower k")
        return self


def rtfm_recipe(choice: Mapping[str, Any]) -> RtfmRecipe:
    """The recipe for a config entry such as `{name: rtfm, seed: 1}`.

    Raises ConfigError naming the parameter, what was found, and the nearest valid name.
    """
    entry = parameters_of(choice)
    return checked(RtfmRecipe, "model rtfm", entry)
