"""The identity of a source is its content."""

import hashlib
from pathlib import Path

import pytest

from features.errors import SourceError
from features.video.source import source_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three images, by name."""
    folder = tmp_path / "clip"
    folder.mkdir()
    for name in ("1.tif", "2.tif", "10.tif"):
        (folder / name).write_bytes(name.encode())
    return folder


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"bytes" * 10**6)
    assert source_digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_is_known_by_names_sizes_and_bytes(folder: Path) -> None:
    lines = b"".join(
        b"%s\0%d\0%s\n" % (name, len(name), hashlib.sha256(name).hexdigest().encode())
        for name in (b"1.tif", b"10.tif", b"2.tif")
    )
    assert source_digest(folder) == hashlib.sha256(b"folder\0" + lines).hexdigest()


def test_renaming_the_folder_and_litter_change_nothing(folder: Path) -> None:
    before = source_digest(folder)
    (folder / "._1.tif").write_bytes(b"litter")
    (folder / "Thumbs.db").write_bytes(b"litter")
    assert source_digest(folder.rename(folder.with_name("other"))) == before


@pytest.mark.parametrize("change", ["rename", "bytes", "remove"])
def test_changing_a_frame_changes_it(folder: Path, change: str) -> None:
    before = source_digest(folder)
    frame = folder / "2.tif"
    if change == "rename":
        frame.rename(folder / "3.tif")
    elif change == "bytes":
        frame.write_bytes(b"3.tif")
    else:
        frame.unlink()
    assert source_digest(folder) != before


def test_nothing_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        source_digest(tmp_path / "missing")
