"""Charts: equal bytes for equal data, peaks that survive thinning, spans that miss nothing."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.report import charts, framecharts
from features.report.charts import Curve, Look


def test_thinning_keeps_short_curves_as_they_are():
    x, y = framecharts.thin(np.array([3.0, 1.0, 2.0]))
    assert x.tolist() == [0, 1, 2]
    assert y.tolist() == [3.0, 1.0, 2.0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(4, 60))
def test_thinning_keeps_the_extremes(values, points):
    curve = np.array(values)
    x, y = framecharts.thin(curve, points)
    assert len(x) <= max(points, 1)
    assert (y.min(), y.max()) == (curve.min(), curve.max())
    assert (np.diff(x) > 0).all()


def test_thinning_keeps_gaps():
    curve = np.r_[np.zeros(1000), np.full(1000, np.nan), np.ones(1000)]
    assert np.isnan(framecharts.thin(curve, 60)[1]).any()


def test_a_thinned_roc_keeps_its_ends_and_its_corner():
    fpr = np.r_[np.zeros(50_000), np.linspace(0, 1, 50_000)]
    tpr = np.r_[np.linspace(0, 1, 50_000), np.ones(50_000)]
    x, y = charts.along(fpr, tpr)
    assert len(x) <= charts.POINTS + 2
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert (np.abs(x) + np.abs(y - 1)).min() < 0.01


@pytest.mark.parametrize(
    "labels, expected",
    [
        ([], []),
        ([0, 0], []),
        ([1, 1], [(0, 2)]),
        ([0, 1, 1, 0, 1], [(1, 3), (4, 5)]),
        ([-1, 1, -1], [(1, 2)]),
    ],
)
def test_spans(labels, expected):
    assert framecharts.spans(np.array(labels, np.int8), 1) == expected


def test_spans_of_no_labels():
    assert framecharts.spans(None, 1) == []


def test_one_abnormal_frame_in_a_million_is_seen():
    labels = np.zeros(1_000_000, np.int8)
    labels[654_321] = 1
    ((start, stop),) = framecharts.spans(labels, 1)
    assert start <= 654_321 < stop


def test_models_are_solid_and_baselines_dashed():
    made = charts.looks(["a", "b"], ["c"])
    assert [bool(look.dashes) for look in made.values()] == [False, False, True]
    assert len({look.colour for look in made.values()}) == 3


@pytest.mark.parametrize(("models", "baselines"), [(30, 6), (6, 30), (0, 36), (36, 0)])
def test_thirty_six_scorers_have_each_a_look_of_their_own(models, baselines):
    made = charts.looks([f"m{number}" for number in range(models)], [f"b{number}" for number in range(baselines)])
    assert len(set(made.values())) == 36


def test_axes_have_units():
    curve = Curve(np.array([0.0, 1.0]), np.array([0.0, 1.0]), Look("blue"))
    chart = charts.roc([curve], "label")
    assert "false alarms (% of normal frames)" in chart
    assert "detections (% of abnormal frames)" in chart


def test_labels_and_names_are_escaped():
    chart = charts.bars({"<b>$x$": 1.0}, ["<i>"], "size (<MB>)", '"><script>')
    assert not re.search(r"<(b|i|MB|script)>", chart)


def test_equal_data_give_equal_charts():
    drawn = {charts.bars({"flow": 1.5}, ["1.5 s"], "time (s)", "label") for _ in range(2)}
    assert len(drawn) == 1


def test_charts_take_the_colours_of_the_page():
    chart = charts.bars({"flow": 1.5}, ["1.5 s"], "time (s)", "label")
    assert "var(--blue)" in chart
    assert not re.search(r"#[0-9a-f]{6}", chart)


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_files_for_the_documentation_are_the_same_each_time(tmp_path, ending):
    for name in ("one", "two"):
        with charts.drawing(300, 200) as figure:
            figure.add_subplot().plot([0, 1], [0, 1])
            charts.save(figure, tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


def test_drawing_leaves_the_users_settings_alone():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with charts.drawing(100, 100):
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert dict(mpl.rcParams) == before
