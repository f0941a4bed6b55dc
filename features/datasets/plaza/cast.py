"""Who crosses the plaza in a clip: walkers everywhere, one cyclist, runner or fall where something abnormal happens.

Everything follows from (seed, split, number of the clip): no frame has to be drawn to know where anybody is.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from features.datasets.plaza.body import FINENESS, Drawn, Part, Wardrobe, draw_part, draw_wheel
from features.datasets.plaza.camera import Camera
from features.datasets.plaza.drone import Window, hovering
from features.datasets.plaza.figure import (
    RUN,
    WALK,
    WHEEL_METRES,
    Role,
    cycling,
    falling,
    on_foot,
    placed,
)
from features.datasets.plaza.furniture import FURNITURE
from features.datasets.plaza.wardrobe import Look

FPS = 25
SPLITS = {"train": 0, "test": 1}
ANOMALIES: tuple[Role, ...] = ("cyclist", "runner", "fall")
SPEED = {"runner": 3.7, "cyclist": 4.6, "fall": 1.35}
# Ground where people walk, in metres from the camera.
NEAREST, FARTHEST = 8.0, 18.5
ELBOW_ROOM = 0.75
ATTEMPTS = 200


@dataclass(frozen=True)
class Path:
    """A straight walk at constant speed: at time 0 in (x, y), heading in radians from the x axis."""

    x: float
    y: float
    heading: float
    speed: float

    def at(self, metres: np.ndarray) -> np.ndarray:
        """Ground positions (..., 2) after so many metres."""
        return np.stack([self.x + np.cos(self.heading) * metres, self.y + np.sin(self.heading) * metres], axis=-1)


@dataclass(frozen=True)
class Actor:
    """One person of a clip.

    track   number of the person in the clip, from 1
    onset   frame in which a fall begins, or a rider or runner comes into the picture, below 0 for one who is in it
            when the clip begins; None for walkers
    """

    track: int
    role: Role
    path: Path
    stature: float
    look: Look
    phase: float
    onset: int | None
    seed: tuple[int, ...]
    camera: Camera
    frames: int

    def metres(self, frame: float | np.ndarray) -> np.ndarray:
        """Metres travelled since time 0; a fall brings a walk to its end within a quarter of a second."""
        seconds = np.asarray(frame) / FPS
        if self.role != "fall" or self.onset is None:
            return self.path.speed * seconds
        since = np.maximum(seconds - self.onset / FPS, 0.0)
        return self.path.speed * (np.minimum(seconds, self.onset / FPS) + 0.25 * (1 - np.exp(-since / 0.25)))

    def positions(self, frames: np.ndarray) -> np.ndarray:
        """Ground positions (frames, 2), metres."""
        return self.path.at(self.metres(frames))

    def pose(self, frame: int) -> np.ndarray:
        """World coordinates (joints, 3) in a frame."""
        metres = float(self.metres(frame))
        x, y = self.path.at(np.asarray(metres))
        return placed(self._stance(frame, metres + self.phase), float(x), float(y), self.path.heading)

    def _stance(self, frame: int, metres: float) -> np.ndarray:
        if self.role == "cyclist":
            return cycling(self.stature, metres)
        if self.role == "fall" and self.onset is not None and frame > self.onset:
            return falling(self.stature, metres, (frame - self.onset) / FPS)
        return on_foot(self.stature, RUN if self.role == "runner" else WALK, metres)

    @cached_property
    def parts(self) -> list[Part]:
        """What the person is made of, textures included."""
        seen = self.positions(np.arange(self.frames))
        rng = np.random.default_rng(self.seed)
        depth = float(np.clip(np.median(seen[:, 1]), NEAREST, FARTHEST)) + 1.0
        wardrobe = Wardrobe(self.look, self.stature, FINENESS * self.camera.focal / depth, rng)
        towards = -seen[len(seen) // 2]
        towards /= np.linalg.norm(towards)
        gaze = np.array([np.cos(self.path.heading), np.sin(self.path.heading)])
        aside = float(gaze @ [-towards[1], towards[0]])
        worn = wardrobe.dressed(aside, float(gaze @ towards))
        return worn + (wardrobe.bicycle() if self.role == "cyclist" else [])

    def drawn(self, frame: int) -> list[Drawn]:
        """All parts in a frame, in the order of `parts`."""
        joints = self.pose(frame)
        image, depth = self.camera.project(joints)
        ahead = np.array([np.cos(self.path.heading), np.sin(self.path.heading), 0.0])
        rolled = (float(self.metres(frame)) + self.phase) / WHEEL_METRES
        return [
            draw_wheel(part, joints[part.start], ahead, rolled, self.camera)
            if part.wheel
            else draw_part(part, image, depth, self.camera)
            for part in self.parts
        ]

    def abnormal(self, frame: int) -> bool:
        """Whether what the person does in a frame is abnormal; riding and running are so all along."""
        return self.onset is not None and (self.role != "fall" or frame >= self.onset)


@dataclass(frozen=True)
class Clip:
    """One video of the plaza, before any of it is drawn.

    film   width and height of the frames of a drone, which shows a part of the camera's picture; None: all of it
    abnormal  whether something abnormal happens; in test clips it always does
    """

    split: Literal["train", "test"]
    number: int
    frames: int
    seed: int
    camera: Camera
    film: tuple[int, int] | None = None
    abnormal: bool = False

    @property
    def anomaly(self) -> Role | None:
        """Who is abnormal: cyclist, runner and fall in turn; None where nobody is."""
        if self.split == "test" or self.abnormal:
            return ANOMALIES[(self.number - 1) % len(ANOMALIES)]
        return None

    def window(self, frame: int) -> Window:
        """What a frame shows of the camera's picture."""
        if self.film is None:
            return Window(0, 0, self.camera.width, self.camera.height)
        rng = np.random.default_rng([self.seed, SPLITS[self.split], self.number, 5])
        return hovering(self.camera, self.film, frame / FPS, rng)

    @cached_property
    def actors(self) -> tuple[Actor, ...]:
        """Everybody, in the order of their track numbers; the abnormal one, if any, is track 1."""
        rng = np.random.default_rng([self.seed, SPLITS[self.split], self.number])
        cast: list[Actor] = []
        if self.anomaly is not None:
            cast.append(self._anomaly(self.anomaly, rng))
        for _ in range(int(rng.integers(4, 7))):
            self._join(cast, rng)
        return tuple(cast)

    def _actor(self, cast: list[Actor], role: Role, path: Path, rng: np.random.Generator, onset: int | None) -> Actor:
        track = len(cast) + 1
        stature = float(1.58 + 0.30 * rng.random())
        look = Look.draw(rng, sporty=role == "runner")
        phase = float(3 * rng.random())
        seed = (self.seed, SPLITS[self.split], self.number, track)
        return Actor(track, role, path, stature, look, phase, onset, seed, self.camera, self.frames)

    def _anomaly(self, role: Role, rng: np.random.Generator) -> Actor:
        """The abnormal one, early or late, so that a frame's number tells little.

        Riders and runners may be in the picture when the clip begins; falls happen well inside it, in time too.
        """
        share = 0.3 + 0.4 * rng.random() if role == "fall" else -0.3 + 0.8 * rng.random()
        onset = int(self.frames * share)
        for _ in range(ATTEMPTS):
            path = self._anomalous_path(role, onset, rng)
            if not _hits_furniture(path.at(path.speed * np.arange(-1.0, self.frames / FPS, 0.1))):
                break
        return self._actor([], role, path, rng, onset)

    def _anomalous_path(self, role: Role, onset: int, rng: np.random.Generator) -> Path:
        y = float(9.5 + 4.5 * rng.random())
        rightwards = bool(rng.random() < 0.5)
        heading = (0.0 if rightwards else np.pi) + 0.12 * (rng.random() - 0.5)
        travelled = SPEED[role] * onset / FPS
        edge = self.camera.half_width(y) + (1.1 if role == "cyclist" else 0.5)
        inside = 0.5 * edge * (rng.random() - 0.5)
        there = inside if role == "fall" else (-edge if rightwards else edge)
        return Path(there - travelled * np.cos(heading), y - travelled * np.sin(heading), heading, SPEED[role])

    def _join(self, cast: list[Actor], rng: np.random.Generator) -> None:
        """One more walker, or two side by side, whose way is free; nobody where no free way was found."""
        for _ in range(ATTEMPTS):
            path = self._walk(rng)
            if self._is_free(path, cast):
                cast.append(self._actor(cast, "walker", path, rng, None))
                beside = _beside(path, 0.7)
                if rng.random() < 0.3 and self._is_free(beside, cast[:-1]):
                    cast.append(self._actor(cast, "walker", beside, rng, None))
                return

    def _walk(self, rng: np.random.Generator) -> Path:
        """Most people cross from side to side; some come towards the camera or leave."""
        y = float(NEAREST + (FARTHEST - NEAREST) * rng.random() ** 1.3)
        speed = float(1.05 + 0.5 * rng.random())
        if rng.random() < 0.75:
            heading = (0.0 if rng.random() < 0.5 else np.pi) + 0.5 * (rng.random() - 0.5)
            middle = 1.5 * self.camera.half_width(y) * (rng.random() - 0.5)
        else:
            heading = (np.pi / 2 if rng.random() < 0.5 else -np.pi / 2) + 0.6 * (rng.random() - 0.5)
            middle = 1.2 * self.camera.half_width(y) * (rng.random() - 0.5)
        half = speed * self.frames / FPS / 2
        return Path(float(middle - half * np.cos(heading)), float(y - half * np.sin(heading)), float(heading), speed)

    def _is_free(self, path: Path, cast: list[Actor]) -> bool:
        frames = np.arange(0, self.frames, 3)
        way = path.at(path.speed * frames / FPS)
        if way[:, 1].min() < NEAREST - 1 or way[:, 1].max() > FARTHEST + 1 or _hits_furniture(way):
            return False
        others = (actor.positions(frames) for actor in cast)
        return all(np.linalg.norm(way - other, axis=1).min() > ELBOW_ROOM for other in others)


def _beside(path: Path, metres: float) -> Path:
    x = path.x - metres * np.sin(path.heading)
    return Path(float(x), float(path.y + metres * np.cos(path.heading)), path.heading, path.speed)


def _hits_furniture(way: np.ndarray) -> bool:
    return any(
        bool((np.linalg.norm(way - [piece.x, piece.y], axis=1) < piece.radius + 0.45).any()) for piece in FURNITURE
    )
