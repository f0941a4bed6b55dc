"""Metrics on cases that can be counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.evaluate.metrics import (
    Figure,
    Frames,
    all_metrics,
    auc,
    average_precision,
    best_f1,
    class_aucs,
    equal_error_rate,
    false_alarm_rate,
    macro_auc,
    nearest_error_rates,
    roc_points,
    trapezoid_precision,
    video_metrics,
)


def frames(labels: list[int], scores: list[float]) -> Frames:
    return Frames.known(np.array(labels, np.int8), np.array(scores, float))


@pytest.mark.parametrize(
    ("labels", "scores", "value", "reason"),
    [
        pytest.param([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.75, "", id="one of four pairs is wrong"),
        pytest.param([0, 1], [1, 1], 0.5, "", id="a tie is half right"),
        pytest.param([0, 1], [2, 1], 0.0, "", id="inverted"),
        pytest.param([1, 1, 1], [0.2, 0.3, 0.4], None, "only abnormal frames", id="abnormal only"),
        pytest.param([0, 0], [0.2, 0.3], None, "only normal frames", id="normal only"),
        pytest.param([-1, -1], [0.2, 0.3], None, "no frame with a known label", id="nothing known"),
        pytest.param([0, 0, 1, 1, -1], [0.1, 0.4, 0.35, 0.8, 9], 0.75, "", id="unknown frames do not count"),
    ],
)
def test_auc(labels: list[int], scores: list[float], value: float | None, reason: str) -> None:
    assert auc(frames(labels, scores)) == Figure(value, reason)


# Descending scores meet labels 1 0 1 0 0: the curve runs (0,0) (0,1/2) (1/3,1/2) (1/3,1) (2/3,1) (1,1).
STEPS = frames([1, 0, 1, 0, 0], [5, 4, 3, 2, 1])


def test_equal_error_rate_is_where_the_curve_crosses_the_diagonal() -> None:
    assert equal_error_rate(STEPS).value == pytest.approx(1 / 3)


def test_equal_error_rate_is_interpolated_between_points() -> None:
    # One score for all: the curve is the diagonal from (0, 0) to (1, 1), and the rates meet at one half.
    assert equal_error_rate(frames([0, 1, 0], [1, 1, 1])).value == pytest.approx(0.5)


def test_nearest_error_rates_are_those_of_a_point_of_the_curve() -> None:
    # scikit-learn's curve of STEPS without collinear points: nearest at (1/3, 1/2), false negatives 1/2.
    fpr, fnr = nearest_error_rates(STEPS)
    assert (fpr.value, fnr.value) == (pytest.approx(1 / 3), pytest.approx(1 / 2))


def test_average_precision_by_hand() -> None:
    assert average_precision(STEPS).value == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_trapezoids_lie_elsewhere_than_average_precision() -> None:
    # The curve's points (recall, precision): (0, 1) (1/2, 1) (1/2, 1/2) (1, 2/3) (1, 1/2) (1, 2/5).
    assert trapezoid_precision(STEPS).value == pytest.approx(0.5 * 1 + 0.5 * (1 / 2 + 2 / 3) / 2)


def test_trapezoids_flatter_ties() -> None:
    """One score for all frames: precision 1/4 at every recall, and a straight line from (0, 1)."""
    tied = frames([1, 0, 0, 0], [1, 1, 1, 1])
    assert (average_precision(tied).value, trapezoid_precision(tied).value) == (0.25, 0.625)


@pytest.mark.parametrize(
    ("labels", "scores", "figure"),
    [
        pytest.param([0, 0, 0, 1], [0.5, 0.4, 0.9, 0.1], Figure(2 / 3), id="one half itself is an alarm"),
        pytest.param([0, 1], [0.2, 1.5], Figure(None, "scores lie in 0.2..1.5, not in 0..1"), id="no probabilities"),
        pytest.param([0, 1], [-0.1, 0.5], Figure(None, "scores lie in -0.1..0.5, not in 0..1"), id="below 0"),
        pytest.param([1, 1], [0.1, 0.2], Figure(None, "no normal frame"), id="nothing normal"),
        pytest.param([-1], [0.1], Figure(None, "no normal frame"), id="nothing known"),
    ],
)
def test_false_alarm_rate(labels: list[int], scores: list[float], figure: Figure) -> None:
    assert false_alarm_rate(frames(labels, scores)) == figure


VIDEOS = {
    "fight 1": frames([0, 1], [0.6, 0.7]),
    "fight 2": frames([0, 1], [0.2, 0.1]),
    "fire": frames([1, 0], [0.9, 0.95]),
    "quiet": frames([0, 0], [0.0, 0.5]),
}
CLASSES = {"fight 1": "Fighting", "fight 2": "Fighting", "fire": "Fire", "quiet": "normal"}


def test_figures_of_abnormal_videos_leave_normal_ones_out() -> None:
    found = video_metrics(VIDEOS, {"fight 1", "fight 2", "fire"})
    # Abnormal 0.7, 0.1, 0.9 against normal 0.6, 0.2, 0.95: 4 of 9 pairs are right.
    assert found["auc_abnormal"].value == pytest.approx(4 / 9)
    assert found["far_normal"].value == 1 / 2
    assert found["far"].value == 3 / 5


def test_scores_that_leave_0_to_1_in_any_video_have_no_false_alarm_rate() -> None:
    found = video_metrics({**VIDEOS, "fire": frames([1, 0], [9, 0.95])}, {"fight 1", "fight 2", "fire"})
    assert found["far_normal"] == found["far"] == Figure(None, "scores lie in 0..9, not in 0..1")


def test_classes_are_judged_alone_and_with_all_normal_videos() -> None:
    found = class_aucs(VIDEOS, CLASSES, "normal")
    assert list(found) == ["Fighting", "Fire"] and found["Fighting"].videos == 2
    # 0.7, 0.1 against 0.6, 0.2; then against 0.0, 0.5 as well.
    assert (found["Fighting"].alone.value, found["Fighting"].with_normal.value) == (2 / 4, 5 / 8)
    assert (found["Fire"].alone.value, found["Fire"].with_normal.value) == (0, pytest.approx(2 / 3))


def test_one_class_of_anomaly_has_no_figures_of_its_own() -> None:
    assert class_aucs(VIDEOS, {**CLASSES, "fire": "Fighting"}, "normal") == {}


def test_best_f1_says_that_its_threshold_was_chosen_on_the_labels() -> None:
    figure = best_f1(STEPS)
    assert figure.value == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))
    assert "chosen on the test labels" in figure.note


def test_macro_auc_leaves_out_videos_of_one_class_and_says_so() -> None:
    figure = macro_auc({"a": Figure(0.5), "b": Figure(1.0), "c": Figure(None, "only normal frames")})
    assert figure.value == 0.75 and "1 of 3 videos" in figure.note


def test_macro_auc_of_no_usable_video_is_undefined() -> None:
    assert macro_auc({"c": Figure(None, "only normal frames")}).value is None


def test_no_metric_is_ever_nan() -> None:
    one_class = {"a": frames([0, 0], [1, 2])}
    found = all_metrics(one_class, {"a": auc(one_class["a"])})
    assert all(figure.value is None and figure.reason for figure in found.values())


def test_perfect_scores_are_perfect() -> None:
    videos = {"a": frames([0, 1], [0, 1])}
    found = {name: figure.value for name, figure in all_metrics(videos, {"a": auc(videos["a"])}).items()}
    assert found["micro_auc"] == found["macro_auc"] == found["ap"] == found["f1"] == 1
    assert found["eer"] == found["eer_nearest_fpr"] == found["eer_nearest_fnr"] == 0


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-5, 5)), min_size=2, max_size=60))
def test_auc_of_inverted_scores_is_one_minus(pairs: list[tuple[int, int]]) -> None:
    labels, scores = zip(*pairs, strict=True)
    straight, inverted = auc(frames(list(labels), list(scores))), auc(frames(list(labels), [-s for s in scores]))
    if straight.value is None:
        assert inverted.value is None
    else:
        assert inverted.value is not None and math.isclose(straight.value + inverted.value, 1)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-5, 5)), min_size=2, max_size=60))
def test_equal_error_rate_of_inverted_scores_is_one_minus(pairs: list[tuple[int, int]]) -> None:
    labels, scores = zip(*pairs, strict=True)
    straight = equal_error_rate(frames(list(labels), list(scores))).value
    inverted = equal_error_rate(frames(list(labels), [-s for s in scores])).value
    if straight is not None and inverted is not None:
        assert math.isclose(straight + inverted, 1)


def test_roc_points_are_few_and_keep_the_ends() -> None:
    random = np.random.default_rng(0)
    many = frames(random.integers(0, 2, 5000).tolist(), random.normal(size=5000).tolist())
    fpr, tpr = roc_points(many, most=100)
    assert len(fpr) <= 100 and (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(tpr, fpr) == pytest.approx(auc(many).value, abs=0.01)
