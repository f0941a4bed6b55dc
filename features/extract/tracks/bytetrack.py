"""ByteTrack (Zhang et al., ECCV 2022): sure boxes are matched first, doubtful ones then help tracks through."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from features.extract.feature import Machine
from features.extract.parameters import checked
from features.extract.tracks.online import OnlineTracker, require, watched
from features.plan.stages import Context
from features.store.recipe import Recipe


class ByteTrackRecipe(Recipe):
    """Names and defaults of `trackers` 2.6.

    lost_track_buffer            how long a track waits unseen, in frames of a video of 30 frames per second
    track_activation_threshold   score from which a box may begin a track
    minimum_consecutive_frames   boxes in a row that make a track
    minimum_iou_threshold        overlap with the predicted box from which a box may continue a track
    high_conf_det_threshold      score from which a box is matched in the first round
    """

    kind: ClassVar[str] = "tracks"
    backend: ClassVar[str] = "bytetrack"

    lost_track_buffer: int = Field(30, ge=0)
    track_activation_threshold: float = Field(0.7, ge=0, le=1)
    minimum_consecutive_frames: int = Field(2, ge=1)
    minimum_iou_threshold: float = Field(0.1, ge=0, le=1)
    high_conf_det_threshold: float = Field(0.6, ge=0, le=1)


class ByteTrack(OnlineTracker):
    """ByteTrack on boxes alone."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> ByteTrackRecipe:
        """The recipe for the parameters of `ByteTrackRecipe`."""
        return checked(ByteTrackRecipe, "tracks backend 'bytetrack'", parameters)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, ByteTrackRecipe)
        self.parameters = recipe
        self.library = require("bytetrack")

    def tracker(self, fps: float) -> Any:
        """A ByteTrack whose patience is that of the video's frame rate."""
        from trackers.utils.state_representations import XYXYStateEstimator

        return self.library.ByteTrackTracker(
            **self.parameters.model_dump(), frame_rate=fps, state_estimator_class=watched(XYXYStateEstimator)
        )
