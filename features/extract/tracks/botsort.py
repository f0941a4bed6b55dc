"""BoT-SORT (Aharon et al., 2022) without appearance: ByteTrack that moves its predictions along with the camera."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.errors import ConfigError
from features.extract.boxes.feature import block_rows
from features.extract.feature import Machine, VideoInput
from features.extract.frames.recipe import FramesRecipe
from features.extract.parameters import checked
from features.extract.tracks.online import OnlineTracker, require, watched
from features.plan.stages import Context
from features.store.recipe import Recipe

# Names that the library gives to the ways of finding the camera's motion.
METHODS = {"flow": "sparseOptFlow", "orb": "orb"}


class BotSortRecipe(Recipe):
    """Names and defaults of `trackers` 2.6, but for the camera.

    lost_track_buffer              how long a track waits unseen, in frames of a video of 30 frames per second
    track_activation_threshold     score from which a box may begin a track
    minimum_consecutive_frames     boxes that make a track
    minimum_iou_threshold_...      overlap times score from which a box may continue a track: sure boxes first, then
                                   doubtful ones, then sure ones with tracks that are not confirmed
    high_conf_det_threshold        score from which a box is sure; at 0.1 and below boxes are left out
    instant_first_frame_activation tracks that begin in the first frame need no second box
    camera      how the camera's motion is found: by corners that optical flow follows, or by ORB features that are
                matched; `still`: it is not, and no frame is read
    downscale   frames are shrunk by this factor before
    frames      the frames that are seen; None for a still camera
    """

    kind: ClassVar[str] = "tracks"
    backend: ClassVar[str] = "botsort"

    lost_track_buffer: int = Field(30, ge=0)
    track_activation_threshold: float = Field(0.7, ge=0, le=1)
    minimum_consecutive_frames: int = Field(2, ge=1)
    minimum_iou_threshold_first_assoc: float = Field(0.2, ge=0, le=1)
    minimum_iou_threshold_second_assoc: float = Field(0.5, ge=0, le=1)
    minimum_iou_threshold_unconfirmed_assoc: float = Field(0.3, ge=0, le=1)
    high_conf_det_threshold: float = Field(0.6, ge=0, le=1)
    instant_first_frame_activation: bool = True
    camera: Literal["flow", "orb", "still"] = "flow"
    downscale: int | None = Field(2, ge=1, le=16)
    frames: FramesRecipe | None


class BotSort(OnlineTracker):
    """BoT-SORT on boxes, and on the frames where the camera moves."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> BotSortRecipe:
        """The recipe for the parameters of `BotSortRecipe`; the frames are those of the config."""
        entry = dict(parameters)
        if "frames" in entry:
            raise ConfigError("tracks backend 'botsort' sees the config's frames; leave out its parameter 'frames'")
        frames = context.recipes["frames"]
        assert isinstance(frames, FramesRecipe)
        if entry.get("camera") != "still":
            return checked(BotSortRecipe, "tracks backend 'botsort'", entry | {"frames": frames.pixels()})
        if "downscale" in entry:
            raise ConfigError("tracks backend 'botsort': downscale belongs to a camera that moves; leave it out")
        return checked(BotSortRecipe, "tracks backend 'botsort'", entry | {"frames": None, "downscale": None})

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """Stored frames, only where the video itself does not give them."""
        assert isinstance(recipe, BotSortRecipe)
        return recipe.frames.needed if recipe.frames is not None else ()

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Where the camera may move."""
        assert isinstance(recipe, BotSortRecipe)
        return recipe.frames is not None

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, BotSortRecipe)
        self.parameters = recipe
        self.library = require("botsort")
        # Counted below, for the statistics; the library would say it again for each frame.
        logging.getLogger("trackers.cmc").setLevel(logging.ERROR)

    def tracker(self, fps: float) -> Any:
        """A BoT-SORT whose patience is that of the video's frame rate."""
        from trackers.utils.state_representations import XCYCWHStateEstimator

        recipe = self.parameters
        moves: dict[str, Any] = {"enable_cmc": False}
        if recipe.camera != "still":
            moves = {"cmc_method": METHODS[recipe.camera], "cmc_downscale": recipe.downscale}
        return self.library.BoTSORTTracker(
            **recipe.model_dump(exclude={"camera", "downscale", "frames"}),
            **moves,
            frame_rate=fps,
            state_estimator_class=watched(XCYCWHStateEstimator),
        )

    def pictures(self, video: VideoInput) -> Iterator[np.ndarray | None]:
        """The frames in OpenCV's order of colours, or nothing where the camera stands still."""
        if self.parameters.camera == "still":
            yield from super().pictures(video)
            return
        for block in video.blocks(block_rows(video.height, video.width, 1)):
            yield from np.ascontiguousarray(block[..., ::-1])

    def notes(self, tracker: Any) -> dict[str, Any]:
        """In how many frames too few points agreed on a motion, so that the camera counted as still."""
        return {} if tracker.cmc is None else {"frames_without_camera_motion": tracker.cmc.frames_failed}
