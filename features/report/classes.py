"""The figures of each class of anomaly, as a table of scorers and classes."""

from dataclasses import dataclass

from features.report.data import ReportData, Result
from features.report.results import HEADLINE, value_of
from features.text import percent

CLASS_FIGURES = ("the videos of the class alone", "the videos of the class and all normal videos")


@dataclass(frozen=True)
class ClassTable:
    """AUCs by class of anomaly: `groups` are its two figures, a row for each scorer and a cell for each class."""

    classes: tuple[str, ...]
    protocol: str
    groups: tuple[tuple[str, tuple[tuple[Result, tuple[str, ...]], ...]], ...]


def class_table(data: ReportData) -> ClassTable | None:
    """The classes under the first protocol that has any, models first; None where there is but one class."""
    judged = next((result.protocol for result in data.results if result.classes), None)
    if judged is None:
        return None
    results = sorted(
        (result for result in data.results if result.protocol == judged and result.classes),
        key=lambda result: (result.is_baseline, -(value_of(result, HEADLINE) or 0.0)),
    )
    names = tuple(results[0].classes)
    made = [
        (title, tuple((result, tuple(_said(result.classes[name][place]) for name in names)) for result in results))
        for place, title in enumerate(CLASS_FIGURES)
    ]
    return ClassTable(names, judged, tuple(made))


def _said(value: float | None) -> str:
    return "undefined" if value is None else percent(value)
