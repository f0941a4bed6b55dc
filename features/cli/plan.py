"""What a run would compute, how long it would take, and how much room; nothing is computed."""

import argparse
import shutil
from dataclasses import asdict, dataclass

import numpy as np

from features.cli.common import add_config, add_json, config_of, emit, table
from features.plan.estimate import expected_frames, stage_bytes
from features.plan.planner import Asked, ask
from features.text import count, duration, size

EXAMPLE = """
features plan
features plan --config-file config/ucsdped2.yaml --config root=/data/ucsd weights=/data/weights
"""


@dataclass(frozen=True)
class Row:
    """One feature: videos, how many are there, what is left to do, and at what price."""

    feature: str
    videos: int
    there: int
    failed: int
    to_do: int
    frames: int
    seconds: float
    measured: bool
    bytes: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The config and single keys of it."""
    add_config(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print the table; 0."""
    asked = ask(config_of(args))
    rows = table_rows(asked)
    free = shutil.disk_usage(asked.store.path).free
    result = {"dataset": asked.dataset.name, "free": free, "features": [asdict(row) for row in rows]}
    emit(args, result, lambda: _text(asked, rows, free))
    return 0


def table_rows(asked: Asked) -> list[Row]:
    """One row per feature of the config."""
    missing = asked.missing()
    frames = expected_frames(asked.state)
    rows = []
    for stage in asked.stages.features:
        wanted = missing[stage.kind]
        count = int(frames[wanted].sum())
        rate = asked.rates.of_stage(stage)
        rows.append(
            Row(
                feature=stage.kind,
                videos=len(asked.videos),
                there=int(np.count_nonzero(asked.state.present[stage.kind])),
                failed=len(asked.state.failed[stage.kind]),
                to_do=int(np.count_nonzero(wanted)),
                frames=count,
                seconds=count / rate,
                measured=asked.rates.measured(stage.kind, stage.recipe.digest),
                bytes=stage_bytes(stage, asked.state, wanted),
            )
        )
    return rows


def _text(asked: Asked, rows: list[Row], free: int) -> str:
    head = ("feature", "videos", "there", "failed", "to do", "frames", "time", "size")
    cells = [
        (row.feature, row.videos, row.there, row.failed, row.to_do, row.frames, _time(row), size(row.bytes))
        for row in rows
    ]
    needed = sum(row.bytes for row in rows)
    unknown = int(np.count_nonzero(~asked.state.known))
    lines = [f"data set {asked.dataset.name}, store {asked.store.path}", "", table(head, cells), ""]
    lines.append(f"{size(needed)} needed, {size(free)} free")
    if unknown:
        lines.append(f"{count(unknown, 'video was', 'videos were')} never read: frames are guessed")
    if any(row.to_do and not row.measured for row in rows):
        lines.append("~ a guess: no earlier run on this machine has measured this feature")
    return "\n".join(lines)


def _time(row: Row) -> str:
    return f"{'' if row.measured or not row.to_do else '~'}{duration(row.seconds)}"
