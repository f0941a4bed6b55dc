"""Files published beside the videos: their content decides what is computed, and each video has its own."""

import json
import shutil
from typing import Any

import numpy as np
import pytest
from PIL import Image

from features.plan import registry
from tests.clips.feature.tiny import VIEW
from tests.pipeline.conftest import Lab, computed, planned

VIDEOS = {"train/walk 0": 14, "train/walk 1": 14, "test/fußgänger": 14, "test/läufer": 14}


@pytest.fixture
def posed(lab: Lab) -> Lab:
    for name, frames in VIDEOS.items():
        write_poses(lab, name, frames)
    return lab


def write_poses(lab: Lab, name: str, frames: int, shift: float = 0.0) -> None:
    """One person who crosses the picture in the tracked-person file of a video."""
    joints = np.random.default_rng(len(name)).uniform(20, 50, (17, 2)) + shift
    track = {
        f"{frame:04d}": {"keypoints": [value for x, y in joints + frame for value in (x, y, 0.9)], "scores": 2.5}
        for frame in range(frames)
    }
    path = lab.folder / "poses" / f"{name}_alphapose_tracked_person.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"1": track}), encoding="utf-8")


def asked(lab: Lab) -> dict[str, Any]:
    model = {"name": "stgnf", "seg_len": 8, "epochs": 1, "K": 2}
    features = {"boxes": "motion", "poses": "import", "tracks": "import"}
    return {"published": {"poses": lab.folder / "poses"}, "features": features, "models": [model]}


def test_from_published_poses_to_a_report(posed: Lab) -> None:
    first = posed.run(**asked(posed))
    assert computed(first)["poses"] == computed(first)["tracks"] == sorted(VIDEOS)
    assert (posed.folder / "work" / "report.html").exists()
    assert planned(posed.plan(**asked(posed))) == {}


def test_touching_a_file_of_poses_recomputes_nothing(posed: Lab) -> None:
    posed.run(**asked(posed))
    for path in (posed.folder / "poses").rglob("*.json"):
        path.touch()
    again = posed.run(**asked(posed))
    assert computed(again) == {}


def test_changing_a_file_of_poses_recomputes_what_stands_on_it_and_no_more(posed: Lab) -> None:
    posed.run(**asked(posed))
    write_poses(posed, "test/läufer", 14, shift=5)
    again = posed.run(**asked(posed))
    assert computed(again) == {
        "poses": ["test/läufer"],
        "tracks": ["test/läufer"],
        "score": ["stgnf"],
        "evaluate": ["folder"],
    }


def test_of_two_equal_videos_with_other_poses_the_second_is_told_of_and_left_out(posed: Lab) -> None:
    shutil.copy(posed.videos / "test" / "läufer.mp4", posed.videos / "test" / "zwilling.mp4")
    write_poses(posed, "test/zwilling", 14, shift=7)
    posed.run(**asked(posed))
    summary = (posed.folder / "work" / "summary.txt").read_text(encoding="utf-8")
    assert "test/zwilling has the same content as test/läufer and other published poses" in summary
    assert planned(posed.plan(**asked(posed))) == {}


@pytest.fixture
def with_flow(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Pictures of flow for every video, and a small network that looks at them."""
    monkeypatch.setitem(registry.BUILTIN["clips"], "tiny", "tests.clips.feature.tiny:Tiny")
    for name, frames in VIDEOS.items():
        write_flow(lab, name, frames - 1)
    return lab


def write_flow(lab: Lab, name: str, pairs: int, level: int = 140) -> None:
    folder = lab.folder / "flow" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(pairs):
        for component in "xy":
            Image.new("L", (96, 72), level + number).save(folder / f"flow_{component}_{number:05d}.jpg")


def with_clips(lab: Lab) -> dict[str, Any]:
    clips = {"backend": "tiny", **VIEW, "stream": "flow", "flow": {"at": "source"}}
    features = {"flow": {"backend": "import"}, "clips": clips}
    return {"published": {"flow": lab.folder / "flow"}, "features": features, "models": []}


def test_from_published_flow_to_clips_without_computing_any(with_flow: Lab) -> None:
    first = with_flow.run(**with_clips(with_flow))
    assert computed(first)["flow"] == computed(first)["clips"] == sorted(VIDEOS)
    assert planned(with_flow.plan(**with_clips(with_flow))) == {}


def test_a_changed_picture_of_flow_recomputes_its_video_alone(with_flow: Lab) -> None:
    with_flow.run(**with_clips(with_flow))
    write_flow(with_flow, "test/läufer", 13, level=120)
    again = with_flow.run(**with_clips(with_flow))
    assert computed(again) == {"flow": ["test/läufer"], "clips": ["test/läufer"], "evaluate": ["folder"]}


def test_a_video_whose_flow_does_not_fit_is_told_of_and_the_others_go_on(with_flow: Lab) -> None:
    (with_flow.folder / "flow" / "test" / "läufer" / "flow_y_00012.jpg").unlink()
    first = with_flow.run(**with_clips(with_flow))
    assert computed(first)["clips"] == sorted(set(VIDEOS) - {"test/läufer"})
    assert "flow picture y 12 is missing" in (with_flow.folder / "work" / "summary.txt").read_text(encoding="utf-8")
