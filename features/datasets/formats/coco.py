"""COCO keypoints JSON: annotations (images and persons) and results (a flat list). (cocodataset/cocoapi)"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from features.datasets.formats.base import PoseFile, PoseFormat, Rows, person_scores, whole
from features.datasets.formats.boxes import around, boxed, corners, without_box_scores, xywh
from features.datasets.formats.json_files import (
    entries,
    first_entry,
    head,
    image_frames,
    image_numbers,
    places,
    read_json,
    write_json,
)
from features.datasets.formats.njust import has_reference
from features.datasets.people import NOBODY, People
from features.datasets.skeleton import BONES, COCO17
from features.errors import SourceError

_ANNOTATIONS = re.compile(r'\s*\{\s*"(info|images|annotations|categories|licenses)"\s*:')
PERSON = 1


class Coco(PoseFormat):
    """The third value of a joint stays as it is: a visibility 0, 1, 2 in annotations, a score in results.

    A frame of an image folder is the place of its image in the folder, where the file names its images; otherwise it is
    the number at the end of its image's file name; in results, and for images without file names, it is the image's
    id. `track_id`, where there is one, says who it is.
    """

    name = "coco"
    suffixes = (".json",)
    keyed = False

    def fits(self, path: Path) -> bool:
        """Whether it begins like annotations, or is a list of poses by image number with no field of another format."""
        entry = first_entry(path)
        if entry is None:
            return _ANNOTATIONS.match(head(path)) is not None
        numbered = isinstance(entry.get("image_id"), int) and "keypoints" in entry
        return numbered and not {"box", "idx"} & entry.keys() and not has_reference(entry)

    def load(self, path: Path, names: Sequence[str] = ()) -> PoseFile:
        """All persons; crowds are no persons and are left out, which is remarked.

        Raises SourceError for annotations of images that are not listed, or whose names have no number.
        """
        content = read_json(path)
        if isinstance(content, dict):
            return _annotations(path, content, names)
        listed = entries(path, content)
        images = [entry.get("image_id") for entry in listed]
        matched = places(names, images)
        return _persons(path, listed, image_frames(path, images, matched), bool(matched))

    def write(self, found: People, path: Path, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Write results, images numbered as the frames; with `names` annotations, which name the images of all frames.

        Annotations keep the joints' scores where COCO has visibilities.
        """
        remarks: list[str] = []
        without_box_scores(found.boxes, remarks)
        persons = [_person(found, row, score) for row, score in enumerate(person_scores(found, remarks))]
        write_json(path, _annotated(persons, names) if names else persons)
        return tuple(remarks)


def _annotations(path: Path, content: Mapping[str, Any], names: Sequence[str]) -> PoseFile:
    if "annotations" not in content:
        raise SourceError(f"{path} has no 'annotations'; is it another format?")
    images = {}
    for number, image in enumerate(entries(path, content.get("images", []))):
        images[whole(image.get("id"), f"{path}: image {number}", "id")] = image.get("file_name")
    matched = places(names, list(images.values()))
    numbers = matched or image_numbers(path, [name for name in images.values() if name is not None])
    frames = {image: image if name is None else numbers[name] for image, name in images.items()}
    listed = entries(path, content["annotations"])
    for number, entry in enumerate(listed):
        if whole(entry.get("image_id"), f"{path}: annotation {number}", "image_id") not in frames:
            raise SourceError(f"{path}: annotation {number} is of image {entry['image_id']}, which is not listed")
    return _persons(path, listed, [frames[int(entry["image_id"])] for entry in listed], bool(matched))


def _persons(path: Path, listed: Sequence[Mapping[str, Any]], frames: Sequence[int], matched: bool) -> PoseFile:
    rows, left_out = Rows(path), 0
    for frame, entry in zip(frames, listed, strict=True):
        where = f"{path}: frame {frame}"
        if entry.get("category_id", PERSON) != PERSON or entry.get("iscrowd"):
            left_out += 1
            continue
        person = whole(entry["track_id"], where, "track_id") if "track_id" in entry else NOBODY
        rows.add(frame, person, entry.get("keypoints"), entry.get("score"), corners(entry.get("bbox"), where))
    remark = f"{left_out} of {len(listed)} entries are crowds or no persons and were left out"
    return PoseFile(rows.people(), (remark,) if left_out else (), matched=matched)


def _person(found: People, row: int, score: float) -> dict[str, Any]:
    entry: dict[str, Any] = {"image_id": int(found.frames[row]), "category_id": PERSON}
    entry |= {"keypoints": found.keypoints[row].ravel().tolist(), "score": score}
    entry |= {"bbox": xywh(found.boxes[row])} if boxed(found.boxes[row : row + 1])[0] else {}
    return entry | ({"track_id": int(found.ids[row])} if found.ids[row] != NOBODY else {})


def _annotated(persons: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Annotations of all images `names`, with ids from 1 as COCO has them, and the fields its readers ask for."""
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    annotations = []
    for number, person in enumerate(persons, 1):
        keypoints = np.reshape(person["keypoints"], (-1, 3))
        box = person.get("bbox") or xywh(around(keypoints))
        counted = {"num_keypoints": int((keypoints[:, 2] > 0).sum()), "area": box[2] * box[3], "iscrowd": 0}
        annotations.append({"id": number, **person, "bbox": box, **counted})
    skeleton = [[one + 1, other + 1] for one, other in BONES]
    category = {"id": PERSON, "name": "person", "keypoints": list(COCO17), "skeleton": skeleton}
    return {"images": images, "annotations": annotations, "categories": [category]}
