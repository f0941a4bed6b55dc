"""The documentation of pose files, against the code."""

import re
from pathlib import Path

import pytest

from features.datasets.formats import pose_format
from features.datasets.formats.masks import LAYOUTS
from features.extract.poses.imported import PROVENANCE, ImportRecipe
from features.plan.registry import names


@pytest.fixture
def text(project: Path) -> str:
    return (project / "docs" / "poses-files.md").read_text(encoding="utf-8")


def test_every_format_has_a_row_and_a_paragraph(text: str) -> None:
    for name in names("format"):
        assert f"\n| `{name}` | " in text
        assert f"\n- **{name}**" in text
        assert pose_format(name).file_name("<clip>").replace("<clip>", "") in text


def test_every_parameter_preset_and_layout_is_explained(text: str) -> None:
    assert all(f"\n| `{name}` | " in text for name in [*ImportRecipe.model_fields, *LAYOUTS])
    assert all(f"`{name}`" in text for name in PROVENANCE)


def test_the_example_runs(text: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").symlink_to(project / "tests")
    exec(compile(code, "docs/poses-files.md", "exec"), {})
    assert (tmp_path / "01_0999.json").is_file()
