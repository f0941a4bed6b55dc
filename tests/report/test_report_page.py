"""The page: it loads nothing, escapes everything, says what was left out, and stands whatever is missing."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.report.cards import CARDS, choose
from features.report.data import Failure, Provenance, ReportData, Still, Timeline, Video
from features.report.page import render, write
from tests.report.sample import HOSTILE, sample, with_persons

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """What a page holds; fails where tags are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module", params=[sample, with_persons], ids=["boxes", "persons"])
def html(request) -> str:
    return render(request.param())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def empty(**fields) -> ReportData:
    return ReportData(dataset="mine", config="config.yaml", when="2025-03-01", **fields)


def test_the_page_has_every_section(page: Page):
    sections = [attributes["id"] for attributes in page.all("section")]
    assert sections == ["results", "roc", "videos", "work", "failures", "provenance", "glossary"]


def test_links_inside_the_page_lead_somewhere(page: Page):
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {link["href"][1:] for link in page.all("a")} <= ids


def test_no_id_occurs_twice(page: Page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_page_loads_nothing(html: str, page: Page):
    assert not re.search(r"https?:|url\(|@import|<script|<iframe|<object|\bon\w+=", html)
    for tag, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)


def test_a_policy_forbids_loading(page: Page):
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_hostile_names_are_text(html: str, page: Page):
    assert "<script" not in html
    assert HOSTILE in page.text


def test_undecodable_names_can_be_written(tmp_path):
    write(tmp_path / "report.html", sample())
    assert "Test/caf\\udce9" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_bidirectional_overrides_are_made_visible(html: str):
    assert "\u202e" not in html
    assert "\\u202egnp" in html


@settings(max_examples=15)
@given(st.text(alphabet=st.characters(), min_size=1))
def test_any_text_in_any_place_is_escaped(text: str):
    hostile = f"<b onload='x'>\"&{text}"
    data = ReportData(
        dataset=hostile,
        config=hostile,
        when=hostile,
        videos=[Video(hostile, 3, curves={hostile: np.arange(3.0)}, reason=hostile)],
        failures=[Failure(hostile, hostile, hostile)],
        provenance=[Provenance(hostile, {hostile: hostile}, hostile, {hostile: hostile}, {hostile: hostile})],
        software={hostile: hostile},
    )
    page = Page(render(data))
    assert page.all("b") == []
    assert all("onload" not in attributes for _, attributes in page.tags)


@pytest.mark.parametrize("data", [sample, with_persons], ids=["boxes", "persons"])
def test_equal_data_give_equal_pages(data):
    assert render(data()) == render(data())


def test_pictures_and_charts_are_described(page: Page):
    assert all(image["alt"] for image in page.all("img"))
    assert all(chart["aria-label"] for chart in page.all("svg") if chart["class"] == "chart")


def test_tables_have_captions_and_scopes(page: Page):
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(head["scope"] in ("col", "row", "rowgroup") for head in page.all("th"))


def test_headings_go_down_one_step_at_a_time(page: Page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_model_that_beats_the_baselines_says_by_how_much(page: Page):
    assert re.search(r"\+\d+\.\d\d points over widest box", page.text)
    assert "has shown nothing" not in page.text.replace("has shown nothing.", "")


def test_a_model_below_a_baseline_has_shown_nothing():
    assert "has shown nothing beyond widest box" in Page(render(sample(model_beats=False))).text


def test_a_published_protocol_tells_its_defect(page: Page):
    assert "as published, with a known defect" in page.text
    assert "the filter runs across the borders of videos" in page.text


def test_an_undefined_auc_says_why(page: Page):
    assert "AUC undefined: only normal frames" in page.text


def test_what_a_model_of_persons_gives_is_told():
    page = Page(render(with_persons()))
    for text in (
        "The threshold comes from normal training data alone",
        "99 % of its scores of normal training data lie below",
        "threshold of lbrspr",
        "regions are the connected parts of the masks",
        "window rule sound",
        "gaps end a window",
        "In motion, frames 40 to 46",
        "the 12 with the highest scores of 23 persons",
    ):
        assert text in page.text, text
    assert sum("skeletons drawn" in (image["alt"] or "") for image in page.all("img")) == 6


def test_without_a_model_of_persons_nothing_is_said_of_them():
    page = Page(render(sample()))
    assert not re.search("Alarms at|window rule|score of a person|In motion|RBDC", page.text)


@pytest.mark.parametrize(
    ("splits", "said"),
    [(["test"], "1 test video"), (["test"] * 3, "3 test videos"), (["", ""], "2 videos")],
)
def test_the_head_says_which_videos_it_counts(splits, said):
    videos = [Video(str(number), 1, split=split) for number, split in enumerate(splits)]
    assert re.search(rf"Videos{said}\s", Page(render(empty(videos=videos))).text)


def test_failures_are_listed_with_their_reasons(page: Page):
    assert "no frame could be decoded: moov atom not found" in page.text


def test_recipes_keys_and_software_are_there(page: Page):
    for text in ('"preset": "medium"', "a3" * 32, "c4" * 32, "2.13.0"):
        assert text in page.text


def test_videos_without_labels_are_shown_without_shading():
    video = Video("clip", 40, curves={"m": np.linspace(0, 1, 40)})
    html = render(empty(videos=[video]))
    assert "no ground truth" in html
    assert "fill: var(--shade)" not in html


def test_a_run_of_features_only_says_so():
    page = Page(render(replace(empty(videos=[Video("a", 10)]), work=sample().work)))
    assert "Features of 1 video were made; nothing was scored." in page.text
    assert "No video was scored" in page.text


def test_a_data_set_without_videos_is_a_page_too():
    page = Page(render(empty()))
    assert "There is no video in this data set" in page.text
    assert page.all("svg") == []


def test_a_run_that_reused_everything_says_so():
    work = [replace(row, computed=0, reused=5) for row in sample().work]
    assert "Nothing was computed: all 35 artifacts came from the store" in Page(render(empty(work=work))).text


@pytest.mark.parametrize(
    "scores", [[np.nan] * 5, [np.inf, 0, 1, -np.inf, np.nan], [2.0] * 5], ids=["nan", "inf", "flat"]
)
def test_odd_scores_still_draw(scores):
    render(empty(videos=[Video("v", 5, curves={"m": np.array(scores)})]))


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_tiny_videos_still_draw(frames):
    labels = np.ones(frames, np.int8)
    render(empty(videos=[Video("v", frames, labels=labels, curves={"m": np.zeros(frames)})]))


def test_a_thousand_videos_stay_below_ten_megabytes():
    rng = np.random.default_rng(0)
    picture = Still(rng.bytes(60_000), 480, 270, frame=5)
    labels = (np.arange(3000) // 100 % 2).astype(np.int8)
    videos = [
        Video(f"{index:04d}", 3000, labels=labels, auc=index / 1000, still=picture, curves=_walks(rng))
        for index in range(1000)
    ]
    videos = [replace(video, persons=_restless(rng)) for video in videos[:CARDS]] + videos[CARDS:]
    failures = [Failure(f"{index}", "flow", "reason " * 10) for index in range(1000)]
    html = render(empty(videos=videos, failures=failures))
    assert len(html.encode()) < 10_000_000
    assert html.count("<img") == CARDS
    assert "24 of 1,000 videos: the 12 with the lowest AUC, then the 12 with the highest." in html
    assert "The first 200 of 1,000" in html


def _walks(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {name: rng.normal(size=3000).astype(np.float32) for name in ("a", "b", "c")}


def _restless(rng: np.random.Generator) -> list[Timeline]:
    return [Timeline(person, np.arange(3000), rng.random(3000)) for person in range(40)]


def test_the_worst_and_the_best_videos_are_chosen():
    videos = [Video(str(index), 1, auc=index / 10) for index in (5, 1, 9, 3, 7)] + [Video("none", 1)]
    chosen, words = choose(videos, most=4)
    assert [video.id for video in chosen] == ["1", "3", "7", "9"]
    assert words == "4 of 6 videos: the 2 with the lowest AUC, then the 2 with the highest."


def test_videos_without_auc_fill_up():
    videos = [Video("a", 1), Video("b", 1, auc=0.5), Video("c", 1), Video("d", 1)]
    chosen, words = choose(videos, most=2)
    assert [video.id for video in chosen] == ["a", "b"]
    assert words == "2 of 4 videos: 1 with an AUC and the first 1 without."


def test_labels_and_scores_must_fit_the_frames():
    with pytest.raises(ValueError, match=r"video 'v' has 4 frames but labels of shape \(3,\)"):
        Video("v", 4, labels=np.zeros(3, np.int8))


def test_writing_replaces_the_old_page_whole(tmp_path):
    path = tmp_path / "deep" / "report.html"
    write(path, empty())
    write(path, sample())
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]
    assert path.read_text(encoding="utf-8") == render(sample())
    assert path.stat().st_mode & 0o400
