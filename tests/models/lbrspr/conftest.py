"""A small store with cubes of videos made here."""

from collections.abc import Callable
from hashlib import sha256

import numpy as np
import pytest

from features.extract.boxes.backend import COLUMNS
from features.models.base import Features
from features.store.arrays import ArraySpec
from features.store.recipe import Recipe
from features.store.store import Store
from features.store.table import TableWriter

HEIGHT, WIDTH = 158, 238


class MadeRecipe(Recipe):
    kind = "cubes"
    backend = "made"


@pytest.fixture
def video(store: Store) -> Callable[..., Features]:
    """`video("a", [2, 0, 1])`: cubes of a video of three frames with 2, 0 and 1 boxes."""

    def make(name: str, boxes_per_frame: list[int], split: str = "test", flow: bool = True) -> Features:
        source = sha256(name.encode()).hexdigest()
        write_cubes(store, source, boxes_per_frame, flow)
        return Features(source, len(boxes_per_frame), 240, 360, split, lambda kind: store.open(kind, source))

    return make


def write_cubes(store: Store, source: str, boxes_per_frame: list[int], flow: bool) -> None:
    random = np.random.default_rng(int(source[:8], 16))
    with store.create("cubes", source, recipe=MadeRecipe(), inputs={"source": source}) as out:
        out.add(ArraySpec("cubes", "uint8", (5, 32, 32, 3), 64))
        if flow:
            out.add(ArraySpec("flow_cubes", "int16", (5, 2, 32, 32), 64, scale_factor=1 / 64, fill_value=-32768))
        table = TableWriter(out, "boxes", COLUMNS)
        for count in boxes_per_frame:
            left, top = random.uniform(0, WIDTH - 30, count), random.uniform(0, HEIGHT - 30, count)
            rest = [left + 25, top + 28, *np.ones((len(COLUMNS) - 4, count))]
            table.frame(np.stack([left, top, *rest], axis=1))
            out.append("cubes", random.integers(0, 256, (count, 5, 32, 32, 3), np.uint8))
            if flow:
                out.append("flow_cubes", random.integers(-200, 200, (count, 5, 2, 32, 32)).astype(np.int16))
        table.close()
        out.note(frame_size=[HEIGHT, WIDTH], flow_grid={"x": 512 / WIDTH, "y": 384 / HEIGHT})
