"""The driver of every feature: one batch of videos, loaded once, worked through and committed video by video.

Backends are functions of arrays; decoding, reading the store, writing, leases, failures and progress are here.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from features.errors import SourceError
from features.extract.devices import machine_for
from features.extract.feature import Feature
from features.extract.frames.recipe import FramesRecipe
from features.extract.frames.stored import StoredFrames
from features.plan.config import Config
from features.plan.job import LOGGER, Job, Progress
from features.plan.listing import Video
from features.plan.receipts import Receipt
from features.plan.registry import find
from features.plan.sources import file_digests, index_of, make_index_of
from features.plan.stages import FeatureStage, Stages, feature_inputs
from features.plan.standing import stages_of, turn
from features.plan.state import open_store, scan_cache
from features.store.artifact import Artifact
from features.store.store import Store
from features.video.index import Index, shortfall
from features.video.reading import read_blocks
from features.video.sampling import frame_size, sampled_frames
from features.video.scan import ScanCache


@dataclass(frozen=True)
class Input:
    """One video as a feature sees it (`features.extract.feature.VideoInput`)."""

    video: Video
    index: Index
    sampled: FramesRecipe
    upstream: Mapping[str, Artifact]
    stored: Artifact | None

    @property
    def digest(self) -> str:
        """sha256 of the source."""
        return self.index.digest

    @property
    def names(self) -> Sequence[str]:
        """What the source is called here."""
        return (self.video.id,)

    @property
    def path(self) -> Path:
        """The file, or the folder of images."""
        return self.video.path

    @property
    def files(self) -> Mapping[str, Path]:
        """The files that were published beside the video, by role."""
        return self.video.files

    @cached_property
    def numbers(self) -> np.ndarray:
        """int64 (frames,): the frames of the source that the sampling policy keeps."""
        return sampled_frames(self.index, self.sampled.sampling)

    @property
    def frames(self) -> int:
        """Frames that the sampling policy keeps."""
        return len(self.numbers)

    @property
    def height(self) -> int:
        """Pixels of a frame as handed out."""
        return frame_size(self.index, self.sampled.sampling)[0]

    @property
    def width(self) -> int:
        """Pixels of a frame as handed out."""
        return frame_size(self.index, self.sampled.sampling)[1]

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        """uint8 (up to `rows`, height, width, 3) RGB: from the stored frames where there are any, else decoded.

        Raises SourceError where there are no pictures.
        """
        if self.video.recording is not None:
            raise SourceError(
                f"{self.video.path} was published without pictures; ask only for features that are imported"
            )
        if self.stored is not None:
            return StoredFrames(self.stored).blocks(rows)
        return read_blocks(self.video.path, self.index, self.sampled.sampling, rows)


class Extraction:
    """One feature of a config, ready to be computed: its network is loaded once, and only if it is needed."""

    def __init__(self, config: Config, stages: Stages, kind: str, threads: int) -> None:
        self.stages = stages
        self.stage: FeatureStage = stages.feature(kind)
        self.store: Store = open_store(config)
        self.scans: ScanCache = scan_cache(self.store)
        self.machine = machine_for(config.device, threads)

    @cached_property
    def feature(self) -> Feature:
        """The feature with its network loaded."""
        found: Feature = find("feature", self.stage.kind)(self.stage.recipe, self.machine)
        return found

    def write(self, video: Video, index: Index, into: Store, progress: Callable[[int], None]) -> int:
        """Compute one video from what this store holds and commit it `into` a store; its number of frames.

        Raises SourceError where the video cannot be used.
        """
        files = file_digests(self.scans, video, self.stages.roles)
        keys = self.stages.keys(index.digest, files)
        with ExitStack() as stack:
            seen = self._input(video, index, keys, stack)
            out = stack.enter_context(
                into.create(
                    self.stage.kind,
                    keys[self.stage.kind],
                    recipe=self.stage.recipe,
                    inputs=feature_inputs(self.stage, index.digest, files, keys),
                    names=seen.names,
                    device=self.machine.device,
                )
            )
            self.feature.extract(seen, out, progress)
        return seen.frames

    def _input(self, video: Video, index: Index, keys: Mapping[str, str], stack: ExitStack) -> Input:
        upstream = {kind: stack.enter_context(self.store.open(kind, keys[kind])) for kind in self.stage.reads}
        sampled = self.stages.recipes["frames"]
        assert isinstance(sampled, FramesRecipe)
        stored = None
        if self.stage.kind != "frames" and "frames" in keys and self.store.has("frames", keys["frames"]):
            stored = stack.enter_context(self.store.open("frames", keys["frames"]))
        return Input(video, index, sampled, upstream, stored)


class Batch:
    """The work of one job: the videos of one batch through one feature."""

    def __init__(self, job: Job, kind: str) -> None:
        self.work = Extraction(job.plan.config, stages_of(job.plan), kind, job.threads)
        self.receipt = job.receipt(device=self.work.machine.device, recipe=self.work.stage.recipe.digest)
        self.progress = Progress(job.plan.batch(job.rule, job.batch).frames)
        self._elsewhere: list[tuple[Video, Index, str]] = []
        self._retry = job.plan.config.retry == "failed"

    def work_on(self, video: Video) -> None:
        """One video: reuse, skip, or compute and commit; a video that cannot be used becomes a recorded failure."""
        work = self.work
        kind, store = work.stage.kind, work.store
        index = index_of(work.scans, video)
        files = file_digests(work.scans, video, work.stages.roles)
        if index is None or not all(files.values()):
            self._skip(video, f"not indexed ({work.scans.problem(video.path) or 'its scan did not end'})")
            return
        keys = work.stages.keys(index.digest, files)
        if store.has(kind, keys[kind]):
            self.receipt.reused.append(video.id)
        elif not self._retry and (failure := store.failure(kind, keys[kind])):
            self.receipt.failed[video.id] = failure.reason
        elif lacking := [above for above in work.stage.reads if not store.has(above, keys[above])]:
            self._skip(video, f"has no {', '.join(lacking)}")
        else:
            with store.lease(kind, keys[kind]) as ours:
                if ours and store.has(kind, keys[kind]):
                    self.receipt.reused.append(video.id)
                elif ours:
                    self._compute(video, index, keys[kind])
                else:
                    LOGGER.info("%s: another job is at it; looked at again when the batch is done", video.id)
                    self._elsewhere.append((video, index, keys[kind]))

    def finish(self) -> None:
        """Come back to the videos that other jobs were at: wait for each, and compute it should its job have died."""
        kind, store = self.work.stage.kind, self.work.store
        for video, index, key in self._elsewhere:
            with turn(store, kind, key) as ours:
                if ours:
                    self._compute(video, index, key)
                elif failure := store.failure(kind, key):
                    self.receipt.failed[video.id] = failure.reason
                else:
                    self.receipt.reused.append(video.id)

    def _skip(self, video: Video, why: str) -> None:
        LOGGER.info("%s: %s; skipped", video.id, why)
        self.receipt.skipped.append(video.id)

    def _compute(self, video: Video, index: Index, key: str) -> None:
        kind, store = self.work.stage.kind, self.work.store
        start = time.perf_counter()
        try:
            frames = self.work.write(video, index, store, _Counter(self.progress))
        except SourceError as error:
            LOGGER.warning("%s: %s", video.id, error)
            store.fail(kind, key, str(error), name=video.id, where=str(video.path))
            self.receipt.failed[video.id] = str(error)
            return
        self.receipt.computed.append(video.id)
        self.receipt.frames += frames
        self.receipt.seconds = round(self.receipt.seconds + time.perf_counter() - start, 3)
        self.receipt.bytes += store.size(kind, key)


def extract_batch(job: Job, kind: str) -> Receipt:
    """Work through one batch of one feature."""
    batch = Batch(job, kind)
    for video in job.plan.members(job.rule, job.batch):
        batch.work_on(video)
    batch.finish()
    return batch.receipt


def index_batch(job: Job) -> Receipt:
    """Read every video of one batch once, with the files published beside it.

    What cannot be decoded is remembered with its reason.
    """
    store = open_store(job.plan.config)
    scans = scan_cache(store)
    receipt = job.receipt()
    progress = Progress(job.plan.batch(job.rule, job.batch).frames)
    for video in job.plan.members(job.rule, job.batch):
        start = time.perf_counter()
        known = index_of(scans, video)
        try:
            index = known or make_index_of(scans, video)
            for path in video.files.values():
                if not scans.digest(path):
                    scans.note(path)
        except SourceError as error:
            LOGGER.warning("%s: %s", video.id, error)
            receipt.failed[video.id] = str(error)
            continue
        if index.problem or index.damaged:
            LOGGER.warning("%s: %s", video.id, shortfall(index))
        (receipt.reused if known else receipt.computed).append(video.id)
        if not known:
            receipt.frames += index.frames
            receipt.seconds = round(receipt.seconds + time.perf_counter() - start, 3)
        progress.add(index.frames)
    return receipt


class _Counter:
    """Turns a feature's `frames done in this video` into a batch's count."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._before = 0

    def __call__(self, done: int) -> None:
        self._progress.add(done - self._before)
        self._before = done
