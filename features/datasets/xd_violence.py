"""XD-Violence (Wu et al., ECCV 2020): scenes of films, sports, games and surveillance, some of them violent."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from features.datasets.base import Split
from features.datasets.published import XD_VIOLENCE
from features.datasets.video_lists import first_file, read_json, read_names, read_rows, whole_numbers
from features.datasets.weak import Listed, WeakVideos
from features.errors import DatasetError
from features.plan.listing import NORMAL, Annotation

# What happens stands at the end of a name: up to three codes, the first is the main one; `0` fills.
NAME = r".+_label_(?:A|0|G|B\d)(?:-(?:0|G|B\d))*"
CODES: Mapping[str, str] = {
    "A": NORMAL,
    "B1": "fighting",
    "B2": "shooting",
    "B4": "riot",
    "B5": "abuse",
    "B6": "car accident",
    "G": "explosion",
}
BOTH = "video_lists.json"
# The authors', with a line for each of five crops; UR-DMU's.
LISTS: Mapping[Split, Sequence[str]] = {
    "train": ("rgb.list", "XD_Train.list"),
    "test": ("rgb_test.list", "rgbtest.list", "XD_Test.list"),
}
ANNOTATIONS = ("annotations.txt", "XD_Annotation.txt")


class XdViolence(WeakVideos):
    """XD-Violence's 3954 training and 800 test videos. Ids: `train/<name>`, `test/<name>`.

    A video's name says what happens in it, `annotations.txt` when: counted from 0, the last frame not included.
    Options: `WeakOptions`.
    """

    name = "xd_violence"
    title = "XD-Violence"
    classes = tuple(name for name in CODES.values() if name != NORMAL)
    expected: ClassVar[str] = f"{BOTH} or {LISTS['train'][0]} and {LISTS['test'][0]}, and {ANNOTATIONS[0]},"
    published = XD_VIOLENCE
    size, fps = (360, 640), 24.0

    def listed(self, places: Sequence[Path]) -> Sequence[Listed]:
        """Videos by their lists, those of the test list with their intervals."""
        names = _read_lists(places)
        if not names["test"]:
            return []
        annotation = first_file(places, ANNOTATIONS)
        runs = {} if annotation is None else read_intervals(annotation)
        training = [Listed(name, "train", Annotation(category_of(name))) for name in names["train"]]
        return [*training, *(self._test_video(name, runs) for name in names["test"])]

    def _test_video(self, name: str, runs: Mapping[str, tuple[tuple[int, int], ...]]) -> Listed:
        if self.options.labels == "none":
            return Listed(name, "test", None)
        category = category_of(name)
        if category != NORMAL and name not in runs:
            raise DatasetError(
                f"dataset {self.name!r}: {name} is an abnormal test video without intervals; add it to "
                f"{ANNOTATIONS[0]}, or set labels: none"
            )
        return Listed(name, "test", Annotation(category, runs.get(name)))


def category_of(name: str) -> str:
    """What happens in a video, or happens most: by the first code of its name.

    Raises DatasetError for a code that is not known.
    """
    code = re.split("-", name.rsplit("_label_", 1)[-1])[0]
    if code not in CODES:
        raise DatasetError(f"{name}: {code!r} is no code of XD-Violence ({', '.join(CODES)}); is it another list?")
    return CODES[code]


def read_intervals(path: Path) -> dict[str, tuple[tuple[int, int], ...]]:
    """Video -> (first, one after the last) of each line `name start end [start end ...]`.

    Raises DatasetError naming a line whose numbers are no pairs, or run backward.
    """
    found = {}
    for name, cells in read_rows(path, NAME):
        numbers = whole_numbers(cells, f"{path}: {name}")
        pairs = tuple(zip(numbers[::2], numbers[1::2], strict=False))
        if not pairs or len(numbers) % 2 or any(first >= after or first < 0 for first, after in pairs):
            raise DatasetError(f"{path}: {name} has {' '.join(cells)!r}, expected pairs of first frame and frame after")
        found[name] = pairs
    return found


def _read_lists(places: Sequence[Path]) -> dict[Split, list[str]]:
    path = first_file(places, [BOTH])
    if path is None:
        files = {split: first_file(places, names) for split, names in LISTS.items()}
        return {split: [] if file is None else read_names(file, NAME) for split, file in files.items()}
    said = read_json(path)
    try:
        return {"train": [str(name) for name in said["train"]], "test": [str(name) for name in said["test"]]}
    except (KeyError, TypeError) as error:
        raise DatasetError(f"{path} cannot be read ({error}); expected lists of names, train and test") from None
