"""The two window rules: which windows there are, how they look, on which frames their scores stand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.datasets.people import people
from features.datasets.skeleton import openpose18
from features.errors import SourceError
from features.models.stgnf.persons import Person, persons
from features.models.stgnf.published import Published
from features.models.stgnf.sound import Sound
from features.models.stgnf.windows import TRANSFORMS, Rule
from tests.models.stgnf.closed_form import walking
from tests.models.stgnf.golden import arrays, clips

PUBLISHED, SOUND = Published(), Sound()
SYNTHETIC = clips("syn_inputs.zip", "pose/")


def person(frames: np.ndarray | list[int]) -> Person:
    rows = np.asarray(frames)
    return persons(people(rows, np.ones(len(rows)), walking(1, rows)))[0]


def starts(rule: Rule, frames: list[int], seg_len: int = 4, stride: int = 1) -> list[int]:
    found: list[int] = rule.cut(person(frames), seg_len, stride).starts.tolist()
    return found


@pytest.mark.parametrize(
    ("frames", "published", "sound"),
    [
        ([5, 6, 7], [], []),
        ([5, 6, 7, 8], [], [5]),
        ([5, 6, 7, 8, 9, 10], [5, 6], [5, 6, 7]),
        ([0, 1, 4, 5, 6, 7], [0, 1], [1, 4]),
        ([0, 1, 2, 6, 7, 8, 9], [0, 1], [6]),
        ([0, 9, 10, 11, 12], [], [9]),
    ],
    ids=["too short", "just long enough", "no gap", "two missing", "three missing", "alone before a gap"],
)
def test_which_windows_there_are(frames: list[int], published: list[int], sound: list[int]) -> None:
    assert starts(PUBLISHED, frames) == published
    assert starts(SOUND, frames) == sound


@pytest.mark.parametrize(("rule", "expected"), [(PUBLISHED, [0, 3]), (SOUND, [0, 3, 6])])
def test_training_takes_every_so_many_windows(rule: Rule, expected: list[int]) -> None:
    assert starts(rule, list(range(10)), stride=3) == expected


def test_rows_of_a_published_window_skip_a_gap_and_sound_ones_are_one_frame_apart() -> None:
    gap = person([0, 1, 3, 4, 5, 6])
    whole = openpose18(walking(1, np.arange(7)))[..., :2].astype(np.float32)
    np.testing.assert_array_equal(PUBLISHED.cut(gap, 4, 1).joints[0].transpose(1, 2, 0), whole[[0, 1, 3, 4]])
    sound = SOUND.cut(gap, 4, 1).joints[0].transpose(1, 2, 0)
    np.testing.assert_allclose(sound[[0, 1, 3]], whole[[0, 1, 3]], rtol=1e-6)
    np.testing.assert_allclose(sound[2], (whole[1] + whole[3]) / 2, rtol=1e-6)


@pytest.mark.parametrize(("rule", "rows"), [(PUBLISHED, [0, 1]), (SOUND, [0, 1, 2])])
def test_a_window_names_the_first_pose_it_is_from(rule: Rule, rows: list[int]) -> None:
    assert rule.cut(person([0, 1, 3, 4, 5, 6]), 4, 1).rows.tolist() == rows


@given(st.sets(st.integers(0, 40), min_size=1), st.integers(1, 8))
def test_every_sound_window_has_its_frames_but_two(frames: set[int], stride: int) -> None:
    found = starts(SOUND, sorted(frames), seg_len=8, stride=stride)
    assert all(len(frames & set(range(start, start + 8))) >= 6 for start in found)
    assert all(later - start >= stride for start, later in pairwise(found))
    if stride == 1:
        whole = [start for start in sorted(frames) if start + 7 in frames]
        assert found == [start for start in whole if len(frames & set(range(start, start + 8))) >= 6]


@pytest.mark.parametrize(
    ("golden", "seg_len"),
    [("synthetic_shanghaitech.npz", 24), ("synthetic_ubnormal_sup.npz", 16)],
)
def test_published_windows_are_the_published_ones_to_the_bit(golden: str, seg_len: int) -> None:
    expected, found, joints = arrays(golden), [], []
    for name, video in SYNTHETIC.items():
        # This clip's file has unpadded frame numbers, which the published code sorts as text.
        rule = Published(frame_order="string" if "0904" in name else "integer")
        for someone in persons(video):
            windows = rule.cut(someone, seg_len, 1)
            found += [[int(name[:2]), int(name[3:7]), someone.id, start] for start in windows.starts]
            joints.append(windows.joints)
    np.testing.assert_array_equal(found, expected["metadata"])
    shown = np.concatenate(joints)[expected["z_index"]]
    np.testing.assert_array_equal(shown, expected["x_raw"][:, :2])
    np.testing.assert_array_equal(PUBLISHED.normalised(shown, 480), expected["x_normalised"])


def test_the_order_of_unpadded_frame_numbers_changes_windows_and_not_their_starts() -> None:
    someone = person(np.arange(30))
    wrong, right = (Published(frame_order=order).cut(someone, 24, 1) for order in ("string", "integer"))
    np.testing.assert_array_equal(wrong.starts, right.starts)
    np.testing.assert_array_equal(wrong.joints[0, :, 2], right.joints[0, :, 10])


def test_the_published_flip_mirrors_the_normalised_window() -> None:
    expected = arrays("synthetic_ubnormal_pipeline.npz")
    video = clips("ubn_inputs.zip", "pose/train/")["normal_scene_3_scenario_1_alphapose_tracked_person.json"]
    first = PUBLISHED.cut(persons(video)[0], 16, 6).joints[:1]
    for transform, name in ((0, "train_item0"), (1, "train_item0_flipped")):
        shown = PUBLISHED.normalised(PUBLISHED.augmented(first, transform), 480)
        np.testing.assert_allclose(shown[0], expected[name][:2], atol=1e-6)


@pytest.mark.parametrize("rule", [PUBLISHED, SOUND], ids=["published", "sound"])
@pytest.mark.parametrize("transform", range(TRANSFORMS))
def test_augmentations_are_shears_and_then_flips(rule: Rule, transform: int) -> None:
    joints = PUBLISHED.cut(person(np.arange(9)), 4, 1).joints
    x, y = joints[:, 0], joints[:, 1]
    a, b = ((0, 0), (0.1, 0.1), (0, 0.1), (0.1, 0))[transform // 2]
    expected = np.stack([x + a * y, y + b * x], axis=1)
    if transform % 2:
        expected[:, 0] *= -1
        if rule is SOUND:
            expected = expected[..., [0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16]]
    np.testing.assert_allclose(rule.augmented(joints, transform), expected, rtol=1e-6)


def test_a_sound_flip_shows_a_body_that_exists() -> None:
    """Nose, neck, right arm, left arm, right leg, left leg, eyes, ears: a person walking towards us, mirrored."""
    joints = SOUND.cut(person(np.arange(4)), 4, 1).joints
    left_of_right = joints[0, 0, 0, 5] > joints[0, 0, 0, 2]
    flipped = SOUND.augmented(joints, 1)
    assert (flipped[0, 0, 0, 5] > flipped[0, 0, 0, 2]) == left_of_right


@given(st.floats(0.2, 5), st.floats(-500, 500), st.floats(-500, 500))
def test_sound_windows_know_neither_place_nor_size(size: float, x: float, y: float) -> None:
    joints = SOUND.cut(person(np.arange(30)), 24, 1).joints
    moved = joints * np.float32(size) + np.array([x, y], np.float32)[:, None, None]
    np.testing.assert_allclose(SOUND.normalised(moved, 480), SOUND.normalised(joints, 480), atol=1e-3)


def test_sound_windows_keep_proportions_and_published_ones_squeeze_them() -> None:
    joints = SOUND.cut(person(np.arange(30)), 24, 1).joints
    for rule, squeezed in ((SOUND, 1.0), (PUBLISHED, 480 / 856)):
        shown = rule.normalised(joints, 480).astype(np.float64)
        ratio = np.ptp(shown[:, 0], axis=(1, 2)) / np.ptp(shown[:, 1], axis=(1, 2))
        pixels = np.ptp(joints[:, 0], axis=(1, 2)) / np.ptp(joints[:, 1], axis=(1, 2))
        np.testing.assert_allclose(ratio / pixels, squeezed, rtol=1e-4)


def test_motion_does_not_change_the_size_of_a_body() -> None:
    joints = SOUND.cut(person(np.arange(24)), 24, 1).joints.astype(np.float64)
    faster = joints + np.array([20.0, 5.0])[:, None, None] * np.arange(24)[:, None]
    widths = [np.ptp(SOUND.normalised(each, 480)[0, 0, 0]) for each in (joints, faster)]
    assert widths[0] == pytest.approx(widths[1], rel=1e-5)


def test_joints_in_one_point_have_no_size_and_stay_numbers_in_sound_windows() -> None:
    assert (SOUND.normalised(np.full((1, 2, 4, 18), 7, np.float32), 480) == 0).all()


def test_joints_at_one_height_cannot_be_normalised_as_published() -> None:
    flat = np.zeros((1, 2, 4, 18), np.float32)
    flat[:, 0] = np.arange(18)
    with pytest.raises(SourceError, match="at one height"):
        PUBLISHED.normalised(flat, 480)


def test_a_published_score_stands_in_the_middle_of_its_window() -> None:
    frames, scores = PUBLISHED.on_frames(np.array([0, 1, 9]), np.array([5.0, 6.0, 7.0]), 4)
    assert (frames.tolist(), scores.tolist()) == ([2, 3, 11], [5, 6, 7])


def test_a_frame_has_the_mean_of_the_sound_windows_that_hold_it() -> None:
    frames, scores = SOUND.on_frames(np.array([0, 1, 9]), np.array([5.0, 6.0, 7.0]), 4)
    assert frames.tolist() == [0, 1, 2, 3, 4, 9, 10, 11, 12]
    assert scores.tolist() == [5, 5.5, 5.5, 5.5, 6, 7, 7, 7, 7]


@pytest.mark.parametrize("rule", [PUBLISHED, SOUND], ids=["published", "sound"])
def test_nobody_has_no_scores(rule: Rule) -> None:
    frames, scores = rule.on_frames(np.empty(0, np.int64), np.empty(0), 24)
    assert len(frames) == len(scores) == 0


def test_filling_is_a_choice_of_the_published_rule() -> None:
    frames = np.arange(6)
    poses = walking(1, frames)
    poses[:, 9] = 0
    someone = persons(people(frames, np.ones(6), poses))[0]
    left_wrist = 7
    assert (PUBLISHED.cut(someone, 4, 1).joints[..., left_wrist] == 0).all()
    assert (Published(fill=True).cut(someone, 4, 1).joints[..., left_wrist] > 0).all()
