"""Metrics of joints on cases that have a closed form."""

import numpy as np
import pytest

from features.datasets.skeleton import SIGMAS
from features.evaluate.keypoints import oks, pck

TRUTH = np.random.default_rng(0).uniform(0, 100, (3, 17, 2))
ALL = np.ones((3, 17), bool)
AREAS = np.array([400.0, 2500.0, 10000.0])


def test_the_truth_itself_is_similar_by_one():
    np.testing.assert_allclose(oks(TRUTH, TRUTH, ALL, AREAS), 1)


def test_at_two_sigmas_of_the_persons_size_a_joint_counts_exp_of_minus_a_half():
    off = TRUTH + np.sqrt(AREAS)[:, None, None] * 2 * SIGMAS[:, None] * np.array([0.6, 0.8])
    np.testing.assert_allclose(oks(off, TRUTH, ALL, AREAS), np.exp(-0.5))


def test_the_mean_is_over_visible_joints_alone():
    visible = np.zeros((3, 17), bool)
    visible[:, 3:5] = True
    far = TRUTH.copy()
    far[:, 4] += 1e6
    far[:, 10] += 1e6
    np.testing.assert_allclose(oks(far, TRUTH, visible, AREAS), 0.5)


def test_a_person_without_a_visible_joint_has_no_figure():
    assert np.isnan(oks(TRUTH, TRUTH, np.zeros((3, 17), bool), AREAS)).all()


@pytest.mark.parametrize(
    ("distance", "share"),
    [pytest.param(9.99, 1.0, id="within"), pytest.param(10.01, 0.0, id="beyond")],
)
def test_joints_within_a_share_of_the_persons_size_are_correct(distance, share):
    moved = TRUTH + np.array([distance, 0])
    assert pck(moved, TRUTH, ALL, np.full(3, 50.0), 0.2) == share


def test_all_joints_count_alike_whoever_has_them():
    moved = TRUTH.copy()
    moved[0, :2] += 1000
    visible = ALL.copy()
    visible[1:, 4:] = False
    assert pck(moved, TRUTH, visible, np.full(3, 50.0)) == pytest.approx(1 - 2 / (17 + 4 + 4))


def test_without_visible_joints_nothing_is_correct_or_wrong():
    assert np.isnan(pck(TRUTH, TRUTH, ~ALL, AREAS))
