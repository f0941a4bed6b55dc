"""AlphaPose's results JSON: a flat list of persons, frames named by their images. (MVIG-SJTU/AlphaPose @c60106d)"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.datasets.formats.base import PoseFile, PoseFormat, Rows, kind_of, person_scores, whole
from features.datasets.formats.boxes import boxed, corners, without_box_scores, xywh
from features.datasets.formats.json_files import (
    entries,
    first_entry,
    head,
    image_frames,
    places,
    read_json,
    write_json,
)
from features.datasets.people import NOBODY, People
from features.errors import SourceError

# `--format cmu` and `--format open`: image -> {"version": ..., "bodies" | "people": [18 joints in OpenPose's order]}.
_OPENPOSE = re.compile(r'\s*\{\s*"[^"]*"\s*:\s*\{\s*"version"\s*:')


class AlphaPoseResults(PoseFormat):
    """`alphapose-results.json` of any version: with or without box and track, of a video or of an image folder.

    A frame of an image folder is the place of its image in the folder; of a video, and where the folder is not known,
    it is the number at the end of its image's name.
    """

    name = "alphapose"
    suffixes = ("_alphapose-results.json", ".json")
    keyed = False

    def fits(self, path: Path) -> bool:
        """Whether the first person names its image, or has a box or a track as AlphaPose calls them; `[]` fits."""
        entry = first_entry(path)
        if entry is None:
            return _OPENPOSE.match(head(path)) is not None
        return not entry or (
            "image_id" in entry and (isinstance(entry["image_id"], str) or bool({"box", "idx"} & entry.keys()))
        )

    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons; without tracking they have no id, which is remarked.

        Raises SourceError for images that cannot be put in order, and for the 18 joints of `--format cmu` or `open`.
        """
        content = read_json(path)
        if isinstance(content, dict) and _OPENPOSE.match(head(path)):
            raise SourceError(f"{path} has OpenPose's 18 joints; run AlphaPose without --format cmu or open")
        listed = entries(path, content)
        images = [entry.get("image_id") for entry in listed]
        matched = places(names, images)
        frames = image_frames(path, images, matched)
        rows, untracked = Rows(path), 0
        for frame, entry in zip(frames, listed, strict=True):
            where = f"{path}: frame {frame}"
            person = _person(entry.get("idx"), where)
            untracked += person == NOBODY
            rows.add(frame, person, entry.get("keypoints"), entry.get("score"), corners(entry.get("box"), where))
        remark = (
            f"{untracked} of {len(listed)} poses belong to no track; run AlphaPose with --pose_track, or add tracks"
        )
        return PoseFile(rows.people(), (remark,) if untracked else (), matched=bool(matched))

    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write everybody by frame; images are called `0.jpg`, `1.jpg`, ... where `names` does not say otherwise."""
        remarks: list[str] = []
        without_box_scores(found.boxes, remarks)
        has_box = boxed(found.boxes)
        content = []
        for row, score in enumerate(person_scores(found, remarks)):
            frame, person = int(found.frames[row]), int(found.ids[row])
            entry: dict[str, Any] = {"image_id": names[frame] if names else f"{frame}.jpg", "category_id": 1}
            entry |= {"keypoints": found.keypoints[row].ravel().tolist(), "score": score}
            entry |= {"box": xywh(found.boxes[row])} if has_box[row] else {}
            content.append(entry | ({"idx": person} if person != NOBODY else {}))
        write_json(path, content)
        return tuple(remarks)


def _person(idx: Any, where: str) -> int:
    """The track; nobody where there is none, or where it is a list, as AlphaPose leaves it without tracking."""
    if idx is None or isinstance(idx, list):
        return NOBODY
    if isinstance(idx, dict | str):
        raise SourceError(f"{where}: idx is {kind_of(idx)}, expected the number of a track; get the file again")
    return whole(idx, where, "idx")
