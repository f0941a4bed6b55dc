"""Published files are found by the names of the videos."""

import unicodedata
from pathlib import Path

import pytest

from features.errors import ConfigError
from features.plan.listing import Video
from features.plan.published import with_published


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    return path


def video(name: str) -> Video:
    return Video(name, Path(f"/videos/{name}.mp4"), "test")


@pytest.mark.parametrize(
    "name",
    ["01_0014.json", "01_0014_alphapose_tracked_person.json", "01_0014_alphapose-results.json", "deep/er/01_0014.pkl"],
)
def test_a_file_bears_the_name_of_its_video(tmp_path: Path, name: str) -> None:
    path = touch(tmp_path / name)
    touch(tmp_path / "01_0015.json")
    assert with_published([video("test/01_0014")], {"poses": tmp_path})[0].files == {"poses": path}


@pytest.mark.parametrize("name", ["01_0014/alphapose-results.json", "01_0014/01_0014_ALPHAPOSE_TRACKED_PERSON.JSON"])
def test_a_file_without_a_name_is_named_like_its_folder(tmp_path: Path, name: str) -> None:
    path = touch(tmp_path / name)
    assert with_published([video("test/01_0014")], {"poses": tmp_path})[0].files == {"poses": path}


def test_names_are_compared_in_composed_form(tmp_path: Path) -> None:
    path = touch(tmp_path / unicodedata.normalize("NFD", "한글.json"))
    found = with_published([video(unicodedata.normalize("NFC", "test/한글"))], {"poses": tmp_path})
    assert found[0].files == {"poses": path}


def test_files_below_a_folder_of_a_split_belong_to_that_split_alone(tmp_path: Path) -> None:
    for name in ("1.json", "2.json"):
        touch(tmp_path / "test" / "pose" / name)
    listed = [video(name) for name in ("train/1", "train/2", "test/1")]
    found = with_published(listed, {"poses": tmp_path / "test" / "pose"})
    assert [dict(each.files) for each in found] == [{}, {}, {"poses": tmp_path / "test" / "pose" / "1.json"}]


def test_a_file_that_fits_two_videos_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "1.json")
    with pytest.raises(ConfigError, match=r"1\.json may be the poses of train/1 and of test/1; put such files into"):
        with_published([video("train/1"), video("test/1")], {"poses": tmp_path})


def test_files_that_can_be_no_poses_and_links_in_a_circle_are_passed_over(tmp_path: Path) -> None:
    path = touch(tmp_path / "pose" / "1.json")
    touch(tmp_path / "mask" / "1.npy")
    (tmp_path / "pose" / "loop").symlink_to(tmp_path)
    assert with_published([video("test/1")], {"poses": tmp_path})[0].files == {"poses": path}


def test_a_folder_of_trajectories_is_one_file(tmp_path: Path) -> None:
    for person in ("0001.csv", "0002.csv"):
        touch(tmp_path / "01" / "0014" / person)
    assert with_published([video("01/0014")], {"poses": tmp_path})[0].files == {"poses": tmp_path / "01" / "0014"}


def test_folders_decide_between_equal_names(tmp_path: Path) -> None:
    test = touch(tmp_path / "test" / "1.json")
    touch(tmp_path / "train" / "1.json")
    assert with_published([video("test/1")], {"poses": tmp_path})[0].files == {"poses": test}


def test_equal_names_that_nothing_decides_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "1.json")
    touch(tmp_path / "b" / "1.json")
    with pytest.raises(ConfigError, match=r"poses of test/1 may be a/1\.json and b/1\.json"):
        with_published([video("test/1")], {"poses": tmp_path})


def test_a_video_without_a_file_keeps_what_its_data_set_has(tmp_path: Path) -> None:
    touch(tmp_path / "1.json")
    own = Video("test/2", Path("/videos/2.mp4"), "test", files={"poses": Path("/own/2.json")})
    first, second = with_published([video("test/1"), own], {"poses": tmp_path})
    assert first.files == {"poses": tmp_path / "1.json"}
    assert second.files == {"poses": Path("/own/2.json")}


def test_a_folder_in_which_nothing_fits_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "unlike.json")
    with pytest.raises(ConfigError, match=r"has no poses for any video \(it has unlike, the first video is test/1\)"):
        with_published([video("test/1")], {"poses": tmp_path})


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the folder of poses, is not there"):
        with_published([video("1")], {"poses": tmp_path / "nowhere"})
