"""What a job over all videos finds when its turn comes: the frozen plan, looked at anew."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from time import sleep

import numpy as np

from features.errors import ConfigError, StoreError
from features.plan.job import LOGGER, Job
from features.plan.plan import Plan
from features.plan.sources import index_of
from features.plan.stages import Stages, resolve
from features.plan.state import State, look, open_store, scan_cache
from features.store.store import Store
from features.video.index import Index
from features.video.sampling import Sampling, frame_size, sampled_frames
from features.video.scan import ScanCache

# Between two looks at what another job is making.
WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Standing:
    """Recipes, store, and what the store holds now."""

    plan: Plan
    stages: Stages
    store: Store
    state: State

    def require(self, rows: Sequence[int], kinds: Sequence[str], splits: Sequence[str]) -> None:
        """Make sure that videos of some splits can be worked with.

        Raises StoreError where there are none, or an artifact is not there: its job did not end.
        """
        lacking = [(row, kind) for row in rows for kind in kinds if not self.state.present[kind][row]]
        if lacking:
            row, kind = lacking[0]
            raise StoreError(
                f"{self.state.videos[row].id} has no {kind} yet, nor have {len(lacking) - 1} more; "
                "start snakemake again to compute what is missing"
            )
        if splits and not rows:
            listed = any(video.split in splits for video in self.state.videos)
            why = "is left to work with; see the failures listed above" if listed else "is in this data set"
            raise StoreError(f"no video of {' and '.join(splits)} {why}")

    def frame_numbers(self, row: int) -> np.ndarray:
        """int64: native numbers of the frames that the `frames` recipe keeps of a video.

        Raises StoreError where the video changed, or was never read.
        """
        return sampled_frames(self._index(row), self._sampling)

    def size(self, row: int) -> tuple[int, int]:
        """Height and width of a video's frames under the `frames` recipe. Raises StoreError as above."""
        return frame_size(self._index(row), self._sampling)[:2]

    def frames(self, row: int) -> int:
        """Frames that the `frames` recipe keeps of a video."""
        return len(self.frame_numbers(row))

    def _index(self, row: int) -> Index:
        index = index_of(self.scans, self.state.videos[row])
        if index is None:
            raise StoreError(f"{self.state.videos[row].id} changed while the run went on; start snakemake again")
        return index

    @property
    def _sampling(self) -> Sampling:
        sampling: Sampling = self.stages.recipes["frames"].sampling  # type: ignore[attr-defined]
        return sampling

    @cached_property
    def scans(self) -> ScanCache:
        """What scans know of paths."""
        return scan_cache(self.store)


def stages_of(plan: Plan) -> Stages:
    """The stages of a plan's config, by the recipes that it was made with.

    Raises ConfigError where a recipe has changed since, e.g. by a weights file that was replaced.
    """
    stages = resolve(plan.config, plan.dataset)
    for stage in stages.features:
        if plan.recipes.get(stage.kind) != stage.recipe.digest:
            raise ConfigError(f"the recipe of {stage.kind} changed since the run was planned; start snakemake again")
    return stages


def standing(job: Job) -> Standing:
    """Look at every video of the plan."""
    stages = stages_of(job.plan)
    store = open_store(job.plan.config)
    return Standing(job.plan, stages, store, look(job.plan.videos(), stages, store))


@contextmanager
def turn(store: Store, kind: str, key: str) -> Iterator[bool]:
    """Whether an artifact is ours to compute; waits while another job is at it, and ends when it is there or failed."""
    said = False
    while not store.has(kind, key) and store.failure(kind, key) is None:
        with store.lease(kind, key) as ours:
            if ours:
                yield not store.has(kind, key)
                return
        if not said:
            LOGGER.info("%s %s is being computed by another job; waiting for it", kind, key[:12])
            said = True
        sleep(WAIT_SECONDS)
    yield False
