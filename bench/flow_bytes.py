"""Bytes of stored flow against float32 `.npy`: `python -m bench.flow_bytes`.

Flow of DIS (medium preset) and of RAFT-small, 40 pairs of Ped2, grey, and of a colour clip of people, written as the
flow feature writes it, int16 at 1/64 pixel, in each form that the store has. For each: the ratio to float32 `.npy`, the
largest error against the float32 flow (1/128 pixel is the bound), MB of float32 written and read per second.

Writes results/flow_bytes.json. Needs the test data folder (`FEATURES_SHARED`).
"""

import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.machine import save, shared
from features.extract.feature import Machine
from features.extract.flow.feature import flow_array
from features.extract.flow.recipe import flow_recipe
from features.extract.flow.resize import working
from features.extract.frames.recipe import FramesRecipe
from features.plan.registry import find
from features.plan.stages import Context
from features.store.artifact import open_writer, read_artifact
from features.store.layout import SUFFIXES

PAIRS = 40
CLIPS = [
    ("Ped2 Test004, grey 240x360", ("data", "ucsdped2", "clips", "Test004.mkv"), 60),
    ("people, colour 432x768", ("data", "neutral", "one-by-one-person-detection.mp4"), 150),
]
BACKENDS: dict[str, dict[str, Any]] = {
    "dis": {"backend": "dis"},
    "dis at 512x384": {"backend": "dis", "size": (512, 384)},
    "raft-small": {"preset": "raft-small"},
}
FORMS = [("zarr", "default"), ("zarr", "portable"), ("zarr", "zstd"), ("hdf5", "default")]


def main() -> None:
    """Measure, print, save."""
    rows = []
    for clip, parts, first in CLIPS:
        frames = colour_frames(shared(*parts), first, PAIRS + 1)
        for backend, choice in BACKENDS.items():
            with tempfile.TemporaryDirectory() as folder:
                found = measure(flow_of(choice, frames), Path(folder))
            rows += [{"clip": clip, "backend": backend, **row} for row in found]
    head = f"{'clip':28} {'backend':15} {'form':16}"
    print(f"{head} {'bytes':>12} {'ratio':>7} {'max error px':>13} {'write MB/s':>11} {'read MB/s':>10}")
    for row in rows:
        numbers = (
            f"{row['bytes']:12,} {row['ratio']:7.1f} {row['error']:13.5f} {row['write']:11.0f} {row['read']:10.0f}"
        )
        print(f"{row['clip']:28} {row['backend']:15} {row['form']:16} {numbers}")
    print(f"saved {save('flow_bytes', {'pairs': PAIRS, 'rows': rows})}")


def colour_frames(path: Path, first: int, count: int) -> np.ndarray:
    """uint8 (count, h, w, 3) RGB frames, consecutive."""
    with av.open(str(path)) as container:
        frames = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        return np.stack([frame for number, frame in enumerate(frames) if first <= number < first + count])


def flow_of(choice: dict[str, Any], frames: np.ndarray) -> np.ndarray:
    """float32 (pairs, 2, h, w) flow in pixels of the frames."""
    recipe = flow_recipe(choice, Context("bench", (shared("weights"),), {"frames": FramesRecipe()}))
    method = find("flow", recipe.backend)(recipe, Machine())
    height, width = frames.shape[1:3]
    size = working(height, width, recipe.seen(height, width), method.min_side, method.multiple)
    seen = size.frames(frames)
    pairs = [size.vectors(method.pairs(one[None], other[None]))[0] for one, other in pairwise(seen)]
    return np.stack(pairs).astype(np.float32)


def measure(flow: np.ndarray, folder: Path) -> list[dict[str, Any]]:
    """One row per form, `.npy` first."""
    start = time.perf_counter()
    np.save(folder / "flow.npy", flow)
    written = time.perf_counter()
    np.load(folder / "flow.npy")
    read = time.perf_counter()
    whole, megabytes = (folder / "flow.npy").stat().st_size, flow.nbytes / 1e6
    speeds = {"write": megabytes / (written - start), "read": megabytes / (read - written)}
    rows = [{"form": "float32 .npy", "bytes": whole, "ratio": 1.0, "error": 0.0, **speeds}]
    for form, codec in FORMS:
        path = folder / f"{codec}{SUFFIXES[form]}"
        times = [time.perf_counter()]
        write(path, form, codec, flow)
        times.append(time.perf_counter())
        with read_artifact(path) as artifact:
            found = artifact["flow"][:]
        times.append(time.perf_counter())
        size = path.stat().st_size
        rows.append(
            {
                "form": f"{form} {codec}",
                "bytes": size,
                "ratio": whole / size,
                "error": float(np.abs(found - flow).max()),
                "write": megabytes / (times[1] - times[0]),
                "read": megabytes / (times[2] - times[1]),
            }
        )
    return rows


def write(path: Path, form: str, codec: str, flow: np.ndarray) -> None:
    """Flow as the store keeps it, frame by frame."""
    spec = replace(flow_array(*flow.shape[2:], 64), codec=codec)
    with path.open("w+b") as file:
        writer = open_writer(file, form, "0" * 64, "flow", {})
        writer.add(spec)
        for row in flow:
            writer.append("flow", row[None])
        writer.close()


if __name__ == "__main__":
    main()
