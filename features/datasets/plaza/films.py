"""Writes plaza clips in the layout of NJUST-Anomaly: videos, poses, masks."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from features.datasets.plaza.camera import Camera
from features.datasets.plaza.cast import FPS, Clip
from features.datasets.plaza.drone import Window
from features.datasets.plaza.render import draw, noisy
from features.datasets.plaza.truth import ABSENT, HIDDEN, VISIBLE, Person, people_of

# Closed groups of one second, few B-frames: every reader decodes such files right. Macroblock trees are off because
# x264 with them and B-frames, on one thread even, gave other bytes for equal frames in 21 of 60 runs of a clip; without
# them in none. A plaza that is rendered again must keep its digests.
X264 = {
    "preset": "veryfast",
    "crf": "20",
    "g": str(FPS),
    "bf": "2",
    "x264-params": "open-gop=0:threads=1:mbtree=0:log-level=none",
}
# Confidence that stands for COCO's marks; readers of this layout count a joint as visible above 0.6.
CONFIDENCE = {ABSENT: 0.0, HIDDEN: 0.3, VISIBLE: 0.95}
# A person is listed where at least this share is seen.
LEAST_VISIBLE = 0.1


def film(clip: Clip, folder: Path) -> None:
    """Render a clip below `folder`: `<split>/videos/<n>.mp4`, `<split>/pose/<n>.json`, `test/mask/<n>.npy`."""
    place = folder / clip.split
    poses: list[dict[str, Any]] = []
    labels = np.zeros(clip.frames, np.int64)

    def filmed() -> Iterator[np.ndarray]:
        for frame in range(clip.frames):
            drawn = draw(clip, frame)
            found = people_of(drawn, frame)
            poses.extend(pose_record(person, frame) for person in found if person.visible >= LEAST_VISIBLE)
            labels[frame] = any(person.abnormal and person.visible > 0 for person in found)
            yield noisy(drawn.image, clip, frame)

    write_video(place / "videos" / f"{clip.number}.mp4", filmed(), clip.window(0))
    (place / "pose" / f"{clip.number}.json").write_text(json.dumps(poses), encoding="utf-8")
    if clip.split == "test":
        np.save(place / "mask" / f"{clip.number}.npy", labels)


def write_video(path: Path, images: Iterable[np.ndarray], view: Camera | Window) -> None:
    """An H.264 file of images uint8 (h, w, 3) RGB, as large as the view; equal images give equal bytes."""
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options=X264)
        stream.width, stream.height, stream.pix_fmt = view.width, view.height, "yuv420p"
        stream.codec_context.thread_count = 1
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))


def pose_record(person: Person, frame: int) -> dict[str, Any]:
    """One person in one frame, with the fields of NJUST-Anomaly; `image_id` counts from 0, coordinates are pixels.

    The score grows with the share of the person that is seen, so that readers' usual limit of 0.6 drops those of whom
    less than a fifth is seen. The reference point of motion decomposition, `point_x`, `point_y`, is the middle of the
    hips.
    """
    x1, y1, x2, y2 = (round(float(value), 3) for value in person.box)
    hips = _hips(person)
    confident = [(x, y, CONFIDENCE[int(mark)]) for x, y, mark in person.keypoints]
    return {
        "image_id": frame,
        "track_id": person.track,
        "category_id": 1,
        "score": round(0.5 + 0.5 * person.visible, 4),
        "keypoints": [round(float(value), 3) for joint in confident for value in joint],
        "point_x": round(float(hips[0]), 3),
        "point_y": round(float(hips[1]), 3),
        "center": [round((x1 + x2) / 2, 3), round((y1 + y2) / 2, 3)],
        "w": round(x2 - x1, 3),
        "h": round(y2 - y1, 3),
        "s_area": round((x2 - x1) * (y2 - y1)),
    }


def _hips(person: Person) -> np.ndarray:
    """The middle of the hips that are inside the frame, else of the box; pixels."""
    inside = [x_y_mark[:2] for x_y_mark in person.keypoints[11:13] if x_y_mark[2] != ABSENT]
    middle: np.ndarray = np.mean(inside or [person.box[:2], person.box[2:]], axis=0)
    return middle
