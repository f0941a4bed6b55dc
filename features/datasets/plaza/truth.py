"""What is true of a plaza clip: who is where, where every pixel goes, and what is abnormal. Nothing is decoded."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from features.datasets.plaza.body import Drawn
from features.datasets.plaza.cast import Actor, Clip
from features.datasets.plaza.figure import COCO, INDEX, Role
from features.datasets.plaza.render import PARTS, Frame, anomaly_mask, draw

# COCO's marks for keypoints.
ABSENT, HIDDEN, VISIBLE = 0, 1, 2
HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
# Parts in which a joint can be seen: those that meet there.
SEEN_IN = {
    "shoulder": ("torso", "upper_arm"),
    "elbow": ("upper_arm", "forearm"),
    "wrist": ("forearm", "hand"),
    "hip": ("torso", "thigh", "tail"),
    "knee": ("thigh", "shin", "tail"),
    "ankle": ("shin", "foot"),
}


@dataclass(frozen=True)
class Person:
    """One person in one frame, at least partly inside it.

    box        float64 (4,): x1, y1, x2, y2 in pixels, edge to edge, around what of the person (and the bicycle)
               lies in the frame, whether covered or not
    visible    share of the person's drawn pixels that nothing covers, 0 to 1
    keypoints  float64 (17, 3): x, y in pixels, and COCO's mark: 2 visible, 1 hidden, 0 outside the frame
    abnormal   whether what the person does in this frame is abnormal
    """

    track: int
    role: Role
    box: np.ndarray
    visible: float
    keypoints: np.ndarray
    abnormal: bool


@dataclass(frozen=True)
class Truth:
    """The exact truth of one clip. Frames count from 0; arrays are as in the features that they are compared with."""

    clip: Clip

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.clip.frames

    def image(self, frame: int) -> np.ndarray:
        """uint8 (h, w, 3) RGB: the frame before sensor noise and compression."""
        return _drawn(self.clip, frame).image

    def people(self, frame: int) -> tuple[Person, ...]:
        """Everybody who is at least partly inside the frame, by track number."""
        return people_of(_drawn(self.clip, frame), frame)

    def boxes(self, frame: int) -> np.ndarray:
        """float32 (people, 4): x1, y1, x2, y2 in pixels."""
        return np.array([person.box for person in self.people(frame)], np.float32).reshape(-1, 4)

    def tracks(self, frame: int) -> np.ndarray:
        """int64 (people,): track numbers, in the order of `boxes`."""
        return np.array([person.track for person in self.people(frame)], np.int64)

    def keypoints(self, frame: int) -> np.ndarray:
        """float32 (people, 17, 3): x, y, mark, in the order of `boxes`."""
        return np.array([person.keypoints for person in self.people(frame)], np.float32).reshape(-1, len(COCO), 3)

    def flow(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Motion from a frame to the next: float32 (2, h, w) in pixels, x first; and bool (h, w): where it is valid.

        Invalid are pixels whose surface is covered, or outside the picture, in the next frame. The square rests, or
        moves as a whole under a drone: shadows that glide over it are no motion.

        Raises IndexError for the last frame.
        """
        if not 0 <= frame < self.frames - 1:
            raise IndexError(f"flow of frame {frame}: the clip has flow for frames 0 to {self.frames - 2}")
        now, then = _drawn(self.clip, frame), _drawn(self.clip, frame + 1)
        flow = _motion(now, then)
        return flow, _still_seen(now.identity, then.identity, flow)

    def mask(self, frame: int) -> np.ndarray:
        """Visible pixels of people who do something abnormal, as bool (h, w)."""
        return anomaly_mask(self.clip, frame)

    def labels(self) -> np.ndarray:
        """int8 (frames,): 1 where any pixel is abnormal."""
        return np.array([self.mask(frame).any() for frame in range(self.frames)], np.int8)


@lru_cache(maxsize=4)
def _drawn(clip: Clip, frame: int) -> Frame:
    found = draw(clip, frame)
    found.image.flags.writeable = found.identity.flags.writeable = False
    return found


def people_of(found: Frame, frame: int) -> tuple[Person, ...]:
    """Everybody who is at least partly inside a drawn frame, by track number."""
    listed = (_person(actor, parts, found, frame) for actor, parts in found.people)
    return tuple(person for person in listed if person is not None)


def _person(actor: Actor, parts: list[Drawn], found: Frame, frame: int) -> Person | None:
    outline = found.outlines.get(actor.track)
    if outline is None:
        return None
    return Person(
        track=actor.track,
        role=actor.role,
        box=np.array(outline.box, np.float64),
        visible=float(np.count_nonzero(found.identity // PARTS == actor.track)) / outline.pixels,
        keypoints=_keypoints(actor, parts, found, frame),
        abnormal=actor.abnormal(frame),
    )


def _keypoints(actor: Actor, parts: list[Drawn], found: Frame, frame: int) -> np.ndarray:
    joints, identity = actor.pose(frame), found.identity
    points, depth = actor.camera.project(joints[: len(COCO)])
    points = points - [found.window.left, found.window.top]
    head = (depth[INDEX["left_ear"]] + depth[INDEX["right_ear"]]) / 2
    names = [part.part.name for part in parts]
    marked = np.zeros((len(COCO), 3))
    for number, joint in enumerate(COCO):
        column, row = np.rint(points[number]).astype(int)
        if not (0 <= row < identity.shape[0] and 0 <= column < identity.shape[1]):
            continue
        track, part = divmod(int(identity[row, column]), PARTS)
        # What belongs to the far side of the head is hidden by the head itself.
        behind = joint in HEAD and depth[number] > head + 0.02
        seen = track == actor.track and names[part] in _shown_by(joint) and not behind
        marked[number] = (*points[number], VISIBLE if seen else HIDDEN)
    return marked


def _shown_by(joint: str) -> tuple[str, ...]:
    """Names of the parts in which a joint can be seen."""
    if joint in HEAD:
        return ("head",)
    side, kind = joint.split("_")
    return tuple(name if name == "torso" else f"{side}_{name}" for name in SEEN_IN[kind])


def _motion(now: Frame, then: Frame) -> np.ndarray:
    """float32 (2, h, w): each pixel is carried along by the affine map of its part; all else rests under the camera."""
    here, there = now.window, then.window
    drift = np.array([[here.left - there.left], [here.top - there.top]])
    flow = np.broadcast_to(drift[..., None], (2, *now.identity.shape)).astype(np.float32)
    later = {actor.track: parts for actor, parts in then.people}
    for actor, parts in now.people:
        for number, part in enumerate(parts):
            rows, columns = np.nonzero(now.identity == PARTS * actor.track + number)
            if rows.size:
                carried = _affine(later[actor.track][number].matrix) @ np.linalg.inv(_affine(part.matrix))
                points = np.stack([columns + here.left, rows + here.top, np.ones_like(rows)]).astype(np.float64)
                flow[:, rows, columns] = (carried @ points - points)[:2] + drift
    return flow


def _affine(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


def _still_seen(now: np.ndarray, then: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Whether the nearest pixel at the end of each vector shows the same part, or the same rest; bool (h, w)."""
    height, width = now.shape
    rows, columns = np.indices(now.shape)
    to_row, to_column = np.rint(rows + flow[1]).astype(int), np.rint(columns + flow[0]).astype(int)
    inside = (to_row >= 0) & (to_row < height) & (to_column >= 0) & (to_column < width)
    there = then[to_row.clip(0, height - 1), to_column.clip(0, width - 1)]
    still: np.ndarray = inside & (there == now)
    return still
