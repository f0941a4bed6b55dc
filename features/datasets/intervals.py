"""Published labels of numbered test clips as intervals of frames, counted from 1, the last one included."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from features.datasets.labels import ClipLabels, read_matlab
from features.errors import DatasetError

Interval = tuple[int, int]


class Intervals(ClipLabels):
    """Abnormal frames as intervals, counted from 1, the last frame included; lengths of the clips from elsewhere."""

    def __init__(self, path: Path, intervals: Sequence[Sequence[Interval]], lengths: Sequence[int]) -> None:
        self.intervals, self.lengths = intervals, lengths
        self.clips = frozenset(range(1, len(intervals) + 1))
        self.text = f"intervals of {path.name}"
        if len(intervals) > len(lengths):
            raise DatasetError(
                f"{path} has intervals for {len(intervals)} clips, expected {len(lengths)}; is it another part?"
            )
        for clip, (listed, length) in enumerate(zip(intervals, lengths, strict=False), 1):
            for first, last in listed:
                if not 1 <= first <= last <= length:
                    raise DatasetError(
                        f"{path}: clip {clip} is abnormal from {first} to {last}, but has frames 1 to {length}"
                    )

    def frames(self, clip: int) -> int:
        """The published length."""
        return self.lengths[clip - 1]

    def labels(self, clip: int) -> np.ndarray:
        """int8 (frames,): 1 inside the intervals."""
        found = np.zeros(self.frames(clip), np.int8)
        for first, last in self.intervals[clip - 1]:
            found[first - 1 : last] = 1
        return found


def read_matlab_script(path: Path) -> list[list[Interval]]:
    """The intervals of UCSD's `UCSDped2.m`: one line `TestVideoFile{end+1}.gt_frame = [61:180];` for each clip.

    Raises DatasetError where there is no such line, or one cannot be read.
    """
    text = re.sub(r"%.*", "", path.read_text(encoding="utf-8", errors="replace"))
    found = [_intervals(listed, path) for listed in re.findall(r"gt_frame\s*=\s*\[([^\]]*)\]", text)]
    if not found:
        raise DatasetError(
            f"{path} has no line 'TestVideoFile{{end+1}}.gt_frame = [first:last];'; is it the right file?"
        )
    return found


def _intervals(listed: str, path: Path) -> list[Interval]:
    pieces = re.sub(r"\s*:\s*", ":", listed).replace(",", " ").replace(";", " ").split()
    found = []
    for piece in pieces:
        match = re.fullmatch(r"(\d+)(?::(\d+))?", piece)
        if match is None:
            raise DatasetError(f"{path}: {piece!r} is no interval first:last")
        found.append((int(match[1]), int(match[2] or match[1])))
    return found


def read_matlab_intervals(path: Path) -> list[list[Interval]]:
    """The intervals of `ped2.mat` and the like: `gt`, a cell for each clip, with a row of first and one of last frames.

    Raises DatasetError where the file has another form.
    """
    from scipy.io import loadmat

    cells = read_matlab(path, lambda name: loadmat(name, variable_names=["gt"])).get("gt")
    if cells is None or cells.dtype != object:
        raise DatasetError(f"{path} has no cell array gt; expected one (2, n) array of first and last frames a clip")
    found = []
    for cell in cells.ravel():
        rows = np.asarray(cell).astype(np.int64)
        if rows.size and rows.shape[0] != 2:
            raise DatasetError(f"{path}: a clip has an array {rows.shape}, expected (2, n): first and last frames")
        found.append([(int(first), int(last)) for first, last in rows.reshape(2, -1).T])
    return found
