"""The recipe of `frames`: which frames of a video, how large, and as what they are stored."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from features.extract.parameters import checked
from features.plan.refusals import only_known
from features.store.recipe import Recipe
from features.video.sampling import Sampling

# JPEG at this quality, for those who say `jpeg` and no more.
QUALITY = 95

PRESETS: dict[str, dict[str, Any]] = {
    "native": {},
    "lossless": {"codec": "lossless"},
    "jpeg": {"codec": "jpeg"},
}


class FramesRecipe(Recipe):
    """Sampling in time and space, and storage.

    policy    `native`: every frame; `every`: frames 0, n, 2n, ...; `fps`: a constant rate by true timestamps
    every     n of the policy `every`, 1 otherwise
    fps       frames per second of the policy `fps`, None otherwise
    max_side  frames with a longer side (pixels) are scaled down to it while decoding; None: never
    codec     `none`: nothing is stored, later features read the video; `lossless`; `jpeg`
    quality   JPEG quality 1 to 100, None for other codecs
    """

    kind: ClassVar[str] = "frames"
    backend: ClassVar[str] = "video"

    policy: Literal["native", "every", "fps"] = "native"
    every: int = Field(1, ge=1)
    fps: float | None = Field(None, gt=0, le=1000)
    max_side: int | None = Field(None, ge=16)
    codec: Literal["none", "lossless", "jpeg"] = "none"
    quality: int | None = Field(None, ge=1, le=100)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Parameters of what was not chosen are refused: they would make another key for the same frames."""
        if (self.every != 1) != (self.policy == "every"):
            raise ValueError("'every' belongs to policy 'every', with 2 or more")
        if (self.fps is not None) != (self.policy == "fps"):
            raise ValueError("'fps' belongs to policy 'fps', which needs it")
        if (self.quality is not None) != (self.codec == "jpeg"):
            raise ValueError("'quality' belongs to codec 'jpeg', which needs it")
        return self

    @property
    def sampling(self) -> Sampling:
        """What the decoder has to do."""
        return Sampling(self.policy, self.every, self.fps, self.max_side)

    @property
    def needed(self) -> tuple[str, ...]:
        """The kinds that later features must find in the store to see these pixels: JPEG frames are nowhere else."""
        return ("frames",) if self.codec == "jpeg" else ()

    def pixels(self) -> "FramesRecipe":
        """What later features stand on: frames kept without loss are the video's own, JPEG frames are others."""
        if self.codec != "lossless":
            return self
        return FramesRecipe(**self.model_dump(exclude={"codec"}))


class OnFrames(Recipe):
    """A recipe that stands on frames; `frames` says on which."""

    frames: FramesRecipe


def frames_recipe(choice: str | Mapping[str, Any]) -> FramesRecipe:
    """The recipe for a config entry: `native`, `lossless`, `jpeg`, or a mapping such as `{fps: 5, max_side: 640}`.

    `every` and `fps` imply their policy, `jpeg` a quality of 95.

    Raises ConfigError (nearest valid name).
    """
    entry = {"preset": choice} if isinstance(choice, str) else dict(choice)
    preset = entry.pop("preset", "native")
    only_known("frames", [preset], PRESETS, "preset")
    parameters = PRESETS[preset] | entry
    for policy in ("every", "fps"):
        if policy in parameters:
            parameters.setdefault("policy", policy)
    if parameters.get("codec") == "jpeg":
        parameters.setdefault("quality", QUALITY)
    return checked(FramesRecipe, "frames", parameters)
