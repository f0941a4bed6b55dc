"""One table of results, and back from JSON; baselines; the reference line on UCSD Ped2."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from features.errors import DatasetError
from features.evaluate.baselines import BASELINES, available, baseline_scores
from features.evaluate.evaluation import Result, combine, evaluate
from features.evaluate.protocols import find_protocols
from features.store.table import Table

LABELS = {"a": np.array([0, 0, 1, 1]), "b": np.array([0, 1, -1])}
SCORES = {"a": np.array([0.1, 0.4, 0.35, 0.8]), "b": np.array([0.2, 0.3, 0.9])}
PROTOCOLS = find_protocols(["raw", "lbrspr-published"])


def test_a_result_survives_json() -> None:
    result = evaluate(SCORES, LABELS, PROTOCOLS, notes=["8 of 12 clips"], transductive=True)
    assert Result.from_json(json.loads(json.dumps(result.to_json(), allow_nan=False))) == result


ANNOTATED = {"a": "Fighting", "b": "Fire", "c": "normal"}
MORE_LABELS = {**LABELS, "c": np.array([0, 0])}
MORE_SCORES = {**SCORES, "c": np.array([0.6, 0.1])}


def test_annotated_videos_have_more_figures_and_survive_json() -> None:
    result = evaluate(MORE_SCORES, MORE_LABELS, PROTOCOLS, classes=ANNOTATED)
    row = result.row("model", "raw")
    assert row.metrics["far_normal"].value == 0.5 and set(row.classes) == {"Fighting", "Fire"}
    assert Result.from_json(json.loads(json.dumps(result.to_json(), allow_nan=False))) == result
    assert "auc_abnormal" not in evaluate(MORE_SCORES, MORE_LABELS, PROTOCOLS).row("model", "raw").metrics


def test_best_on_test_takes_the_snapshot_that_labels_like_best_and_says_so() -> None:
    picks = find_protocols(["raw", "best-on-test"])
    bad, last = {v: -s for v, s in SCORES.items()}, SCORES
    good = {v: np.maximum(known, 0) for v, known in LABELS.items()}
    snapshots = {v: np.stack([bad[v], good[v], last[v]], axis=1) for v in SCORES}
    result = evaluate(SCORES, LABELS, picks, snapshots=snapshots)
    best, plain = result.row("model", "best-on-test"), result.row("model", "raw")
    assert best.metrics["micro_auc"].value == 1 and plain.metrics["micro_auc"].value == pytest.approx(7 / 9)
    assert best.notes[0] == (
        "snapshot 2 of 3, chosen on the test labels; micro AUC of the snapshots 0.2222 to 1.0000, of the last 0.7778"
    )
    assert not any("snapshot" in note for note in plain.notes)


def test_what_has_no_snapshots_has_no_row_under_best_on_test() -> None:
    result = evaluate(SCORES, LABELS, find_protocols(["raw", "best-on-test"]))
    assert [row.protocol for row in result.rows] == ["raw"]
    assert [protocol.name for protocol in result.protocols] == ["raw", "best-on-test"]


def test_snapshots_of_another_number_are_refused() -> None:
    snapshots = {"a": np.zeros((4, 2)), "b": np.zeros((3, 3))}
    with pytest.raises(DatasetError, match="2 to 3 snapshots"):
        evaluate(SCORES, LABELS, find_protocols(["best-on-test"]), snapshots=snapshots)


def test_videos_of_one_class_are_named_in_short() -> None:
    labels = {**LABELS, **{f"quiet {number}": np.zeros(2, int) for number in range(9)}}
    (warning,) = evaluate({v: np.arange(len(row)) * 1.0 for v, row in labels.items()}, labels, PROTOCOLS[:1]).warnings
    assert warning.endswith("quiet 4 (only normal frames) and 4 more")


def test_rows_of_a_model_and_of_baselines_stand_in_one_table() -> None:
    model = evaluate(SCORES, LABELS, PROTOCOLS, notes=["8 of 12 clips"])
    late = evaluate(
        {v: np.arange(len(s)) for v, s in SCORES.items()}, LABELS, PROTOCOLS, system="late", role="baseline"
    )
    table = combine([model, late])
    assert [(row.system, row.protocol) for row in table.rows] == [
        (system, protocol) for system in ("model", "late") for protocol in ("raw", "lbrspr-published")
    ]
    assert table.notes == ("8 of 12 clips",)
    assert table.videos["b"].frames == 3 and table.videos["b"].unknown == 1


def test_results_of_other_labels_are_not_put_in_one_table() -> None:
    with pytest.raises(ValueError, match="other labels"):
        combine([evaluate(SCORES, LABELS, PROTOCOLS), evaluate(SCORES, {"a": LABELS["a"]}, PROTOCOLS)])


def test_a_row_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="'other'"):
        evaluate(SCORES, LABELS, PROTOCOLS).row("other", "raw")


def boxes(*frames: list[list[float]]) -> Any:
    rows = [row for frame in frames for row in frame]
    offsets = np.cumsum([0, *map(len, frames)])
    table = Table(np.array(rows, np.float32).reshape(-1, 4), ("x1", "y1", "x2", "y2"), offsets)
    return SimpleNamespace(table=lambda name: table)


BOXES = boxes([[0, 0, 5, 9], [10, 0, 30, 2]], [], [[1, 1, 2, 2]])
FLOW = {"flow": np.array([[[[3.0]], [[4.0]]], [[[np.nan]], [[np.nan]]], [[[0.0]], [[1.0]]]], np.float32)}


@pytest.mark.parametrize(
    ("name", "artifact", "expected"),
    [
        ("widest box", BOXES, [20, 0, 1]),
        ("number of boxes", BOXES, [2, 0, 1]),
        ("mean flow", FLOW, [5, 0, 1]),
        ("frame number", None, [0, 1, 2]),
        ("video length", None, [3, 3, 3]),
        ("minus video length", None, [-3, -3, -3]),
        ("middle of the video", None, [0.5, 1 - 1 / 6, 1 - 1 / 6]),
    ],
)
def test_baselines_by_hand_with_their_rule_for_frames_that_hold_nothing(
    name: str, artifact: Any, expected: list[float]
) -> None:
    found = baseline_scores(BASELINES[name], {"v": 3}, lambda video, kind: artifact)
    np.testing.assert_allclose(found["v"], expected)


def test_an_artifact_of_another_length_is_named() -> None:
    with pytest.raises(DatasetError, match="video 'v' has 4 frames and boxes of 3"):
        baseline_scores(BASELINES["widest box"], {"v": 4}, lambda video, kind: BOXES)


def test_baselines_stand_wherever_what_they_read_is_there() -> None:
    assert [baseline.name for baseline in available([])] == ["frame number", "video length"]
    assert len(available(["boxes", "flow"])) == 5


def test_baselines_of_annotated_videos_stand_only_beside_them() -> None:
    more = [baseline.name for baseline in available([], annotated=True) if baseline not in available([])]
    assert more == ["minus video length", "middle of the video"]


@pytest.mark.shared
def test_the_reference_line_on_ucsd_ped2(shared: Path) -> None:
    """The widest published box of each frame, test clips 1-8, with no learning at all."""
    stored = np.load(shared / "data/ucsdped2/vec_boxes_test.npz")
    masks = np.load(shared / "data/ucsdped2/masks_test_01_08.npz")
    videos = [f"Test{number:03d}" for number in range(1, 9)]
    labels = {video: masks[video].any(axis=(1, 2)).astype(np.int8) for video in videos}
    columns = ("x1", "y1", "x2", "y2")
    tables = {video: Table(stored[f"{video}_boxes"], columns, stored[f"{video}_offsets"]) for video in videos}
    frames = {video: len(values) for video, values in labels.items()}

    def judged(baseline: str, protocol: str, metric: str) -> float | None:
        found = baseline_scores(
            BASELINES[baseline], frames, lambda video, kind: SimpleNamespace(table=lambda name: tables[video])
        )
        result = evaluate(found, labels, find_protocols([protocol]), role="baseline")
        return result.row("model", protocol).metrics[metric].value

    assert sum(frames.values()) == 1380 and sum(int(values.sum()) for values in labels.values()) == 1105
    assert judged("widest box", "raw", "micro_auc") == pytest.approx(0.9770, abs=5e-5)
    assert judged("widest box", "raw", "macro_auc") == pytest.approx(0.9732, abs=5e-5)
    assert judged("widest box", "lbrspr-published", "micro_auc") == pytest.approx(0.9879, abs=5e-5)
    assert judged("widest box", "per-video-minmax", "micro_auc") == pytest.approx(0.9615, abs=5e-5)
    assert judged("number of boxes", "raw", "micro_auc") == pytest.approx(0.6235, abs=5e-5)
