"""An audit of anyone's scores: what they reach, what reaches as much without looking, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.errors import DatasetError
from features.evaluate import audit_checks as checks
from features.evaluate.audit_checks import Check
from features.evaluate.audit_fit import Fit, fit_videos
from features.evaluate.baselines import available
from features.evaluate.guards import UNKNOWN, check_labels
from features.evaluate.metrics import Figure, Frames, auc, average_precision, pooled, video_metrics
from features.evaluate.oracles import ORACLES


@dataclass(frozen=True)
class Scorer:
    """The figures of the scores, or of something to hold them against.

    bound   made from the test labels
    """

    name: str
    figures: dict[str, Figure]
    bound: bool = False


@dataclass(frozen=True)
class Audit:
    """What an audit found. The first of `scorers` are the audited scores; figures are fractions from 0 to 1.

    rule   what the scores stand for, in words
    """

    name: str
    dataset: str
    rule: str
    videos: int
    abnormal_videos: int
    frames: int
    abnormal_frames: int
    scorers: tuple[Scorer, ...]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.state != "fail" for check in self.checks)

    def figure(self, scorer: str, metric: str) -> float | None:
        """A figure of a scorer by their names; None where it is undefined."""
        found = next(entry for entry in self.scorers if entry.name == scorer)
        return found.figures[metric].value

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"passed": self.passed, **asdict(self)}


@dataclass(frozen=True)
class _Joined:
    """Scores and labels of the same frames by video; the label of a frame without a finite score is unknown."""

    scores: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]

    def frames(self, scores: Mapping[str, np.ndarray]) -> dict[str, Frames]:
        return {video: Frames.known(known, scores[video]) for video, known in self.labels.items()}


def audit(
    scores: Mapping[str, np.ndarray],
    labels: Mapping[str, np.ndarray],
    *,
    name: str = "scores",
    dataset: str = "",
    abnormal: Sequence[str] | None = None,
) -> Audit:
    """Audit scores: video -> (frames,) or a score for each clip, in their own order; labels: video -> (frames,).

    `abnormal` names the abnormal videos where that is published; else they are those with an abnormal frame.

    Raises DatasetError where no labelled video has scores, or labels are none.
    """
    known = {video: check_labels(video, values) for video, values in labels.items()}
    there = [video for video in known if video in scores]
    if not there:
        raise DatasetError(
            f"no video of the ground truth is scored: it has {checks.some(known)}, the scores have "
            f"{checks.some(scores)}; name them alike, or give --list"
        )
    fit, off = fit_videos({video: len(scores[video]) for video in there}, {video: len(known[video]) for video in there})
    joined = _join(scores, {video: known[video] for video in there}, fit)
    found = {video for video, values in joined.labels.items() if (values == 1).any()}
    named = found if abnormal is None else set(abnormal) & set(there)
    scorers = _scorers(name, joined, named)
    judged = pooled(joined.frames(joined.scores))
    return Audit(
        name=name,
        dataset=dataset,
        rule=fit.text,
        videos=len(there),
        abnormal_videos=len(named),
        frames=len(judged.labels),
        abnormal_frames=int(judged.labels.sum()),
        scorers=scorers,
        checks=(
            checks.every_video(known, scores),
            checks.every_frame(known, scores, fit, off),
            checks.numbers({video: scores[video] for video in there}),
            checks.ties(judged),
            checks.change(joined.scores),
            checks.borders(joined.scores, [video for video in scores if video in joined.scores], there),
            checks.stretched(joined.scores),
            *_against(scorers),
        ),
    )


def _join(scores: Mapping[str, np.ndarray], labels: Mapping[str, np.ndarray], fit: Fit) -> _Joined:
    """Scores meet labels; where a video fits no rule, over as many frames as both have."""
    found = _Joined({}, {})
    for video, known in labels.items():
        row, truth = fit.meet(np.asarray(scores[video], np.float64), known)
        both = min(len(row), len(truth))
        finite = np.isfinite(row[:both])
        found.scores[video] = np.where(finite, row[:both], 0.0)
        found.labels[video] = np.where(finite, truth[:both], UNKNOWN).astype(np.int8)
    return found


def _scorers(name: str, joined: _Joined, abnormal: set[str]) -> tuple[Scorer, ...]:
    """The audited scores, what needs no look at the video, and what a perfect video label gives."""
    known = joined.labels
    listed = [(name, joined.scores, False)]
    for baseline in available((), annotated=True):
        listed.append((baseline.name, {video: baseline.compute({}, len(row)) for video, row in known.items()}, False))
    for oracle in ORACLES.values():
        listed.append((oracle.name, {video: oracle.compute(row) for video, row in known.items()}, True))
    return tuple(Scorer(title, _figures(joined.frames(found), abnormal), bound) for title, found, bound in listed)


def _figures(videos: Mapping[str, Frames], abnormal: set[str]) -> dict[str, Figure]:
    frames = pooled(videos)
    return {"micro_auc": auc(frames), "ap": average_precision(frames), **video_metrics(videos, abnormal)}


def _against(scorers: Sequence[Scorer]) -> tuple[Check, ...]:
    """The scores against what looks at no frame, and against a perfect video label."""
    own, *others = scorers
    blind = [other for other in others if not other.bound]
    (label,) = [other for other in others if other.name == "perfect video label"]
    lengths = [other for other in blind if other.name.endswith("video length")]

    def beats(name: str, title: str, metric: str, bars: Sequence[Scorer], short: checks.State) -> Check:
        return checks.beats(name, title, own.figures[metric], {bar.name: bar.figures[metric] for bar in bars}, short)

    return (
        beats("more than video length", "AUC", "micro_auc", lengths, "fail"),
        beats("found within videos", "AUC on abnormal videos", "auc_abnormal", [*blind, label], "fail"),
        beats("more than a perfect video label", "AUC", "micro_auc", [label], "note"),
    )
