"""Readers work in worker processes, forked or spawned, also where the parent had the artifact open."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from features.store.artifact import Artifact
from features.store.store import Store
from tests.store.engine.stand_ins import FORMATS, key_of, put, rows_of


def windows(artifact: Artifact, seed: int) -> int:
    """Read random rows; how many were wrong."""
    expected = rows_of(artifact.key) / np.float32(64)
    rows = np.random.default_rng(seed).integers(0, len(expected), 40)
    return sum(not np.array_equal(artifact["flow"][row : row + 1], expected[row : row + 1]) for row in rows)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_read_right(tmp_path: Path, form: str, method: str) -> None:
    store = Store(tmp_path, form, create=True)
    put(store, key_of(1))
    with store.open("flow", key_of(1)) as artifact:
        assert windows(artifact, 0) == 0
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.starmap(windows, [(artifact, seed) for seed in range(6)]) == [0] * 6
        assert windows(artifact, 7) == 0


@pytest.mark.parametrize("form", FORMATS)
def test_an_open_artifact_inherited_by_fork_is_opened_anew(tmp_path: Path, form: str) -> None:
    store = Store(tmp_path, form, create=True)
    put(store, key_of(1))
    with store.open("flow", key_of(1)) as artifact:
        windows(artifact, 0)
        context = multiprocessing.get_context("fork")
        # Inherited with the process, not sent to it: the children share the parent's open file.
        children = [context.Process(target=_exit_with, args=(artifact, seed)) for seed in range(4)]
        for child in children:
            child.start()
        for child in children:
            child.join(30)
    assert [child.exitcode for child in children] == [0] * 4


def _exit_with(artifact: Artifact, seed: int) -> None:
    raise SystemExit(windows(artifact, seed))
