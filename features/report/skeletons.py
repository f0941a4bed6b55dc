"""People drawn on a frame as skeletons, coloured by who they are or by how they score. Pure functions of arrays."""

from collections.abc import Sequence

import cv2
import numpy as np

from features.datasets.people import NOBODY, People
from features.datasets.skeleton import BONES
from features.report.colours import GREY, HEAT, IDS, Colour
from features.report.lettering import Pen, plate
from features.text import score as score_text

# Joints below this score are left out; keypoint scores of common estimators run from 0 to about 1.
JOINT_SCORE = 0.3
HALO = (20, 20, 20)
LABELLED = 5  # persons that bear their score: the highest ones, so that a crowd stays visible
HEAD = (0, 1, 2, 3, 4)


def people_at(found: People, frame: int) -> People:
    """The people of one frame."""
    rows = slice(*np.searchsorted(found.frames, (frame, frame + 1)).tolist())
    parts = (found.frames, found.ids, found.keypoints, found.scores, found.boxes)
    return People(*(part[rows] for part in parts))


def joints_there(keypoints: np.ndarray, limit: float = JOINT_SCORE) -> np.ndarray:
    """bool (k, 17): joints of keypoints (k, 17, 3) that are drawn. A missing joint has x = y = score = 0."""
    scores = keypoints[..., 2]
    return np.asarray((scores > 0) & (scores >= limit) & np.isfinite(keypoints[..., :2]).all(axis=-1))


def draw_people(
    frame: np.ndarray,
    keypoints: np.ndarray,
    colours: Sequence[Colour],
    tags: Sequence[str] = (),
    limit: float = JOINT_SCORE,
) -> np.ndarray:
    """A copy of the frame uint8 (h, w, 3) RGB with skeletons of keypoints (k, 17, 3), x and y in its pixels.

    Each person has a colour, and a tag beside the head where `tags` has one. Later persons lie over earlier ones.
    """
    picture = np.ascontiguousarray(frame).copy()
    pen = Pen.of(picture)
    there = joints_there(keypoints, limit)
    for body, shown, colour in zip(keypoints, there, colours, strict=True):
        _skeleton(picture, body, shown, colour, pen)
    for number, tag in enumerate(tags):
        if tag and there[number].any():
            x, y = beside_head(keypoints[number], there[number])
            plate(picture, tag, (x + 3 * pen.line, y), colours[number], pen)
    return picture


def _skeleton(picture: np.ndarray, body: np.ndarray, shown: np.ndarray, colour: Colour, pen: Pen) -> None:
    """Bones between joints that are there, then the joints, with a dark halo below all of them."""
    points = [(round(float(x)), round(float(y))) if seen else None for (x, y, _), seen in zip(body, shown, strict=True)]
    bones = [(a, b) for one, other in BONES if (a := points[one]) and (b := points[other])]
    joints = [point for point in points if point]
    for wider, drawn in ((2 * pen.edge, HALO), (0, colour)):
        for a, b in bones:
            cv2.line(picture, a, b, drawn, pen.line + wider, cv2.LINE_AA)
        for point in joints:
            cv2.circle(picture, point, pen.dot + wider // 2, drawn, cv2.FILLED, cv2.LINE_AA)


def beside_head(body: np.ndarray, shown: np.ndarray) -> tuple[int, int]:
    """Where a tag begins: right of the joints of the head that are there, else of the highest joint."""
    head = [joint for joint in HEAD if shown[joint]]
    if not head:
        head = [min(np.flatnonzero(shown).tolist(), key=lambda joint: float(body[joint, 1]))]
    return round(float(body[head, 0].max())), round(float(body[head, 1].mean()))


def id_colour(person: int) -> Colour:
    """The colour of a person: the same in every frame, grey for somebody without an id."""
    return IDS[person % len(IDS)] if person != NOBODY else GREY


def id_tag(person: int) -> str:
    """What stands beside the head."""
    return "" if person == NOBODY else str(person)


def draw_ids(frame: np.ndarray, found: People, limit: float = JOINT_SCORE) -> np.ndarray:
    """The people of one frame, coloured by who they are, with their ids."""
    ids = found.ids.tolist()
    return draw_people(frame, found.keypoints, [id_colour(one) for one in ids], [id_tag(one) for one in ids], limit)


def heat(score: float, low: float, high: float) -> Colour:
    """The colour of a score on the scale from `low` to `high`; grey where there is none."""
    if not np.isfinite(score):
        return GREY
    return HEAT[int(heat_steps(np.array([score]), low, high)[0])]


def heat_steps(scores: np.ndarray, low: float, high: float) -> np.ndarray:
    """int64 (n,): the step of `HEAT` of each score on the scale from `low` to `high`, -1 where there is none."""
    known = np.isfinite(scores)
    share = (np.where(known, scores, low) - low) / (high - low) if high > low else np.ones(len(scores))
    return np.where(known, (share * len(HEAT)).clip(0, len(HEAT) - 1).astype(np.int64), -1)


def draw_scores(
    frame: np.ndarray, found: People, scores: np.ndarray, low: float, high: float, limit: float = JOINT_SCORE
) -> np.ndarray:
    """The people of one frame, coloured by their scores (k,), the highest on top; unscored ones grey."""
    order = np.argsort(np.where(np.isfinite(scores), scores, -np.inf), kind="stable")
    ranked = scores[order].tolist()
    last = len(ranked) - LABELLED
    tags = [
        score_text(score, low, high) if np.isfinite(score) and row >= last else "" for row, score in enumerate(ranked)
    ]
    return draw_people(frame, found.keypoints[order], [heat(score, low, high) for score in ranked], tags, limit)


def heat_legend(picture: np.ndarray, low: float, high: float) -> np.ndarray:
    """A copy of the picture with the scale of scores in its lower right corner, its ends written beside it."""
    picture = picture.copy()
    pen = Pen.of(picture)
    texts = (score_text(low, low, high), score_text(high, low, high))
    step, height = 4 * pen.line, pen.height + 2 * pen.edge
    sides = [pen.width_of(text) + 4 * pen.edge for text in texts]
    width = step * len(HEAT) + sum(sides)
    x, y = picture.shape[1] - width - pen.height // 2, picture.shape[0] - height - pen.height // 2
    if x < 0 or y < 0:
        return picture
    picture[y : y + height, x : x + width] = HALO
    pen.write(picture, texts[0], (x + 2 * pen.edge, y + height - pen.edge))
    for number, colour in enumerate(HEAT):
        start = x + sides[0] + number * step
        picture[y + pen.edge : y + height - pen.edge, start : start + step] = colour
    pen.write(picture, texts[1], (x + width - sides[1] + 2 * pen.edge, y + height - pen.edge))
    return picture
