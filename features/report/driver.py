"""The driver of the report: what a run left in the store and in its receipts, as one page and one summary."""

import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import numpy as np

from features.datasets.base import Dataset
from features.errors import StoreError
from features.evaluate.driver import CURVES, LABELS, VIDEO_OFFSETS
from features.evaluate.evaluation import Result as Evaluated
from features.evaluate.guards import UNKNOWN
from features.evaluate.scores import Scores
from features.plan.evaluation import evaluation_key, report_digest
from features.plan.job import LOGGER, Job
from features.plan.receipts import Receipt, receipts
from features.plan.roots import write_project_root
from features.plan.sources import index_of
from features.plan.stages import ModelStage
from features.plan.standing import Standing, standing
from features.plan.state import open_dataset
from features.report import data as shown
from features.report.cards import choose
from features.report.data import Failure, Protocol, Provenance, ReportData, Result, Roc, Still, Video, Work
from features.report.page import LISTED_VIDEOS, write
from features.report.persons import Persons, video_frames
from features.report.results import HEADLINE, best, value_of
from features.report.seeds import Family, families
from features.report.stills import still
from features.report.summary import write as write_summary
from features.store.artifact import Artifact
from features.store.store import software
from features.video.index import shortfall

CLIPS = 12
# Models whose curves are drawn, beside the best baseline: more would hide each other.
MOST_CURVES = 2


def write_report(job: Job) -> None:
    """Write `report.html` and `summary.txt` into the work folder, and say what came of the run."""
    now = standing(job)
    dataset = cast(Dataset, open_dataset(job.plan.config))
    question = (job.plan.config, dataset, now.stages, now.state)
    key = evaluation_key(*question)
    write_project_root(now.store, job.plan.dataset, now.stages, now.state, key)
    if not now.store.has("evaluation", key):
        raise StoreError("videos failed that models were to be trained on; start snakemake again to go on without them")
    work, failures = work_rows(now, key), recorded_failures(now)
    with now.store.open("evaluation", key) as evaluation:
        data = replace(report_data(now, evaluation), shows=report_digest(*question), work=work, failures=failures)
    folder = job.plan.config.work
    write(folder / "report.html", data)
    LOGGER.info("\n%s", write_summary(folder / "summary.txt", f"data set {job.plan.dataset}", work, failures))
    LOGGER.info("open %s", folder / "report.html")


def report_data(now: Standing, evaluation: Artifact) -> ReportData:
    """Everything on the page but the work of this run."""
    result = Evaluated.from_json(evaluation.meta["statistics"]["result"])
    results = result_rows(result, {stage.label: stage.recipe.unseeded for stage in now.stages.models})
    judged = [each for each in results if each.protocol == result.protocols[0].name]
    ranked = ranked_families(judged)
    videos = evaluated_videos(evaluation, result, curves_to_show(evaluation, judged, ranked))
    picked = {video.id for video in choose([video for video in videos if video.curves])[0]}
    models = [member.name for family in ranked for member in family.members]
    with ExitStack() as stack:
        persons = scored_persons(now, models, stack)
        clips = [video.id for video in videos if video.id in picked][:CLIPS]
        videos = [
            pictured(now, video, models, persons, video.id in clips) if video.id in picked else video
            for video in videos
        ]
        scale = persons.scale if persons else (0.0, 1.0)
    return ReportData(
        dataset=now.plan.dataset,
        config=now.plan.named or now.plan.config.dataset_name,
        when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        videos=videos,
        protocols=[Protocol(p.name, p.description, p.published, p.defect) for p in result.protocols],
        results=results,
        rocs=roc_curves(result),
        judged=f"{models[0]} under {result.protocols[0].name}" if models else "",
        alarms=alarm_rows(result),
        places=place_rows(result),
        places_note=result.places_note,
        rules=window_rules(now),
        persons=persons.model if persons else "",
        heat=scale,
        provenance=provenance(now, evaluation),
        software=software(),
        machine={"system": platform.platform(), "processors": str(os.cpu_count())},
    )


def result_rows(result: Evaluated, families: Mapping[str, str]) -> list[Result]:
    """The table of results; notes and warnings of the whole evaluation stand with every model."""
    whole = (*result.notes, *result.warnings)
    return [
        Result(
            name=row.system,
            is_baseline=row.role != "model",
            protocol=row.protocol,
            metrics={name: figure.value for name, figure in row.metrics.items()},
            notes=(*row.notes, *whole) if row.role == "model" else row.notes,
            uses_labels=row.role == "oracle",
            classes={name: (found.alone.value, found.with_normal.value) for name, found in row.classes.items()},
            family=families.get(row.system, ""),
        )
        for row in result.rows
    ]


def roc_curves(result: Evaluated) -> list[Roc]:
    """The ROC curve of every row that has one."""
    return [
        Roc(row.system, row.protocol, np.array(row.fpr), np.array(row.tpr), row.metrics["micro_auc"].value)
        for row in result.rows
        if row.fpr
    ]


def alarm_rows(result: Evaluated) -> list[shown.Alarms]:
    """What each model's own threshold gives."""
    return [
        shown.Alarms(found.system, found.quantile, found.value, found.false_alarms.value, found.detections.value)
        for found in result.alarms
    ]


def place_rows(result: Evaluated) -> list[shown.Place]:
    """How well each scorer of objects says where."""
    return [
        shown.Place(place.system, place.role == "baseline", {key: found.value for key, found in place.metrics.items()})
        for place in result.places
    ]


def window_rules(now: Standing) -> list[shown.Rule]:
    """By which rule each model that noted one cuts windows."""
    rules = []
    for stage in now.stages.models:
        with now.store.open("model", now.state.model_key(stage)) as model:
            noted = model.meta["statistics"]
        if "rule" in noted:
            rules.append(shown.Rule(stage.label, str(noted["rule"]), tuple(map(str, noted.get("differences", ())))))
    return rules


def evaluated_videos(evaluation: Artifact, result: Evaluated, shown: Sequence[str]) -> list[Video]:
    """The videos that were evaluated: labels, the curves to be shown, the AUC of the first of them in each."""
    offsets = np.asarray(evaluation[VIDEO_OFFSETS][:])
    labels = np.asarray(evaluation[LABELS][:])
    columns = list(evaluation.meta["statistics"]["systems"])
    curves = np.asarray(evaluation[CURVES][:]) if columns else np.zeros((len(labels), 0))
    first = next((row for row in result.rows if row.system == shown[0]), None) if shown else None
    found = []
    for row, video in enumerate(evaluation.meta["names"]):
        part = slice(int(offsets[row]), int(offsets[row + 1]))
        known = labels[part]
        figure = first.video_auc.get(video) if first else None
        found.append(
            Video(
                id=video,
                frames=part.stop - part.start,
                split="test",
                labels=None if (known == UNKNOWN).all() else known,
                curves={name: curves[part, columns.index(name)] for name in shown},
                auc=figure.value if figure else None,
                reason=figure.note if figure else "no ground truth",
            )
        )
    return found


def curves_to_show(evaluation: Artifact, judged: Sequence[Result], ranked: Sequence[Family]) -> list[str]:
    """The first seed of the best models, then the best baseline; without figures, what has scores first."""
    champion = best([each for each in judged if each.is_baseline and not each.uses_labels], HEADLINE)
    names = [family.members[0].name for family in ranked[:MOST_CURVES]] + ([champion.name] if champion else [])
    return names or list(evaluation.meta["statistics"]["systems"][:1])


def ranked_families(judged: Sequence[Result]) -> list[Family]:
    """The models under one protocol, best mean micro AUC first: the first seed of the best is pictured."""
    return sorted(families(judged), key=lambda family: -(value_of(family.mean, HEADLINE) or 0.0))


def scored_persons(now: Standing, models: Sequence[str], stack: ExitStack) -> Persons | None:
    """What the best model that scores persons says of them; None where none does."""
    for stage in _stages(now, models):
        scores = Scores(stack.enter_context(now.store.open("scores", now.state.scores_key(stage))))
        if scores.identified and "poses" in now.state.keys:
            return Persons(stage.label, now, scores)
    return None


def _stages(now: Standing, models: Sequence[str]) -> list[ModelStage]:
    """The stages of the models, in this order; in the config's where nothing was judged."""
    return [now.stages.model(label) for label in models] or list(now.stages.models)


def pictured(now: Standing, video: Video, models: Sequence[str], persons: Persons | None, in_motion: bool) -> Video:
    """The video with the frame of its highest score: skeletons by score, else the boxes that the best model scored."""
    if not now.stages.models or not video.frames:
        return video
    row = _row(now, video)
    curve = next(iter(video.curves.values()))
    number = int(np.argmax(curve))
    if persons is None:
        return replace(video, still=_boxes_still(now, models, row, number, float(curve[number])))
    picture, clip = persons.pictures(row, number, float(curve[number]), in_motion)
    return replace(video, still=picture, clip=clip, persons=persons.timelines(row))


def _row(now: Standing, video: Video) -> int:
    return next(row for row, listed in enumerate(now.state.videos) if listed.id == video.id)


def _boxes_still(now: Standing, models: Sequence[str], row: int, number: int, score: float) -> Still:
    with now.store.open("scores", now.state.scores_key(_stages(now, models)[0])) as artifact:
        objects = Scores(artifact).objects(now.state.sources[row])
    there = objects[objects[:, 0] == number]
    (frame,) = video_frames(now, row, range(number, number + 1))
    return still(frame, number, there[:, 1:5], there[:, 5], score)


def work_rows(now: Standing, evaluation: str) -> list[Work]:
    """One row for each feature and step: what this run computed, and what was there already."""
    done = list(receipts(now.plan.folder))
    rows = []
    for stage in now.stages.features:
        there = np.flatnonzero(now.state.present[stage.kind]).tolist()
        keys = {now.state.keys[stage.kind][row] for row in there}
        failed = len(now.state.failed[stage.kind])
        rows.append(_work(now, done, stage.kind, stage.kind, keys, len(there), failed))
    models = now.stages.models
    steps = {
        "train": ("model", {now.state.model_key(stage) for stage in models}),
        "score": ("scores", {now.state.scores_key(stage) for stage in models}),
        "evaluate": ("evaluation", {evaluation}),
    }
    return rows + [_work(now, done, rule, kind, keys, len(keys), 0) for rule, (kind, keys) in steps.items() if keys]


def _work(
    now: Standing, done: Sequence[Receipt], rule: str, kind: str, keys: set[str], there: int, failed: int
) -> Work:
    mine = [receipt for receipt in done if receipt.rule == rule]
    computed = sum(len(receipt.computed) for receipt in mine)
    seconds = sum(receipt.seconds for receipt in mine)
    size = sum(now.store.size(kind, key) for key in keys)
    return Work(rule, computed, max(0, there - computed), failed, seconds, size)


def recorded_failures(now: Standing) -> list[Failure]:
    """Every video that lacks a feature, with the reason; what fails before the first feature is said once."""
    found: dict[tuple[str, str], Failure] = {}
    for stage in now.stages.features:
        for row, failure in sorted(now.state.failed[stage.kind].items()):
            video = now.state.videos[row].id
            found.setdefault((video, failure.reason), Failure(video, failure.where or stage.kind, failure.reason))
    return [*found.values(), *_used_in_part(now)]


def _used_in_part(now: Standing) -> list[Failure]:
    """Videos that were cut short or damaged, of those that a page can list; the good frames were used."""
    indexes = ((video.id, index_of(now.scans, video)) for video in now.state.videos[:LISTED_VIDEOS])
    return [Failure(video, "index", shortfall(index)) for video, index in indexes if index and shortfall(index)]


def provenance(now: Standing, evaluation: Artifact) -> list[Provenance]:
    """How each kind of artifact was made."""
    entries = [
        Provenance(stage.kind, stage.recipe.content(), stage.recipe.digest, _keys(now, stage.kind))
        for stage in now.stages.features
    ]
    for stage in now.stages.models:
        key = now.state.model_key(stage)
        with now.store.open("model", key) as model:
            facts = {"device": str(model.meta["device"]), "seconds": str(model.meta["seconds"])}
        named = {stage.label: key, f"scores of {stage.label}": now.state.scores_key(stage)}
        entries.append(Provenance(f"model {stage.label}", stage.recipe.content(), stage.recipe.digest, named, facts))
    meta = evaluation.meta
    entries.append(Provenance("evaluation", meta["recipe"], meta["recipe_digest"], {now.plan.dataset: evaluation.key}))
    return entries


def _keys(now: Standing, kind: str) -> Mapping[str, str]:
    pairs = zip(now.state.videos, now.state.keys[kind], strict=True)
    return {video.id: key for video, key in pairs if key}
