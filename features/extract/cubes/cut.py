"""Context windows and cutting. Pure functions of arrays; LBR-SPR vad_datasets.py, 1.4 and 1.7 of the facts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import cv2
import numpy as np

Border = Literal["hard", "elastic", "predict"]


def window(frame: int, frames: int, context: int, border: Border) -> np.ndarray:
    """int64 numbers of the frames around one frame of a clip that has `frames` of them, oldest first.

    hard      frame - c .. frame + c, the end frames repeated beyond the clip
    elastic   2c + 1 frames, shifted inwards until they lie in the clip
    predict   frame - c .. frame, the first frame repeated before the clip
    A clip shorter than its window repeats its last frame, where the published code gives up.
    """
    first, length = frame - context, 2 * context + 1
    if border == "predict":
        length = context + 1
    elif border == "elastic":
        first = min(max(first, 0), max(frames - length, 0))
    return np.clip(np.arange(first, first + length), 0, frames - 1)


def windows(rows: Iterable[np.ndarray], frames: int, context: int, border: Border) -> Iterator[list[np.ndarray]]:
    """The window of every frame of a clip in turn, from its rows in order; holds one window."""
    source = iter(rows)
    held: dict[int, np.ndarray] = {}
    read = 0
    for frame in range(frames):
        numbers = window(frame, frames, context, border).tolist()
        while read <= numbers[-1]:
            held[read] = next(source)
            read += 1
        for number in [number for number in held if number < numbers[0]]:
            del held[number]
        yield [held[number] for number in numbers]


def corners(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """int64 (k, 4) x1, y1, x2, y2 of what is cut for boxes (k, 4 or more): all corners rounded up, then into the frame.

    Rounding the lower right corner up, which slicing leaves out, is the published rule; so is rounding the upper left.
    """
    limits = np.array([width, height, width, height])
    places: np.ndarray = np.clip(np.ceil(boxes[:, :4]), 0, limits).astype(np.int64)
    return places


def hold_pixels(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Whether, bool (k,), a box, its corners rounded up, has a pixel of the frame in it."""
    places = corners(boxes, height, width)
    return np.asarray((places[:, 2] > places[:, 0]) & (places[:, 3] > places[:, 1]))


def cut(images: Sequence[np.ndarray], boxes: np.ndarray, size: int) -> np.ndarray:
    """(k, T, size, size, C) of boxes (k, 4 or more) cut from T images (h, w, C), uint8 or float32.

    The same box is cut from every image of the window and resized as OpenCV does by default: bilinear, half-pixel
    centres, no antialiasing, uint8 in fixed point. Every box must hold a pixel.
    """
    height, width, channels = images[0].shape
    cubes = np.empty((len(boxes), len(images), size, size, channels), images[0].dtype)
    for cube, (x1, y1, x2, y2) in zip(cubes, corners(boxes, height, width).tolist(), strict=True):
        for patch, image in zip(cube, images, strict=True):
            cv2.resize(image[y1:y2, x1:x2], (size, size), dst=patch)
    return cubes
