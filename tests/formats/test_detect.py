"""The format of a file, by its beginning."""

import json
from pathlib import Path
from typing import Any

import pytest

from features.datasets.formats import detect, pose_format
from features.plan.registry import names
from tests.formats.crowds import pose, tracked

ENTRY: dict[str, Any] = {"category_id": 1, "keypoints": pose(), "score": 2.0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tracked-person", {}),
        ("tracked-person", {"1": tracked([0])}),
        ("tracked-person", {"1": {}}),
        ("tracked-person", {"1": [{"0000": {}}]}),
        ("tracked-person", {"1": []}),
        ("alphapose", []),
        ("alphapose", [ENTRY | {"image_id": "0.jpg"}]),
        ("alphapose", [ENTRY | {"image_id": 0, "idx": 1}]),
        ("alphapose", [ENTRY | {"image_id": 0, "box": [0, 0, 1, 1]}]),
        ("alphapose", {"0.jpg": {"version": "AlphaPose v0.3", "bodies": []}}),
        ("njust", [ENTRY | {"image_id": 0, "track_id": 1, "point_x": 3.0}]),
        ("coco", [ENTRY | {"image_id": 0}]),
        ("coco", [ENTRY | {"image_id": 0, "track_id": 2}]),
        ("coco", {"images": [], "annotations": []}),
        ("coco", {"info": {}, "images": [], "annotations": []}),
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_one_format_fits_and_no_other(name: str, content: Any, indent: int | None, tmp_path: Path) -> None:
    (tmp_path / "clip.json").write_text(json.dumps(content, indent=indent))
    assert [known for known in names("format") if pose_format(known).fits(tmp_path / "clip.json")] == [name]
    assert detect(tmp_path / "clip.json").name == name


def test_a_long_file_is_known_by_its_beginning(tmp_path: Path) -> None:
    whole = json.dumps([ENTRY | {"image_id": f"{frame}.jpg"} for frame in range(200)])
    (tmp_path / "clip.json").write_text(whole[:-500])
    assert detect(tmp_path / "clip.json").name == "alphapose"


def test_a_folder_of_csv_files_is_trajectories(tmp_path: Path) -> None:
    (tmp_path / "0001.csv").touch()
    assert detect(tmp_path).name == "trajectories"


@pytest.mark.parametrize("name", names("format"))
def test_every_format_names_its_files_after_the_clip(name: str) -> None:
    known = pose_format(name)
    assert known.name == name
    assert known.file_name("01_0014").startswith("01_0014")
