"""Artifacts in worker processes: forked ones do not share a handle, spawned ones get an address."""

import multiprocessing
import operator
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, LazyArray, read_artifact
from tests.store.formats.format_samples import Write


def check_windows(array: LazyArray, seed: int) -> int:
    """How many of 50 random windows were right."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, len(array) - 5, 50)
    return sum(bool((array[s : s + 5] == np.arange(s, s + 5)[:, None]).all()) for s in starts)


@pytest.fixture
def artifact(write: Write) -> Iterator[Artifact]:
    rows = np.tile(np.arange(100, dtype=np.int32)[:, None], (1, 200))
    with read_artifact(write([(ArraySpec("a", "int32", (200,), 1), rows)])) as artifact:
        yield artifact


def test_forked_readers_read_right(artifact: Artifact) -> None:
    array = artifact["a"]
    assert check_windows(array, 0) == 50, "the parent has the file open when it forks"
    children = []
    for seed in range(1, 5):
        pid = os.fork()
        if pid == 0:
            os._exit(check_windows(array, seed))
        children.append(pid)
    assert check_windows(array, 5) == 50
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [50] * 4


def test_a_spawned_reader_reads_right(artifact: Artifact) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(operator.getitem, (artifact["a"], slice(20, 25)))
    np.testing.assert_array_equal(found, artifact["a"][20:25])


def test_artifacts_pickle_as_their_address(artifact: Artifact) -> None:
    copy = pickle.loads(pickle.dumps(artifact))
    assert copy.key == artifact.key
    assert len(pickle.dumps(artifact)) < 500
    copy.close()


def test_threads_share_an_artifact(artifact: Artifact) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda seed: check_windows(artifact["a"], seed), range(8))) == [50] * 8


def test_a_read_only_file_in_a_read_only_folder_is_read(write: Write, flow_spec: ArraySpec, flow: np.ndarray) -> None:
    path = write([(flow_spec, flow)])
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        with read_artifact(path) as artifact:
            assert artifact["flow"][0].shape == (2, 24, 32)
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    finally:
        path.parent.chmod(0o700)


def test_many_artifacts_do_not_hold_descriptors(sound: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with read_artifact(sound) as artifact:
            artifact["flow"][0]
    assert len(list(Path("/proc/self/fd").iterdir())) == before
