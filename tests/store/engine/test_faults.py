"""Whatever call of a commit fails, and however: an artifact is whole or absent, and the next commit works."""

import errno
import os
from pathlib import Path

import pytest

from features.errors import NoSpace, StoreError
from features.store.store import Store
from features.store.verify import check
from tests.store.engine.stand_ins import FORMATS, Crash, FailingDisk, holds, key_of, put, temporaries

KEY = key_of("artifact")


def calls_of_a_commit(tmp_path: Path, form: str) -> list[str]:
    disk = FailingDisk()
    store = Store(tmp_path / "counted", form, create=True, disk=disk)
    before = len(disk.calls)
    put(store, KEY)
    return disk.calls[before:]


def stores(tmp_path: Path, form: str, error: OSError | None) -> list[tuple[str, Store]]:
    """For each call of a commit, a store whose disk fails at that call."""
    failing = []
    for number, call in enumerate(calls_of_a_commit(tmp_path, form)):
        folder = tmp_path / f"{number}"
        Store(folder, form, create=True)
        failing.append((call, Store(folder, form, disk=FailingDisk(number, error))))
    return failing


@pytest.mark.parametrize("form", FORMATS)
def test_a_commit_makes_every_kind_of_call(tmp_path: Path, form: str) -> None:
    assert {"create", "write", "sync", "close", "link", "unlink", "sync_folder"} <= set(
        calls_of_a_commit(tmp_path, form)
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_crash_at_any_call_leaves_a_whole_artifact_or_none(tmp_path: Path, form: str) -> None:
    published = []
    for call, store in stores(tmp_path, form, error=None):
        with pytest.raises(Crash):
            put(store, KEY)
        later = Store(store.path, form)
        published.append((call, holds(later, KEY)))
        put(later, KEY)
        assert holds(later, KEY), f"the commit after a crash at {call}"
        assert_sound(later)
    assert {call for call, there in published if there} == {"unlink", "sync_folder"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_an_error_at_any_call_is_reported_and_leaves_nothing_half_written(
    tmp_path: Path, form: str, number: int
) -> None:
    expected = StoreError if number == errno.EIO else NoSpace
    for call, store in stores(tmp_path, form, OSError(number, os.strerror(number))):
        with pytest.raises(expected):
            put(store, KEY)
        later = Store(store.path, form)
        assert holds(later, KEY) == (call in ("unlink", "sync_folder")), call
        put(later, KEY)
        assert holds(later, KEY), f"the commit after an error at {call}"
        assert_sound(later)
        if call == "unlink":  # the artifact is published, the second name of its file is left to sweeping
            assert len(later.sweep(older=-1)) == 0, "its writer, this process, is alive"
        else:
            assert temporaries(later) == [], call


def assert_sound(store: Store) -> None:
    for stored in store.artifacts():
        assert not list(check(stored.path)), stored.path
