"""Top-down poses: crops of many boxes and frames at once against one box at a time, as published scripts do.

    python -m bench.poses --clip one-by-one-person-detection.mp4 --frames 60

The network is `ultralight_simplepose_256x192.onnx` of the weights' folder. Its file takes one image at a time; a copy
whose batch axis is free takes more. Ways: `one` (a box cut, shown, read, put back, then the next), `batched` (blocks
of 16 frames, `--batch` crops at a time), `shipped` (the same code with the file as it is). Boxes are a grid of people's
size, `--persons` to a frame. Equal joints are checked. The ways take turns; every figure is the best of `--repeat`
runs, one thread unless OMP_NUM_THREADS says more. Then the parts of `batched`, each alone. Without --clip: rendered
frames of plaza. Writes bench/results/poses.json.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import save, shared
from features.extract.boxes.recipe import BoxesRecipe
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.crop import cut, put_back, regions
from features.extract.poses.decode import shifted
from features.extract.poses.onnx import CROPS_PER_FRAME, TopDown, TopDownRecipe
from features.extract.weights import find_weights

WEIGHTS = "ultralight_simplepose_256x192.onnx"
BLOCK = 16
STRIDE = (4.0, 4.0)


def main() -> None:
    """Measure, print, write results/poses.json."""
    arguments = parser().parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    weights = shared("weights", "onnx", WEIGHTS)
    frames = film(arguments.clip, arguments.frames) if arguments.clip else plaza(arguments.frames)
    boxes = [grid(frames.shape[1:3], arguments.persons)] * len(frames)
    with tempfile.TemporaryDirectory() as folder:
        free = with_free_batch(weights, Path(folder) / WEIGHTS)
        rows = measure(frames, boxes, estimator(free, arguments.batch), estimator(weights, 1), arguments.repeat)
    result = {
        "clip": arguments.clip.name if arguments.clip else "plaza",
        "frames": len(frames),
        "size": list(frames.shape[1:3]),
        "persons": sum(map(len, boxes)),
        "batch": arguments.batch,
        "threads": int(os.environ["OMP_NUM_THREADS"]),
        "rows": rows,
    }
    save("poses", result)
    for row in rows:
        print(f"{row['how']:10} {row['persons_per_second']:9.1f} persons/s {row['frames_per_second']:9.1f} frames/s")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--clip", type=Path)
    found.add_argument("--frames", type=int, default=32)
    found.add_argument("--persons", type=int, default=6, help="boxes of a frame")
    found.add_argument("--batch", type=int, default=16, help="crops of a forward pass")
    found.add_argument("--repeat", type=int, default=3)
    return found


def film(path: Path, frames: int) -> np.ndarray:
    import av

    with av.open(str(path)) as file:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in islice(file.decode(video=0), frames)])


def plaza(frames: int) -> np.ndarray:
    from features.datasets.plaza import Plaza

    truth = Plaza(None, Path(), clips=1, size=(640, 480)).truth("test/1")
    return np.stack([truth.image(number) for number in range(frames)])


def grid(size: tuple[int, int], persons: int) -> np.ndarray:
    """float32 (persons, 5): boxes a third of the frame high, spread over it."""
    height, width = size
    left = np.linspace(0, width * 0.85, persons)
    top = np.linspace(0, height * 0.6, persons)
    columns = [left, top, left + height / 8, top + height / 3, np.full(persons, 0.9)]
    return np.stack(columns, axis=1).astype(np.float32)


def with_free_batch(path: Path, into: Path) -> Path:
    """A copy of a network that takes any number of images at a time; its reshapes must not know the number."""
    import onnx

    model = onnx.load(str(path))
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, str(into))
    return into


def estimator(path: Path, batch: int) -> TopDown:
    boxes = BoxesRecipe(frames=FramesRecipe(), detector=None, motion=None, keep=None)
    recipe = TopDownRecipe(weights=find_weights(path.name, [path.parent]), boxes=boxes)
    return TopDown(recipe, Machine(batch=max(1, batch // CROPS_PER_FRAME)))


def measure(
    frames: np.ndarray, boxes: list[np.ndarray], free: TopDown, shipped: TopDown, repeat: int
) -> list[dict[str, Any]]:
    """One row per way and per part."""

    def blocks(network: TopDown) -> list[np.ndarray]:
        starts = range(0, len(frames), BLOCK)
        return [joints for at in starts for joints in network.persons(frames[at : at + BLOCK], boxes[at : at + BLOCK])]

    ways = {
        "one": lambda: [one_by_one(free, frame, rows) for frame, rows in zip(frames, boxes, strict=True)],
        "shipped": lambda: blocks(shipped),
        "batched": lambda: blocks(free),
    }
    expected = ways["one"]()
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeat):
        for how, function in ways.items():
            begin = time.perf_counter()
            found = function()
            best[how] = min(best[how], time.perf_counter() - begin)
            check(expected, found, how)
    for part, function in parts(frames, boxes, free).items():
        best[part] = min(timed(function) for _ in range(repeat))
    persons = sum(map(len, boxes))
    return [
        {
            "how": how,
            "seconds": seconds,
            "persons_per_second": persons / seconds,
            "frames_per_second": len(frames) / seconds,
        }
        for how, seconds in best.items()
    ]


def one_by_one(network: TopDown, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    found = []
    for box in boxes:
        region = regions(box[None], network.width / network.height, network.recipe.padding)
        crop = cut(frame, region[0], network.height, network.width)
        found.append(put_back(network.joints(crop[None]), region, network.height, network.width)[0])
    return np.array(found)


def check(expected: list[np.ndarray], found: list[np.ndarray], how: str) -> None:
    """Rounding within the network may turn a quarter cell's shift the other way: in one joint of a thousand at most."""
    one, other = np.concatenate(expected), np.concatenate(found)
    assert (np.abs(one - other).max(axis=2) > 1e-3).mean() < 1e-3, how


def parts(frames: np.ndarray, boxes: list[np.ndarray], network: TopDown) -> dict[str, Callable[[], Any]]:
    """The steps of `batched` on their own, for all persons."""
    height, width = network.height, network.width
    owners = np.repeat(np.arange(len(frames)), [len(rows) for rows in boxes])
    places = regions(np.concatenate(boxes), width / height, network.recipe.padding)
    crops = [cut(frames[owner], place, height, width) for owner, place in zip(owners, places, strict=True)]
    batches = [np.stack(crops[at : at + network.batch]) for at in range(0, len(crops), network.batch)]
    maps = [network.network.run(batch)[0] for batch in batches]
    return {
        "cutting": lambda: [cut(frames[o], place, height, width) for o, place in zip(owners, places, strict=True)],
        "network": lambda: [network.network.run(batch) for batch in batches],
        "reading": lambda: [shifted(batch, STRIDE) for batch in maps],
    }


def timed(function: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
