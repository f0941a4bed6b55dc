"""The zip layer where it leaves the common case: many entries, large files, faults while writing."""

import io
import zipfile
from pathlib import Path

import pytest

from features.errors import Damaged
from features.store.ranges import LocalRanges
from features.store.zipped import ZipReader, ZipWriter


def reader(path: Path) -> ZipReader:
    return ZipReader(LocalRanges(str(path)), str(path))


@pytest.mark.parametrize("count", [0, 1, 2, 65_534, 65_535, 70_000])
def test_any_number_of_entries(tmp_path: Path, count: int) -> None:
    path = tmp_path / "many.zip"
    with path.open("wb", buffering=2**20) as file:
        writer = ZipWriter(file)
        for number in range(count):
            writer.add(f"é/{number}", b"%d" % number)
        writer.close()
    found = reader(path)
    assert len(found.entries) == count
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == list(found.entries)
    if count:
        assert found.read(f"é/{count - 1}") == b"%d" % (count - 1)


def test_entries_beyond_4_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        writer = ZipWriter(file)
        writer.add("near", b"near")
        # A hole in place of 5 GB of entries, so that the disk holds none of them.
        writer._position = 5 * 2**30
        file.seek(5 * 2**30)
        writer.add("far", b"far")
        writer.close()
    assert reader(path).read("far") == b"far"
    with zipfile.ZipFile(path) as archive:
        assert (archive.read("near"), archive.read("far")) == (b"near", b"far")


def test_a_zip_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(Damaged, match="seal"):
        reader(path)


def test_compressed_and_double_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "double.zip"
    with path.open("wb") as file:
        writer = ZipWriter(file)
        writer.add("a", b"1")
        writer.add("a", b"2")
        writer.close()
    with pytest.raises(Damaged, match="two entries"):
        reader(path)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "b" * 100)
        archive.comment = b"sha256:" + b"0" * 64
    path.write_bytes(whole.getvalue())
    with pytest.raises(Damaged, match="stored"):
        reader(path)
