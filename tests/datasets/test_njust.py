"""NJUST-Anomaly: videos, poses and masks by number."""

from pathlib import Path

import pytest

from features.datasets.njust import Njust
from features.datasets.plaza import Plaza
from features.errors import ConfigError, DatasetError
from features.plan.listing import Recording
from tests.datasets import layouts, posed_layouts


def lay_out(root: Path, train: int, test: int, videos: bool = True) -> None:
    """Clips 1 to n of both splits; test clip n has n + 1 frames, the last of them abnormal."""
    for split, count in (("train", train), ("test", test)):
        for number in range(1, count + 1):
            posed_layouts.njust_poses(root / split / "pose" / f"{number}.json", [0, number])
            if videos:
                layouts.files(root, f"{split}/videos/{number}.mp4")
    labels = {str(number): [0] * number + [1] for number in range(1, test + 1)}
    posed_layouts.frame_masks(root / "test" / "mask", labels)


def opened(root: Path, **options: object) -> Njust:
    return Njust(root, root / "work", **options)


def test_clips_come_by_number_not_by_name(tmp_path: Path) -> None:
    lay_out(tmp_path, 1, 11)
    dataset = opened(tmp_path)
    assert [video.id for video in dataset.videos()] == ["train/1", *(f"test/{number}" for number in range(1, 12))]
    assert [dataset.label_frames(f"test/{number}") for number in (1, 2, 10, 11)] == [2, 3, 11, 12]


def test_one_is_abnormal(tmp_path: Path) -> None:
    lay_out(tmp_path, 1, 3)
    assert opened(tmp_path).labels("test/3").tolist() == [0, 0, 0, 1]


def test_poses_are_files_of_their_videos(tmp_path: Path) -> None:
    lay_out(tmp_path, 1, 1)
    video = opened(tmp_path).videos()[0]
    assert (video.path.name, video.files["poses"].name, video.recording) == ("1.mp4", "1.json", None)


def test_without_videos_a_size_has_to_be_given(tmp_path: Path) -> None:
    lay_out(tmp_path, 2, 1, videos=False)
    with pytest.raises(ConfigError, match=r"the video of train/1 is not there .* set size: WIDTHxHEIGHT"):
        opened(tmp_path).videos()
    videos = opened(tmp_path, size="1280x720", fps=25).videos()
    assert [video.recording for video in videos] == [Recording(n, 720, 1280, 25.0) for n in (2, 3, 2)]


@pytest.mark.parametrize("train, test", [(130, 15), (107, 30)])
def test_both_published_sizes_are_whole(tmp_path: Path, train: int, test: int) -> None:
    lay_out(tmp_path, train, test)
    assert opened(tmp_path).notes() == []


def test_another_size_is_noted(tmp_path: Path) -> None:
    lay_out(tmp_path, 5, 3)
    (note,) = opened(tmp_path).notes()
    assert "found 5 training and 3 test clips of 130 and 15, or 107 and 30; figures must not be compared" in note


@pytest.mark.parametrize("removed, message", [
    ("test/pose/2.json", r"test/pose holds 2 of the 3 clips of test \(missing: 2\)"),
    ("test/mask/3.npy", r"test/mask holds 2 of the 3 clips of test \(missing: 3\)"),
    ("train/videos/1.mp4", r"train/videos holds 1 of the 2 clips of train \(missing: 1\)"),
])  # fmt: skip
def test_videos_poses_and_masks_are_of_the_same_clips(tmp_path: Path, removed: str, message: str) -> None:
    lay_out(tmp_path, 2, 3)
    (tmp_path / removed).unlink()
    with pytest.raises(DatasetError, match=message):
        opened(tmp_path).videos()


def test_a_folder_that_does_not_match_says_what_was_expected(tmp_path: Path) -> None:
    layouts.files(tmp_path, "train/1.mp4")
    with pytest.raises(DatasetError, match=r"expected 130 training and 15 test clips, as train/videos/1\.mp4"):
        opened(tmp_path).videos()


def test_plaza_is_laid_out_like_it(tmp_path: Path) -> None:
    plaza = Plaza(None, tmp_path, clips=1, frames=4, size=(64, 64))
    plaza.prepare()
    dataset = opened(plaza.folder)
    assert [video.files for video in dataset.videos()] == [video.files for video in plaza.videos()]
    assert dataset.labels("test/1").tolist() == plaza.labels("test/1").tolist()
