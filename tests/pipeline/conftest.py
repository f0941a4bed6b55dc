"""A small data set of real videos, and a run of the whole pipeline without Snakemake's start-up between the jobs."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from features.datasets.driver import prepare, survey
from features.evaluate.driver import evaluate_scores
from features.extract.driver import extract_batch, index_batch
from features.models.driver import score_model, train_model
from features.plan.config import Config, read_config
from features.plan.job import Job
from features.plan.plan import Plan
from features.plan.planner import make_plan
from features.plan.receipts import Receipt, receipts, write_receipt
from features.plan.registry import names
from features.plan.workflow import page_digest
from features.report.driver import write_report

STEPS: dict[str, Callable[[Job], Receipt]] = {
    "prepare": prepare,
    "index": index_batch,
    "survey": survey,
    "train": train_model,
    "score": score_model,
    "evaluate": evaluate_scores,
}
ORDER = ("prepare", "index", "survey", *names("feature"), "train", "score", "evaluate")


def write_video(path: Path, frames: int = 14, speed: float = 3.0, seed: int = 0) -> None:
    """A square that crosses a textured ground: H.264, 96x72, 25 fps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ground = np.random.default_rng(seed).integers(60, 160, (72, 96, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "12", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for number in range(frames):
            image = ground.copy()
            left = int(8 + speed * number) % 70
            image[24:50, left : left + 22] = (230, 40, 40)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())


class Lab:
    """A folder with videos, a store and a work folder, as a user would have them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.videos = folder / "videos"

    def film(self) -> "Lab":
        """Make the videos."""
        for number in range(2):
            write_video(self.videos / "train" / f"walk {number}.mp4", seed=number)
        write_video(self.videos / "test" / "fußgänger.mp4", speed=3, seed=7)
        write_video(self.videos / "test" / "läufer.mp4", speed=6, seed=8)
        return self

    def config(self, **changes: Any) -> Config:
        values: dict[str, Any] = {
            "dataset": "folder",
            "root": self.videos,
            "store": self.folder / "store",
            "work": self.folder / "work",
            "device": "cpu",
            "features": {"flow": "dis", "boxes": "motion", "cubes": "lbrspr"},
            "models": [{"name": "lbrspr", "mode": "test", "epochs": 1, "batch": 8}],
        }
        return read_config({**values, **changes})

    def plan(self, **changes: Any) -> Plan:
        return make_plan(self.config(**changes), cores=2)

    def run(self, **changes: Any) -> Plan:
        """Plan, then do every job of the plan in order; the plan that was made."""
        plan = self.plan(**changes)
        for rule in ORDER:
            for batch in plan.batches.get(rule, ()):
                job = Job(plan, rule, batch.id, 1)
                write_receipt(plan, STEPS[rule](job) if rule in STEPS else extract_batch(job, rule))
        if not plan.report or page_digest(self.folder / "work" / "report.html") != plan.report:
            write_report(Job(plan, "report", "report", 1))
        return plan


def planned(plan: Plan) -> dict[str, int]:
    """Feature or step -> how many videos (or models) it has to work on; the survey is no work."""
    counts = {rule: sum(max(1, b.videos) for b in batches) for rule, batches in plan.batches.items()}
    counts.pop("survey", None)
    return counts


def computed(plan: Plan) -> dict[str, Sequence[str]]:
    """Rule -> what its jobs computed."""
    found: dict[str, list[str]] = {}
    for receipt in receipts(plan.folder):
        if receipt.computed and receipt.rule != "survey":
            found.setdefault(receipt.rule, []).extend(receipt.computed)
    return {rule: sorted(names) for rule, names in found.items()}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab with videos, before its first run."""
    monkeypatch.chdir(tmp_path)
    return Lab(tmp_path).film()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab after a whole run, made once; tests work on copies."""
    template = Lab(tmp_path_factory.mktemp("template")).film()
    before = Path.cwd()
    os.chdir(template.folder)
    template.run()
    os.chdir(before)
    return template


@pytest.fixture
def finished(template: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab after a whole run; its copied videos have been read again, since copies are other files."""
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    copy = Lab(tmp_path)
    plan = copy.run()
    assert set(computed(plan)) <= {"index"}
    return copy
