"""What a network is shown of a video: which frames make a clip, how large, which crops, as which numbers."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.errors import ConfigError
from features.extract.flow.recipe import FlowRecipe
from features.extract.frames.recipe import FramesRecipe
from features.plan.refusals import refusal
from features.plan.registry import require_name
from features.plan.stages import Context
from features.video.windows import Tail

Rule = Literal["none", "exact", "shorter", "at-least"]
Filter = Literal["pil-bilinear", "pil-bicubic", "pil-lanczos", "cv2-bilinear", "torch-bilinear"]
CropOrder = Literal["whole", "centre", "centre-rounded", "torchvision", "gowtham", "centre-first", "centre-corners"]
Side = Annotated[int, Field(ge=16)]
Channels = tuple[float, float, float]

# How many crops each order has; where they lie: `features.extract.clips.crops`.
CROPS: dict[CropOrder, int] = {
    "whole": 1,
    "centre": 1,
    "centre-rounded": 1,
    "torchvision": 10,
    "gowtham": 10,
    "centre-first": 10,
    "centre-corners": 5,
}


class Part(BaseModel):
    """A part of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Resize(Part):
    """How a picture is brought to its size.

    rule    none       as it is
            exact      `size` is (height, width), the aspect ratio is lost
            shorter    the shorter side becomes `size`, the other keeps the ratio, rounded down
            at-least   as it is, but enlarged where the shorter side is below `size`
    filter  whose interpolation: Pillow's and torch's differ from OpenCV's by up to many grey levels
    """

    rule: Rule
    size: Side | tuple[Side, Side] | None = None
    filter: Filter = "cv2-bilinear"

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        expected = {"none": "no size", "exact": "size: [height, width]"}.get(self.rule, "one number as size")
        found = {type(None): "no size", tuple: "size: [height, width]"}.get(type(self.size), "one number as size")
        if found != expected:
            raise ValueError(f"rule {self.rule!r} takes {expected}, found {self.size!r}")
        return self


class FlowView(Part):
    """How vectors become the two channels that a network sees.

    backend     whose vectors these are, a backend of `flow`: another in the config is refused; None: anybody's
    at          source    vectors of the frame as handed out become grey levels, and these are resized as pictures are
                resized   vectors are resized with the picture, and lengthened with it, then become grey levels
    levels      rounded   round(255 (f + bound) / (2 bound)) within 0..255, as denseflow stores them: none is 128
                float     round(128 + 255 / (2 bound) f), as video_features computes them: +bound is 256
    bound       vectors are cut to this many pixels per frame
    components  xy, or xx: the first twice
    resize      another than that of the pictures
    multiple    the picture is padded to a multiple of it, border repeated, and the crop taken from that
    mean, std   the network sees (level - mean) / std
    """

    backend: str | None = None
    at: Literal["source", "resized"] = "resized"
    levels: Literal["rounded", "float"] = "rounded"
    bound: float = Field(20.0, gt=0)
    components: Literal["xy", "xx"] = "xy"
    resize: Resize | None = None
    multiple: int = Field(1, ge=1)
    mean: float = 127.5
    std: float = Field(127.5, gt=0)


class View(Part):
    """What a network is shown.

    stream       rgb, flow, or both: features of pictures, then those of flow
    fps          frames per second, by true timestamps; None: every frame handed out
    length       frames of a clip; for the tails `whole` and `long` there is none
    stride       frames between the first ones of two clips
    tail         what becomes of the frames after the last whole clip: see `features.video.windows`
    resize       of each picture
    crops, side  which crops, in which order, and their side in pixels (`whole`: no side)
    colour       order of the channels
    mean, std    of 0..255 values: the network sees (value - mean) / std, per channel in that order
    flow         of a network that sees flow
    """

    stream: Literal["rgb", "flow", "both"] = "rgb"
    fps: float | None = Field(None, gt=0, le=1000)
    length: int | None = Field(16, ge=1, le=2000)
    stride: int | None = Field(16, ge=1)
    tail: Tail = "drop"
    resize: Resize
    crops: CropOrder = "centre"
    side: Side | None = 224
    colour: Literal["rgb", "bgr"] = "rgb"
    mean: Channels = (127.5, 127.5, 127.5)
    std: Channels = (127.5, 127.5, 127.5)
    flow: FlowView | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Parameters of what was not chosen are refused: they would make another key for the same numbers."""
        whole = self.tail in ("whole", "long")
        if (self.length is None) != whole or (self.stride is None) != whole:
            raise ValueError(f"tail {self.tail!r} {'has no' if whole else 'needs a'} length and stride")
        if (self.side is None) != (self.crops == "whole"):
            raise ValueError(f"crops {self.crops!r} {'need a' if self.side is None else 'have no'} side")
        if (self.flow is None) == ("flow" in self.streams):
            raise ValueError(f"stream {self.stream!r} {'needs' if self.flow is None else 'has no'} 'flow'")
        if min(self.std) <= 0:
            raise ValueError("std: expected numbers above 0")
        return self

    @property
    def streams(self) -> tuple[str, ...]:
        """`rgb`, `flow`, or both."""
        return streams_of(self.stream)

    def resize_of(self, stream: str) -> Resize:
        """How the pictures of a stream are brought to their size."""
        own = self.flow.resize if stream == "flow" and self.flow is not None else None
        return own or self.resize


def streams_of(stream: str) -> tuple[str, ...]:
    """The streams that a choice of `stream` means."""
    return ("rgb", "flow") if stream == "both" else (stream,)


def view_of(parameters: Mapping[str, Any], what: str, context: Context) -> View:
    """The view for the parameters of a config entry; `what` names it in messages.

    Frames that are handed out at the rate of the view are all seen.

    Raises ConfigError.
    """
    if "resize" not in parameters:
        raise ConfigError(f"{what} is not told what to show its network; name a preset, and change what differs")
    try:
        view = View(**parameters)
    except ValidationError as error:
        raise ConfigError(f"{what}: {refusal(error, View)}") from None
    frames = context.recipes["frames"]
    assert isinstance(frames, FramesRecipe)
    if view.fps is not None and view.fps == frames.fps:
        view = view.model_copy(update={"fps": None})
    _check_flow(view, what, context)
    return view


def _check_flow(view: View, what: str, context: Context) -> None:
    flow = context.recipes.get("flow")
    if "flow" not in view.streams or not isinstance(flow, FlowRecipe):
        return
    if view.fps is not None:
        raise ConfigError(
            f"{what}: flow leads from each frame to the next, and {view.fps:g} fps leave frames out; "
            f"set frames: {{fps: {view.fps:g}}}, or fps: null here"
        )
    if flow.pairing != "forward":
        raise ConfigError(f"{what} reads flow with pairing 'forward', found {flow.pairing!r}; change it below 'flow'")
    assert view.flow is not None
    if view.flow.backend is not None:
        require_name("flow", view.flow.backend)
    # Pictures that are imported may be of any backend: who names them answers for them.
    if view.flow.backend not in (None, flow.backend) and flow.backend != "import":
        raise ConfigError(
            f"{what} is shown flow by {view.flow.backend!r}, and the config's is by {flow.backend!r}; set "
            f"flow: {view.flow.backend}, or say flow: {{backend: {flow.backend}}} here, for other features"
        )
