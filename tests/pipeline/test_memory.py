"""Memory stays bounded, however long a video is: its frames are decoded, stored, read and computed as they come."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

from features.plan.workflow import LARGE_PAGES
from features.video import reading
from features.video.isolation import Decoder, Ring
from features.video.reading import make_index
from features.video.sampling import Sampling
from tests.pipeline.conftest import write_video

MB = 10**6
HEIGHT, WIDTH = 120, 160

# The jobs of one run up to boxes, in a process of their own. The block of frames that is stored at a time may be made
# smaller: until that, and the decoder's ring of two blocks, have filled once, memory grows with a video's length.
JOBS = """
import sys
from pathlib import Path
from features.extract.driver import extract_batch, index_batch
from features.extract.frames import feature as frames
from features.plan.job import Job
from tests.pipeline.conftest import Lab

frames.BLOCK_BYTES = int(sys.argv[2]) or frames.BLOCK_BYTES
plan = Lab(Path(sys.argv[1])).plan(features={"frames": "lossless", "flow": "dis", "boxes": "motion"}, models=[])
for rule in ("index", "frames", "flow", "boxes"):
    job = Job(plan, rule, plan.batches[rule][0].id, 1)
    receipt = index_batch(job) if rule == "index" else extract_batch(job, rule)
    print(rule, receipt.frames)
"""


def write_long_video(path: Path, frames: int) -> None:
    """A textured ground with noise, and a square that crosses it again and again."""
    path.parent.mkdir(parents=True)
    grounds = np.random.default_rng(0).integers(90, 110, (8, HEIGHT, WIDTH, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "20", "g": "50"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            image = grounds[number % len(grounds)].copy()
            left = 8 * number % (WIDTH - 30)
            image[40:80, left : left + 30] = (230, 40, 40)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())


@dataclass(frozen=True)
class Peak:
    """Most bytes that were resident: of the process that computes, and of it together with its children."""

    own: int = 0
    total: int = 0


def peak_memory(project: Path, folder: Path, frames: int, block_bytes: int = 0) -> Peak:
    """What the jobs of one video of this length hold at most."""
    write_long_video(folder / "videos" / "test" / "long.mp4", frames)
    peak, output = watched(project, JOBS, str(folder), str(block_bytes))
    assert output.split() == ["index", str(frames), "frames", str(frames), "flow", str(frames), "boxes", str(frames)]
    return peak


def watched(project: Path, program: str, *arguments: str) -> tuple[Peak, str]:
    """The peak of a Python program that is started as jobs are, and what it printed."""
    command = [sys.executable, "-c", program, *arguments]
    environment = {**os.environ, **dict([LARGE_PAGES])}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=project, env=environment, stdout=pipe, stderr=pipe, text=True) as jobs:
        peak = Peak()
        for seen in resident(jobs):
            peak = Peak(max(peak.own, seen.own), max(peak.total, seen.total))
        output, errors = jobs.communicate()
    assert jobs.returncode == 0, errors
    return peak, output


def resident(process: subprocess.Popen[str]) -> Iterator[Peak]:
    """Resident bytes of a process and its children, looked at fifty times a second until it ends.

    Memory that both hold (the ring of decoded frames) counts twice in the total.
    """
    root = psutil.Process(process.pid)
    while process.poll() is None:
        own = rss(root)
        yield Peak(own, own + sum(rss(child) for child in children(root)))
        time.sleep(0.02)


def rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_a_video_three_times_as_long_takes_no_more_memory(project: Path, tmp_path: Path) -> None:
    """The decoder reads some seconds ahead, so its share is bounded, but not yet full after a few hundred frames."""
    short, long = (peak_memory(project, tmp_path / str(frames), frames, 4 * MB) for frames in (300, 900))
    print(f"peak memory: {short} for 300 frames, {long} for 900")
    assert long.total < 700 * MB
    assert long.own - short.own < 15 * MB


@pytest.mark.parametrize(("most", "reader"), [(14 * 72 * 96 * 3, "decord"), (14 * 72 * 96 * 3 - 1, "pyav")])
def test_decord_which_reads_ahead_without_bound_is_given_small_videos_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, reader: str
) -> None:
    pytest.importorskip("decord")
    write_video(tmp_path / "clip.mp4", frames=14)
    index = make_index(tmp_path / "clip.mp4")
    assert index.reader == "decord"
    asked: list[str] = []
    frames = Decoder.frames

    def spy(decoder: Decoder, path: str, request: dict[str, Any], ring: Ring) -> Iterator[np.ndarray]:
        asked.append(request["reader"])
        return frames(decoder, path, request, ring)

    monkeypatch.setattr(Decoder, "frames", spy)
    monkeypatch.setattr(reading, "DECORD_BYTES", most)
    assert sum(len(block) for block in reading.read_blocks(tmp_path / "clip.mp4", index, Sampling(), 8)) == 14
    assert asked == [reader]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_hundred_thousand_frames_stay_below_one_and_a_half_gigabytes(project: Path, tmp_path: Path) -> None:
    peak = peak_memory(project, tmp_path, 100_000)
    print(f"peak memory: {peak} for 100,000 frames")
    assert peak.total < 1500 * MB
