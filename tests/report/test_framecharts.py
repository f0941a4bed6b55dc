"""Charts over the frames of a video: persons in lanes, thresholds as level lines."""

import numpy as np
import pytest

from features.report.cards import PERSONS, most_suspect
from features.report.charts import Curve, Look
from features.report.colours import HEAT, as_hex
from features.report.data import Timeline
from features.report.framecharts import STEPS, Lane, score_curves, timelines

LABELS = np.array([0] * 20 + [1] * 20, np.int8)


def chart(*lanes: list[int]) -> str:
    made = [Lane(str(number), np.array(steps)) for number, steps in enumerate(lanes)]
    return timelines(made, LABELS, len(lanes[0]), 5, "persons")


def test_each_step_of_the_scale_is_one_shape_in_its_colour():
    drawn = chart([0] * 10 + [-1] * 10 + [7] * 20, [-1] * 30 + [7] * 10)
    assert [drawn.count(f"fill: {as_hex(colour)}") for colour in HEAT] == [1, 0, 0, 0, 0, 0, 0, 1]


def test_ground_truth_is_shaded_and_axes_are_named():
    drawn = chart([0] * 40)
    assert "fill: var(--shade)" in drawn and ">person<" in drawn and ">frame<" in drawn


def test_where_nobody_was_scored_nothing_is_drawn():
    assert not any(as_hex(colour) in chart([-1] * 40) for colour in HEAT)


def test_equal_lanes_give_equal_charts():
    assert chart([3] * 40) == chart([3] * 40)


def test_one_hot_frame_of_a_long_video_is_seen():
    steps = np.zeros(100 * STEPS, np.int64)
    steps[4321] = 7
    drawn = timelines([Lane("1", steps)], None, len(steps), None, "long")
    assert as_hex(HEAT[7]) in drawn and len(drawn) < 10_000


@pytest.mark.parametrize("level", [-5.0, 0.4, 99.0], ids=["below", "inside", "above"])
def test_a_threshold_is_one_level_line_inside_the_chart(level):
    curve = Curve(np.arange(3), np.array([0.0, 0.5, 1.0]), Look("blue"))
    bare = score_curves([curve], None, 3, None, "scores")
    drawn = score_curves([curve], None, 3, None, "scores", [(level, Look("blue", width=0.8))])
    assert drawn.count("var(--blue)") == bare.count("var(--blue)") + 1
    assert "nan" not in drawn


def person(number: int, start: int, score: float) -> Timeline:
    return Timeline(number, np.array([start, start + 1]), np.array([0.0, score]))


def test_few_persons_are_all_shown_as_they_appear():
    shown, words = most_suspect([person(1, 30, 5.0), person(2, 10, 1.0)])
    assert [timeline.person for timeline in shown] == [2, 1] and words == ""


def test_of_many_persons_those_with_the_highest_scores_are_shown():
    crowd = [person(number, number, float(number)) for number in range(PERSONS + 8)]
    shown, words = most_suspect(crowd)
    assert [timeline.person for timeline in shown] == list(range(8, PERSONS + 8))
    assert words == f"the {PERSONS} with the highest scores of {PERSONS + 8} persons"


def test_persons_without_any_score_are_left_out():
    assert most_suspect([person(1, 0, np.nan), Timeline(2, np.array([1]), np.array([np.nan]))])[0][0].person == 1
