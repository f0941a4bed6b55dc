"""Published poses, or clip features, into the store: the files of a folder, matched to the config's videos by name.

Makes the artifacts that a run with `poses: import`, `tracks: import` and `published: {poses: FOLDER}` in its config
would make, under the same keys; so with `clips: import` and `published: {clips: FOLDER}`.
"""

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.cli import common
from features.errors import ConfigError
from features.text import printable

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
features import clips /data/rtfm/SH_Train_ten_crop_i3d --provenance rtfm --config-file config/shanghaitech-weak.yaml
features import clips segments --layout segments --rule arnet
"""
# What is imported -> the parameters of its backend `import` that have an option here.
PARAMETERS = {
    "poses": ("format", "provenance", "first_frame", "unpadded"),
    "clips": ("format", "provenance", "crop_axis", "layout", "length", "stride", "tail", "counts", "rule"),
}


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
    parser.add_argument("what", choices=tuple(PARAMETERS), help="what is imported")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="files (or folders of CSV) named like the videos")
    parser.add_argument("--format", metavar="NAME", help="default: by each file's beginning, or name")
    parser.add_argument("--provenance", metavar="TEXT", help="how they were made, or a preset: njust, rtfm, xd, ...")
    _add_poses(parser.add_argument_group("poses"))
    _add_clips(parser.add_argument_group("clips"))
    common.add_config(parser)
    common.add_json(parser)


def _add_poses(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument(
        "--first-frame", type=int, choices=(0, 1), help="what the files call the first frame (default: 0)"
    )
    parser.add_argument(
        "--unpadded", choices=("refuse", "sort"), help="files whose frame keys are not padded (default: refuse)"
    )
    parser.add_argument("--tracks", metavar="NAME", help="who says who is who: import (default), bytetrack, ..., off")


def _add_clips(parser: argparse._ArgumentGroup) -> None:
    parser.add_argument("--layout", choices=("clips", "segments"), help="what a row is (default: clips)")
    parser.add_argument("--rule", metavar="NAME", help="which frames a segment is of (default: even)")
    parser.add_argument("--length", type=int, metavar="N", help="frames of a clip (default: 16)")
    parser.add_argument("--stride", type=int, metavar="N", help="frames from a clip to the next (default: 16)")
    parser.add_argument("--tail", metavar="NAME", help="what ends the clips: drop, repeat, ... (default: auto)")
    parser.add_argument(
        "--counts", choices=("refuse", "spread"), help="clips whose number does not fit (default: refuse)"
    )
    parser.add_argument("--crop-axis", choices=("first", "second"), help="of arrays of three axes (default: auto)")


def run(args: argparse.Namespace) -> int:
    """Import, and say what was imported, what failed and why; 1 if anything failed."""
    config, kinds = importing(common.config_of(args), args)
    remarks = Remarks()
    logger = logging.getLogger("features")
    logger.addHandler(remarks)
    try:
        outcomes = import_all(config, kinds)
    finally:
        logger.removeHandler(remarks)
    result = {"imported": [asdict(outcome) for outcome in outcomes], "remarks": remarks.lines}
    common.emit(args, result, lambda: _text(outcomes, remarks.lines))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def importing(config: "Config", args: argparse.Namespace) -> tuple["Config", tuple[str, ...]]:
    """The config with poses (and tracks), or clips, imported from the folder, everything else as it is; their kinds.

    Raises ConfigError for an option of what is not imported.
    """
    from features.plan.config import read_config

    kind = str(args.what)
    former = config.features.get(kind)
    kept = former if isinstance(former, dict) and former.get("backend") == "import" else {}
    features: dict[str, Any] = {**config.features, kind: {**kept, "backend": "import", **_said(args)}}
    published = {**config.published, kind: args.folder}
    kinds: tuple[str, ...] = (kind,)
    if kind == "poses":
        features.pop("tracks", None)
        if args.tracks != "off":
            features["tracks"], kinds = args.tracks or "import", (kind, "tracks")
    return read_config({**config.model_dump(), "features": features, "published": published}), kinds


def _said(args: argparse.Namespace) -> dict[str, Any]:
    """The parameters that options name."""
    options = {name for names in PARAMETERS.values() for name in names} | {"tracks"}
    said = {name: value for name in sorted(options) if (value := getattr(args, name)) is not None}
    for name in said.keys() - {*PARAMETERS[args.what], *(["tracks"] if args.what == "poses" else [])}:
        raise ConfigError(f"--{name.replace('_', '-')} is no option of {args.what}; leave it out")
    return {name: value for name, value in said.items() if name != "tracks"}


def import_all(config: "Config", kinds: Sequence[str]) -> list[Outcome]:
    """Plan the config, do those jobs that these kinds need, and look at what the store holds then."""
    from features.datasets.driver import prepare, survey
    from features.extract.driver import extract_batch, index_batch
    from features.plan.planner import ask, make_plan

    plan = make_plan(config, cores=1)
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
    # Tracks of failed poses fail with their reason: it is said once.
    failed = {video: reason for outcome in reversed(outcomes) for video, reason in outcome.failed.items()}
    lines = [common.table(head, rows)]
    for title, said in (("failed", [f"{v}: {reason}" for v, reason in failed.items()]), ("remarks", remarks)):
        lines += ["", title, *(f"  {printable(line)}" for line in said)] if said else []
    return "\n".join(lines)
