"""An audit as one self-contained HTML page, and as a row of a LaTeX table."""

from pathlib import Path

from features.evaluate.audit import Audit, Scorer
from features.report.files import write_whole
from features.report.results import METRICS
from features.report.templates import rendered
from features.text import percent, printable

SHOWN = ("micro_auc", "auc_abnormal", "ap", "ap_trapezoid", "far_normal", "far")
COLUMNS = tuple(metric for metric in METRICS if metric.key in SHOWN)
LATEX = ("micro_auc", "auc_abnormal", "ap", "far_normal")
LATEX_BARS = (("minus video length", "micro_auc"), ("perfect video label", "micro_auc"))
# TeX's special characters; a name may hold any of them.
ESCAPED = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)


def write(path: Path, found: Audit) -> None:
    """Write the page to `path`, whole or not at all."""
    write_whole(path, render(found))


def render(found: Audit) -> str:
    """The page as HTML. It loads nothing; equal audits give equal pages."""
    own = found.scorers[0]
    return rendered(
        "audit.html",
        audit=found,
        columns=COLUMNS,
        rows=[(scorer, scorer is own, [figure(scorer, column.key) for column in COLUMNS]) for scorer in found.scorers],
        failed=[check for check in found.checks if check.state == "fail"],
    )


def latex(found: Audit) -> str:
    """A row: name, AUC, AUC on abnormal videos, AP, FAR on normal videos, what length and a perfect label give.

    A comment above it names the columns.
    """
    own = found.scorers[0]
    named = {scorer.name: scorer for scorer in found.scorers}
    cells = [figure(own, key) for key in LATEX] + [figure(named[name], key) for name, key in LATEX_BARS]
    shown = ["--" if cell == "-" else cell for cell in cells]
    verdict = "passed" if found.passed else "not passed"
    titles = "name & AUC & AUC, abnormal videos & AP & FAR, normal videos & minus length & perfect video label"
    return f"% {printable(found.dataset)}, {verdict}: {titles}\n" + " & ".join([tex(found.name), *shown]) + r" \\"


def tex(text: str) -> str:
    """`text` as TeX sets it, special characters and all."""
    return printable(text).translate(ESCAPED)


def figure(scorer: Scorer, key: str) -> str:
    """A figure in per cent, or `-` where it is undefined."""
    value = scorer.figures[key].value
    return "-" if value is None else percent(value)
