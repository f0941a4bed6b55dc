"""How many scores a video has for its frames: one a frame, or as many as the clips of a tail rule hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from features.datasets.expand import CLIP_FRAMES, RULES, expanded
from features.datasets.ucf_crime import DEEPMIL_WHOLE
from features.errors import DatasetError
from features.video.windows import Tail, clip_count


@dataclass(frozen=True)
class Fit:
    """What scores stand for.

    tail   the rule by which clips were cut; None for one score a frame
    each   scores of a clip: 16, or 1
    whole  videos of whole clips that were cut by `drop`, as one published set of features has them
    """

    tail: Tail | None = None
    each: int = CLIP_FRAMES
    whole: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The rule in words."""
        if self.tail is None:
            return "one score a frame"
        but = f", but 'drop' in {len(self.whole)} videos as DeepMIL has them" if self.whole else ""
        scores = "one score" if self.each == 1 else "16 scores"
        return f"{scores} a clip of 16 frames, clips by the rule {self.tail!r}{but}"

    def count(self, video: str, frames: int) -> int:
        """How many scores a video of so many frames has."""
        if self.tail is None:
            return frames
        tail = "drop" if PurePosixPath(video).name.partition("_x264")[0] in self.whole else self.tail
        return self.each * clip_count(frames, CLIP_FRAMES, CLIP_FRAMES, tail)

    def frames(self, scores: int) -> int:
        """How many frames so many scores stand for."""
        return scores if self.tail is None else scores // self.each * CLIP_FRAMES

    def meet(self, scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores and labels of the same frames: those of the clips, whose labels go on as the last one does."""
        if self.tail is None:
            return scores, labels
        clips = len(scores) // self.each
        return np.repeat(scores, CLIP_FRAMES // self.each), expanded(labels, clips)


FITS = (
    Fit(),
    *(Fit(tail, each) for each in (CLIP_FRAMES, 1) for tail in RULES if tail != "long"),
    *(Fit("drop-last", each, DEEPMIL_WHOLE) for each in (CLIP_FRAMES, 1)),
)


def fit_videos(scores: Mapping[str, int], frames: Mapping[str, int]) -> tuple[Fit, list[str]]:
    """The rule that gives as many scores for most videos, and the videos for which it does not."""
    off = {fit: [video for video, count in scores.items() if fit.count(video, frames[video]) != count] for fit in FITS}
    best = min(FITS, key=lambda fit: len(off[fit]))
    return best, off[best]


def fit_row(total: int, frames: Mapping[str, int]) -> Fit:
    """The rule under which all videos together have `total` values in one row.

    Raises DatasetError naming the number and what every rule gives.
    """
    given = {fit: sum(fit.count(video, count) for video, count in frames.items()) for fit in FITS}
    fitting = [fit for fit, count in given.items() if count == total]
    if fitting:
        return fitting[0]
    whole = [f"{fit.tail!r} {count:,}" for fit, count in given.items() if fit.tail and fit.each > 1 and not fit.whole]
    told = f"they have {sum(frames.values()):,} frames, 16 times their clips is by {', '.join(whole)}"
    raise DatasetError(
        f"{total:,} values in one row for {len(frames):,} videos fit no rule ({told}); give an array for each, or the "
        "ground truth that belongs to them with --ground-truth, and --list with the frames of each video"
    )
