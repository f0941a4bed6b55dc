"""Compute a sample of a store's artifacts again, and say how far the numbers are from what is kept."""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.errors import NotStored, SourceError
from features.extract.driver import Extraction
from features.plan.config import Config
from features.plan.listing import Video
from features.plan.sources import file_digests, index_of
from features.plan.stages import Stages, resolve
from features.plan.state import list_videos, look, open_dataset, open_store
from features.store.artifact import Artifact
from features.store.store import Store

ROWS = 64


@dataclass(frozen=True)
class Difference:
    """How far one artifact is from the same one computed now.

    largest   array -> largest absolute difference, in the array's units; infinite where shapes or holes differ
    """

    kind: str
    video: str
    key: str
    largest: dict[str, float]


def recompute(config: Config, share: float, seed: int | None = None) -> Iterator[Difference]:
    """Compute a random share (0 to 1, one artifact at least) of a config's features again, in a store of its own.

    Raises NotStored where the store holds none of them, since nothing compared is no proof of anything.
    """
    dataset = open_dataset(config)
    stages = resolve(config, dataset.name)
    store = open_store(config)
    state = look(list_videos(config, dataset, stages), stages, store)
    there = [
        (kind, row) for kind in stages.kinds for row, present in enumerate(state.present[kind].tolist()) if present
    ]
    if not there:
        raise NotStored(
            f"{config.store} holds no feature that the config asks for of a video that was read where it lies now, so "
            "nothing can be computed again; run the pipeline, or name another config"
        )
    chosen = random.Random(seed).sample(there, min(len(there), max(1, round(share * len(there)))))  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="features-recompute-") as folder:
        aside = Store(Path(folder) / "store", config.format, create=True)
        for kind, row in sorted(chosen):
            yield _again(config, stages, kind, state.videos[row], aside)


def _again(config: Config, stages: Stages, kind: str, video: Video, aside: Store) -> Difference:
    work = Extraction(config, stages, kind, threads=1)
    index = index_of(work.scans, video)
    files = file_digests(work.scans, video, stages.roles)
    if index is None or not all(files.values()):
        raise SourceError(f"{video.id} changed while its artifacts were looked at; say the command again")
    key = stages.keys(index.digest, files)[kind]
    work.write(video, index, aside, _silent)
    with work.store.open(kind, key) as kept, aside.open(kind, key) as made:
        return Difference(kind, video.id, key, {name: largest_difference(kept, made, name) for name in kept.names})


def largest_difference(kept: Artifact, made: Artifact, name: str) -> float:
    """The largest absolute difference of one array in two artifacts; infinite where shapes or holes differ."""
    first, second = kept[name], made[name]
    if first.shape != second.shape:
        return float("inf")
    largest = 0.0
    for start in range(0, first.shape[0], ROWS):
        rows = slice(start, min(start + ROWS, first.shape[0]))
        one, two = np.asarray(first[rows], np.float64), np.asarray(second[rows], np.float64)
        if not np.array_equal(np.isnan(one), np.isnan(two)):
            return float("inf")
        largest = max(largest, float(np.nanmax(np.abs(one - two), initial=0.0)))
    return largest


def _silent(frames: int) -> None:
    """Progress of one video, which is not worth saying."""
