"""The plain summary, and numbers as people read them."""

import doctest

import pytest

from features import text
from features.report import summary
from features.report.data import Failure, Work
from tests.report.sample import WORK

EXPECTED = """\
plaza: 6 videos

feature  computed  reused  failed         time     bytes
frames          4       2       1       12.4 s   48.3 MB
flow            4       2       0   1 min 35 s   61.2 MB
total           8       4       1   1 min 48 s  109.5 MB

1 failure (tried again with --config retry=failed):
  frames  Test/a\\n.mp4: no frame could be decoded
"""


def test_summary():
    failures = [Failure("Test/a\n.mp4", "frames", "no frame could be decoded")]
    lines = summary.summary("plaza: 6 videos", WORK[:2], failures)
    assert [line.split() for line in lines.splitlines()] == [line.split() for line in EXPECTED.splitlines()]


def test_columns_line_up():
    table = summary.summary("t", WORK, []).splitlines()[2:11]
    assert len({len(line) for line in table}) == 1


def test_nothing_failed():
    assert summary.summary("t", [], []).endswith("Nothing failed.\n")


def test_one_feature_needs_no_total():
    assert "total" not in summary.summary("t", WORK[:1], [])


def test_names_cannot_steer_the_terminal():
    said = summary.summary("\x1b[2J", [Work("f\x07", 1, 0, 0, 1.0, 1)], [Failure("\x1b]0;x", "f", "\r\n")])
    assert not set(said) & {"\x1b", "\x07", "\r"}


def test_it_is_saved_and_returned(tmp_path):
    said = summary.write(tmp_path / "summary.txt", "caf\udce9", WORK, [])
    assert (tmp_path / "summary.txt").read_text(encoding="utf-8") == said


@pytest.mark.parametrize(
    "seconds, said",
    [
        (0, "0 s"),
        (0.123, "0.12 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_duration(seconds, said):
    assert text.duration(seconds) == said


@pytest.mark.parametrize(
    "number, said",
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (2.5e9, "2.5 GB"), (3e12, "3.0 TB")],
)
def test_size(number, said):
    assert text.size(number) == said


def test_examples_in_docstrings():
    assert doctest.testmod(text).failed == 0
