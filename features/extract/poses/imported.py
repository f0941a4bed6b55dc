"""Poses that somebody published, read from a file instead of computed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import field_validator

from features.datasets.formats import detect, pose_format
from features.datasets.formats.check import check_against, counted_from_zero
from features.datasets.people import People
from features.errors import SourceError
from features.extract.backend import ImportBackend
from features.extract.feature import Machine, VideoInput
from features.extract.parameters import checked
from features.extract.poses.backend import FramePoses, PoseBackend
from features.extract.poses.table import rows_of
from features.plan.job import LOGGER
from features.plan.registry import require_name
from features.plan.stages import Context
from features.store.recipe import Recipe
from features.video.source import list_images, unreadable

AUTO = "auto"
ROLE = "poses"
# What is said about a file that is imported all the same.
REMARKS = LOGGER.getChild("remarks")

# What is documented of how published poses were made: by the name of who published them.
PROVENANCE = {
    "gepc": "AlphaPose with PoseFlow (amirmk89/gepc; the skeletons of STG-NF's ShanghaiTech)",
    "stgnf": "AlphaPose: FastPose-DUC SE-ResNet152, OSNet-AIN tracker, YOLOX-X for UBnormal (orhir/STG-NF)",
    "njust": "CenterNet, DeepSORT, PPNet (NJUST-Anomaly, README)",
    "njust-hrnet": "CenterNet, DeepSORT, HRNet (NJUST-Anomaly, earlier README)",
    "trajectories": "AlphaPose, tracks by sparse optical flow (Morais et al., CVPR 2019)",
    "poselift": "YOLOv8, ByteTrack, HRNet, interpolated and smoothed (TeCSAR-UNCC/PoseLift)",
}


class ImportRecipe(Recipe):
    """Published poses, numbers kept as they are.

    format       a name of the registry's group `format`, or `auto`: by the file's beginning
    provenance   how they were made, in words; a name of `PROVENANCE` stands for what is documented
    first_frame  what the file calls the video's first frame: 0 or 1; unused where it names the images of a folder
    unpadded     frame keys that sort differently as text than as numbers: `refuse` the file, or `sort` them by number
    """

    kind: ClassVar[str] = "poses"
    backend: ClassVar[str] = "import"

    format: str = AUTO
    provenance: str = ""
    first_frame: Literal[0, 1] = 0
    unpadded: Literal["refuse", "sort"] = "refuse"

    @field_validator("provenance")
    @classmethod
    def _in_words(cls, value: str) -> str:
        return PROVENANCE.get(value, value)


class Imported(ImportBackend, PoseBackend):
    """Published poses of one file, or folder of CSV files, for each video; ids are kept beside them."""

    dtype = "float64"
    role = ROLE

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> ImportRecipe:
        """The recipe, with its parameters as the config says.

        Raises ConfigError for an unknown format, naming the nearest.
        """
        found = checked(ImportRecipe, "poses backend 'import'", parameters)
        if found.format != AUTO:
            require_name("format", found.format)
        return found

    @classmethod
    def identified(cls, recipe: Recipe) -> bool:
        """Always: poses of a file without ids are nobody's."""
        return True

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, ImportRecipe)
        self.parameters = recipe

    def poses(self, video: VideoInput) -> Iterator[FramePoses]:
        """float64 (k, 57) and int64 (k,) ids for each frame handed out; coordinates scaled as the frames are."""
        path = _file(video)
        found = self._read(path, video)
        rows = rows_of(found) * _source_to_frame(video)
        for number in video.numbers.tolist():
            first, after = np.searchsorted(found.frames, [number, number + 1])
            yield rows[first:after], found.ids[first:after]

    def _read(self, path: Path, video: VideoInput) -> People:
        try:
            chosen = detect(path) if self.parameters.format == AUTO else pose_format(self.parameters.format)
            file = chosen.load(path, _image_names(video))
        except OSError as error:
            raise unreadable(path, error) from None
        if file.permuted and self.parameters.unpadded == "refuse":
            raise SourceError(
                f"{path.name}: {file.permuted}; pad the keys, or say unpadded: sort to take them by number"
            )
        first = 0 if file.matched else self.parameters.first_frame
        found = counted_from_zero(file.people, first, path.name)
        index = video.index
        remarks = check_against(found, index.frames, index.height, index.width, path.name)
        for remark in (*file.remarks, *filter(None, [file.permuted]), *remarks):
            REMARKS.warning("%s: %s", video.names[0], remark)
        return found


def _file(video: VideoInput) -> Path:
    """The published file: that of the role, or of a recording the source itself."""
    if ROLE in video.files:
        return video.files[ROLE]
    if video.index.reader == "none":
        return video.path
    name = video.names[0]
    clip = name.rsplit("/", 1)[-1]
    raise SourceError(
        f"{name} has no published poses; put e.g. {clip}_alphapose_tracked_person.json into the folder that the config "
        "names below 'published' as poses"
    )


def _image_names(video: VideoInput) -> list[str]:
    """The file names of a folder of images, a frame each, in the order in which they are decoded; [] of a video."""
    return [image.name for image in list_images(video.path)] if video.index.reader == "images" else []


def _source_to_frame(video: VideoInput) -> np.ndarray:
    """float64 (57,): what each column of a row is multiplied by; 1 where frames are as large as the source."""
    across, down = video.width / video.index.width, video.height / video.index.height
    return np.array([across, down, across, down, 1, 1] + [across, down, 1] * 17)
