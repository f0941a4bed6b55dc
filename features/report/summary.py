"""The plain-text summary that ends a run and is saved beside the report."""

from collections.abc import Sequence
from pathlib import Path

from features.report.data import Failure, Work
from features.report.files import write_whole
from features.text import count, duration, printable, size

COLUMNS = ("feature", "computed", "reused", "failed", "time", "bytes")


def summary(title: str, work: Sequence[Work], failures: Sequence[Failure]) -> str:
    """Computed, reused and failed artifacts, time and bytes of each feature, then every failure with its reason."""
    rows = [COLUMNS, *(_cells(row) for row in work)]
    if len(work) > 1:
        rows.append(_cells(total(work)))
    return "\n".join([printable(title), "", *_aligned(rows), "", *_failed(failures)]) + "\n"


def write(path: Path, title: str, work: Sequence[Work], failures: Sequence[Failure]) -> str:
    """Write the summary to `path`, whole or not at all, and return it for the terminal."""
    text = summary(title, work, failures)
    write_whole(path, text)
    return text


def total(work: Sequence[Work]) -> Work:
    """All rows added up."""
    return Work(
        feature="total",
        computed=sum(row.computed for row in work),
        reused=sum(row.reused for row in work),
        failed=sum(row.failed for row in work),
        seconds=sum(row.seconds for row in work),
        bytes=sum(row.bytes for row in work),
    )


def _cells(row: Work) -> tuple[str, ...]:
    counts = (f"{number:,}" for number in (row.computed, row.reused, row.failed))
    return (printable(row.feature), *counts, duration(row.seconds), size(row.bytes))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines: the first column to the left, all others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _failed(failures: Sequence[Failure]) -> list[str]:
    if not failures:
        return ["Nothing failed."]
    head = f"{count(len(failures), 'failure')} (tried again with --config retry=failed):"
    return [head, *(f"  {printable(f.feature)}  {printable(f.video)}: {printable(f.reason)}" for f in failures)]
