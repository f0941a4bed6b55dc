"""An index says what decoding every frame once has shown; an unusable source says why, in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import SourceError
from features.video.index import Index, runs, unrolled
from features.video.reading import make_index, read_blocks
from features.video.sampling import Sampling
from tests.video.numbered import HEIGHT, WIDTH, copy_stream, cut_bytes, number_of, numbers_of, write_video

NATIVE = Sampling()
OPEN_X265 = {"x265-params": "log-level=none:open-gop=1:keyint=20:bframes=3"}
CLOSED_X265 = {"x265-params": "log-level=none:open-gop=0:keyint=20"}
OPEN_X264 = {"x264-params": "open-gop=1:keyint=20:min-keyint=20"}
DISGUISES = {
    "empty.mp4": b"",
    "noise.mp4": bytes(range(256)) * 40,
    "notes.txt": b"hello world\n" * 200,
    "playlist.mp4": b"ffconcat version 1.0\nfile other.mp4\n",
    "list.m3u8": b"#EXTM3U\n#EXTINF:1,\nother.mp4\n",
}


@pytest.mark.parametrize(
    "name, arguments, reader",
    [
        ("h264.mp4", {"bframes": 3}, "decord"),
        ("h264.mkv", {"bframes": 3}, "decord"),
        ("h264.avi", {"bframes": 3}, "pyav"),
        ("h264.ts", {"bframes": 2}, "pyav"),
        ("open.mp4", {"bframes": 3, "options": OPEN_X264}, "pyav"),
        ("hevc.mp4", {"codec": "libx265", "bframes": 2, "options": CLOSED_X265}, "decord"),
        ("hevc-open.mp4", {"codec": "libx265", "options": OPEN_X265}, "pyav"),
        ("mpeg4.avi", {"codec": "mpeg4"}, "pyav"),
        ("mpeg4-b.avi", {"codec": "mpeg4", "bframes": 2}, "pyav"),
        ("mpeg2.mpg", {"codec": "mpeg2video", "bframes": 2}, "pyav"),
        ("wmv2.wmv", {"codec": "wmv2"}, "pyav"),
        ("odd.avi", {"codec": "mpeg4", "size": (323, 97)}, "pyav"),
        ("odd-444.mp4", {"size": (323, 97), "pixels": "yuv444p"}, "pyav"),
        ("one.mp4", {"frames": 1}, "decord"),
        ("a näme: with ✓ [1] %20.mp4", {}, "decord"),
    ],
)
def test_every_frame_of_every_format_is_counted_and_read(
    tmp_path: Path, name: str, arguments: dict, reader: str
) -> None:
    arguments = {"frames": 45, **arguments}
    video = write_video(tmp_path / name, **arguments)
    index = make_index(video)
    width, height = arguments.get("size", (WIDTH, HEIGHT))
    assert (index.frames, index.height, index.width) == (arguments["frames"], height, width)
    assert (index.reader, index.problem, index.damaged) == (reader, "", ())
    assert numbers_of(read_blocks(video, index, NATIVE, 16)) == list(range(index.frames))
    np.testing.assert_allclose(index.seconds, np.arange(index.frames) / 25, atol=1e-3)


def test_timestamps_are_the_true_ones(tmp_path: Path) -> None:
    stamps = [position * 40 + position % 3 * 7 + (2000 if position >= 20 else 0) for position in range(40)]
    index = make_index(write_video(tmp_path / "vfr.mp4", 40, stamps=stamps))
    assert index.clock == "timestamps"
    np.testing.assert_allclose(index.seconds, np.array(stamps) / 1000, atol=1e-4)


def test_without_timestamps_frames_follow_at_the_stream_s_rate_and_the_index_says_so(tmp_path: Path) -> None:
    index = make_index(write_video(tmp_path / "h264-b.avi", 30, bframes=3, rate=10))
    assert index.clock == "frame rate"
    np.testing.assert_allclose(index.seconds, np.arange(30) / 10)


def test_time_begins_with_the_first_frame(tmp_path: Path) -> None:
    late = copy_stream(write_video(tmp_path / "a.mp4"), tmp_path / "late.mkv", shift_seconds=5.0)
    assert make_index(late).seconds[:2] == pytest.approx((0.0, 0.04))


def test_key_frames_are_where_decoding_can_start(tmp_path: Path) -> None:
    assert make_index(write_video(tmp_path / "a.mp4", 35, gop=10)).key_frames == (0, 10, 20, 30)


@pytest.mark.parametrize("turn, clockwise", [(90, 270), (-90, 90), (180, 180)])
def test_rotation_is_applied_and_said(tmp_path: Path, turn: int, clockwise: int) -> None:
    video = write_video(tmp_path / "turned.mp4", 5, rotation=turn)
    index = make_index(video)
    assert (index.rotation, index.reader) == (clockwise, "pyav")
    (block,) = read_blocks(video, index, NATIVE, 8)
    assert block.shape[1:3] == (index.height, index.width)
    assert [number_of(np.rot90(frame, clockwise // 90)) for frame in block] == list(range(5))


@pytest.mark.parametrize("first, name, begins", [(20, "cut.mp4", 20), (25, "cut.mp4", 30), (25, "cut.ts", 30)])
def test_a_stream_copied_cut_begins_with_its_first_decodable_frame(
    tmp_path: Path, first: int, name: str, begins: int
) -> None:
    video = copy_stream(write_video(tmp_path / "a.mp4", 60, bframes=3), tmp_path / name, first)
    index = make_index(video)
    assert index.problem == ""
    assert numbers_of(read_blocks(video, index, NATIVE, 16)) == list(range(begins, 60))


def test_an_edit_list_hides_frames(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "a.mp4", 60, gop=60)
    edited = copy_stream(whole, tmp_path / "edit.mp4", 0, -1.0, avoid_negative_ts="disabled", use_editlist="1")
    index = make_index(edited)
    assert (index.frames, index.reader) == (35, "pyav")
    assert numbers_of(read_blocks(edited, index, NATIVE, 16)) == list(range(25, 60))


def test_the_good_frames_before_a_cut_are_kept_with_the_reason(tmp_path: Path) -> None:
    whole = copy_stream(write_video(tmp_path / "a.mp4", 60), tmp_path / "index-first.mp4", movflags="faststart")
    video = cut_bytes(whole, tmp_path / "cut.mp4", 0.6)
    index = make_index(video)
    assert 20 < index.frames < 60
    assert index.problem == f"decoding ended after {index.frames} frames: Invalid data found when processing input"
    assert numbers_of(read_blocks(video, index, NATIVE, 16)) == list(range(index.frames))


@pytest.mark.parametrize("name, codec", [("a.avi", "mpeg4"), ("a.ts", "libx264")])
def test_streams_that_end_early_without_an_error_have_the_frames_that_are_there(
    tmp_path: Path, name: str, codec: str
) -> None:
    video = cut_bytes(write_video(tmp_path / name, 60, codec), tmp_path / f"cut-{name}", 0.6)
    index = make_index(video)
    assert 20 < index.frames < 60
    assert numbers_of(read_blocks(video, index, NATIVE, 16))[:-1] == list(range(index.frames - 1))


def test_frames_patched_up_by_the_decoder_are_named_and_left_to_pyav(tmp_path: Path) -> None:
    data = bytearray(write_video(tmp_path / "a.mp4", 60).read_bytes())
    for place in range(len(data) // 2, len(data) // 2 + 2000, 100):
        data[place] ^= 0x55
    video = tmp_path / "corrupt.mp4"
    video.write_bytes(data)
    index = make_index(video)
    assert index.damaged or index.problem
    assert index.reader == "pyav"
    assert numbers_of(read_blocks(video, index, NATIVE, 16))[:20] == list(range(20))


@pytest.mark.parametrize("name", DISGUISES)
def test_what_is_not_a_video_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(DISGUISES[name])
    write_video(tmp_path / "other.mp4", 3)
    with pytest.raises(SourceError, match="not a video that can be read") as refusal:
        make_index(tmp_path / name)
    assert name in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        make_index(tmp_path / "missing.mp4")


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    whole = copy_stream(write_video(tmp_path / "a.mp4", 60), tmp_path / "index-first.mp4", movflags="faststart")
    header = whole.read_bytes().index(b"mdat") + 4
    video = tmp_path / "hollow.mp4"
    video.write_bytes(whole.read_bytes()[:header])
    with pytest.raises(SourceError, match="no frames"):
        make_index(video)


def test_an_index_survives_json_to_the_last_bit(tmp_path: Path) -> None:
    index = make_index(write_video(tmp_path / "a.mkv", 40, rate=30))
    text = json.dumps(index.to_json())
    assert Index.from_json(json.loads(text)) == index
    assert len(text) < 500


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_any_times_survive_json(seconds: list[float]) -> None:
    index = Index("ab" * 32, "pyav", len(seconds), 4, 4, 0, tuple(seconds), (0,))
    assert Index.from_json(json.loads(json.dumps(index.to_json()))) == index


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_runs_say_every_number(values: list[int]) -> None:
    assert unrolled(runs(values)) == values


def test_equal_steps_make_one_run() -> None:
    assert runs(range(0, 300 * 512, 512)) == [[0, 512, 300]]


DECODING_SET = [
    "h264_b.mp4", "h264_nob.mp4", "h264_onegop.mp4", "h264_open.mp4", "h264.mkv", "h264.ts", "hevc.mp4", "wmv2.wmv",
    "mpeg4.avi", "mpeg4_b.avi", "mpeg2.mpg", "vfr.mp4", "vfr_gap.mp4", "rot90.mp4", "editlist.mp4", "offset5.mp4",
    "trunc_fs.mp4", "trunc.avi", "trunc.ts", "corrupt.mp4",
]  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("name", DECODING_SET)
def test_each_frame_of_the_published_decoding_set_is_right(shared: Path, name: str) -> None:
    folder = shared / "data" / "neutral" / "decode"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))[name]
    index = make_index(folder / name)
    found = [
        number_of(np.rot90(frame, index.rotation // 90))
        for block in read_blocks(folder / name, index, NATIVE, 64)
        for frame in block
    ]
    assert (index.frames, found) == (
        expected["frames"],
        [number for first, last in expected["code_runs"] for number in range(first, last + 1)],
    )
    assert ("Invalid data" in index.problem) == (name in ("trunc_fs.mp4", "corrupt.mp4"))
    assert bool(index.damaged) == (name in ("trunc.avi", "trunc.ts", "corrupt.mp4"))


@pytest.mark.shared
def test_a_file_that_lost_its_index_is_refused(shared: Path) -> None:
    with pytest.raises(SourceError, match="not a video that can be read"):
        make_index(shared / "data" / "neutral" / "decode" / "trunc_moovend.mp4")
