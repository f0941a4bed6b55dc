"""Lazy arrays: indexed like numpy's, and only the chunks that are needed are read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from features.errors import Damaged
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, read_artifact
from features.store.ranges import LocalRanges, merged
from tests.store.formats.format_samples import KEY, Write, chunk_place, flip_byte

SHAPE = (11, 5, 7)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    return np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)


@pytest.fixture
def artifact(write: Write, values: np.ndarray) -> Artifact:
    return read_artifact(write([(ArraySpec("a", "int32", SHAPE[1:], 3), values)]))


@settings(max_examples=150, deadline=None, suppress_health_check=["function_scoped_fixture"])  # type: ignore[list-item]
@given(index=hnp.basic_indices(SHAPE, allow_newaxis=False))
def test_basic_indexing_is_numpys(artifact: Artifact, values: np.ndarray, index: Any) -> None:
    np.testing.assert_array_equal(artifact["a"][index], values[index])


@settings(max_examples=100, deadline=None, suppress_health_check=["function_scoped_fixture"])  # type: ignore[list-item]
@given(rows=st.lists(st.integers(-11, 10), max_size=15), column=st.integers(-5, 4))
def test_a_list_of_rows_is_numpys(artifact: Artifact, values: np.ndarray, rows: list[int], column: int) -> None:
    where = np.array(rows, np.int64)
    np.testing.assert_array_equal(artifact["a"][where], values[where])
    np.testing.assert_array_equal(artifact["a"][where, column, 1:4], values[where, column, 1:4])


def test_a_mask_of_rows_is_numpys(artifact: Artifact, values: np.ndarray) -> None:
    mask = np.arange(11) % 4 == 1
    np.testing.assert_array_equal(artifact["a"][mask], values[mask])


@pytest.mark.parametrize("index", [11, -12, (0, 5), (0, 0, 0, 0), [11], [[0]], [0.5], (0, [1]), (..., 0, ...), "a"])
def test_what_does_not_fit_is_an_index_error(artifact: Artifact, index: Any) -> None:
    with pytest.raises(IndexError):
        artifact["a"][index]


def test_it_behaves_like_a_sequence_and_an_array(artifact: Artifact, values: np.ndarray) -> None:
    array = artifact["a"]
    assert (len(array), array.ndim, array.size, array.shape) == (11, 3, values.size, SHAPE)
    np.testing.assert_array_equal(np.asarray(array), values)
    np.testing.assert_array_equal(np.stack(list(array)), values)


def test_a_damaged_chunk_harms_only_those_who_read_it(sound: Path, flow: np.ndarray) -> None:
    flip_byte(sound, chunk_place(sound, "flow", 7))
    with read_artifact(sound) as artifact:
        array = artifact["flow"]
        assert array[:7].shape[0] == 7
        assert array[8:, 1, ::2, 3].shape == (4, 12)
        assert array[[0, 11, 3]].shape[0] == 3
        for index in (7, slice(5, 8), [2, 7]):
            with pytest.raises(Damaged, match=KEY):
                array[index]


@pytest.mark.parametrize("form", ["zarr"])
def test_a_window_costs_one_read_of_its_own_bytes(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ArraySpec("noise", "uint8", (300, 300), 1)
    rows = np.random.default_rng(0).integers(0, 256, (20, 300, 300), np.uint8)
    reads: list[tuple[int, int]] = []
    plain = LocalRanges.read

    def counted(self: LocalRanges, start: int, stop: int) -> bytes:
        reads.append((start, stop))
        return plain(self, start, stop)

    monkeypatch.setattr(LocalRanges, "read", counted)
    with read_artifact(write([(spec, rows)])) as artifact:
        assert len(reads) == 1, "opening reads the tail, and nothing else"
        artifact["noise"][5:10, 100:110]
        assert len(reads) == 2
        assert reads[1][1] - reads[1][0] == pytest.approx(5 * 90_000, rel=0.01)
        artifact["noise"][[2, 15]]
        assert len(reads) == 4


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(5, 9)], [(5, 9)]),
        ([(20, 30), (0, 10)], [(0, 30)]),
        ([(0, 10), (21, 30)], [(0, 10), (21, 30)]),
        ([(0, 30), (5, 10), (31, 32)], [(0, 32)]),
    ],
)
def test_near_ranges_are_read_as_one(spans: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    assert merged(spans, gap=10) == expected
