"""Where, not only when: region and track based criteria (RBDC, TBDC) and the pixel-level criterion."""

from dataclasses import dataclass

import numpy as np

from features.evaluate.metrics import Frames

# Street Scene (Ramachandra & Jones, WACV 2020): a region is found at this IoU, a track at this share of its regions.
BETA = 0.1
ALPHA = 0.1
# Mahadevan et al. (CVPR 2010): an anomaly is found if this share of its pixels is marked.
PIXEL_SHARE = 0.4


@dataclass(frozen=True)
class Regions:
    """Boxes of all videos.

    video, frame   int64 (n,)
    boxes          float64 (n, 4): x1, y1, x2, y2 in pixels, both ends inside
    """

    video: np.ndarray
    frame: np.ndarray
    boxes: np.ndarray


def iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(n,): intersection over union of a box (4,) with others (n, 4), pixels at both ends inside."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    both = np.clip(high - low + 1, 0, None).prod(axis=1)
    area = (box[2:] - box[:2] + 1).prod()
    areas = (boxes[:, 2:] - boxes[:, :2] + 1).prod(axis=1)
    return np.asarray(both / (area + areas - both))


def rbdc_tbdc(
    truth: Regions,
    tracks: np.ndarray,
    detections: Regions,
    scores: np.ndarray,
    frames: int,
    alpha: float = ALPHA,
    beta: float = BETA,
) -> tuple[float, float]:
    """Areas under region (RBDC) and track (TBDC) detection rate over false positives per frame, from 0 to 1.

    `tracks` (regions,) is the track of each region of the truth, numbered within its video; `scores` (detections,) the
    score of each detection; `frames` the frames of all videos together. Detections count by falling score. One that
    meets no region of its frame with IoU >= `beta` is a false positive; else all regions it meets are found, and a
    detection that meets only found ones counts as neither. A track is found at a share `alpha` of its regions.

    Raises ValueError where there is no region, so that no rate is defined.
    """
    found_at, rate = _curve(truth, detections, scores, frames, beta)
    steps = len(scores)
    return _region_area(found_at, rate), _area(rate, _tracks_found(truth, tracks, found_at, steps, alpha))


def rbdc(truth: Regions, detections: Regions, scores: np.ndarray, frames: int, beta: float = BETA) -> float:
    """The first figure of `rbdc_tbdc` alone, for a truth that does not say which regions are one track.

    Raises ValueError where there is no region.
    """
    return _region_area(*_curve(truth, detections, scores, frames, beta))


def _curve(
    truth: Regions, detections: Regions, scores: np.ndarray, frames: int, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each region the rank of the detection that finds it; (ranks + 1,) false positives per frame so far."""
    if len(truth.frame) == 0:
        raise ValueError("no ground-truth region: RBDC and TBDC are undefined")
    found_at, false = _meetings(truth, detections, np.argsort(-scores, kind="stable"), beta)
    return found_at, np.concatenate([[0.0], np.cumsum(false) / frames])


def _region_area(found_at: np.ndarray, rate: np.ndarray) -> float:
    steps = len(rate) - 1
    found = np.cumsum(np.bincount(found_at[found_at < steps], minlength=steps)) if steps else np.zeros(0)
    return _area(rate, np.concatenate([[0.0], found]) / len(found_at))


def _meetings(truth: Regions, detections: Regions, order: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """For each region the rank of the detection that finds it (or their number), for each rank if it is false."""
    by_frame: dict[tuple[int, int], list[int]] = {}
    for row, where in enumerate(zip(truth.video.tolist(), truth.frame.tolist(), strict=True)):
        by_frame.setdefault(where, []).append(row)
    found_at = np.full(len(truth.frame), len(order))
    false = np.ones(len(order), bool)
    places = list(zip(detections.video.tolist(), detections.frame.tolist(), strict=True))
    for rank, row in enumerate(order.tolist()):
        if places[row] not in by_frame:
            continue
        near = np.array(by_frame[places[row]], np.int64)
        met = near[iou(detections.boxes[row], truth.boxes[near]) >= beta]
        false[rank] = len(met) == 0
        found_at[met] = np.minimum(found_at[met], rank)
    return found_at, false


def _tracks_found(truth: Regions, tracks: np.ndarray, found_at: np.ndarray, steps: int, alpha: float) -> np.ndarray:
    """(steps + 1,): the share of tracks found after each detection."""
    _, track = np.unique(np.column_stack([truth.video, tracks]), axis=0, return_inverse=True)
    track = track.reshape(-1)
    lengths = np.bincount(track)
    found = np.zeros(len(lengths))
    arrivals = np.zeros(steps + 1)
    for region in np.argsort(found_at, kind="stable"):
        rank = found_at[region]
        if rank == steps:
            break
        before = found[track[region]] / lengths[track[region]] >= alpha
        found[track[region]] += 1
        arrivals[rank + 1] += not before and found[track[region]] / lengths[track[region]] >= alpha
    return np.asarray(np.cumsum(arrivals) / len(lengths))


def _area(rate: np.ndarray, detected: np.ndarray) -> float:
    """Trapezoids over false positives per frame up to 1, the last value held where the curve ends before."""
    keep = rate <= 1
    x, y = rate[keep], detected[keep]
    if x[-1] != 1:
        # False positives come one by one: a curve that goes beyond 1 has a point at 1, this one ends before.
        x, y = np.append(x, 1.0), np.append(y, y[-1])
    return float(np.trapezoid(y, x))


def regions_of(mask: np.ndarray) -> np.ndarray:
    """float64 (k, 4): boxes of the connected regions of a mask bool (height, width), neighbours across corners too."""
    from scipy.ndimage import find_objects, label  # slow to import, and planning asks for names alone

    parts = find_objects(label(mask, np.ones((3, 3)))[0]) if mask.any() else []
    boxes = [(x.start, y.start, x.stop - 1, y.stop - 1) for y, x in parts]
    return np.array(boxes, np.float64).reshape(-1, 4)


def score_map(objects: np.ndarray, height: int, width: int, floor: float) -> np.ndarray:
    """float32 (height, width): the highest score of the boxes over each pixel, `floor` where there is none.

    `objects` (n, 5) x1, y1, x2, y2, score; corners are rounded up as LBR-SPR does when it cuts and scores.
    """
    drawn = np.full((height, width), floor, np.float32)
    corners = np.ceil(objects[:, :4]).astype(np.int64).clip(0)
    for (x1, y1, x2, y2), score in zip(corners, objects[:, 4], strict=True):
        np.maximum(drawn[y1:y2, x1:x2], score, out=drawn[y1:y2, x1:x2])
    return drawn


def pixel_level_score(drawn: np.ndarray, mask: np.ndarray, share: float = PIXEL_SHARE) -> float:
    """The highest threshold at which a frame counts as detected under the pixel-level criterion.

    A normal frame (empty mask) is a false positive as soon as any pixel is marked: its highest score. An abnormal one
    is found once `share` of its abnormal pixels are marked. The ROC over these scores is the pixel-level ROC.
    """
    if not mask.any():
        return float(drawn.max())
    inside = np.sort(drawn[mask])[::-1]
    return float(inside[int(np.ceil(share * len(inside))) - 1])


def pixel_level_frames(scores: np.ndarray, abnormal: np.ndarray) -> Frames:
    """Frames for `features.evaluate.metrics` from `pixel_level_score` and whether each frame has abnormal pixels."""
    return Frames(abnormal.astype(np.int8), scores)
