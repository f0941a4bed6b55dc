"""Protocols against hand-made cases and the published code's output."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import ConfigError
from features.evaluate.evaluation import evaluate
from features.evaluate.protocols import PROTOCOLS, find_protocols, hf2vad_median, minmax, moving_mean

GOLDEN = Path(__file__).parents[1] / "golden/lbrspr/boxes.npz"


def test_the_published_mean_is_that_of_the_published_code() -> None:
    golden = np.load(GOLDEN)
    cut = {"a": golden["ma_in"][:7], "b": golden["ma_in"][7:8], "c": golden["ma_in"][8:]}
    found = PROTOCOLS["lbrspr-published"].apply(cut)
    assert {video: len(values) for video, values in found.items()} == {"a": 7, "b": 1, "c": 32}
    np.testing.assert_allclose(np.concatenate(list(found.values())), golden["ma_w10"], atol=1e-12)


def test_inside_a_long_video_both_means_agree() -> None:
    values = np.random.default_rng(0).normal(size=50)
    published = PROTOCOLS["lbrspr-published"].apply({"a": values})["a"]
    np.testing.assert_allclose(moving_mean(values)[5:-4], published[5:-4])


def test_the_mean_at_a_videos_ends_has_fewer_frames_and_no_zeros() -> None:
    assert moving_mean(np.arange(12.0))[[0, 5, 11]].tolist() == [2.0, 4.5, 8.5]
    np.testing.assert_allclose(moving_mean(np.full(12, 3.0)), 3.0)


def test_minmax_of_equal_scores_is_zero() -> None:
    assert minmax(np.full(3, 5.0)).tolist() == [0, 0, 0]


def test_hf2vad_takes_out_a_single_spike_and_does_not_judge_four_frames() -> None:
    values = np.zeros(40)
    values[20] = 9
    assert hf2vad_median(values)[20] == 0
    labels = {"a": np.array([1] * 4 + [0, 1] * 10)}
    scores = {"a": np.array([-9.0] * 4 + [0, 1] * 10)}
    assert evaluate(scores, labels, find_protocols(["hf2vad"])).row("model", "hf2vad").metrics["micro_auc"].value


def test_every_protocol_says_in_one_line_what_it_does() -> None:
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name and protocol.description and "\n" not in protocol.description
        assert protocol.published == ("published" in name or protocol.picks)
        assert protocol.defect or not protocol.published


def test_an_undeclared_protocol_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'lbrspr-publish' is not declared .*'lbrspr-published'"):
        find_protocols(["raw", "lbrspr-publish"])
