"""The commands that read: ls, show, why, du."""

import json

import pytest

from tests.cli.conftest import FIRST, SECOND
from tests.commands import Run


def test_ls_lists_data_sets_with_what_is_there(features: Run) -> None:
    code, out, _ = features("ls")
    assert code == 0
    assert out.split("\n")[1].split() == ["ped2", "4", "flow", "2"]
    assert "ped2/x" in out


def test_ls_of_a_data_set_lists_its_videos(features: Run) -> None:
    _, out, _ = features("ls", "ped2")
    assert [line.split() for line in out.split("\n")[1:5]] == [
        ["Test/a", "yes"],
        ["Test/b", "yes"],
        ["Test/c", "-"],
        ["Test/d", "failed"],
    ]


def test_ls_as_json(features: Run) -> None:
    rows = json.loads(features("ls", "ped2", "--json")[1])
    assert [row["features"]["flow"] for row in rows] == ["there", "there", "missing", "failed"]
    assert json.loads(features("ls", "--json")[1])["datasets"][0]["features"] == {"flow": 2}


@pytest.mark.parametrize("reference", ["ped2/Test/a/flow", FIRST[:8], FIRST])
def test_show_prints_recipe_inputs_and_arrays(features: Run, reference: str) -> None:
    code, out, _ = features("show", reference)
    assert code == 0
    for part in (FIRST, "iterations: 12", "source: a", "flow: int16 (3, 2, 4, 4)", "pairs: 3", "Test/a"):
        assert part in out


def test_show_as_json_holds_everything(features: Run) -> None:
    shown = json.loads(features("show", FIRST[:8], "--json")[1])
    assert shown["key"] == FIRST
    assert shown["arrays"]["flow"]["shape"] == [3, 2, 4, 4]
    assert shown["bytes"] > 0 and shown["leaves"]


def test_show_of_a_failed_artifact_says_why_there_is_none(features: Run) -> None:
    code, _, err = features("show", "ped2/Test/d/flow")
    assert code == 2
    assert "it failed: no frame could be decoded" in err


def test_why_names_the_parameter_that_differs(features: Run) -> None:
    code, out, _ = features("why", SECOND[:8])
    assert code == 0
    assert "parameters.iterations: 12 -> 20" in out
    assert FIRST[:12] in out
    assert "recipe\n  kind: flow\n  backend: dis\n" in out and "    iterations: 20" in out
    [difference] = json.loads(features("why", SECOND[:8], "--json")[1])["differences"]
    assert difference == {"path": "parameters.iterations", "kin": 12, "this": 20}


def test_du_counts_bytes(features: Run) -> None:
    code, out, _ = features("du")
    assert code == 0
    assert out.split("\n")[1].split()[:3] == ["ped2", "flow", "2"]
    counted = json.loads(features("du", "--json")[1])
    assert counted["bytes"] == sum(row["bytes"] for row in counted["rows"]) > 0
