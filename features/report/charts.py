"""Charts in one style: for the report as inline SVG, for documentation and benchmarks as files.

Colours are those of Okabe & Ito (2008), which readers with any common colour blindness can tell apart; lines differ in
dashes too, so that a chart survives a black-and-white printer. Nothing here depends on the day, the user's matplotlib
settings or the fonts of the machine that draws: equal data give equal bytes.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from features.report.colours import HEAT, as_hex

OKABE_ITO = {
    "blue": "#0072b2",
    "green": "#009e73",
    "vermillion": "#d55e00",
    "purple": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
}
TONES = {"ink": "#1c2127", "muted": "#59636f", "line": "#dfe3e8", "shade": "#fbdcc8", "unknown": "#eceff2"}
PALETTE = {**OKABE_ITO, **TONES}

DASHES: tuple[tuple[float, ...], ...] = ((5, 2), (1.5, 1.5), (7, 2, 1.5, 2), (3, 1.5), (9, 3), (1, 3))
PIXEL = 1 / 96  # inches, CSS's reference pixel
POINTS = 600  # of one drawn curve: more than a chart has pixels

STYLE: dict[str, Any] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": TONES["muted"],
    "axes.labelcolor": TONES["muted"],
    "axes.linewidth": 0.75,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": TONES["line"],
    "grid.linewidth": 0.6,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.25,
    "axes.labelsize": 8.25,
    "axes.titlesize": 9.0,
    "xtick.labelsize": 8.25,
    "ytick.labelsize": 8.25,
    "xtick.color": TONES["muted"],
    "ytick.color": TONES["muted"],
    "xtick.bottom": False,
    "ytick.left": False,
    "text.color": TONES["ink"],
    "text.parse_math": False,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "lines.solid_joinstyle": "round",
    "axes.prop_cycle": cycler(color=list(OKABE_ITO.values())),
    "svg.fonttype": "none",
    "svg.hashsalt": "features",
}


@dataclass(frozen=True)
class Look:
    """How one scorer is drawn, the same in every chart of a page: a name of `PALETTE`, dashes (empty: solid), width."""

    colour: str
    dashes: tuple[float, ...] = ()
    width: float = 1.75

    @property
    def line(self) -> dict[str, Any]:
        """Keywords for matplotlib's `plot`."""
        style = (0, self.dashes) if self.dashes else "solid"
        return {"color": PALETTE[self.colour], "linestyle": style, "linewidth": self.width}


@dataclass(frozen=True)
class Curve:
    """A line through (x, y) in the look of its scorer."""

    x: np.ndarray
    y: np.ndarray
    look: Look


def looks(models: Sequence[str], baselines: Sequence[str]) -> dict[str, Look]:
    """A look for every scorer: models in solid lines, baselines thinner and dashed.

    Colours repeat after six, then with other dashes, models too; so 36 scorers have each a look of their own.
    """
    colours = list(OKABE_ITO)
    made: dict[str, Look] = {}
    for number, name in enumerate(dict.fromkeys([*models, *baselines])):
        again, place = divmod(number, len(colours))
        if name in models:
            made[name] = Look(colours[place], DASHES[(again - 1) % len(DASHES)] if again else ())
        else:
            made[name] = Look(colours[place], DASHES[(place + again) % len(DASHES)], 1.25)
    return made


@contextmanager
def drawing(width: int, height: int) -> Iterator[Figure]:
    """An empty figure of `width` x `height` CSS pixels in this style; draw and export it inside the block."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield Figure(figsize=(width * PIXEL, height * PIXEL))


def save(figure: Figure, path: Path) -> None:
    """Write a figure for documentation, SVG or PNG by the name's ending, on white and without a date."""
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    figure.savefig(path, dpi=192, facecolor="white", metadata=metadata)


def inline(figure: Figure, label: str) -> Markup:
    """A figure as an `<svg>` element that takes the page's fonts and colours; `label` is read out by screen readers."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawn = buffer.getvalue()
    box = re.search(r'viewBox="([^"]+)"', drawn)
    body = re.sub(r"^.*?</defs>|</svg>\s*$", "", drawn, flags=re.DOTALL)
    head = Markup('<svg class="chart" role="img" aria-label="{}" viewBox="{}">').format(label, box[1] if box else "")
    return head + Markup(_lean(body)) + Markup("</svg>")  # noqa: S704 (matplotlib escapes the texts it draws)


def _lean(svg: str) -> str:
    """Matplotlib's SVG less what a page does not need: comments, ids, clipping, fonts, digits below 1/100 pt.

    Nothing needs clipping, since axes span their data; and ids of several charts would collide in one page.
    """
    svg = re.sub(r"<!--.*?-->|<clipPath.*?</clipPath>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' clip-path="[^"]*"| id="[\w.]+_\d+"|<defs>\s*</defs>', "", svg)
    svg = re.sub(r'font-family: [^;"]*;? ?| transform="rotate\(-?0 [^"]*\)"', "", svg)
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0]), svg)
    for name, value in PALETTE.items():
        svg = svg.replace(value, f"var(--{name})")
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def heat_bar() -> Markup:
    """The colours of scores from low to high, for legends."""
    cells = Markup("").join(
        Markup('<rect x="{}" y="0" width="9" height="10" style="fill: {}"/>').format(9 * number, as_hex(colour))
        for number, colour in enumerate(HEAT)
    )
    return Markup('<svg class="heat" viewBox="0 0 {} 10" aria-hidden="true">{}</svg>').format(9 * len(HEAT), cells)


def swatch(look: Look) -> Markup:
    """A short piece of a scorer's line, for legends."""
    dashes = ",".join(f"{dash * look.width:g}" for dash in look.dashes)
    return Markup(
        '<svg class="swatch" viewBox="0 0 30 8" aria-hidden="true"><line x1="1" y1="4" x2="29" y2="4" '
        'style="stroke: var(--{}); stroke-width: {}; stroke-dasharray: {}"/></svg>'
    ).format(look.colour, look.width * 1.3, dashes or "none")


def roc(curves: Sequence[Curve], label: str) -> Markup:
    """ROC curves over the line of guessing; both axes in per cent."""
    with drawing(400, 380) as figure:
        axes = framed(figure, left=52, right=14, top=10, bottom=46)
        axes.plot([0, 100], [0, 100], color=TONES["muted"], linewidth=0.75)
        for curve in reversed(curves):
            x, y = along(curve.x, curve.y)
            axes.plot(100 * x, 100 * y, **curve.look.line)
        axes.set(xlim=(0, 100), ylim=(0, 100), xlabel="false alarms (% of normal frames)")
        axes.set_ylabel("detections (% of abnormal frames)")
        return inline(figure, label)


def bars(rows: Mapping[str, float], texts: Sequence[str], quantity: str, label: str) -> Markup:
    """One horizontal bar per row, top down, each with its value as text."""
    height = 26 * max(len(rows), 1)
    with drawing(420, height + 52) as figure:
        axes = framed(figure, left=84, right=64, top=6, bottom=46)
        places = np.arange(len(rows))
        axes.barh(places, list(rows.values()), height=0.62, color=PALETTE["blue"], linewidth=0)
        for place, value, text in zip(places, rows.values(), texts, strict=True):
            axes.annotate(text, (value, place), (4, 0), textcoords="offset points", va="center")
        names = [name if len(name) <= 12 else name[:11] + "…" for name in rows]
        axes.set(yticks=places, yticklabels=names, xlabel=quantity, ylim=(len(rows) - 0.4, -0.6))
        axes.set_xlim(0, max(rows.values(), default=0.0) or 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        return inline(figure, label)


def framed(figure: Figure, left: int, right: int, top: int, bottom: int) -> Any:
    """Axes with fixed margins in CSS pixels, so that charts beside each other line up."""
    width, height = (side / PIXEL for side in figure.get_size_inches())
    return figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height))


def along(x: np.ndarray, y: np.ndarray, points: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most `points` of a rising curve (a ROC), evenly far from each other along it, ends kept."""
    if len(x) <= points:
        return x, y
    way = np.asarray(x, np.float64) + np.asarray(y, np.float64)
    kept = np.searchsorted(way, np.linspace(way[0], way[-1], points), side="left").clip(0, len(x) - 1)
    kept = np.unique([0, *kept, len(x) - 1])
    return x[kept], y[kept]
