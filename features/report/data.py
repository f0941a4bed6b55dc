"""What a report shows, as plain records: no artifact, no store, nothing that has to be looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ABNORMAL, NORMAL, UNKNOWN = 1, 0, -1


@dataclass(frozen=True)
class Result:
    """How one scorer does under one protocol, on all test videos together.

    metrics      fractions from 0 to 1 under the keys of `features.report.results.METRICS`; None where undefined
    notes        what a reader of the figures must know; shown as footnotes
    uses_labels  a baseline made from the test labels: an upper bound, by which no model is judged to have shown nothing
    classes      class of anomaly -> AUC of its videos alone, and with all normal videos; None where undefined
    family       what models share that differ by their seed alone; "" for a model of its own
    """

    name: str
    is_baseline: bool
    protocol: str
    metrics: Mapping[str, float | None]
    notes: tuple[str, ...] = ()
    uses_labels: bool = False
    classes: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    family: str = ""


@dataclass(frozen=True)
class Protocol:
    """A declared way from scores to a figure. `published` ones repeat what a released code does, `defect` included."""

    name: str
    text: str
    published: bool = False
    defect: str = ""


@dataclass(frozen=True)
class Roc:
    """One ROC curve: `fpr` and `tpr` rise from 0 to 1 together; `auc` is the area under it, or None."""

    name: str
    protocol: str
    fpr: np.ndarray
    tpr: np.ndarray
    auc: float | None


@dataclass(frozen=True)
class Alarms:
    """What a model's own threshold, a `quantile` of its scores of normal training data, gives on the test frames.

    false_alarms, detections   shares of the normal and of the abnormal frames that score above `value`, from 0 to 1;
                               None where there is no such frame
    """

    name: str
    quantile: float
    value: float
    false_alarms: float | None
    detections: float | None


@dataclass(frozen=True)
class Place:
    """How well one scorer of objects says where: fractions under the keys of `features.report.results.PLACES`."""

    name: str
    is_baseline: bool
    metrics: Mapping[str, float | None]


@dataclass(frozen=True)
class Rule:
    """By which rule a model cuts windows, and in what it differs from other rules."""

    model: str
    name: str
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Still:
    """One frame with boxes or skeletons and scores drawn: JPEG of `width` x `height` pixels; its number and score."""

    jpeg: bytes
    width: int
    height: int
    frame: int
    score: float | None = None
    boxes: int = 0
    skeletons: int = 0


@dataclass(frozen=True)
class Clip:
    """Frames `first` to `last` in motion, with skeletons drawn: an animated WebP of `width` x `height` pixels."""

    webp: bytes
    width: int
    height: int
    first: int
    last: int


@dataclass(frozen=True)
class Timeline:
    """The scores of one person of a video.

    frames   int64 (n,), rising: where the person was scored;  scores: (n,), higher is more abnormal
    """

    person: int
    frames: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Video:
    """One video: `frames` sampled frames, and for each of them a label and a score per curve.

    labels    int8 (frames): 1 abnormal, 0 normal, -1 unknown; None without ground truth
    curves    name of the scorer -> scores (frames), any scale, NaN where there is none; the first is the one judged
    auc       of the first curve in this video, from 0 to 1; None where undefined, and `reason` says why
    seconds   length in time; None where the source has no clock
    persons   the scores of each person, of the best model that scores persons
    """

    id: str
    frames: int
    split: str = ""
    fps: float | None = None
    seconds: float | None = None
    labels: np.ndarray | None = None
    curves: Mapping[str, np.ndarray] = field(default_factory=dict)
    auc: float | None = None
    reason: str = ""
    still: Still | None = None
    clip: Clip | None = None
    persons: Sequence[Timeline] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where labels or scores are not one per frame."""
        rows = {} if self.labels is None else {"labels": self.labels}
        for name, values in {**rows, **self.curves}.items():
            if np.shape(values) != (self.frames,):
                raise ValueError(f"video {self.id!r} has {self.frames} frames but {name} of shape {np.shape(values)}")


@dataclass(frozen=True)
class Work:
    """One feature or step in this run, over all videos.

    seconds    spent computing in this run, summed over jobs
    bytes      in the store, of the artifacts computed and of those reused
    """

    feature: str
    computed: int
    reused: int
    failed: int
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Failure:
    """A recorded outcome: this video has no such feature, for this reason."""

    video: str
    feature: str
    reason: str


@dataclass(frozen=True)
class Provenance:
    """How one kind of artifact was made.

    recipe    its full JSON content, and the `digest` of it
    keys      name (a video id, or the artifact's own name) -> key
    facts     seed, device, epochs and the like, as short texts
    """

    title: str
    recipe: Mapping[str, Any]
    digest: str
    keys: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportData:
    """All that the page shows.

    config      name of the config the run was made with
    when        date and time as they shall be read, e.g. `2025-03-01 14:05 UTC`
    protocols   in the order in which they are shown; the first is the one the headline speaks of
    shows       hex digest of what the page shows, "" for none; planning reads it from the page's head
    judged      says in words which scorer and protocol the videos' AUCs and stills belong to
    places_note says how `places` were found
    persons     says in words whose scores of persons are shown;  heat: the lowest and highest colour's score
    software    package -> version;  machine: fact -> text
    """

    dataset: str
    config: str
    when: str
    shows: str = ""
    videos: Sequence[Video] = ()
    protocols: Sequence[Protocol] = ()
    results: Sequence[Result] = ()
    rocs: Sequence[Roc] = ()
    judged: str = ""
    alarms: Sequence[Alarms] = ()
    places: Sequence[Place] = ()
    places_note: str = ""
    rules: Sequence[Rule] = ()
    persons: str = ""
    heat: tuple[float, float] = (0.0, 1.0)
    work: Sequence[Work] = ()
    failures: Sequence[Failure] = ()
    provenance: Sequence[Provenance] = ()
    software: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
