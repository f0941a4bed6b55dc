"""The recipe of LAD2000's network, with the published settings of each data set."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from features.extract.parameters import checked
from features.models.base import parameters_of
from features.plan.refusals import only_known
from features.store.recipe import Recipe

# wanboyang/anomaly_detection_LAD2000 @ca51f97, the scripts *_i3d.sh, as far as they differ from LAD2000's.
PRESETS: dict[str, dict[str, Any]] = {
    "shanghaitech": {"max_seqlen": 10},
    "ucf_crime": {"max_seqlen": 10},
    "avenue": {"max_seqlen": 10, "sample_size": 4, "max_epoch": 300, "learning_rate": 5e-5},
    "ucsdped2": {"max_seqlen": 10, "sample_size": 4, "max_epoch": 300, "learning_rate": 5e-5},
    "lad2000": {},
}


class LadRecipe(Recipe):
    """Training and scoring of LAD2000's network. Defaults are the published settings of LAD2000.

    max_seqlen   clips of a window
    class_weight, score_weight   factors of the two losses: class of a video, scores of its frames
    sample_size  windows of each kind, one of a video, in a training step; it changes the numbers
    tries        windows of an abnormal video that are looked at for one with an abnormal frame
    max_epoch, max_steps   training ends after so many epochs, of as many steps as there are training videos, or steps
    windows      of scored videos: `ordered`, or `published` with its clips of different windows mixed up
    unknown      abnormal training videos of which nobody says when: `refuse`, or every frame is taken as `abnormal`
    precision    of products in the layers; `bfloat16` is faster on machines made for it and gives other numbers
    snapshots    states of the training that are kept and scored, equally spaced; 0: the last state alone
    """

    kind: ClassVar[str] = "model"
    backend: ClassVar[str] = "lad"

    max_seqlen: int = Field(5, ge=1)
    class_weight: float = Field(1.0, ge=0)
    score_weight: float = Field(10.0, ge=0)
    sample_size: int = Field(30, ge=1)
    tries: int = Field(11, ge=1)
    max_epoch: int = Field(100, ge=1)
    max_steps: int = Field(12_000, ge=1)
    learning_rate: float = Field(1e-4, gt=0)
    weight_decay: float = Field(5e-4, ge=0)
    windows: Literal["ordered", "published"] = "ordered"
    unknown: Literal["refuse", "abnormal"] = "refuse"
    seed: int = Field(0, ge=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    snapshots: int = Field(0, ge=0, le=1000)


def lad_recipe(choice: Mapping[str, Any], dataset: str) -> LadRecipe:
    """The recipe for a config entry such as `{name: lad, windows: published}` on a data set.

    The published settings are those of the preset that is named, else of the data set, else of LAD2000.

    Raises ConfigError naming the parameter, what was found, and the nearest valid name.
    """
    entry = parameters_of(choice, "preset")
    return checked(LadRecipe, "model lad", {**published(choice.get("preset"), dataset), **entry})


def published(preset: str | None, dataset: str) -> dict[str, Any]:
    """The published settings of a preset, or else of the data set of this name.

    Raises ConfigError where there is no such preset.
    """
    if preset is None:
        return next((values for name, values in PRESETS.items() if name in dataset.lower()), {})
    only_known("model lad", [preset], PRESETS, "preset")
    return PRESETS[preset]
