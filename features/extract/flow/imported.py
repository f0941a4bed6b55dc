"""Flow that somebody computed and kept as pictures, as denseflow does: a folder for each video, two pictures a pair."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.errors import ConfigError, SourceError
from features.extract.backend import ImportBackend
from features.extract.feature import Machine, VideoInput
from features.extract.flow.backend import FlowBackend
from features.extract.flow.recipe import FlowRecipe
from features.extract.parameters import checked
from features.plan.stages import Context
from features.store.recipe import Recipe
from features.video.images import read_image
from features.video.source import FLOW_PICTURE, image_files

ROLE = "flow"
# piergiaj/pytorch-i3d @05783d1, charades_dataset.py: `<video>-000001x.jpg`.
CHARADES = re.compile(r".*-(?P<number>\d+)(?P<component>[xy])\.\w+", re.IGNORECASE | re.DOTALL)


class ImportRecipe(FlowRecipe):
    """Pictures of grey levels, one for x and one for y: level 0 is -`bound` pixels, level 255 is +`bound`.

    yjxiong/dense_flow and open-mmlab/denseflow, src/common.cpp: 255 (f + bound) / (2 bound), with a bound of 20.
    """

    backend: ClassVar[str] = "import"

    size: None = None
    pairing: Literal["forward"] = "forward"
    bound: float = Field(20.0, gt=0)


class Imported(ImportBackend, FlowBackend):
    """The pictures of each video, as vectors; row i is of the i-th picture by number."""

    role = ROLE

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> ImportRecipe:
        """The recipe for `bound` and `steps_per_pixel`.

        Raises ConfigError where frames are left out: the pictures lead from each frame to the next.
        """
        found = checked(ImportRecipe, "flow backend 'import'", parameters)
        if found.frames.policy != "native":
            raise ConfigError(
                "flow backend 'import' has flow from each frame to the next, and frames policy "
                f"{found.frames.policy!r} leaves frames out; set frames: native, or compute the flow"
            )
        return found

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, ImportRecipe)
        self.bound = recipe.bound

    def rows(self, video: VideoInput, recipe: FlowRecipe, batch: int) -> Iterator[tuple[np.ndarray, int]]:
        """The vectors that the pictures say, `batch` rows at a time.

        Raises SourceError where there are no pictures, one is missing or damaged, or number and size do not fit.
        """
        folder = _folder(video)
        found = flow_pictures(folder)
        if len(found) != video.frames - 1:
            raise SourceError(
                f"{folder}: {len(found)} pairs of flow pictures, expected {video.frames - 1} for the {video.frames} "
                f"frames of {video.names[0]}; they are of another version of the video, or some are missing"
            )
        for start in range(0, len(found), batch):
            some = found[start : start + batch]
            levels = np.stack([[_levels(picture, video) for picture in pair] for pair in some])
            yield vectors(levels, self.bound), start + len(some) + 1


def vectors(levels: np.ndarray, bound: float) -> np.ndarray:
    """float32 vectors in pixels for uint8 grey levels of the same shape; none is between the levels 127 and 128."""
    step = np.float32(2 * bound / 255)
    return np.asarray(levels.astype(np.float32) * step - np.float32(bound))


def flow_pictures(folder: Path) -> list[tuple[Path, Path]]:
    """(x, y) of each pair of frames, in order of their numbers, which begin anywhere and have no gap.

    `flow_x_00001.jpg`, as denseflow calls them; where there are none, `<video>-000001x.jpg` as for Charades.

    Raises SourceError where there are none, or one of them has no counterpart or neighbour.
    """
    images = image_files(folder)
    for pattern in (FLOW_PICTURE, CHARADES):
        named = [(match, path) for path in images if (match := pattern.fullmatch(path.name))]
        if named:
            return _pairs(folder, {(m["component"].lower(), int(m["number"])): path for m, path in named}, len(named))
    raise SourceError(
        f"{folder}: no flow pictures, expected flow_x_00001.jpg and flow_y_00001.jpg, and so on; check the path"
    )


def _pairs(folder: Path, found: Mapping[tuple[str, int], Path], count: int) -> list[tuple[Path, Path]]:
    if len(found) < count:
        raise SourceError(f"{folder}: two flow pictures of one number (flow_x_1 and flow_x_01?); keep one of them")
    numbers = sorted({number for _, number in found})
    for number in range(numbers[0], numbers[-1] + 1):
        for component in "xy":
            if (component, number) not in found:
                raise SourceError(f"{folder}: flow picture {component} {number} is missing; compute the folder again")
    return [(found["x", number], found["y", number]) for number in numbers]


def _levels(picture: Path, video: VideoInput) -> np.ndarray:
    """uint8 (height, width) of a picture, which is gray."""
    try:
        found = read_image(picture)[..., 0]
    except (OSError, SyntaxError, ValueError) as error:
        raise SourceError(f"{picture} cannot be decoded: {' '.join(str(error).split())}; compute it again") from None
    height, width = found.shape
    if (height, width) != (video.height, video.width):
        raise SourceError(
            f"{picture}: {width}x{height} pixels, the frames are {video.width}x{video.height}; vectors of another size "
            f"are not scaled: set frames: {{max_side: {max(height, width)}}} if the pictures are smaller"
        )
    return found


def _folder(video: VideoInput) -> Path:
    """The folder of the role."""
    if ROLE in video.files:
        return video.files[ROLE]
    name = video.names[0]
    clip = name.rsplit("/", 1)[-1]
    raise SourceError(
        f"{name} has no flow pictures; put them as {clip}/flow_x_00001.jpg, ... into the folder that the config names "
        "below 'published' as flow"
    )
