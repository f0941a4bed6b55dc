"""The recipe of `cubes`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from features.errors import ConfigError
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.flow.recipe import FlowRecipe
from features.extract.frames.recipe import FramesRecipe, OnFrames
from features.extract.parameters import checked
from features.plan.refusals import only_known
from features.plan.stages import Context

PRESETS: dict[str, dict[str, Any]] = {
    "lbrspr": {"context": 2, "border": "hard", "patch": 32},
    "vec": {"context": 4, "border": "predict", "patch": 32},
    "hf2vad": {"context": 4, "border": "predict", "patch": 32},
}
CHOICES = ("preset", "context", "border", "patch", "with_flow")


class CubesRecipe(OnFrames):
    """Each box cut from the frames around its own, and from their flow where there is a flow recipe.

    context  frames on either side of the box's own (`predict`: before it)
    border   what stands in beyond the clip's ends: see `features.extract.cubes.cut.window`
    patch    side of a cube in pixels
    """

    kind: ClassVar[str] = "cubes"
    backend: ClassVar[str] = "cut"

    boxes: BoxesRecipe
    flow: FlowRecipe | None
    context: int = Field(2, ge=0)
    border: Literal["hard", "elastic", "predict"] = "hard"
    patch: int = Field(32, ge=1)

    @property
    def length(self) -> int:
        """Frames of a cube."""
        return self.context + 1 if self.border == "predict" else 2 * self.context + 1


def cubes_recipe(choice: str | Mapping[str, Any], context: Context) -> CubesRecipe:
    """The recipe for a config entry: a preset, or a mapping such as `{preset: lbrspr, with_flow: false}`.

    Flow cubes are cut where the config asks for flow, unless `with_flow` is false.
    """
    entry = {"preset": choice} if isinstance(choice, str) else dict(choice)
    only_known("cubes", entry, CHOICES)
    preset = entry.pop("preset", "lbrspr")
    only_known("cubes", [preset], PRESETS, "preset")
    with_flow = entry.pop("with_flow", "flow" in context.recipes)
    if with_flow not in (True, False):
        raise ConfigError(f"cubes: with_flow is {with_flow!r}, expected true or false")
    missing = [kind for kind in ("boxes", *(["flow"] if with_flow else [])) if kind not in context.recipes]
    if missing:
        raise ConfigError(f"cubes stands on {' and '.join(missing)}; add it below 'features' in the config")
    frames = context.recipes["frames"]
    assert isinstance(frames, FramesRecipe)
    flow = context.recipes["flow"] if with_flow else None
    upstream = {"frames": frames.pixels(), "boxes": context.recipes["boxes"], "flow": flow}
    return checked(CubesRecipe, "cubes", upstream | PRESETS[preset] | entry)
