"""Find damaged artifacts: a flipped bit, a cut file, a missing chunk, a hole, swapped files.

Depths: `structure` reads a few kB of each file, `share` also a random part of the content, `everything` all of it.
Exit code 1 if anything is damaged. A damaged artifact is mended by deleting its file and running the pipeline again.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from features import text
from features.cli import common
from features.errors import ConfigError
from features.store.layout import Stored, strangers
from features.store.store import Store
from features.store.verify import DEPTHS, Depth, Finding, check

EXAMPLE = """
features verify
features verify --depth share --share 5%
features verify --recompute 1%
features verify plaza/test/1/flow --json
"""


@dataclass(frozen=True)
class Outcome:
    """What was looked at: how many artifacts and bytes, and what is wrong."""

    artifacts: int
    bytes: int
    findings: tuple[Finding, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("artifacts", nargs="*", metavar="ARTIFACT", help="only these (default: the whole store)")
    parser.add_argument("--depth", choices=DEPTHS, default="everything", help="how much to read (default: everything)")
    parser.add_argument("--share", metavar="5%", help="how much `--depth share` reads of each (default: 10%%)")
    parser.add_argument("--recompute", metavar="1%", help="compute this share of the config's features again instead")
    common.add_config(parser)
    common.add_store(parser)
    common.add_json(parser)


def share(text: str, option: str = "--share") -> float:
    """A share from `5%` or `0.05`; `option` is what it was given for.

    Raises ConfigError for what is none.
    """
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise ConfigError(f"{option} {text!r} is no share; write for example 5%")
    return value


def run(args: argparse.Namespace) -> int:
    """Look at the artifacts."""
    if args.recompute is not None:
        return _recompute(args)
    if args.share is not None and args.depth != "share":
        raise ConfigError(f"--share says nothing about --depth {args.depth}; add --depth share")
    store = common.store(args)
    outcome = verify(store, list(_chosen(args, store)), args.depth, share(args.share or "10%"))
    result = {
        "store": str(store.path),
        "depth": args.depth,
        "artifacts": outcome.artifacts,
        "bytes": outcome.bytes,
        "findings": [{"file": str(f.path), "where": f.where, "what": f.what} for f in outcome.findings],
    }
    common.emit(args, result, lambda: _text(result))
    return 1 if outcome.findings else 0


def verify(store: Store, chosen: Sequence[Stored], depth: Depth, part: float) -> Outcome:
    """Look at these artifacts; where none are given at the whole store, strange files in it included."""
    findings = [] if chosen else [Finding(path, "name", "it is no artifact's name") for path in strangers(store.path)]
    artifacts = size = 0
    for stored in chosen or store.artifacts():
        try:
            findings += check(stored.path, depth, part)
            size += stored.path.stat().st_size
        except FileNotFoundError:  # removed since it was listed
            continue
        artifacts += 1
        _progress(artifacts, size, len(findings))
    return Outcome(artifacts, size, tuple(findings))


def _recompute(args: argparse.Namespace) -> int:
    """Print how far a sample is from what is computed now; 0, since no tolerance holds for all features."""
    from features.extract.recompute import recompute

    wanted = share(args.recompute, "--recompute")
    changes = {"store": args.store} if args.store else {}
    found = list(recompute(common.config_of(args, **changes), wanted))
    rows = [(each.kind, each.video, name, f"{value:g}") for each in found for name, value in each.largest.items()]
    result = [asdict(each) for each in found]
    common.emit(args, result, lambda: common.table(("kind", "video", "array", "largest difference"), rows))
    return 0


def _chosen(args: argparse.Namespace, store: Store) -> Iterator[Stored]:
    for reference in args.artifacts:
        kind, key = common.library(args).locate(reference)
        path = store.find(kind, key)
        if path is not None:
            yield Stored(kind, key, path)


def _progress(artifacts: int, size: int, findings: int) -> None:
    if sys.stderr.isatty():
        line = f"\r{artifacts:,} artifacts, {text.size(size)}, {findings} findings"
        print(line, end="", file=sys.stderr, flush=True)


def _text(result: dict[str, Any]) -> str:
    looked = f"{result['artifacts']:,} artifacts, {text.size(result['bytes'])}, depth {result['depth']}"
    if not result["findings"]:
        return f"{looked}: all sound"
    lines = [f"{found['file']}: {found['where']}: {found['what']}" for found in result["findings"]]
    files = len({Path(found["file"]) for found in result["findings"]})
    advice = "delete them and run the pipeline again; only what is deleted is computed"
    return "\n".join([*lines, "", f"{looked}: {text.count(files, 'damaged file')}; {advice}"])
