"""The driver of every model: train it, score with it, commit both as artifacts."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from features.extract.devices import machine_for
from features.models.base import Features, Model
from features.plan.job import LOGGER, Job
from features.plan.receipts import Receipt
from features.plan.registry import find
from features.plan.stages import ModelStage
from features.plan.standing import Standing, standing, turn
from features.store.artifact import ArtifactWriter
from features.store.recipe import Recipe

Work = Callable[[Model, Sequence[Features], ArtifactWriter], None]


@dataclass(frozen=True)
class Making:
    """One artifact over many videos: what it is, and the rows of the videos it is made from.

    more  its inputs beside the artifacts of these videos
    told  whether the model may see what is published of them
    """

    kind: str
    key: str
    recipe: Recipe
    rows: Sequence[int]
    more: Mapping[str, str | list[str]]
    told: bool = False


def train_model(job: Job) -> Receipt:
    """Train the model that a job is about, unless the store has it; resumes from its last finished epoch."""
    now = standing(job)
    stage = now.stages.model(job.name)
    key = now.state.model_key(stage)
    resume = job.plan.config.work / "checkpoints" / key

    def train(model: Model, videos: Sequence[Features], out: ArtifactWriter) -> None:
        resume.mkdir(parents=True, exist_ok=True)
        model.train(videos, out, resume, LOGGER.info)

    rows = now.state.training_rows(stage)
    now.require(rows, stage.reads, stage.trains_on)
    told = {"annotations": now.state.told(stage, rows)} if stage.taught else {}
    making = Making("model", key, stage.recipe, rows, told, told=bool(told))
    receipt = _make(job, now, stage, making, train)
    shutil.rmtree(resume, ignore_errors=True)
    return receipt


def score_model(job: Job) -> Receipt:
    """Score with the model that a job is about, unless the store has the scores."""
    now = standing(job)
    stage = now.stages.model(job.name)
    rows = now.state.scoring_rows(stage)
    now.require(rows, stage.reads, stage.scores_on)
    model_key = now.state.model_key(stage)

    def score(model: Model, videos: Sequence[Features], out: ArtifactWriter) -> None:
        with now.store.open("model", model_key) as trained:
            model.score(trained, videos, out, LOGGER.info)

    making = Making("scores", now.state.scores_key(stage), stage.scores, rows, {"model": model_key})
    return _make(job, now, stage, making, score)


def _make(job: Job, now: Standing, stage: ModelStage, making: Making, work: Work) -> Receipt:
    """Do the work under a lease and commit what comes of it, unless the store has it."""
    receipt = job.receipt(recipe=making.recipe.digest)
    start = time.perf_counter()
    with turn(now.store, making.kind, making.key) as ours:
        if ours:
            machine = machine_for(job.plan.config.device, job.threads)
            videos = [_features(now, row, stage if making.told else None) for row in making.rows]
            with now.store.create(
                making.kind,
                making.key,
                recipe=making.recipe,
                inputs={**making.more, **_inputs(now, stage, making.rows)},
                names=[now.state.videos[row].id for row in making.rows],
                device=machine.device,
            ) as out:
                work(find("model", stage.name)(stage.recipe, machine), videos, out)
            receipt.device = machine.device
            receipt.frames = sum(video.frames for video in videos)
            receipt.seconds = round(time.perf_counter() - start, 3)
    (receipt.computed if ours else receipt.reused).append(stage.label)
    receipt.bytes = now.store.size(making.kind, making.key) if ours else 0
    return receipt


def _inputs(now: Standing, stage: ModelStage, rows: Sequence[int]) -> dict[str, list[str]]:
    return {kind: [now.state.keys[kind][row] for row in rows] for kind in stage.reads}


def _features(now: Standing, row: int, taught: ModelStage | None) -> Features:
    """The features of a video, with what a model that is `taught` by them may know."""
    keys = {kind: keys[row] for kind, keys in now.state.keys.items()}

    def open_kind(keys: Mapping[str, str], kind: str) -> object:
        return now.store.open(kind, keys[kind])

    return Features(
        source=now.state.sources[row],
        frames=now.frames(row),
        height=now.size(row)[0],
        width=now.size(row)[1],
        split=now.state.videos[row].split,
        annotation=now.state.annotation(taught, row) if taught else None,
        open=partial(open_kind, keys),  # type: ignore[arg-type]
        id=now.state.videos[row].id,
    )
