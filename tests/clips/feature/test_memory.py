"""Memory stays bounded, however long a video is: clips are cut and shown to the network as its frames come."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clips.feature.tiny import VIEW
from tests.pipeline.test_memory import MB, Peak, watched, write_long_video

SHORTER = {"rule": "shorter", "size": 256, "filter": "pil-bilinear"}
SMALL = {"backend": "tiny", **VIEW, "length": 16, "stride": 16, "resize": SHORTER, "side": 224}
I3D = {"preset": "urdmu", "pooling": "mean", "crops": "centre", "side": 112, "resize": {**SHORTER, "size": 128}}
# The jobs of one run up to clips, in a process of their own.
JOBS = """
import json
import sys
from pathlib import Path
from features.extract.driver import extract_batch, index_batch
from features.plan import registry
from features.plan.job import Job
from tests.pipeline.conftest import Lab

registry.BUILTIN["clips"]["tiny"] = "tests.clips.feature.tiny:Tiny"
plan = Lab(Path(sys.argv[1])).plan(features={"clips": json.loads(sys.argv[2])}, models=[])
for rule in ("index", "clips"):
    job = Job(plan, rule, plan.batches[rule][0].id, 1)
    receipt = index_batch(job) if rule == "index" else extract_batch(job, rule)
    print(rule, receipt.frames)
"""


def peak_memory(project: Path, folder: Path, frames: int, clips: dict[str, Any]) -> Peak:
    """What the jobs of one video of this length hold at most."""
    write_long_video(folder / "videos" / "test" / "long.mp4", frames)
    peak, output = watched(project, JOBS, str(folder), json.dumps(clips))
    assert output.split() == ["index", str(frames), "clips", str(frames)]
    return peak


def test_a_video_six_times_as_long_takes_no_more_memory(project: Path, tmp_path: Path) -> None:
    ten = {**SMALL, "crops": "torchvision"}
    short, long = (peak_memory(project, tmp_path / str(frames), frames, ten) for frames in (80, 480))
    print(f"peak memory: {short} for 80 frames, {long} for 480")
    assert long.total < 900 * MB
    # The resized frames would be 105 MB more; the allocator keeps some 30 MB more or less, as it comes.
    assert long.own - short.own < 60 * MB


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("clips", [{**SMALL, "crops": "centre"}, I3D], ids=["small", "i3d"])
def test_a_hundred_thousand_frames_stay_below_one_and_a_half_gigabytes(
    clips: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    peak = peak_memory(project, tmp_path, 100_000, clips)
    print(f"peak memory: {peak} for 100,000 frames")
    assert peak.total < 1500 * MB
