"""Poses of one video in two artifacts, compared: which persons are there in both, and how near their joints are."""

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from features.datasets.skeleton import COCO17, MIRRORED
from features.evaluate.compare.boxes import figures, matched_boxes, shapes, time_and_size
from features.evaluate.compare.finding import Difference, Finding, number
from features.evaluate.compare.tables import Matched, equal_tables
from features.evaluate.keypoints import oks
from features.extract.poses.table import JOINTS
from features.store.table import Table


def compare_poses(one: Table, other: Table) -> Difference:
    """What distinguishes two tables of poses, called a and b."""
    shape = shapes(one, other, "person", "persons")
    if equal_tables(one, other):
        return Difference(True, (shape, Finding("verdict", "equal: no number differs")))
    boxes = (person_boxes(one), person_boxes(other))
    found, ratio = matched_boxes(one, other, boxes)
    findings = [shape, *time_and_size(found, ratio), _persons(found)]
    if not len(found.one):
        last = Finding("verdict", "no persons match: another video, or other coordinates", False)
        return Difference(False, (*findings, last), figures(found, ratio))
    first = joints(one)[found.one]
    second = joints(other)[found.other] / np.array([ratio, ratio, 1.0])
    sizes = boxes[0][found.one]
    findings += list(_joints(first, second, sizes))
    alike = likeness(first, second, sizes)
    said = f"persons in both have an object keypoint similarity of {number(alike)} on average"
    more = figures(found, ratio) | {"oks": alike}
    return Difference(False, (*findings, Finding("verdict", said, False)), more)


def joints(table: Table) -> np.ndarray:
    """(rows, 17, 3): x, y and score of each joint."""
    return table.values[:, JOINTS].reshape(-1, len(COCO17), 3)


def person_boxes(table: Table) -> np.ndarray:
    """(rows, 4): the smallest box around each person's joints with a score above 0; without any the detector's.

    Detectors leave other margins around people, and published poses may have no boxes at all.
    """
    found = joints(table).astype(np.float64)
    seen = (found[..., 2] > 0)[..., None]
    low = np.where(seen, found[..., :2], np.inf).min(axis=1)
    high = np.where(seen, found[..., :2], -np.inf).max(axis=1)
    around = np.concatenate([low, high], axis=1)
    return np.where(np.isfinite(around), around, np.nan_to_num(table.values[:, :4]))


def likeness(one: np.ndarray, other: np.ndarray, boxes: np.ndarray) -> float:
    """The mean object keypoint similarity of persons (n, 17, 3), over the joints that both have; NaN where none has."""
    areas = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1.0)
    seen = (one[..., 2] > 0) & (other[..., 2] > 0)
    found = oks(other, one, seen, areas)
    return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")


def joint_order(one: np.ndarray, other: np.ndarray, boxes: np.ndarray) -> tuple[int, ...]:
    """For each joint of the second (n, 17, 3) the joint of the first that it lies nearest, as a whole."""
    sizes = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)[:, None, None]
    apart = np.linalg.norm(other[:, :, None, :2] - one[:, None, :, :2], axis=-1) / sizes
    return tuple(linear_sum_assignment(np.median(apart, axis=0))[1].tolist())


def _persons(found: Matched) -> Finding:
    only = [total - len(found.one) for total in found.rows]
    said = f"{len(found.one):,} persons in both, {only[0]:,} in a only, {only[1]:,} in b only"
    return Finding("rows", said, not any(only))


def _joints(one: np.ndarray, other: np.ndarray, boxes: np.ndarray) -> Iterator[Finding]:
    order = joint_order(one, other, boxes)
    if order == MIRRORED:
        yield Finding("joints", "left and right are swapped in b", False)
    elif order != tuple(range(len(COCO17))):
        moved = [f"{COCO17[found]} at {COCO17[place]}" for place, found in enumerate(order) if found != place]
        yield Finding("joints", f"b's joints may stand in another order: {', '.join(moved[:4])}", False)
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)[:, None]
    apart = np.linalg.norm(other[..., :2] - one[..., :2], axis=-1) / heights
    worst = int(np.nanargmax(np.nanmedian(apart, axis=0)))
    yield Finding(
        "joints",
        f"joints are {100 * float(np.nanmedian(apart)):.1f} % of a person's height apart (median); "
        f"the most apart is the {COCO17[worst].replace('_', ' ')}",
        bool(np.nanmax(apart) == 0),
    )
