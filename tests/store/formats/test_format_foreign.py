"""Other people's software opens the files: zarr-python, Python's zipfile, plain h5py."""

import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr
from format_samples import KEY, Write
from zarr.storage import ZipStore

from features.store.arrays import ArraySpec
from features.store.artifact import read_artifact

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
