"""Other people's software opens the files: zarr-python, Python's zipfile, plain h5py."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import zarr
from numcodecs import Blosc, Zstd
from zarr.storage import ZipStore

from features.store.arrays import ArraySpec
from features.store.artifact import read_artifact
from tests.store.formats.format_samples import KEY, Write

# zarr-python says of pcodec that other implementations may not have it; docs/store-format.md says so too.
pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3")


@pytest.mark.parametrize("form", ["zarr"])
@pytest.mark.parametrize("codec", ["default", "portable", "pcodec", "zstd"])
@pytest.mark.parametrize("dtype", ["int16", "float32", "int64"])
def test_zarr_python_reads_every_codec(write: Write, codec: str, dtype: str) -> None:
    rows = np.arange(7 * 6).reshape(7, 2, 3).astype(dtype)
    path = write([(ArraySpec("a", dtype, (2, 3), 3, ("row", "y", "x"), codec=codec), rows)])
    with ZipStore(path, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        np.testing.assert_array_equal(group["a"][:], rows)
        assert group["a"].metadata.dimension_names == ("row", "y", "x")
        assert group.attrs["key"] == KEY


@pytest.mark.parametrize("form", ["zarr"])
def test_zarr_python_reads_flow_its_scale_and_the_metadata(sound: Path, flow: np.ndarray) -> None:
    with ZipStore(sound, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        attributes = group["flow"].attrs
        assert np.abs(group["flow"][2:4] * attributes["scale_factor"] - flow[2:4]).max() <= 1 / 128
        assert (attributes["units"], attributes["_FillValue"]) == ("pixel", -32768)
        assert group.attrs["names"] == ["Test/Läufer 01", "行人"]
        assert sorted(group.array_keys()) == ["flow", "seconds"]


@pytest.mark.parametrize("form", ["zarr"])
def test_zarr_python_reads_a_split_row(write: Write) -> None:
    rows = (np.arange(2161 * 4400) % 991).astype(np.int16).reshape(1, 2161, 4400)
    path = write([(ArraySpec("a", "int16", (2161, 4400), codec="portable"), rows)])
    with ZipStore(path, mode="r") as store:
        np.testing.assert_array_equal(zarr.open_group(store, mode="r")["a"][:], rows)


@pytest.mark.parametrize("form", ["zarr"])
def test_zipfile_finds_a_sound_archive_in_its_fixed_order(sound: Path) -> None:
    with zipfile.ZipFile(sound) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names[:2] == ["flow/c/0/0/0/0", "flow/c/1/0/0/0"]
    assert names[-3:] == ["flow/zarr.json", "seconds/zarr.json", "zarr.json"]


@pytest.mark.parametrize("form", ["hdf5"])
def test_h5py_reads_flow_its_scale_and_the_metadata(sound: Path, flow: np.ndarray) -> None:
    with h5py.File(sound) as file:
        array = file["flow"]
        assert np.abs(array[2:4] * array.attrs["scale_factor"] - flow[2:4]).max() <= 1 / 128
        assert array.attrs["units"] == "pixel"
        assert array.attrs["_FillValue"] == array.fillvalue == -32768
        assert list(array.attrs["dimension_names"]) == ["frame", "component", "y", "x"]
        assert file.attrs["key"] == KEY
        assert "行人".encode() in bytes(file["metadata.json"][:])


@pytest.mark.parametrize("form", ["hdf5"])
def test_only_filters_of_plain_hdf5_are_used(write: Write) -> None:
    rng = np.random.default_rng(0)
    narrow = rng.integers(-16, 16, (9, 40, 50))
    arrays = [
        (ArraySpec("narrow", "int16", (40, 50)), narrow),
        (ArraySpec("spiky", "int16", (40, 50)), np.where(rng.random(narrow.shape) < 0.002, 30000, narrow // 16)),
        (ArraySpec("real", "float32", (40, 50)), rng.normal(size=narrow.shape)),
        (ArraySpec("bytes", "uint8", (40, 50)), rng.integers(0, 9, narrow.shape)),
    ]
    with h5py.File(write(arrays)) as file:
        found = {spec.name: file[spec.name] for spec, _ in arrays}
        used = {name: (array.scaleoffset, array.shuffle, array.compression) for name, array in found.items()}
    assert used == {
        "narrow": (0, False, "gzip"),
        "spiky": (None, True, "gzip"),
        "real": (None, True, "gzip"),
        "bytes": (None, False, "gzip"),
    }


def test_reading_needs_no_package_of_the_pipeline(sound: Path) -> None:
    heavy = ["torch", "snakemake", "cv2", "pydantic", "rfc8785", "filelock", "scipy", "sklearn", "zarr"]
    code = (
        "import sys; from features.store.artifact import read_artifact\n"
        f"with read_artifact({str(sound)!r}) as artifact: print(artifact['flow'][0].shape)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[:2] == ["(2, 24, 32)", "[]"]


@pytest.mark.parametrize("form", ["zarr"])
def test_zarr_python_counts_as_many_chunks_as_there_are(sound: Path) -> None:
    with read_artifact(sound) as artifact, ZipStore(sound, mode="r") as store:
        group = zarr.open_group(store, mode="r")
        for name in artifact.names:
            assert artifact.source.missing(name) == []
            assert group[name].nchunks_initialized == group[name].nchunks


def test_a_reader_can_be_built_from_the_page(project: Path) -> None:
    """docs/store-format.md in forty lines, with nothing of this package: seal, chunks, leaves, digests."""
    path = project / "tests/golden/store/v1-portable.zarr.zip"
    whole = path.read_bytes()
    assert whole[-71:] == b"sha256:" + hashlib.sha256(whole[:-71]).hexdigest().encode()
    with zipfile.ZipFile(path) as archive:
        meta = json.loads(archive.read("zarr.json"))["attributes"]
        digests = {}
        for name, entry in meta["leaves"].items():
            document = json.loads(archive.read(f"{name}/zarr.json"))
            values = page_values(archive, name, document)
            blocks = [values[at : at + entry["block_rows"]] for at in range(0, len(values), entry["block_rows"])]
            leaves = [hashlib.sha256(block.tobytes()).hexdigest() for block in blocks]
            digests[name] = page_digest("array", page_fields(document, entry["block_rows"], leaves))
    assert digests == {name: entry["digest"] for name, entry in meta["leaves"].items()}
    assert page_digest("artifact", digests) == meta["digest"]


def page_values(archive: zipfile.ZipFile, name: str, document: dict[str, Any]) -> np.ndarray:
    chunk = document["chunk_grid"]["configuration"]["chunk_shape"]
    unpack = {"blosc": Blosc().decode, "zstd": Zstd().decode}[document["codecs"][1]["name"]]
    rest = "/0" * (len(chunk) - 1)
    parts = [
        np.frombuffer(unpack(archive.read(f"{name}/c/{i}{rest}")), document["data_type"]).reshape(chunk)
        for i in range(-(-document["shape"][0] // chunk[0]))
    ]
    return np.concatenate([np.empty((0, *chunk[1:]), document["data_type"]), *parts])[: document["shape"][0]]


def page_fields(document: dict[str, Any], block_rows: int, leaves: list[str]) -> dict[str, Any]:
    attributes = document["attributes"]
    return {
        "add_offset": attributes["add_offset"].hex() if "scale_factor" in attributes else None,
        "block_rows": block_rows,
        "columns": attributes.get("columns", []),
        "dims": document.get("dimension_names", []),
        "dtype": document["data_type"],
        "fill_value": attributes.get("_FillValue"),
        "leaves": leaves,
        "scale_factor": attributes["scale_factor"].hex() if "scale_factor" in attributes else None,
        "shape": document["shape"],
        "units": attributes.get("units", ""),
    }


def page_digest(what: str, value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(what.encode() + b"\0" + text.encode()).hexdigest()
