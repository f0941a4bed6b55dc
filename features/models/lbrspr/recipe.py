"""The recipe of LBR-SPR, with the published settings of each data set."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from features.errors import ConfigError
from features.extract.parameters import checked
from features.models.base import parameters_of
from features.store.recipe import Recipe

# yuguangnudt/LBR_SPR @420d334, configs/*.cfg, by the beginning of the data set's name.
PRESETS: dict[str, dict[str, Any]] = {
    "ucsdped1": {"shrink_rate": 0.0001, "blocks": (4, 1)},
    "ucsdped2": {"shrink_rate": 0.005},
    "avenue": {"shrink_rate": 0.0001},
    "shanghaitech": {"shrink_rate": 0.005, "w_raw": 0.1},
}


class LbrsprRecipe(Recipe):
    """Training and scoring of LBR-SPR. Defaults are the published settings of UCSD Ped2.

    mode         `test`: trained on the test videos alone, unlabeled; `merge`: on training and test videos, unlabeled
    use_flow     a second auto-encoder that draws the flow from the frames, in pixels of the flow's working size
    blocks       (rows, columns) the frame is cut into, one model each; a cube belongs to the block of its box's centre
    batch        cubes per training step; it changes the numbers, so it is a parameter
    warmup       epochs before weights differ from 1
    shrink_rate  by how much the thresholds fall with each weighted step, in standard deviations of the batch
    lambda_raw, lambda_of   factors of the two losses
    w_raw, w_of  factors of the two standardised scores; without flow they are not applied
    big_number   score of a cube whose block has no model; a frame without boxes has its negative
    precision    `bfloat16` computes faster on machines made for it and gives other numbers
    """

    kind: ClassVar[str] = "model"
    backend: ClassVar[str] = "lbrspr"

    mode: Literal["test", "merge"] = "test"
    use_flow: bool = True
    blocks: tuple[int, int] = (1, 1)
    epochs: int = Field(30, ge=1)
    batch: int = Field(256, ge=1)
    learning_rate: float = Field(0.001, gt=0)
    warmup: int = Field(5, ge=0)
    self_paced: Literal["mixture", "hard", "linear", "huber"] = "mixture"
    shrink_rate: float = Field(0.005, ge=0)
    lambda_raw: float = 1.0
    lambda_of: float = 1.0
    w_raw: float = 0.5
    w_of: float = 1.0
    big_number: float = Field(20.0, gt=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = Field(0, ge=0)


def lbrspr_recipe(choice: Mapping[str, Any], dataset: str, cubes: Recipe | None) -> LbrsprRecipe:
    """The recipe for a config entry such as `{name: lbrspr, mode: test}` on a data set, over a recipe of cubes.

    Flow is used where the cubes have it, unless the entry says otherwise. A data set without published settings has
    those of UCSD Ped2.

    Raises ConfigError naming the parameter, what was found, and the nearest valid name.
    """
    entry = parameters_of(choice)
    has_flow = getattr(cubes, "flow", None) is not None
    if entry.get("use_flow") and not has_flow:
        raise ConfigError("lbrspr: use_flow is true and the cubes have no flow; add 'flow' below 'features'")
    _fitting(cubes)
    return checked(LbrsprRecipe, "model lbrspr", {"use_flow": has_flow, **published(dataset), **entry})


def published(dataset: str) -> dict[str, Any]:
    """The published settings of a data set, as far as they differ from the defaults."""
    return next((values for name, values in PRESETS.items() if dataset.startswith(name)), {})


def _fitting(cubes: Recipe | None) -> None:
    """Raises ConfigError unless the cubes are five frames of 32x32 pixels, as the network wants them."""
    found = getattr(cubes, "length", 5), getattr(cubes, "patch", 32)
    if found != (5, 32):
        raise ConfigError(
            f"lbrspr wants cubes of 5 frames and 32x32 pixels, the config asks for {found[0]} frames and "
            f"{found[1]}x{found[1]} pixels; use the cubes preset 'lbrspr'"
        )
