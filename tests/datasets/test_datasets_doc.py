"""The documentation of the data sets, against the code."""

import re
from pathlib import Path

import pytest

from features.datasets.aihub import AihubOptions
from features.datasets.benchmark import BenchmarkOptions
from features.datasets.folder import FolderOptions
from features.datasets.lad2000 import Lad2000Options
from features.datasets.options import Options
from features.datasets.plaza import PlazaOptions
from features.datasets.posed import SizedOptions
from features.datasets.shanghaitech import ShanghaiTechOptions
from features.datasets.shanghaitech_weak import ShanghaiTechWeakOptions
from features.datasets.trajectories import TrajectoriesOptions
from features.datasets.ubnormal import UBnormalOptions
from features.datasets.ucf_crime import UcfCrimeOptions
from features.datasets.ucsd import UcsdOptions
from features.datasets.weak import WeakOptions
from features.plan.registry import names


def section(project: Path, name: str) -> str:
    text = (project / "docs" / "datasets.md").read_text(encoding="utf-8")
    return re.split(r"^## ", text.split(f"\n## {name}\n")[1], flags=re.MULTILINE)[0]


def test_every_data_set_has_a_section(project: Path) -> None:
    for name in names("dataset"):
        assert section(project, name)


@pytest.mark.parametrize("name, options", [
    ("plaza", PlazaOptions), ("ucsd", UcsdOptions), ("avenue", BenchmarkOptions), ("folder", FolderOptions),
    ("shanghaitech", ShanghaiTechOptions), ("shanghaitech-hr", ShanghaiTechOptions), ("ubnormal", UBnormalOptions),
    ("njust", SizedOptions), ("aihub", AihubOptions), ("trajectories", TrajectoriesOptions),
    ("shanghaitech-weak", ShanghaiTechWeakOptions), ("ucf_crime", UcfCrimeOptions), ("xd_violence", WeakOptions),
    ("lad2000", Lad2000Options),
])  # fmt: skip
def test_every_option_is_explained(project: Path, name: str, options: type[Options]) -> None:
    text = section(project, name)
    assert all(f"`{option}`" in text for option in options.model_fields)
    assert all(field.description for field in options.model_fields.values())


def test_the_example_of_the_truth_runs(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", section(project, "plaza"), flags=re.DOTALL)
    exec(compile(code, "docs/datasets.md", "exec"), {})
