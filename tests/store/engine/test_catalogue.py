"""The catalogue says what the folders hold, whoever changed them, a million keys at a time."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import StoreError
from features.store.catalogue import Catalogue
from tests.store.engine.stand_ins import key_of


def touch(store: Path, key: str, kind: str = "flow", suffix: str = ".zarr.zip") -> Path:
    path = store / "objects" / key[:2] / f"{key}.{kind}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def settle(store: Path) -> None:
    """Make every folder's last change an old one, as it is a while after a run."""
    for folder in (store / "objects").iterdir():
        os.utime(folder, (time.time() - 60, time.time() - 60))


def test_artifacts_are_found_by_kind_in_both_formats(tmp_path: Path) -> None:
    touch(tmp_path, key_of(1))
    touch(tmp_path, key_of(2), suffix=".h5")
    touch(tmp_path, key_of(3), kind="boxes")
    found = Catalogue(tmp_path).present("flow", [key_of(n) for n in (3, 2, 1, 0)])
    assert found.tolist() == [False, True, True, False]


@pytest.mark.parametrize("keys", [[], [key_of(1)]])
def test_an_empty_store_holds_nothing(tmp_path: Path, keys: list[str]) -> None:
    assert Catalogue(tmp_path).present("flow", keys).tolist() == [False] * len(keys)


@pytest.mark.parametrize("key", ["", "ab", "x" * 64, "../../etc/passwd"])
def test_what_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(StoreError, match="no key"):
        Catalogue(tmp_path).present("flow", [key_of(1), key])


def test_what_others_commit_and_delete_is_seen(tmp_path: Path) -> None:
    first = touch(tmp_path, key_of(1))
    catalogue = Catalogue(tmp_path)
    keys = [key_of(1), key_of(2)]
    assert catalogue.present("flow", keys).tolist() == [True, False]
    touch(tmp_path, key_of(2))
    first.unlink()
    assert catalogue.present("flow", keys).tolist() == [False, True]


def test_only_changed_folders_are_listed_again(tmp_path: Path) -> None:
    for n in range(40):
        touch(tmp_path, key_of(n))
    settle(tmp_path)
    catalogue = Catalogue(tmp_path)
    assert catalogue.refresh() > 1
    assert catalogue.refresh() == 0
    touch(tmp_path, key_of("new"))
    assert catalogue.refresh() == 1


def test_a_folder_that_has_just_changed_is_not_trusted(tmp_path: Path) -> None:
    """A second change within the same tick of the file system's clock would not show."""
    path = touch(tmp_path, key_of(1))
    catalogue = Catalogue(tmp_path)
    catalogue.refresh()
    times = path.parent.stat()
    touch(tmp_path, key_of(1), kind="boxes")
    os.utime(path.parent, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert catalogue.present("boxes", [key_of(1)]).all()


@pytest.mark.parametrize(
    "name", [".x.tmp", "README", f"{key_of(1)}.flow", f"{key_of(1)[:40]}.flow.h5", "z" * 64 + ".flow.h5"]
)
def test_strange_files_are_passed_over(tmp_path: Path, name: str) -> None:
    touch(tmp_path, key_of(1)).with_name(name).write_bytes(b"")
    touch(tmp_path, key_of(1), suffix=".h5")
    assert Catalogue(tmp_path).present("flow", [key_of(1)]).all()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A store large enough for a snapshot."""
    for n in range(2100):
        touch(tmp_path, key_of(n), kind="flow" if n % 3 else "boxes")
    settle(tmp_path)
    return tmp_path


def test_the_next_process_reads_the_snapshot_and_lists_nothing(large: Path) -> None:
    Catalogue(large).refresh()
    later = Catalogue(large)
    assert later.refresh() == 0
    found = later.present("flow", [key_of(n) for n in range(2200)])
    assert found.tolist() == [n < 2100 and n % 3 > 0 for n in range(2200)]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half", None])
def test_a_damaged_or_missing_snapshot_is_made_anew(large: Path, damage: bytes | None) -> None:
    Catalogue(large).refresh()
    snapshot = large / "catalogue" / "snapshot.npz"
    snapshot.unlink() if damage is None else snapshot.write_bytes(damage)
    assert Catalogue(large).present("boxes", [key_of(0)]).all()
    assert snapshot.stat().st_size > 10_000


def test_a_store_that_cannot_be_written_is_listed_each_time(large: Path) -> None:
    (large / "catalogue").write_bytes(b"a file where the folder should be")
    assert Catalogue(large).present("boxes", [key_of(0)]).all()


@settings(max_examples=25)
@given(st.sets(st.integers(0, 60)), st.lists(st.integers(0, 60)))
def test_present_is_membership(tmp_path_factory: pytest.TempPathFactory, there: set[int], asked: list[int]) -> None:
    store = tmp_path_factory.mktemp("store")
    for n in there:
        touch(store, key_of(n))
    assert Catalogue(store).present("flow", [key_of(n) for n in asked]).tolist() == [n in there for n in asked]


@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_many_keys_are_looked_up_within_a_second(tmp_path: Path, count: int) -> None:
    """Against a snapshot of as many artifacts; listing as many files is the file system's time, not ours."""
    rng = np.random.default_rng(0)
    prefixes = np.sort(rng.integers(0, 2**64, count, dtype=np.uint64))
    (tmp_path / "catalogue").mkdir()
    mtimes = []
    for number in range(256):
        folder = tmp_path / "objects" / f"{number:02x}"
        folder.mkdir(parents=True)
        os.utime(folder, ns=(10**18, 10**18))
        mtimes.append(10**18)
    counts = np.bincount((prefixes >> np.uint64(56)).astype(np.int64), minlength=256)
    np.savez(
        tmp_path / "catalogue" / "snapshot.npz",
        mtimes=np.array(mtimes),
        counts=counts,
        prefixes=prefixes,
        kinds=np.zeros(count, np.uint16),
        names=np.array(["flow"]),
    )
    keys = [f"{prefix:016x}{'0' * 48}" for prefix in rng.permutation(prefixes).tolist()]
    start = time.process_time()
    found = Catalogue(tmp_path).present("flow", keys)
    spent = time.process_time() - start
    assert found.all()
    assert spent < 1.0 * max(count / 1_000_000, 0.3)
