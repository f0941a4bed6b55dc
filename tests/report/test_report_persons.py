"""A run with a model of persons: what it says of them stands in the evaluation and on the page."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from features.cli import main
from features.datasets.plaza.dataset import Plaza
from features.evaluate.evaluation import Result
from features.plan import registry
from features.plan.job import Job
from features.plan.standing import standing
from features.report.data import ReportData
from features.report.driver import evaluation_key, open_dataset, report_data
from features.report.page import render
from tests.pipeline.conftest import Lab

PLAZA = {"name": "plaza", "clips": 1, "frames": 40, "size": "160x120"}
WISH: dict[str, Any] = {
    "dataset": PLAZA,
    "features": {"boxes": "motion", "poses": "import", "tracks": "import"},
    "models": [{"name": "pace"}],
    "protocols": ["raw"],
}


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, its evaluation, what the page shows."""

    folder: Path
    result: Result
    data: ReportData


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    return run_in(tmp_path_factory.mktemp("persons"), WISH)


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Run:
    """A model that scores nobody; tracks are those of boxes."""
    features = {**WISH["features"], "tracks": {"backend": "bytetrack", "of": "boxes"}}
    return run_in(tmp_path_factory.mktemp("empty"), {**WISH, "features": features, "models": [{"name": "empty"}]})


def run_in(folder: Path, wish: dict[str, Any]) -> Run:
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        for name, model in (("pace", "Pace"), ("empty", "Empty")):
            patch.setitem(registry.BUILTIN["model"], name, f"tests.report.pace:{model}")
        os.chdir(folder)
        lab = Lab(folder)
        lab.run(**wish, root=None)
        now = standing(Job(lab.plan(**wish, root=None), "report", "report", 1))
        key = evaluation_key(now.plan.config, open_dataset(now.plan.config), now.stages, now.state)
        with now.store.open("evaluation", key) as evaluation:
            result = Result.from_json(evaluation.meta["statistics"]["result"])
            data = report_data(now, evaluation)
        os.chdir(before)
    return Run(folder, result, data)


def test_baselines_of_poses_stand_in_the_table(run):
    assert {row.system for row in run.result.rows} >= {"pace", "speed of the body's centre", "number of persons"}


def test_a_model_that_is_the_baseline_scores_alike(run):
    figures = [run.result.row(name, "raw").metrics for name in ("pace", "speed of the body's centre")]
    assert figures[0] == figures[1]


def test_the_models_own_threshold_is_judged(run):
    (alarms,) = run.result.alarms
    assert (alarms.system, alarms.quantile, alarms.value) == ("pace", 0.99, 2.5)
    assert 0 <= alarms.false_alarms.value < alarms.detections.value <= 1


def test_scorers_of_objects_are_judged_by_place(run):
    assert [(place.system, place.role) for place in run.result.places] == [
        ("pace", "model"),
        ("widest box", "baseline"),
    ]
    assert all(0 <= place.metrics["rbdc"].value <= 1 for place in run.result.places)
    assert "TBDC is left out" in run.result.places_note


def test_every_person_has_a_timeline(run):
    (video,) = run.data.videos
    truth = Plaza(None, Path(), **{k: v for k, v in PLAZA.items() if k != "name"}).truth(video.id)
    seen = {person.track for frame in range(truth.frames) for person in truth.people(frame)}
    assert {timeline.person for timeline in video.persons} <= seen and len(video.persons) > 1
    for timeline in video.persons:
        assert (np.diff(timeline.frames) > 0).all() and len(timeline.scores) == len(timeline.frames)


def test_the_still_and_the_clip_show_the_frame_with_the_highest_score(run):
    (video,) = run.data.videos
    number = int(np.argmax(video.curves["pace"]))
    assert video.still.frame == number and video.still.skeletons > 0
    assert video.clip.first <= number <= video.clip.last
    with Image.open(io.BytesIO(video.clip.webp)) as clip:
        assert clip.n_frames > 10 and clip.size == (video.clip.width, video.clip.height)


def test_the_page_shows_all_of_it(run):
    html = render(run.data)
    for text in (
        "Alarms at the model’s own threshold",
        "99 % of its scores of normal training data lie below",
        "window rule <bdi>sound</bdi>",
        "gaps end a track",
        "threshold of pace",
        "score of a person",
        "data:image/webp;base64,",
        "1 test video",
    ):
        assert text in html, text


def test_a_video_in_which_nobody_is_scored_has_its_skeletons_and_no_timeline(empty):
    (video,) = empty.data.videos
    assert video.persons == [] and video.still.frame == 0 and video.still.skeletons > 0
    assert video.clip is not None and "score of a person" not in render(empty.data)


def test_tracks_of_boxes_leave_the_baseline_that_follows_bodies_out(empty):
    systems = {row.system for row in empty.result.rows}
    assert "number of persons" in systems and "speed of the body's centre" not in systems


@pytest.mark.parametrize("kind", ["overlay", "poses", "scores"])
@pytest.mark.parametrize("which", ["run", "empty"])
def test_view_draws_them(request, monkeypatch, tmp_path, which, kind):
    run = request.getfixturevalue(which)
    monkeypatch.chdir(run.folder)
    video = run.folder / "work/datasets" / Plaza(None, Path(), clips=1, frames=40, size="160x120").folder
    words = ["view", "plaza/test/1", "--store", "store", "--source", str(video / "test/videos/1.mp4"), "--kind", kind]
    assert main([*words, "--out", str(tmp_path / "out.gif"), "--frames", "10:14"]) == 0
    with Image.open(tmp_path / "out.gif") as clip:
        assert (clip.n_frames, clip.size) == (4, (160, 120))
