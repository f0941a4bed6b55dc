"""Trackers on the plaza, whose truth is known: errors, and frames per second of the tracking alone.

    python -m bench.tracks [--detector yolox_nano.onnx --weights ../shared/weights/onnx]

Six test clips, filmed from a mast and by a drone. Boxes are the true ones, those a fair detector might give (the noise
of tests/tracks/scenes.py, three seeds), and with --detector those of a network. Writes bench/results/tracks.json.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.machine import save
from features.datasets.plaza import Plaza
from features.evaluate.tracking import Tally, Trajectories, tally
from features.extract.boxes.backend import Block, blocks_with_neighbours
from features.extract.boxes.onnx import Onnx
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.tracks.backend import Rows
from features.plan.stages import Context
from tests.tracks.scenes import FAIR, Noise, Pictured, detected, filmed, table, tracker

CLIPS = range(1, 7)
SEEDS = 3
PERSON, SCORE = 0, 0.2
TRACKERS: dict[str, dict[str, Any]] = {
    "bytetrack": {"backend": "bytetrack"},
    "ocsort": {"backend": "ocsort"},
    "botsort still": {"backend": "botsort", "camera": "still"},
    "botsort flow": {"backend": "botsort", "camera": "flow"},
    "botsort orb": {"backend": "botsort", "camera": "orb"},
}


def main() -> None:
    """Measure, print, write results/tracks.json."""
    arguments = parser().parse_args()
    cv2.setNumThreads(1)
    rows = []
    for camera in ("still", "drone"):
        plaza = Plaza(None, Path("unrendered"), camera=camera)
        clips = [filmed(plaza.truth(f"test/{number}")) for number in CLIPS]
        for boxes, given in sources(clips, arguments).items():
            for name in TRACKERS:
                rows.append({"camera": camera, "boxes": boxes, "tracker": name, **measured(name, given)})
                print(*rows[-1].values(), sep="  ", flush=True)
    save("tracks", {"clips": len(CLIPS), "rows": rows})


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    found.add_argument("--detector", help="name of an ONNX file")
    found.add_argument("--weights", type=Path, default=Path("weights"), help="its folder")
    return found


Given = list[tuple[Trajectories, Pictured, Rows]]


def sources(clips: list[tuple[Trajectories, Pictured]], arguments: argparse.Namespace) -> dict[str, Given]:
    """Boxes of all clips, by where they come from."""
    found = {
        "true": [(people, video, detected(people, video.frames, Noise(), 0)) for people, video in clips],
        "fair": [
            (people, video, detected(people, video.frames, FAIR, 1000 * seed + number))
            for seed in range(SEEDS)
            for number, (people, video) in enumerate(clips, 1)
        ],
    }
    if arguments.detector:
        context = Context("plaza", (arguments.weights,), {"frames": FramesRecipe()})
        network = Onnx(Onnx.recipe({"weights": arguments.detector}, context), Machine(batch=4))
        found[arguments.detector] = [(people, video, table(list(persons(network, video)))) for people, video in clips]
    return found


def persons(network: Onnx, video: Pictured) -> Iterator[list[list[float]]]:
    """The persons that a network finds in each frame: corners and score."""
    for first, padded in blocks_with_neighbours(video, 16):
        block = Block(video, first, padded)
        for found in network.boxes(block, [np.empty((0, 7))] * len(block.numbers)):
            yield found[(found[:, 5] == PERSON) & (found[:, 4] > SCORE), :5].tolist()


def measured(name: str, given: Given) -> dict[str, Any]:
    """One tracker on some clips."""
    backend, total, seconds = tracker(TRACKERS[name]), Tally(), 0.0
    for people, video, rows in given:
        start = time.perf_counter()
        tracked = backend.track(video, rows, lambda frames: None)
        seconds += time.perf_counter() - start
        total += tally(people, Trajectories(rows.frames, tracked.ids, rows.boxes))
    frames = sum(video.frames for _, video, _ in given)
    return {
        "true_boxes": total.truth,
        "mota": round(float(total.mota.value or 0), 3),
        "idf1": round(float(total.idf1.value or 0), 3),
        "switches_per_1000_boxes": round(1000 * total.switches / total.truth, 1),
        "frames_per_second": round(frames / seconds),
    }


if __name__ == "__main__":
    main()
