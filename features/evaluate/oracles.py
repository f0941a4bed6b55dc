"""Scores made from the test labels: not systems, but bounds of what can be had without saying when.

A perfect video label, the same score for all frames of a video, localises nothing; what a model reaches below it may
come from telling videos apart alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.evaluate.baselines import middle_of_video


@dataclass(frozen=True)
class Oracle:
    """A score for each frame from the labels of its video.

    description  one line for the report
    compute      int8 (frames,) of 1, 0 and -1 (unknown) to float64 (frames,) in 0..1
    """

    name: str
    version: int
    description: str
    compute: Callable[[np.ndarray], np.ndarray]


def perfect_video_label(labels: np.ndarray) -> np.ndarray:
    """1 for every frame of a video that has an abnormal frame, else 0."""
    return np.full(len(labels), float((labels == 1).any()))


def perfect_label_in_the_middle(labels: np.ndarray) -> np.ndarray:
    """The perfect video label times 1 - |t / n - 1/2| at frame t of n: highest in the middle of the video."""
    return np.asarray(perfect_video_label(labels) * middle_of_video({}, len(labels)))


ORACLES: dict[str, Oracle] = {
    oracle.name: oracle
    for oracle in (
        Oracle("perfect video label", 1, "1 in abnormal videos, 0 in normal ones", perfect_video_label),
        Oracle(
            "perfect video label x middle",
            1,
            "the perfect video label, highest in the middle of each video",
            perfect_label_in_the_middle,
        ),
    )
}
