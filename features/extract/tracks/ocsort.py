"""OC-SORT (Cao et al., CVPR 2023): SORT that trusts what was seen, and the direction it went, over its prediction."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from features.extract.feature import Machine
from features.extract.parameters import checked
from features.extract.tracks.online import OnlineTracker, require, watched
from features.plan.stages import Context
from features.store.recipe import Recipe


class OcSortRecipe(Recipe):
    """Names and defaults of `trackers` 2.6.

    lost_track_buffer              how long a track waits unseen, in frames of a video of 30 frames per second
    minimum_consecutive_frames     boxes in a row that make a track
    minimum_iou_threshold          overlap with the predicted box from which a box may continue a track
    direction_consistency_weight   what the direction counts beside the overlap
    high_conf_det_threshold        boxes of a lower score are left out
    delta_t                        frames over which the direction is taken
    """

    kind: ClassVar[str] = "tracks"
    backend: ClassVar[str] = "ocsort"

    lost_track_buffer: int = Field(30, ge=0)
    minimum_consecutive_frames: int = Field(3, ge=1)
    minimum_iou_threshold: float = Field(0.3, ge=0, le=1)
    direction_consistency_weight: float = Field(0.2, ge=0)
    high_conf_det_threshold: float = Field(0.6, ge=0, le=1)
    delta_t: int = Field(3, ge=1)


class OcSort(OnlineTracker):
    """OC-SORT on boxes alone."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> OcSortRecipe:
        """The recipe for the parameters of `OcSortRecipe`."""
        return checked(OcSortRecipe, "tracks backend 'ocsort'", parameters)

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, OcSortRecipe)
        self.parameters = recipe
        self.library = require("ocsort")

    def tracker(self, fps: float) -> Any:
        """An OC-SORT whose patience is that of the video's frame rate."""
        from trackers.utils.state_representations import XCYCSRStateEstimator

        return self.library.OCSORTTracker(
            **self.parameters.model_dump(), frame_rate=fps, state_estimator_class=watched(XCYCSRStateEstimator)
        )
