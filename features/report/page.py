"""The report: one self-contained HTML page, made from `ReportData` and nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from features import text
from features.report import cards, charts, results
from features.report.charts import Curve, Look
from features.report.classes import class_table
from features.report.data import Provenance, ReportData, Work
from features.report.files import write_whole
from features.report.results import Group
from features.report.summary import total
from features.report.templates import rendered

LISTED_VIDEOS = 2000
LISTED_FAILURES = 200
LISTED_KEYS = 20


def write(path: Path, data: ReportData) -> None:
    """Write the page to `path`, whole or not at all."""
    write_whole(path, render(data))


def render(data: ReportData) -> str:
    """The page as HTML. It loads nothing: no script, no font, no image from elsewhere. Equal data give equal pages."""
    drawn = _looks(data)
    shown, chosen = cards.cards(data, drawn)
    groups = results.groups(data)
    return rendered(
        "report.html",
        data=data,
        headline=results.headline(data),
        beaten=results.beaten(data),
        facts=_facts(data),
        metrics=results.columns(data.results),
        groups=groups,
        seeds=results.seed_groups(data),
        numbers={group.protocol.name: number for number, group in enumerate(groups, start=1)},
        classes=class_table(data),
        notes=_notes(groups),
        rocs=_rocs(data, drawn),
        cards=shown,
        chosen=chosen,
        legend=cards.legend(data, drawn),
        heat=cards.heat_legend(data),
        alarms=results.alarm_rows(data),
        places=results.place_rows(data),
        place_metrics=results.PLACES,
        videos=data.videos[:LISTED_VIDEOS],
        work=_work(data.work),
        failures=data.failures[:LISTED_FAILURES],
        provenance=[_made(entry) for entry in data.provenance],
    )


def _facts(data: ReportData) -> dict[str, str]:
    """The line of facts below the title."""
    frames = sum(video.frames for video in data.videos)
    splits = [video.split for video in data.videos if video.split]
    videos = text.count(len(data.videos), f"{splits[0]} video" if len(set(splits)) == 1 else "video")
    if len(set(splits)) > 1:
        videos += " (" + ", ".join(f"{splits.count(split):,} {split}" for split in dict.fromkeys(splits)) + ")"
    failed = len({failure.video for failure in data.failures})
    return {
        "Videos": videos,
        "Frames": f"{frames:,}",
        "Failed": text.count(failed, "video") if failed else "none",
        "Config": data.config,
        "When": data.when,
    }


def _notes(groups: Sequence[Group]) -> dict[str, int]:
    """Footnote texts in order of appearance -> their number."""
    found = (note for group in groups for row in group.rows for note in row.notes)
    return {note: number for number, note in enumerate(dict.fromkeys(found), start=1)}


def _looks(data: ReportData) -> dict[str, Look]:
    """One look per scorer for the whole page; names that only occur as curves count as models."""
    baselines = dict.fromkeys(result.name for result in data.results if result.is_baseline)
    names = [result.name for result in data.results] + [roc.name for roc in data.rocs]
    names += [name for video in data.videos for name in video.curves]
    return charts.looks([name for name in dict.fromkeys(names) if name not in baselines], list(baselines))


@dataclass(frozen=True)
class RocChart:
    """One protocol's ROC chart with its legend: (swatch, name, AUC text)."""

    protocol: str
    chart: Markup
    legend: list[tuple[Markup, str, str]]


def _rocs(data: ReportData, drawn: Mapping[str, Look]) -> list[RocChart]:
    made = []
    for protocol in dict.fromkeys(roc.protocol for roc in data.rocs):
        lines = sorted((roc for roc in data.rocs if roc.protocol == protocol), key=lambda roc: -(roc.auc or 0.0))
        figures = [(roc.name, "undefined" if roc.auc is None else text.percent(roc.auc)) for roc in lines]
        label = f"ROC curves under {protocol}; AUC in per cent: " + ", ".join(f"{n} {auc}" for n, auc in figures)
        chart = charts.roc([Curve(roc.fpr, roc.tpr, drawn[roc.name]) for roc in lines], text.printable(label))
        made.append(RocChart(protocol, chart, [(charts.swatch(drawn[name]), name, auc) for name, auc in figures]))
    return made


@dataclass(frozen=True)
class WorkShown:
    """The work section: rows, their sum, a chart of the time and one of the bytes."""

    rows: Sequence[Work]
    total: Work
    time: Markup
    bytes: Markup


def _work(rows: Sequence[Work]) -> WorkShown | None:
    if not rows:
        return None
    second, unit = text.seconds_unit(max(row.seconds for row in rows))
    byte, size_unit = text.bytes_unit(max(row.bytes for row in rows))
    time = charts.bars(
        {text.printable(row.feature): row.seconds / second for row in rows},
        [text.duration(row.seconds) for row in rows],
        f"time computing in this run ({unit})",
        "Time per feature; the table above has the figures",
    )
    stored = charts.bars(
        {text.printable(row.feature): row.bytes / byte for row in rows},
        [text.size(row.bytes) for row in rows],
        f"size in the store ({size_unit})",
        "Bytes per feature; the table above has the figures",
    )
    return WorkShown(rows, total(rows), time, stored)


@dataclass(frozen=True)
class Made:
    """One provenance entry: its recipe as readable JSON, its first keys and how many there are."""

    title: str
    digest: str
    recipe: str
    facts: Mapping[str, str]
    keys: list[tuple[str, str]]
    all_keys: int


def _made(entry: Provenance) -> Made:
    recipe = json.dumps(entry.recipe, indent=2, ensure_ascii=False, sort_keys=True)
    keys = list(entry.keys.items())
    return Made(entry.title, entry.digest, recipe, entry.facts, keys[:LISTED_KEYS], len(keys))
