"""The recipe of STG-NF, with the published settings of each data set."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from features.errors import ConfigError
from features.extract.parameters import checked
from features.extract.tracks.recipe import TracksRecipe
from features.extract.weights import find_weights
from features.models.base import parameters_of
from features.models.stgnf.windows import TRANSFORMS
from features.plan.refusals import only_known
from features.plan.stages import Context
from features.store.recipe import Recipe, Weights

# orhir/STG-NF @edb5f32, README.md and args.py; mininiii/STG-NF-AIHub @38f93f3.
PRESETS: dict[str, dict[str, Any]] = {
    "shanghaitech": {"seg_len": 24, "R": 3.0},
    "ubnormal": {"seg_len": 16, "R": 3.0},
    "ubnormal-supervised": {"seg_len": 16, "R": 10.0, "supervised": True},
    "aihub": {"seg_len": 24, "R": 3.0},
}
# Options of the published code that this network does not have, with the only value it knows: the published one.
FIXED: dict[str, Any] = {
    "L": 1,
    "hidden_dim": 0,
    "flow_permutation": "permute",
    "adj_strategy": "uniform",
    "max_hops": 8,
    "edge_importance": False,
    "temporal_kernel": None,
    "model_confidence": False,
}
# Parameters that mean something only where a model is trained.
OF_TRAINING = (
    *("seg_stride", "num_transform", "epochs", "batch_size", "learning_rate", "lr_decay", "seed"),
    *("supervised", "abnormal_joints", "quantile"),
)


class StgnfRecipe(Recipe):
    """Training and scoring of STG-NF. Defaults are the published settings of ShanghaiTech, in the published names.

    windows        the rule that makes windows of persons: `sound`, or `published` with all its traps
    fill           missing joints are filled; always so in `sound`
    frame_order    `string` repeats what the published code makes of unpadded frame numbers (`published` alone)
    seg_len        frames of a window
    seg_stride     frames between windows that it is trained on; every window is scored
    num_transform  each window is trained on so many times: as it is, flipped, sheared, ...
    K              steps of the flow
    R              normal windows are drawn to a Gaussian around +R, abnormal ones to -R
    batch_size     windows per training step; it changes the numbers, so it is a parameter
    lr_decay       factor of the learning rate after each epoch but the first
    supervised     windows of persons marked abnormal in the training videos are drawn to -R
    abnormal_joints  a window is abnormal if more of its 18 joints, in its first frame, lie on abnormal objects
    quantile       share of the training frames with somebody in them that the noted threshold leaves below it
    weights        a published checkpoint: nothing is trained
    """

    kind: ClassVar[str] = "model"
    backend: ClassVar[str] = "stgnf"

    windows: Literal["published", "sound"] = "sound"
    fill: bool = True
    frame_order: Literal["integer", "string"] = "integer"
    seg_len: int = Field(24, ge=4, multiple_of=4)
    seg_stride: int = Field(6, ge=1)
    num_transform: int = Field(2, ge=1, le=TRANSFORMS)
    K: int = Field(8, ge=1)
    R: float = Field(3.0, ge=0)
    epochs: int = Field(8, ge=1)
    batch_size: int = Field(256, ge=1)
    learning_rate: float = Field(5e-4, gt=0)
    lr_decay: float = Field(0.99, gt=0, le=1)
    seed: int = Field(0, ge=0)
    supervised: bool = False
    abnormal_joints: int = Field(9, ge=0, le=17)
    quantile: float = Field(0.99, gt=0, lt=1)
    weights: Weights | None = None

    @model_validator(mode="after")
    def _fitting(self) -> "StgnfRecipe":
        if self.windows == "sound" and not self.fill:
            raise ValueError("fill: windows 'sound' always fills missing joints; use windows 'published' to leave them")
        if self.windows == "sound" and self.frame_order == "string":
            raise ValueError("frame_order: 'string' is a trap of windows 'published'; leave it out")
        return self


def stgnf_recipe(choice: Mapping[str, Any], context: Context) -> StgnfRecipe:
    """The recipe for a config entry such as `{name: stgnf, windows: published, seed: 29}` on a data set.

    The published settings are those of the preset that is named, else of the data set, else of ShanghaiTech.

    Raises ConfigError naming the parameter, what was found, and the nearest valid name; WeightsError where the
    checkpoint is not found.
    """
    entry = parameters_of(choice, "preset", "weights")
    _of_poses(context.recipes.get("tracks"))
    parameters = {**published(choice.get("preset"), context.dataset), **_implemented(entry)}
    if "weights" in choice:
        parameters = {**_of_checkpoint(entry, parameters), "weights": find_weights(choice["weights"], context.weights)}
    if parameters.get("windows") == "published":
        parameters = {"fill": False, **parameters}
    return checked(StgnfRecipe, "model stgnf", parameters)


def published(preset: str | None, dataset: str) -> dict[str, Any]:
    """The published settings of a preset, or else of the data set of this name.

    Raises ConfigError where there is no such preset.
    """
    if preset is None:
        return next((values for name, values in PRESETS.items() if dataset.startswith(name)), {})
    only_known("model stgnf", [preset], PRESETS, "preset")
    return PRESETS[preset]


def _of_poses(tracks: Recipe | None) -> None:
    """Raises ConfigError where the tracks of the config are not those of poses."""
    if isinstance(tracks, TracksRecipe) and tracks.rows.kind != "poses":
        raise ConfigError(f"model stgnf: the tracks are those of {tracks.rows.kind}; set tracks: {{..., of: poses}}")


def _implemented(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry less the options that are fixed, which it may name with the value they have."""
    for name, value in FIXED.items():
        if name in entry and entry[name] != value:
            raise ConfigError(
                f"model stgnf: {name} is {entry[name]!r}; only the published {name} {value!r} is there, leave it out"
            )
    return {name: value for name, value in entry.items() if name not in FIXED}


def _of_checkpoint(entry: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of an entry with weights: nothing of training, and the windows that the weights were trained on."""
    for name in OF_TRAINING:
        if name in entry:
            raise ConfigError(f"model stgnf: with weights nothing is trained, so {name} means nothing; leave one out")
    if entry.get("windows", "published") != "published":
        raise ConfigError("model stgnf: published weights know windows 'published' alone; leave out windows or weights")
    return {"windows": "published", **{name: parameters[name] for name in parameters if name not in OF_TRAINING}}
