"""A whole run over annotated videos: what stands in the table and in the report, and what enters the key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.datasets.folder import Folder
from features.evaluate.driver import System, judge
from features.evaluate.evaluation import Result
from features.evaluate.protocols import find_protocols
from features.plan import registry
from features.plan.listing import NORMAL, Annotation, Video
from features.store.store import Store
from tests.clips.feature.tiny import VIEW
from tests.pipeline.conftest import Lab, computed, planned, write_video

ASKED = {"features": {}, "models": [], "protocols": ["raw"]}
CATEGORIES = {"1": "Fighting", "2": "Fire", "3": NORMAL}
Annotate = Callable[[Mapping[str, str]], None]


@pytest.fixture
def annotate(monkeypatch: pytest.MonkeyPatch) -> Annotate:
    """Has a folder of videos say what happens in each, as data sets of the weakly supervised field do."""
    videos = Folder.videos

    def annotate(categories: Mapping[str, str]) -> None:
        def annotated(self: Folder) -> Sequence[Video]:
            return [replace(video, annotation=Annotation(categories[video.id[-1]])) for video in videos(self)]

        monkeypatch.setattr(Folder, "videos", annotated)

    return annotate


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Two abnormal videos and a longer normal one."""
    monkeypatch.chdir(tmp_path)
    found = Lab(tmp_path)
    (found.videos / "labels/test").mkdir(parents=True)
    for name, frames in (("1", 6), ("2", 7), ("3", 12)):
        write_video(found.videos / "test" / f"{name}.mp4", frames, seed=int(name))
        labels = np.zeros(frames, np.int8)
        labels[2:4] = name != "3"
        np.save(found.videos / "labels/test" / f"{name}.npy", labels)
    return found


def evaluated(lab: Lab) -> Result:
    (path,) = (lab.folder / "store/objects").rglob("*.evaluation.*")
    with Store(lab.folder / "store").open("evaluation", path.name.split(".")[0]) as artifact:
        return Result.from_json(artifact.meta["statistics"]["result"])


def test_oracles_and_figures_of_abnormal_videos_stand_in_an_annotated_table(lab: Lab, annotate: Annotate) -> None:
    annotate(CATEGORIES)
    lab.run(**ASKED)
    result = evaluated(lab)
    assert [(row.system, row.role) for row in result.rows] == [
        ("frame number", "baseline"),
        ("video length", "baseline"),
        ("minus video length", "baseline"),
        ("middle of the video", "baseline"),
        ("perfect video label", "oracle"),
        ("perfect video label x middle", "oracle"),
    ]
    label = result.row("perfect video label", "raw")
    # 4 abnormal frames against 9 of their own videos, tied, and 12 others.
    assert label.metrics["micro_auc"].value == pytest.approx((12 + 9 / 2) / 21)
    assert label.metrics["auc_abnormal"].value == 0.5
    assert set(label.classes) == {"Fighting", "Fire"}
    page = (lab.folder / "work/report.html").read_text(encoding="utf-8")
    assert "uses test labels" in page and "By class" in page and "AUC, abnormal videos" in page


def test_a_table_of_videos_that_are_not_annotated_is_as_it_was(lab: Lab) -> None:
    lab.run(**ASKED)
    assert [row.system for row in evaluated(lab).rows] == ["frame number", "video length"]
    page = (lab.folder / "work/report.html").read_text(encoding="utf-8")
    assert "uses test labels" not in page and "By class" not in page and "trapezoid" not in page


def test_another_class_makes_another_evaluation(lab: Lab, annotate: Annotate) -> None:
    annotate(CATEGORIES)
    lab.run(**ASKED)
    assert planned(lab.plan(**ASKED)) == {}
    annotate({**CATEGORIES, "2": "Fighting"})
    assert list(computed(lab.run(**ASKED))) == ["evaluate"]


def test_a_model_on_features_of_a_network_that_was_never_trained_is_told_of(
    lab: Lab, annotate: Annotate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.BUILTIN["clips"], "tiny", "tests.clips.feature.tiny:Tiny")
    for name, seed in (("4", 4), ("5", 5)):
        write_video(lab.videos / "train" / f"{name}.mp4", 6, seed=seed)
    annotate({**CATEGORIES, "4": "Fire", "5": NORMAL})
    models = [{"name": "arnet", "sample_size": 1, "epochs": 1}]
    lab.run(features={"clips": {"backend": "tiny", **VIEW}}, models=models, protocols=["raw"])
    assert any("arnet stands on clips of a network that was never trained" in note for note in evaluated(lab).notes)


def test_models_without_snapshots_are_named_where_a_protocol_picks_one() -> None:
    labels = {"a": np.array([0, 1]), "b": np.array([0, 0])}
    scores = {"a": np.array([0.0, 1.0]), "b": np.array([0.0, 0.5])}
    kept = {video: np.stack([-row, row], axis=1) for video, row in scores.items()}
    systems = [
        System("with", "model", scores, snapshots=kept),
        System("without", "model", scores),
        System("late", "baseline", scores),
    ]
    result = judge(systems, labels, find_protocols(["raw", "best-on-test"]), [])
    assert [row.system for row in result.rows if row.protocol == "best-on-test"] == ["with"]
    assert result.notes == ("not judged under best-on-test, having no snapshots: without",)
