"""The recipe of `flow`: which pairs of frames, at which size, by which backend."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from features.errors import ConfigError
from features.extract.frames.recipe import FramesRecipe, OnFrames
from features.plan.refusals import only_known
from features.plan.registry import find, names
from features.plan.stages import Context

Pairing = Literal["forward", "lbrspr", "hf2vad"]


class FlowRecipe(OnFrames):
    """What all backends share; their recipes add their own parameters.

    size             (width, height) at which the backend sees the frames, or how long their shorter side is then, the
                     other rounded down; None: as they are
    pairing          which pair stands in which row: see `features.extract.flow.pairing.pairs`
    steps_per_pixel  vectors are stored in whole steps of 1 / steps_per_pixel px, so with half of that as largest error
    """

    kind: ClassVar[str] = "flow"

    size: tuple[int, int] | int | None = None
    pairing: Pairing = "forward"
    steps_per_pixel: int = Field(64, ge=1, le=1024)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.size is not None and min(self.seen(1, 1)) < 16:
            raise ValueError(f"size {self.size}: width and height must be 16 or more")
        return self

    def seen(self, height: int, width: int) -> tuple[int, int]:
        """(width, height) at which the backend sees frames of this size."""
        if isinstance(self.size, tuple):
            return self.size
        shorter = min(height, width)
        side = self.size or shorter
        return width * side // shorter, height * side // shorter


# LBR-SPR (CVPR 2022) and HF2-VAD (ICCV 2021) use FlowNet2: sizes, pairs and colour order are theirs, RAFT is not.
PRESETS: dict[str, dict[str, Any]] = {
    "lbrspr": {"backend": "raft", "size": (512, 384), "pairing": "lbrspr"},
    "hf2vad": {"backend": "raft", "size": (1024, 768), "pairing": "hf2vad"},
    "raft-small": {"backend": "raft", "model": "small"},
}
# HF2-VAD's working size where it is not 1024 x 768.
HF2VAD_SIZES = {"shanghaitech": (1024, 640), "shanghaitech-hr": (1024, 640)}
# Published systems feed frames as OpenCV reads them; only networks that see colour have this parameter.
BGR_PRESETS = ("lbrspr", "hf2vad")


def flow_recipe(choice: str | Mapping[str, Any], context: Context) -> FlowRecipe:
    """The recipe for a config entry: a preset, a backend, or a mapping such as `{preset: lbrspr, backend: dis}`.

    Raises ConfigError (nearest valid name) or WeightsError (where the file was looked for).
    """
    entry = _entry(choice)
    preset = entry.pop("preset", None)
    parameters = {**_published(preset, context.dataset), **entry}
    if "backend" not in parameters:
        raise ConfigError(f"flow: no backend named; there are: {', '.join(sorted(names('flow')))}")
    backend = find("flow", str(parameters.pop("backend")))
    if preset in BGR_PRESETS and backend.sees_colour:
        parameters.setdefault("colour", "bgr")
    frames = context.recipes["frames"]
    assert isinstance(frames, FramesRecipe)
    recipe: FlowRecipe = backend.recipe(parameters | {"frames": frames.pixels()}, context)
    return recipe


def _entry(choice: str | Mapping[str, Any]) -> dict[str, Any]:
    """The choice as a mapping; a lone word is a preset or a backend."""
    if not isinstance(choice, str):
        return dict(choice)
    known = [*PRESETS, *names("flow")]
    only_known("flow", [choice], sorted(known), "preset or backend")
    return {"preset": choice} if choice in PRESETS else {"backend": choice}


def _published(preset: Any, dataset: str) -> dict[str, Any]:
    if preset is None:
        return {}
    only_known("flow", [preset], PRESETS, "preset")
    if preset == "hf2vad" and dataset in HF2VAD_SIZES:
        return PRESETS[preset] | {"size": HF2VAD_SIZES[dataset]}
    return PRESETS[preset]
