"""UCSD Ped1 and Ped2: every layout, every form of labels, every known trap of alignment."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.counts import check_counts
from features.datasets.intervals import read_matlab_script
from features.datasets.ucsd import Ucsd
from features.errors import ConfigError, DatasetError
from tests.datasets import layouts

PED2 = (240, 360)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two training and two test clips of Ped2 as in the archive, masks included."""
    base = tmp_path / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2"
    layouts.ucsd(base, train={1: 3, 2: 4}, test={1: 4, 6: 3})
    layouts.bmp_masks(base / "Test" / "Test001_gt", [0, 1, 1, 0], PED2)
    layouts.bmp_masks(base / "Test" / "Test006_gt", [1, 1, 0], PED2, prefix="frame")
    return tmp_path


def ped2(root: Path, **options: object) -> Ucsd:
    return Ucsd(root, root / "work", **options)


@pytest.mark.parametrize("inside", [".", "UCSD_Anomaly_Dataset.v1p2", "UCSD_Anomaly_Dataset.v1p2/UCSDped2"])
def test_root_may_be_the_part_the_archive_or_the_folder_above(archive: Path, inside: str) -> None:
    videos = ped2(archive / inside).videos()
    assert [video.id for video in videos] == ["Train/Train001", "Train/Train002", "Test/Test001", "Test/Test006"]
    assert [video.split for video in videos] == ["train", "train", "test", "test"]
    assert videos[-1].path.name == "Test006" and videos[-1].path.is_dir()


def test_masks_are_joined_by_clip_whatever_their_file_names(archive: Path) -> None:
    dataset = ped2(archive)
    assert dataset.labels("Test/Test001").tolist() == [0, 1, 1, 0]
    assert dataset.labels("Test/Test006").tolist() == [1, 1, 0]
    masks = list(dataset.masks("Test/Test006"))
    assert [mask.sum() for mask in masks] == [1, 1, 0] and masks[0].shape == PED2 and masks[0].dtype == bool


def test_training_clips_are_normal_for_their_published_length(archive: Path) -> None:
    assert ped2(archive).labels("Train/Train002").tolist() == [0] * 150


@pytest.mark.parametrize("folder", ["Test/Test001_gt_old", "Test/Test002 copy", "Test/Test0011", "Test/._Test003"])
def test_other_folders_are_no_clips(archive: Path, folder: str) -> None:
    layouts.images(archive / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2" / folder, 2)
    assert len(ped2(archive).videos()) == 4


def test_a_root_with_gt_in_its_name_is_as_good_as_any(tmp_path: Path) -> None:
    root = tmp_path / "my_gt_data"
    layouts.ucsd(root, train={1: 2}, test={})
    assert [video.id for video in ped2(root).videos()] == ["Train/Train001"]


def test_intervals_count_from_one_and_include_the_last_frame(archive: Path) -> None:
    script = archive / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2" / "Test" / "UCSDped2.m"
    layouts.intervals(script, ["61:180", "95:180", "1:146", "31:180", "1:129", "1:10, 20:159"])
    layouts.intervals(script.with_name("UCSDped2.m~"), ["1:162"] * 6)
    labels = ped2(archive, labels="intervals").labels("Test/Test001")
    assert len(labels) == 180 and np.flatnonzero(labels).tolist() == list(range(60, 180))
    sixth = np.flatnonzero(ped2(archive, labels="intervals").labels("Test/Test006"))
    assert sixth.tolist() == [*range(10), *range(19, 159)]


@pytest.mark.parametrize("listed, read", [
    ("60:152", [(60, 152)]),
    ("5:90, 140:200", [(5, 90), (140, 200)]),
    ("5 : 90 140:200", [(5, 90), (140, 200)]),
    ("7", [(7, 7)]),
    ("", []),
])  # fmt: skip
def test_intervals_are_read_as_matlab_does(tmp_path: Path, listed: str, read: list[tuple[int, int]]) -> None:
    layouts.intervals(tmp_path / "a.m", [listed, "1:2"])
    assert read_matlab_script(tmp_path / "a.m") == [read, [(1, 2)]]


def test_commented_lines_of_a_script_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.m").write_text("% gt_frame = [1:5];\nTestVideoFile{end+1}.gt_frame = [2:3]; % was [2:4]\n")
    assert read_matlab_script(tmp_path / "a.m") == [[(2, 3)]]


@pytest.mark.parametrize("listed, problem", [
    ("1:181", "clip 1 is abnormal from 1 to 181, but has frames 1 to 180"),
    ("0:5", "clip 1 is abnormal from 0 to 5"),
    ("one:two", "'one:two' is no interval"),
])  # fmt: skip
def test_impossible_intervals_are_refused(archive: Path, listed: str, problem: str) -> None:
    layouts.intervals(archive / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2" / "UCSDped2.m", [listed] + ["1:2"] * 11)
    with pytest.raises(DatasetError, match=problem):
        ped2(archive, labels="intervals").videos()


def test_matlab_cells_are_read_too(tmp_path: Path) -> None:
    layouts.images(tmp_path / "testing" / "frames" / "01", 2, ".jpg", first=0)
    layouts.interval_cells(tmp_path / "ped2.mat", [[(61, 70), (80, 180)]] + [[(1, 2)]] * 11)
    assert ped2(tmp_path).labels("Test/Test001").sum() == 10 + 101


def test_reencoded_frames_have_the_same_ids(tmp_path: Path) -> None:
    for folder in ("training/frames/01", "training/frames/10", "training/frames/2", "testing/frames/12"):
        layouts.images(tmp_path / "ped2" / folder, 2, ".jpg", first=0)
    listed = [video.id for video in ped2(tmp_path, labels="none").videos()]
    assert listed == ["Train/Train001", "Train/Train002", "Train/Train010", "Test/Test012"]


def test_a_folder_of_one_video_per_clip(tmp_path: Path) -> None:
    layouts.files(tmp_path / "clips", "Train001.mkv", "Test001.mkv", "Test002.mp4", "._Test003.mkv", "readme.txt")
    packed = {f"Test{n:03d}": np.packbits(np.ones((n, *PED2), bool), axis=-1) for n in (1, 2)}
    np.savez(tmp_path / "masks_some.npz", header=np.zeros(3), **packed)
    dataset = ped2(tmp_path)
    assert [video.path.name for video in dataset.videos()] == ["Train001.mkv", "Test001.mkv", "Test002.mp4"]
    assert dataset.labels("Test/Test002").tolist() == [1, 1]


def test_two_files_for_one_clip_are_refused(tmp_path: Path) -> None:
    layouts.files(tmp_path, "Test001.mkv", "Test001.avi")
    with pytest.raises(DatasetError, match=r"Test001\.avi and Test001\.mkv are both clip 1"):
        ped2(tmp_path).videos()


def test_an_empty_clip_is_refused(archive: Path) -> None:
    (archive / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2" / "Train" / "Train003").mkdir()
    with pytest.raises(DatasetError, match="Train003: a clip without frames"):
        ped2(archive).videos()


def test_a_folder_that_does_not_match_says_what_was_expected_and_found(tmp_path: Path) -> None:
    layouts.files(tmp_path, "holiday/a.mp4", "notes.txt")
    with pytest.raises(
        DatasetError, match=r"expected 16 training and 12 test clips .*Train001.* found holiday, notes\.txt"
    ):
        ped2(tmp_path).videos()


def test_more_clips_than_published_are_another_data_set(tmp_path: Path) -> None:
    layouts.ucsd(tmp_path, train={17: 1, 18: 1}, test={})
    with pytest.raises(DatasetError, match=r"expected training clips 1-16 .* found 17-18; is this UCSD Ped2"):
        ped2(tmp_path).videos()


def test_a_part_of_the_clips_is_noted_with_counts(archive: Path) -> None:
    notes = " | ".join(ped2(archive).notes())
    assert "only 2 of 16 training clips (missing: 3-16)" in notes
    assert "only 2 of 12 test clips (missing: 2-5, 7-12)" in notes
    assert "labels: masks in Test" in notes


def ped1(root: Path, masked: int) -> Path:
    layouts.ucsd(root, train={}, test=dict.fromkeys(range(1, 37), 1))
    for number in range(1, masked + 1):
        layouts.bmp_masks(root / "Test" / f"Test{number:03d}_gt", [1], (158, 238))
    layouts.intervals(root / "Test" / "UCSDped1.m", ["3:5"] * 36)
    return root


def test_ped1_with_the_masks_of_ten_clips_takes_the_intervals_and_says_so(tmp_path: Path) -> None:
    dataset = Ucsd(ped1(tmp_path, 10), tmp_path, part="ped1")
    assert dataset.name == "ucsdped1"
    assert dataset.labels("Test/Test001").sum() == 3
    notes = " | ".join(dataset.notes())
    assert "intervals of UCSDped1.m, since there are masks for 10 of 36 test clips only" in notes
    assert "two label sets" in notes and "4291 by the masks, 4045 by the intervals" in notes


def test_ped1_with_the_completed_masks_takes_these(tmp_path: Path) -> None:
    dataset = Ucsd(ped1(tmp_path, 36), tmp_path, part="ped1")
    assert dataset.labels("Test/Test036").tolist() == [1]


def test_masks_may_lie_elsewhere(tmp_path: Path) -> None:
    root = tmp_path / "data"
    layouts.ucsd(root, train={}, test={1: 2})
    layouts.bmp_masks(tmp_path / "complete" / "Test001_gt", [0, 1], PED2)
    assert ped2(root, masks=tmp_path / "complete").labels("Test/Test001").tolist() == [0, 1]


def test_masks_for_a_part_of_the_clips_alone_are_refused_when_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"expected masks for 36 test clips .* for 10 \(missing: 11-36\).*labels: none"
    ):
        Ucsd(ped1(tmp_path, 10), tmp_path, part="ped1", labels="masks").videos()


def test_without_labels_nothing_is_asked_of_them(tmp_path: Path) -> None:
    layouts.ucsd(tmp_path, train={}, test={1: 2})
    dataset = ped2(tmp_path, labels="none")
    assert len(dataset.videos()) == 1
    assert dataset.labels("Test/Test001") is None and dataset.masks("Test/Test001") is None


def test_a_missing_mask_is_named(archive: Path) -> None:
    (archive / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2" / "Test" / "Test001_gt" / "002.bmp").unlink()
    with pytest.raises(DatasetError, match="masks 1 to 4, but 2 is missing"):
        ped2(archive).labels("Test/Test001")


def test_masks_of_another_size_are_refused(tmp_path: Path) -> None:
    layouts.ucsd(tmp_path, train={}, test={1: 1})
    layouts.bmp_masks(tmp_path / "Test" / "Test001_gt", [1], (158, 238))
    with pytest.raises(DatasetError, match="a mask of 238 x 158, expected 360 x 240"):
        ped2(tmp_path).labels("Test/Test001")


def test_counts_are_compared_with_labels_clip_by_clip(archive: Path) -> None:
    dataset = ped2(archive)
    check_counts(dataset, {"Test/Test001": 4, "Test/Test006": 3, "Train/Train001": 120})
    with pytest.raises(
        DatasetError, match=r"Test/Test006 has 4 frames but its labels have 3 \(and 1 more .*labels: none"
    ):
        check_counts(dataset, {"Test/Test001": 4, "Test/Test006": 4, "Train/Train001": 119})


def test_labels_from_masks_are_remembered_until_a_mask_changes(archive: Path) -> None:
    assert ped2(archive).labels("Test/Test001").tolist() == [0, 1, 1, 0]
    kept = list((archive / "work" / "labels").rglob("*.npy"))
    assert len(kept) == 1
    np.save(kept[0], np.int8([9, 9]))
    assert ped2(archive).labels("Test/Test001").tolist() == [9, 9]
    masks = archive / "UCSD_Anomaly_Dataset.v1p2" / "UCSDped2" / "Test" / "Test001_gt"
    layouts.bmp_masks(masks / "new", [1], PED2)
    (masks / "new" / "001.bmp").replace(masks / "001.bmp")
    assert ped2(archive).labels("Test/Test001").tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("options, problem", [
    ({"part": "ped3"}, r"option 'part' .* found 'ped3' \(did you mean 'ped2'\?\)"),
    ({"parts": "ped2"}, r"no option 'parts' \(did you mean 'part'\?\)"),
    ({"labels": "mask"}, r"found 'mask' \(did you mean 'masks'\?\)"),
])  # fmt: skip
def test_wrong_options_are_refused_by_name(tmp_path: Path, options: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Ucsd(tmp_path, tmp_path, **options)


@pytest.mark.parametrize("root, kind", [(None, ConfigError), (Path("/nowhere"), DatasetError)])
def test_a_root_is_needed(tmp_path: Path, root: Path | None, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="root"):
        Ucsd(root, tmp_path).videos()


@pytest.mark.shared
def test_the_clips_of_ped2_agree_with_their_manifest(shared: Path, tmp_path: Path) -> None:
    root = shared / "data" / "ucsdped2"
    masks, listed = Ucsd(root, tmp_path), Ucsd(root, tmp_path, labels="intervals")
    videos = masks.videos()
    assert len(videos) == 12 and all(video.path.is_file() for video in videos)
    assert [masks.label_frames(v.id) for v in videos] == [120, 150, 150, 180, 180, 180, 150, 180, 150, 180, 180, 180]
    test = [video.id for video in videos if video.split == "test"]
    assert sum(masks.labels(name).sum() for name in test) == 1105
    for name in test:
        np.testing.assert_array_equal(masks.labels(name), listed.labels(name))


@pytest.mark.shared
def test_both_label_sets_of_ped1_have_the_published_sums(shared: Path, tmp_path: Path) -> None:
    import json

    layouts.files(tmp_path, *(f"Test{number:03d}.avi" for number in range(1, 37)))
    said = json.loads((shared / "data" / "ped1_gt" / "intervals_v1p2.json").read_text())
    layouts.intervals(tmp_path / "UCSDped1.m", [", ".join(f"{a}:{b}" for a, b in said[clip]) for clip in sorted(said)])
    complete = shared / "data" / "ped1_gt" / "masks_complete_36clips.npz"
    by_masks = Ucsd(tmp_path, tmp_path / "work", part="ped1", masks=complete)
    by_intervals = Ucsd(tmp_path, tmp_path / "work", part="ped1")
    ids = [video.id for video in by_masks.videos()]
    labels = [(by_masks.labels(name), by_intervals.labels(name)) for name in ids]
    assert (sum(a.sum() for a, _ in labels), sum(b.sum() for _, b in labels)) == (4291, 4045)
    assert sum(bool((a != b).any()) for a, b in labels) == 19
