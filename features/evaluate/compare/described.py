"""What published clip features tell of how they were made, without their videos and without weights."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from features.evaluate.compare.clips import ClipSet
from features.evaluate.compare.counts import counted, published_rules
from features.evaluate.compare.crops import ORDERS, CropOrder, crop_order
from features.evaluate.compare.finding import Finding, number
from features.evaluate.compare.maps import COUNTS
from features.evaluate.compare.values import unit_blocks, unit_rows
from features.extract.clips.statistics import ValueStatistics, statistics
from features.text import count

# Numbers of a feature -> what gives so many.
WIDTHS = {
    400: "logits of Kinetics-400",
    512: "R(2+1)D, or CLIP ViT-B",
    768: "CLIP ViT-L",
    1024: "one stream of Inception I3D, or S3D",
    2048: "ResNet-50 I3D, or rgb and flow of Inception I3D side by side",
    4096: "fc6 of C3D",
}


@dataclass(frozen=True)
class Known:
    """Values of features that were published, as ranges over some of their videos.

    norms  least and greatest mean L2 norm
    zeros  least and greatest share of exact zeros
    """

    name: str
    channels: int
    norms: tuple[float, float]
    zeros: tuple[float, float]

    def like(self, seen: ValueStatistics, channels: int) -> bool:
        """Whether values are like these: norms within a fifth, zeros within five of a hundred."""
        return (
            channels == self.channels
            and 0.8 * self.norms[0] <= seen.norms[1] <= 1.2 * self.norms[1]
            and self.zeros[0] - 0.05 <= seen.zeros <= self.zeros[1] + 0.05
        )


# Measured on published files: seven ten-crop files of RTFM's features of ShanghaiTech (copies in
# alimaroosi/Anomaly-Detection @ff3229a); one file of that repository's own extraction, whose input scaling is not
# stated; the reference features of v-iashin/video_features before its commit b21f330 (stacks of 24 and of 64 frames).
KNOWN = (
    Known("RTFM's (ResNet-50 I3D on (x - 114.75) / 57.375)", 2048, (17.4, 19.9), (0.17, 0.25)),
    Known("a user's ResNet-50 I3D on values scaled otherwise than RTFM's", 2048, (9.7, 9.7), (0.02, 0.02)),
    Known("rgb of video_features (Inception I3D on -1..1)", 1024, (9.5, 14.0), (0.0, 0.1)),
    Known("flow of video_features (Inception I3D on RAFT's flow)", 1024, (7.5, 7.6), (0.0, 0.1)),
)


@dataclass(frozen=True)
class Description:
    """What is said of a set of published features, and what is odd about single videos of it."""

    findings: tuple[Finding, ...]
    remarks: Mapping[str, str]
    segments: bool


def describe(sets: Sequence[ClipSet]) -> Description:
    """What some videos' features tell; `frames` of a set is known where its video is there."""
    heads = {each.name: each.head() for each in sets}
    segments = same_rows(sets)
    findings = [_shape(sets), *_rows(sets, heads, segments), *_width(sets), *_values(heads), *_order(heads)]
    clips = {each.name: (each.frames, each.features.shape[0]) for each in sets if each.frames is not None}
    if segments or not clips:
        return Description(tuple(findings), {}, segments)
    return Description((*findings, _rule(clips)), counted(clips).remarks(), segments)


def same_rows(sets: Sequence[ClipSet]) -> bool:
    """Whether all videos have one of the numbers of rows that trainers ask for: then rows are segments."""
    found = {each.features.shape[0] for each in sets}
    return len(found) == 1 and found <= set(COUNTS)


def _shape(sets: Sequence[ClipSet]) -> Finding:
    clips = [each.features.shape[0] for each in sets]
    others = sorted({each.features.shape[1:] for each in sets})
    rows = f"{min(clips):,}" if min(clips) == max(clips) else f"{min(clips):,} to {max(clips):,}"
    listed = " and ".join(f"{count(crops, 'crop')} of {count(channels, 'channel')}" for crops, channels in others)
    return Finding("shape", f"{count(len(sets), 'video')} of {rows} rows, {listed}", len(others) == 1)


def _rows(sets: Sequence[ClipSet], heads: Mapping[str, np.ndarray], segments: bool) -> Iterator[Finding]:
    if not segments:
        return
    rows = sets[0].features.shape[0]
    repeated = [name for name, head in heads.items() if _repeats(head)]
    short = f"; {count(len(repeated), 'video')} repeat rows, as videos of fewer clips do" if repeated else ""
    yield Finding("rows", f"{rows} in each video: segments, means of clips, not clips{short}")


def _repeats(head: np.ndarray) -> bool:
    return bool((np.abs(np.diff(head, axis=0)).max(axis=(1, 2)) == 0).any()) if len(head) > 1 else False


def _width(sets: Sequence[ClipSet]) -> Iterator[Finding]:
    for channels in sorted({each.features.shape[2] for each in sets}):
        known = WIDTHS.get(channels, "no network that is known here gives so many")
        yield Finding("network", f"{channels:,} channels: {known}")


def _values(heads: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    seen = {name: statistics(head) for name, head in heads.items()}
    norms = [found.norms[1] for found in seen.values()]
    zeros = [found.zeros for found in seen.values()]
    yield Finding(
        "values",
        f"mean {number(median(found.mean for found in seen.values()))}, from "
        f"{number(min(found.smallest for found in seen.values()))} to "
        f"{number(max(found.largest for found in seen.values()))}; {100 * min(zeros):.2f} to {100 * max(zeros):.2f} % "
        f"exact zeros; L2 norms {number(min(norms))} to {number(max(norms))} on average of a video",
    )
    if all(unit_rows(head) for head in heads.values()):
        yield Finding("norm", "each feature was divided by its L2 norm: the scale of the network's output is lost")
    elif batches := {name: starts for name, head in heads.items() if (starts := unit_blocks(head))}:
        name, starts = next(iter(batches.items()))
        yield Finding(
            "norm",
            f"in {count(len(batches), 'video')} whole batches of clips were divided by one L2 norm ({name}: batches "
            f"begin at clip {', '.join(map(str, starts[:6]))}): values depend on the batch size",
            False,
        )
    else:
        yield Finding("scale", _like(heads, seen))


def _like(heads: Mapping[str, np.ndarray], seen: Mapping[str, ValueStatistics]) -> str:
    votes = {
        known.name: sum(known.like(found, heads[name].shape[2]) for name, found in seen.items()) for known in KNOWN
    }
    best = max(votes, key=lambda name: votes[name])
    if not votes[best]:
        return "norms and zeros are like those of no published set that is known here"
    return f"norms and zeros of {votes[best]} of {count(len(seen), 'video')} are like {best}"


def _order(heads: Mapping[str, np.ndarray]) -> Iterator[Finding]:
    ten = {name: crop_order(head) for name, head in heads.items() if head.shape[1] == len(ORDERS["torchvision"])}
    if not ten:
        return
    votes = {order: [name for name, found in ten.items() if found.name == order] for order in ORDERS}
    best = max(votes, key=lambda order: len(votes[order]))
    if not votes[best]:
        yield Finding("crops", "ten crops, in no order that mirror pairs would show clearly", False)
        return
    centre = ORDERS[best].index("c")
    yield Finding(
        "crops",
        f"ten crops in {best}'s order, the centre at {centre}, by mirror pairs in {len(votes[best])} of "
        f"{count(len(ten), 'video')} ({_likeness(ten.values(), best)})",
        len(votes[best]) == len(ten),
    )


def _likeness(found: Collection[CropOrder], best: str) -> str:
    means = {order: float(np.mean([each.likeness[order] for each in found])) for order in ORDERS}
    others = ", ".join(f"{order} {means[order]:.2f}" for order in ORDERS if order != best)
    return f"likeness {means[best]:.2f}; {others}"


def _rule(clips: Mapping[str, tuple[int, int]]) -> Finding:
    found = counted(clips)
    if not found.best:
        listed = ", ".join(f"{name} {rows} of {frames} frames" for name, (frames, rows) in list(clips.items())[:3])
        return Finding("clips", f"no published rule gives these numbers of clips ({listed})", False)
    presets = published_rules()
    listed = "; or ".join(f"{rule} ({', '.join(presets[rule])})" for rule in found.best)
    fit = len(found.fitting[found.best[0]])
    unsure = ", which these videos do not tell apart" if len(found.best) > 1 else ""
    return Finding("clips", f"{fit} of {count(len(clips), 'video')} fit {listed}{unsure}", fit == len(clips))
