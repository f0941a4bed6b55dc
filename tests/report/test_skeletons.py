"""People drawn as skeletons."""

import numpy as np
import pytest

from features.datasets.people import people
from features.report.colours import GREY, HEAT, IDS
from features.report.lettering import INK, PAPER, Pen, plate, readable_on
from features.report.skeletons import (
    LABELLED,
    beside_head,
    draw_ids,
    draw_people,
    draw_scores,
    heat,
    heat_legend,
    heat_steps,
    id_colour,
    joints_there,
    people_at,
)
from tests.report.sample import walkers

GROUND = np.full((180, 320, 3), 90, np.uint8)
LARGE = np.full((720, 1280, 3), 90, np.uint8)
LEFT_ANKLE, LEFT_KNEE = 15, 13


def large():
    """Somebody in the large picture."""
    keypoints = walkers(1).keypoints.copy()
    keypoints[..., :2] *= 4
    return keypoints


def reddened(picture):
    """Where a picture of red skeletons is red."""
    return (picture[..., 0] > 200) & (picture[..., 1:] < 60).all(axis=2)


def test_bones_run_between_joints_that_are_there():
    (body,) = large()
    picture = reddened(draw_people(LARGE, body[None], [(255, 0, 0)]))
    for joint in ((body[LEFT_KNEE] + body[LEFT_ANKLE]) / 2, body[LEFT_ANKLE]):
        assert picture[round(joint[1]), round(joint[0])]


@pytest.mark.parametrize(
    "joint",
    [(0, 0, 0), (244, 640, 0.29), (np.nan, 640, 0.9), (244, 640, np.nan)],
    ids=["missing", "weak", "no place", "no score"],
)
def test_joints_that_are_missing_or_weak_are_left_out(joint):
    keypoints = large()
    keypoints[0, LEFT_ANKLE] = joint
    picture = reddened(draw_people(LARGE, keypoints, [(255, 0, 0)]))
    assert joints_there(keypoints).sum() == 16
    assert not picture[600:680, 210:280].any()
    assert not picture[:20, :20].any()


@pytest.mark.parametrize(("limit", "shown"), [(0.0, 16), (0.5, 9), (1.1, 0)])
def test_the_limit_of_joint_scores_can_be_chosen(limit, shown):
    keypoints = walkers(1).keypoints.copy()
    keypoints[0, :, 2] = np.arange(17) / 16  # the first joint is missing
    assert joints_there(keypoints, limit).sum() == shown


def test_the_frame_itself_is_left_alone():
    draw_ids(GROUND, walkers(3))
    assert (GROUND == 90).all()


def test_nobody_leaves_the_picture_as_it_is():
    np.testing.assert_array_equal(draw_ids(GROUND, walkers(0)), GROUND)


def test_a_person_keeps_the_colour_whoever_else_is_there():
    assert id_colour(3) == IDS[3] == id_colour(3 + len(IDS))
    assert id_colour(-1) == GREY
    both, alone = draw_ids(GROUND, walkers(2)), draw_ids(GROUND, walkers(1))
    np.testing.assert_array_equal(both[:, :80], alone[:, :80])


def test_tags_stand_beside_the_head_of_those_who_have_an_id():
    found = walkers(2)
    named = draw_ids(GROUND, found)
    colours = [id_colour(person) for person in found.ids.tolist()]
    written = (named != draw_people(GROUND, found.keypoints, colours)).any(axis=2)
    columns, rows = np.nonzero(written)[::-1]
    assert rows.max() < 45 and set(np.unique(columns // 90)) == {0, 1}
    nameless = people(found.frames, np.full(2, -1), found.keypoints)
    np.testing.assert_array_equal(draw_ids(GROUND, nameless), draw_people(GROUND, found.keypoints, [GREY, GREY]))


@pytest.mark.parametrize(("hidden", "beside"), [((), (58, 38)), ((0, 1, 2, 3, 4), (64, 55))], ids=["head", "no head"])
def test_without_a_head_the_tag_stands_beside_the_highest_joint(hidden, beside):
    (body,) = walkers(1).keypoints
    shown = np.array([joint not in hidden for joint in range(17)])
    assert beside_head(body, shown) == beside


def test_colours_of_scores_rise_evenly_in_lightness():
    linear = (np.array(HEAT) / 255) ** 2.2
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    assert (np.diff(lightness) > 4).all()


@pytest.mark.parametrize(
    ("score", "colour"),
    [(0, HEAT[0]), (-9, HEAT[0]), (1.3, HEAT[1]), (7.99, HEAT[-1]), (8, HEAT[-1]), (99, HEAT[-1]), (np.nan, GREY)],
)
def test_scores_take_their_place_on_the_scale(score, colour):
    assert heat(score, 0, 8) == colour


def test_on_a_scale_of_one_score_all_are_the_highest():
    assert heat_steps(np.array([2.0, np.nan]), 2, 2).tolist() == [len(HEAT) - 1, -1]


def test_the_highest_score_lies_on_top_and_is_written():
    keypoints = np.repeat(walkers(1).keypoints, 2, axis=0)
    found = people(np.zeros(2), np.arange(2), keypoints)
    place = tuple(np.rint(keypoints[0, LEFT_ANKLE, 1::-1]).astype(int))
    assert draw_scores(GROUND, found, np.array([8.0, 1.0]), 0, 8)[place].tolist() == list(HEAT[-1])


def test_on_a_narrow_scale_scores_are_written_so_that_persons_are_told_apart(monkeypatch):
    written = []
    monkeypatch.setattr("features.report.skeletons.plate", lambda picture, text, *rest: written.append(text))
    keypoints = np.repeat(walkers(1).keypoints, 2, axis=0)
    found = people(np.zeros(2), np.arange(2), keypoints)
    draw_scores(GROUND, found, np.array([12.9871, 13.0127]), 12.9, 13.1)
    assert written == ["12.987", "13.013"]


def test_in_a_crowd_only_the_highest_scores_are_written():
    count = LABELLED + 3
    keypoints = np.repeat(walkers(1).keypoints, count, axis=0)
    keypoints[..., 0] += 35 * np.arange(count)[:, None]
    found = people(np.zeros(count), np.arange(count), keypoints)
    scores = np.arange(count) / 10
    bare = draw_people(GROUND, keypoints, [heat(score, 0, 1) for score in scores])
    written = (draw_scores(GROUND, found, scores, 0, 1) != bare).any(axis=(0, 2))
    assert not written[: 35 * 2].any() and written[35 * 4 :].any()


def test_the_scale_stands_in_a_corner_where_there_is_room():
    picture = heat_legend(GROUND, 0, 8)
    changed = np.argwhere((picture != GROUND).any(axis=2))
    assert changed.min(axis=0)[0] > 150 and changed.min(axis=0)[1] > 200
    for colour in HEAT:
        assert (picture == colour).all(axis=2).any()
    tiny = np.zeros((20, 30, 3), np.uint8)
    np.testing.assert_array_equal(heat_legend(tiny, 0, 8), tiny)


def test_the_people_of_one_frame():
    found = people(np.array([0, 2, 2]), np.array([5, 6, 7]), np.zeros((3, 17, 3)))
    assert [people_at(found, frame).ids.tolist() for frame in range(4)] == [[5], [], [6, 7], []]


def test_lines_and_letters_grow_with_the_picture():
    pens = [Pen.of(np.zeros((side, 2 * side, 3), np.uint8)) for side in (180, 480, 720, 1080, 4000)]
    for name in ("line", "dot", "edge", "font"):
        sizes = [getattr(pen, name) for pen in pens]
        assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    assert pens[0].height <= 180 / 20 and pens[-1].font == 1.2


@pytest.mark.parametrize("at", [(-20, -20), (400, 400), (100, 50)])
def test_a_plate_stays_inside_the_picture(at):
    picture = GROUND.copy()
    plate(picture, "12", at, (255, 0, 0), Pen.of(picture))
    assert (picture == (255, 0, 0)).all(axis=2).sum() > 20


@pytest.mark.parametrize(("colour", "letters"), [((240, 228, 66), INK), ((106, 0, 168), PAPER), ((0, 0, 0), PAPER)])
def test_letters_are_dark_on_light_and_light_on_dark(colour, letters):
    assert readable_on(colour) == letters
