"""Stores that cannot be written: read-only file systems, and addresses on the network."""

import errno
import os
from pathlib import Path

import fsspec
import numpy as np
import pytest

import features
from features.errors import NotStored, StoreError
from features.store.disk import Disk
from features.store.roots import Root
from features.store.store import Store
from tests.store.engine.stand_ins import FORMATS, holds, key_of, put, rows_of


class ReadOnly(Disk):
    """A disk that is mounted read-only."""

    def create(self, path: Path) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.parametrize("form", FORMATS)
def test_a_read_only_store_is_read_and_says_why_it_cannot_be_written(tmp_path: Path, form: str) -> None:
    put(Store(tmp_path, form, create=True), key_of(1))
    store = Store(tmp_path, form, create=True, disk=ReadOnly())
    assert holds(store, key_of(1))
    assert store.present("flow", [key_of(1), key_of(2)]).tolist() == [True, False]
    for write in (lambda: put(store, key_of(2)), lambda: store.fail("flow", key_of(2), "x", name="a")):
        with pytest.raises(StoreError, match="read-only"):
            write()


@pytest.fixture(params=FORMATS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store in fsspec's memory, which stands for any object store."""
    store = Store(tmp_path / "store", request.param, create=True)
    put(store, key_of(1))
    store.fail("flow", key_of(2), "no frame could be decoded", name="b")
    source, other = key_of("source 1"), key_of("source 2")
    videos, flow = {"a": source, "b": other}, {source: key_of(1), other: key_of(2)}
    store.write_root("mine", Root("mine", "u", "/p", 0.0, {"ped2": videos}, {"ped2": {"flow": flow}}))
    address = f"memory://{tmp_path.name}-{request.param}"
    system = fsspec.filesystem("memory")
    for path in store.path.rglob("*"):
        if path.is_file():
            system.pipe(f"{address}/{path.relative_to(store.path)}", path.read_bytes())
    return address


def test_a_remote_store_is_read_by_name(address: str) -> None:
    library = features.open(address)
    assert library.videos("ped2") == ["a", "b"]
    with library.read("ped2", "a", "flow") as flow:
        np.testing.assert_array_equal(flow["flow"][1:2], rows_of(key_of(1))[1:2] / np.float32(64))
    assert library.locate(key_of(1)[:8]) == ("flow", key_of(1))
    with pytest.raises(NotStored, match="no frame could be decoded"):
        library.read("ped2", "b", "flow")


@pytest.mark.parametrize("address", ["memory://nothing-here"])
def test_a_wrong_address_says_so(address: str) -> None:
    with pytest.raises(StoreError, match="no feature store at memory://nothing-here"):
        features.open(address)
