"""Frames of a source by number, by one reader or another, with equal pixels. Runs in the decoding process."""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, repeat
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from features.errors import SourceError
from features.video.containers import Decoding, opened, rgb
from features.video.images import read_image
from features.video.source import list_images

Beat = Callable[[], None]
Reader = Callable[[Path, Sequence[int], int, bool, Beat], Iterator[np.ndarray]]


def read_pyav(path: Path, numbers: Sequence[int], expected: int, whole: bool, beat: Beat) -> Iterator[np.ndarray]:
    """RGB of the frames with these numbers, which never decrease; a number that comes twice gives its frame twice.

    Goes on to the end of the file (`whole`), or to the last good frame, and counts.

    Raises SourceError where the file has not `expected` frames.
    """
    wanted = [(number, len(list(same))) for number, same in groupby(numbers)]
    following = iter(wanted)
    number, times = next(following, (-1, 0))
    count = 0
    with opened(path) as (container, stream):
        for frame in Decoding(container, stream).frames():
            beat()
            if count == number:
                yield from repeat(rgb(frame), times)
                number, times = next(following, (-1, 0))
            count += 1
            if count > expected or (count == expected and not whole):
                break
    check_count(path, count, expected)


def read_decord(path: Path, numbers: Sequence[int], expected: int, whole: bool, beat: Beat) -> Iterator[np.ndarray]:
    """As `read_pyav`, by decord: for files on which it was found right.

    Where decord is not installed (it has no wheels but for x86-64), PyAV reads them, with equal pixels.
    """
    if importlib.util.find_spec("decord") is None:
        yield from read_pyav(path, numbers, expected, whole, beat)
        return
    video = open_decord(path)
    check_count(path, len(video), expected)
    for number, same in groupby(numbers):
        beat()
        yield from repeat(video[number].asnumpy(), len(list(same)))


def open_decord(path: Path) -> Any:
    """The decord reader of a file, with one thread and without its messages."""
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    return decord.VideoReader(str(path.absolute()), num_threads=1)


def read_images(path: Path, numbers: Sequence[int], expected: int, whole: bool, beat: Beat) -> Iterator[np.ndarray]:
    """As `read_pyav`, of a folder of images."""
    images = list_images(path)
    check_count(path, len(images) if whole else min(len(images), expected), expected)
    for number, same in groupby(numbers):
        beat()
        yield from repeat(read_image(images[number]), len(list(same)))


READERS: dict[str, Reader] = {"pyav": read_pyav, "decord": read_decord, "images": read_images}


def check_count(path: Path, found: int, expected: int) -> None:
    """Raise SourceError unless as many frames were found as the index says."""
    if found != expected:
        more = "or more " if found > expected else ""
        raise SourceError(f"{path}: {found} {more}frames were read, its index says {expected}; has the file changed?")


def scaled(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A frame at the size asked for: the mean over the area of each new pixel (OpenCV's INTER_AREA on RGB)."""
    if picture.shape[:2] == (height, width):
        return picture
    smaller: np.ndarray = cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=cv2.INTER_AREA)
    return smaller
