"""A small store with poses, tracks and labels of videos made here."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

import numpy as np
import pytest

from features.datasets.people import People, people
from features.extract.poses.table import IdsWriter, PosesWriter, rows_of
from features.models.base import Features
from features.store.arrays import ArraySpec
from features.store.recipe import Recipe
from features.store.store import Store
from tests.models.stgnf.closed_form import walking


class MadeRecipe(Recipe):
    kind = "poses"
    backend = "made"


@pytest.fixture
def video(store: Store) -> Callable[..., Features]:
    """`video("a", {1: range(30)})`: a video of 60 frames in which person 1 walks through the first 30."""

    def make(
        name: str, tracks: Mapping[int, Sequence[int]], abnormal: Sequence[int] = (), frames: int = 60
    ) -> Features:
        source = sha256(name.encode()).hexdigest()
        scene = 1 + int(source[:4], 16) % 50
        found = walkers(tracks, scene)
        write(store, source, found, frames)
        write_labels(store, source, np.isin(found.ids, abnormal) * 12)
        return Features(source, frames, 480, 856, "train", lambda kind: store.open(kind, source))

    return make


def walkers(tracks: Mapping[int, Sequence[int]], scene: int) -> People:
    rows = [(frame, person) for person, frames in tracks.items() for frame in frames]
    frames, ids = np.array(rows, np.int64).reshape(-1, 2).T
    poses = [np.empty((0, 17, 3)), *(walking(p, np.asarray(list(f), np.int64), scene) for p, f in tracks.items())]
    return people(frames, ids, np.concatenate(poses))


def write(store: Store, source: str, found: People, frames: int) -> None:
    counts = np.bincount(found.frames, minlength=frames)
    ends = np.cumsum(counts)[:-1]
    with store.create("poses", source, recipe=MadeRecipe(), inputs={"source": source}) as out:
        poses = PosesWriter(out)
        for rows in np.split(rows_of(found), ends):
            poses.frame(rows)
        poses.close()
    with store.create("tracks", source, recipe=MadeRecipe(), inputs={"source": source, "poses": source}) as out:
        tracks = IdsWriter(out)
        for ids in np.split(found.ids, ends):
            tracks.frame(ids)
        tracks.close()


def write_labels(store: Store, source: str, counts: np.ndarray) -> None:
    with store.create("person_labels", source, recipe=MadeRecipe(), inputs={"source": source}) as out:
        out.add(ArraySpec("abnormal_joints", "int16", (), 65536))
        out.append("abnormal_joints", counts.astype(np.int16))
