"""How long and how large: from receipts of earlier runs, else from a plain guess."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import NoSpace
from features.plan import estimate
from features.plan.config import read_config
from features.plan.estimate import (
    GUESSED_FRAMES,
    GUESSED_RATE,
    READING_RATE,
    Rates,
    expected_frames,
    measured_rates,
    refuse_if_full,
    stage_bytes,
    work_seconds,
)
from features.plan.listing import Video
from features.plan.plan import Plan, new_folder
from features.plan.receipts import Receipt, write_receipt
from features.plan.stages import Stages, resolve
from features.plan.state import State

CONFIG = read_config({"features": {"flow": "dis", "boxes": "motion", "cubes": "lbrspr"}})


@pytest.fixture(scope="module")
def stages() -> Stages:
    return resolve(CONFIG, "plaza")


def state(stages: Stages, frames: list[int], height: int = 240, width: int = 360) -> State:
    """Videos of these lengths, of which nothing is there; 0: never read."""
    count = len(frames)
    read = np.array(frames) > 0
    return State(
        videos=[Video(str(row), Path(str(row)), "test") for row in range(count)],
        sources=["ab" * 32 if known else "" for known in read],
        problems=[""] * count,
        frames=np.array(frames),
        heights=np.where(read, height, 0),
        widths=np.where(read, width, 0),
        files={},
        keys={kind: ["cd" * 32] * count for kind in stages.kinds},
        present={kind: np.zeros(count, bool) for kind in stages.kinds},
        failed={kind: {} for kind in stages.kinds},
    )


def everything(asked: State) -> np.ndarray:
    return np.ones(len(asked.videos), bool)


def test_rates_come_from_the_receipts_of_earlier_plans(tmp_path: Path) -> None:
    for frames, seconds in ((100, 4.0), (300, 4.0)):
        plan = Plan(new_folder(tmp_path), CONFIG, "plaza", {}, {}, {}, "")
        write_receipt(plan, Receipt("flow", "b", frames=frames, seconds=seconds, recipe="medium"))
    rates = measured_rates(tmp_path)
    assert rates.of("flow", "medium") == 50.0
    assert rates.measured("flow", "medium")


def test_a_recipe_that_never_ran_takes_the_rate_of_its_feature_and_a_feature_a_guess() -> None:
    rates = Rates([Receipt("flow", "b", frames=80, seconds=2.0, recipe="medium")])
    assert rates.of("flow", "fast") == 40.0
    assert rates.of("boxes", "motion") == GUESSED_RATE
    assert not rates.measured("boxes", "motion")


def test_before_any_run_what_only_reads_is_thought_fast() -> None:
    features = {"flow": "dis", "clips": {"backend": "import"}}
    stages = resolve(read_config({"features": features}), "plaza")
    assert Rates([]).of_stage(stages.feature("flow")) == GUESSED_RATE
    assert Rates([]).of_stage(stages.feature("clips")) == Rates([]).of_index() == READING_RATE


@pytest.mark.parametrize("empty", [Receipt("survey", "b", frames=10_000), Receipt("flow", "b", recipe="medium")])
def test_receipts_that_measured_nothing_count_for_nothing(empty: Receipt) -> None:
    rates = Rates([Receipt("index", "b", frames=100, seconds=1.0), empty])
    assert rates.of("index", "") == 100.0
    assert not rates.measured(empty.rule, empty.recipe)


def test_a_video_that_was_never_read_has_a_guessed_length(stages: Stages) -> None:
    assert expected_frames(state(stages, [40, 0])).tolist() == [40, GUESSED_FRAMES]


@pytest.mark.parametrize("kind", ["flow", "boxes", "cubes"])
def test_bytes_grow_with_the_frames(stages: Stages, kind: str) -> None:
    stage = stages.feature(kind)
    few, many = (state(stages, [frames] * 2) for frames in (100, 1000))
    assert stage_bytes(stage, few, everything(few)) > 0
    ten_times = stage_bytes(stage, many, everything(many)) / stage_bytes(stage, few, everything(few))
    assert ten_times == pytest.approx(10, rel=0.01)


def test_flow_bytes_grow_with_the_size_of_the_frames(stages: Stages) -> None:
    small, large = state(stages, [100]), state(stages, [100], height=480, width=720)
    flow = stages.feature("flow")
    assert stage_bytes(flow, large, everything(large)) == pytest.approx(
        4 * stage_bytes(flow, small, everything(small)), 0.01
    )


def test_bytes_are_those_of_the_videos_that_are_asked_for(stages: Stages) -> None:
    asked = state(stages, [100, 900])
    flow = stages.feature("flow")
    first, second = (stage_bytes(flow, asked, np.array(rows)) for rows in ([True, False], [False, True]))
    assert first + second == pytest.approx(stage_bytes(flow, asked, everything(asked)), abs=2)
    assert stage_bytes(flow, asked, np.zeros(2, bool)) == 0


def test_the_work_of_a_video_is_the_sum_of_what_it_lacks(stages: Stages) -> None:
    asked = state(stages, [100, 200])
    rates = Rates([Receipt(kind, "b", frames=100, seconds=1.0) for kind in stages.kinds])
    missing = {"flow": np.array([True, True]), "boxes": np.array([False, True]), "cubes": np.array([False, False])}
    assert work_seconds(stages, asked, missing, rates).tolist() == [1.0, 4.0]


def test_what_cannot_fit_is_refused_with_what_is_needed_and_what_is_free(
    stages: Stages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 2_000_000_000}))
    asked = state(stages, [100_000])
    with pytest.raises(NoSpace, match=r"needs about [\d,]+ MB and .* has 2,000 MB free; .*force=true"):
        refuse_if_full(tmp_path, stages, asked, force=False)
    refuse_if_full(tmp_path, stages, asked, force=True)
    refuse_if_full(tmp_path, stages, state(stages, [10]), force=False)
