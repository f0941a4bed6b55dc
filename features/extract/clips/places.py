"""Where the rows of a published file lie in the time of their video."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.errors import SourceError
from features.extract.clips.segments import SEGMENT_RULES, SEGMENTS
from features.video.windows import Tail, clip_count, windows

SegmentRule = Literal["even", "linspace", "sultani", "arnet"]
# Rules that published clips follow, in the order in which `auto` asks whether a number of clips follows from them.
TAILS: tuple[Tail, ...] = ("drop", "repeat", "repeat-extra", "drop-last", "one-more")
# Of how many clips segments were made where nobody says; the files of AR-Net's features follow its lists.
SEGMENT_TAILS: dict[SegmentRule, Tail] = {"linspace": "drop", "sultani": "drop", "arnet": "drop-last"}


@dataclass(frozen=True)
class Places:
    """Frames of the source that each row shows: from `start` to the one before `stop`; `rule` says how that is known.

    start, stop, valid  int64 (rows,): see `features.extract.clips.backend.ClipRows`
    """

    start: np.ndarray
    stop: np.ndarray
    valid: np.ndarray
    rule: str


@dataclass(frozen=True)
class Cut:
    """How clips were cut out of a video: `length` frames each, one every `stride`; `tail` says what ends it."""

    length: int
    stride: int
    tail: Tail | Literal["auto"]

    def __str__(self) -> str:
        return f"{self.length} frames, one every {self.stride}"


def clip_places(name: str, rows: int, frames: int, cut: Cut, spread: bool) -> Places:
    """The places of clips of a video of so many frames; `name` is the file's, for messages.

    A tail `auto` is the first rule of `TAILS` by which there are as many clips; `spread` stretches the clips evenly
    over the video where their number does not fit.

    Raises SourceError where it does not fit, naming both rules and both numbers.
    """
    tail = next(iter(_fitting(rows, frames, cut)), None) if cut.tail == "auto" else cut.tail
    if tail and clip_count(frames, cut.length, cut.stride, tail) == rows:
        found = windows(frames, cut.length, cut.stride, tail)
        return Places(found.start, found.stop, found.valid, tail)
    if spread:
        return even_places(rows, frames)
    raise SourceError(_unfitting(name, rows, frames, cut))


def segment_places(name: str, rows: int, frames: int, cut: Cut, rule: SegmentRule) -> Places:
    """The places of segments: `even` cuts the frames themselves, the others the clips that segments are means of.

    Raises SourceError where the video is too short for a clip.
    """
    if rule == "even":
        return even_places(rows, frames)
    tail = SEGMENT_TAILS[rule] if cut.tail == "auto" else cut.tail
    clips = windows(frames, cut.length, cut.stride, tail)
    if not len(clips):
        raise SourceError(f"{name}: a video of {frames} frames has no clip ({cut}, tail {tail!r}); say rule: even")
    first, after = SEGMENT_RULES[rule](len(clips), rows)
    start, stop = clips.start[first], clips.stop[after - 1]
    return Places(start, stop, stop - start, rule)


def even_places(rows: int, frames: int) -> Places:
    """Row i shows frames floor(i frames / rows) to floor((i + 1) frames / rows), one frame at least."""
    edges = np.arange(rows + 1, dtype=np.int64) * frames // rows
    start = np.minimum(edges[:-1], frames - 1)
    stop = np.maximum(edges[1:], start + 1)
    return Places(start, stop, stop - start, "even")


def handed_out(places: Places, numbers: np.ndarray) -> Places:
    """The places in frames handed out, where `numbers` (sorted) are those of the source; one frame at least."""
    start = np.minimum(np.searchsorted(numbers, places.start), len(numbers) - 1)
    stop = np.maximum(np.searchsorted(numbers, places.stop), start + 1)
    return Places(start, stop, places.valid, places.rule)


def _counts(frames: int, cut: Cut) -> dict[Tail, int]:
    """How many clips each rule gives."""
    return {tail: clip_count(frames, cut.length, cut.stride, tail) for tail in TAILS}


def _fitting(rows: int, frames: int, cut: Cut) -> list[Tail]:
    """The rules that give as many clips as there are rows."""
    return [tail for tail, count in _counts(frames, cut).items() if count == rows]


def _unfitting(name: str, rows: int, frames: int, cut: Cut) -> str:
    counts, fitting = _counts(frames, cut), _fitting(rows, frames, cut)
    expected = "" if cut.tail == "auto" else f"by tail {cut.tail!r} there are {counts[cut.tail]}; "
    found = f"{name} has {rows} clips, the video {frames} frames ({cut}): {expected}"
    if fitting:
        others = " or ".join(map(repr, fitting))
        return f"{found}{rows} are given by {others}; name the tail by which they were cut, or tail: auto"
    listed = ", ".join(f"{tail} {count}" for tail, count in counts.items())
    hint = " (of 32 segments: layout: segments)" if rows == SEGMENTS else ""
    return (
        f"{found}no tail rule gives {rows} ({listed}); is it another video, or one cut or re-timed? counts: spread "
        f"stretches the clips over it{hint}"
    )
