"""Self-paced weights equal the published ones."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from features.models.lbrspr.self_paced import MODES, thresholds, weights

GOLDEN = np.load(Path(__file__).parents[2] / "golden/lbrspr/self_paced.npz")
SCORES = torch.from_numpy(GOLDEN["scores"])


@pytest.mark.parametrize("step", [0, 200, 400, 600, 100000])
@pytest.mark.parametrize("mode", ["hard", "linear", "huber", "mixture"])
def test_weights_equal_the_published_ones(mode: str, step: int) -> None:
    found = weights(SCORES, step, 0.005, mode).numpy()
    np.testing.assert_allclose(found, GOLDEN[f"{mode}_t{step}_weights"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("step", [0, 200, 400, 600, 100000])
def test_thresholds_equal_the_published_ones(step: int) -> None:
    low, high = thresholds(SCORES, step, 0.005)
    np.testing.assert_allclose([low, high], GOLDEN[f"mixture_t{step}_lambda"], rtol=1e-5)


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_of_one_cube_has_weight_one(mode: str) -> None:
    assert weights(torch.tensor([7.0]), 3, 0.005, mode).tolist() == [1.0]


@pytest.mark.parametrize("mode", MODES)
@given(st.lists(st.floats(0.5, 1e4, width=32), min_size=2, max_size=40), st.integers(0, 2000))
def test_weights_lie_between_0_and_1_and_never_rise_with_the_error(mode: str, values: list[float], step: int) -> None:
    found = weights(torch.tensor(sorted(values)), step, 0.005, mode)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found.diff() <= 1e-5).all()


def test_the_highest_threshold_wins_where_both_meet() -> None:
    low = high = torch.tensor(2.0)
    assert MODES["mixture"](torch.tensor([1.0, 2.0, 3.0]), low, high).tolist() == [1.0, 0.0, 0.0]
