"""Looking at a source once: every frame decoded, counted and timed. Runs in the decoding process."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from features.errors import SourceError
from features.video.containers import Decoding, opened, quarter_turns, rgb
from features.video.images import read_image
from features.video.index import Clock, Index, seconds_of
from features.video.readers import open_decord
from features.video.source import list_images, source_digest

Beat = Callable[[], None]
DECORD_CODECS = ("h264", "hevc")
DECORD_CONTAINERS = ("mov,mp4", "matroska")
DECORD_PIXELS = ("yuv420p", "yuvj420p")


def probe(path: Path, beat: Beat) -> Index:
    """What a video file or a folder of images holds, after decoding all of it.

    Raises SourceError where there is nothing to decode, saying why.
    """
    digest = source_digest(path, beat)
    return probe_images(path, digest, beat) if path.is_dir() else probe_video(path, digest, beat)


def probe_images(folder: Path, digest: str, beat: Beat) -> Index:
    """The index of a folder of images; ends before the first image that cannot be decoded.

    Raises SourceError where the first cannot be decoded, or one has another size.
    """
    size: tuple[int, ...] = ()
    problem = ""
    frames = 0
    for image in list_images(folder):
        beat()
        try:
            found = read_image(image).shape
        except (OSError, SyntaxError, ValueError) as error:
            problem = f"{image.name} cannot be decoded: {' '.join(str(error).split())}"
            break
        size = size or found
        if found != size:
            sizes = f"{found[1]}x{found[0]} pixels, the images before it {size[1]}x{size[0]}"
            raise SourceError(f"{image}: {sizes}; the images of a video must be of one size")
        frames += 1
    if not frames:
        raise SourceError(f"{folder}: no frames, {problem}; replace or remove it")
    seconds = tuple(seconds_of(number, (1, 25)) for number in range(frames))
    keys = tuple(range(frames))
    return Index(digest, "images", frames, size[0], size[1], 0, seconds, keys, problem, "none", (1, 25))


@dataclass
class Pass:
    """What one pass over a video found; `first` and `key` are the first frame and the last key frame (PyAV)."""

    stamps: list[int | None] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    first: Any = None
    key: Any = None

    def note(self, number: int, frame: Any) -> None:
        """Keep what an index says of one frame."""
        self.stamps.append(frame.pts)
        self.first = self.first or frame
        if frame.is_corrupt:
            self.damaged.append(number)
        if frame.key_frame or number == 0:
            self.keys.append(number)
            self.key = frame


def probe_video(path: Path, digest: str, beat: Beat) -> Index:
    """The index of a video file.

    Raises SourceError where it is not a video, or no frame can be decoded.
    """
    seen = Pass()
    with opened(path) as (container, stream):
        decoding = Decoding(container, stream)
        for number, frame in enumerate(decoding.frames()):
            beat()
            seen.note(number, frame)
        if not seen.stamps:
            raise SourceError(f"{path}: no frames, {decoding.problem or 'nothing in it decodes'}; replace or remove it")
        clock, ticks, base = timed(seen.stamps, stream.time_base, stream.average_rate)
        height, width = rgb(seen.first).shape[:2]
        measured = of_measured_kind(container.format.name, stream.codec_context.name, seen.first)
    right = measured and not seen.damaged and undisturbed(decoding) and decord_agrees(path, seen)
    return Index(
        digest=digest,
        reader="decord" if right else "pyav",
        frames=len(ticks),
        height=height,
        width=width,
        rotation=-90 * quarter_turns(seen.first) % 360,
        seconds=tuple(seconds_of(tick, base) for tick in ticks),
        key_frames=tuple(seen.keys),
        problem=decoding.problem,
        clock=clock,
        time_base=base,
        damaged=tuple(seen.damaged),
    )


def timed(
    stamps: list[int | None], base: Fraction | None, rate: Fraction | None
) -> tuple[Clock, list[int], tuple[int, int]]:
    """The clock of a video, its ticks from 0 on, and the seconds per tick.

    Where a stamp is missing, or one lies before its predecessor, frames follow each other at the stream's rate.
    """
    known = [stamp for stamp in stamps if stamp is not None]
    if base and len(known) == len(stamps) and all(one <= other for one, other in pairwise(known)):
        return "timestamps", [stamp - known[0] for stamp in known], (base.numerator, base.denominator)
    rate = rate or Fraction(25)
    return "frame rate", list(range(len(stamps))), (rate.denominator, rate.numerator)


def of_measured_kind(container: str, codec: str, first: Any) -> bool:
    """Whether a video is of the kind on which decord was measured right: H.264 or HEVC in mp4 or Matroska, 4:2:0.

    On MPEG-TS and edit lists decord gives other frames than those asked for, without an error (docs/video.md).
    """
    known = codec in DECORD_CODECS and container.startswith(DECORD_CONTAINERS) and first.format.name in DECORD_PIXELS
    return known and not quarter_turns(first)


def undisturbed(decoding: Decoding) -> bool:
    """Whether the file was read to its end, in closed groups of pictures, without an edit list."""
    return decoding.closed and not (decoding.discards or decoding.cut or decoding.problem)


def decord_agrees(path: Path, seen: Pass) -> bool:
    """Whether decord, where it is installed, counts as many frames and gives the same pixels in two of them."""
    if importlib.util.find_spec("decord") is None:
        return False
    try:
        video = open_decord(path)
        return len(video) == len(seen.stamps) and all(
            np.array_equal(video[number].asnumpy(), rgb(frame))
            for number, frame in ((0, seen.first), (seen.keys[-1], seen.key))
        )
    except RuntimeError:  # decord's errors: it cannot read what PyAV can
        return False
