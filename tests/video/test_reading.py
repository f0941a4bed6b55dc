"""Blocks of frames: the sampled ones, equal by every reader, counted, in bounded memory."""

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from features.errors import SourceError
from features.video.index import Index
from features.video.isolation import end_decoders
from features.video.reading import RING_BYTES, make_index, read_blocks, ring_for
from features.video.sampling import Sampling, frame_size, sampled_frames
from tests.video.numbered import number_of, numbered, numbers_of, write_video

MIB = 1 << 20


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 numbered frames at 25 per second, with B-frames."""
    return write_video(tmp_path_factory.mktemp("videos") / "a.mp4", 60, bframes=3)


@pytest.fixture(scope="module")
def index(video: Path) -> Index:
    """Its index."""
    return make_index(video)


@pytest.mark.parametrize("rows", [1, 7, 16, 60, 1000])
def test_only_the_last_block_is_shorter(video: Path, index: Index, rows: int) -> None:
    blocks = list(read_blocks(video, index, Sampling(), rows))
    assert [len(block) for block in blocks[:-1]] == [min(rows, 60)] * (len(blocks) - 1)
    assert numbers_of(blocks) == list(range(60))
    assert all(block.dtype == np.uint8 and block.flags.c_contiguous for block in blocks)


@pytest.mark.parametrize(
    "sampling, numbers",
    [
        (Sampling("every", every=7), range(0, 60, 7)),
        (Sampling("fps", fps=5), range(0, 60, 5)),
        (Sampling("fps", fps=50), [number // 2 for number in range(119)]),
    ],
)
@pytest.mark.parametrize("reader", ["decord", "pyav"])
def test_the_sampled_frames_are_handed_out(
    video: Path, index: Index, sampling: Sampling, numbers: list[int], reader: str
) -> None:
    assert sampled_frames(index, sampling).tolist() == list(numbers)
    assert numbers_of(read_blocks(video, index, sampling, 8, reader=reader)) == list(numbers)


@pytest.mark.parametrize("max_side", [None, 160, 101])
@pytest.mark.parametrize("name, codec", [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("h.mp4", "libx265")])
def test_decord_and_pyav_give_equal_pixels(tmp_path: Path, name: str, codec: str, max_side: int | None) -> None:
    options = {"x265-params": "log-level=none:open-gop=0"} if codec == "libx265" else {}
    video = write_video(tmp_path / name, 20, codec, bframes=2, options=options)
    index = make_index(video)
    assert index.reader == "decord"
    by = [np.concatenate(list(read_blocks(video, index, Sampling(max_side=max_side), 8, reader=reader)))
          for reader in ("decord", "pyav")]  # fmt: skip
    np.testing.assert_array_equal(by[0], by[1])


@pytest.mark.parametrize("space", [1, 5, 9])
@pytest.mark.parametrize("colour_range, pixels", [(1, "yuv420p"), (2, "yuvj420p")])
def test_decord_and_pyav_agree_on_colour_tags(tmp_path: Path, space: int, colour_range: int, pixels: str) -> None:
    path = tmp_path / "tagged.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 96, pixels
        stream.codec_context.colorspace, stream.codec_context.color_range = space, colour_range
        for number in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        container.mux(stream.encode(None))
    index = make_index(path)
    one, other = (np.concatenate(list(read_blocks(path, index, Sampling(), 4, reader=reader)))
                  for reader in ("decord", "pyav"))  # fmt: skip
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name, options", [("gray.mkv", {"codec": "ffv1", "pixels": "gray"})])
def test_gray_is_the_luma_in_all_three_channels(tmp_path: Path, name: str, options: dict) -> None:
    video = write_video(tmp_path / name, 3, **options)
    with av.open(str(video)) as container:
        luma = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    (block,) = read_blocks(video, make_index(video), Sampling(), 8)
    np.testing.assert_array_equal(block, np.repeat(np.stack(luma)[..., None], 3, axis=3))


@pytest.mark.shared
@pytest.mark.parametrize("clip", ["Test003.mkv", "Train001.mkv"])
@pytest.mark.parametrize("reader", ["decord", "pyav"])
def test_ped2_comes_out_as_its_luma(shared: Path, clip: str, reader: str) -> None:
    folder = shared / "data" / "ucsdped2"
    manifest = json.dumps(json.loads((folder / "manifest_frames.json").read_text(encoding="utf-8")))
    index = make_index(folder / "clips" / clip)
    frames = np.concatenate(list(read_blocks(folder / "clips" / clip, index, Sampling(), 32, reader=reader)))
    assert (frames == frames[..., :1]).all()
    assert hashlib.sha256(np.ascontiguousarray(frames[..., 0])).hexdigest() in manifest


def test_scaled_frames_map_back_by_one_scale(video: Path, index: Index) -> None:
    sampling = Sampling(max_side=160)
    height, width, scale = frame_size(index, sampling)
    assert (height, width, scale) == (48, 160, 2.0)
    (small,) = read_blocks(video, index, sampling, 100)
    (whole,) = read_blocks(video, index, Sampling(), 100)
    means = whole.reshape(60, 48, 2, 160, 2, 3).mean(axis=(2, 4))
    assert np.abs(small - means).max() <= 0.5


@pytest.mark.parametrize("stated", [55, 65])
@pytest.mark.parametrize("reader", ["decord", "pyav"])
def test_another_number_of_frames_than_the_index_says_is_refused(
    video: Path, index: Index, stated: int, reader: str
) -> None:
    wrong = replace(index, frames=stated, seconds=tuple(number / 25 for number in range(stated)))
    with pytest.raises(SourceError, match=rf"frames were read, its index says {stated}"):
        list(read_blocks(video, wrong, Sampling(), 16, reader=reader))


def test_a_file_of_another_size_than_the_index_says_is_refused(tmp_path: Path, index: Index) -> None:
    other = write_video(tmp_path / "b.mp4", 60, size=(352, 96))
    with pytest.raises(SourceError, match="frame 0 has 352x96 pixels, its index says 320x96"):
        list(read_blocks(other, index, Sampling(), 16, reader="pyav"))


def test_decoding_goes_on_while_a_block_is_used(video: Path, index: Index) -> None:
    blocks = read_blocks(video, index, Sampling(), 20)
    next(blocks)
    decoder = max(psutil.Process().children(), key=lambda child: child.create_time())
    time.sleep(0.3)
    busy = decoder.cpu_times().user
    next(blocks)
    time.sleep(0.1)
    assert numbers_of(blocks) == list(range(40, 60))
    assert busy > 0


def test_two_videos_can_be_read_at_once(video: Path, index: Index) -> None:
    one, other = (read_blocks(video, index, Sampling(), 8) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_relative_path_is_that_of_the_folder_one_is_in_now(
    tmp_path: Path, video: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The decoding process was started in another folder, and is kept.
    assert numbers_of(read_blocks(video, index, Sampling(), 60)) == list(range(60))
    (tmp_path / "here.mp4").write_bytes(video.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert make_index(Path("here.mp4")).digest == index.digest
    assert numbers_of(read_blocks(Path("here.mp4"), index, Sampling(), 60)) == list(range(60))


@pytest.mark.parametrize("rows, size", [(16, (240, 360)), (64, (1080, 1920)), (4, (2160, 3840)), (1, (4320, 7680))])
def test_frames_under_way_are_bounded(rows: int, size: tuple[int, int]) -> None:
    ring = ring_for(rows, *size)
    assert ring.slots >= 2
    assert np.prod(ring.shape, dtype=np.int64) <= max(RING_BYTES, 2 * size[0] * size[1] * 3)


def long_video(path: Path, frames: int) -> Path:
    """A video of many small frames that is quickly made: a short one, its packets repeated."""
    piece = write_video(path.with_name("piece.mp4"), 250, size=(320, 96), gop=50)
    with av.open(str(piece)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        packets = [(bytes(packet), packet.is_keyframe) for packet in old.demux(video=0) if packet.size]
        step = round(1 / 25 / old.streams.video[0].time_base)
        for number in range(frames):
            packet = av.Packet(packets[number % 250][0])
            packet.is_keyframe = packets[number % 250][1]
            packet.pts = packet.dts = number * step
            packet.time_base = old.streams.video[0].time_base
            packet.stream = stream
            new.mux(packet)
    return path


@pytest.mark.parametrize("frames", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_memory_is_bounded_on_a_video_of_any_length(tmp_path: Path, frames: int) -> None:
    end_decoders()
    video = long_video(tmp_path / "long.mp4", frames)
    index = make_index(video)
    assert index.frames == frames
    this = psutil.Process()
    before, seen, children, parent = this.memory_info().rss, 0, 0, 0
    for block in read_blocks(video, index, Sampling(), 32):
        assert number_of(block[0]) == seen % 250
        seen += len(block)
        parent = max(parent, this.memory_info().rss - before)
        children = max(children, *(child.memory_info().rss for child in this.children()))
    assert seen == frames
    assert parent < 60 * MIB
    assert children < 350 * MIB
