"""UCF-Crime (Sultani et al., CVPR 2018): 13 kinds of crimes and accidents, and normal days."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from features.datasets.expand import Counting, runs_from
from features.datasets.published import UCF_CRIME
from features.datasets.video_lists import (
    first_file,
    frames_said,
    read_json,
    read_names,
    read_rows,
    whole_numbers,
)
from features.datasets.weak import Listed, WeakOptions, WeakVideos
from features.errors import DatasetError
from features.plan.listing import NORMAL, Annotation

# Normal videos are called `Normal_Videos_003_x264` in the test list, `Normal_Videos003_x264` in the training list.
NAME = r"[A-Za-z]+(?:_[A-Za-z]+)*_?\d+_x264"
NORMAL_NAME = "Normal_Videos"
# The authors'; RTFM's; UR-DMU's, with a line for each of ten crops.
TRAIN_LISTS = ("Anomaly_Train.txt", "ucf-i3d.list", "UCF_Train.list")
# Those with the number of frames first: as JSON, MIST's, UR-DMU's; the authors', and their later file.
ANNOTATIONS = (
    *("test_annotation.json", "Temporal_Anomaly_Annotation_New.txt", "UCF_Annotation.txt"),
    *("Temporal_Anomaly_Annotation.txt", "Temporal_Anomaly_Annotation_for_Testing_Videos.txt"),
)
Intervals = tuple[tuple[int, int], ...]
CLASSES = (
    *("Abuse", "Arrest", "Arson", "Assault", "Burglary", "Explosion", "Fighting", "RoadAccidents", "Robbery"),
    *("Shooting", "Shoplifting", "Stealing", "Vandalism"),
)
# Test videos of n frames, a multiple of 16, which have n / 16 clips in Roc-Ng/DeepMIL @f11b964 and its followers, where
# all others have floor((n - 1) / 16).
DEEPMIL_WHOLE = frozenset({
    *("Arson022", "Assault011", "Shoplifting029", "Normal_Videos_015", "Normal_Videos_033", "Normal_Videos_150"),
    *("Normal_Videos_210", "Normal_Videos_641", "Normal_Videos_831", "Normal_Videos_867", "Normal_Videos_923"),
})  # fmt: skip


class UcfCrimeOptions(WeakOptions):
    """Options of UCF-Crime."""

    counting: Counting = Field(
        "official", description="how intervals count: `official`, `rtfm` or `half-open`; published figures differ in it"
    )


class UcfCrime(WeakVideos):
    """UCF-Crime's 1610 training and 290 test videos. Ids: `train/Abuse001_x264`, `test/Normal_Videos_003_x264`.

    A video's name says what happens in it, whatever list or folder it stands in. Options: `UcfCrimeOptions`.
    """

    name = "ucf_crime"
    offers = UcfCrimeOptions
    options: UcfCrimeOptions
    title = "UCF-Crime"
    classes = CLASSES
    expected: ClassVar[str] = f"{TRAIN_LISTS[0]} and {ANNOTATIONS[3]}, or other forms of them,"
    published = UCF_CRIME
    size, fps = (240, 320), 30.0

    def listed(self, places: Sequence[Path]) -> Sequence[Listed]:
        """Training videos by a list, where there is one, and test videos by an annotation file."""
        train, test = first_file(places, TRAIN_LISTS), first_file(places, ANNOTATIONS)
        if test is None:
            return []
        training = [] if train is None else read_names(train, NAME)
        return [*(self._training(name, str(train)) for name in training), *self._test_videos(test)]

    def _training(self, name: str, where: str) -> Listed:
        return Listed(name, "train", Annotation(category_of(name, where)))

    def _test_videos(self, path: Path) -> list[Listed]:
        read = read_annotation_json if path.suffix == ".json" else read_annotation
        labelled = self.options.labels != "none"
        return [
            Listed(name, "test", self._annotation(name, intervals, path) if labelled else None, frames)
            for name, (intervals, frames) in read(path).items()
        ]

    def _annotation(self, name: str, intervals: Intervals, path: Path) -> Annotation:
        category = category_of(name, str(path))
        if (category == NORMAL) == bool(intervals):
            raise DatasetError(
                f"{path}: {name} has {len(intervals)} abnormal intervals, which its name does not say; get it again"
            )
        return Annotation(category, runs_from(intervals, self.options.counting) or None)

    def notes(self) -> list[str]:
        """How intervals count where it is not the authors' way."""
        if self.options.counting == "official" or self.options.labels == "none":
            return super().notes()
        return [*super().notes(), f"intervals count as {self.options.counting!r}, not as the authors' do"]


def category_of(name: str, where: str) -> str:
    """What happens in a video, by its name. Raises DatasetError for a name that begins with no class."""
    if name.startswith(NORMAL_NAME):
        return NORMAL
    found = next((kind for kind in CLASSES if name.startswith(kind)), None)
    if found is None:
        raise DatasetError(f"{where}: {name} is of no class of UCF-Crime ({', '.join(CLASSES)}); is it another list?")
    return found


def read_annotation(path: Path) -> Mapping[str, tuple[Intervals, int | None]]:
    """Video -> intervals as written, and its frames or None, from lines `file class start end start end [frames]`.

    -1 is no interval. Raises DatasetError naming the line that has other fields.
    """
    listed = []
    for name, cells in read_rows(path, NAME):
        numbers = whole_numbers(cells[1:], f"{path}: {name}")
        if len(numbers) not in (4, 5):
            raise DatasetError(
                f"{path}: {name} has the fields {' '.join(cells)!r}, expected a class, two pairs of first and last "
                "frame, and perhaps the number of frames"
            )
        pairs = (tuple(numbers[:2]), tuple(numbers[2:4]))
        intervals = tuple((first, last) for first, last in pairs if first >= 0)
        listed.append((name, intervals, numbers[4] if len(numbers) == 5 else None))
    return _by_name(listed, path)


def read_annotation_json(path: Path) -> Mapping[str, tuple[Intervals, int | None]]:
    """Video -> intervals as written, and its frames or None, from a list of objects `name`, `intervals`, `frames`.

    Raises DatasetError for anything else.
    """
    try:
        listed = [
            (str(video["name"]), tuple((int(first), int(last)) for first, last in video["intervals"]), video["frames"])
            for video in read_json(path)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"{path} cannot be read ({type(error).__name__}: {error}); expected a list of "
            '{"name": "Abuse028_x264", "intervals": [[165, 240]], "frames": 1412}'
        ) from None
    return _by_name(listed, path)


def _by_name(listed: Sequence[tuple[str, Intervals, Any]], path: Path) -> dict[str, tuple[Intervals, int | None]]:
    """Video -> intervals and frames. Raises DatasetError for what cannot be, and for two stories of one video."""
    found: dict[str, tuple[Intervals, int | None]] = {}
    for name, intervals, frames in listed:
        where = f"{path}: {name}"
        _refuse_backward(intervals, where)
        told = intervals, frames_said(frames, where)
        if found.setdefault(name, told) != told:
            raise DatasetError(f"{path} names {name} twice, and says two things of it; leave one")
    return found


def _refuse_backward(intervals: Intervals, where: str) -> None:
    for first, last in intervals:
        if last < first:
            raise DatasetError(f"{where} is abnormal from {first} to {last}, which is backward; get it again")
