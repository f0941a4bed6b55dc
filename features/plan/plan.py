"""The frozen plan of one run: one file that the main process writes and every job reads.

The file is a zip: `plan.json` holds what every job needs, `videos/<n>.json` the data set in parts of a thousand videos,
`batches/<rule>/<id>.json` the rows of one batch. A job reads its own batch and the parts that its rows lie in, and so
starts in the same time whatever the number of videos.
"""

import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from features.errors import ConfigError
from features.plan.config import Config, read_config
from features.plan.listing import Annotation, Recording, Split, Video

PART = 1000


@dataclass(frozen=True)
class Batch:
    """Some videos that one job works through for one rule.

    id        digest of the members (12 hex digits)
    name      what a step over all videos makes, e.g. a model's label; "" for features
    group     number of the group of videos; batches of one group follow each other through the rules
    videos    how many members
    frames    their frames, 0 where not yet known
    seconds   estimated time of the job
    """

    id: str
    name: str
    group: int
    videos: int
    frames: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """What one run computes. `folder` is its own, never used again: receipts in it cannot be stale.

    dataset   full name of the data set, e.g. `ucsdped2`
    recipes   kind -> digest of its recipe at planning time
    reads     rule -> the kinds of artifact that its jobs read
    batches   rule -> its batches; rules over all videos have one batch for each thing they make
    report    digest of what the report shows; the page names it, so that a page of something else is written anew
    named     the config files that were read, by name
    """

    folder: Path
    config: Config
    dataset: str
    recipes: Mapping[str, str]
    reads: Mapping[str, Sequence[str]]
    batches: Mapping[str, Sequence[Batch]]
    report: str
    named: str = ""

    def batch(self, rule: str, batch: str) -> Batch:
        """One batch by its id."""
        return self._by_id[rule, batch]

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], Batch]:
        return {(rule, batch.id): batch for rule, batches in self.batches.items() for batch in batches}

    def members(self, rule: str, batch: str) -> list[Video]:
        """The videos of one batch. Raises ConfigError where the plan's folder was removed."""
        with _opened(self.folder) as file:
            rows = json.loads(file.read(f"batches/{rule}/{batch}.json"))
            parts = {part: _part(file, part) for part in dict.fromkeys(row // PART for row in rows)}
        return [parts[row // PART][row % PART] for row in rows]

    def videos(self) -> list[Video]:
        """All videos of the data set, in its order. Raises ConfigError where the plan's folder was removed."""
        with _opened(self.folder) as file:
            parts = sum(name.startswith("videos/") for name in file.namelist())
            return [video for part in range(parts) for video in _part(file, part)]

    def receipt(self, rule: str, batch: str) -> Path:
        """Where the receipt of a batch lies."""
        return self.folder / "receipts" / rule / f"{batch}.json"


def batch_id(rule: str, ids: Sequence[str]) -> str:
    """The id of a batch: a digest of its members, so that an unchanged batch keeps it."""
    return hashlib.sha256("\0".join([rule, *ids]).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def new_folder(work: Path) -> Path:
    """A plan folder of its own below the work folder."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder = work / "plans" / f"{stamp}-{secrets.token_hex(3)}"
    folder.mkdir(parents=True)
    return folder


def freeze(plan: Plan, videos: Sequence[Video], members: Mapping[tuple[str, str], Sequence[int]]) -> None:
    """Write the plan file, whole or not at all; `members` are rows of `videos`."""
    partial = plan.folder / "plan.zip.part"
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        # Paths as they are: names that are no valid Unicode survive JSON's escapes.
        file.writestr("plan.json", json.dumps(_header(plan), default=os.fspath))
        for part in range(0, len(videos), PART):
            file.writestr(f"videos/{part // PART}.json", json.dumps(_rows(videos[part : part + PART])))
        for (rule, batch), rows in members.items():
            file.writestr(f"batches/{rule}/{batch}.json", json.dumps(rows))
    partial.replace(plan.folder / "plan.zip")


def load(folder: Path) -> Plan:
    """The plan frozen in a folder.

    Raises ConfigError where there is none: its folder was removed while a run still needed it.
    """
    with _opened(folder) as file:
        header = json.loads(file.read("plan.json"))
    return Plan(
        folder=folder,
        config=read_config(header["config"]),
        dataset=header["dataset"],
        recipes=header["recipes"],
        reads=header["reads"],
        batches={rule: [Batch(*row) for row in rows] for rule, rows in header["batches"].items()},
        report=header["report"],
        named=header["named"],
    )


def _opened(folder: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(folder / "plan.zip")
    except (FileNotFoundError, zipfile.BadZipFile):
        raise ConfigError(f"no plan in {folder}; start snakemake again, it makes a new one") from None


def _header(plan: Plan) -> dict[str, Any]:
    rows = {
        rule: [(batch.id, batch.name, batch.group, batch.videos, batch.frames, batch.seconds) for batch in batches]
        for rule, batches in plan.batches.items()
    }
    return {
        "config": plan.config.model_dump(),
        "dataset": plan.dataset,
        "recipes": dict(plan.recipes),
        "reads": {rule: list(kinds) for rule, kinds in plan.reads.items()},
        "batches": rows,
        "report": plan.report,
        "named": plan.named,
    }


def _rows(videos: Sequence[Video]) -> list[list[Any]]:
    return [_row(video) for video in videos]


def _row(video: Video) -> list[Any]:
    """What is not known of a video is left out at the row's end: most have only an id, a path and a split."""
    row: list[Any] = [video.id, os.fspath(video.path), video.split]
    row.append({role: os.fspath(path) for role, path in video.files.items()})
    row.append(astuple(video.recording) if video.recording else None)
    row.append(astuple(video.annotation) if video.annotation else None)
    while not row[-1]:
        row.pop()
    return row


def _part(file: zipfile.ZipFile, part: int) -> list[Video]:
    return [_video(*row) for row in json.loads(file.read(f"videos/{part}.json"))]


def _video(
    video_id: str,
    path: str,
    split: Split,
    files: Mapping[str, str] | None = None,
    recording: Sequence[Any] | None = None,
    annotation: Sequence[Any] | None = None,
) -> Video:
    published = {role: Path(name) for role, name in (files or {}).items()}
    recorded = Recording(*recording) if recording else None
    return Video(video_id, Path(path), split, published, recorded, _annotation(*annotation) if annotation else None)


def _annotation(category: str, runs: Sequence[Sequence[int]] | None) -> Annotation:
    return Annotation(category, None if runs is None else tuple((first, after) for first, after in runs))
