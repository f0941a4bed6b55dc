"""A source is hashed and decoded once, and again only when it may have changed."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from features.errors import SourceError
from features.video import scan_log
from features.video.index import Index
from features.video.scan import ScanCache
from features.video.source import source_digest
from tests.video.numbered import numbered, write_video

LATER = 10_000_000_000
SECONDS = tuple(number / 25 for number in range(300))
INDEX = Index("ab" * 32, "pyav", 300, 240, 320, 0, SECONDS, (0, 12), time_base=(1, 25))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A small video."""
    return write_video(tmp_path / "videos.mp4", 5)


def sources(folder: Path, count: int) -> list[Path]:
    """Files that nobody reads."""
    paths = [folder / f"{number}.mp4" for number in range(count)]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def remember(cache: ScanCache, path: Path, **changes: object) -> Index:
    """Add an index of a file as if it had been made some seconds later."""
    index = replace(INDEX, digest=source_digest(path), **changes)
    cache.add(path, index, time.time_ns() + LATER)
    return index


def test_what_was_made_is_known_to_the_next_process(tmp_path: Path, video: Path) -> None:
    index = ScanCache(tmp_path / "sources").make(video)
    cache = ScanCache(tmp_path / "sources")
    scan = cache.lookup([video, tmp_path / "missing.mp4"])
    assert scan.known.tolist() == [True, False]
    assert list(scan.digests) == [source_digest(video), ""]
    assert (scan.frames.tolist(), scan.heights.tolist(), scan.widths.tolist()) == ([5, 0], [96, 0], [320, 0])
    assert cache.index(video) == index
    assert cache.index(tmp_path / "missing.mp4") is None


def test_it_is_known_at_once_to_the_process_that_made_it(tmp_path: Path, video: Path) -> None:
    cache = ScanCache(tmp_path / "sources")
    assert cache.index(video) is None
    assert cache.make(video) == cache.index(video)
    assert cache.lookup([video]).known.all()


def test_what_cannot_be_decoded_is_known_with_its_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    cache = ScanCache(tmp_path / "sources")
    with pytest.raises(SourceError, match="not a video") as refusal:
        cache.make(broken)
    for each in (cache, ScanCache(tmp_path / "sources")):
        scan = each.lookup([broken])
        assert (scan.known.tolist(), list(scan.digests)) == ([True], [source_digest(broken)])
        assert list(scan.problems) == [str(refusal.value)] == [each.problem(broken)]
        assert each.refused() == {source_digest(broken)}
        assert each.index(broken) is None


def test_a_later_success_replaces_a_failure(tmp_path: Path) -> None:
    (path,) = sources(tmp_path, 1)
    cache = ScanCache(tmp_path / "sources")
    cache.add_failure(path, "the decoder died", time.time_ns() + LATER)
    index = remember(ScanCache(tmp_path / "sources"), path)
    fresh = ScanCache(tmp_path / "sources")
    assert (fresh.problem(path), fresh.index(path)) == ("", index)


def test_a_source_that_was_usable_anywhere_is_not_refused(tmp_path: Path, video: Path) -> None:
    cache = ScanCache(tmp_path / "sources")
    assert cache.refused() == set()
    cache.add_failure(video, "the disk was gone")
    cache.make(Path(shutil.copy(video, tmp_path / "copy.mp4")))
    assert cache.refused() == set()


def test_a_missing_source_is_not_remembered(tmp_path: Path) -> None:
    cache = ScanCache(tmp_path / "sources")
    with pytest.raises(SourceError, match="no such file"):
        cache.make(tmp_path / "missing.mp4")
    assert not cache.lookup([tmp_path / "missing.mp4"]).known.any()


@pytest.mark.parametrize("change", ["bytes", "touch", "replace", "move"])
def test_a_change_that_the_file_system_shows_makes_it_unknown(tmp_path: Path, change: str) -> None:
    (path,) = sources(tmp_path, 1)
    cache = ScanCache(tmp_path / "sources")
    remember(cache, path)
    assert cache.lookup([path]).known.all()
    if change == "bytes":
        path.write_bytes(b"another")
    elif change == "touch":
        os.utime(path, ns=(1, 1))
    elif change == "replace":
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    else:
        path = path.rename(tmp_path / "elsewhere.mp4")
    assert not cache.lookup([path]).known.any()
    assert cache.index(path) is None


def test_a_change_inside_an_image_folder_makes_it_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(numbered(number)).save(folder / f"{number}.png")
    cache = ScanCache(tmp_path / "sources")
    cache.make(folder)
    (folder / "Thumbs.db").write_bytes(b"litter")
    assert cache.lookup([folder]).known.all()
    Image.fromarray(numbered(9)).save(folder / "1.png")
    assert not cache.lookup([folder]).known.any()


def test_a_file_too_young_to_trust_is_hashed_again_and_then_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = sources(tmp_path, 1)
    ScanCache(tmp_path / "sources").add(path, replace(INDEX, digest=source_digest(path)))
    hashed = count_hashes(monkeypatch)
    assert ScanCache(tmp_path / "sources").lookup([path]).known.all()
    assert len(hashed) == 1
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + LATER)
    for _ in range(2):
        assert ScanCache(tmp_path / "sources").lookup([path]).known.all()
        assert ScanCache(tmp_path / "sources").index(path) is not None
    assert len(hashed) == 2


def test_a_young_file_whose_bytes_differ_is_unknown(tmp_path: Path) -> None:
    (path,) = sources(tmp_path, 1)
    ScanCache(tmp_path / "sources").add(path, replace(INDEX, digest="cd" * 32))
    assert not ScanCache(tmp_path / "sources").lookup([path]).known.any()
    assert ScanCache(tmp_path / "sources").index(path) is None


def test_a_share_is_hashed_again_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sources(tmp_path, 50)
    cache = ScanCache(tmp_path / "sources")
    for path in paths:
        remember(cache, path)
    cache.add(paths[0], replace(INDEX, digest="cd" * 32), time.time_ns() + LATER)
    hashed = count_hashes(monkeypatch)
    assert cache.lookup(paths).known.all()
    assert hashed == []
    assert cache.lookup(paths, recheck=0.1).known.sum() >= 49
    assert len(hashed) == 5
    assert cache.lookup(paths, recheck=1.0).known.tolist() == [False] + [True] * 49


def count_hashes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The sources that get hashed from now on."""
    hashed: list[Path] = []

    def counted(path: Path) -> str:
        hashed.append(path)
        return source_digest(path)

    monkeypatch.setattr("features.video.scan.source_digest", counted)
    return hashed


def test_torn_and_strange_lines_are_left_out(tmp_path: Path) -> None:
    one, other = sources(tmp_path, 2)
    cache = ScanCache(tmp_path / "sources")
    remember(cache, one)
    remember(cache, other)
    (segment,) = (tmp_path / "sources").glob("*.jsonl")
    segment.write_bytes(b"\xff{]\n" + segment.read_bytes()[:-20])
    assert ScanCache(tmp_path / "sources").lookup([one, other]).known.tolist() == [True, False]


@pytest.mark.parametrize("harm", ["none", "snapshot cut", "snapshot gone", "line after it", "segment gone"])
def test_a_snapshot_is_derived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    monkeypatch.setattr(scan_log, "COMPACT_BYTES", 1000)
    paths = sources(tmp_path, 20)
    folder = tmp_path / "sources"
    for part in (paths[:10], paths[10:]):
        cache = ScanCache(folder)
        for path in part:
            remember(cache, path, frames=int(path.stem) + 1)
    known = ScanCache(folder).lookup(paths)
    snapshot = folder / "snapshot.npz"
    assert snapshot.exists() and known.known.all()
    if harm == "snapshot cut":
        snapshot.write_bytes(snapshot.read_bytes()[:500])
    elif harm == "snapshot gone":
        snapshot.unlink()
    elif harm == "line after it":
        remember(ScanCache(folder), paths[3], frames=77)
    elif harm == "segment gone":
        min(folder.glob("*.jsonl")).unlink()
    scan = ScanCache(folder).lookup(paths)
    expected = np.arange(1, 21)
    if harm == "line after it":
        expected[3] = 77
    assert scan.known.sum() == (10 if harm == "segment gone" else 20)
    np.testing.assert_array_equal(scan.frames[scan.known], expected[scan.known])


def test_a_source_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = sources(tmp_path, 1)

    def slow(path: Path, limits: object) -> Index:
        path.write_bytes(b"still being copied")
        return INDEX

    monkeypatch.setattr("features.video.scan.make_index", slow)
    cache = ScanCache(tmp_path / "sources")
    with pytest.raises(SourceError, match="changed while it was read"):
        cache.make(path)
    assert not cache.lookup([path]).known.any()


def test_nothing_is_asked_of_an_empty_list(tmp_path: Path) -> None:
    assert list(ScanCache(tmp_path / "sources").lookup([]).digests) == []
