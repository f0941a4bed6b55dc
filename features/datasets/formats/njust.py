"""NJUST-Anomaly's pose JSON: a list of objects, one for each person and frame.

No sample is public; fields are those that the scripts of its authors' method read (sharling-lz/mp-gcn). Whether
`image_id` counts from 0 or from 1 is not documented; their AUC script compares it with positions from 0.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features.datasets.formats.base import (
    PoseFile,
    PoseFormat,
    Rows,
    numbers,
    person_scores,
    whole,
    without_strangers,
)
from features.datasets.formats.boxes import all_boxed, without_box_scores
from features.datasets.formats.json_files import entries, first_entry, read_json, write_json
from features.datasets.people import People

# What MP-GCN reads beside keypoints: the point that is subtracted from all joints, and the area for the OKS.
REFERENCE = ("center", "point_x", "s_area")


class Njust(PoseFormat):
    """`<n>.json`. The box is `center` with `w` and `h`; `point_x`, `point_y` and `s_area` follow from it."""

    name = "njust"
    suffixes = (".json",)

    def fits(self, path: Path) -> bool:
        """Whether the first person has a track and one of the fields that only MP-GCN reads."""
        entry = first_entry(path)
        return entry is not None and "track_id" in entry and has_reference(entry)

    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons, frames as `image_id` counts them.

        Raises SourceError for an entry without whole `image_id` and `track_id`.
        """
        rows = Rows(path)
        for number, entry in enumerate(entries(path, read_json(path))):
            where = f"{path}: entry {number}"
            frame = whole(entry.get("image_id"), where, "image_id")
            person = whole(entry.get("track_id"), where, "track_id")
            rows.add(frame, person, entry.get("keypoints"), entry.get("score"), _box(entry, where))
        return PoseFile(rows.people())

    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write everybody who has an id; a pose without a box gets the one around its joints, which is remarked."""
        remarks: list[str] = []
        known = without_strangers(found, remarks)
        boxes = all_boxed(known, remarks)
        without_box_scores(known.boxes, remarks)
        content = []
        for row, score in enumerate(person_scores(known, remarks)):
            entry: dict[str, Any] = {"image_id": int(known.frames[row]), "track_id": int(known.ids[row])}
            entry |= {"category_id": 1, "keypoints": known.keypoints[row].ravel().tolist(), "score": score}
            content.append(entry | _reference(boxes[row]))
        write_json(path, content)
        return tuple(remarks)


def has_reference(entry: Mapping[str, Any]) -> bool:
    """Whether an entry has one of the fields that only MP-GCN reads."""
    return any(field in entry for field in REFERENCE)


def _reference(box: np.ndarray) -> dict[str, Any]:
    x1, y1, x2, y2 = box.tolist()
    center, width, height = [(x1 + x2) / 2, (y1 + y2) / 2], x2 - x1, y2 - y1
    point = {"point_x": center[0], "point_y": center[1]}
    return {"center": center, "w": width, "h": height, "s_area": width * height, **point}


def _box(entry: Mapping[str, Any], where: str) -> np.ndarray | None:
    if not {"center", "w", "h"} <= entry.keys():
        return None
    x, y = numbers(entry["center"], 2, where, "center").tolist()
    width, height = numbers([entry["w"], entry["h"]], 2, where, "w, h").tolist()
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2, np.nan])
