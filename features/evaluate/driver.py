"""The driver of the evaluation: every model and every baseline, judged on the same videos, in one artifact."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import numpy as np

from features.datasets.base import Dataset
from features.evaluate.baselines import BASELINES, baseline_scores
from features.evaluate.evaluation import Alarms, Place, Result, Role, alarms, combine, evaluate, unjudged
from features.evaluate.guards import UNKNOWN
from features.evaluate.oracles import ORACLES
from features.evaluate.places import NO_TRACKS, MaskedVideo, locate, sampled
from features.evaluate.protocols import Protocol, find_protocols
from features.evaluate.recipe import EvaluationRecipe
from features.evaluate.scores import Scores, Threshold
from features.plan.evaluation import annotated, classes, evaluation_inputs, evaluation_recipe, judged_rows
from features.plan.job import LOGGER, Job
from features.plan.receipts import Receipt
from features.plan.standing import Standing, standing, turn
from features.plan.state import open_dataset
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter
from features.store.digest import artifact_key

LABELS, CURVES, VIDEO_OFFSETS = "labels", "curves", "video_offsets"


@dataclass(frozen=True)
class System:
    """A model, a baseline or an oracle, with its scores: video id -> float (frames,), and the threshold it noted.

    snapshots  video id -> float (frames, snapshots); empty where there are none, or none are judged
    """

    name: str
    role: Role
    scores: Mapping[str, np.ndarray]
    transductive: bool = False
    threshold: Threshold | None = None
    snapshots: Mapping[str, np.ndarray] = field(default_factory=dict)


def evaluate_scores(job: Job) -> Receipt:
    """Evaluate all models and baselines of the config, unless the store has it."""
    now = standing(job)
    dataset = cast(Dataset, open_dataset(job.plan.config))
    recipe = cast(EvaluationRecipe, evaluation_recipe(job.plan.config, now.stages, now.state.videos))
    inputs = evaluation_inputs(recipe, dataset, now.stages, now.state)
    key = artifact_key(recipe.digest, [entry for listed in inputs.values() for entry in listed])
    rows = judged_rows(recipe, now.stages, now.state)
    receipt = job.receipt(recipe=recipe.digest)
    start = time.perf_counter()
    with turn(now.store, "evaluation", key) as ours:
        if ours:
            names = [now.state.videos[row].id for row in rows]
            with now.store.create("evaluation", key, recipe=recipe, inputs=inputs, names=names) as out:
                _evaluate(now, dataset, recipe, rows, out)
            receipt.seconds = round(time.perf_counter() - start, 3)
            receipt.bytes = now.store.size("evaluation", key)
    (receipt.computed if ours else receipt.reused).append(dataset.name)
    return receipt


def _evaluate(
    now: Standing, dataset: Dataset, recipe: EvaluationRecipe, rows: Sequence[int], out: ArtifactWriter
) -> None:
    frames = {now.state.videos[row].id: now.frames(row) for row in rows}
    labels = {video: _labels(now, dataset, row) for video, row in zip(frames, rows, strict=True)}
    protocols = find_protocols(now.plan.config.protocols)
    picks = any(protocol.picks for protocol in protocols)
    systems = [*_models(now, rows, picks), *_baselines(now, recipe, frames, rows), *_oracles(recipe, labels, frames)]
    judged = {video: found for video, found in labels.items() if found is not None}
    notes = [*dataset.notes(), *_left_out(now, rows), *_untrained(now, rows)]
    known = classes([now.state.videos[row] for row in rows]) if annotated(now.state.videos) else None
    result = judge(systems, judged, protocols, notes, known)
    places = _places(now, dataset, recipe, rows)
    result = replace(result, alarms=raised(systems, judged), places=places, places_note=NO_TRACKS if places else "")
    for warning in result.warnings:
        LOGGER.warning("%s", warning)
    write_curves(out, systems, labels, frames)
    out.note(
        result=result.to_json(),
        sources=[now.state.sources[row] for row in rows],
        systems=[system.name for system in systems],
    )


def judge(
    systems: Sequence[System],
    labels: Mapping[str, np.ndarray],
    protocols: Sequence[Protocol],
    notes: Sequence[str],
    classes: Mapping[str, str] | None = None,
) -> Result:
    """One table of all systems; without any labelled video a table without rows that says so."""
    if not labels or not systems:
        return unjudged(protocols, [*notes, "no video has labels, so nothing was judged"] if not labels else notes)
    found = []
    for system in systems:
        there = {video: system.scores[video] for video in labels}
        found.append(
            evaluate(
                there,
                labels,
                protocols,
                system=system.name,
                role=system.role,
                transductive=system.transductive,
                notes=[*notes, *_without_snapshots(systems, protocols)],
                classes=classes,
                snapshots={video: system.snapshots[video] for video in labels if system.snapshots},
            )
        )
    return combine(found)


def _without_snapshots(systems: Sequence[System], protocols: Sequence[Protocol]) -> list[str]:
    picking = [protocol.name for protocol in protocols if protocol.picks]
    named = [system.name for system in systems if system.role == "model" and not system.snapshots]
    return [f"not judged under {name}, having no snapshots: {', '.join(named)}" for name in picking if named]


def raised(systems: Sequence[System], labels: Mapping[str, np.ndarray]) -> tuple[Alarms, ...]:
    """What the thresholds of the systems that noted one give on the labelled videos."""
    noted = [(system, system.threshold) for system in systems if system.threshold and labels]
    return tuple(
        alarms(system.name, threshold.quantile, threshold.value, system.scores, labels) for system, threshold in noted
    )


def write_curves(
    out: ArtifactWriter,
    systems: Sequence[System],
    labels: Mapping[str, np.ndarray | None],
    frames: Mapping[str, int],
) -> None:
    """Labels and scores of every frame, video after video: `labels` int8, `curves` float32 (frames, systems)."""
    out.add(ArraySpec(LABELS, "int8", (), 4096, ("frame",)))
    if systems:
        names = tuple(system.name for system in systems)
        out.add(ArraySpec(CURVES, "float32", (len(systems),), 4096, ("frame", "system"), columns=names))
    out.add(ArraySpec(VIDEO_OFFSETS, "int64", (), 4096, ("video",)))
    for video, count in frames.items():
        found = labels[video]
        out.append(LABELS, np.full(count, UNKNOWN, np.int8) if found is None else found.astype(np.int8))
        if systems:
            curves = np.stack([system.scores[video] for system in systems], axis=1)
            out.append(CURVES, curves.astype(np.float32))
    out.append(VIDEO_OFFSETS, np.cumsum([0, *frames.values()], dtype=np.int64))


def _labels(now: Standing, dataset: Dataset, row: int) -> np.ndarray | None:
    """int8 (sampled frames,): the labels of the frames that the `frames` recipe keeps."""
    found = dataset.labels_for(now.state.videos[row].id, int(now.state.frames[row]))
    return None if found is None else found[now.frame_numbers(row)]


def _models(now: Standing, rows: Sequence[int], picks: bool) -> list[System]:
    """The models with their scores; with their snapshots, too, where a protocol picks one."""
    sources = {now.state.videos[row].id: now.state.sources[row] for row in rows}
    systems = []
    for stage in now.stages.models:
        with now.store.open("scores", now.state.scores_key(stage)) as artifact:
            found = Scores(artifact)
            scores, snapshots = found.by_video(sources), found.snapshots_by_video(sources) if picks else {}
            systems.append(System(stage.label, "model", scores, "test" in stage.trains_on, found.threshold, snapshots))
    return systems


def _baselines(now: Standing, recipe: EvaluationRecipe, frames: Mapping[str, int], rows: Sequence[int]) -> list[System]:
    read = _reader(now, dict(zip(frames, rows, strict=True)))
    return [System(name, "baseline", baseline_scores(BASELINES[name], frames, read)) for name in recipe.baselines]


def _oracles(
    recipe: EvaluationRecipe, labels: Mapping[str, np.ndarray | None], frames: Mapping[str, int]
) -> list[System]:
    """The oracles of the recipe; a video without labels, which nobody judges, counts as of unknown ones."""
    known = {video: np.full(frames[video], UNKNOWN) if found is None else found for video, found in labels.items()}
    return [
        System(name, "oracle", {video: ORACLES[name].compute(found) for video, found in known.items()})
        for name in recipe.oracles
    ]


def _reader(now: Standing, row_of: Mapping[str, int]) -> Callable[[str, str], Artifact]:
    def read(video: str, kind: str) -> Artifact:
        return now.store.open(kind, now.state.keys[kind][row_of[video]])

    return read


def _places(now: Standing, dataset: Dataset, recipe: EvaluationRecipe, rows: Sequence[int]) -> tuple[Place, ...]:
    """How well everything that scores objects says where, over the videos that have masks."""
    row_of = {now.state.videos[row].id: row for row in rows}
    videos = {video: _masked(now, dataset, row) for video, row in row_of.items() if dataset.masks(video) is not None}
    with ExitStack() as stack:
        models = {}
        for stage in now.stages.models if videos else ():
            scores = Scores(stack.enter_context(now.store.open("scores", now.state.scores_key(stage))))
            if scores.objects_in_all:
                models[stage.label] = partial(_objects, scores, now, row_of)
        read = _reader(now, row_of)
        # Baselines stand beside models; where no model says where, there is nothing to compare.
        named = [name for name in recipe.baselines if models and BASELINES[name].objects]
        baselines = {name: partial(_baseline_objects, name, read) for name in named}
        found = locate(videos, {**models, **baselines}) if models else {}
    return tuple(Place(name, "model" if name in models else "baseline", figures) for name, figures in found.items())


def _masked(now: Standing, dataset: Dataset, row: int) -> MaskedVideo:
    numbers, video = now.frame_numbers(row), now.state.videos[row].id

    def masks() -> Iterator[np.ndarray]:
        found = dataset.masks(video)
        assert found is not None
        return sampled(found, numbers, video)

    return MaskedVideo(masks, *now.size(row))


def _objects(scores: Scores, now: Standing, row_of: Mapping[str, int], video: str) -> np.ndarray:
    return scores.objects(now.state.sources[row_of[video]])


def _baseline_objects(name: str, read: Callable[[str, str], Artifact], video: str) -> np.ndarray:
    baseline = BASELINES[name]
    assert baseline.objects is not None
    return baseline.objects({kind: read(video, kind) for kind in baseline.reads})


def _left_out(now: Standing, rows: Sequence[int]) -> list[str]:
    """A note on the test videos that could not be judged."""
    judged = set(rows)
    left = [v.id for row, v in enumerate(now.state.videos) if v.split == "test" and row not in judged]
    return [f"{len(left)} test videos failed and are not judged: {', '.join(left[:5])}"] if left else []


def _untrained(now: Standing, rows: Sequence[int]) -> list[str]:
    """A note for each model that stands on features of a network whose parameters were drawn."""
    notes = []
    for stage in now.stages.models if rows else ():
        for kind in stage.reads:
            with now.store.open(kind, now.state.keys[kind][rows[0]]) as artifact:
                if artifact.meta["statistics"].get("untrained"):
                    notes.append(
                        f"{stage.label} stands on {kind} of a network that was never trained: its figures say nothing; "
                        f"name weights below {kind}"
                    )
    return notes
