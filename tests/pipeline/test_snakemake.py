"""The pipeline as users start it: Snakemake, with a config of their own, in a folder of their own."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.pipeline.conftest import Lab


def snakemake(lab: Lab, *words: str, **config: str) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in the lab's folder, with the lab's config as `config.yaml`."""
    command = command_line(lab, *words, **config)
    environment = {key: value for key, value in os.environ.items() if key != "FEATURES_PLAN"}
    return subprocess.run(command, cwd=lab.folder, env=environment, capture_output=True, text=True, check=False)


def command_line(lab: Lab, *words: str, **config: str) -> list[str]:
    values = lab.config().model_dump(mode="json", exclude_defaults=True)
    (lab.folder / "config.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    project = Path(__file__).resolve().parents[2]
    changes = ["--config", *(f"{key}={value}" for key, value in config.items())] if config else []
    program = [sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile")]
    return [*program, "--workflow-profile", str(project / "profiles" / "default"), *words, *changes]


def test_a_run_and_a_second_one_that_has_nothing_to_do(lab: Lab) -> None:
    first = snakemake(lab, "--cores", "2")
    assert first.returncode == 0, first.stderr
    assert "<bdi>config.yaml</bdi>" in (lab.folder / "work" / "report.html").read_text(encoding="utf-8")
    second = snakemake(lab, "--cores", "2")
    assert second.returncode == 0
    assert "Nothing to be done" in second.stderr + second.stdout
    shown = snakemake(lab, "--report", "snakemake.html")
    assert shown.returncode == 0, shown.stderr
    (results,) = re.findall(r"var results = (\{.*\});", (lab.folder / "snakemake.html").read_text(encoding="utf-8"))
    assert [Path(path).name for path in json.loads(results)] == ["report.html"]


def test_a_dry_run_is_right_before_anything_was_scanned_and_writes_no_artifact(lab: Lab) -> None:
    answer = snakemake(lab, "--dry-run")
    assert answer.returncode == 0, answer.stderr
    for rule in ("index_batch", "flow_batch", "cubes_batch", "train_model", "evaluate_scores", "report"):
        assert rule in answer.stdout + answer.stderr
    assert not list((lab.folder / "store" / "objects").glob("*/*"))


def test_a_feature_is_a_target(lab: Lab) -> None:
    answer = snakemake(lab, "flow", "--cores", "2")
    assert answer.returncode == 0, answer.stderr
    kinds = {path.name.split(".")[1] for path in (lab.folder / "store" / "objects").glob("*/*")}
    assert kinds == {"flow"}


def test_a_config_file_that_is_named_stands_alone(lab: Lab) -> None:
    other = lab.folder / "other.yaml"
    command = command_line(lab, "flow", "--cores", "1", "--configfile", str(other), "--dry-run")
    values = lab.config(features={"boxes": "motion"}, models=[]).model_dump(mode="json", exclude_defaults=True)
    other.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    answer = subprocess.run(command, cwd=lab.folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "flow_batch" not in answer.stdout + answer.stderr


def test_a_mistake_in_the_config_is_one_line(lab: Lab) -> None:
    answer = snakemake(lab, "--dry-run", storre="x")
    assert answer.returncode == 1
    assert "did you mean 'store'" in answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr


def survives_kills(lab: Lab, kills: int, seed: int) -> None:
    """Kill a run again and again, at random moments; then finish it, and count what was computed twice."""
    moments = random.Random(seed)
    committed: set[Path] = set()
    for _ in range(kills):
        process = subprocess.Popen(
            command_line(lab, "--cores", "2", "--nolock"),
            cwd=lab.folder,
            env={key: value for key, value in os.environ.items() if key != "FEATURES_PLAN"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(0.5, 12.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        there = objects(lab)
        assert committed <= there, "a committed artifact vanished"
        committed = there
    stamps = {path: path.stat().st_mtime_ns for path in committed}
    answer = snakemake(lab, "--cores", "2", "--nolock")
    assert answer.returncode == 0, answer.stderr
    assert {path: path.stat().st_mtime_ns for path in committed} == stamps, "a committed artifact was written again"
    verified = subprocess.run(
        [str(Path(sys.executable).parent / "features"), "verify", "--store", "store", "--depth", "everything"],
        cwd=lab.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout + verified.stderr


def objects(lab: Lab) -> set[Path]:
    """The artifacts that are there."""
    found = (lab.folder / "store" / "objects").glob("*/*")
    return {path for path in found if not path.name.startswith(".")}


def test_a_run_survives_kills(lab: Lab) -> None:
    survives_kills(lab, kills=2, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_run_survives_two_hundred_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        survives_kills(Lab(folder).film(), kills=10, seed=number)
