"""How well systems that score objects say where an anomaly is, over all videos that have pixel masks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from features.errors import DatasetError
from features.evaluate.localisation import (
    Regions,
    pixel_level_frames,
    pixel_level_score,
    rbdc,
    regions_of,
    score_map,
)
from features.evaluate.metrics import Figure, auc, equal_error_rate

NO_TRACKS = (
    "regions are the connected parts of the masks, and object scores are taken as they are; TBDC is left out, since "
    "masks do not say which region of the next frame is the same anomaly"
)


@dataclass(frozen=True)
class MaskedVideo:
    """The masks of one video, and the pixels of the frames in which objects were scored.

    masks          gives bool (h, w) for each frame, True where abnormal; of any size, scaled like the frames
    height, width  pixels of a frame
    """

    masks: Callable[[], Iterator[np.ndarray]]
    height: int
    width: int


@dataclass
class _Found:
    """What one system said: rows of objects (video, frame, x1, y1, x2, y2, score) and a score for each frame."""

    objects: list[np.ndarray] = field(default_factory=list)
    pixels: list[float] = field(default_factory=list)


def locate(
    videos: Mapping[str, MaskedVideo], systems: Mapping[str, Callable[[str], np.ndarray]]
) -> dict[str, dict[str, Figure]]:
    """System -> RBDC, and AUC and EER of the pixel-level criterion, over all frames of these videos.

    `systems` gives the objects (n, 6) of a video: frame, x1, y1, x2, y2 in pixels of the frame, score. Masks are read
    once, one at a time.
    """
    found = {system: _Found() for system in systems}
    truth: list[np.ndarray] = []
    abnormal: list[bool] = []
    for number, (name, video) in enumerate(videos.items()):
        objects = {system: drawable(of(name)) for system, of in systems.items()}
        scale = np.ones(4)
        for frame, mask in enumerate(video.masks()):
            boxes = regions_of(mask)
            truth.append(np.column_stack([np.full((len(boxes), 2), (number, frame), np.float64), boxes]))
            abnormal.append(len(boxes) > 0)
            scale = np.tile([mask.shape[1] / video.width, mask.shape[0] / video.height], 2)
            for system, rows in objects.items():
                found[system].pixels.append(_marked(rows, frame, mask, scale))
        for system, rows in objects.items():
            moved = np.column_stack([np.full(len(rows), number), rows])
            moved[:, 2:6] *= scale
            found[system].objects.append(moved)
    regions = np.concatenate([np.empty((0, 6)), *truth])
    return {system: _figures(regions, np.array(abnormal, bool), said) for system, said in found.items()}


def drawable(objects: np.ndarray) -> np.ndarray:
    """float64 (n, 6): the objects that have a box and a score, by frame."""
    rows = np.asarray(objects, np.float64)
    rows = rows[np.isfinite(rows).all(axis=1)]
    return rows[np.argsort(rows[:, 0], kind="stable")]


def _marked(rows: np.ndarray, frame: int, mask: np.ndarray, scale: np.ndarray) -> float:
    first, last = np.searchsorted(rows[:, 0], (frame, frame + 1))
    there = rows[first:last, 1:] * [*scale, 1.0]
    return pixel_level_score(score_map(there, mask.shape[0], mask.shape[1], -np.inf), mask)


def _figures(truth: np.ndarray, abnormal: np.ndarray, said: _Found) -> dict[str, Figure]:
    objects = np.concatenate([np.empty((0, 7)), *said.objects])
    pixels = np.array(said.pixels)
    # A frame in which nothing is marked lies below all others.
    pixels[np.isneginf(pixels)] = objects[:, 6].min(initial=0.0) - 1.0
    frames = pixel_level_frames(pixels, abnormal)
    figures = {"pixel_auc": auc(frames), "pixel_eer": equal_error_rate(frames)}
    if len(truth) == 0:
        return {"rbdc": Figure(None, "no abnormal region"), **figures}
    return {"rbdc": Figure(rbdc(_regions(truth), _regions(objects), objects[:, 6], len(abnormal))), **figures}


def _regions(rows: np.ndarray) -> Regions:
    return Regions(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:6])


def sampled(masks: Iterator[np.ndarray], numbers: np.ndarray, video: str) -> Iterator[np.ndarray]:
    """The masks of these frames: `numbers` counts from 0 and never falls; a frame may be asked for again.

    Raises DatasetError where the masks of the video end before its frames do.
    """
    wanted = iter(numbers.tolist())
    number = next(wanted, None)
    for place, mask in enumerate(masks):
        while number == place:
            yield mask
            number = next(wanted, None)
    if number is not None:
        raise DatasetError(f"video {video!r} has a frame {number}, but its masks end before it; check its masks")
