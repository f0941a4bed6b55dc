"""Published ground truth of the weakly supervised test sets: video -> int8 (frames,), in the order of their lists."""

import json
from pathlib import Path

import numpy as np

from features.datasets.expand import expanded, runs_from
from features.plan.listing import Annotation
from features.video.windows import clip_count

GOLDEN = Path(__file__).parents[1] / "golden/ground_truth"


def shanghaitech() -> dict[str, np.ndarray]:
    """199 videos, 141,870 frames."""
    masks = np.load(GOLDEN / "shanghaitech_masks.npz")
    listed = json.loads((GOLDEN / "shanghaitech_test.json").read_text())["test"]
    return {
        video["name"]: masks[video["name"]].astype(np.int8) if video["label"] else np.zeros(video["frames"], np.int8)
        for video in listed
    }


def shanghaitech_clips() -> dict[str, np.ndarray]:
    """The same as RTFM's features hold it: 143,888 frames."""
    return {
        video: expanded(labels, clip_count(len(labels), 16, 16, "repeat-extra"))
        for video, labels in shanghaitech().items()
    }


def shanghaitech_whole_clips() -> dict[str, np.ndarray]:
    """The same without frames behind the last whole clip: 140,704 frames."""
    return {video: labels[: len(labels) // 16 * 16] for video, labels in shanghaitech().items()}


def ucf_crime() -> dict[str, np.ndarray]:
    """290 videos, 1,111,808 frames, intervals as the official evaluation reads them."""
    listed = json.loads((GOLDEN / "ucf_crime_test.json").read_text())
    return {
        video["name"]: Annotation(video["class"], runs_from(video["intervals"], "official")).labels(video["frames"])
        for video in listed
    }


def ucf_classes() -> dict[str, str]:
    """Video -> its class of anomaly, or `normal`."""
    listed = json.loads((GOLDEN / "ucf_crime_test.json").read_text())
    return {video["name"]: "normal" if video["class"].lower() == "normal" else video["class"] for video in listed}


def xd_violence() -> dict[str, np.ndarray]:
    """800 videos, 2,330,384 frames."""
    stored = np.load(GOLDEN / "xd_frames_evaluated.npz")
    labels = {
        name: np.zeros(frames, np.int8)
        for name, frames in zip(stored["names"].tolist(), stored["length"].tolist(), strict=True)
    }
    for line in (GOLDEN / "xd_annotations.txt").read_text().splitlines():
        name, *bounds = line.split()
        for first, after in zip(bounds[::2], bounds[1::2], strict=True):
            labels[name][int(first) : int(after)] = 1
    return labels
