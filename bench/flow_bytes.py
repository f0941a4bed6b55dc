"""Bytes of stored flow against float32 `.npy`: `python -m bench.flow_bytes`.

DIS flow (OpenCV, medium preset) of 40 pairs of Ped2, grey, and of a colour clip of people, written as the flow feature
writes it, int16 at 1/64 pixel, in each form that the store has. For each: the ratio to float32 `.npy`, the largest
error against the float32 flow (1/128 pixel is the bound), MB of float32 written and read per second.

Writes results/flow_bytes.json. Needs the test data folder (`FEATURES_SHARED`).
"""

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from bench.machine import save, shared
from features.store.arrays import ArraySpec
from features.store.artifact import open_writer, read_artifact
from features.store.layout import SUFFIXES

PAIRS = 40
CLIPS = [
    ("Ped2 Test004, grey 240x360", ("data", "ucsdped2", "clips", "Test004.mkv"), 60),
    ("people, colour 432x768", ("data", "neutral", "one-by-one-person-detection.mp4"), 150),
]
FORMS = [("zarr", "default"), ("zarr", "portable"), ("zarr", "zstd"), ("hdf5", "default")]


def main() -> None:
    """Measure, print, save."""
    rows = []
    for clip, parts, first in CLIPS:
        flow = dis(grey_frames(shared(*parts), first, PAIRS + 1))
        with tempfile.TemporaryDirectory() as folder:
            rows += [{"clip": clip, **row} for row in measure(flow, Path(folder))]
    print(
        f"{'clip':28} {'form':16} {'bytes':>12} {'ratio':>7} {'max error px':>13} {'write MB/s':>11} {'read MB/s':>10}"
    )
    for row in rows:
        numbers = (
            f"{row['bytes']:12,} {row['ratio']:7.1f} {row['error']:13.5f} {row['write']:11.0f} {row['read']:10.0f}"
        )
        print(f"{row['clip']:28} {row['form']:16} {numbers}")
    print(f"saved {save('flow_bytes', {'pairs': PAIRS, 'rows': rows})}")


def grey_frames(path: Path, first: int, count: int) -> list[np.ndarray]:
    """uint8 (h, w) frames, consecutive."""
    with av.open(str(path)) as container:
        frames = (np.ascontiguousarray(frame.to_ndarray(format="gray")) for frame in container.decode(video=0))
        return [frame for number, frame in enumerate(frames) if first <= number < first + count]


def dis(frames: list[np.ndarray]) -> np.ndarray:
    """float32 (pairs, 2, h, w) flow in pixels."""
    method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    fields = [method.calc(a, b, None) for a, b in pairwise(frames)]
    return np.stack(fields).transpose(0, 3, 1, 2).copy()


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
    dims = ("frame", "component", "y", "x")
    spec = ArraySpec("flow", "int16", flow.shape[1:], 1, dims, "pixel", 1 / 64, fill_value=-32768, codec=codec)
    with path.open("w+b") as file:
        writer = open_writer(file, form, "0" * 64, "flow", {})
        writer.add(spec)
        for row in flow:
            writer.append("flow", row[None])
        writer.close()


if __name__ == "__main__":
    main()
