"""Persons of a video one by one: their frames, joints and boxes in order of time, and what is missing in them."""

from dataclasses import dataclass, replace

import numpy as np

from features.datasets.people import NOBODY, People
from features.errors import SourceError


@dataclass(frozen=True)
class Person:
    """One person of a video, in the n frames where it was found.

    id      who it is, in its video
    frames  int64 (n,), rising
    joints  float64 (n, 17, 3): x, y in pixels and score, in COCO's order; score 0 where the joint is missing
    boxes   float64 (n, 4): x1, y1, x2, y2; around the joints that are there, where the source has no box
    rows    int64 (n,): the rows of the poses table
    """

    id: int
    frames: np.ndarray
    joints: np.ndarray
    boxes: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    def at(self, rows: np.ndarray) -> "Person":
        """The person in some of its frames; `rows` are their numbers."""
        return replace(
            self, frames=self.frames[rows], joints=self.joints[rows], boxes=self.boxes[rows], rows=self.rows[rows]
        )

    def boxes_at(self, frames: np.ndarray) -> np.ndarray:
        """float64 (k, 4): its box in any frame between its first and its last, drawn between those that are there."""
        return np.stack([np.interp(frames, self.frames, side) for side in self.boxes.T], axis=1)


def persons(people: People) -> list[Person]:
    """The tracked persons of a video, by id; rows that belong to nobody are left out.

    Raises SourceError where a person is twice in one frame.
    """
    order = np.lexsort((people.frames, people.ids))
    order = order[people.ids[order] != NOBODY]
    ids, frames = people.ids[order], people.frames[order]
    twice = np.flatnonzero((np.diff(ids) == 0) & (np.diff(frames) == 0))
    if len(twice):
        raise SourceError(f"person {ids[twice[0]]} is twice in frame {frames[twice[0]]}; compute its tracks anew")
    boxes = np.where(np.isfinite(people.boxes[:, :4]), people.boxes[:, :4], around(people.keypoints))
    parts = np.split(order, np.flatnonzero(np.diff(ids)) + 1) if len(order) else []
    return [
        Person(int(people.ids[rows[0]]), people.frames[rows], people.keypoints[rows], boxes[rows], rows)
        for rows in parts
    ]


def around(keypoints: np.ndarray) -> np.ndarray:
    """float64 (n, 4): x1, y1, x2, y2 around the joints (n, j, 3) that are there; 0 where none is."""
    missing = (keypoints[..., 2:] == 0).repeat(2, axis=-1)
    low = np.where(missing, np.inf, keypoints[..., :2]).min(axis=1)
    high = np.where(missing, -np.inf, keypoints[..., :2]).max(axis=1)
    return np.asarray(np.nan_to_num(np.concatenate([low, high], axis=1), posinf=0.0, neginf=0.0))


def filled(person: Person) -> Person:
    """Every missing joint drawn from where it was seen; frames in which no joint was seen are dropped.

    In time on a line between the frames before and after, held beyond the first and the last; a joint that was never
    seen stands at the mean of the joints seen in that frame.
    """
    there = person.at(np.flatnonzero((person.joints[..., 2] > 0).any(axis=1)))
    seen = there.joints[..., 2] > 0
    joints = there.joints.copy()
    middle = (joints[..., :2] * seen[..., None]).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)[:, None]
    for joint in range(joints.shape[1]):
        known = seen[:, joint]
        for axis in range(2):
            line = joints[known, joint, axis]
            joints[:, joint, axis] = (
                np.interp(there.frames, there.frames[known], line) if known.any() else middle[:, axis]
            )
    return replace(there, joints=joints)


def every_frame(person: Person) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The person at equal steps of time, from its first frame to its last.

    Returns frames int64 (m,), x and y of the joints float64 (m, 17, 2) with the missing frames drawn on a line
    between those around them, and bool (m,): where it was found.
    """
    frames = np.arange(person.frames[0], person.frames[-1] + 1)
    columns = person.joints[..., :2].reshape(len(person), -1)
    drawn = np.stack([np.interp(frames, person.frames, column) for column in columns.T], axis=1)
    return frames, drawn.reshape(len(frames), -1, 2), np.isin(frames, person.frames)
