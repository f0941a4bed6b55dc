"""ShanghaiTech Campus: official archive, LBR-SPR's frames, STG-NF's poses; and its part HR."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.base import Dataset
from features.datasets.shanghaitech import NOT_HUMAN, ShanghaiTech, ShanghaiTechHr
from features.errors import ConfigError, DatasetError
from features.plan.listing import Recording
from tests.datasets import layouts, posed_layouts

MASKS = {"01_0014": [0, 1, 1], "01_0130": [1, 1], "12_0152": [0, 1, 1, 1]}


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """Two training videos and three test clips of the archive."""
    layouts.files(tmp_path, "training/videos/01_001.avi", "training/videos/13_007.avi", "training/videos/._01_001.avi")
    for clip, labels in MASKS.items():
        layouts.images(tmp_path / "testing" / "frames" / clip, len(labels), ".jpg", first=0)
    posed_layouts.frame_masks(tmp_path / "testing" / "test_frame_mask", MASKS)
    return tmp_path


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    """STG-NF's tree: no pictures."""
    tree = tmp_path / "data" / "ShanghaiTech"
    posed_layouts.tracked(tree / "pose" / "train", {"01_001": [0, 7], "02_003": []})
    posed_layouts.tracked(tree / "pose" / "test", {"01_0014": [1], "01_0130": [], "12_0152": [0]})
    posed_layouts.frame_masks(tree / "gt" / "test_frame_mask", MASKS)
    return tmp_path


def opened(root: Path, **options: object) -> ShanghaiTech:
    return ShanghaiTech(root, root / "work", **options)


def ids(dataset: Dataset) -> list[str]:
    return [video.id for video in dataset.videos()]


def test_the_archive_is_read_as_it_is_unpacked(official: Path) -> None:
    dataset = opened(official)
    assert ids(dataset) == ["training/01_001", "training/13_007", *(f"testing/{clip}" for clip in MASKS)]
    assert [video.split for video in dataset.videos()] == ["train"] * 2 + ["test"] * 3
    assert all(video.recording is None and not video.files for video in dataset.videos())
    assert dataset.labels("testing/01_0014").tolist() == [0, 1, 1]
    assert dataset.labels("training/01_001") is None
    assert dataset.label_frames("testing/12_0152") == 4


@pytest.mark.parametrize("above", ["shanghaitech", "ShanghaiTech"])
def test_root_may_be_the_folder_above(tmp_path: Path, above: str) -> None:
    layouts.files(tmp_path / above, "training/videos/01_001.avi")
    assert ids(opened(tmp_path)) == ["training/01_001"]


def test_frames_as_lbr_spr_lays_them_out_have_the_same_ids(tmp_path: Path) -> None:
    layouts.images(tmp_path / "training" / "videosFrame" / "01_001.avi", 2, ".jpg", first=0)
    layouts.images(tmp_path / "Testing" / "frames_part2" / "12_0152", 4, ".jpg", first=0)
    layouts.images(tmp_path / "Testing" / "frames_part1" / "01_0014", 3, ".jpg", first=0)
    posed_layouts.frame_masks(tmp_path / "Testing" / "test_frame_mask", MASKS)
    assert ids(opened(tmp_path)) == ["training/01_001", "testing/01_0014", "testing/12_0152"]


def test_pixels_come_from_the_pixel_masks(official: Path) -> None:
    pixels = np.zeros((3, 4, 5), np.uint8)
    pixels[1:, 2, 3] = 1
    (official / "testing" / "test_pixel_mask").mkdir()
    np.save(official / "testing" / "test_pixel_mask" / "01_0014.npy", pixels)
    dataset = opened(official)
    assert [mask.sum() for mask in dataset.masks("testing/01_0014")] == [0, 1, 1]
    assert dataset.masks("testing/01_0130") is None and dataset.masks("training/01_001") is None


def test_pixel_masks_alone_are_labels_too_and_are_remembered(official: Path) -> None:
    (official / "testing" / "test_frame_mask").rename(official / "testing" / "elsewhere")
    (official / "testing" / "test_pixel_mask").mkdir()
    for clip, labels in MASKS.items():
        pixels = np.zeros((len(labels), 4, 5), bool)
        pixels[np.flatnonzero(labels), 2, 3] = True
        np.save(official / "testing" / "test_pixel_mask" / f"{clip}.npy", pixels)
    assert opened(official).labels("testing/12_0152").tolist() == MASKS["12_0152"]
    assert len(list((official / "work" / "labels").rglob("*.npy"))) == 1
    assert opened(official).label_frames("testing/12_0152") == 4


def test_pixel_masks_of_another_length_are_refused(official: Path) -> None:
    (official / "testing" / "test_pixel_mask").mkdir()
    np.save(official / "testing" / "test_pixel_mask" / "01_0014.npy", np.zeros((2, 4, 5)))
    with pytest.raises(DatasetError, match=r"has 2 masks but .*01_0014\.npy has 3 labels"):
        opened(official).masks("testing/01_0014")


def test_without_pictures_clips_are_recordings_as_long_as_their_labels(poses: Path) -> None:
    dataset = opened(poses)
    train, test = dataset.videos()[0], dataset.videos()[1]
    assert train.recording == Recording(frames=8, height=480, width=856, fps=24.0)
    assert test.recording == Recording(frames=3, height=480, width=856, fps=24.0)
    assert train.path == train.files["poses"] and train.path.name.startswith("01_001_")
    assert dataset.labels("training/01_001").tolist() == [0] * 8


def test_a_training_clip_without_a_person_is_left_out_and_noted(poses: Path) -> None:
    dataset = opened(poses)
    assert "training/02_003" not in ids(dataset)
    assert any("neither pictures nor a person" in note and "training/02_003" in note for note in dataset.notes())


def test_a_test_clip_without_a_person_is_scored_all_the_same(poses: Path) -> None:
    assert {video.id: video.recording for video in opened(poses).videos()}["testing/01_0130"].frames == 2


def test_lengths_of_pose_files_are_counted_once(poses: Path) -> None:
    assert opened(poses).videos()[0].recording.frames == 8
    for kept in (poses / "work" / "pose_frames").glob("*.npy"):
        np.save(kept, np.array([99]))
    assert opened(poses).videos()[0].recording.frames == 99


def test_poses_beside_pictures_are_their_files(official: Path) -> None:
    posed_layouts.tracked(official / "pose" / "test", {"01_0014": [0]})
    files = {video.id: video.files for video in opened(official).videos()}
    assert files["testing/01_0014"]["poses"].parent.name == "test"
    assert "poses" not in files["testing/12_0152"]


def test_hr_leaves_six_test_clips_out_even_where_a_mask_is_blanked(poses: Path) -> None:
    tree = poses / "data" / "ShanghaiTech"
    posed_layouts.frame_masks(tree / "gt" / "test_frame_mask", {"12_0152": [0, 0, 0, 0]})
    dataset = ShanghaiTechHr(poses, poses / "work")
    assert ids(dataset) == ["training/01_001", "testing/01_0014"]
    assert dataset.name == "shanghaitech-hr" and len(NOT_HUMAN) == 6
    assert any("HR leaves out the test clips 01_0130" in note for note in dataset.notes())


def test_masks_may_lie_elsewhere_in_a_folder_for_each_camera(official: Path) -> None:
    (official / "testing" / "test_frame_mask").rename(official / "unused")
    for clip, labels in MASKS.items():
        posed_layouts.frame_masks(official / "masks" / clip[:2], {clip: labels})
    dataset = opened(official, masks=official / "masks")
    assert dataset.labels("testing/12_0152").tolist() == MASKS["12_0152"]


def test_a_part_of_the_clips_is_noted_with_counts(official: Path) -> None:
    (note,) = opened(official).notes()
    assert "found 2 training and 3 test clips of 330 and 107; figures must not be compared" in note


def test_a_test_clip_without_labels_is_named(official: Path) -> None:
    (official / "testing" / "test_frame_mask" / "01_0130.npy").unlink()
    with pytest.raises(DatasetError, match=r"labels for 3 test clips .* found 2 \(missing: testing/01_0130\).*none"):
        opened(official).videos()
    assert opened(official, labels="none").labels("testing/01_0014") is None


@pytest.mark.parametrize("content, problem", [
    (np.array([0, 255], np.uint8), r"01_0014\.npy holds 255; expected 0 and 1"),
    (np.zeros((2, 2), np.uint8), r"01_0014\.npy is an array \(2, 2\); expected \(frames,\)"),
])  # fmt: skip
def test_a_mask_of_another_kind_is_named(official: Path, content: np.ndarray, problem: str) -> None:
    np.save(official / "testing" / "test_frame_mask" / "01_0014.npy", content)
    with pytest.raises(DatasetError, match=problem):
        opened(official).labels("testing/01_0014")
    with pytest.raises(DatasetError, match=problem):
        opened(official).label_frames("testing/01_0014")


def test_a_clip_whose_poses_cannot_be_read_is_listed_with_one_frame_until_they_are_mended(poses: Path) -> None:
    path = poses / "data" / "ShanghaiTech" / "pose" / "train" / f"01_001{posed_layouts.ENDING}"
    path.write_text("<html>")
    assert opened(poses).videos()[0].recording.frames == 1
    posed_layouts.tracked(path.parent, {"01_001": [0, 4]})
    assert opened(poses).videos()[0].recording.frames == 5


def test_a_folder_that_does_not_match_says_what_was_expected_and_found(tmp_path: Path) -> None:
    layouts.files(tmp_path, "holiday/a.mp4")
    with pytest.raises(DatasetError, match=r"expected 330 training and 107 test clips, as training/.*found holiday"):
        opened(tmp_path).videos()


def test_more_clips_than_published_are_another_data_set(tmp_path: Path) -> None:
    posed_layouts.tracked(tmp_path / "pose" / "test", {f"01_{number:04d}": [] for number in range(108)})
    with pytest.raises(DatasetError, match=r"at most 107 test clips .* found 108; is this ShanghaiTech Campus\?"):
        opened(tmp_path).videos()


def test_an_empty_clip_is_refused(official: Path) -> None:
    (official / "testing" / "frames" / "01_0015").mkdir()
    with pytest.raises(DatasetError, match="01_0015: a clip without frames"):
        opened(official).videos()


def test_wrong_options_and_ids_are_refused_by_name(official: Path) -> None:
    with pytest.raises(ConfigError, match=r"'shanghaitech' has no option 'mask' \(did you mean 'masks'\?\)"):
        opened(official, mask="x")
    with pytest.raises(DatasetError, match=r"no video 'testing/01_0015' \(did you mean"):
        opened(official).labels("testing/01_0015")


@pytest.mark.parametrize("root, kind", [(None, ConfigError), (Path("/nowhere"), DatasetError)])
def test_a_root_is_needed(tmp_path: Path, root: Path | None, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="root"):
        ShanghaiTech(root, tmp_path).videos()


@pytest.mark.shared
def test_the_masks_of_five_cameras_have_the_counted_sums(shared: Path, tmp_path: Path) -> None:
    masks = shared / "data" / "hr_shanghaitech_skeletons" / "test_frame_mask"
    posed_layouts.tracked(tmp_path / "pose" / "test", {path.stem: [] for path in masks.glob("*.npy")})
    sums = {}
    for kind in (ShanghaiTech, ShanghaiTechHr):
        dataset = kind(tmp_path, tmp_path / "work", masks=masks)
        labels = [dataset.labels(video.id) for video in dataset.videos()]
        sums[kind] = len(labels), sum(map(len, labels)), sum(found.sum() for found in labels)
    assert sums[ShanghaiTech] == (66, 11894 + 1155 + 4761 + 3368 + 3708, 4884 + 662 + 1874 + 886 + 1992)
    assert sums[ShanghaiTechHr] == (63, 23611, 9704)
