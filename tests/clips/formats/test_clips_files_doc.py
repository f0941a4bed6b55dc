"""The documentation of clip files, against the code."""

import re
from pathlib import Path

import pytest

from features.datasets.clip_formats import clip_format
from features.datasets.clip_formats.trainers import TRAINERS
from features.extract.clips.imported import ImportRecipe
from features.extract.clips.provenance import PUBLISHED
from features.extract.clips.segments import SEGMENT_RULES
from features.plan.registry import names


@pytest.fixture
def text(project: Path) -> str:
    return (project / "docs" / "clips-files.md").read_text(encoding="utf-8")


def first_cells(text: str) -> set[str]:
    """The names in the first cell of each row of a table."""
    cells = re.findall(r"^\| ([^|]+) \|", text, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_format_parameter_provenance_and_trainer_has_a_row(text: str) -> None:
    assert {*names("clip-format"), *ImportRecipe.model_fields, *PUBLISHED, *TRAINERS} <= first_cells(text)


def test_every_ending_and_rule_is_named(text: str) -> None:
    for name in names("clip-format"):
        assert all(suffix.lstrip("_") in text for suffix in clip_format(name).suffixes)
    assert all(f"`{rule}`" in text for rule in SEGMENT_RULES)


def test_the_example_runs(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/clips-files.md", "exec"), {})
    assert (tmp_path / "rtfm" / "01_001_i3d.npy").is_file()
