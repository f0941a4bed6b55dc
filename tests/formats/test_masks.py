"""Frame labels in the layouts of trainers."""

from pathlib import Path

import numpy as np
import pytest

from features.datasets.formats.masks import LAYOUTS, write_labels
from features.errors import ConfigError

LABELS = np.array([0, 0, 1, 1, 0], np.int8)


@pytest.mark.parametrize(
    ("layout", "name", "dtype", "values"),
    [
        ("shanghaitech", "01_0014.npy", "uint8", [0, 0, 1, 1, 0]),
        ("ubnormal", "01_0014_tracks.txt", "float64", [1, 1, 0, 0, 1]),
        ("aihub", "01_0014.npy", "float64", [0, 0, 1, 1, 0]),
    ],
)
def test_each_trainer_gets_its_own_words(layout: str, name: str, dtype: str, values: list[int], tmp_path: Path) -> None:
    path = write_labels(tmp_path / "gt", "01_0014", LABELS, LAYOUTS[layout])
    assert [file.name for file in (tmp_path / "gt").iterdir()] == [path.name] == [name]
    with path.open("rb") as file:
        found = np.load(file, allow_pickle=False)
    assert found.dtype == dtype
    assert found.tolist() == values


def test_unknown_labels_have_no_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="01_0014: the label of frame 1 is unknown"):
        write_labels(tmp_path, "01_0014", np.array([0, -1], np.int8), LAYOUTS["shanghaitech"])
    assert list(tmp_path.iterdir()) == []
