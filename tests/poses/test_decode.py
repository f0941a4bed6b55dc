"""Outputs of networks whose right answer is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.extract.poses.crop import put_back, regions
from features.extract.poses.decode import dark, peaks, shifted, simcc

GOLDEN = Path(__file__).parent.parent / "golden/poses/heatmaps.npz"
STRIDE = (4.0, 4.0)


def gaussians(centres: np.ndarray, sigma: float = 2.0, height: int = 64, width: int = 48) -> np.ndarray:
    """float32 (n, 1, height, width): Gaussians of height 1 about centres (n, 2) in cells."""
    rows, columns = np.indices((height, width))
    squared = (columns - centres[:, 0, None, None]) ** 2 + (rows - centres[:, 1, None, None]) ** 2
    return np.exp(-squared / (2 * sigma**2)).astype(np.float32)[:, None]


def errors(decode, centres: np.ndarray) -> np.ndarray:
    """(n, 2): distance in cells on each axis between what is decoded and the truth."""
    return np.abs(decode(gaussians(centres))[:, 0, :2] / 4 - centres)


@pytest.fixture
def centres() -> np.ndarray:
    return np.random.default_rng(0).uniform([8, 8], [39, 55], (500, 2))


class TestGaussians:
    def test_a_quarter_shift_is_within_a_quarter_cell(self, centres):
        assert errors(lambda maps: shifted(maps, STRIDE), centres).max() <= 0.25 + 1e-4

    def test_dark_is_within_a_thousandth_of_a_cell(self, centres):
        assert errors(lambda maps: dark(maps, STRIDE, 11), centres).max() <= 0.001

    def test_dark_is_a_hundred_times_nearer(self, centres):
        plain, fine = (errors(decode, centres).mean() for decode in (quarter, newton))
        assert fine < plain / 100

    def test_scores_are_the_highest_values(self, centres):
        maps = 0.6 * gaussians(centres)
        for decode in (quarter, newton):
            np.testing.assert_allclose(decode(maps)[:, 0, 2], maps.max(axis=(1, 2, 3)), rtol=1e-6)

    def test_each_axis_has_its_own_stride(self):
        found = shifted(gaussians(np.array([[10.0, 20.0]])), (2.0, 8.0))
        np.testing.assert_allclose(found[0, 0, :2], [20, 160])


def quarter(maps: np.ndarray) -> np.ndarray:
    return shifted(maps, STRIDE)


def newton(maps: np.ndarray) -> np.ndarray:
    return dark(maps, STRIDE, 11)


def one_by_one_quarter(maps: np.ndarray) -> np.ndarray:
    """The published rule as it is written: joint after joint."""
    found = np.empty((*maps.shape[:2], 3))
    for n, k in np.ndindex(*maps.shape[:2]):
        one = maps[n, k]
        height, width = one.shape
        y, x = np.unravel_index(one.argmax(), one.shape)
        score = one.max()
        if score <= 0:
            found[n, k] = -4, -4, score
            continue
        dx = one[y, x + 1] - one[y, x - 1] if 1 < x < width - 1 and 0 < y < height else 0
        dy = one[y + 1, x] - one[y - 1, x] if 1 < y < height - 1 and 0 < x < width else 0
        found[n, k] = 4 * (x + 0.25 * np.sign(dx)), 4 * (y + 0.25 * np.sign(dy)), score
    return found


@given(arrays(np.float32, (2, 2, 5, 4), elements=st.integers(-3, 9).map(float)))
def test_all_joints_at_once_give_what_one_after_the_other_gives(maps):
    np.testing.assert_allclose(quarter(maps), one_by_one_quarter(maps), atol=1e-6)


@settings(max_examples=30)
@given(arrays(np.float32, (2, 1, 9, 8), elements=st.floats(-1, 1, width=16)))
def test_dark_is_finite_for_any_map(maps):
    assert np.isfinite(dark(maps, STRIDE, 11)).all()


@pytest.mark.parametrize("decode", [quarter, newton])
def test_a_joint_without_a_positive_value_is_nowhere(decode):
    found = decode(np.full((1, 1, 12, 10), -0.5, np.float32))
    np.testing.assert_allclose(found[0, 0], [-4, -4, -0.5])


@pytest.mark.parametrize("cell", [(0, 0), (1, 5), (9, 11), (8, 10)])
def test_dark_leaves_peaks_at_the_border_where_they_are(cell):
    maps = np.zeros((1, 1, 12, 10), np.float32)
    maps[0, 0, cell[1], cell[0]] = 1
    np.testing.assert_allclose(newton(maps)[0, 0, :2], np.multiply(cell, 4))


def test_peaks_are_column_and_row():
    maps = np.zeros((1, 1, 12, 10), np.float32)
    maps[0, 0, 7, 3] = 0.5
    cells, scores = peaks(maps)
    assert cells.tolist() == [[[3, 7]]] and scores.tolist() == [[0.5]]


class TestSimcc:
    def decoded(self, x: list[float], y: list[float], **options) -> list[float]:
        rows = np.float32([[x]]), np.float32([[y]])
        return simcc(*rows, **{"split": 2, "score": "min"} | options)[0, 0].tolist()

    def test_bins_over_split_are_pixels(self):
        assert self.decoded([0, 0, 0, 0.9], [0, 0.8, 0, 0])[:2] == [1.5, 0.5]

    @pytest.mark.parametrize(("score", "value"), [("min", 0.25), ("mean", 0.5)])
    def test_the_score_is_the_lesser_maximum_or_the_mean(self, score, value):
        assert self.decoded([0, 0.75], [0.25, 0], score=score)[2] == value

    def test_without_a_positive_value_it_is_nowhere(self):
        assert self.decoded([0, -0.5], [-1, -0.5]) == [-0.5, -0.5, -0.5]


@pytest.mark.parametrize("frame", [100, 300, 1100])
def test_heat_maps_of_a_real_network(frame):
    golden = np.load(GOLDEN)
    region = regions(golden[f"{frame}_box"][None], 48 / 64, 1.25)
    found = put_back(quarter(golden[f"{frame}_heatmap"][None]), region, 256, 192)[0]
    np.testing.assert_allclose(found[:, :2], golden[f"{frame}_kpts"][:, :2], atol=1e-3)
    np.testing.assert_allclose(found[:, 2], golden[f"{frame}_kpts"][:, 2], atol=1e-6)
