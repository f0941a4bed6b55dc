"""An audit finds each fault that is made on purpose, and lets sound scores pass."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import DatasetError
from features.evaluate.audit import Audit, audit
from features.evaluate.audit_borders import look_at_borders
from features.evaluate.audit_fit import FITS, Fit, fit_row, fit_videos
from features.evaluate.oracles import perfect_video_label
from features.evaluate.protocols import PROTOCOLS, gaussian, minmax
from tests.evaluate.truths import shanghaitech

Scores = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def labels() -> Scores:
    """The test videos of ShanghaiTech's weak split."""
    return shanghaitech()


@pytest.fixture(scope="module")
def sound(labels: Scores) -> Scores:
    """One score a frame of a detector that knows videos well, and frames somewhat."""
    random = np.random.default_rng(0)
    found = {}
    for video, row in labels.items():
        walk = random.normal(0, 0.3) + np.cumsum(random.normal(0, 0.02, len(row)))
        found[video] = 1 / (1 + np.exp(-(walk + 1.5 * row.any() + 0.8 * row - 2)))
    return found


def clips(scores: Scores, count: Callable[[int], int]) -> Scores:
    """A score for each clip: that of its first frame."""
    return {video: row[np.minimum(16 * np.arange(count(len(row))), len(row) - 1)] for video, row in scores.items()}


def state(found: Audit, name: str) -> str:
    return next(check.state for check in found.checks if check.name == name)


def says(found: Audit, name: str) -> str:
    return next(check.says for check in found.checks if check.name == name)


def test_sound_scores_pass_every_check(labels: Scores, sound: Scores) -> None:
    found = audit(sound, labels, name="sound", dataset="shanghaitech-weak")
    assert found.passed and {check.state for check in found.checks} == {"pass"}
    assert (found.videos, found.abnormal_videos, found.frames, found.abnormal_frames) == (199, 44, 141_870, 7_962)
    assert found.figure("perfect video label", "micro_auc") == pytest.approx(0.9645, abs=5e-5)
    assert found.figure("minus video length", "auc_abnormal") == pytest.approx(0.6150, abs=5e-5)


def test_a_perfect_video_label_fails_for_it_says_nothing_of_when(labels: Scores) -> None:
    found = audit({video: perfect_video_label(row) for video, row in labels.items()}, labels)
    assert (state(found, "ties"), state(found, "change within videos")) == ("fail", "fail")
    assert state(found, "found within videos") == "fail"
    assert "AUC on abnormal videos 50.00, middle of the video alone gives 77.66" in says(found, "found within videos")


def test_scores_that_are_the_videos_length_fail(labels: Scores) -> None:
    random = np.random.default_rng(1)
    found = audit({video: random.random(len(row)) - len(row) for video, row in labels.items()}, labels)
    assert state(found, "more than video length") == "fail"
    assert says(found, "more than video length").endswith("minus video length alone gives 92.14")


@pytest.mark.parametrize(
    "smooth",
    [
        pytest.param(PROTOCOLS["lbrspr-published"].apply, id="mean of 10 frames"),
        pytest.param(lambda scores: in_one_row(scores, lambda row: gaussian(row, 12)), id="Gaussian of 12 frames"),
        pytest.param(
            lambda scores: in_one_row(scores, lambda row: np.convolve(row, np.ones(48) / 48, "same")), id="three clips"
        ),
    ],
)
def test_smoothing_across_borders_is_seen(labels: Scores, sound: Scores, smooth: Callable[[Scores], Scores]) -> None:
    assert state(audit(smooth(sound), labels), "borders between videos") == "fail"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda row: row, id="as they are"),
        pytest.param(lambda row: gaussian(row, 12), id="Gaussian inside each video"),
        pytest.param(lambda row: np.convolve(row, np.ones(48) / 48, "same"), id="zeros beyond each video's ends"),
        pytest.param(lambda row: row - row[0], id="each video begins at 0"),
        pytest.param(lambda row: np.random.default_rng(len(row)).random(len(row)), id="noise"),
    ],
)
def test_smoothing_inside_videos_is_not_taken_for_it(
    labels: Scores, sound: Scores, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    found = audit({video: change(row) for video, row in sound.items()}, labels)
    assert state(found, "borders between videos") == "pass"


def test_alike_neighbours_are_not_taken_for_smoothing() -> None:
    """Videos of one camera stand together and score alike: an order that says something, and borders that are sharp."""
    random = np.random.default_rng(0)
    cameras = [camera + random.normal(0, 0.05) for camera in range(8) for _ in range(12)]
    seen = look_at_borders([camera + np.cumsum(random.normal(0, 0.001, 200)) for camera in cameras])
    assert seen is not None and seen.chance <= 0.01 and not seen.crossed


def test_borders_of_few_videos_cannot_be_said(labels: Scores, sound: Scores) -> None:
    few = dict(list(labels.items())[:4])
    assert state(audit(sound, few), "borders between videos") == "note"


def in_one_row(scores: Scores, change: Callable[[np.ndarray], np.ndarray]) -> Scores:
    ends = np.cumsum([len(row) for row in scores.values()])
    return dict(zip(scores, np.split(change(np.concatenate(list(scores.values()))), ends[:-1]), strict=True))


def test_videos_that_are_stretched_to_0_to_1_are_told(labels: Scores, sound: Scores) -> None:
    found = audit({video: minmax(row) for video, row in sound.items()}, labels)
    assert state(found, "range of videos") == "note" and "stretched to 0..1" in says(found, "range of videos")


def test_missing_videos_are_named(labels: Scores, sound: Scores) -> None:
    found = audit({**dict(list(sound.items())[3:]), "other": np.zeros(5)}, labels)
    assert not found.passed and found.videos == 196
    assert says(found, "every video") == (
        f"3 of 199 have no scores ({', '.join(list(labels)[:3])}); 1 scored videos are not in the ground truth (other)"
    )


def test_numbers_that_are_none_are_left_out_and_fail(labels: Scores, sound: Scores) -> None:
    first = next(iter(sound))
    broken = {**sound, first: np.where(np.arange(len(sound[first])) < 10, np.nan, sound[first])}
    found = audit(broken, labels)
    assert found.frames == 141_870 - 10
    assert says(found, "numbers") == f"10 scores are missing, NaN or infinite and were left out, in {first}"


@pytest.mark.parametrize(
    ("rule", "count", "frames", "told"),
    [
        ("drop", lambda n: n // 16, 140_704, "1,166 of 141,870 frames, "),
        ("repeat", lambda n: -(-n // 16), 143_680, "1,810 frames are judged that the videos do not have"),
        ("repeat-extra", lambda n: n // 16 + 1, 143_888, "2,018 frames are judged that the videos do not have"),
        ("drop-last", lambda n: (n - 1) // 16, 140_496, "1,374 of 141,870 frames, "),
    ],
)
def test_scores_of_clips_are_placed_by_the_rule_that_fits_their_number(
    labels: Scores, sound: Scores, rule: str, count: Callable[[int], int], frames: int, told: str
) -> None:
    found = audit(clips(sound, count), labels)
    assert found.passed and found.frames == frames
    assert f"one score a clip of 16 frames, clips by the rule '{rule}': {told}" in says(found, "every frame")


def test_videos_whose_number_of_scores_fits_no_rule_are_named(labels: Scores, sound: Scores) -> None:
    first = next(iter(sound))
    found = audit({**sound, first: sound[first][:-5]}, labels)
    frames = len(labels[first])
    assert state(found, "every frame") == "fail"
    assert f"({first}: {frames - 5} scores, {frames} frames)" in says(found, "every frame")


def test_names_in_common_are_needed(labels: Scores) -> None:
    with pytest.raises(DatasetError, match=r"no video of the ground truth is scored: it has 01_0015, .* and 194 more"):
        audit({"x": np.zeros(3)}, labels)


def test_saturated_scores_leave_the_auc_open(labels: Scores, sound: Scores) -> None:
    found = audit({video: np.round(row) for video, row in sound.items()}, labels)
    assert state(found, "ties") == "fail" and "by how ties are broken the AUC is" in says(found, "ties")


def test_an_audit_is_plain_json(labels: Scores, sound: Scores) -> None:
    found = audit(sound, labels).to_json()
    assert found["passed"] and found["scorers"][0]["figures"]["micro_auc"]["value"] > 0.9


@settings(max_examples=60)
@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(40, 5000), min_size=1, max_size=8))
def test_every_rule_finds_itself_or_one_that_gives_as_many(frames: dict[str, int]) -> None:
    for fit in FITS:
        counts = {video: fit.count(video, count) for video, count in frames.items()}
        found, off = fit_videos(counts, frames)
        assert not off and {video: found.count(video, count) for video, count in frames.items()} == counts
        total = sum(counts.values())
        assert sum(fit_row(total, frames).count(video, count) for video, count in frames.items()) == total


def test_the_videos_that_deepmil_cuts_otherwise_are_known() -> None:
    frames = {"test/Arson022_x264": 160, "test/Arson018_x264": 160, "Abuse028_x264": 165}
    for each in (16, 1):
        counts = dict(zip(frames, (10 * each, 9 * each, 10 * each), strict=True))
        fit, off = fit_videos(counts, frames)
        assert not off and "'drop-last', but 'drop' in 11 videos as DeepMIL has them" in fit.text
        assert fit_row(29 * each, frames) == fit


@pytest.mark.parametrize("label", [0, 1])
def test_what_could_not_be_measured_is_not_passed(label: int) -> None:
    random = np.random.default_rng(0)
    labels = {video: np.full(50, label) for video in "abcdefgh"}
    found = audit({video: random.random(50) for video in labels}, labels)
    assert not found.passed and state(found, "found within videos") == "fail"
    assert "undefined" in says(found, "found within videos")


def test_a_video_without_scores_is_not_called_stretched(labels: Scores, sound: Scores) -> None:
    first, second = list(sound)[:2]
    found = audit({first: minmax(sound[first]), second: np.zeros(0)}, labels)
    assert state(found, "range of videos") == "pass"


def test_a_row_that_fits_no_rule_is_refused_with_all_numbers(labels: Scores) -> None:
    frames = {video: len(row) for video, row in labels.items()}
    with pytest.raises(
        DatasetError, match=r"142,912 values .* 141,870 frames, .* 'drop' 140,704, .*'repeat-extra' 143,888"
    ):
        fit_row(142_912, frames)


def test_labels_of_clips_go_on_beyond_the_video_as_the_last_one_does() -> None:
    scores, labels = Fit("repeat", 1).meet(np.array([0.1, 0.9]), np.array([0] * 16 + [1]))
    assert labels.tolist() == [0] * 16 + [1] * 16 and scores.tolist() == [0.1] * 16 + [0.9] * 16


def test_the_example_of_the_docs_runs(project: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (project / "docs/audit.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, "docs/audit.md", "exec"), {})


def test_the_docs_name_every_check(project: Path, labels: Scores, sound: Scores) -> None:
    text = (project / "docs/audit.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([a-z ]+) \| ", text.split("## Checks")[1], re.MULTILINE)[1:] == [
        check.name for check in audit(sound, labels).checks
    ]
