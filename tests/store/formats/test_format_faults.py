"""A disk that fails while an artifact is written: the error comes out, and HDF5 does not take the process with it."""

import gc
import io
from typing import Any

import numpy as np
import pytest

from features.store.arrays import ArraySpec
from features.store.artifact import open_writer
from tests.store.formats.format_samples import KEY


class Failing(io.BytesIO):
    """Fails at the n-th write and ever after; `kind` is what it raises."""

    def __init__(self, after: int, kind: type[BaseException] = OSError) -> None:
        super().__init__()
        self.left, self.kind = after, kind

    def write(self, data: Any, /) -> int:
        self.left -= 1
        if self.left < 0:
            raise self.kind("no room")
        return super().write(data)


def write_artifact(file: Any, form: str, rows: int = 20) -> None:
    noise = np.random.default_rng(0).integers(-999, 999, (rows, 2, 30, 30)).astype(np.int16)
    writer = open_writer(file, form, KEY, "flow", {})
    for name in ("a", "b"):
        writer.add(ArraySpec(name, "int16", (2, 30, 30), scale_factor=1 / 64))
    for row in noise:
        writer.append("a", row[None])
        writer.append("b", row[None])
    writer.close()


def count_writes(form: str) -> int:
    file = Failing(10**9)
    write_artifact(file, form)
    return 10**9 - file.left


def test_a_failure_of_any_write_comes_out(form: str) -> None:
    total = count_writes(form)
    assert total > 40
    for after in range(total):
        with pytest.raises(OSError, match="no room"):
            write_artifact(Failing(after), form)


def test_an_interrupt_inside_a_write_comes_out(form: str) -> None:
    for after in (3, 25):
        with pytest.raises(KeyboardInterrupt):
            write_artifact(Failing(after, KeyboardInterrupt), form)


def test_a_writer_may_be_dropped_at_any_time(form: str) -> None:
    for rows in (0, 3, 12):
        with io.BytesIO() as file:
            writer = open_writer(file, form, KEY, "flow", {})
            writer.add(ArraySpec("a", "int16", (2, 30, 30)))
            writer.append("a", np.zeros((rows, 2, 30, 30), np.int16))
        del writer
        gc.collect()
