"""Artifacts to test with, in both formats."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.store.arrays import ArraySpec
from features.store.artifact import ArtifactWriter, open_writer
from features.store.layout import SUFFIXES
from tests.store.formats.format_samples import HEADER, KEY, Write


@pytest.fixture(params=list(SUFFIXES))
def form(request: pytest.FixtureRequest) -> str:
    """Each file format in turn."""
    return str(request.param)


@pytest.fixture
def write(tmp_path: Path, form: str) -> Write:
    """Writes an artifact of given arrays and returns its path; `fill` may do more with the writer."""

    def write(
        arrays: Sequence[tuple[ArraySpec, np.ndarray]] = (),
        fill: Callable[[ArtifactWriter], None] = lambda writer: None,
        *,
        key: str = KEY,
        kind: str = "flow",
        form: str = form,
        folder: Path = tmp_path,
        header: Mapping[str, Any] = HEADER,
    ) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / f"{key}.{kind}{SUFFIXES[form]}"
        with path.open("w+b") as file:
            writer = open_writer(file, form, key, kind, header)
            for spec, rows in arrays:
                writer.add(spec)
                writer.append(spec.name, rows)
            fill(writer)
            writer.close(seconds=1.5)
        return path

    return write


@pytest.fixture(scope="session")
def flow_spec() -> ArraySpec:
    """Flow as the flow feature stores it, 24 x 32 pixels."""
    dims = ("frame", "component", "y", "x")
    return ArraySpec("flow", "int16", (2, 24, 32), 1, dims, "pixel", 1 / 64, fill_value=-32768)


@pytest.fixture(scope="session")
def flow() -> np.ndarray:
    """float32 (12, 2, 24, 32): a smooth field that turns, with some noise."""
    t, c, y, x = np.meshgrid(np.arange(12), np.arange(2), np.arange(24), np.arange(32), indexing="ij")
    noise = np.random.default_rng(0).normal(0, 0.05, t.shape)
    return (3 * np.sin(x / 9 + t / 3 + c) * np.cos(y / 7) + noise).astype(np.float32)


@pytest.fixture
def sound(write: Write, flow_spec: ArraySpec, flow: np.ndarray) -> Path:
    """A sound artifact: flow, and a vector."""
    return write([(flow_spec, flow), (ArraySpec("seconds", "float64", (), 5, ("frame",), "s"), np.arange(12) / 25)])
