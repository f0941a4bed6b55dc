"""By which recipe published clip features were made: a few videos computed again under every preset that may fit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from features.errors import ConfigError, SourceError, WeightsError
from features.evaluate.compare.attempts import Attempt, attempts, changes
from features.evaluate.compare.beginnings import Flows, flows, needed
from features.evaluate.compare.channels import Half
from features.evaluate.compare.clips import ClipSet, compare_clips
from features.evaluate.compare.described import same_rows
from features.evaluate.compare.finding import Finding
from features.evaluate.compare.values import centred_cosine
from features.evaluate.compare.vectors import cosines
from features.extract.clips.backend import ClipRows
from features.extract.clips.compute import joined
from features.extract.clips.recipe import backend_of
from features.extract.clips.segments import SEGMENT_RULES, segment_means
from features.extract.driver import Input
from features.extract.feature import Machine
from features.plan.job import LOGGER
from features.plan.listing import Video
from features.video.index import Index

# Mean cosines from which a recipe is held to be the one: what is left are decoders, JPEG files and rounding.
FOUND, FOUND_CENTRED = 0.999, 0.98
# Clips of one video that are computed for each change of the best recipe.
TRIED_CLIPS = 4
# Changes that are made one after the other.
ROUNDS = 2


@dataclass(frozen=True)
class Source:
    """A video to compute from."""

    path: Path
    index: Index


@dataclass(frozen=True)
class Ranked:
    """How near features that were made again are to the published ones.

    cosine   mean over videos, clips and crops
    centred  the same without what all clips of a video share
    ratio    of the norms, published to computed: the median of the videos
    sets     video -> what was computed
    """

    name: str
    attempt: Attempt
    cosine: float
    centred: float
    ratio: float
    sets: Mapping[str, np.ndarray] = field(repr=False)

    @property
    def found(self) -> bool:
        """Whether this is how the features were made; of single clips nothing is left without what they share."""
        single = all(len(found) == 1 for found in self.sets.values())
        return self.cosine >= FOUND and (single or self.centred >= FOUND_CENTRED)


@dataclass(frozen=True)
class Match:
    """What came of computing features again.

    ranking     the best first
    changed     the best one with one thing changed, or two, the best first; empty where it needs no change
    impossible  name of a preset -> why it was not computed
    remarks     video -> what distinguishes the published features from the best
    """

    ranking: tuple[Ranked, ...]
    changed: tuple[Ranked, ...]
    impossible: Mapping[str, str]
    remarks: Mapping[str, Sequence[Finding]]


def match(
    published: Mapping[str, ClipSet],
    videos: Mapping[str, Source],
    weights: Sequence[Path],
    machine: Machine,
    clips: int | None = None,
) -> Match:
    """Compute the first `clips` (None: all) of each video under every preset that may fit, and rank them.

    Of segments whole videos are computed, since each is a mean over a part of the video.
    """
    segments = same_rows(list(published.values()))
    possible, impossible = attempts(next(iter(published.values())).features.shape, weights)
    with flows(machine) as kept:
        again = Again(published, videos, machine, None if segments else clips, segments, kept)
        ranking, failed = _ranked(possible, again)
        if not ranking:
            return Match((), (), impossible | failed, {})
        best = ranking[0]
        changed = () if segments or best.found else tuple(_changed(best, again))
    return Match(tuple(ranking), changed, impossible | failed, _remarks(best, published))


@dataclass(frozen=True)
class Again:
    """Features computed again, to be compared with the published ones.

    clips     of each video, from its first on; None: all
    segments  whether published rows are segments: then each of the rules that make them is tried
    flows     of the recipes that see flow
    """

    published: Mapping[str, ClipSet]
    videos: Mapping[str, Source]
    machine: Machine
    clips: int | None
    segments: bool
    flows: Flows

    def near(self, attempt: Attempt) -> Iterator[Ranked]:
        """How near an attempt comes; where rows are segments, with each of the rules that make them.

        Raises WeightsError or ConfigError where it cannot be computed, SourceError where no video can be used.
        """
        made = first_clips(attempt, self.videos, self.machine, self.clips, self.flows)
        if not self.segments:
            yield _near(attempt.name, attempt, self.published, made)
            return
        for rule, bounds in SEGMENT_RULES.items():
            rows = {name: self.published[name].features.shape[0] for name in made}
            means = {name: segment_means(found, bounds(len(found), rows[name])) for name, found in made.items()}
            yield _near(f"{attempt.name}, segments by {rule}", attempt, self.published, means)


def _ranked(possible: Sequence[Attempt], again: Again) -> tuple[list[Ranked], dict[str, str]]:
    """What could be computed, the nearest first; and name -> why it could not."""
    ranking: list[Ranked] = []
    failed: list[tuple[Attempt, str]] = []
    for attempt in possible:
        try:
            ranking += again.near(attempt)
        except (WeightsError, ConfigError, SourceError) as error:
            failed.append((attempt, str(error)))
    ranking.sort(key=lambda each: -each.cosine)
    # Weights of one stream are not those of the other, which nobody has to be told.
    used = {each.attempt.weights for each in ranking}
    return ranking, {attempt.name: why for attempt, why in failed if attempt.weights not in used}


def first_clips(
    attempt: Attempt, videos: Mapping[str, Source], machine: Machine, clips: int | None, kept: Flows
) -> dict[str, np.ndarray]:
    """The features (clips, crops, channels) of the first clips of each video; its network is loaded once.

    A video that this recipe cannot use is left out with a warning.

    Raises SourceError where no video can be used.
    """
    recipe, flow = attempt.recipe(), attempt.flow
    backend = backend_of(recipe)(recipe.source, machine)
    found: dict[str, np.ndarray] = {}
    reason = "there are no videos"
    for name, source in videos.items():
        video = Input(Video(name, source.path, "test"), source.index, recipe.frames, {}, None)
        try:
            if flow is not None:
                video = replace(video, upstream={"flow": kept.of(video, flow, needed(recipe, video, clips))})
            found[name] = joined(list(_first(backend.clips(video, _silent), clips))).features[:clips]
        except SourceError as error:
            reason = str(error)
            LOGGER.warning("%s is left out: %s", name, reason)
    if not found:
        raise SourceError(reason)
    return found


def _first(rows: Iterator[ClipRows], clips: int | None) -> Iterator[ClipRows]:
    """As many as hold so many clips."""
    seen = 0
    for some in rows:
        yield some
        seen += len(some.start)
        if clips is not None and seen >= clips:
            return


def _near(name: str, attempt: Attempt, published: Mapping[str, ClipSet], made: Mapping[str, np.ndarray]) -> Ranked:
    """How near features that were made are to the published ones, clip by clip from the first on."""
    pairs = [_paired(found, published[video], attempt.half) for video, found in made.items()]
    ratios = [float(np.median(_norms(theirs)) / max(np.median(_norms(ours)), 1e-12)) for ours, theirs in pairs]
    return Ranked(
        name,
        attempt,
        float(np.mean([cosines(ours, theirs).mean() for ours, theirs in pairs])),
        float(np.mean([centred_cosine(ours, theirs) for ours, theirs in pairs])),
        float(np.median(ratios)),
        made,
    )


def _paired(made: np.ndarray, published: ClipSet, half: Half | None) -> tuple[np.ndarray, np.ndarray]:
    """Both with as many clips; of ten crops against one the crop that is most like it."""
    rows = min(len(made), published.features.shape[0])
    theirs = np.asarray(published.features[:rows], np.float32)
    theirs = half.of(theirs) if half else theirs
    ours = made[:rows]
    if ours.shape[1] == theirs.shape[1]:
        return ours, theirs
    best = int(np.argmax([cosines(ours[:, crop], theirs[:, 0]).mean() for crop in range(ours.shape[1])]))
    return ours[:, [best]], theirs


def _norms(features: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(features, axis=-1))


def _changed(best: Ranked, again: Again) -> list[Ranked]:
    """The best attempt with one thing changed, then with another, on one video; what comes nearer than before."""
    video = next(iter(best.sets))
    few = replace(again, videos={video: again.videos[video]}, clips=TRIED_CLIPS)
    kept = _near(best.name, best.attempt, again.published, {video: best.sets[video][:TRIED_CLIPS]})
    found: list[Ranked] = []
    for _ in range(ROUNDS):
        tried = [each for attempt in changes(kept.attempt) for each in few.near(attempt)]
        nearer = sorted((each for each in tried if each.cosine > kept.cosine), key=lambda each: -each.cosine)
        found += nearer
        if not nearer or nearer[0].found:
            break
        kept = nearer[0]
    return sorted(found, key=lambda each: -each.cosine)


def _remarks(best: Ranked, published: Mapping[str, ClipSet]) -> dict[str, list[Finding]]:
    """Video -> what distinguishes its published features from those of the best attempt."""
    found: dict[str, list[Finding]] = {}
    for video, made in best.sets.items():
        theirs = published[video]
        rows = np.asarray(theirs.features[: len(made)], np.float32)
        rows = best.attempt.half.of(rows) if best.attempt.half else rows
        difference = compare_clips(ClipSet(best.name, made), ClipSet("published", rows))
        found[video] = [each for each in difference.findings if not each.alike and each.topic != "shape"]
    return found


def _silent(frames: int) -> None:
    """Progress of a video, which is not worth saying."""
