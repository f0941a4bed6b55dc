"""Random windows of 5 frames of flow, against other ways of keeping them: `python -m bench.window_reads`.

DIS flow of 100 pairs of Ped2 (240x360). Each way opens its file once, then reads 5 consecutive frames at random places;
they take turns, so that a busy machine slows all of them. Milliseconds per window, tenth percentile and median, from a
warm page cache; `float32` as physical values, `raw` as stored integers. JPEG is what reading as many frames of the
video from a folder of images costs.

Writes results/window_reads.json. Needs the test data folder (`FEATURES_SHARED`).
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import zarr
from zarr.storage import ZipStore

from bench.flow_bytes import dis, grey_frames, write
from bench.machine import save, shared
from features.store.artifact import read_artifact

PAIRS, WINDOW, WINDOWS = 100, 5, 200
Read = Callable[[int], object]


def main() -> None:
    """Measure, print, save."""
    frames = grey_frames(shared("data", "ucsdped2", "clips", "Test004.mkv"), 0, PAIRS + 1)
    with tempfile.TemporaryDirectory() as folder:
        ways, sizes = prepare(dis(frames), frames, Path(folder))
        times = measure(ways)
    rows = [
        {"way": way, "p10_ms": np.percentile(spent, 10), "p50_ms": np.percentile(spent, 50), "bytes": sizes[way]}
        for way, spent in times.items()
    ]
    print(f"{'way':34} {'p10 ms':>8} {'p50 ms':>8} {'MB':>8}")
    for row in rows:
        print(f"{row['way']:34} {row['p10_ms']:8.2f} {row['p50_ms']:8.2f} {row['bytes'] / 1e6:8.2f}")
    print(f"saved {save('window_reads', {'pairs': PAIRS, 'window': WINDOW, 'windows': WINDOWS, 'rows': rows})}")


def prepare(flow: np.ndarray, frames: list[np.ndarray], folder: Path) -> tuple[dict[str, Read], dict[str, int]]:
    """Every way, with its file open, and the bytes it takes."""
    np.save(folder / "flow.npy", flow)
    memory = np.load(folder / "flow.npy", mmap_mode="r")
    ways: dict[str, Read] = {".npy memory map, float32": lambda at: np.array(memory[at : at + WINDOW])}
    files = {".npy memory map, float32": [folder / "flow.npy"]}
    for form, codec, suffix in [
        ("zarr", "default", ".zarr.zip"),
        ("zarr", "portable", ".zarr.zip"),
        ("hdf5", "", ".h5"),
    ]:
        path = folder / f"{codec or 'plain'}{suffix}"
        write(path, form, codec or "default", flow)
        artifact = read_artifact(path)
        for view, array in (("float32", artifact["flow"]), ("raw", artifact.raw("flow"))):
            way = f"{form}{f' {codec}' if codec else ''}, {view}"
            ways[way] = lambda at, array=array: array[at : at + WINDOW]  # type: ignore[misc]
            files[way] = [path]
    group = zarr.open_group(ZipStore(folder / "portable.zarr.zip", mode="r"), mode="r")
    ways["portable by zarr-python, raw"] = lambda at: group["flow"][at : at + WINDOW]
    files["portable by zarr-python, raw"] = [folder / "portable.zarr.zip"]
    plain = h5py.File(folder / "plain.h5", "r", locking=False)
    ways["hdf5 by h5py, raw"] = lambda at: plain["flow"][at : at + WINDOW]
    files["hdf5 by h5py, raw"] = [folder / "plain.h5"]
    names = [folder / f"{number:04}.jpg" for number in range(len(frames))]
    for name, frame in zip(names, frames, strict=True):
        cv2.imwrite(str(name), frame)
    ways["JPEG files of the frames"] = lambda at: [cv2.imread(str(name)) for name in names[at : at + WINDOW]]
    files["JPEG files of the frames"] = names
    return ways, {way: sum(path.stat().st_size for path in paths) for way, paths in files.items()}


def measure(ways: dict[str, Read]) -> dict[str, list[float]]:
    """Milliseconds of each window, by way."""
    rng = np.random.default_rng(0)
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(WINDOWS):
        for way, read in ways.items():
            # Another place for each: HDF5 shares its cache of chunks among those who have a file open.
            at = int(rng.integers(0, PAIRS - WINDOW + 1))
            start = time.perf_counter()
            read(at)
            times[way].append(1000 * (time.perf_counter() - start))
    return times


if __name__ == "__main__":
    main()
