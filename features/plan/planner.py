"""Planning: what the config asks for, less what the store holds, in batches.

Videos that need anything are cut into groups of about ten minutes' work, in the data set's order. A batch is what a
group needs of one feature; so each batch follows one batch of the feature before it, and the graph grows with the
number of groups, never with its square.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.plan.config import Config
from features.plan.estimate import Rates, expected_frames, measured_rates, refuse_if_full, work_seconds
from features.plan.evaluation import evaluation_key, evaluation_recipe, report_digest
from features.plan.listing import Listing, Video
from features.plan.plan import Batch, Plan, batch_id, freeze, new_folder
from features.plan.roots import root_is_current
from features.plan.stages import Stages, resolve
from features.plan.state import State, list_videos, look, open_dataset, open_store
from features.store.store import Store

JOB_SECONDS = 600.0
MOST_GROUPS = 500
# Plan folders are kept for a while: a run may still be at work in one, their receipts teach the rates, and logs stay
# readable. Those of dry runs hold nothing but the plan, and go after a day.
KEPT_SECONDS = 14 * 86_400.0
KEPT_DRY_SECONDS = 86_400.0

Members = dict[tuple[str, str], Sequence[int]]


@dataclass(frozen=True)
class Asked:
    """A config with everything that planning looks at, read once."""

    config: Config
    dataset: Listing
    videos: Sequence[Video]
    stages: Stages
    store: Store
    state: State
    rates: Rates

    @property
    def question(self) -> tuple[Config, Listing, Stages, State]:
        """What the keys of all that stands on the features follow from."""
        return self.config, self.dataset, self.stages, self.state

    def missing(self) -> dict[str, np.ndarray]:
        """Kind -> bool (videos,): what has to be computed; everything that can be with `plan: all`."""
        if self.config.plan == "all":
            undecodable = np.fromiter((bool(problem) for problem in self.state.problems), bool, len(self.videos))
            return dict.fromkeys(self.stages.kinds, ~undecodable)
        return {kind: self.state.missing(kind) for kind in self.stages.kinds}


def ask(config: Config) -> Asked:
    """Read the data set's listing, resolve the recipes, and look at the store."""
    dataset = open_dataset(config)
    stages = resolve(config, dataset.name)
    videos = list_videos(config, dataset, stages)
    evaluation_recipe(config, stages, videos)  # refuses unknown protocols
    store = open_store(config)
    state = look(videos, stages, store, retry=config.retry == "failed")
    return Asked(config, dataset, videos, stages, store, state, measured_rates(config.work))


def make_plan(config: Config, cores: int, named: str = "") -> Plan:
    """Plan a run and freeze the plan in a folder of its own; `named` says which files the config is from.

    Raises ConfigError, DatasetError, or NoSpace where the disk cannot hold what would be computed.
    """
    asked = ask(config)
    missing = asked.missing()
    refuse_if_full(asked.store.path, asked.stages, asked.state, config.force)
    batches, members = feature_batches(asked, missing, cores)
    settled = bool(asked.state.known.all())
    pending = any(batches.values())
    batches |= step_batches(asked, settled)
    forget_old_plans(config.work)
    plan = Plan(
        folder=new_folder(config.work),
        config=config,
        dataset=asked.dataset.name,
        recipes={stage.kind: stage.recipe.digest for stage in asked.stages.features},
        reads=_reads(asked),
        batches={rule: listed for rule, listed in batches.items() if listed},
        report=report_digest(*asked.question) if settled and not pending else "",
        named=named,
    )
    freeze(plan, asked.videos, members)
    return plan


def feature_batches(
    asked: Asked, missing: Mapping[str, np.ndarray], cores: int
) -> tuple[dict[str, list[Batch]], Members]:
    """The batches of the index and of every feature, and who is in them."""
    unknown = ~asked.state.known if asked.config.plan == "missing" else np.ones(len(asked.videos), bool)
    wanted = {"index": unknown, **missing}
    seconds = work_seconds(asked.stages, asked.state, missing, asked.rates)
    frames = expected_frames(asked.state)
    batches: dict[str, list[Batch]] = {rule: [] for rule in wanted}
    members: Members = {}
    anything = np.logical_or.reduce(list(wanted.values()))
    for group, rows in enumerate(cut_groups(np.flatnonzero(anything), seconds, asked.config.batch, cores)):
        for rule, needed in wanted.items():
            chosen = rows[needed[rows]]
            if len(chosen):
                batch = batch_id(rule, [asked.videos[row].id for row in chosen])
                work = frames[chosen].sum() / _rate(asked, rule)
                batches[rule].append(Batch(batch, "", group, len(chosen), int(frames[chosen].sum()), float(work)))
                members[rule, batch] = chosen.tolist()
    return batches, members


def _rate(asked: Asked, rule: str) -> float:
    return asked.rates.of_index() if rule == "index" else asked.rates.of_stage(asked.stages.feature(rule))


def cut_groups(rows: np.ndarray, seconds: np.ndarray, size: int | None, cores: int) -> list[np.ndarray]:
    """Cut rows into groups of about equal work, in order.

    As many as fill jobs of ten minutes; at least one for each core, so that small data sets use them all; at most
    five hundred, so that Snakemake's graph stays small.
    """
    if not len(rows):
        return []
    if size:
        return [rows[start : start + size] for start in range(0, len(rows), size)]
    # A video that only needs its index still is some work.
    work = np.cumsum(seconds[rows] + 0.01)
    count = int(np.clip(np.ceil(work[-1] / JOB_SECONDS), min(cores, len(rows)), MOST_GROUPS))
    edges = np.searchsorted(work, work[-1] * np.arange(1, count) / count)
    return [part for part in np.split(rows, edges) if len(part)]


def step_batches(asked: Asked, settled: bool) -> dict[str, list[Batch]]:
    """The steps over all videos: prepare, survey, train, score, evaluate.

    `settled`: every video was read, so that all keys are known, should nothing fail that did not fail before.
    """
    everything = asked.config.plan == "all"
    steps: dict[str, list[Batch]] = {"prepare": [], "survey": [], "train": [], "score": [], "evaluate": []}
    if everything or not asked.dataset.ready():
        steps["prepare"] = [_step("prepare", asked.dataset.name)]
    for stage in asked.stages.models:
        scored = settled and asked.store.has("scores", asked.state.scores_key(stage))
        trained = scored or (settled and asked.store.has("model", asked.state.model_key(stage)))
        if everything or not trained:
            steps["train"].append(_step("train", stage.label))
        if everything or not scored:
            steps["score"].append(_step("score", stage.label))
    evaluation = evaluation_key(*asked.question) if settled and not steps["score"] else ""
    if everything or not (evaluation and asked.store.has("evaluation", evaluation)):
        steps["evaluate"] = [_step("evaluate", asked.dataset.name)]
    if any(steps.values()) or not root_is_current(
        asked.store, asked.dataset.name, asked.stages, asked.state, evaluation
    ):
        steps["survey"] = [_step("survey", asked.dataset.name)]
    return steps


def _reads(asked: Asked) -> dict[str, list[str]]:
    """Rule -> features whose batches its jobs wait for; stored frames come before everything that sees pixels."""
    kinds = asked.stages.kinds
    frames = [kind for kind in ("frames",) if kind in kinds]
    reads = {stage.kind: [*frames, *stage.reads] for stage in asked.stages.features if stage.kind != "frames"}
    models = [kind for kind in kinds if any(kind in stage.reads for stage in asked.stages.models)]
    wanted = evaluation_recipe(asked.config, asked.stages, asked.videos).reads
    judged = [kind for kind in kinds if kind in wanted]
    return {"frames": [], "train": models, "score": models, "evaluate": judged, **reads}


def _step(rule: str, name: str) -> Batch:
    return Batch(batch_id(rule, [name]), name, 0, 0, 0, 0.0)


def forget_old_plans(work: Path) -> None:
    """Remove the plan folders in which nothing has happened for long."""
    for folder in (work / "plans").glob("*"):
        used = list((folder / "logs").glob("*"))
        latest = max((path.stat().st_mtime for path in [folder, *used]), default=0.0)
        if time.time() - latest > (KEPT_SECONDS if used else KEPT_DRY_SECONDS):
            shutil.rmtree(folder, ignore_errors=True)
