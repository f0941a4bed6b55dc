"""Protocols: declared ways from a model's scores to the scores that are judged. There are no others.

None looks at a label but `best-on-test`. `published` protocols repeat what a released code does, to compare with its
figures; `defect` says what is wrong with it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from features.errors import ConfigError
from features.plan.registry import nearest

Scores = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Protocol:
    """One way from scores to judged scores.

    version       raised when the same name would give other figures
    description   one line for the report: kernel, width, borders, normalisation
    apply         video id -> scores (frames,), in the data set's order, to the same of the same lengths
    skip_first    frames at the start of each video that are not judged
    published     repeats a released code, to compare only
    defect        what is wrong with it, or ""
    picks         judges the snapshot of a model that does best on the judged labels; what has no snapshots, not at all
    """

    name: str
    version: int
    description: str
    apply: Callable[[Scores], dict[str, np.ndarray]]
    skip_first: int = 0
    published: bool = False
    defect: str = ""
    picks: bool = False


def each(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Scores], dict[str, np.ndarray]]:
    """A change that is made inside each video for itself."""
    return lambda scores: {video: change(values) if len(values) else values for video, values in scores.items()}


def moving_mean(values: np.ndarray, taps: int = 10) -> np.ndarray:
    """(n,): at i the mean of frames i - taps/2 .. i + taps/2 - 1, of those that are in the video."""
    kernel = np.ones(taps)
    return np.asarray(_same(values, kernel) / _same(np.ones(len(values)), kernel))


def moving_mean_over_all(scores: Scores, taps: int = 10) -> dict[str, np.ndarray]:
    """The mean over all videos in one row, with zeros before the first and after the last frame.

    yuguangnudt/LBR_SPR @420d334, test.py and utils.py: np.convolve(scores of all videos, ones(10) / 10, "same").
    """
    smooth = _same(np.concatenate(list(scores.values())), np.full(taps, 1 / taps))
    ends = np.cumsum([len(values) for values in scores.values()])
    return dict(zip(scores, np.split(smooth, ends[:-1]), strict=True))


def _same(values: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    start = (len(kernel) - 1) // 2
    return np.asarray(np.convolve(values, kernel)[start : start + len(values)])


def hf2vad_median(values: np.ndarray) -> np.ndarray:
    """Median of 17 frames inside the video, zeros beyond its ends, over all but its first 4 frames.

    LiUzHiAn/hf2vad @abfde04, utils/eval_utils.py: scipy.signal.medfilt per video, on scores that begin at frame 4.
    """
    from scipy.ndimage import median_filter  # slow to import, and planning asks for names alone

    judged = median_filter(values[4:], 17, mode="constant", cval=0.0)
    return np.concatenate([values[:4], judged])


def gaussian(values: np.ndarray, sigma: float) -> np.ndarray:
    """Smoothed by a Gaussian of `sigma` frames, reflected at both ends."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values, sigma))


def stgnf_gaussian(values: np.ndarray) -> np.ndarray:
    """Gaussian filters of sigma 1, 2, ... 6 one after the other: together about sigma 9.5 (STG-NF, scoring_utils)."""
    for sigma in range(1, 7):
        values = gaussian(values, sigma)
    return values


def minmax(values: np.ndarray) -> np.ndarray:
    """Stretched to 0..1; all 0 where all are equal."""
    span = np.ptp(values)
    return (values - values.min()) / span if span > 0 else np.zeros_like(values)


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol("raw", 1, "scores as the model gives them, neither smoothed nor normalised", each(np.asarray)),
        Protocol(
            "lbrspr-per-video",
            1,
            "mean of 10 frames (i-5 .. i+4) inside each video, fewer at its ends",
            each(moving_mean),
        ),
        Protocol(
            "lbrspr-published",
            1,
            "mean of 10 frames (i-5 .. i+4) over all videos in one row, zeros at both ends, as LBR-SPR's code does",
            moving_mean_over_all,
            published=True,
            defect="smoothing runs across the borders between videos, and zeros enter at both ends",
        ),
        Protocol(
            "gaussian-per-video",
            1,
            "Gaussian of sigma 5 frames inside each video, reflected at its ends",
            each(lambda values: gaussian(values, 5)),
        ),
        Protocol(
            "stgnf-per-video",
            1,
            "Gaussians of sigma 1, 2, ... 6 frames one after the other (together about 9.5) inside each video",
            each(stgnf_gaussian),
        ),
        Protocol(
            "hf2vad",
            1,
            "median of 17 frames inside each video, zeros beyond its ends; the first 4 frames are not judged",
            each(hf2vad_median),
            skip_first=4,
        ),
        Protocol(
            "per-video-minmax",
            1,
            "scores of each video stretched to 0..1, not smoothed",
            each(minmax),
            defect="looks at the whole video before judging its first frame, and gives a video without anomaly a 1 too",
        ),
        Protocol(
            "best-on-test",
            1,
            "scores as they are, of that snapshot of a model's training that has the highest micro AUC on these labels",
            each(np.asarray),
            published=True,
            defect="the snapshot is chosen on the very labels it is judged by, so the figure estimates nothing",
            picks=True,
        ),
    )
}


def find_protocols(names: Iterable[str]) -> tuple[Protocol, ...]:
    """The declared protocols of these names.

    Raises ConfigError with the nearest valid name.
    """
    listed = tuple(names)
    for name in listed:
        if name not in PROTOCOLS:
            raise ConfigError(
                f"protocol {name!r} is not declared{nearest(name, PROTOCOLS)}; there are: {', '.join(PROTOCOLS)}"
            )
    return tuple(PROTOCOLS[name] for name in listed)
