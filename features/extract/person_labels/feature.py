"""The feature `person_labels`: poses and masks of abnormal objects into a count for each pose."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from features.datasets.object_masks import abnormal_at, instance_masks, read_tracks
from features.errors import DatasetError, SourceError
from features.extract.feature import Feature, Machine, Progress, VideoInput
from features.extract.person_labels.mark import InstanceMasks, joints_on
from features.extract.person_labels.recipe import PersonLabelsRecipe, person_labels_recipe
from features.extract.poses.table import JOINTS, POSES
from features.plan.stages import Context
from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe
from features.store.table import Table

ABNORMAL_JOINTS = "abnormal_joints"
USUAL_PERSONS = 8
_ROWS = 65_536


class PersonLabels(Feature):
    """`abnormal_joints`: for each row of the table of poses, how many of 18 joints lie on abnormal objects.

    A video without files of the roles `masks` and `tracks` is normal: all its counts are 0.
    """

    kind = "person_labels"

    @classmethod
    def recipe(cls, choice: str | Mapping[str, Any], context: Context) -> Recipe:
        """The recipe for a rule (`inclusive`, `published`) or a mapping."""
        return person_labels_recipe(choice, context)

    @classmethod
    def reads(cls, recipe: Recipe) -> tuple[str, ...]:
        """The poses."""
        return ("poses",)

    @classmethod
    def files(cls, recipe: Recipe) -> tuple[str, ...]:
        """The instance masks, and the list of abnormal objects."""
        return ("masks", "tracks")

    @classmethod
    def decodes(cls, recipe: Recipe) -> bool:
        """Never: masks are published files."""
        return False

    @classmethod
    def estimated_bytes(cls, recipe: Recipe, frames: int, height: int, width: int) -> int:
        """A small number for each of some persons in a frame."""
        return frames * USUAL_PERSONS

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, PersonLabelsRecipe)
        self.parameters = recipe

    def extract(self, video: VideoInput, out: ArtifactWriter, progress: Progress) -> None:
        """One count for each row of the poses; a mask is read only where an object is abnormal and somebody is there.

        Raises SourceError where the masks, or the list, do not fit the video.
        """
        out.add(ArraySpec(ABNORMAL_JOINTS, "int16", (), _ROWS, ("row",)))
        poses = video.upstream["poses"].table(POSES)
        if set(self.files(self.parameters)) & set(video.files):
            try:
                counts = self._counts(video, poses, progress)
            except DatasetError as error:
                raise SourceError(str(error)) from None
        else:
            counts = np.zeros(len(poses), np.int16)
        out.append(ABNORMAL_JOINTS, counts)
        out.note(poses=len(counts), on_abnormal_objects=int((counts > 0).sum()))
        progress(video.frames)

    def _counts(self, video: VideoInput, poses: Table, progress: Progress) -> np.ndarray:
        """int16 (rows,)."""
        masks, objects = masks_of(video), read_tracks(video.files["tracks"])
        scale = np.array([video.index.width / video.width, video.index.height / video.height])
        counts = np.zeros(len(poses), np.int16)
        for frame, number in enumerate(video.numbers.tolist()):
            abnormal = abnormal_at(objects, number, last_included=self.parameters.rule == "inclusive")
            rows = slice(*poses.frame_offsets[frame : frame + 2])
            if abnormal and rows.stop > rows.start:
                keypoints = poses.values[rows, JOINTS].astype(np.float64).reshape(-1, 17, 3)[..., :2] * scale
                counts[rows] = joints_on(keypoints, masks.of(number), abnormal)
            progress(frame + 1)
        return counts


def masks_of(video: VideoInput) -> InstanceMasks:
    """The instance masks of a video.

    Raises SourceError where masks or list are missing, or there is not one mask for each frame.
    """
    name = video.names[0]
    for role, what in (("masks", "a list of abnormal objects but no instance masks"), ("tracks", "masks but no list")):
        if role not in video.files:
            raise SourceError(f"{name} has {what}; give files of both roles, masks and tracks, or of none")
    paths = instance_masks(video.files["masks"])
    if len(paths) != video.index.frames:
        raise SourceError(
            f"{name} has {video.index.frames} frames, but {video.files['masks']} has {len(paths)} masks; "
            "give the masks of this very video"
        )
    return InstanceMasks(paths)
