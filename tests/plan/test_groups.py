import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.plan.planner import JOB_SECONDS, MOST_GROUPS, cut_groups

seconds = st.lists(st.floats(0, 5000), min_size=1, max_size=200).map(np.array)


@given(seconds, st.integers(1, 16))
def test_groups_hold_every_row_once_and_in_order(work: np.ndarray, cores: int) -> None:
    rows = np.arange(len(work))
    assert np.concatenate(cut_groups(rows, work, None, cores)).tolist() == rows.tolist()


@given(seconds, st.integers(1, 50))
def test_a_batch_size_in_the_config_is_kept(work: np.ndarray, size: int) -> None:
    groups = cut_groups(np.arange(len(work)), work, size, 2)
    assert {len(group) for group in groups[:-1]} <= {size}
    assert len(groups[-1]) <= size


def test_small_data_sets_still_fill_all_cores() -> None:
    assert len(cut_groups(np.arange(12), np.full(12, 1.0), None, 4)) == 4


def test_jobs_take_about_ten_minutes() -> None:
    groups = cut_groups(np.arange(1000), np.full(1000, 60.0), None, 2)
    assert len(groups) == pytest.approx(1000 * 60 / JOB_SECONDS, abs=1)


def test_a_million_videos_stay_below_five_hundred_groups() -> None:
    assert len(cut_groups(np.arange(1_000_000), np.full(1_000_000, 60.0), None, 2)) == MOST_GROUPS


def test_nothing_to_do_is_no_group() -> None:
    assert cut_groups(np.arange(0), np.zeros(0), None, 2) == []
