"""The examples of docs/report.md run as they stand."""

import re

import pytest


@pytest.mark.parametrize("number, made", [(0, "report.html"), (1, "speed.svg")])
def test_example_runs(project, tmp_path, monkeypatch, number, made):
    blocks = re.findall(r"```python\n(.*?)```", (project / "docs/report.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks[number], f"docs/report.md, example {number}", "exec"), {})
    assert (tmp_path / made).stat().st_size > 1000
