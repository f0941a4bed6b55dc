"""Published poses into the store: the files of a folder, matched to the config's videos by name.

Makes the artifacts that a run with `poses: import`, `tracks: import` and `published: {poses: FOLDER}` in its config
would make, under the same keys.
"""

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.cli import common
from features.report.text import printable

if TYPE_CHECKING:
    from features.plan.config import Config
    from features.plan.job import Job
    from features.plan.plan import Plan
    from features.plan.receipts import Receipt

    Work = Callable[[Job], Receipt]

EXAMPLE = """
features import poses /data/njust/poses --config-file config/njust.yaml
features import poses poses --format njust --provenance njust --first-frame 1
features import poses poses --tracks bytetrack --config dataset=folder root=/my/videos
"""
KINDS = ("poses", "tracks")
PARAMETERS = ("format", "provenance", "first_frame", "unpadded")


@dataclass(frozen=True)
class Outcome:
    """What came of one kind of artifact: videos in all, newly imported, there now, and why others are not."""

    kind: str
    videos: int
    imported: int
    there: int
    failed: dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("what", choices=("poses",), help="what is imported")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="files (or folders of CSV) named like the videos")
    parser.add_argument("--format", metavar="NAME", help="default: by each file's beginning")
    parser.add_argument(
        "--provenance", metavar="TEXT", help="how the poses were made, or a preset: njust, poselift, ..."
    )
    parser.add_argument(
        "--first-frame", type=int, choices=(0, 1), help="what the files call the first frame (default: 0)"
    )
    parser.add_argument(
        "--unpadded", choices=("refuse", "sort"), help="files whose frame keys are not padded (default: refuse)"
    )
    parser.add_argument(
        "--tracks", default="import", metavar="NAME", help="who says who is who: import (default), bytetrack, ..., off"
    )
    common.add_config(parser)
    common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Import, and say what was imported, what failed and why; 1 if anything failed."""
    config = importing(common.config_of(args), args)
    remarks = Remarks()
    logger = logging.getLogger("features")
    logger.addHandler(remarks)
    try:
        outcomes = import_all(config)
    finally:
        logger.removeHandler(remarks)
    result = {"imported": [asdict(outcome) for outcome in outcomes], "remarks": remarks.lines}
    common.emit(args, result, lambda: _text(outcomes, remarks.lines))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def importing(config: "Config", args: argparse.Namespace) -> "Config":
    """The config with poses (and tracks) imported from the folder, everything else as it is."""
    from features.plan.config import read_config

    former = config.features.get("poses")
    kept = former if isinstance(former, dict) and former.get("backend") == "import" else {}
    said = {name: value for name in PARAMETERS if (value := getattr(args, name)) is not None}
    features: dict[str, Any] = {**config.features, "poses": {**kept, "backend": "import", **said}}
    if args.tracks == "off":
        features.pop("tracks", None)
    else:
        features["tracks"] = args.tracks
    published = {**config.published, "poses": args.folder}
    return read_config({**config.model_dump(), "features": features, "published": published})


def import_all(config: "Config") -> list[Outcome]:
    """Plan the config, do those jobs that poses and tracks need, and look at what the store holds then."""
    from features.datasets.driver import prepare, survey
    from features.extract.driver import extract_batch, index_batch
    from features.plan.planner import ask, make_plan

    plan = make_plan(config, cores=1)
    kinds = [kind for kind in KINDS if kind in plan.recipes]
    work: dict[str, Work] = {"prepare": prepare, "index": index_batch, "survey": survey}
    work |= {kind: partial(extract_batch, kind=kind) for kind in standing_on(plan, kinds)}
    computed = {rule: sum(len(receipt.computed) for receipt in _do(plan, rule, job)) for rule, job in work.items()}
    state = ask(config).state
    return [
        Outcome(
            kind,
            len(state.videos),
            computed[kind],
            int(state.present[kind].sum()),
            {state.videos[row].id: failure.reason for row, failure in state.failed[kind].items()},
        )
        for kind in kinds
    ]


def standing_on(plan: "Plan", kinds: Sequence[str]) -> list[str]:
    """These kinds and all that they read, in the order in which they are computed."""
    wanted = set(kinds)
    for kind in reversed(list(plan.recipes)):
        if kind in wanted:
            wanted |= set(plan.reads[kind])
    return [kind for kind in plan.recipes if kind in wanted]


def _do(plan: "Plan", rule: str, work: "Work") -> Iterator["Receipt"]:
    from features.plan.job import Job
    from features.plan.receipts import write_receipt

    for batch in plan.batches.get(rule, ()):
        receipt = work(Job(plan, rule, batch.id, 1))
        write_receipt(plan, receipt)
        yield receipt


class Remarks(logging.Handler):
    """Keeps what is remarked on imported files; all other messages stand in the outcomes."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message of a remark."""
        if record.name.endswith(".remarks"):
            self.lines.append(record.getMessage())


def _text(outcomes: Sequence[Outcome], remarks: Sequence[str]) -> str:
    head = ("kind", "videos", "imported", "there", "failed")
    rows = [(o.kind, o.videos, o.imported, o.there, len(o.failed)) for o in outcomes]
    # What stands on failed poses fails with their reason: it is said once.
    failed = {video: reason for outcome in reversed(outcomes) for video, reason in outcome.failed.items()}
    lines = [common.table(head, rows)]
    for title, said in (("failed", [f"{v}: {reason}" for v, reason in failed.items()]), ("remarks", remarks)):
        lines += ["", title, *(f"  {printable(line)}" for line in said)] if said else []
    return "\n".join(lines)
