"""Published poses against the video they are said to be of: frames, persons, coordinates."""

import numpy as np

from features.datasets.formats.base import only, spot
from features.datasets.people import NOBODY, People
from features.errors import SourceError

# How far outside the picture a joint may lie, in widths and heights of it, before it is remarked: estimators do
# guess joints beyond the border, but not a whole picture away.
WILD = 1.0


def counted_from_zero(found: People, first: int, name: str) -> People:
    """People of a file that calls the video's first frame `first`, with frames from 0.

    Raises SourceError where it holds an earlier frame.
    """
    if len(found) and found.frames[0] < first:
        raise SourceError(
            f"{name} has poses of frame {found.frames[0]}, so it does not count from {first}; say first_frame: 0"
        )
    return People(found.frames - first, found.ids, found.keypoints, found.scores, found.boxes)


def check_against(found: People, frames: int, height: int, width: int, name: str) -> tuple[str, ...]:
    """Remarks on poses of a video of so many frames and pixels; `name` is the file's, for messages.

    Raises SourceError saying what is probably wrong: poses that count frames from 1, or are of another video; a
    person who is twice in a frame.
    """
    if len(found) == 0:
        return (f"{name} has no poses: nobody in {frames} frames",)
    _check_frames(found, frames, name)
    _check_persons(found, name)
    return _wild(found, height, width, name)


def _check_frames(found: People, frames: int, name: str) -> None:
    first, last = int(found.frames.min()), int(found.frames.max())
    if last < frames:
        return
    if last == frames and first >= 1:
        raise SourceError(
            f"{name} has poses of frames {first} to {last}, the video has frames 0 to {frames - 1}: off by one, the "
            "file counts from 1; say first_frame: 1"
        )
    beyond = int((found.frames >= frames).sum())
    raise SourceError(
        f"{name} has poses of frame {last}, the video has frames 0 to {frames - 1}: {beyond} poses are "
        "beyond its end; they are of another video, or of one cut elsewhere; import poses of this very video"
    )


def _check_persons(found: People, name: str) -> None:
    known = only(found, found.ids != NOBODY)
    pairs, counts = np.unique(np.stack([known.frames, known.ids]), axis=1, return_counts=True)
    if (counts > 1).any():
        frame, person = pairs[:, counts > 1][:, 0].tolist()
        raise SourceError(f"{name}: {spot(person, frame)} is there twice; keep one of them")


def _wild(found: People, height: int, width: int, name: str) -> tuple[str, ...]:
    size = np.array([width, height])
    points = found.keypoints[found.keypoints[..., 2] > 0, :2]
    far = ((points < -WILD * size) | (points > (1 + WILD) * size)).any(axis=-1)
    if not far.any():
        return ()
    x, y = points[far][0].tolist()
    return (
        f"{name}: {int(far.sum())} of {len(points)} joints lie far outside the picture of {width} x {height} pixels, "
        f"e.g. at {x:.6g}, {y:.6g}; are the poses of another resolution?",
    )
