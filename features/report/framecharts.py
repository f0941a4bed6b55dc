"""Charts over the frames of one video, one above the other on one axis: curves of scores, timelines of persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import MaxNLocator

from features.report.charts import POINTS, TONES, Curve, Look, drawing, framed, inline
from features.report.colours import HEAT, as_hex
from features.report.data import ABNORMAL, UNKNOWN

STEPS = 160  # along one lane: colours narrower than two pixels are not told apart


@dataclass(frozen=True)
class Lane:
    """One person in a chart of timelines: the name, and for each frame a step of `HEAT`, -1 where there is none."""

    name: str
    steps: np.ndarray


def score_curves(
    curves: Sequence[Curve],
    labels: np.ndarray | None,
    frames: int,
    mark: int | None,
    label: str,
    thresholds: Sequence[tuple[float, Look]] = (),
) -> Markup:
    """Scores of one video (y from 0 to 1) over its frames, ground truth shaded; `mark` is the still's frame.

    `thresholds` are drawn as level lines in the look of their scorers, those outside 0..1 at the rim.
    """
    with drawing(360, 150) as figure:
        axes = framed(figure, left=40, right=10, top=10, bottom=38)
        axes.grid(axis="x", visible=False)
        _shade(axes, labels)
        for level, look in thresholds:
            axes.axhline(min(max(level, -0.02), 1.02), **look.line)
        for curve in reversed(curves):
            axes.plot(curve.x, curve.y, **curve.look.line)
        if mark is not None:
            axes.axvline(mark, color=TONES["ink"], linewidth=0.9, linestyle=(0, (2, 2)))
        axes.set(xlim=(-0.5, max(frames, 1) - 0.5), ylim=(-0.03, 1.03), yticks=[0, 1], xlabel="frame", ylabel="score")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.labelpad = 2
        return inline(figure, label)


def timelines(lanes: Sequence[Lane], labels: np.ndarray | None, frames: int, mark: int | None, label: str) -> Markup:
    """One row per person over the frames of a video, coloured by score, ground truth shaded; drawn like the curves."""
    with drawing(360, 13 * len(lanes) + 48) as figure:
        axes = framed(figure, left=40, right=10, top=10, bottom=38)
        axes.grid(axis="x", visible=False)
        _shade(axes, labels)
        for step, colour in enumerate(HEAT):
            bars = [
                _bar(start - 0.5, stop - 0.5, row)
                for row, lane in enumerate(lanes)
                for start, stop in spans(_coarse(lane.steps), step)
            ]
            if bars:
                axes.add_patch(PathPatch(Outline.make_compound_path(*bars), color=as_hex(colour), linewidth=0))
        if mark is not None:
            axes.axvline(mark, color=TONES["ink"], linewidth=0.9, linestyle=(0, (2, 2)))
        axes.set(xlim=(-0.5, max(frames, 1) - 0.5), ylim=(len(lanes) - 0.5, -0.5), xlabel="frame", ylabel="person")
        axes.set(yticks=range(len(lanes)), yticklabels=[lane.name for lane in lanes])
        axes.tick_params(axis="y", labelsize=7)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.labelpad = 2
        return inline(figure, label)


def _bar(start: float, stop: float, row: int) -> Outline:
    corners = [(start, row - 0.36), (stop, row - 0.36), (stop, row + 0.36), (start, row + 0.36), (start, row - 0.36)]
    return Outline(corners, closed=True)


def _coarse(steps: np.ndarray) -> np.ndarray:
    """Steps of a long video in `STEPS` stretches, each at its highest: what is short and hot is not lost."""
    stretch = -(-len(steps) // STEPS)
    if stretch <= 1:
        return steps
    highest = np.maximum.reduceat(steps, np.arange(0, len(steps), stretch))
    return np.repeat(highest, stretch)[: len(steps)]


def _shade(axes: Any, labels: np.ndarray | None) -> None:
    """The ground truth behind a chart over frames."""
    for value, tone in ((UNKNOWN, "unknown"), (ABNORMAL, "shade")):
        for start, stop in spans(labels, value):
            axes.axvspan(start - 0.5, stop - 0.5, color=TONES[tone], linewidth=0)


def thin(values: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most `points` (x, y) of a curve over 0, 1, 2, ...: the lowest and highest of each stretch, so peaks stay."""
    if len(values) <= points:
        return np.arange(len(values)), values
    edges = np.linspace(0, len(values), points // 2 + 1).astype(int)
    kept = [start + place for start, stop in pairwise(edges) for place in _extremes(values[start:stop])]
    x = np.unique(kept)
    return x, values[x]


def _extremes(block: np.ndarray) -> tuple[int, ...]:
    finite = np.flatnonzero(np.isfinite(block))
    if len(finite) == 0:
        return (0,)
    return int(finite[block[finite].argmin()]), int(finite[block[finite].argmax()])


def spans(labels: np.ndarray | None, value: int, pieces: int = POINTS) -> list[tuple[int, int]]:
    """Where `labels` equal `value`, as [start, stop); in a long video in `pieces` steps at most, missing none."""
    if labels is None or len(labels) == 0:
        return []
    step = -(-len(labels) // pieces)
    hits = np.add.reduceat(np.asarray(labels) == value, np.arange(0, len(labels), step)) > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hits, [False]]).astype(np.int8)))
    return [(int(start) * step, min(int(stop) * step, len(labels))) for start, stop in edges.reshape(-1, 2)]
