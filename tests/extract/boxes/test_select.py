"""Which detections are kept."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.extract.boxes.presets import LBRSPR
from features.extract.boxes.select import areas, large_and_sure, uncovered

GOLDEN = Path(__file__).parents[2] / "golden/lbrspr/boxes.npz"
DATASETS = ["UCSDped1", "UCSDped2", "avenue", "ShanghaiTech"]

SIDES = st.integers(0, 60)


def rows(boxes, scores=None):
    table = np.zeros((len(boxes), 6), np.float32)
    table[:, :4] = boxes
    table[:, 4] = 1 if scores is None else scores
    return table


@st.composite
def tables(draw):
    corners = draw(arrays(np.int64, st.tuples(st.integers(0, 12), st.just(2)), elements=st.integers(0, 50)))
    sides = draw(arrays(np.int64, corners.shape, elements=SIDES))
    return rows(np.concatenate([corners, corners + sides], axis=1))


@pytest.mark.parametrize("dataset", DATASETS)
def test_score_and_area_keep_what_the_published_code_keeps(dataset):
    golden, numbers = np.load(GOLDEN), LBRSPR[dataset.lower()]
    detections = rows(golden[f"{dataset}_det_boxes"], golden[f"{dataset}_det_scores"])
    kept = large_and_sure(detections, numbers.score, numbers.area)
    np.testing.assert_array_equal(kept[:, :4], golden[f"{dataset}_after_score_area"])


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_cover_rule_keeps_what_the_published_code_keeps_in_its_order(dataset):
    golden = np.load(GOLDEN)
    kept = uncovered(golden[f"{dataset}_after_score_area"], LBRSPR[dataset.lower()].cover)
    np.testing.assert_array_equal(kept, golden[f"{dataset}_after_cover"])


@pytest.mark.parametrize(
    ("box", "score", "kept"),
    [
        ([0, 0, 9, 9], 0.21, True),
        ([0, 0, 9, 9], 0.2, False),
        ([0, 0, 9, 8], 0.9, False),
    ],
    ids=["10 x 10 with both borders", "a score at the threshold", "too small"],
)
def test_thresholds(box, score, kept):
    assert len(large_and_sure(rows([box], [score]), 0.2, 100)) == kept


@pytest.mark.parametrize(("clip", "corner"), [(True, 0.0), (False, -3.5)])
def test_negative_corners_are_clipped_by_lbrspr_and_left_by_vec(clip, corner):
    assert large_and_sure(rows([[-3.5, 2, 30, 30]]), 0.2, 100, clip)[0, 0] == corner


def test_the_input_is_left_alone():
    table = rows([[-3.5, 2, 30, 30]])
    large_and_sure(table, 0.2, 100)
    assert table[0, 0] == -3.5


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        ([[0, 0, 9, 9], [0, 0, 99, 99]], [1]),
        ([[0, 0, 9, 9], [5, 0, 99, 99]], [0, 1]),
        ([[0, 0, 9, 9], [4, 0, 99, 99]], [0, 1]),
        ([[0, 0, 9, 9], [3, 0, 99, 99]], [1]),
        ([[0, 0, 9, 9], [0, 0, 9, 9]], [1]),
    ],
    ids=["inside a larger one", "half covered", "six tenths exactly", "seven tenths", "twice the same"],
)
def test_a_box_goes_when_a_larger_one_covers_more_than_six_tenths(boxes, kept):
    np.testing.assert_array_equal(uncovered(rows(boxes), 0.6)[:, :4], np.array(boxes)[kept])


def test_no_boxes_stay_no_boxes():
    assert uncovered(large_and_sure(rows(np.empty((0, 4))), 0.2, 100), 0.6).shape == (0, 6)


@given(tables())
def test_kept_boxes_come_smallest_first(table):
    assert (np.diff(areas(uncovered(table, 0.6))) >= 0).all()


@given(tables())
def test_the_largest_box_is_always_kept(table):
    kept = uncovered(table, 0.6)
    assert len(table) == 0 or areas(kept).max() == areas(table).max()


@given(tables())
def test_the_cover_rule_applied_twice_changes_nothing(table):
    once = uncovered(table, 0.6)
    np.testing.assert_array_equal(uncovered(once, 0.6), once)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    assert as_set(uncovered(table[order], 0.6)) == as_set(uncovered(table, 0.6)) or has_ties(table)


@given(tables(), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_a_higher_threshold_keeps_no_less(table, one, other):
    low, high = sorted((one, other))
    assert as_set(uncovered(table, low)) <= as_set(uncovered(table, high))


def as_set(table):
    return {tuple(row) for row in table[:, :4].tolist()}


def has_ties(table):
    """Of two boxes of one area, the later in the order is the larger one: as published."""
    return len(np.unique(areas(table))) < len(table)
