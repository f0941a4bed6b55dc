"""One table of results: models and baselines under declared protocols, with all that a reader must know."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np

from features.evaluate.guards import UNKNOWN, Joined, NonFinite, join
from features.evaluate.metrics import (
    ClassAuc,
    Figure,
    Frames,
    all_metrics,
    auc,
    class_aucs,
    pooled,
    rates_above,
    roc_points,
    video_metrics,
)
from features.evaluate.protocols import Protocol
from features.evaluate.snapshots import best_snapshot
from features.plan.listing import NORMAL

Role = Literal["model", "baseline", "oracle"]
LISTED = 5


@dataclass(frozen=True)
class Row:
    """One system under one protocol.

    role        an `oracle` is made from the test labels: a bound, not a system
    metrics     by name: micro_auc, macro_auc, ap, eer, eer_nearest_fpr, eer_nearest_fnr, f1; of annotated videos also
                auc_abnormal, ap_trapezoid, far_normal, far
    video_auc   video id -> AUC of that video alone
    fpr, tpr    points of the pooled ROC curve, thinned for drawing; empty where undefined
    notes       what a reader of this row must know
    classes     class of anomaly -> its AUCs, where there is more than one
    """

    system: str
    role: Role
    protocol: str
    metrics: dict[str, Figure]
    video_auc: dict[str, Figure]
    fpr: list[float]
    tpr: list[float]
    notes: tuple[str, ...] = ()
    classes: dict[str, ClassAuc] = field(default_factory=dict)


@dataclass(frozen=True)
class Alarms:
    """What a model's own threshold gives on the judged frames, its scores as they are.

    quantile, value   the threshold: that quantile of the model's scores of normal training data
    false_alarms      share of the normal frames that lie above it;  detections: of the abnormal ones
    """

    system: str
    quantile: float
    value: float
    false_alarms: Figure
    detections: Figure


@dataclass(frozen=True)
class Place:
    """How well one system says where: rbdc, pixel_auc, pixel_eer of its objects' scores as they are."""

    system: str
    role: Literal["model", "baseline"]
    metrics: dict[str, Figure]


@dataclass(frozen=True)
class VideoCount:
    """How many frames of a video are there, abnormal, and of unknown label."""

    frames: int
    abnormal: int
    unknown: int


@dataclass(frozen=True)
class Declared:
    """What a report says of a protocol."""

    name: str
    version: int
    description: str
    published: bool
    defect: str


@dataclass(frozen=True)
class Result:
    """Everything an evaluation found, as plain records. `places_note` says how `places` were found."""

    rows: tuple[Row, ...]
    protocols: tuple[Declared, ...]
    videos: dict[str, VideoCount]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alarms: tuple[Alarms, ...] = ()
    places: tuple[Place, ...] = ()
    places_note: str = ""

    def row(self, system: str, protocol: str) -> Row:
        """The row of a system under a protocol.

        Raises KeyError where there is none.
        """
        for row in self.rows:
            if (row.system, row.protocol) == (system, protocol):
                return row
        raise KeyError(f"no row for {system!r} under {protocol!r}")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` gives an equal Result back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Result":
        """The Result that `to_json` wrote, also after a round trip through text."""
        return cls(
            tuple(_row_from_json(row) for row in value["rows"]),
            tuple(Declared(**protocol) for protocol in value["protocols"]),
            {video: VideoCount(**count) for video, count in value["videos"].items()},
            tuple(value["notes"]),
            tuple(value["warnings"]),
            tuple(Alarms(**_with_figures(found, "false_alarms", "detections")) for found in value["alarms"]),
            tuple(Place(**{**found, "metrics": _figures(found["metrics"])}) for found in value["places"]),
            value["places_note"],
        )


def evaluate(
    scores: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    protocols: Sequence[Protocol],
    *,
    system: str = "model",
    role: Role = "model",
    transductive: bool = False,
    notes: Sequence[str] = (),
    non_finite: NonFinite = "refuse",
    classes: Mapping[str, str] | None = None,
    snapshots: Mapping[str, np.ndarray] | None = None,
) -> Result:
    """Judge one system: video id -> scores (frames,), video id -> labels (frames,) of 1, 0 and -1 (not judged).

    Which videos are judged, and in what order, the labels say. `transductive` says that the system was trained on the
    videos it is judged on. `notes` hold for the data set: parts of the published totals, a choice of labels. `classes`
    (video id -> class of its anomaly, or `normal`) says which videos are abnormal, where that is published. `snapshots`
    (video id -> scores (frames, snapshots), the last of them the model's own) are judged by protocols that pick one.

    Raises DatasetError where scores and labels do not fit: see `features.evaluate.guards`.
    """
    joined = join(scores, labels, non_finite)
    own = [*joined.notes]
    if transductive:
        own.append("trained, without labels, on the very videos it is judged on")
    rows = []
    for protocol in protocols:
        found, told = (joined, "") if not protocol.picks else best_snapshot(snapshots, labels, non_finite)
        if found is not None:
            rows.append(_judge(system, role, protocol, found, classes, [*own, told] if told else own))
    return Result(
        tuple(rows),
        tuple(_declared(protocol) for protocol in protocols),
        {video: _count(values) for video, values in joined.labels.items()},
        tuple(notes),
        (*_one_class(joined.labels), *_below_chance(rows)),
    )


def unjudged(protocols: Sequence[Protocol], notes: Sequence[str]) -> Result:
    """A table without rows: no labels, or nothing to judge."""
    return Result((), tuple(_declared(protocol) for protocol in protocols), {}, tuple(notes))


def combine(results: Sequence[Result]) -> Result:
    """One table of several systems judged on the same labels under the same protocols.

    Raises ValueError where they were not.
    """
    first = results[0]
    if any((result.videos, result.protocols) != (first.videos, first.protocols) for result in results):
        raise ValueError("results of other labels or protocols cannot stand in one table")
    return replace(
        first,
        rows=tuple(row for result in results for row in result.rows),
        notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
        warnings=tuple(dict.fromkeys(warning for result in results for warning in result.warnings)),
    )


def alarms(
    system: str, quantile: float, threshold: float, scores: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray]
) -> Alarms:
    """What a threshold gives on the labelled videos, scores as they are."""
    frames = pooled({video: Frames.known(values, scores[video]) for video, values in labels.items()})
    return Alarms(system, quantile, threshold, *rates_above(frames, threshold))


def _declared(protocol: Protocol) -> Declared:
    return Declared(protocol.name, protocol.version, protocol.description, protocol.published, protocol.defect)


def _judge(
    system: str,
    role: Role,
    protocol: Protocol,
    joined: Joined,
    classes: Mapping[str, str] | None,
    notes: Sequence[str],
) -> Row:
    changed = protocol.apply(joined.scores)
    skip = protocol.skip_first
    videos = {video: Frames.known(values[skip:], changed[video][skip:]) for video, values in joined.labels.items()}
    video_auc = {video: auc(frames) for video, frames in videos.items()}
    metrics = all_metrics(videos, video_auc)
    by_class = {}
    if classes is not None:
        metrics |= video_metrics(videos, {video for video in videos if classes[video] != NORMAL})
        by_class = class_aucs(videos, classes, NORMAL)
    fpr, tpr = roc_points(pooled(videos))
    told = [f"{name}: {figure.note}" for name, figure in metrics.items() if figure.note]
    return Row(system, role, protocol.name, metrics, video_auc, fpr, tpr, (*notes, *told), by_class)


def _count(labels: np.ndarray) -> VideoCount:
    return VideoCount(len(labels), int((labels == 1).sum()), int((labels == UNKNOWN).sum()))


def _one_class(labels: Mapping[str, np.ndarray]) -> list[str]:
    reasons = {video: Frames.known(values, values).one_class for video, values in labels.items()}
    listed = [f"{video} ({reason})" for video, reason in reasons.items() if reason]
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    told = ", ".join(listed[:LISTED])
    return [f"videos without an AUC of their own, left out of the macro AUC: {told}{more}"] if listed else []


def _below_chance(rows: Sequence[Row]) -> list[str]:
    """A model below chance is more often an inverted label or score than a bad model."""
    values = [(row, row.metrics["micro_auc"].value) for row in rows if row.role == "model"]
    return [
        f"{row.system}: micro AUC under {row.protocol!r} is below one half; are its scores or the labels inverted?"
        for row, value in values
        if value is not None and value < 0.5
    ]


def _row_from_json(row: Mapping[str, Any]) -> Row:
    figures = {name: _figures(row[name]) for name in ("metrics", "video_auc")}
    classes = {name: ClassAuc(**_with_figures(found, "alone", "with_normal")) for name, found in row["classes"].items()}
    return Row(**{**row, **figures, "notes": tuple(row["notes"]), "classes": classes})


def _figures(found: Mapping[str, Any]) -> dict[str, Figure]:
    return {name: Figure(**figure) for name, figure in found.items()}


def _with_figures(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**record, **{name: Figure(**record[name]) for name in names}}
