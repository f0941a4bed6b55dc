"""Boxes that somebody published, read from a file instead of computed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from zipfile import BadZipFile

import numpy as np
from pydantic import Field

from features.errors import ConfigError, SourceError, WeightsError
from features.extract.boxes.backend import IMPORTED, Block, BoxBackend, plain_rows
from features.extract.feature import Machine, VideoInput
from features.extract.parameters import checked
from features.extract.weights import find_weights, weights_path
from features.plan.stages import Context
from features.store.recipe import Recipe, Weights


class ImportRecipe(Recipe):
    """Published boxes: npz files with `<clip>_boxes` (n, 4) and `<clip>_offsets` (frames + 1) for each clip.

    Boxes are pixels of the source; frame i of a clip has rows offsets[i] to offsets[i + 1].
    """

    kind: ClassVar[str] = "boxes"
    backend: ClassVar[str] = "import"

    files: tuple[Weights, ...] = Field(min_length=1)


class Clips:
    """The clips of published files, by name."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.tables: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.files = ", ".join(files)
        for name, path in files.items():
            self._read(name, path)

    def _read(self, name: str, path: Path) -> None:
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {entry: file[entry] for entry in file.files}
        except (ValueError, AttributeError, TypeError, BadZipFile) as error:
            raise WeightsError(f"{name} is not an npz file of plain arrays: {error}; convert it") from None
        for entry in arrays:
            clip, _, what = entry.rpartition("_")
            if what == "boxes" and f"{clip}_offsets" in arrays:
                self.tables[clip] = _clip(name, clip, arrays[entry], arrays[f"{clip}_offsets"])
        if not self.tables:
            raise WeightsError(f"{name} has no boxes: expected arrays <clip>_boxes and <clip>_offsets")

    def of(self, names: Sequence[str], frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Boxes (n, 4) and offsets (frames + 1) of the clip whose name ends one of a video's names.

        Raises SourceError where there is no such clip, or it has another number of frames.
        """
        ends = [name.rsplit("/", 1)[-1] for name in names]
        found = [end for end in ends if end in self.tables]
        if not found:
            raise SourceError(f"{self.files} has no boxes for {' or '.join(ends)}; it has {_some(self.tables)}")
        boxes, offsets = self.tables[found[0]]
        if len(offsets) - 1 != frames:
            raise SourceError(
                f"{names[ends.index(found[0])]} has {frames} frames, but {self.files} has boxes for "
                f"{len(offsets) - 1} frames of {found[0]}; import boxes made from this very video"
            )
        return boxes, offsets


def _clip(name: str, clip: str, boxes: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sound = boxes.ndim == 2 and boxes.shape[1] == 4 and offsets.ndim == 1 and len(offsets) > 0
    if not sound or offsets[0] != 0 or offsets[-1] != len(boxes) or (np.diff(offsets) < 0).any():
        raise WeightsError(f"{name}: {clip}_offsets does not cut {clip}_boxes {boxes.shape} into frames")
    return boxes, offsets


def _some(names: Mapping[str, Any]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (f" ... {listed[-1]} ({len(listed)} clips)" if len(listed) > 3 else "")


class Imported(BoxBackend):
    """Published boxes, values unchanged."""

    origin = IMPORTED

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> ImportRecipe:
        """The recipe for `files`: the name of an npz file, or several (one for training, one for testing clips)."""
        files = parameters.get("files")
        if not files:
            raise ConfigError("boxes backend 'import' needs files: the names of npz files, e.g. [vec_boxes_test.npz]")
        named = [files] if isinstance(files, str) else files
        found = tuple(find_weights(name, context.weights) for name in named)
        return checked(ImportRecipe, "boxes backend 'import'", dict(parameters) | {"files": found})

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, ImportRecipe)
        self.clips = Clips({file.name: weights_path(file) for file in recipe.files})

    def boxes(self, block: Block, found: Sequence[np.ndarray]) -> list[np.ndarray]:
        """One table for each frame; no scores."""
        boxes, offsets = self.clips.of(block.video.names, block.video.frames)
        scale = _source_to_frame(block.video)
        return [plain_rows(boxes[offsets[frame] : offsets[frame + 1]] * scale) for frame in block.numbers]


def _source_to_frame(video: VideoInput) -> np.ndarray:
    factors = (video.width / video.index.width, video.height / video.index.height)
    return np.array(factors * 2, np.float32)
