"""CLEAR MOT and IDF1 on cases that can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.evaluate.tracking import Tally, Trajectories, overlaps, tally

PLACES = {"a": 0, "b": 100, "c": 200, "nowhere": 300}


def trajectories(*frames: dict[int, object]) -> Trajectories:
    """A mapping per frame: who is at which place (a square of 10 pixels), or at which x."""
    listed = [
        (number, who, *([x := PLACES.get(place, place), 0, x + 10, 10]))
        for number, frame in enumerate(frames)
        for who, place in frame.items()
    ]
    values = np.array(listed, float).reshape(-1, 6)
    return Trajectories(values[:, 0].astype(int), values[:, 1].astype(int), values[:, 2:])


def test_a_perfect_tracker_under_other_names():
    truth = trajectories(*[{1: "a", 2: "b"}] * 5)
    found = trajectories(*[{7: "b", 4: "a"}] * 5)
    counted = tally(truth, found)
    assert counted == Tally(truth=10, found=10, identified=10)
    assert (counted.mota.value, counted.idf1.value) == (1.0, 1.0)


def test_nothing_found():
    counted = tally(trajectories(*[{1: "a"}] * 4), trajectories())
    assert counted == Tally(truth=4, missed=4)
    assert (counted.mota.value, counted.idf1.value) == (0.0, 0.0)


def test_errors_can_outnumber_true_boxes():
    counted = tally(trajectories({1: "a"}), trajectories({1: "b", 2: "c"}))
    assert counted == Tally(truth=1, found=2, missed=1, false=2)
    assert counted.mota.value == -2.0


def test_what_is_undefined_says_why():
    counted = tally(trajectories(), trajectories({1: "a"}))
    assert (counted.mota.value, counted.mota.reason) == (None, "no true box")
    assert counted.idf1.value == 0
    assert (Tally().idf1.value, Tally().idf1.reason) == (None, "no box, neither true nor found")


def test_a_name_that_changes_is_one_switch():
    """Six frames, renamed after four: MOTA loses one in six; four in six are identified, of 6 + 6 boxes."""
    counted = tally(trajectories(*[{1: "a"}] * 6), trajectories(*[{1: "a"}] * 4, *[{2: "a"}] * 2))
    assert counted == Tally(truth=6, found=6, switches=1, identified=4)
    assert counted.mota.value == pytest.approx(5 / 6)
    assert counted.idf1.value == pytest.approx(2 * 4 / 12)


def test_two_who_swap_names_are_two_switches():
    truth = trajectories(*[{1: "a", 2: "b"}] * 4)
    found = trajectories(*[{1: "a", 2: "b"}] * 2, *[{2: "a", 1: "b"}] * 2)
    assert tally(truth, found) == Tally(truth=8, found=8, switches=2, identified=4)


def test_a_new_name_after_a_gap_is_a_switch_and_the_old_one_is_none():
    truth = trajectories(*[{1: "a"}] * 5)
    back = [{1: "a"}, {1: "a"}, {}, {}, {1: "a"}]
    assert tally(truth, trajectories(*back)) == Tally(truth=5, found=3, missed=2, identified=3)
    assert tally(truth, trajectories(*back[:-1], {2: "a"})).switches == 1


def test_a_pair_stays_together_while_it_overlaps_though_another_fits_better():
    """Bernardin & Stiefelhagen, section 2.1.3: at x = 3 the first still overlaps by 7 / 13, at x = 4 by 6 / 14."""
    truth = trajectories({1: "a"}, {1: "a"}, {1: "a"})
    found = trajectories({1: 0}, {1: 3, 2: 0}, {1: 4, 2: 0})
    assert tally(truth, found) == Tally(truth=3, found=5, false=2, switches=1, identified=2)


def test_as_many_pairs_as_possible_are_made_before_the_best_ones():
    """The best pair alone, 1 with 2, would leave 1's other partner and 2 without one."""
    truth, found = trajectories({1: 0, 2: 3}), trajectories({1: 0.5, 2: -2.5})
    assert tally(truth, found).missed == 0


@pytest.mark.parametrize(("shift", "missed"), [(3.0, 0), (3.4, 1)])
def test_half_the_union_is_enough(shift, missed):
    """Squares of 10 pixels, 10/3 apart, overlap by one half."""
    assert tally(trajectories({1: 0}), trajectories({1: shift})).missed == missed


def test_rows_without_a_name_count_as_not_found():
    assert tally(trajectories({1: "a"}), trajectories({-1: "a"})) == Tally(truth=1, missed=1)


def test_identity_is_chosen_over_the_whole_video():
    """The longest agreement wins: 1 is 5 for six frames, so 4, which had it for four, is nobody."""
    truth = trajectories(*[{1: "a"}] * 10)
    found = trajectories(*[{4: "a"}] * 4, *[{5: "a"}] * 6)
    assert tally(truth, found).identified == 6


def test_tallies_of_videos_add_up():
    one, other = Tally(4, 3, 1, 0, 0, 3), Tally(6, 7, 0, 1, 2, 4)
    assert one + other == Tally(10, 10, 1, 1, 2, 7)
    assert (one + other).mota.value == pytest.approx(1 - 4 / 10)
    assert (one + other).idf1.value == pytest.approx(14 / 20)


def test_overlap_is_that_of_areas_edge_to_edge():
    boxes = np.array([[0.0, 0, 10, 10], [20, 20, 20, 20]])
    assert overlaps(boxes, np.array([[5.0, 5, 15, 15], [0, 0, 10, 5]])).tolist() == [[25 / 175, 0.5], [0, 0]]


tracks = st.lists(
    st.dictionaries(st.integers(1, 4), st.sampled_from([0, 3, 5, 8, 100, 103]), max_size=4), min_size=1, max_size=8
)


@given(truth=tracks, found=tracks)
def test_counts_hold_together_whatever_was_found(truth, found):
    counted = tally(trajectories(*truth), trajectories(*found))
    matched = counted.truth - counted.missed
    assert matched == counted.found - counted.false >= max(counted.switches, 0)
    assert 0 <= counted.identified <= min(counted.truth, counted.found)


def test_ids_that_are_kept_over_the_whole_video_may_match_more_than_frame_by_frame():
    # Frame by frame 2 keeps the 3 of its first frame, which then is not there for the third person.
    truth = trajectories({1: 0, 2: 0}, {1: 0, 2: 0, 3: 5})
    counted = tally(truth, trajectories({1: 0, 2: 3, 3: 0}, {1: 0, 3: 3, 2: 0}))
    assert (counted.truth - counted.missed, counted.identified) == (4, 5)


@given(truth=tracks, found=tracks)
def test_names_do_not_count(truth, found):
    renamed = [{9 - who: place for who, place in frame.items()} for frame in found]
    one, other = (tally(trajectories(*truth), trajectories(*tracks)) for tracks in (found, renamed))
    assert one.identified == other.identified
