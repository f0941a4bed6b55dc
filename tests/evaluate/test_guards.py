"""Each way to evaluate wrongly that the field has seen is refused, or said: spec `platform.md`, section 6."""

import numpy as np
import pytest

from features.errors import DatasetError
from features.evaluate.evaluation import evaluate
from features.evaluate.guards import join
from features.evaluate.metrics import Frames, auc
from features.evaluate.protocols import PROTOCOLS, find_protocols

RAW = find_protocols(["raw"])
LABELS = {"Test/Test002": np.array([0, 1, 1]), "Test/Test010": np.array([0, 0, 1, 1])}
SCORES = {"Test/Test010": np.array([1.0, 2, 3, 4]), "Test/Test002": np.array([5.0, 6, 7])}


def test_videos_meet_by_id_whatever_their_order() -> None:
    joined = join(SCORES, LABELS)
    assert list(joined.scores) == list(joined.labels) == list(LABELS)
    assert joined.scores["Test/Test002"].tolist() == [5, 6, 7]


def test_a_labelled_video_without_scores_is_named() -> None:
    with pytest.raises(DatasetError, match="'Test/Test002' has labels and no scores; 1 videos are scored"):
        join({"Test/Test010": SCORES["Test/Test010"]}, LABELS)


@pytest.mark.parametrize("scores", [np.zeros(2), np.zeros(4), np.zeros((3, 1))], ids=["short", "long", "a column"])
def test_lengths_that_differ_name_the_video_and_the_numbers(scores: np.ndarray) -> None:
    with pytest.raises(DatasetError, match=r"'Test/Test002' has 3 labels and scores of shape"):
        join({**SCORES, "Test/Test002": scores}, LABELS)


def test_scored_videos_without_labels_are_left_out_and_counted() -> None:
    joined = join({**SCORES, "Train/Train001": np.zeros(9)}, LABELS)
    assert "Train/Train001" not in joined.scores and "1 scored videos without labels" in joined.notes[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_refused_and_counted(bad: float) -> None:
    with pytest.raises(DatasetError, match="1 of 7 scores are not finite, the first in video 'Test/Test010'"):
        join({**SCORES, "Test/Test010": np.array([1, bad, 3, 4])}, LABELS)


@pytest.mark.parametrize(("bad", "value"), [(np.nan, 1), (-np.inf, 1), (np.inf, 7)])
def test_or_replaced_by_a_stated_rule(bad: float, value: float) -> None:
    joined = join({**SCORES, "Test/Test010": np.array([1, bad, 3, 4])}, LABELS, "replace")
    assert joined.scores["Test/Test010"].tolist() == [1, value, 3, 4]
    assert "1 scores were not finite" in joined.notes[0]


def test_scores_without_any_number_are_refused_under_every_rule() -> None:
    with pytest.raises(DatasetError, match="not finite"):
        join({"a": np.full(2, np.nan)}, {"a": np.array([0, 1])}, "replace")


@pytest.mark.parametrize(
    "labels", [np.array([0, 255, 255]), np.array([[0], [1], [1]]), np.array([0, 2, 1])], ids=["mask", "column", "class"]
)
def test_labels_are_1_0_or_unknown_and_one_per_frame(labels: np.ndarray) -> None:
    with pytest.raises(DatasetError, match="labels of video 'Test/Test002'"):
        join(SCORES, {**LABELS, "Test/Test002": labels})


def test_no_labels_at_all_is_an_error_not_an_empty_table() -> None:
    with pytest.raises(DatasetError, match="no video has labels"):
        join(SCORES, {})


def test_inverted_ground_truth_is_suspected() -> None:
    inverted = {video: 1 - values for video, values in LABELS.items()}
    assert any("inverted" in warning for warning in evaluate(SCORES, inverted, RAW).warnings)
    assert not any("inverted" in warning for warning in evaluate(SCORES, LABELS, RAW).warnings)


def test_training_on_the_judged_videos_is_said() -> None:
    assert any(
        "very videos it is judged on" in n for n in evaluate(SCORES, LABELS, RAW, transductive=True).rows[0].notes
    )


def test_videos_of_one_class_are_named() -> None:
    result = evaluate({**SCORES, "c": np.zeros(2)}, {**LABELS, "c": np.ones(2, int)}, RAW)
    assert any("c (only abnormal frames)" in warning for warning in result.warnings)
    assert result.row("model", "raw").video_auc["c"].value is None


def test_micro_and_macro_have_names_of_their_own_and_differ() -> None:
    metrics = evaluate(SCORES, LABELS, RAW).row("model", "raw").metrics
    assert metrics["macro_auc"].value == 1.0
    assert metrics["micro_auc"].value == pytest.approx(10 / 12)


def test_no_protocol_looks_at_labels_and_smoothing_stays_inside_videos() -> None:
    """Changing one video's scores changes no other video's, but for what is named `published`."""
    one = {"a": np.arange(30.0), "b": np.zeros(30)}
    other = {"a": np.arange(30.0)[::-1] * 7, "b": np.zeros(30)}
    for protocol in PROTOCOLS.values():
        alike = np.array_equal(protocol.apply(one)["b"], protocol.apply(other)["b"])
        assert alike != (protocol.published and not protocol.picks), protocol.name


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=lambda protocol: protocol.name)
@pytest.mark.parametrize("frames", [0, 1, 4, 5, 16, 40])
def test_every_protocol_keeps_every_frame_of_videos_of_any_length(protocol: object, frames: int) -> None:
    scores = {"a": np.linspace(0, 1, frames), "b": np.linspace(2, 3, 7)}
    changed = protocol.apply(scores)  # type: ignore[attr-defined]
    assert {video: len(values) for video, values in changed.items()} == {"a": frames, "b": 7}
    assert all(np.isfinite(values).all() for values in changed.values())


def test_frames_of_unknown_label_are_smoothed_but_not_judged() -> None:
    labels = np.array([0, -1, 1])
    assert auc(Frames.known(labels, np.array([1.0, 9, 2]))).value == 1.0
