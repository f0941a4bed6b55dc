"""Writes the stored samples of a format version: `python tests/golden/store/make.py`.

Run once for each new FORMAT_VERSION and kept with it; samples of older versions stay and must stay readable. The
values are formulas (see README.md), so the samples can be checked without the code that wrote them.
"""

import hashlib
from pathlib import Path

import numpy as np

from features.store.arrays import ArraySpec
from features.store.artifact import FORMAT_VERSION, open_writer
from features.store.layout import SUFFIXES
from features.store.table import TableWriter

HERE = Path(__file__).parent
KEY = hashlib.sha256(b"stored sample").hexdigest()
HEADER = {
    "recipe": {"kind": "flow", "backend": "dis", "version": 1, "parameters": {"preset": "medium"}},
    "recipe_digest": "2" * 64,
    "inputs": {"source": "3" * 64},
    "names": ["Test/Läufer 01"],
    "software": {},
    "device": "cpu",
}


def values() -> dict[str, np.ndarray]:
    """The arrays of a sample; `flow` as stored."""
    t, c, y, x = np.indices((7, 2, 12, 16))
    flow = ((t * 37 + c * 101 + y * 13 + x * 7) % 401 - 200).astype(np.int16)
    flow[2, 1, 3, 4] = -32768
    n, j, v, u = np.indices((70, 2, 4, 4))
    return {
        "flow": flow,
        "cubes": ((n * 5 + j * 3 + v * 11 + u) % 256).astype(np.uint8),
        "seconds": np.arange(7) / 25,
        "features": (np.indices((7, 9))[0] - np.indices((7, 9))[1] / 8).astype(np.float32),
        "none": np.empty((0, 3), np.float64),
        "boxes": np.stack([np.arange(21), np.arange(21) / 4], axis=1).astype(np.float32),
    }


def write(path: Path, form: str, codec: str) -> None:
    """One sample."""
    found = values()
    dims = ("frame", "component", "y", "x")
    with path.open("w+b") as file:
        writer = open_writer(file, form, KEY, "flow", HEADER)
        specs = [
            ArraySpec("flow", "int16", (2, 12, 16), 1, dims, "pixel", 1 / 64, fill_value=-32768, codec=codec),
            ArraySpec("cubes", "uint8", (2, 4, 4), 64),
            ArraySpec("seconds", "float64", (), 5, ("frame",), "s"),
            ArraySpec("features", "float32", (9,), 4, codec="zstd"),
            ArraySpec("none", "float64", (3,)),
        ]
        for spec in specs:
            writer.add(spec)
            writer.append(spec.name, found[spec.name])
        table = TableWriter(writer, "boxes", ("x1", "y1"))
        for i in range(7):
            table.frame(found["boxes"][i * (i - 1) // 2 : i * (i + 1) // 2])
        table.close()
        writer.note(mean=1.25)
        writer.close(seconds=2.5)


if __name__ == "__main__":
    for name, form, codec in [
        ("pcodec", "zarr", "pcodec"),
        ("portable", "zarr", "portable"),
        ("plain", "hdf5", "default"),
    ]:
        write(HERE / f"v{FORMAT_VERSION}-{name}{SUFFIXES[form]}", form, codec)
