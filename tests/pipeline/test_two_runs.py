"""Two runs on one store at once, and a job that is killed: nothing is torn, and nothing is done for nothing."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from features.extract.driver import Extraction, extract_batch
from features.plan.job import Job
from features.plan.planner import ask
from features.store.verify import check
from tests.pipeline.conftest import Lab, computed, planned, write_video

# One run of all jobs, with a work folder of its own; it begins when a file is there, so that two begin together.
RUN = """
import json, sys, time
from pathlib import Path
from tests.pipeline.conftest import Lab, computed
folder, work = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
while not (folder / "go").exists():
    time.sleep(0.001)
lab = Lab(folder)
plan = lab.run(work=work)
print(json.dumps(computed(plan)))
"""
FEATURES = {"flow": "dis", "boxes": "motion"}


def objects(lab: Lab) -> list[Path]:
    """The artifacts that are there."""
    found = (lab.folder / "store" / "objects").glob("*/*")
    return sorted(path for path in found if not path.name.startswith("."))


def kind_of(path: Path) -> str:
    return path.name.split(".")[1]


def assert_sound(lab: Lab) -> None:
    assert [finding for path in objects(lab) for finding in check(path)] == []


def begin(lab: Lab, project: Path, work: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(lab.folder), str(lab.folder / work)]
    environment = {**os.environ, "PYTHONPATH": str(project)}
    run = subprocess.Popen(command, cwd=lab.folder, env=environment, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None and run.stdout.readline() == "ready\n"
    return run


def test_two_runs_of_one_config_on_one_store_share_the_work(lab: Lab, project: Path) -> None:
    runs = [begin(lab, project, work) for work in ("work one", "work two")]
    (lab.folder / "go").touch()
    answers = [run.communicate(timeout=300)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    both = [json.loads(answer.splitlines()[-1]) for answer in answers]
    for rule in ("flow", "boxes", "cubes", "train", "score", "evaluate"):
        times = Counter(name for found in both for name in found.get(rule, []))
        assert times, f"{rule}: nobody computed it"
        assert set(times.values()) == {1}, f"{rule}: computed twice: {times}"
    assert_sound(lab)
    assert len(objects(lab)) == 3 * 4 + 3
    assert all((lab.folder / work / "report.html").exists() for work in ("work one", "work two"))
    assert planned(lab.plan(work=lab.folder / "work three")) == {}


def flow_of(lab: Lab) -> None:
    """The one batch of flow, as its job does it."""
    plan = lab.plan(features=FEATURES, models=[], batch=10)
    extract_batch(Job(plan, "flow", plan.batches["flow"][0].id, 1), "flow")


def test_a_batch_that_is_killed_in_the_middle_of_a_video_loses_that_video_and_no_other(lab: Lab) -> None:
    write_video(lab.videos / "train" / "walk 1.mp4", frames=250, seed=1)
    indexed = lab.run(features={}, models=[])
    assert len(computed(indexed)["index"]) == 4
    batch = multiprocessing.get_context("spawn").Process(target=flow_of, args=(lab,))
    batch.start()
    long = wait_for(lambda: "flow" in map(kind_of, objects(lab)) and writing(lab))
    batch.kill()
    batch.join()
    assert long, "the second video was not begun"
    assert [kind_of(path) for path in objects(lab)].count("flow") == 1
    assert_sound(lab)
    again = computed(lab.run(features=FEATURES, models=[]))
    assert again["flow"] == ["test/fußgänger", "test/läufer", "train/walk 1"]
    assert_sound(lab)
    assert planned(lab.plan(features=FEATURES, models=[])) == {}


def writing(lab: Lab) -> bool:
    """Whether some chunks of an artifact that is not there yet have been written."""
    found = (lab.folder / "store" / "objects").glob("*/.*.tmp")
    return any(path.stat().st_size > 50_000 for path in found)


def wait_for(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if true():
                return True
        except FileNotFoundError:
            continue
    return False


@pytest.mark.parametrize("outcome", ["made", "failed"])
def test_a_video_that_another_job_is_at_is_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch, outcome: str) -> None:
    """Another job holds the lease of one video's flow; while this one waits, it makes the artifact, or fails."""
    lab.run(features={}, models=[])
    asked = ask(lab.config(features=FEATURES, models=[]))
    row = [video.id for video in asked.videos].index("train/walk 0")
    video, key = asked.videos[row], asked.state.keys["flow"][row]
    plan = lab.plan(features=FEATURES, models=[], batch=10)
    other = ExitStack()

    def other_ends(seconds: float) -> None:
        if outcome == "failed":
            asked.store.fail("flow", key, "the GPU fell over", name=video.id)
        else:
            work = Extraction(asked.config, asked.stages, "flow", threads=1)
            work.write(video, work.scans.index(video.path), asked.store, lambda done: None)
        other.close()

    monkeypatch.setattr("features.plan.standing.sleep", other_ends)
    with other:
        assert other.enter_context(asked.store.lease("flow", key))
        receipt = extract_batch(Job(plan, "flow", plan.batches["flow"][0].id, 1), "flow")
    assert sorted(receipt.computed) == ["test/fußgänger", "test/läufer", "train/walk 1"]
    assert receipt.reused == (["train/walk 0"] if outcome == "made" else [])
    assert receipt.failed == ({} if outcome == "made" else {"train/walk 0": "the GPU fell over"})
