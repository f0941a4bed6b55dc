"""features doctor: what works here."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from features.cli import doctor
from tests.commands import Run


@pytest.fixture(autouse=True)
def _without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at devices imports torch, which takes seconds."""
    monkeypatch.setattr(doctor, "guarded", lambda name, look: doctor.Finding(name, "ok", "not looked at"))


def test_the_disk_is_looked_at_and_left_as_it_was(features: Run, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    found = {row["what"]: row for row in json.loads(features("doctor", "--json")[1])}
    assert {"free space", "store writable", "hard links", "store layout", "python"} <= found.keys()
    assert found["hard links"]["state"] == "ok"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_package_is_broken_and_an_optional_one_a_note() -> None:
    assert doctor.package("no-such-package").state == "broken"
    assert "pip install no-such-package" in doctor.package("no-such-package").says
    assert doctor.package("no-such-package", "makes coffee").state == "note"


def test_every_package_that_is_asked_for_is_looked_at(project: Path) -> None:
    asked = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for extra in asked["optional-dependencies"].values() for name in extra]
    names = {re.split(r"[^A-Za-z0-9-]", text)[0].lower() for text in [*asked["dependencies"], *extras]}
    assert names == {name.lower() for name in (*doctor.READING, *doctor.PIPELINE, *doctor.OPTIONAL)}


def test_broken_findings_make_exit_code_1(features: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "READING", ("no-such-package",))
    assert features("doctor")[0] == 1


def test_a_store_of_another_layout_is_broken(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("other 7")
    assert doctor.layout(tmp_path).state == "broken"


@pytest.mark.parametrize("name", ["folder/notes.txt", "file"])
def test_a_place_that_holds_something_else_is_broken(features: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("not a store")
    code, out, _ = features("doctor", "--store", str(tmp_path / name.partition("/")[0]))
    assert code == 1
    assert "holds other things; give the store a folder of its own" in out
