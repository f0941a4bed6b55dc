"""Models that differ by their seed alone are told as one."""

import pytest

from features.report.data import Protocol, ReportData, Result, Video
from features.report.page import render
from features.report.results import beaten, headline, seed_groups
from features.report.seeds import families


def model(name, value, family="", **metrics):
    return Result(name, False, "raw", {"micro_auc": value, **metrics}, family=family)


def trained(*values, name="AR-Net", family="a"):
    return [model(f"{name} {seed}", value, family) for seed, value in enumerate(values)]


WIDTH = Result("width", True, "raw", {"micro_auc": 0.6, "ap": 0.5})


def report(*results):
    return ReportData("d", "c", "w", videos=[Video("v", 1)], results=results, protocols=[Protocol("raw", "")])


def test_a_family_has_the_means_of_its_members_and_their_spread():
    (family,) = families([WIDTH, *trained(0.6, 0.7, 0.8)])
    assert (family.name, family.mean.metrics["micro_auc"]) == ("AR-Net", pytest.approx(0.7))
    assert family.spread("micro_auc") == pytest.approx(0.1)


@pytest.mark.parametrize("name, stem", [("AR-Net", "AR-Net"), ("sound, seed", "sound"), ("I3D_Seed", "I3D"), ("", "0")])
def test_a_family_is_called_as_its_members_but_for_the_seed(name, stem):
    members = [model(f"{name} {seed}".strip(), 0.5, "a") for seed in range(2)]
    assert families(members)[0].name == stem


def test_a_family_whose_members_have_names_of_their_own_is_called_as_the_first():
    assert families([model("first", 0.5, "a"), model("second", 0.6, "a")])[0].name == "first"


def test_models_of_other_recipes_are_not_one():
    found = families([*trained(0.6, 0.7), model("AR-Net short", 0.9, "b"), model("imported", 0.9)])
    assert [len(family.members) for family in found] == [2, 1, 1]


def test_a_figure_that_one_member_lacks_has_no_mean():
    members = [model("net 0", 0.6, "a", ap=0.5), model("net 1", 0.7, "a", ap=None)]
    (family,) = families(members)
    assert family.mean.metrics["ap"] is None and family.spread("ap") is None


def test_the_table_over_seeds_has_a_row_for_each_family_of_several_and_judges_its_mean():
    (group,) = seed_groups(
        report(WIDTH, *trained(0.58, 0.66), *trained(0.5, 0.52, name="RTFM", family="b"), model("x", 1))
    )
    assert [row.name for row in group.rows] == ["AR-Net, 2 seeds", "RTFM, 2 seeds"]
    assert [(row.beats, row.cells[0].text, row.cells[0].spread) for row in group.rows] == [
        (True, "62.00", "5.66"),
        (False, "51.00", "1.41"),
    ]


def test_the_headline_tells_the_mean_over_seeds_and_not_the_best_of_them():
    said = headline(report(WIDTH, *trained(0.58, 0.60, 0.68), model("other", 0.61)))
    assert said.startswith(
        "AR-Net, the best of 2 models, has a micro AUC of 62.00 % (mean of 3 seeds, 58.00 to 68.00) under the protocol"
    )


def test_a_best_seed_above_the_baseline_is_no_win():
    data = report(WIDTH, *trained(0.5, 0.65))
    assert beaten(data) and "has shown nothing beyond width" in headline(data)


def test_without_several_seeds_the_page_has_no_such_table():
    assert "Over seeds" not in render(report(WIDTH, model("net", 0.7)))
    assert "Over seeds" in render(report(WIDTH, *trained(0.5, 0.65)))
