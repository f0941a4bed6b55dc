"""Videos and rows for tests of trackers: people as boxes that walk, with or without pictures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.datasets.plaza import Truth
from features.evaluate.tracking import Trajectories
from features.extract.frames.recipe import FramesRecipe
from features.extract.tracks.backend import Rows
from features.plan.registry import find
from features.plan.stages import Context
from features.video.index import Index

CONTEXT = Context("plaza", (), {"frames": FramesRecipe()})
BACKENDS = {
    "bytetrack": {"backend": "bytetrack"},
    "ocsort": {"backend": "ocsort"},
    "botsort": {"backend": "botsort", "camera": "still"},
}


@dataclass
class Blind:
    """A video whose frames must not be looked at."""

    frames: int
    fps: float = 25.0
    kept: int = 1
    upstream: Mapping[str, Any] = field(default_factory=dict)
    names: Sequence[str] = ("test/1",)
    height: int = 240
    width: int = 320
    digest: str = "0" * 64

    def __post_init__(self) -> None:
        seconds = tuple((np.arange(self.frames * self.kept) / self.fps).tolist())
        self.index = Index(self.digest, "pyav", self.frames * self.kept, self.height, self.width, 0, seconds, (0,))

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        raise AssertionError("frames were decoded")


class Pictured(Blind):
    """A video whose frames are an array."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        super().__init__(len(pixels), height=pixels.shape[1], width=pixels.shape[2])

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        for first in range(0, self.frames, rows):
            yield self.pixels[first : first + rows]


def tracker(choice: Mapping[str, Any], context: Context = CONTEXT) -> Any:
    """The backend for a config entry."""
    parameters = dict(choice)
    backend = find("tracks", parameters.pop("backend"))
    return backend(backend.recipe(parameters, context), None)


def ids_of(backend: Any, video: Any, rows: Rows) -> np.ndarray:
    """The ids of all rows."""
    return backend.track(video, rows, lambda frames: None).ids


def table(frames: Sequence[Sequence[Sequence[float]]]) -> Rows:
    """Rows from a list per frame of x1, y1, x2, y2 and, if it is not 0.9, a score."""
    listed = [[*box[:4], box[4] if len(box) > 4 else 0.9] for frame in frames for box in frame]
    values = np.array(listed, np.float64).reshape(-1, 5)
    offsets = np.cumsum([0, *(len(frame) for frame in frames)])
    return Rows(values[:, :4], values[:, 4], offsets)


def walk(frame: float, x: float = 20.0, y: float = 60.0, speed: float = 2.0) -> list[float]:
    """The box of a person 20 pixels wide and 60 tall."""
    left = x + speed * frame
    return [left, y, left + 20, y + 60]


@dataclass(frozen=True)
class Noise:
    """How a detector errs: shares of boxes it misses, jitter of corners in shares of the box, false boxes a frame."""

    missed: float = 0.0
    jitter: float = 0.0
    false: float = 0.0


# What a fair detector does; stated in docs/tracks.md.
FAIR = Noise(missed=0.1, jitter=0.03, false=0.2)
LEAST_VISIBLE = 0.3


def filmed(truth: Truth) -> tuple[Trajectories, Pictured]:
    """True boxes of everybody of whom three tenths or more are seen, and the frames."""
    listed, images = [], []
    for frame in range(truth.frames):
        people = [person for person in truth.people(frame) if person.visible >= LEAST_VISIBLE]
        listed += [(frame, person.track, *person.box) for person in people]
        images.append(truth.image(frame))
    values = np.array(listed, np.float64).reshape(-1, 6)
    who = Trajectories(values[:, 0].astype(np.int64), values[:, 1].astype(np.int64), values[:, 2:])
    return who, Pictured(np.stack(images))


def detected(people: Trajectories, frames: int, noise: Noise, seed: int) -> Rows:
    """True boxes as a detector might give them; scores of right boxes lie around 0.8, of false ones below."""
    rng = np.random.default_rng(seed)
    found: list[list[list[float]]] = []
    for frame in range(frames):
        _, boxes = people.frame(frame)
        kept = boxes[rng.random(len(boxes)) >= noise.missed]
        sides = (kept[:, 2:] - kept[:, :2])[:, [0, 1, 0, 1]]
        scores = np.clip(rng.normal(0.8, 0.1, (len(kept), 1)), 0.3, 1) if noise.jitter else np.ones((len(kept), 1))
        right = np.hstack([kept + rng.normal(0, noise.jitter, kept.shape) * sides, scores])
        corners = rng.random((rng.poisson(noise.false), 2)) * [300, 180]
        false = np.hstack([corners, corners + np.array([20, 50]), rng.uniform(0.2, 0.8, (len(corners), 1))])
        found.append(np.vstack([right, false]).tolist())
    return table(found)
