"""What the figures say: rows in order, against the best baseline that needs no training, and in one sentence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from features.report.data import Place, Protocol, ReportData, Result
from features.report.seeds import Family, families
from features.text import count, percent

Scored = Result | Place
AnyScored = TypeVar("AnyScored", Result, Place)


@dataclass(frozen=True)
class Metric:
    """A column: key in `Result.metrics`, title, whether more is better, and whether it stands in every table.

    compared  whether a model has to beat baselines in it: what never alarms has no false alarms
    """

    key: str
    title: str
    text: str
    more_is_better: bool = True
    always: bool = False
    compared: bool = True


METRICS = (
    Metric("micro_auc", "Micro AUC", "Area under the ROC curve of all frames of all test videos pooled.", always=True),
    Metric(
        "auc_abnormal",
        "AUC, abnormal videos",
        "Micro AUC over the abnormal videos alone: whether an anomaly is found within its video. One half is guessing.",
    ),
    Metric(
        "macro_auc",
        "Macro AUC",
        "Mean of the AUCs of the videos that have both normal and abnormal frames.",
        always=True,
    ),
    Metric(
        "ap",
        "AP",
        "Average precision: the precision at each recall, weighted by its gain, of all frames pooled.",
        always=True,
    ),
    Metric(
        "ap_trapezoid",
        "AP, trapezoid",
        "Area under the precision-recall curve joined by straight lines, as papers on XD-Violence report AP.",
    ),
    Metric(
        "eer",
        "EER",
        "Equal error rate: where false alarms and misses are equally frequent; less is better.",
        more_is_better=False,
        always=True,
    ),
    Metric(
        "far_normal",
        "FAR, normal videos",
        "Share of the frames of normal videos that score 0.5 or more; of scores in 0..1 only; less is better.",
        more_is_better=False,
        compared=False,
    ),
    Metric(
        "far",
        "FAR",
        "Share of all normal frames that score 0.5 or more, of any video; less is better.",
        more_is_better=False,
        compared=False,
    ),
    Metric("f1", "F1", "Best F1 over all thresholds: chosen with the labels, so an upper bound."),
)
HEADLINE = METRICS[0]
PLACES = (
    Metric("rbdc", "RBDC", "Region-based detection: share of abnormal regions met, over false regions per frame."),
    Metric("pixel_auc", "Pixel AUC", "AUC where an abnormal frame counts once 40 % of its abnormal pixels are marked."),
    Metric("pixel_eer", "Pixel EER", "Equal error rate of the same criterion; less is better.", False),
)


@dataclass(frozen=True)
class Cell:
    """One figure. `short_of` names the best baseline where a model does not beat it in this column, else "".

    spread  of a mean over seeds: their sample standard deviation
    """

    value: float | None
    text: str
    short_of: str = ""
    spread: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the results table. `verdict` (models only) compares it with the best baseline by micro AUC.

    `uses_labels`: a baseline made from the test labels, with which models are compared in their verdict alone.
    """

    name: str
    is_baseline: bool
    cells: tuple[Cell, ...]
    beats: bool | None
    verdict: str
    notes: tuple[str, ...]
    uses_labels: bool = False


@dataclass(frozen=True)
class Group:
    """All rows of one protocol, best micro AUC first."""

    protocol: Protocol
    rows: tuple[Row, ...]


def columns(results: Sequence[Result]) -> tuple[Metric, ...]:
    """The metrics to show: some always, others where any result has them."""
    return tuple(m for m in METRICS if m.always or any(value_of(r, m) is not None for r in results))


def groups(data: ReportData) -> list[Group]:
    """One group per protocol that has results, in the order of the protocols, undeclared ones last."""
    shown = columns(data.results)
    return [Group(protocol, _rows(results, shown)) for protocol, results in _by_protocol(data)]


def seed_groups(data: ReportData) -> list[Group]:
    """The same of models that differ by their seed alone: a row of means for each family of more than one."""
    shown = columns(data.results)
    made = [Group(protocol, _seed_rows(results, shown)) for protocol, results in _by_protocol(data)]
    return [group for group in made if group.rows]


def beaten(data: ReportData) -> bool:
    """Whether no model, or the mean of its seeds, beats the best baseline under the first protocol."""
    results = next(iter(_by_protocol(data)), (None, []))[1]
    champion = best(_baselines(results), HEADLINE)
    judged = [judge(family.mean, champion)[0] for family in families(results)]
    return False in judged and True not in judged


def _by_protocol(data: ReportData) -> list[tuple[Protocol, list[Result]]]:
    declared = {protocol.name: protocol for protocol in data.protocols}
    found: dict[str, list[Result]] = {name: [] for name in declared}
    for result in data.results:
        found.setdefault(result.protocol, []).append(result)
    return [(declared.get(name, Protocol(name, "")), results) for name, results in found.items() if results]


@dataclass(frozen=True)
class AlarmRow:
    """A model's own threshold, where it comes from in words, and the shares of frames above it in per cent."""

    name: str
    value: str
    quantile: str
    false_alarms: str
    detections: str


def alarm_rows(data: ReportData) -> list[AlarmRow]:
    """One row for each model that noted a threshold."""
    return [
        AlarmRow(
            alarms.name,
            f"{alarms.value:.4g}",
            f"{100 * alarms.quantile:g} % of its scores of normal training data lie below",
            *("undefined" if rate is None else percent(rate) for rate in (alarms.false_alarms, alarms.detections)),
        )
        for alarms in data.alarms
    ]


def place_rows(data: ReportData) -> tuple[Row, ...]:
    """Scorers of objects, models before baselines, with the figures of `PLACES`."""
    baselines = [place for place in data.places if place.is_baseline]
    champions = {metric.key: best(baselines, metric) for metric in PLACES}
    ordered = sorted(data.places, key=lambda place: (place.is_baseline, -(value_of(place, PLACES[0]) or 0.0)))
    return tuple(
        Row(
            place.name,
            place.is_baseline,
            tuple(_cell(place, metric, champions[metric.key]) for metric in PLACES),
            None,
            "",
            (),
        )
        for place in ordered
    )


def value_of(result: Scored, metric: Metric) -> float | None:
    """The metric as a finite number, or None where it is undefined."""
    value = result.metrics.get(metric.key)
    return None if value is None or not math.isfinite(value) else float(value)


def better(value: float, than: float, metric: Metric) -> bool:
    """Whether `value` beats `than`; a tie does not."""
    return value > than if metric.more_is_better else value < than


def best(results: Sequence[AnyScored], metric: Metric) -> AnyScored | None:
    """The result with the best value of the metric; the first one of equals; None where none has a value."""
    winner: AnyScored | None = None
    for result in results:
        value = value_of(result, metric)
        champion = None if winner is None else value_of(winner, metric)
        if value is not None and (champion is None or better(value, champion, metric)):
            winner = result
    return winner


def _rows(results: Sequence[Result], shown: Sequence[Metric]) -> tuple[Row, ...]:
    champions, bounds = _bars(results, shown)
    ordered = sorted(results, key=lambda result: -(value_of(result, HEADLINE) or 0.0))
    return tuple(_row(result, shown, champions, bounds) for result in ordered)


def _seed_rows(results: Sequence[Result], shown: Sequence[Metric]) -> tuple[Row, ...]:
    champions, bounds = _bars(results, shown)
    several = [family for family in families(results) if len(family.members) > 1]
    ordered = sorted(several, key=lambda family: -(value_of(family.mean, HEADLINE) or 0.0))
    return tuple(_seed_row(family, _row(family.mean, shown, champions, bounds), shown) for family in ordered)


def _seed_row(family: Family, mean: Row, shown: Sequence[Metric]) -> Row:
    """The row of the means, with how far the seeds lie apart."""
    spreads = [family.spread(metric.key) for metric in shown]
    cells = tuple(
        cell if spread is None else replace(cell, spread=percent(spread))
        for cell, spread in zip(mean.cells, spreads, strict=True)
    )
    return replace(mean, name=f"{family.name}, {count(len(family.members), 'seed')}", cells=cells, notes=())


def _bars(results: Sequence[Result], shown: Sequence[Metric]) -> tuple[dict[str, Result | None], list[Result]]:
    """What models are held against: the best baseline of each column, and the bounds made from test labels."""
    baselines = _baselines(results)
    champions = {metric.key: best(baselines, metric) if metric.compared else None for metric in shown}
    return champions, [result for result in results if result.uses_labels]


def _baselines(results: Sequence[Result]) -> list[Result]:
    """The baselines that a model has to beat."""
    return [result for result in results if result.is_baseline and not result.uses_labels]


def _row(result: Result, shown: Sequence[Metric], champions: dict[str, Result | None], bounds: Sequence[Result]) -> Row:
    cells = tuple(_cell(result, metric, champions[metric.key]) for metric in shown)
    beats, verdict = (None, "") if result.is_baseline else judge(result, champions[HEADLINE.key])
    verdict += "" if result.is_baseline else _within(result, bounds)
    return Row(result.name, result.is_baseline, cells, beats, verdict, result.notes, result.uses_labels)


def _within(result: Result, bounds: Sequence[Result]) -> str:
    """The lowest bound that a model does not exceed, in words; "" where it exceeds them all, or there are none."""
    value = value_of(result, HEADLINE)
    reached = [(value_of(bound, HEADLINE), bound.name) for bound in bounds]
    over = sorted((bar, name) for bar, name in reached if bar is not None and value is not None and bar >= value)
    return f"; within what {over[0][1]} gives ({percent(over[0][0])})" if over else ""


def _cell(result: Scored, metric: Metric, champion: Scored | None) -> Cell:
    value = value_of(result, metric)
    if value is None:
        return Cell(None, "undefined")
    bar = None if champion is None or result.is_baseline else value_of(champion, metric)
    short_of = champion.name if champion is not None and bar is not None and not better(value, bar, metric) else ""
    return Cell(value, percent(value), short_of)


def judge(result: Result, champion: Result | None) -> tuple[bool | None, str]:
    """Whether a model's micro AUC beats the best baseline's, and the verdict in words; None: it cannot be said."""
    value = value_of(result, HEADLINE)
    bar = None if champion is None else value_of(champion, HEADLINE)
    if champion is None or bar is None or value is None:
        return None, "cannot be judged: its micro AUC is undefined" if value is None else "no baseline to judge it by"
    if value > bar:
        return True, f"{100 * (value - bar):+.2f} points over {champion.name}"
    return False, f"has shown nothing beyond {champion.name} ({percent(bar)})"


def headline(data: ReportData) -> str:
    """The result in one sentence, with the protocol it holds under."""
    if not data.videos:
        return "There is no video in this data set, so there is nothing to show."
    if not data.results:
        return f"Features of {count(len(data.videos), 'video')} were made; nothing was scored."
    protocol, results = _by_protocol(data)[0]
    champion = best(_baselines(results), HEADLINE)
    models = families(results)
    mean = best([family.mean for family in models], HEADLINE)
    if mean is not None:
        family = next(family for family in models if family.mean is mean)
        return _of_model(family, champion, len(models), protocol.name)
    if champion is not None:
        said = (
            f"has a micro AUC of {percent(value_of(champion, HEADLINE) or 0.0)} % under the protocol “{protocol.name}”"
        )
        return f"No model was scored; {champion.name}, which needs no training, {said}."
    return f"The micro AUC under the protocol “{protocol.name}” is undefined for every scorer."


def _of_model(family: Family, champion: Result | None, models: int, protocol: str) -> str:
    model = family.mean
    who = model.name if models == 1 else f"{model.name}, the best of {models} models,"
    value = value_of(model, HEADLINE) or 0.0
    said = f"{who} has a micro AUC of {percent(value)} %{_over_seeds(family)} under the protocol “{protocol}”"
    beats, _ = judge(model, champion)
    if champion is None or beats is None:
        return f"{said}; there is no baseline to judge it by."
    reached = value_of(champion, HEADLINE) or 0.0
    bar = f"{champion.name}, the best baseline that needs no training ({percent(reached)} %)"
    above = percent(value - reached)
    return f"{said}, {above} points above {bar}." if beats else f"{said} and has shown nothing beyond {bar}."


def _over_seeds(family: Family) -> str:
    values = family.values(HEADLINE.key)
    if len(values) < 2:
        return ""
    return f" (mean of {len(values)} seeds, {percent(min(values))} to {percent(max(values))})"
