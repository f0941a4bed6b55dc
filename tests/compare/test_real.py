"""What is told of real published features: that, and nothing more."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from features.evaluate.compare.clips import ClipSet, compare_clips
from features.evaluate.compare.described import describe

pytestmark = pytest.mark.shared
Array = np.ndarray


def arrays(path: Path) -> dict[str, Array]:
    with np.load(path) as file:
        return {name.rsplit("/", 1)[-1]: file[name].astype(np.float32) for name in file.files}


@pytest.fixture(scope="module")
def rtfm(shared: Path) -> dict[str, Array]:
    """RTFM's ten-crop features of seven normal videos of ShanghaiTech."""
    return arrays(shared / "data/shanghaitech_i3d/rtfm_tencrop_sample.npz")


@pytest.fixture(scope="module")
def fork(shared: Path) -> Array:
    """A user's ten-crop features of video 01_002: BGR, ImageNet's mean, divided by norms of batches."""
    return arrays(shared / "data/shanghaitech_video_01_002/fork_tencrop.npz")["features"]


@pytest.fixture(scope="module")
def segments(shared: Path) -> dict[str, Array]:
    """32 segments of unit length of the training videos, extractor not stated."""
    found = arrays(shared / "data/shanghaitech_i3d/features_32seg_train.npz")
    return {name: values[:, None] for name, values in found.items()}


def topics(found) -> dict[str, str]:
    return {finding.topic: finding.said for finding in found.findings}


def test_of_rtfm_files_scale_crop_order_and_clip_rule_are_told(shared: Path, rtfm: dict[str, Array]) -> None:
    split = json.loads((shared / "data/shanghaitech_i3d/weak_split.json").read_text())
    frames = {video["name"]: video.get("frames") for part in split.values() for video in part}
    found = describe([ClipSet(name, values, frames=frames[name]) for name, values in rtfm.items()])
    said = topics(found)
    assert said["shape"] == "7 videos of 31 to 49 rows, 10 crops of 2,048 channels"
    assert said["scale"].startswith("norms and zeros of 7 of 7 videos are like RTFM's")
    assert said["crops"].startswith("ten crops in torchvision's order, the centre at 4, by mirror pairs in 7 of 7")
    assert "tail 'repeat-extra' (rtfm); or" in said["clips"] and "do not tell apart" in said["clips"]
    assert not found.remarks


def test_of_the_fork_the_division_by_batches_is_told(fork: Array) -> None:
    said = topics(describe([ClipSet("01_002", fork, frames=481)]))
    assert "batches begin at clip 0, 15" in said["norm"]
    assert said["crops"].startswith("ten crops in torchvision's order")
    assert "scale" not in said
    assert "tail 'drop'" in said["clips"] and "'repeat" not in said["clips"]


def test_of_the_segments_their_layout_and_norm_are_told_and_no_rule(segments: dict[str, Array]) -> None:
    few = [ClipSet(name, values, frames=500) for name, values in list(segments.items())[:30]]
    said = topics(describe(few))
    assert said["rows"].startswith("32 in each video: segments, means of clips, not clips")
    assert said["norm"] == "each feature was divided by its L2 norm: the scale of the network's output is lost"
    assert "clips" not in said and "scale" not in said


def test_fork_and_rtfm_are_one_network_and_no_more_is_claimed(rtfm: dict[str, Array], fork: Array) -> None:
    found = compare_clips(ClipSet("fork", fork), ClipSet("rtfm", rtfm["01_002"]))
    said = topics(found)
    assert said["channels"].startswith("channels mean the same: their means correlate 0.33")
    assert said["norm"].startswith("fork was divided by the L2 norm of whole batches of clips")
    assert "do not show that both are of one video" in said["time"]
    assert (
        said["verdict"] == "one network and one set of weights, shown other pictures, or the same in quite another way"
    )
    assert "tail" not in said


def test_the_segments_are_of_another_network_and_of_all_but_the_last_clip(
    rtfm: dict[str, Array], segments: dict[str, Array]
) -> None:
    said = topics(compare_clips(ClipSet("rtfm", rtfm["01_002"]), ClipSet("segments", segments["01_002"])))
    assert "segments of the first 30 of 31 clips by the rule" in said["time"]
    assert (
        said["verdict"]
        == "probably the same video, channels that mean something else: another network, layer or checkpoint"
    )


def test_two_videos_by_one_network_are_not_taken_for_one(rtfm: dict[str, Array]) -> None:
    for one, other in pairwise(rtfm):
        said = topics(compare_clips(ClipSet("a", rtfm[one]), ClipSet("b", rtfm[other])))
        assert "do not show that both are of one video" in said["time"]
        assert said["channels"].startswith("channels mean the same")


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("24_24_25", "24_12_15", "a clip lasts 0.833 of one, as re-timed from 25 to 30 frames per second"),
        ("None_None_None", "None_None_None", "equal"),
    ],
)
def test_stacks_of_other_lengths_in_seconds_are_told_as_re_timed(
    one: str, other: str, words: str, shared: Path
) -> None:
    """Stacks of 24 frames every 24 at 25 fps, and every 12 at 15 fps: 0.96 and 0.8 seconds from one to the next."""
    first, second = (
        arrays(shared / f"golden/video_features/i3d__v_GGSY1Qvo990_None_raft_{name}.npz")["rgb"][:, None]
        for name in (one, other)
    )
    assert words in " ".join(topics(compare_clips(ClipSet("a", first), ClipSet("b", second))).values())


def test_of_two_streams_by_two_flow_networks_the_flow_is_named(shared: Path) -> None:
    sets = [
        arrays(shared / f"golden/video_features/i3d__v_GGSY1Qvo990_None_{name}_24_24_25.npz")
        for name in ("raft", "pwc")
    ]
    one, other = (np.concatenate([each["rgb"], each["flow"]], axis=1)[:, None] for each in sets)
    found = compare_clips(ClipSet("a", one), ClipSet("b", other))
    assert "the first half of the channels agrees, the last does not (cosine 0.67" in topics(found)["halves"]
