"""What the store holds of what a config asks for, at this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from features.errors import ConfigError
from features.plan.config import Config
from features.plan.listing import Annotation, Listing, Video
from features.plan.published import with_published
from features.plan.registry import find, nearest
from features.plan.sources import only, scan_of
from features.plan.stages import FeatureStage, ModelStage, Stages
from features.store.digest import artifact_key, digest
from features.store.outcomes import Failure
from features.store.store import Store
from features.video.scan import ScanCache


@dataclass(frozen=True)
class State:
    """One row for each video of the data set; everything else is asked by row.

    sources   digest of each video, "" where it was never scanned
    problems  why a video cannot be decoded, "" where it can
    frames    int64 (videos,): 0 where never scanned
    heights, widths   int64 (videos,): pixels of the source
    files     role -> digest of each video's published file of that role, "" where it was never scanned
    keys      kind -> key of each video, "" where it is not known yet
    present   kind -> bool (videos,)
    failed    kind -> row -> the recorded failure, its own or the one upstream that it stands on
    """

    videos: Sequence[Video]
    sources: Sequence[str]
    problems: Sequence[str]
    frames: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    files: Mapping[str, Sequence[str]]
    keys: Mapping[str, Sequence[str]]
    present: Mapping[str, np.ndarray]
    failed: Mapping[str, Mapping[int, Failure]] = field(default_factory=dict)

    @property
    def known(self) -> np.ndarray:
        """bool (videos,): scanned before with all files that are read, whether decodable or not."""
        columns = [self.sources, *self.files.values()]
        known = np.ones(len(self.sources), bool)
        for column in columns:
            known &= np.fromiter(map(bool, column), bool, len(column))
        return known

    def missing(self, kind: str) -> np.ndarray:
        """bool (videos,): not there, and not known to fail."""
        wanted = ~self.present[kind]
        for row in self.failed[kind]:
            wanted[row] = False
        return wanted

    def usable(self, kinds: Sequence[str], splits: Sequence[str]) -> list[int]:
        """Rows of the splits that are known and did not fail in any of the kinds: what a model is made from."""
        dropped = {row for kind in kinds for row in self.failed[kind]}
        return [
            row
            for row, video in enumerate(self.videos)
            if video.split in splits
            and row not in dropped
            and self.sources[row]
            and not self.problems[row]
            and all(self.keys[kind][row] for kind in kinds)
        ]

    def training_rows(self, stage: ModelStage) -> list[int]:
        """Rows of the videos that a model is trained on.

        A model that is not taught takes what it sees for normal, so that abnormal training videos are kept from it.
        """
        rows = self.usable(stage.reads, stage.trains_on)
        return rows if stage.taught else [row for row in rows if not _abnormal_training(self.videos[row])]

    def scoring_rows(self, stage: ModelStage) -> list[int]:
        """Rows of the videos that a model scores."""
        return self.usable(stage.reads, stage.scores_on)

    def model_key(self, stage: ModelStage) -> str:
        """The key of a model, from what it is trained on and what it is told of that."""
        rows = self.training_rows(stage)
        return artifact_key(stage.recipe.digest, [*self._input_keys(stage, rows), *self.told(stage, rows)])

    def scores_key(self, stage: ModelStage) -> str:
        """The key of a model's scores, from the model and what it scores."""
        inputs = self._input_keys(stage, self.scoring_rows(stage))
        return artifact_key(stage.scores.digest, [self.model_key(stage), *inputs])

    def _input_keys(self, stage: ModelStage, rows: Sequence[int]) -> list[str]:
        return [self.keys[kind][row] for row in rows for kind in stage.reads]

    def annotation(self, stage: ModelStage, row: int) -> Annotation | None:
        """What a model is taught of a training video; when something happens only where it is taught frames."""
        found = self.videos[row].annotation if stage.taught else None
        return found if found is None or stage.taught == "frames" else Annotation(found.category)

    def told(self, stage: ModelStage, rows: Sequence[int]) -> list[str]:
        """The digest of the annotations that a model is taught by, whatever the videos are called; [] without any."""
        if not stage.taught:
            return []
        known = [(self.sources[row], self.annotation(stage, row)) for row in rows]
        told = [[source, None if found is None else [found.category, found.runs]] for source, found in known]
        return [digest("annotations", sorted(told, key=str))]


def _abnormal_training(video: Video) -> bool:
    return video.split == "train" and video.annotation is not None and video.annotation.abnormal


def open_dataset(config: Config) -> Listing:
    """The data set of a config."""
    dataset: Listing = find("dataset", config.dataset_name)(
        config.root, config.work / "datasets", **config.dataset_options
    )
    return dataset


def list_videos(config: Config, dataset: Listing, stages: Stages) -> list[Video]:
    """The videos of a data set, with the published files that its features read.

    Raises ConfigError where published files are named that no feature reads, or no video has the pictures that a
    feature needs.
    """
    for role in config.published:
        if role not in stages.roles:
            read = ", ".join(stages.roles) or "none"
            hint = nearest(role, stages.roles)
            raise ConfigError(f"published: no feature of the config reads {role!r}{hint}; they read: {read}")
    videos = only(with_published(dataset.videos(), config.published), stages.roles)
    if videos and all(video.recording for video in videos):
        for stage in stages.features:
            if find("feature", stage.kind).decodes(stage.recipe):
                raise ConfigError(
                    f"{stage.kind} needs pictures, and {dataset.name} was published without them, as poses only; "
                    f"take {stage.kind} out of 'features', or import it"
                )
    return videos


def open_store(config: Config) -> Store:
    """The store of a config, made where there is none."""
    return Store(config.store, config.format, create=True)


def scan_cache(store: Store) -> ScanCache:
    """What earlier scans know of paths, kept with the store."""
    return ScanCache(store.path / "sources")


def look(videos: Sequence[Video], stages: Stages, store: Store, retry: bool = False) -> State:
    """Ask scan cache and store about every video; nothing is read but names and small files.

    With `retry`, recorded failures count as if they had never been tried.
    """
    scan = scan_of(scan_cache(store), videos, stages.roles)
    untried = [retry and bool(problem) for problem in scan.problems]
    sources = ["" if again else source for source, again in zip(scan.digests, untried, strict=True)]
    problems = ["" if again else problem for problem, again in zip(scan.problems, untried, strict=True)]
    keys = _keys(stages, sources, scan.files)
    usable = np.fromiter((not problem for problem in problems), bool, len(problems))
    present = {kind: _present(store, kind, listed) & usable for kind, listed in keys.items()}
    failed: dict[str, dict[int, Failure]] = {}
    for stage in stages.features:
        recorded = {} if retry else store.failures(stage.kind, [key for key in keys[stage.kind] if key])
        failed[stage.kind] = _failures(stage, recorded, keys[stage.kind], present[stage.kind], problems, failed)
    return State(videos, sources, problems, scan.frames, scan.heights, scan.widths, scan.files, keys, present, failed)


def _keys(stages: Stages, sources: Sequence[str], files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for stage in stages.features:
        inputs = [sources, *(keys[kind] for kind in stage.reads), *(files[role] for role in stage.files)]
        recipe = stage.recipe.digest
        keys[stage.kind] = [artifact_key(recipe, parts) if all(parts) else "" for parts in zip(*inputs, strict=True)]
    return keys


def _present(store: Store, kind: str, keys: Sequence[str]) -> np.ndarray:
    known = np.fromiter((bool(key) for key in keys), bool, len(keys))
    present = np.zeros(len(keys), bool)
    if known.any():
        present[known] = store.present(kind, [key for key in keys if key])
    return present


def _failures(
    stage: FeatureStage,
    recorded: Mapping[str, Failure],
    keys: Sequence[str],
    present: np.ndarray,
    problems: Sequence[str],
    above: Mapping[str, Mapping[int, Failure]],
) -> dict[int, Failure]:
    """Rows that have no artifact of this kind and will not get one: undecodable, failed, or without input."""
    found = {
        row: Failure(stage.kind, keys[row], reason, name="", where="index", time=0.0)
        for row, reason in enumerate(problems)
        if reason
    }
    for kind in stage.reads:
        found |= above[kind]
    if recorded:
        found |= {row: recorded[key] for row, key in enumerate(keys) if key in recorded}
    return {row: failure for row, failure in found.items() if not present[row]}
