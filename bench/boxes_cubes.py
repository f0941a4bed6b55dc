"""Boxes and cubes per second against code that takes one frame at a time, as the published scripts do.

    python -m bench.boxes_cubes --clip UCSDped2/Test001.mkv --boxes vec_boxes_test.npz

Baselines: the window of each frame is read from image files (`files`, as in LBR-SPR and VEC) or taken from memory
(`memory`, the kindest reading of it); blurs, crops and resizes are done frame by frame. Equal results are checked.
Without arguments: rendered noise and boxes of Ped2's size. The ways take turns; every figure is the best of `--repeat`
runs, one thread. Writes bench/results/boxes_cubes.json.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.machine import save
from features.extract.boxes.backend import blocks_with_neighbours
from features.extract.boxes.motion import GradientRecipe, frame_gradients, gradient_boxes
from features.extract.cubes.cut import cut, window, windows

RECIPE = GradientRecipe(threshold=18, blur=3, min_area=100)
CONTEXT, SIZE = 2, 32


def main() -> None:
    """Measure, print, write results/boxes_cubes.json."""
    arguments = parser().parse_args()
    cv2.setNumThreads(1)
    frames = clip(arguments.clip) if arguments.clip else noise()
    boxes = published(arguments.boxes, arguments.clip) if arguments.boxes else grid(len(frames))
    with tempfile.TemporaryDirectory() as folder:
        files = image_files(frames, Path(folder))
        rows = [
            *measure_boxes(frames, boxes, files, arguments.repeat),
            *measure_cubes(frames, boxes, files, arguments.repeat),
        ]
    result = {
        "clip": arguments.clip.name if arguments.clip else "noise",
        "frames": len(frames),
        "size": list(frames.shape[1:3]),
        "boxes": sum(map(len, boxes)),
        "rows": rows,
    }
    save("boxes_cubes", result)
    for row in rows:
        rates = f"{row['frames_per_second']:9.0f} frames/s {row['per_second']:9.0f} {row['what']}/s"
        print(f"{row['what']:8} {row['how']:10} {rates}")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--clip", type=Path)
    found.add_argument("--boxes", type=Path, help="npz with <clip>_boxes and <clip>_offsets")
    found.add_argument("--repeat", type=int, default=3)
    return found


def clip(path: Path) -> np.ndarray:
    import av

    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)])


def noise() -> np.ndarray:
    ground = np.random.default_rng(0).integers(0, 256, (240, 360, 3), np.uint8)
    return np.stack([np.roll(ground, step, axis=1) for step in range(120)])


def published(path: Path, video: Path) -> list[np.ndarray]:
    file = np.load(path)
    boxes, offsets = file[f"{video.stem}_boxes"], file[f"{video.stem}_offsets"]
    return [boxes[start:stop] for start, stop in pairwise(offsets)]


def grid(frames: int) -> list[np.ndarray]:
    x, y = np.meshgrid(np.arange(20, 320, 60), np.arange(20, 200, 60))
    corners = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    return [np.concatenate([corners, corners + np.float32([13, 28])], axis=1)] * frames


def image_files(frames: np.ndarray, folder: Path) -> list[str]:
    paths = [str(folder / f"{number:04d}.tif") for number in range(len(frames))]
    for path, frame in zip(paths, frames, strict=True):
        cv2.imwrite(path, frame[..., ::-1])
    return paths


def measure_boxes(frames: np.ndarray, found: list[np.ndarray], files: list[str], repeat: int) -> list[dict[str, Any]]:
    nothing = np.empty((0, 4), np.float32)

    def ours() -> list[np.ndarray]:
        blocks = blocks_with_neighbours(Array(frames), 16)
        return [
            gradient_boxes(step, nothing, RECIPE) for _, pad in blocks for step in frame_gradients(pad, RECIPE.blur)
        ]

    def one_by_one(image: Callable[[int], np.ndarray]) -> list[np.ndarray]:
        return [one_frame_boxes([image(n) for n in window(i, len(frames), 1, "hard")]) for i in range(len(frames))]

    return compared(
        "boxes",
        len(frames),
        repeat,
        ours,
        {"files": lambda: one_by_one(reader(files)), "memory": lambda: one_by_one(lambda n: frames[n])},
    )


def one_frame_boxes(images: list[np.ndarray]) -> np.ndarray:
    """VEC's get_mt_bboxes, step by step: every image is blurred for each of its pairs."""
    total = np.zeros_like(images[0])
    for one, other in pairwise(images):
        blurred = [cv2.GaussianBlur(image, (RECIPE.blur, RECIPE.blur), 0) for image in (one, other)]
        total = total + cv2.absdiff(*blurred)
    grey = cv2.cvtColor(cv2.threshold(total, RECIPE.threshold, 255, cv2.THRESH_BINARY)[1], cv2.COLOR_BGR2GRAY)
    boxes = []
    for contour in cv2.findContours(grey, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        x, y, w, h = cv2.boundingRect(contour)
        if (w + 1) * (h + 1) > RECIPE.min_area and w / h < 10 and h / w < 10:
            boxes.append([max(0, x - 2), max(0, y - 2), min(x + w + 2, grey.shape[1]), min(y + h + 2, grey.shape[0])])
    return np.array(boxes, np.float32).reshape(-1, 4)


def measure_cubes(frames: np.ndarray, boxes: list[np.ndarray], files: list[str], repeat: int) -> list[dict[str, Any]]:
    def ours() -> list[np.ndarray]:
        held = windows(frames, len(frames), CONTEXT, "hard")
        return [cut(images, rows, SIZE) for images, rows in zip(held, boxes, strict=True)]

    def one_by_one(image: Callable[[int], np.ndarray]) -> list[np.ndarray]:
        return [
            one_frame_cubes([image(n) for n in window(i, len(frames), CONTEXT, "hard")], rows)
            for i, rows in enumerate(boxes)
        ]

    return compared(
        "cubes",
        len(frames),
        repeat,
        ours,
        {"files": lambda: one_by_one(reader(files)), "memory": lambda: one_by_one(lambda n: frames[n])},
    )


def one_frame_cubes(images: list[np.ndarray], boxes: np.ndarray) -> np.ndarray:
    """LBR-SPR's get_foreground, step by step."""
    batch = np.array(images)
    cubes = []
    for box in boxes:
        x1, y1, x2, y2 = (int(np.ceil(corner)) for corner in box[:4])
        crop = batch[:, y1:y2, x1:x2, :]
        cubes.append(np.array([cv2.resize(image, (SIZE, SIZE)) for image in crop]))
    return np.array(cubes, np.uint8).reshape(-1, len(images), SIZE, SIZE, 3)


class Array:
    """A video in memory."""

    def __init__(self, frames: np.ndarray) -> None:
        self.frames = frames

    def blocks(self, rows: int):
        for start in range(0, len(self.frames), rows):
            yield self.frames[start : start + rows]


def reader(files: list[str]) -> Callable[[int], np.ndarray]:
    return lambda number: cv2.imread(files[number])[..., ::-1].copy()


def compared(
    what: str,
    frames: int,
    repeat: int,
    ours: Callable[[], list[np.ndarray]],
    others: dict[str, Callable[[], list[np.ndarray]]],
) -> list[dict[str, Any]]:
    """One row per way, after a check that all give the same."""
    expected = ours()
    ways = {**others, "ours": ours}
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeat):
        for how, function in ways.items():
            begin = time.perf_counter()
            found = function()
            best[how] = min(best[how], time.perf_counter() - begin)
            assert all(np.array_equal(one, other) for one, other in zip(expected, found, strict=True)), how
    count = sum(map(len, expected))
    return [
        {
            "what": what,
            "how": how,
            "count": count,
            "seconds": seconds,
            "frames_per_second": frames / seconds,
            "per_second": count / seconds,
        }
        for how, seconds in best.items()
    ]


if __name__ == "__main__":
    main()
