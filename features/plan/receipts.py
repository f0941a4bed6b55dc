"""Receipts: small files that tell Snakemake that a batch has been worked through, and people what came of it."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from features.plan.plan import Plan


@dataclass
class Receipt:
    """What came of one batch.

    computed, reused, skipped   video ids (or model labels); skipped have no usable input
    failed      id -> reason; a recorded outcome, not an error of the run
    frames, seconds, bytes      of what was computed
    device      where it was computed
    """

    rule: str
    batch: str
    computed: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    frames: int = 0
    seconds: float = 0.0
    bytes: int = 0
    device: str = "cpu"
    recipe: str = ""


def write_receipt(plan: Plan, receipt: Receipt) -> None:
    """Write a receipt, whole or not at all."""
    path = plan.receipt(receipt.rule, receipt.batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    # ASCII: a reason may name a path that is no valid Unicode.
    partial.write_text(json.dumps(asdict(receipt), indent=1), encoding="ascii")
    partial.replace(path)


def receipts(folder: Path) -> Iterator[Receipt]:
    """All receipts of a plan folder, rule by rule."""
    for path in sorted((folder / "receipts").glob("*/*.json")):
        yield Receipt(**json.loads(path.read_text(encoding="utf-8")))
