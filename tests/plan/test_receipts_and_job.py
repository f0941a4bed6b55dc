"""Receipts, and the job that writes them."""

import io
import json
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import SourceError
from features.plan import job as jobs
from features.plan.config import read_config
from features.plan.job import LOGGER, Job, Progress, logging_to, run
from features.plan.plan import Batch, Plan, freeze
from features.plan.receipts import Receipt, receipts, write_receipt

any_text = st.text(st.characters(), max_size=20)


def plan_in(folder: Path) -> Plan:
    """A plan with one batch of flow, frozen in a folder."""
    plan = Plan(folder, read_config({}), "plaza", {}, {}, {"flow": [Batch("b", "", 0, 1, 10, 1.0)]}, "")
    freeze(plan, [], {("flow", "b"): []})
    return plan


def snakemake(plan: Plan) -> SimpleNamespace:
    """What a script of the workflow is given."""
    log = plan.folder / "logs" / "flow" / "b.log"
    return SimpleNamespace(output=[str(plan.receipt("flow", "b"))], log=[str(log)], threads=3)


def log_of(plan: Plan) -> str:
    return (plan.folder / "logs" / "flow" / "b.log").read_text(encoding="utf-8")


@given(st.builds(
    Receipt, st.just("flow"), st.just("b"), st.lists(any_text), st.lists(any_text), st.lists(any_text),
    st.dictionaries(any_text, any_text), st.integers(0), st.floats(0, 1e9), st.integers(0), any_text, any_text,
))  # fmt: skip
def test_a_receipt_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, receipt: Receipt) -> None:
    plan = Plan(tmp_path_factory.mktemp("plan"), read_config({}), "plaza", {}, {}, {}, "")
    write_receipt(plan, receipt)
    assert list(receipts(plan.folder)) == [receipt]
    assert [path.name for path in (plan.folder / "receipts" / "flow").iterdir()] == ["b.json"]


def test_a_folder_without_receipts_has_none(tmp_path: Path) -> None:
    assert list(receipts(tmp_path)) == []


def test_a_job_that_ends_well_leaves_its_receipt(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    run(snakemake(plan), lambda job: job.receipt(computed=[f"{job.rule}/{job.batch} on {job.threads}"]))
    (receipt,) = receipts(tmp_path)
    assert (receipt.rule, receipt.batch, receipt.computed) == ("flow", "b", ["flow/b on 3"])


def test_a_mistake_ends_the_job_in_one_line_and_leaves_no_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_in(tmp_path)

    def fails(job: Job) -> Receipt:
        raise SourceError("the disk is gone; plug it in")

    with pytest.raises(SystemExit, match="1"):
        run(snakemake(plan), fails)
    assert capsys.readouterr().err == "flow: the disk is gone; plug it in\n"
    assert log_of(plan).endswith("ERROR the disk is gone; plug it in\n")
    assert list(receipts(tmp_path)) == []


def test_a_defect_ends_the_job_with_its_trace_in_the_log(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    with pytest.raises(SystemExit, match="1"):
        run(snakemake(plan), lambda job: 1 // 0)  # type: ignore[arg-type,return-value]
    assert "a defect of the program, not of your data" in log_of(plan)
    assert "ZeroDivisionError" in log_of(plan)


def test_a_job_whose_plan_vanished_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_in(tmp_path)
    (tmp_path / "plan.zip").unlink()
    with pytest.raises(SystemExit, match="1"):
        run(snakemake(plan), lambda job: None)
    assert capsys.readouterr().err == f"flow: no plan in {tmp_path}; start snakemake again, it makes a new one\n"


def test_a_log_takes_names_that_are_no_valid_unicode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.sys, "stderr", io.StringIO())
    monkeypatch.setattr(LOGGER, "propagate", False)  # the test runner's workers cannot report such names
    with logging_to(tmp_path / "a.log", "index"):
        LOGGER.warning("%s", "b\udcff.mp4: cannot be read")
    assert r"b\udcff.mp4: cannot be read" in (tmp_path / "a.log").read_text(encoding="utf-8")


def test_progress_says_rate_and_time_left() -> None:
    progress = Progress(500)
    progress.add(100)
    assert progress.line(4.0) == "100 of 500 frames, 25.0/s, 16 s left"


def test_progress_of_nothing_has_no_rate_to_say() -> None:
    assert Progress(500).line(1.0) == "0 of 500 frames, 0.0/s"


def test_logs_have_a_line_a_minute_and_not_one_per_frame(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(jobs.sys.stderr, "isatty", lambda: False, raising=False)
    with caplog.at_level(logging.INFO, "features"):
        progress = Progress(1800)
        for _ in range(180):
            now[0] += 1.0
            progress.add(10)
    assert len(caplog.records) == 3
    assert caplog.messages[0] == "600 of 1800 frames, 10.0/s, 120 s left"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_renews_itself_and_the_log_has_a_line_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, terminal = [0.0], Terminal()
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(jobs.sys, "stderr", terminal)
    with logging_to(tmp_path / "a.log", "flow"):
        progress = Progress(1800)
        for _ in range(90):
            now[0] += 1.0
            progress.add(10)
        LOGGER.warning("a video failed")
    lines = terminal.getvalue().replace("\x1b[K", "")
    assert lines.count("\r") == 90 and lines.endswith("flow: a video failed\n") and lines.count("\n") == 1
    assert lines.startswith("flow: 10 of 1800 frames, 10.0/s, 179 s left\r")
    logged = [line.split(" INFO ")[-1] for line in (tmp_path / "a.log").read_text(encoding="utf-8").splitlines()]
    assert logged[0] == "600 of 1800 frames, 10.0/s, 120 s left"
    assert len(logged) == 2 and logged[1].endswith("a video failed")


def test_receipts_are_plain_json_that_people_can_read(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    write_receipt(plan, Receipt("flow", "b", failed={"test/1": "no frame"}))
    content = json.loads(plan.receipt("flow", "b").read_text())
    assert content["failed"] == {"test/1": "no frame"}
    assert set(content) == set(Receipt.__dataclass_fields__)
