"""Text files of 32 segments: C3D features as Sultani et al. publish them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from features.datasets.clip_formats.base import ClipFile, ClipFormat, CropAxis, of_array
from features.datasets.clip_formats.views import one_view
from features.errors import SourceError


class Sultani(ClipFormat):
    """`<video>_C.txt`, a segment on each line, six decimals, a space after each number.

    WaqasSultani/AnomalyDetectionCVPR2018 @8aa957c, Save_C3DFeatures_32Segments.m.
    """

    name = "sultani"
    suffixes = ("_C.txt", ".txt")

    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether it is one text file."""
        return len(paths) == 1 and paths[0].suffix.lower() == ".txt"

    def load(self, paths: Sequence[Path], video: str, crop_axis: CropAxis = "auto") -> ClipFile:
        """The segments of the file.

        Raises SourceError where it holds anything but numbers, as many on each line.
        """
        path = paths[0]
        try:
            lines = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
            found = np.array([[float(word) for word in line] for line in lines], np.float32)
        except ValueError as error:
            reason = " ".join(str(error).split())[:120]
            raise SourceError(f"{path} is no text of numbers, as many on each line ({reason}); get it again") from None
        return of_array(
            path.name, found.reshape(len(lines), 1, -1) if found.size else np.empty((0, 1, 0)), segments=True
        )

    def write(self, folder: Path, videos: Iterable[tuple[str, ClipFile]]) -> dict[str, list[Path]]:
        """A text for each video."""
        return {
            video: [_write(folder / f"{video}_C.txt", one_view(video, found, self.name))] for video, found in videos
        }


def _write(path: Path, found: ClipFile) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with partial.open("w", encoding="ascii") as file:
        for _, block in found.blocks():
            np.savetxt(file, block[:, 0], fmt="%f", delimiter=" ", newline=" \n")
    partial.replace(path)
    return path
