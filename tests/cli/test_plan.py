"""features plan: what a run would compute, before anything runs."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from features.cli import main
from tests.pipeline.conftest import Lab


class Asked:
    """A lab with a config.yaml, and the command in its folder."""

    def __init__(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        self.lab = lab
        self._capsys = capsys
        values = lab.config(models=[]).model_dump(mode="json", exclude_defaults=True)
        (lab.folder / "config.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = main(["plan", *words])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def rows(self, *words: str) -> dict[str, dict[str, Any]]:
        """Feature -> its row of the JSON result."""
        code, out, _ = self("--json", *words)
        assert code == 0
        return {row["feature"]: row for row in json.loads(out)["features"]}


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asked:
    monkeypatch.chdir(tmp_path)
    return Asked(Lab(tmp_path).film(), capsys)


def test_before_any_scan_everything_is_to_do_and_guessed(plan: Asked) -> None:
    rows = plan.rows()
    assert list(rows) == ["flow", "boxes", "cubes"]
    for row in rows.values():
        assert (row["videos"], row["there"], row["failed"], row["to_do"]) == (4, 0, 0, 4)
        assert row["frames"] == 1000
        assert not row["measured"]
        assert row["seconds"] > 0
        assert row["bytes"] > 0


def test_the_table_says_what_is_guessed_what_is_needed_and_what_is_free(plan: Asked) -> None:
    code, out, _ = plan()
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"data set folder, store {plan.lab.folder / 'store'}"
    assert lines[2].split() == ["feature", "videos", "there", "failed", "to", "do", "frames", "time", "size"]
    assert lines[3].split()[:6] == ["flow", "4", "0", "0", "4", "1000"]
    assert "needed" in out and "free" in out
    assert "4 videos were never read: frames are guessed" in out
    assert "~ a guess: no earlier run on this machine has measured this feature" in out


def test_looking_at_a_plan_computes_nothing_and_freezes_none(plan: Asked) -> None:
    plan()
    assert not list((plan.lab.folder / "store" / "objects").glob("*/*"))
    assert not list((plan.lab.folder / "work").glob("plans/*"))


def test_after_a_run_everything_is_there_and_nothing_guessed(plan: Asked) -> None:
    plan.lab.run(models=[])
    for row in plan.rows().values():
        assert (row["there"], row["to_do"], row["frames"], row["seconds"], row["bytes"]) == (4, 0, 0, 0, 0)
        assert row["measured"]
    _, out, _ = plan()
    assert "guess" not in out
    assert "0 B needed" in out


def test_what_a_single_key_changes_is_to_do_again(plan: Asked) -> None:
    plan.lab.run(models=[])
    rows = plan.rows("--config", "features={flow: {backend: dis, quality: fast}, boxes: motion}", "protocols=[raw]")
    assert {name: row["to_do"] for name, row in rows.items()} == {"flow": 4, "boxes": 0}
    assert rows["flow"]["frames"] == 4 * 14
    assert rows["flow"]["measured"], "the rate of the same feature is known"


def test_an_undecodable_video_is_failed_and_not_to_do(plan: Asked) -> None:
    (plan.lab.videos / "test" / "broken.mp4").write_bytes(b"this is no video")
    plan.lab.run(models=[])
    assert {(row["videos"], row["failed"], row["to_do"]) for row in plan.rows().values()} == {(5, 1, 0)}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", "store"], "--config takes KEY=VALUE, found 'store'"),
        (["--config", "storre=x"], "did you mean 'store'"),
        (["--config", "batch=none"], "config key 'batch'"),
        (["--config", "features={flwo: dis}"], "did you mean 'flow'"),
        (["--config", "features={flow: [}"], "is not valid YAML"),
        (["--config", "root=nowhere"], "nowhere is no folder"),
        (["--config-file", "other.yaml"], "no config file at other.yaml"),
    ],
)
def test_a_word_that_makes_no_sense_is_one_line(plan: Asked, words: list[str], message: str) -> None:
    code, out, err = plan(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("features plan: ") and err.count("\n") == 1
