"""A video is its pictures, or what was published of them, and the files beside it."""

import json
from pathlib import Path

import pytest

from features.plan.listing import Recording, Video
from features.plan.sources import NO_FILE, file_digests, index_of, make_index_of, only, scan_of
from features.video.scan import ScanCache

RECORDED = Recording(frames=40, height=480, width=856, fps=24.0)


@pytest.fixture
def scans(tmp_path: Path) -> ScanCache:
    return ScanCache(tmp_path / "sources")


def poses_file(tmp_path: Path, name: str = "01_0014.json", text: str = "{}") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(text))
    return path


def test_a_recording_is_indexed_without_decoding(tmp_path: Path, scans: ScanCache) -> None:
    video = Video("test/01_0014", poses_file(tmp_path), "test", recording=RECORDED)
    assert index_of(scans, video) is None
    index = make_index_of(scans, video)
    assert index == index_of(scans, video)
    assert (index.reader, index.frames, index.height, index.width) == ("none", 40, 480, 856)
    assert index.fps == pytest.approx(24)


def test_a_recording_of_other_length_is_another_source(tmp_path: Path, scans: ScanCache) -> None:
    path = poses_file(tmp_path)
    longer = Recording(frames=41, height=480, width=856, fps=24.0)
    digests = {make_index_of(scans, Video("a", path, "test", recording=each)).digest for each in (RECORDED, longer)}
    assert len(digests) == 2


def test_a_recording_whose_file_changed_is_not_known(tmp_path: Path, scans: ScanCache) -> None:
    path = poses_file(tmp_path)
    video = Video("a", path, "test", recording=RECORDED)
    make_index_of(scans, video)
    poses_file(tmp_path, text="other")
    assert index_of(scans, video) is None


def test_a_folder_of_files_that_are_no_images_is_known_by_all_of_them(tmp_path: Path, scans: ScanCache) -> None:
    folder = tmp_path / "0014"
    folder.mkdir()
    for person in ("0001.csv", "0002.csv"):
        (folder / person).write_text(person)
    before = scans.note(folder)
    assert scans.digest(folder) == before
    (folder / "0002.csv").write_text("longer than before")
    assert scans.digest(folder) == ""
    assert scans.note(folder) != before


def test_many_videos_are_looked_up_with_their_files(tmp_path: Path, scans: ScanCache) -> None:
    poses = poses_file(tmp_path)
    with_file = Video("a", tmp_path / "a.mp4", "test", files={"poses": poses})
    without = Video("b", tmp_path / "b.mp4", "test")
    assert scan_of(scans, [with_file, without], ["poses"]).files == {"poses": ["", NO_FILE]}
    digest = scans.note(poses)
    assert scan_of(scans, [with_file, without], ["poses"]).files == {"poses": [digest, NO_FILE]}
    assert file_digests(scans, with_file, ["poses"]) == {"poses": digest}
    assert file_digests(scans, without, ["poses"]) == {"poses": NO_FILE}


def test_of_two_videos_of_one_content_with_other_files_the_second_is_refused(tmp_path: Path, scans: ScanCache) -> None:
    one, other = (poses_file(tmp_path, f"{name}.json", text=name) for name in "ab")
    paths = [poses_file(tmp_path, f"{name}.mp4", text="same") for name in "cd"]
    for path in (one, other, *paths):
        scans.note(path)
    videos = [
        Video(path.stem, path, "test", files={"poses": poses}) for path, poses in zip(paths, (one, other), strict=True)
    ]
    first, second = scan_of(scans, videos, ["poses"]).problems
    assert first == ""
    assert second == "d has the same content as c and other published poses; keep one of the two videos"
    assert scan_of(scans, videos, []).problems == ["", ""]


def test_files_that_nobody_reads_are_left_out(tmp_path: Path) -> None:
    video = Video("a", tmp_path / "a.mp4", "test", files={"poses": tmp_path / "a.json", "masks": tmp_path / "masks"})
    assert [dict(each.files) for each in only([video], ["poses"])] == [{"poses": tmp_path / "a.json"}]
