"""The documentation of match and diff, against the code."""

import re

import pytest

from features.evaluate.compare.artifacts import BY_KIND
from features.evaluate.compare.attempts import CHANGES
from features.evaluate.compare.clips import CLIPS, TOLERANCE
from features.evaluate.compare.crops import ORDERS
from features.evaluate.compare.timing import SAME_MOVED, SAME_NUMBERS, SAME_VIDEO
from features.evaluate.match import FOUND, FOUND_CENTRED, TRIED_CLIPS


@pytest.fixture
def text(project) -> str:
    return (project / "docs" / "match.md").read_text(encoding="utf-8")


def test_every_kind_and_order_is_there(text: str) -> None:
    assert all(f"| `{kind}` | " in text for kind in BY_KIND if kind != "clips")
    assert all(f"`{order}`" in text for order in ORDERS)


def test_every_change_that_is_tried_is_there(text: str) -> None:
    table = text.split("| change | |")[1].split("\n\n")[0]
    said = [
        words.removeprefix("crops in ").removesuffix("'s order").removesuffix(" frames per second") for words in CHANGES
    ]
    assert [words for words in said if re.split(r"[ ,]", words)[-1] not in table] == []


def test_the_figures_are_those_of_the_code(text: str) -> None:
    flat = " ".join(text.split())
    assert f"by more than {TOLERANCE:.0e} of the largest".replace("e-04", "e-4") in flat
    assert f"centred cosine of {SAME_MOVED}; {SAME_NUMBERS} for no change" in flat
    assert f"1 in 100 reaches {SAME_VIDEO}" in flat
    assert f"more than {CLIPS} clips" in flat
    assert f"at a cosine of {FOUND}, and of {FOUND_CENTRED} without" in flat
    assert {4: "four"}[TRIED_CLIPS] + " clips of one video" in flat


def test_the_example_runs(text: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    *lines, last, comment = code.strip().splitlines()
    scope: dict[str, object] = {}
    exec("\n".join(lines), scope)
    assert repr(eval(last, scope)) == comment.removeprefix("# ")
