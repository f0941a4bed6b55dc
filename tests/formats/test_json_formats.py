"""The variants of the JSON formats that are found in the field."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.datasets.formats import detect
from features.datasets.formats.alphapose import AlphaPoseResults
from features.datasets.formats.base import PoseFile
from features.datasets.formats.coco import Coco
from features.datasets.formats.njust import Njust
from features.datasets.formats.tracked_person import TrackedPerson
from features.datasets.people import NOBODY
from tests.formats.crowds import crowd, pose, same, tracked


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def result(image: Any, **more: Any) -> dict[str, Any]:
    return {"image_id": image, "category_id": 1, "keypoints": pose(), "score": 2.5} | more


class TestTrackedPerson:
    def load(self, folder: Path, content: Any) -> PoseFile:
        return TrackedPerson().load(written(folder / "clip.json", content))

    def test_persons_and_frames_are_visited_by_number(self, tmp_path: Path) -> None:
        found = self.load(tmp_path, {"10": tracked([1, 0]), "9": tracked([1])}).people
        assert list(zip(found.frames, found.ids, strict=True)) == [(0, 10), (1, 9), (1, 10)]

    def test_persons_may_be_lists_of_objects(self, tmp_path: Path) -> None:
        parts = [{key: entry} for key, entry in tracked([2, 0, 1]).items()]
        same(self.load(tmp_path, {"1": parts}).people, self.load(tmp_path, {"1": tracked([0, 1, 2])}).people)

    def test_unpadded_keys_are_read_in_time_and_said(self, tmp_path: Path) -> None:
        file = self.load(tmp_path, {"1": tracked(map(str, range(12))), "2": tracked(["3"])})
        np.testing.assert_array_equal(file.people.keypoints[file.people.ids == 1, 0, 0], 10.0 + np.arange(12))
        assert "1 of 2 persons have frame keys that sort differently as text ('11' before '2')" in file.permuted

    @pytest.mark.parametrize("keys", [["0", "1", "2"], ["0000", "0001", "0010"], ["10", "11"]])
    def test_nothing_is_said_of_keys_in_order(self, keys: list[str], tmp_path: Path) -> None:
        assert self.load(tmp_path, {"1": tracked(keys)}).permuted == ""

    def test_frames_beyond_9999_are_written_so_that_text_order_is_time(self, tmp_path: Path) -> None:
        found = self.load(tmp_path, {"1": tracked(["9999", "10000"])})
        assert found.permuted
        TrackedPerson().write(found.people, tmp_path / "again.json")
        assert TrackedPerson().load(tmp_path / "again.json").permuted == ""

    def test_other_fields_are_ignored_and_scores_kept(self, tmp_path: Path) -> None:
        entry = {"keypoints": pose(), "scores": 3.25, "boxes": [1, 2, 3, 4]}
        assert self.load(tmp_path, {"1": {"0000": entry}}).people.scores.tolist() == [3.25]

    def test_an_empty_object_is_nobody(self, tmp_path: Path) -> None:
        assert len(self.load(tmp_path, {}).people) == 0

    def test_frames_have_four_digits(self, tmp_path: Path) -> None:
        TrackedPerson().write(crowd(persons=1, frames=1), tmp_path / "clip.json")
        assert list(json.loads((tmp_path / "clip.json").read_text())["1"]) == ["0000"]


class TestAlphaPose:
    def load(self, folder: Path, content: Any) -> PoseFile:
        return AlphaPoseResults().load(written(folder / "alphapose-results.json", content))

    @pytest.mark.parametrize(
        ("image", "frame"),
        [("0.jpg", 0), ("frame_00017.png", 17), ("a_2/0007.jpeg", 7), ("00012", 12), (3, 3), ("x.1.jpg", 1)],
    )
    def test_a_frame_is_the_number_at_the_end_of_its_image(self, image: Any, frame: int, tmp_path: Path) -> None:
        assert self.load(tmp_path, [result(image)]).people.frames.tolist() == [frame]

    def test_a_frame_is_the_place_of_its_image_where_the_images_are_known(self, tmp_path: Path) -> None:
        path = written(tmp_path / "clip.json", [result("a.jpg"), result("20.jpg"), result("9.jpg"), result("9.jpg")])
        file = AlphaPoseResults().load(path, ("9.jpg", "10.jpg", "20.jpg", "a.jpg"))
        assert (file.people.frames.tolist(), file.matched) == ([0, 0, 2, 3], True)

    @pytest.mark.parametrize("image", ["0.jpg", "8.png", 8])
    def test_images_of_which_one_is_not_known_are_taken_by_number(self, image: Any, tmp_path: Path) -> None:
        path = written(tmp_path / "clip.json", [result("9.jpg"), result(image)])
        file = AlphaPoseResults().load(path, ("8.jpg", "9.jpg"))
        assert (max(file.people.frames), file.matched) == (9, False)

    @pytest.mark.parametrize("idx", [{}, {"idx": [0.0]}, {"idx": [[0.0], [1.0]]}, {"idx": None}])
    def test_without_tracking_poses_are_nobodys_which_is_remarked(self, idx: dict[str, Any], tmp_path: Path) -> None:
        file = self.load(tmp_path, [result("0.jpg", **idx), result("0.jpg", **idx)])
        assert file.people.ids.tolist() == [NOBODY, NOBODY]
        assert file.remarks[0].startswith("2 of 2 poses belong to no track")

    def test_box_and_track_are_kept(self, tmp_path: Path) -> None:
        found = self.load(tmp_path, [result("0.jpg", idx=4, box=[1, 2, 10, 20], pred_xyz_jts=[[0, 0, 0]])]).people
        assert found.ids.tolist() == [4]
        assert found.boxes[0, :4].tolist() == [1, 2, 11, 22]

    def test_images_are_called_as_the_caller_says(self, tmp_path: Path) -> None:
        names = [f"{frame:03d}.png" for frame in range(5)]
        AlphaPoseResults().write(crowd(), tmp_path / "out.json", names)
        assert {entry["image_id"] for entry in json.loads((tmp_path / "out.json").read_text())} == set(names)


class TestNjust:
    def test_reference_point_and_area_follow_from_the_box(self, tmp_path: Path) -> None:
        Njust().write(crowd(persons=1, frames=1, boxes=True), tmp_path / "1.json")
        (entry,) = json.loads((tmp_path / "1.json").read_text())
        assert [entry["point_x"], entry["point_y"]] == entry["center"]
        assert entry["s_area"] == entry["w"] * entry["h"]

    def test_a_pose_without_a_box_gets_that_of_its_visible_joints(self, tmp_path: Path) -> None:
        found = crowd(persons=1, frames=1)
        found.keypoints[0, 3:] = 0
        Njust().write(found, tmp_path / "1.json")
        box = Njust().read(tmp_path / "1.json").boxes[0]
        np.testing.assert_allclose(box[:2], found.keypoints[0, :3, :2].min(axis=0))
        np.testing.assert_allclose(box[2:4], found.keypoints[0, :3, :2].max(axis=0))


class TestCoco:
    def load(self, folder: Path, content: Any) -> PoseFile:
        return Coco().load(written(folder / "coco.json", content))

    def annotations(self, names: list[Any], **more: Any) -> dict[str, Any]:
        images = [{"id": 100 + row} | ({"file_name": name} if name else {}) for row, name in enumerate(names)]
        persons = [
            {"id": row, "image_id": 100 + row, "category_id": 1, "keypoints": pose(score=2), "bbox": [1, 2, 3, 4]}
            | more
            for row in range(len(names))
        ]
        return {"images": images, "annotations": persons, "categories": []}

    def test_frames_are_numbered_by_the_file_names_of_the_images(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, self.annotations(["v_07.jpg", "v_03.jpg"])).people.frames.tolist() == [3, 7]

    def test_without_file_names_the_ids_of_the_images_count(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, self.annotations([None, None])).people.frames.tolist() == [100, 101]

    def test_a_frame_is_the_place_of_its_image_where_the_images_are_known(self, tmp_path: Path) -> None:
        path = written(tmp_path / "clip.json", self.annotations(["9.jpg", "20.jpg"]))
        file = Coco().load(path, ("8.jpg", "9.jpg", "10.jpg", "20.jpg"))
        assert (file.people.frames.tolist(), file.matched) == ([1, 3], True)

    def test_images_of_which_one_has_no_name_are_not_matched(self, tmp_path: Path) -> None:
        path = written(tmp_path / "clip.json", self.annotations(["9.jpg", None]))
        file = Coco().load(path, ("8.jpg", "9.jpg"))
        assert (file.people.frames.tolist(), file.matched) == ([9, 101], False)

    def test_visibilities_are_kept_as_they_are(self, tmp_path: Path) -> None:
        assert set(self.load(tmp_path, self.annotations(["1.jpg"])).people.keypoints[0, :, 2]) == {2.0}

    @pytest.mark.parametrize("more", [{"iscrowd": 1}, {"category_id": 3}])
    def test_crowds_and_things_are_left_out_which_is_remarked(self, more: dict[str, int], tmp_path: Path) -> None:
        file = self.load(tmp_path, self.annotations(["1.jpg"], **more))
        assert len(file.people) == 0
        assert "1 of 1 entries are crowds or no persons" in file.remarks[0]

    def test_results_are_numbered_by_their_images(self, tmp_path: Path) -> None:
        assert self.load(tmp_path, [result(8), result(5)]).people.frames.tolist() == [5, 8]

    def test_with_names_annotations_are_written_that_read_the_same(self, tmp_path: Path) -> None:
        found = crowd(boxes=True)
        Coco().write(found, tmp_path / "out.json", [f"{frame:06d}.jpg" for frame in range(5)])
        assert detect(tmp_path / "out.json").name == "coco"
        same(Coco().read(tmp_path / "out.json"), found, boxes=1e-10)
        content = json.loads((tmp_path / "out.json").read_text())
        assert len(content["images"]) == 5
        assert content["categories"][0]["skeleton"][0] == [1, 2]
