"""People for tests: made up, or made by hypothesis."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from features.datasets.people import NOBODY, People, people

FIELDS = ("frames", "ids", "keypoints", "scores", "boxes")
NUMBERS = st.floats(-1e4, 1e4, allow_nan=False)
PLACES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)), max_size=12, unique=True)


def crowd(persons: int = 2, frames: int = 5, boxes: bool = False, scores: bool = True) -> People:
    """Persons who are in every frame."""
    rng = np.random.default_rng(persons * 100 + frames)
    rows = persons * frames
    keypoints = np.concatenate([rng.uniform(0, 300, (rows, 17, 2)), rng.uniform(0.1, 1, (rows, 17, 1))], axis=-1)
    corners = np.sort(rng.uniform(0, 300, (rows, 2, 2)), axis=1).reshape(rows, 4)
    return people(
        np.repeat(np.arange(frames), persons),
        np.tile(np.arange(1, persons + 1), frames),
        keypoints,
        rng.uniform(1, 3, rows) if scores else None,
        np.concatenate([corners, np.full((rows, 1), np.nan)], axis=1) if boxes else None,
    )


@st.composite
def crowds(draw: st.DrawFn, boxes: bool = False, named: bool = True, plain: bool = False) -> People:
    """Any people, in the order of files: by frame, then by id. `plain`: float32, joints there or missing, no scores."""
    places = sorted(draw(PLACES))
    numbers = st.floats(-1e4, 1e4, width=32, allow_nan=False) if plain else NUMBERS
    points = st.lists(numbers, min_size=34, max_size=34)
    confidence = st.lists(st.sampled_from([0.0, 1.0]) if plain else NUMBERS, min_size=17, max_size=17)
    rows = [
        np.concatenate([np.reshape(draw(points), (17, 2)), np.reshape(draw(confidence), (17, 1))], axis=1)
        for _ in places
    ]
    size = st.floats(0, 1e3, allow_nan=False)
    boxed = [
        [x, y, x + draw(size), y + draw(size), np.nan] for x, y in (draw(st.tuples(NUMBERS, NUMBERS)) for _ in places)
    ]
    return people(
        np.array([frame for frame, _ in places], np.int64),
        np.array([person if named else NOBODY for _, person in places], np.int64),
        np.reshape(rows, (-1, 17, 3)),
        None if plain else np.array([draw(NUMBERS) for _ in places]),
        np.reshape(boxed, (-1, 5)) if boxes else None,
    )


def same(one: People, other: People, boxes: float = 0.0) -> None:
    """Both are equal to the last bit; boxes up to a tolerance in pixels."""
    for name in FIELDS[:-1]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_allclose(one.boxes, other.boxes, rtol=0, atol=boxes, equal_nan=True)


def pose(x: float = 10.0, score: float = 0.9) -> list[float]:
    """51 numbers: joints in a row."""
    return [number for joint in range(17) for number in (x + joint, 20.0 + joint, score)]


def tracked(frames: Any, x: float = 10.0) -> dict[str, Any]:
    """A person of tracked-person JSON in these frames (numbers, padded to four digits, or keys as they are)."""
    keys = [frame if isinstance(frame, str) else f"{frame:04d}" for frame in frames]
    return {key: {"keypoints": pose(x + int(key)), "scores": 2.5} for key in keys}
