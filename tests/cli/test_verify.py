"""features verify: says which file is damaged, where, and what to do; silent about sound ones."""

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.store.store import Store
from tests.cli.conftest import FIRST, SECOND
from tests.commands import Run


def flip(store: Store, key: str, at: float = 0.4) -> Path:
    """Flip one bit of an artifact's file."""
    path = store.find("flow", key)
    assert path is not None
    content = bytearray(path.read_bytes())
    content[int(at * len(content))] ^= 4
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("words", [[], ["--depth", "structure"], ["--depth", "share", "--share", "50%"]])
def test_a_sound_store_is_all_sound(features: Run, words: list[str]) -> None:
    code, out, _ = features("verify", *words)
    assert code == 0
    assert out.startswith("2 artifacts, ") and out.endswith("all sound\n")


@pytest.mark.parametrize("at", [0.01, 0.2, 0.5, 0.8, 0.999])
def test_a_flipped_bit_is_found_and_the_file_named(features: Run, store: Store, at: float) -> None:
    path = flip(store, FIRST, at)
    code, out, _ = features("verify")
    assert code == 1
    assert str(path) in out and "1 damaged file; delete them and run the pipeline again" in out
    findings = json.loads(features("verify", "--json")[1])["findings"]
    assert {found["file"] for found in findings} == {str(path)}


def test_two_swapped_files_are_both_found(features: Run, store: Store) -> None:
    one, two = store.find("flow", FIRST), store.find("flow", SECOND)
    assert one is not None and two is not None
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    code, out, _ = features("verify", "--depth", "structure")
    assert code == 1
    assert str(one) in out and str(two) in out


def test_a_cut_file_is_found_at_any_depth(features: Run, store: Store) -> None:
    path = store.find("flow", FIRST)
    assert path is not None
    path.write_bytes(path.read_bytes()[:-30])
    for depth in ("structure", "share", "everything"):
        assert features("verify", "--depth", depth)[0] == 1


def test_one_artifact_can_be_looked_at_alone(features: Run, store: Store) -> None:
    flip(store, FIRST)
    assert features("verify", SECOND[:8])[0] == 0
    assert features("verify", FIRST[:8])[0] == 1


def test_a_misplaced_file_is_found(features: Run, store: Store) -> None:
    path = store.find("flow", FIRST)
    assert path is not None
    path.rename(store.path / "objects" / SECOND[:2] / path.name)
    code, out, _ = features("verify")
    assert code == 1
    assert "it is no artifact's name" in out


def test_deleting_what_was_named_makes_the_store_sound(features: Run, store: Store) -> None:
    flip(store, FIRST).unlink()
    code, out, _ = features("verify")
    assert (code, out.split(",")[0]) == (0, "1 artifacts")


@pytest.mark.parametrize(
    "words, message",
    [
        (["--share", "5%"], "add --depth share"),
        (["--depth", "share", "--share", "x"], "--share 'x' is no share"),
        (["--recompute", "x"], "--recompute 'x' is no share"),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(features: Run, words: list[str], message: str) -> None:
    code, _, err = features("verify", *words)
    assert code == 2
    assert message in err


def test_a_store_that_may_not_be_listed_is_not_sound(features: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    code, out, err = features("verify")
    assert (code, out) == (2, "")
    assert err.endswith("objects: Permission denied; check the path and its rights\n")
