"""Two artifacts of one kind, compared as their kind asks for."""

from collections.abc import Callable, Mapping

import numpy as np

from features.errors import ConfigError
from features.evaluate.compare.arrays import compare_arrays
from features.evaluate.compare.boxes import compare_boxes
from features.evaluate.compare.clips import ClipSet, compare_clips
from features.evaluate.compare.finding import Difference
from features.evaluate.compare.flow import compare_flow
from features.evaluate.compare.poses import compare_poses
from features.extract.clips.table import read_clips
from features.extract.poses.table import POSES
from features.store.artifact import Artifact


def compare(one: Artifact, other: Artifact) -> Difference:
    """What distinguishes two artifacts, called a and b: by what their numbers mean where the kind is known here.

    Raises ConfigError for two kinds.
    """
    if one.kind != other.kind:
        raise ConfigError(f"{one.kind} cannot be compared with {other.kind}; name two artifacts of one kind")
    return BY_KIND.get(one.kind, compare_arrays)(one, other)


def clip_set(artifact: Artifact, name: str) -> ClipSet:
    """The clips of an artifact, as they are compared."""
    clips = read_clips(artifact)
    length = int(np.median(clips.stop - clips.start)) if len(clips) else 1
    return ClipSet(name, clips.features, length)


BY_KIND: Mapping[str, Callable[[Artifact, Artifact], Difference]] = {
    "clips": lambda one, other: compare_clips(clip_set(one, "a"), clip_set(other, "b")),
    "flow": lambda one, other: compare_flow(one["flow"], other["flow"]),
    "boxes": lambda one, other: compare_boxes(one.table("boxes"), other.table("boxes")),
    "poses": lambda one, other: compare_poses(one.table(POSES), other.table(POSES)),
}
