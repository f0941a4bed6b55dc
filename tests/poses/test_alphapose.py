"""A user's AlphaPose, driven: a stand-in with its options, its results and its failures."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from features.errors import ConfigError, SourceError, WeightsError
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.alphapose import CFG, CHECKPOINT, PROGRAM, TRACKER, AlphaPose
from features.extract.poses.table import COLUMNS, JOINTS
from features.plan.stages import Context
from tests.extract.boxes.boxes_conformance import ArrayVideo
from tests.poses.poses_conformance import PosesThatPoint, place, spots


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder of weights that holds a checkout whose path has spaces."""
    folder = tmp_path / "the weights/Alpha Pose"
    for name, content in ((PROGRAM, ""), (CFG, "well\n"), (CHECKPOINT, "numbers"), ("detector/yolo_cfg.py", "0.1")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / PROGRAM).write_text((Path(__file__).parent / "stand_in.py").read_text())
    return folder


def recipe(checkout: Path, /, **parameters):
    context = Context("plaza", (checkout.parent,), {"frames": FramesRecipe()})
    return AlphaPose.recipe({"checkout": "Alpha Pose", "python": sys.executable, **parameters}, context)


def backend(checkout: Path, mode: str = "well", **parameters) -> AlphaPose:
    (checkout / CFG).write_text(f"{mode}\n")
    return AlphaPose(recipe(checkout, **parameters), Machine())


def folder_video(folder: Path, pixels: np.ndarray, first: int = 0) -> ArrayVideo:
    """A video of image files, numbered from `first` without leading zeros."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(pixels, first):
        cv2.imwrite(str(folder / f"{number}.png"), frame[..., ::-1])
    return with_path(ArrayVideo(pixels), folder)


def with_path(video: ArrayVideo, path: Path) -> ArrayVideo:
    video.path, video.numbers = path, np.arange(video.frames)
    return video


class TestAlphaPose(PosesThatPoint):
    @pytest.fixture(autouse=True)
    def _checkout(self, checkout, tmp_path):
        self.checkout, self.folder = checkout, tmp_path / "a video"

    def backend(self, machine):
        return AlphaPose(recipe(self.checkout), machine)

    def video(self, pixels):
        return folder_video(self.folder, pixels)


def poses(found: AlphaPose, video: ArrayVideo) -> list[np.ndarray]:
    return [rows for rows, _ in found.poses(video)]


class TestFrames:
    def test_images_are_frames_in_their_natural_order_wherever_they_begin_to_count(self, checkout, tmp_path):
        video = folder_video(tmp_path / "images", spots(12), first=5)
        for number, rows in enumerate(poses(backend(checkout), video)):
            np.testing.assert_allclose(rows[0, JOINTS][:2], place(number), atol=1)

    def test_a_video_file_is_read_by_the_program_itself(self, checkout, tmp_path):
        path = tmp_path / "a film.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (128, 96))
        for frame in spots():
            writer.write(frame[..., ::-1].copy())
        writer.release()
        found = poses(backend(checkout), with_path(ArrayVideo(spots()), path))
        assert [len(rows) for rows in found] == [1] * 7
        np.testing.assert_allclose(found[6][0, JOINTS][:2], place(6), atol=2)
        assert json.loads((checkout / "seen.json").read_text())["video"] == str(path)

    def test_of_sampled_frames_those_are_taken_and_scaled(self, checkout, tmp_path):
        """Every second frame, at half the size."""
        folder_video(tmp_path / "images", spots(7))
        video = with_path(ArrayVideo(np.zeros((4, 48, 64, 3), np.uint8), source_scale=2), tmp_path / "images")
        video.numbers = np.array([0, 2, 4, 6])
        video.index = video.index.__class__(**{**vars(video.index), "frames": 7})
        for number, rows in zip((0, 2, 4, 6), poses(backend(checkout), video), strict=True):
            np.testing.assert_allclose(rows[0, JOINTS][:2], np.array(place(number)) / 2, atol=1)
            np.testing.assert_allclose(rows[0, 2:4] - rows[0, :2], [10, 20])

    def test_frames_without_anybody_are_empty(self, checkout, tmp_path):
        pixels = spots(4)
        pixels[1:3] = 0
        found = poses(backend(checkout), folder_video(tmp_path / "images", pixels))
        assert [rows.shape for rows in found] == [(1, 57), (0, 57), (0, 57), (1, 57)]


def test_scores_and_tracks_are_the_programs_own(checkout, tmp_path):
    found = backend(checkout)
    ((rows, ids),) = found.poses(folder_video(tmp_path / "images", spots(1)))
    assert rows[0, COLUMNS.index("score")] == 2.5 and np.isnan(rows[0, COLUMNS.index("box_score")])
    np.testing.assert_allclose(rows[0, JOINTS][2::3], 0.9 - np.arange(17) / 100)
    assert found.identified(found.parameters) and ids.tolist() == [7]


def test_without_tracks_nobody_has_an_id(checkout, tmp_path):
    found = backend(checkout, track=False)
    ((_, ids),) = found.poses(folder_video(tmp_path / "images", spots(1)))
    assert ids is None and not found.identified(found.parameters)
    assert "--pose_track" not in json.loads((checkout / "seen.json").read_text())["argv"]


@pytest.mark.parametrize(("device", "gpus"), [("cpu", "-1"), ("cuda:1", "1")])
def test_the_program_runs_on_the_jobs_device(checkout, tmp_path, device, gpus):
    list(AlphaPose(recipe(checkout, detector="yolox-x"), Machine(device)).poses(folder_video(tmp_path / "v", spots(1))))
    seen = json.loads((checkout / "seen.json").read_text())
    assert (seen["gpus"], seen["detector"], seen["sp"]) == (gpus, "yolox-x", True)
    assert (seen["cfg"], seen["checkpoint"]) == (str(checkout / CFG), str(checkout / CHECKPOINT))


class TestFailures:
    """Each is that video's own: one line with the program's last words, and other videos go on."""

    @pytest.mark.parametrize(
        ("mode", "message"),
        [
            ("crash", r"demo_inference.py ended with status 1: .*\| RuntimeError: CUDA out of memory$"),
            ("give up", r"failed but ended as if all were well: .*KeyError\('conv'\) \| An error as above"),
            ("give up and hang", r"failed and did not end by itself: .*KeyError\('conv'\)"),
            ("no file", "ended well but wrote no alphapose-results.json"),
            ("cut off", "alphapose-results.json"),
            ("one more", "found somebody in frame 2, but the video has 2, numbered from 0"),
            ("untracked", "poses without a track although it was asked to follow"),
        ],
    )
    def test_what_goes_wrong_is_said(self, checkout, tmp_path, mode, message):
        with pytest.raises(SourceError, match=message) as raised:
            poses(backend(checkout, mode), folder_video(tmp_path / "images", spots(2)))
        assert "\n" not in str(raised.value)

    def test_results_of_an_earlier_run_are_never_taken(self, checkout, tmp_path):
        found, video = backend(checkout, "once"), folder_video(tmp_path / "images", spots(2))
        assert len(poses(found, video)) == 2
        with pytest.raises(SourceError, match="wrote no alphapose-results"):
            poses(found, video)

    def test_one_that_never_ends_is_ended_with_all_its_processes(self, checkout, tmp_path):
        with pytest.raises(SourceError, match="did not end within 2 s and was ended; raise its 'timeout'"):
            poses(backend(checkout, "hang", timeout=2), folder_video(tmp_path / "images", spots(1)))
        assert all(gone(int(pid)) for pid in (checkout / "pids").read_text().split())

    def test_nothing_is_left_behind_on_disk(self, checkout, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
        (tmp_path / "tmp").mkdir()
        for mode in ("well", "crash"):
            try:
                poses(backend(checkout, mode), folder_video(tmp_path / "images", spots(1)))
            except SourceError:
                assert mode == "crash"
            assert list((tmp_path / "tmp").iterdir()) == []

    def test_it_ends_with_the_job_that_was_killed(self, checkout, tmp_path):
        """A job that is killed cannot clean up; the program ends all the same."""
        (checkout / CFG).write_text("hang\n")
        folder_video(tmp_path / "images", spots(1))
        code = "from tests.poses.test_alphapose import hang; hang()"
        here = {**os.environ, "TMPDIR": str(tmp_path)}
        job = subprocess.Popen([sys.executable, "-c", code, str(checkout), str(tmp_path / "images")], env=here)
        pids = checkout / "pids"
        wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        job.send_signal(signal.SIGKILL)
        job.wait()
        program, child = map(int, pids.read_text().split())
        wait_for(lambda: gone(program))
        os.kill(child, signal.SIGKILL)

    def test_videos_without_pictures_are_refused(self, checkout, tmp_path):
        video = folder_video(tmp_path / "images", spots(1))
        video.index = video.index.__class__(**{**vars(video.index), "reader": "none"})
        with pytest.raises(SourceError, match="published without pictures; use poses: import"):
            poses(backend(checkout), video)


def hang() -> None:
    """A job of its own process: `checkout` and `images` of its command line, whose program hangs."""
    checkout, images = map(Path, sys.argv[1:])
    list(AlphaPose(recipe(checkout), Machine()).poses(with_path(ArrayVideo(spots(1)), images)))


def gone(pid: int) -> bool:
    """Whether a process has ended, whoever has to take note of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(what, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


OSNET = "trackers/weights/osnet_ain.pth"


def tracker(checkout: Path) -> Path:
    """The tracker's settings as AlphaPose has them, and the weights that they name."""
    (checkout / OSNET).parent.mkdir(parents=True)
    (checkout / OSNET).write_text("numbers")
    lines = ['cfg.arch = "osnet_ain" # "osnet" or "res50-fc512"', f'cfg.loadmodel = "{OSNET}"', '# or "other.pth"']
    (checkout / TRACKER).write_text("\n".join(lines))
    return checkout / OSNET


class TestRecipe:
    def test_places_are_no_part_of_it(self, checkout, tmp_path):
        one = recipe(checkout)
        assert one.digest == recipe(checkout, checkout=str(checkout), timeout=9).digest
        assert str(tmp_path) not in json.dumps(one.content()) and sys.executable not in json.dumps(one.content())

    @pytest.mark.parametrize("name", [CFG, CHECKPOINT, "detector/yolo_cfg.py"])
    def test_another_network_or_setting_is_another_recipe(self, checkout, name):
        before = recipe(checkout).digest
        (checkout / name).write_text("something else")
        assert recipe(checkout).digest != before

    def test_following_stands_on_the_trackers_settings_and_the_weights_that_they_name(self, checkout):
        weights = tracker(checkout)
        digests = {track: recipe(checkout, track=track).digest for track in (True, False)}
        assert [file.name for file in recipe(checkout).own] == ["detector/yolo_cfg.py", TRACKER, OSNET]
        weights.write_text("others")
        assert recipe(checkout, track=True).digest != digests[True]
        assert recipe(checkout, track=False).digest == digests[False]

    def test_weights_that_the_tracker_lacks_are_named(self, checkout):
        tracker(checkout).unlink()
        with pytest.raises(WeightsError, match=r"weights 'trackers/weights/osnet_ain.pth' are in none of .*Alpha Pose"):
            recipe(checkout)
        assert recipe(checkout, track=False).own

    @pytest.mark.parametrize("change", [{"track": False}, {"detector": "yolox-x"}])
    def test_so_is_another_choice(self, checkout, change):
        assert recipe(checkout).digest != recipe(checkout, **change).digest

    def test_by_default_it_is_the_network_of_the_published_poses(self, checkout):
        found = recipe(checkout)
        assert (found.cfg.name, found.checkpoint.name, found.detector, found.track) == (CFG, CHECKPOINT, "yolo", True)

    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"checkout": "nowhere"}, ConfigError, r"no AlphaPose \(scripts/demo_inference.py\) at .*nowhere; name"),
            ({"python": "no-such-python"}, ConfigError, "no interpreter 'no-such-python'"),
            ({"timeout": 0}, ConfigError, "timeout is 0, expected seconds above 0"),
            ({"detector": "rcnn"}, ConfigError, "detector: .* found 'rcnn'"),
            ({"detectr": "yolo"}, ConfigError, r"no parameter 'detectr' \(did you mean 'detector'\?\)"),
            ({"cfg": None}, ConfigError, "weights is None, expected the name of a file"),
            ({"checkpoint": "fast.pth"}, WeightsError, "weights 'fast.pth' are in none of .*Alpha Pose"),
        ],
    )
    def test_what_is_not_there_is_said_before_anything_runs(self, checkout, parameters, error, message):
        with pytest.raises(error, match=message):
            recipe(checkout, **parameters)
