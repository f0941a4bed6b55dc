"""The cards of a report: what is shown of a video, and of which videos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from features import text
from features.report import charts
from features.report.charts import Curve, Look
from features.report.data import ReportData, Timeline, Video
from features.report.framecharts import Lane, score_curves, thin, timelines
from features.report.scales import far_out
from features.report.skeletons import heat_steps

CARDS = 24  # videos with a curve and a still
CURVES = 3  # on one card
PERSONS = 12  # on one card, those with the highest scores


@dataclass(frozen=True)
class Card:
    """One video as it is shown: its chart (None without scores) and its figure or why there is none.

    persons   a chart of timelines, None without;  which: which persons it shows, "" for all of them
    """

    video: Video
    chart: Markup | None
    verdict: str
    persons: Markup | None = None
    which: str = ""


def cards(data: ReportData, drawn: Mapping[str, Look]) -> tuple[list[Card], str]:
    """The videos to show, and in words which ones they are."""
    shown = [video for video in data.videos if video.curves or video.still]
    picked, chosen = choose(shown)
    scales = _ranges(shown)
    levels = {alarms.name: alarms.value for alarms in data.alarms}
    return [_card(video, drawn, scales, levels, data.heat) for video in picked], chosen


def choose(videos: Sequence[Video], most: int = CARDS) -> tuple[list[Video], str]:
    """At most `most` videos, those with the lowest and the highest AUC (else the first), and which ones in words."""
    if len(videos) <= most:
        return list(videos), ""
    judged = sorted((video for video in videos if video.auc is not None), key=lambda video: video.auc or 0.0)
    if len(judged) < most:
        others = [video for video in videos if video.auc is None][: most - len(judged)]
        kept = {id(video) for video in [*judged, *others]}
        first = [video for video in videos if id(video) in kept]
        return (
            first,
            f"{most} of {len(videos):,} videos: {len(judged)} with an AUC and the first {len(others)} without.",
        )
    half = most // 2
    words = (
        f"{most} of {len(videos):,} videos: the {half} with the lowest AUC, then the {most - half} with the highest."
    )
    return judged[:half] + judged[half - most :], words


def legend(data: ReportData, drawn: Mapping[str, Look]) -> list[tuple[Markup, str]]:
    """The lines of the curves, with the scorer that each belongs to."""
    names = dict.fromkeys(name for video in data.videos for name in list(video.curves)[:CURVES])
    levels = [name for name in names if name in {alarms.name for alarms in data.alarms}]
    lines = [(charts.swatch(drawn[name]), name) for name in names]
    return lines + [(charts.swatch(_level(drawn[name])), f"threshold of {name}") for name in levels]


def heat_legend(data: ReportData) -> tuple[Markup, str, str] | None:
    """The colours of persons' scores with the scores at both ends; None where no person was scored."""
    if not any(video.persons for video in data.videos):
        return None
    low, high = data.heat
    return charts.heat_bar(), text.score(low, low, high), text.score(high, low, high)


def _level(look: Look) -> Look:
    return Look(look.colour, width=0.8)


def _card(
    video: Video,
    drawn: Mapping[str, Look],
    ranges: Mapping[str, tuple[float, float]],
    levels: Mapping[str, float],
    heat: tuple[float, float],
) -> Card:
    persons, which = most_suspect(video.persons)
    return Card(
        video,
        _chart(video, drawn, ranges, levels),
        _verdict(video),
        _timelines(video, persons, heat) if persons else None,
        which,
    )


def most_suspect(persons: Sequence[Timeline], most: int = PERSONS) -> tuple[list[Timeline], str]:
    """At most `most` persons, those with the highest scores, in the order in which they appear; and which, in words."""
    scored = [person for person in persons if np.isfinite(person.scores).any()]
    kept = sorted(scored, key=lambda person: -float(np.nanmax(person.scores)))[:most]
    words = f"the {most} with the highest scores of {len(scored)} persons" if len(scored) > most else ""
    return sorted(kept, key=lambda person: (int(person.frames[0]), person.person)), words


def _timelines(video: Video, persons: Sequence[Timeline], heat: tuple[float, float]) -> Markup:
    lanes = []
    for person in persons:
        steps = np.full(video.frames, -1, np.int64)
        steps[person.frames] = heat_steps(person.scores, *heat)
        lanes.append(Lane(str(person.person), steps))
    label = text.printable(f"Scores of {text.count(len(persons), 'person')} of video {video.id} over its frames")
    return timelines(lanes, video.labels, video.frames, _mark(video), label)


def _ranges(videos: Sequence[Video]) -> dict[str, tuple[float, float]]:
    """Each scorer's lowest score over all videos, and its highest that is not far out: one scale for all cards."""
    listed: dict[str, list[np.ndarray]] = {}
    for video in videos:
        for name, scores in video.curves.items():
            listed.setdefault(name, []).append(np.asarray(scores, np.float64)[np.isfinite(scores)])
    pooled = {name: np.concatenate(parts) for name, parts in listed.items()}
    return {
        name: (float(scores.min()), min(float(scores.max()), far_out(scores)))
        for name, scores in pooled.items()
        if len(scores)
    }


def _chart(
    video: Video,
    drawn: Mapping[str, Look],
    ranges: Mapping[str, tuple[float, float]],
    levels: Mapping[str, float],
) -> Markup | None:
    """The video's first curves and their thresholds, scaled to the data set's range."""
    curves, thresholds = [], []
    for name, scores in list(video.curves.items())[:CURVES]:
        low, high = ranges.get(name, (0.0, 1.0))
        x, y = thin(np.where(np.isfinite(scores), scores, np.nan))
        span = high - low or 1.0
        curves.append(Curve(x, np.minimum((y - low) / span, 1.0), drawn[name]))
        if name in levels:
            thresholds.append((min((levels[name] - low) / span, 1.0), _level(drawn[name])))
    if not curves:
        return None
    label = text.printable(f"Scores of video {video.id} over {text.count(video.frames, 'frame')}; {_verdict(video)}")
    return score_curves(curves, video.labels, video.frames, _mark(video), label, thresholds)


def _mark(video: Video) -> int | None:
    return None if video.still is None else video.still.frame


def _verdict(video: Video) -> str:
    if video.auc is not None:
        return f"AUC {text.percent(video.auc)} %"
    if video.labels is None and not video.reason:
        return "no ground truth"
    return f"AUC undefined: {video.reason or 'no reason given'}"
