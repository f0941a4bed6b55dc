"""Features as directions: what is left of them when scale, crops and what all clips share are taken away."""

import numpy as np

from features.extract.clips.segments import unit_length


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(...): cosine of the vectors (..., channels) of two arrays of one shape; 0 where one is all zeros."""
    found: np.ndarray = (unit_length(one) * unit_length(other)).sum(axis=-1)
    return found


def profiles(features: np.ndarray) -> np.ndarray:
    """(clips, channels): the mean direction of each clip's crops (clips, crops, channels), scale taken away."""
    found: np.ndarray = unit_length(features).mean(axis=1)
    return found


def centred(rows: np.ndarray) -> np.ndarray:
    """Rows (clips, channels) less what all of them share, at unit length; a row that is nothing else stays zero."""
    away = rows - rows.mean(axis=0)
    # Rounding leaves a little of what is equal in all rows; at unit length it would look like a direction.
    away[np.linalg.norm(away, axis=-1) < 1e-5 * np.linalg.norm(rows, axis=-1)] = 0
    return unit_length(away)


def likeness(rows: np.ndarray) -> np.ndarray:
    """(clips, clips): how alike the clips of one video are to each other, less what their distance in time explains.

    Neighbouring clips are alike in any video. So the mean of each diagonal is taken away: what is left belongs to this
    video, and stays where another network describes it.
    """
    away = centred(rows)
    alike = away @ away.T
    distance = np.abs(np.subtract.outer(np.arange(len(rows)), np.arange(len(rows))))
    sums = np.bincount(distance.ravel(), alike.ravel())
    found: np.ndarray = alike - (sums / np.bincount(distance.ravel()))[distance]
    return found
