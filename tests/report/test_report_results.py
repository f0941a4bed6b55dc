"""What the figures say."""

import pytest

from features.report.classes import class_table
from features.report.data import Alarms, Place, Protocol, ReportData, Result, Video
from features.report.results import alarm_rows, columns, groups, headline, place_rows


def model(value, protocol="frames", name="net", **metrics):
    return Result(name, False, protocol, {"micro_auc": value, **metrics})


def baseline(value, protocol="frames", name="width", **metrics):
    return Result(name, True, protocol, {"micro_auc": value, **metrics})


def report(*results, protocols=()):
    return ReportData("d", "c", "w", videos=[Video("v", 1)], results=results, protocols=protocols)


@pytest.mark.parametrize(
    "results, verdict, beats",
    [
        ([model(0.9), baseline(0.8)], "+10.00 points over width", True),
        ([model(0.8), baseline(0.8)], "has shown nothing beyond width (80.00)", False),
        ([model(0.7), baseline(0.8)], "has shown nothing beyond width (80.00)", False),
        (
            [model(0.7), baseline(0.6), baseline(0.8, name="mean flow")],
            "has shown nothing beyond mean flow (80.00)",
            False,
        ),
        ([model(None), baseline(0.8)], "cannot be judged: its micro AUC is undefined", None),
        ([model(float("nan")), baseline(0.8)], "cannot be judged: its micro AUC is undefined", None),
        ([model(0.7)], "no baseline to judge it by", None),
        ([model(0.7), baseline(None)], "no baseline to judge it by", None),
        ([model(0.7), baseline(0.9, protocol="other")], "no baseline to judge it by", None),
    ],
)
def test_verdict(results, verdict, beats):
    (row,) = [row for row in groups(report(*results))[0].rows if not row.is_baseline]
    assert (row.verdict, row.beats) == (verdict, beats)


def test_rows_stand_best_first_and_undefined_last():
    (group,) = groups(report(model(None, name="x"), baseline(0.5), model(0.9), baseline(0.7, name="flow")))
    assert [row.name for row in group.rows] == ["net", "flow", "width", "x"]


def test_protocols_stand_in_their_declared_order():
    data = report(model(0.5, "b"), model(0.5, "a"), model(0.5, "new"), protocols=[Protocol("a", ""), Protocol("b", "")])
    assert [group.protocol.name for group in groups(data)] == ["a", "b", "new"]


def test_each_column_is_judged_by_its_own_best_baseline():
    results = [
        model(0.9, ap=0.5, eer=0.2),
        baseline(0.8, ap=0.4, eer=0.1),
        baseline(0.7, ap=0.6, eer=0.3, name="mean flow"),
    ]
    cells = groups(report(*results))[0].rows[0].cells
    assert [cell.short_of for cell in cells] == ["", "", "mean flow", "width"]


def test_some_metrics_have_a_column_only_where_they_are_known():
    always = [metric.key for metric in columns([model(0.5)])]
    assert always == ["micro_auc", "macro_auc", "ap", "eer"]
    assert [metric.key for metric in columns([model(0.5, f1=0.4, auc_abnormal=0.6)])] == [
        "micro_auc", "auc_abnormal", "macro_auc", "ap", "eer", "f1",
    ]  # fmt: skip


def test_false_alarm_rates_are_not_compared_with_what_never_alarms():
    (row, _) = groups(report(model(0.9, far=0.2, far_normal=0.1), baseline(0.5, far=0.0, far_normal=0.0)))[0].rows
    assert not any(cell.short_of for cell in row.cells)


def test_a_model_is_not_beaten_by_what_uses_the_test_labels_but_its_verdict_says_so():
    bounds = [
        Result(name, True, "frames", {"micro_auc": value}, uses_labels=True)
        for name, value in (("label", 0.85), ("label x middle", 0.95))
    ]
    for value, said in (
        (0.7, "; within what label gives (85.00)"),
        (0.9, "; within what label x middle gives (95.00)"),
        (0.96, ""),
    ):
        (row,) = [row for row in groups(report(model(value), baseline(0.6), *bounds))[0].rows if not row.is_baseline]
        assert row.beats and row.verdict == f"{100 * (value - 0.6):+.2f} points over width{said}"
        assert not any(cell.short_of for cell in row.cells)


def test_classes_are_told_alone_and_with_normal_videos_models_first():
    found = {"Arson": (0.6, 0.8), "Fighting": (None, 0.7)}
    data = report(baseline(0.8), Result("net", False, "frames", {"micro_auc": 0.7}, classes=found))
    table = class_table(data)
    assert table.classes == ("Arson", "Fighting")
    assert [[cells for _, cells in rows] for _, rows in table.groups] == [
        [("60.00", "undefined")],
        [("80.00", "70.00")],
    ]
    assert class_table(report(baseline(0.8))) is None


@pytest.mark.parametrize(
    "results, sentence",
    [
        (
            [model(0.9), baseline(0.8)],
            "net has a micro AUC of 90.00 % under the protocol “frames”, 10.00 points above width, "
            "the best baseline that needs no training (80.00 %).",
        ),
        (
            [model(0.7), baseline(0.8)],
            "net has a micro AUC of 70.00 % under the protocol “frames” and has shown nothing beyond width, "
            "the best baseline that needs no training (80.00 %).",
        ),
        (
            [model(0.7), model(0.9, name="other"), baseline(0.8)],
            "other, the best of 2 models, has a micro AUC of 90.00 % under the protocol “frames”, "
            "10.00 points above width, "
            "the best baseline that needs no training (80.00 %).",
        ),
        (
            [model(0.7)],
            "net has a micro AUC of 70.00 % under the protocol “frames”; there is no baseline to judge it by.",
        ),
        (
            [baseline(0.8)],
            "No model was scored; width, which needs no training, "
            "has a micro AUC of 80.00 % under the protocol “frames”.",
        ),
        ([model(None)], "The micro AUC under the protocol “frames” is undefined for every scorer."),
        ([], "Features of 1 video were made; nothing was scored."),
    ],
)
def test_headline(results, sentence):
    assert headline(report(*results)) == sentence


def test_a_models_threshold_is_told_with_where_it_comes_from():
    (row,) = alarm_rows(ReportData("d", "c", "w", alarms=[Alarms("net", 0.995, 1.23456, 0.05, None)]))
    assert (row.value, row.false_alarms, row.detections) == ("1.235", "5.00", "undefined")
    assert row.quantile == "99.5 % of its scores of normal training data lie below"


def test_models_stand_before_baselines_where_places_are_judged():
    places = [
        Place("width", True, {"rbdc": 0.9, "pixel_auc": 0.4, "pixel_eer": 0.2}),
        Place("low", False, {"rbdc": 0.1, "pixel_auc": 0.5, "pixel_eer": None}),
        Place("high", False, {"rbdc": 0.95, "pixel_auc": 0.3, "pixel_eer": 0.1}),
    ]
    rows = place_rows(ReportData("d", "c", "w", places=places))
    assert [row.name for row in rows] == ["high", "low", "width"]
    assert [[cell.short_of for cell in row.cells] for row in rows[:2]] == [["", "width", ""], ["width", "", ""]]
