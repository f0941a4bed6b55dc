"""From scores of clips to scores of frames, as all models of clips write them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from features.errors import SourceError
from features.extract.clips.table import Clips, read_clips
from features.models.base import Features
from features.models.scores import ScoresWriter
from features.store.artifact import ArtifactWriter

Network = TypeVar("Network")


def spread(scores: np.ndarray, start: np.ndarray, stop: np.ndarray, frames: int) -> np.ndarray:
    """float64 (frames,) from scores (clips,) of clips that show the frames start .. stop - 1, int64 (clips,) each.

    A frame has the mean score of the clips that show it. One that no clip shows has that of the nearest clip, of the
    earlier one where two are as near.

    Raises SourceError where there is no clip, or one beyond the last frame.
    """
    if len(scores) == 0:
        raise SourceError("it has no clip to score; compute its clips anew")
    if stop.max() > frames:
        raise SourceError(f"it has {frames} frames and a clip up to frame {stop.max()}; compute its clips anew")
    lengths = stop - start
    shown = np.arange(lengths.sum()) + np.repeat(start - np.cumsum(lengths) + lengths, lengths)
    clips = np.bincount(shown, minlength=frames)
    found: np.ndarray = np.bincount(shown, np.repeat(scores, lengths), frames) / np.maximum(clips, 1)
    bare = np.flatnonzero(clips == 0)
    found[bare] = scores[_nearest(bare, start, stop)]
    return found


def score_videos(
    networks: Sequence[Network],
    videos: Sequence[Features],
    out: ArtifactWriter,
    snapshots: int,
    frame_scores: Callable[[Sequence[Network], Clips, int], np.ndarray],
    progress: Callable[[str], None],
) -> None:
    """Write the scores of some videos.

    networks      the last one's scores count; where there are `snapshots`, those of all are written beside them
    frame_scores  float64 (networks, frames) for the clips of a video and its number of frames

    Raises SourceError naming a video that cannot be scored, or whose scores are no numbers.
    """
    writer = ScoresWriter(out, snapshots=snapshots)
    for number, video in enumerate(videos, start=1):
        try:
            with video.open("clips") as artifact:
                found = frame_scores(networks, read_clips(artifact), video.frames)
            if not np.isfinite(found).all():
                raise SourceError("its scores are no numbers; look at its clips")
        except SourceError as error:
            raise SourceError(f"video {video.said}: {error}") from None
        writer.video(video.source, found[-1], snapshots=found.T if snapshots else None)
        progress(f"video {number} of {len(videos)}: {video.frames} frames")
    writer.close()


def _nearest(frames: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """int64: the clip nearest to each of some frames that no clip shows."""
    by_stop, by_start = np.argsort(stop, kind="stable"), np.argsort(start, kind="stable")
    stops, starts = stop[by_stop], start[by_start]
    end = stops[np.searchsorted(stops, frames, "right") - 1]
    begin = starts[np.minimum(np.searchsorted(starts, frames), len(starts) - 1)]
    # A frame before all clips finds the last end, beyond it; a frame behind them all the last beginning, before it.
    after = (begin > frames) & ((end > frames) | (begin - frames < frames - end + 1))
    return np.where(after, by_start[np.searchsorted(starts, begin)], by_stop[np.searchsorted(stops, end)])
