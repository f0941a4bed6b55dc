"""A commit publishes a file whole, and never over another."""

import contextlib
import errno
import os
import time
from pathlib import Path

import pytest

from features.errors import NoSpace, StoreError
from features.store.commit import new_file, replacing_file, sweep, temporary_name
from features.store.disk import Disk
from tests.store.engine.stand_ins import FailingDisk

PUBLISHED = ["make_folder", "create", "write", "sync", "close", "link", "unlink", "sync_folder"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_calls_of_a_commit_come_in_the_order_that_keeps_it_whole(tmp_path: Path) -> None:
    disk = FailingDisk()
    with new_file(disk, tmp_path / "ab" / "final") as file:
        file.write(b"content")
    assert disk.calls == PUBLISHED


def test_the_file_is_there_after_the_block_and_not_before(tmp_path: Path) -> None:
    final = tmp_path / "final"
    with new_file(Disk(), final) as file:
        file.write(b"content")
        assert not final.exists()
    assert final.read_bytes() == b"content"
    assert names(tmp_path) == ["final"]


def test_an_exception_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), new_file(Disk(), tmp_path / "final") as file:
        file.write(b"content")
        raise KeyError("of the caller")
    assert names(tmp_path) == []


def test_of_two_writers_the_first_stays(tmp_path: Path) -> None:
    final = tmp_path / "final"
    with new_file(Disk(), final) as slow:
        slow.write(b"second")
        with new_file(Disk(), final) as quick:
            quick.write(b"first")
        inode = final.stat().st_ino
    assert (final.read_bytes(), final.stat().st_ino) == (b"first", inode)
    assert names(tmp_path) == ["final"]


class NoLinks(Disk):
    def link(self, old: Path, new: Path) -> None:
        raise OSError(errno.ENOTSUP, "no links here")


@pytest.mark.parametrize("before, after", [(None, b"mine"), (b"theirs", b"theirs")])
def test_without_hard_links_the_file_is_renamed_unless_one_is_there(
    tmp_path: Path, before: bytes | None, after: bytes
) -> None:
    if before:
        (tmp_path / "final").write_bytes(before)
    with new_file(NoLinks(), tmp_path / "final") as file:
        file.write(b"mine")
    assert (tmp_path / "final").read_bytes() == after
    assert names(tmp_path) == ["final"]


class LostAnswer(Disk):
    def link(self, old: Path, new: Path) -> None:
        os.link(old, new)
        raise OSError(errno.EIO, "the server made the link, but its answer was lost")


def test_a_link_whose_answer_was_lost_counts_as_made(tmp_path: Path) -> None:
    with new_file(LostAnswer(), tmp_path / "final") as file:
        file.write(b"content")
    assert (tmp_path / "final").read_bytes() == b"content"
    assert names(tmp_path) == ["final"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "sync", "close"])
def test_a_full_disk_says_how_much_was_written_and_what_to_do(tmp_path: Path, number: int, call: str) -> None:
    disk = FailingDisk(PUBLISHED.index(call), OSError(number, os.strerror(number)))
    with (
        pytest.raises(NoSpace, match=r"after \d+ bytes of final.*make room"),
        new_file(disk, tmp_path / "final") as file,
    ):
        file.write(b"content")
    assert names(tmp_path) == []


def test_a_read_only_disk_says_so(tmp_path: Path) -> None:
    disk = FailingDisk(PUBLISHED.index("create"), OSError(errno.EROFS, os.strerror(errno.EROFS)))
    with pytest.raises(StoreError, match="read-only"), new_file(disk, tmp_path / "final"):
        raise AssertionError("no file, no block")


class Sip(Disk):
    def write(self, handle: int, data: memoryview) -> int:
        return super().write(handle, data[:3])


def test_short_writes_are_continued(tmp_path: Path) -> None:
    with new_file(Sip(), tmp_path / "final") as file:
        assert file.write(b"0123456789") == 10
    assert (tmp_path / "final").read_bytes() == b"0123456789"


def test_a_failure_that_a_library_swallows_still_ends_the_commit(tmp_path: Path) -> None:
    disk = FailingDisk(PUBLISHED.index("write"), OSError(errno.ENOSPC, "full"))
    with pytest.raises(NoSpace), new_file(disk, tmp_path / "final") as file:
        with contextlib.suppress(OSError):
            file.write(b"lost")
        file.write(b"dropped, for the file is known to be bad")
    assert names(tmp_path) == []


@pytest.mark.parametrize("call", range(8))
def test_a_replaced_file_is_the_old_or_the_new_one(tmp_path: Path, call: int) -> None:
    final = tmp_path / "root.json"
    final.write_bytes(b"old")
    disk = FailingDisk(call, OSError(errno.EIO, "bad disk"))
    try:
        with replacing_file(disk, final) as file:
            file.write(b"new")
    except StoreError:
        pass
    assert final.read_bytes() in (b"old", b"new")


def aged(path: Path, seconds: float) -> Path:
    path.write_bytes(b"half")
    os.utime(path, (time.time() - seconds, time.time() - seconds))
    return path


def test_sweeping_removes_old_temporary_files_of_dead_writers_only(tmp_path: Path) -> None:
    mine = aged(tmp_path / temporary_name("a"), 100_000)
    dead = aged(tmp_path / temporary_name("b").replace(f".{os.getpid()}.", ".999999999."), 100_000)
    young = aged(tmp_path / temporary_name("c").replace(f".{os.getpid()}.", ".999999999."), 1_000)
    elsewhere = aged(tmp_path / ".d.another-host.1.aabbcc.tmp", 100_000)
    artifact = aged(tmp_path / "artifact.zarr.zip", 100_000)
    assert set(sweep(Disk(), tmp_path)) == {dead, elsewhere}
    assert set(tmp_path.iterdir()) == {mine, young, artifact}
