"""What an array may be, how its values become stored ones, and how it is cut into chunks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import StoreError
from features.store.arrays import ArraySpec, Quality, as_physical, as_stored, chunk_shape

STEP = 1 / 64
FLOW: dict[str, Any] = {"dtype": "int16", "scale_factor": STEP, "fill_value": -32768}


def spec(**fields: Any) -> ArraySpec:
    return ArraySpec(**{"name": "a", "dtype": "float32", "row_shape": (), **fields})


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": "a/b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "zarr.json"}, "name"),
        ({"dtype": "object"}, "dtype 'object'"),
        ({"dtype": "bool"}, "dtype 'bool'"),
        ({"row_shape": (2, 0)}, "holds no value"),
        ({"chunk_rows": 0}, "chunk_rows"),
        ({"dims": ("y", "x")}, "name every axis"),
        ({"scale_factor": 0.5}, "only integers"),
        ({"dtype": "int16", "scale_factor": 0.0}, "scale_factor is 0"),
        ({"dtype": "int16", "fill_value": 0}, "only a scaled array"),
        ({"dtype": "int16", "scale_factor": 1.0, "fill_value": 5}, "fill_value must be one of"),
        ({"row_shape": (3,), "columns": ("x", "y")}, "one name per column"),
        ({"codec": "lzma"}, "codec 'lzma'"),
        ({"dtype": "uint8", "codec": "pcodec"}, "no 8 bit type"),
    ],
)
def test_an_array_that_cannot_be_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        spec(**fields)


@given(st.floats(-511.96875, 511.96875, width=32))
def test_fixed_point_is_off_by_half_a_step_at_most(value: float) -> None:
    flow = spec(**FLOW)
    stored = as_stored(flow, np.array([value], np.float32), Quality())
    assert abs(as_physical(flow, stored)[0] - value) <= STEP / 2


@given(st.integers(-32768, 32767), st.sampled_from([1 / 64, 0.1, 1.0, 3.7]), st.sampled_from([0.0, -2.5]))
def test_fixed_point_values_stay_when_stored_again(stored: int, scale: float, offset: float) -> None:
    scaled = spec(dtype="int16", scale_factor=scale, add_offset=offset, fill_value=-32768)
    once = np.array([stored], np.int16)
    assert as_stored(scaled, as_physical(scaled, once), Quality()) == once


@pytest.mark.parametrize(
    ("value", "stored", "clipped", "non_finite"),
    [
        (600.0, 32767, 1, 0),
        (-600.0, -32767, 1, 0),  # and not -32768, which means NaN
        (511.98, 32767, 0, 0),
        (-512.0, -32767, 1, 0),
        (1e38, 32767, 1, 0),
        (np.nan, -32768, 0, 1),
        (np.inf, -32768, 0, 1),
        (-np.inf, -32768, 0, 1),
    ],
)
def test_what_does_not_fit_is_clipped_and_counted(value: float, stored: int, clipped: int, non_finite: int) -> None:
    quality = Quality()
    assert as_stored(spec(**FLOW), np.array([value], np.float32), quality).tolist() == [stored]
    assert (quality.clipped, quality.non_finite) == (clipped, non_finite)


def test_the_fill_value_reads_as_nan() -> None:
    values = as_physical(spec(**FLOW), np.array([-32768, 0, 64], np.int16))
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.array([np.nan, 0, 1], np.float32))


def test_nan_needs_a_fill_value() -> None:
    with pytest.raises(StoreError, match="no fill_value"):
        as_stored(spec(dtype="int16", scale_factor=STEP), np.array([np.nan]), Quality())


@pytest.mark.parametrize(
    ("dtype", "rows", "complaint"),
    [
        ("float32", np.zeros((2, 3)), "shape"),
        ("uint8", np.array([0.5]), "float64 given"),
        ("uint8", np.array([300]), "do not fit"),
        ("uint8", np.array([-1]), "do not fit"),
        ("int32", np.array([2**40]), "do not fit"),
    ],
)
def test_rows_that_would_lose_values_are_refused(dtype: str, rows: np.ndarray, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        as_stored(spec(dtype=dtype), rows, Quality())


def test_ranges_and_counts_are_of_physical_finite_values() -> None:
    flow, floats = Quality(), Quality()
    as_stored(spec(**FLOW), np.array([-1.5, np.nan, 2.25]), flow)
    as_stored(spec(), np.array([7, -np.inf, np.nan, -3], np.float32), floats)
    assert flow.content() == {"clipped": 0, "non_finite": 1, "min": -1.5, "max": 2.25}
    assert floats.content() == {"clipped": 0, "non_finite": 2, "min": -3.0, "max": 7.0}


@pytest.mark.parametrize(
    ("row_shape", "dtype", "rows", "dims", "expected"),
    [
        ((2, 240, 360), "int16", 1, (), (1, 2, 240, 360)),
        ((5, 32, 32, 3), "uint8", 64, (), (64, 5, 32, 32, 3)),
        ((2, 2160, 3840), "int16", 1, ("frame", "component", "y", "x"), (1, 2, 1080, 3840)),
        ((2160, 7680, 3), "uint8", 1, ("frame", "y", "x", "channel"), (1, 720, 7680, 3)),
        ((2160, 7680, 3), "uint8", 1, (), (1, 2160, 2560, 3)),
        ((1024, 1024), "float32", 100, (), (4, 1024, 1024)),
        ((), "float64", 10**9, (), (2 * 2**20,)),
    ],
)
def test_chunks_hold_16_megabytes_at_most(
    row_shape: tuple[int, ...], dtype: str, rows: int, dims: tuple[str, ...], expected: tuple[int, ...]
) -> None:
    assert chunk_shape(spec(dtype=dtype, row_shape=row_shape, chunk_rows=rows, dims=dims)) == expected
