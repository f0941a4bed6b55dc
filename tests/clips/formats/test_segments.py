"""How clips become segments, against what the published code makes of a ramp."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.extract.clips.segments import (
    SEGMENT_RULES,
    SEGMENTS,
    arnet_bounds,
    average_segments,
    mist_parts,
    sultani_bounds,
    sultani_segments,
    unit_length,
    vadclip_blocks,
    vadclip_segments,
    xd_pick,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "sampling" / "sampling.npz"
RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "deepmil_rtfm_32": average_segments,
    "urdmu_32": average_segments,
    "sultani_32": sultani_segments,
    "xd_200": lambda ramp: xd_pick(ramp)[0],
    "vadclip_256": lambda ramp: vadclip_segments(ramp)[0],
}


def ramp(clips: int) -> np.ndarray:
    return np.arange(clips, dtype=np.float32)[:, None]


def golden(rule: str) -> Iterator[tuple[int, np.ndarray]]:
    with np.load(GOLDEN) as file:
        for name in file.files:
            if name.startswith(f"{rule}/n"):
                yield int(name.rpartition("n")[2]), file[name]


@pytest.mark.parametrize("rule", RULES)
def test_ramps_become_what_the_published_code_makes_of_them(rule: str) -> None:
    lengths = []
    for clips, wanted in golden(rule):
        found = RULES[rule](ramp(clips))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[:, 0], wanted)
        lengths.append(clips)
    assert {1, 31, 32, 33, 1000} <= set(lengths)


def test_how_many_rows_of_vadclip_are_real() -> None:
    for clips, wanted in golden("vadclip_256_len"):
        assert vadclip_segments(ramp(clips))[1] == wanted


def test_blocks_of_vadclip_have_an_empty_one_where_clips_fill_theirs() -> None:
    for clips, shape in golden("vadclip_split_shape"):
        found = vadclip_blocks(ramp(clips))
        # The published code leaves out the axis of the blocks where there is one.
        assert found.shape == (len(found), *shape[-2:])
        assert len(found) == (shape[0] if len(shape) == 3 else 1)
        np.testing.assert_array_equal(found.reshape(-1)[:clips], ramp(clips)[:, 0])


def test_picking_keeps_and_counts_a_short_video() -> None:
    found, real = xd_pick(ramp(5))
    assert (found.shape, real) == ((200, 1), 5)
    assert not found[5:].any()


@given(clips=st.integers(1, 2000), rule=st.sampled_from(sorted(SEGMENT_RULES)))
def test_segments_run_forward_and_hold_a_clip_each(clips: int, rule: str) -> None:
    start, stop = SEGMENT_RULES[rule](clips, SEGMENTS)
    assert len(start) == SEGMENTS
    assert start[0] == 0 and (np.diff(start) >= 0).all()
    assert (stop > start).all() and stop[-1] <= clips


@given(clips=st.integers(SEGMENTS, 5000))
def test_averages_leave_no_clip_out(clips: int) -> None:
    start, stop = SEGMENT_RULES["linspace"](clips, SEGMENTS)
    np.testing.assert_array_equal(start[1:], stop[:-1])
    assert stop[-1] == clips


@given(clips=st.integers(SEGMENTS + 1, 5000))
def test_sultanis_rule_leaves_the_last_clip_out(clips: int) -> None:
    assert sultani_bounds(clips)[1][-1] == clips - 1


@pytest.mark.parametrize("clips", [1, 2, 9, 30, 31, 32, 33, 100])
def test_segments_of_arnets_features_start_where_the_files_say(clips: int) -> None:
    kept = max(1, clips - 1)
    wanted = np.minimum(np.round(1 + np.arange(SEGMENTS) * kept / SEGMENTS) - 1, kept - 1)
    np.testing.assert_array_equal(arnet_bounds(clips)[0], wanted)


@pytest.mark.shared
def test_published_segments_repeat_where_the_rule_repeats_a_clip(shared: Path) -> None:
    folder = shared / "data" / "shanghaitech_i3d"
    split = json.loads((folder / "weak_split.json").read_text())["test"]
    short = {video["name"]: (video["frames"] - 1) // 16 for video in split if video["frames"] <= 16 * SEGMENTS}
    with np.load(folder / "features_32seg_test.npz") as file:
        for name, clips in short.items():
            repeated = (file[name][1:] == file[name][:-1]).all(axis=1)
            np.testing.assert_array_equal(repeated, np.diff(arnet_bounds(clips)[0]) == 0)
    assert len(short) > 50


def test_crops_are_carried_along() -> None:
    clips = np.random.default_rng(0).random((40, 10, 3), np.float32)
    assert average_segments(clips).shape == (32, 10, 3)
    np.testing.assert_array_equal(average_segments(clips)[:, 4], average_segments(clips[:, 4]))


def test_unit_length_leaves_zeros_alone() -> None:
    found = unit_length(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert found.tolist() == [[0.6, 0.8], [0.0, 0.0]]


@pytest.mark.parametrize(("clips", "first", "last"), [(7, 0, 0), (5, 0, 0), (39, 0, 31), (103, 0, 93)])
def test_parts_of_mist_lie_within_the_video(clips: int, first: int, last: int) -> None:
    found = mist_parts(clips)
    assert (len(found), found[0], found[-1]) == (32, first, last)


def test_a_video_without_clips_has_no_segments() -> None:
    with pytest.raises(ValueError, match="without clips"):
        average_segments(np.empty((0, 4)))
