"""Artifacts that earlier versions wrote stay readable, with the same values, digest and meaning."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from features.store.artifact import FORMAT_VERSION, read_artifact
from features.store.verify import check

GOLDEN = Path(__file__).parents[2] / "golden" / "store"
SAMPLES = sorted([*GOLDEN.glob("v*.zarr.zip"), *GOLDEN.glob("v*.h5")])


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """The script that wrote the samples."""
    found = importlib.util.spec_from_file_location("make", GOLDEN / "make.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_every_version_has_samples_in_both_formats() -> None:
    for version in range(1, FORMAT_VERSION + 1):
        names = [path.name for path in SAMPLES if path.name.startswith(f"v{version}-")]
        assert len([name for name in names if name.endswith(".zarr.zip")]) >= 2
        assert len([name for name in names if name.endswith(".h5")]) >= 1


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_stored_sample_reads_as_it_was_written(sample: Path, make: ModuleType) -> None:
    with read_artifact(sample) as artifact:
        for name, expected in make.values().items():
            found = artifact.raw(name)[:]
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
        assert np.isnan(artifact["flow"][2, 1, 3, 4])
        assert artifact["flow"][1, 0, 0, 0] == (37 - 200) / 64
        assert artifact.table("boxes").frame(3).tolist() == [[3, 0.75], [4, 1.0], [5, 1.25]]
        assert artifact.meta["names"] == ["Test/Läufer 01"]
        assert artifact.meta["digest"] == (GOLDEN / f"digest-{sample.name[:2]}.txt").read_text().strip()
    assert check(sample) == []


@pytest.mark.parametrize("name", ["v1-portable.zarr.zip", "v1-plain.h5"])
def test_the_same_content_still_gives_the_same_digest(name: str, make: ModuleType, tmp_path: Path) -> None:
    # Only the digest: bytes may change with the compressor's version.
    form = "zarr" if name.endswith(".zip") else "hdf5"
    make.write(tmp_path / name, form, "default")
    with read_artifact(tmp_path / name) as artifact:
        assert artifact.meta["digest"] == (GOLDEN / "digest-v1.txt").read_text().strip()
