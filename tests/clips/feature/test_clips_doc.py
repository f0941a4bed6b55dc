"""The documentation of clips, against the code: the tables of presets are made from them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.extract.clips.network import NetworkBackend
from features.extract.clips.presets import PRESETS, Preset
from features.extract.clips.references import REFERENCES
from features.extract.clips.view import CROPS, FlowView, Resize, View
from features.plan.registry import names

CLIPS = {
    "drop": "⌊(n - {length}) / {stride}⌋ + 1",
    "repeat": "⌈n / {stride}⌉",
    "repeat-extra": "⌊n / {stride}⌋ + 1",
    "drop-last": "⌊(n - 1) / {stride}⌋",
    "one-more": "⌊(n - 1 - {length}) / {stride}⌋ + 1",
    "whole": "1",
    "long": "⌈n / 8⌉ - 1",
}
MIDDLE = {"torchvision": 4, "gowtham": 2, "centre-first": 0, "centre-corners": 0}
SEEN = {(127.5, 127.5): "2x/255 - 1", (0.0, 1.0): "x", (128.0, 128.0): "(x - 128)/128"}


def size(view: View) -> str:
    sides, rule = view.resize.size, view.resize.rule
    said = f"{sides[1]} x {sides[0]}" if isinstance(sides, tuple) else f"{rule} {sides}"
    return f"{said}, {view.resize.filter}"


def crops(view: View) -> str:
    if view.side is None:
        return "whole picture"
    where = f", centre at {MIDDLE[view.crops]}" if view.crops in MIDDLE else ""
    return f"`{view.crops}`: {CROPS[view.crops]} of {view.side}{where}"


def values(view: View) -> str:
    mean, std = view.mean, view.std
    if len(set(mean)) == 1:
        return SEEN.get((mean[0], std[0]), f"(x - {mean[0]:g})/{std[0]:g}")
    return "its mean and std"


def flow(preset: Preset) -> str:
    if "flow" not in preset.view:
        return "-"
    view = FlowView(**preset.view["flow"])
    whose, *settings = preset.vectors.values()
    asked = f" ({', '.join(map(str, settings))})" if settings else ""
    return f"{whose}{asked}, {view.at}, {view.levels}, {view.components}"


def rows() -> Iterator[str]:
    yield "| preset | network | fps | picture | crops | values | flow | clips of n frames | labels each |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, preset in PRESETS.items():
        if preset.missing:
            yield f"| `{name}` | {preset.missing} | | | | | | | |"
            continue
        view = View(**{**preset.view, "flow": preset.view.get("flow") if "stream" in preset.view else None})
        network = ", ".join([preset.backend, *(str(value) for value in preset.network.values())])
        count = CLIPS[view.tail].format(length=view.length, stride=view.stride)
        rate = "own" if view.fps is None else f"{view.fps:g}"
        whole = f"{NetworkBackend.step}" if "steps" in preset.network.values() else "n"
        labels = whole if view.stride is None else str(view.stride)
        cells = [network, rate, size(view), crops(view), values(view), flow(preset), count, labels]
        yield f"| `{name}` | {' | '.join(cells)} |"


def remarks() -> Iterator[str]:
    yield "| preset | from | know this |"
    yield "|---|---|---|"
    for name, preset in PRESETS.items():
        yield f"| `{name}` | {preset.source} | {preset.remark} |"


@pytest.fixture
def text(project: Path) -> str:
    return (project / "docs" / "clips.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [rows, remarks])
def test_the_tables_of_presets_are_current(text: str, table) -> None:
    made = "\n".join(table())
    assert made in text, f"put this into docs/clips.md:\n{made}"


def test_every_backend_is_named(text: str) -> None:
    assert all(f"`{name}`" in text for name in names("clips") if name != "tiny")


@pytest.mark.parametrize("part", [View, Resize, FlowView])
def test_every_parameter_is_explained(text: str, part) -> None:
    assert all(f"`{name}`" in text for name in part.model_fields)


def test_every_reference_is_named(text: str) -> None:
    assert all(f"| `{name}` | `{reference.weights}` |" in text for name, reference in REFERENCES.items())


if __name__ == "__main__":
    print("\n".join([*rows(), "", *remarks()]))
