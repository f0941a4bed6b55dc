"""A benchmark of numbered clips: what UCSD and Avenue have in common."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from features.datasets.base import Dataset, Split, Video
from features.datasets.cache import remembered
from features.datasets.clips import Clips, Layout, find_clips, listing, ranges
from features.datasets.labels import ClipLabels, MaskLabels
from features.datasets.options import Options
from features.datasets.published import Published
from features.errors import ConfigError, DatasetError
from features.plan.registry import nearest


class BenchmarkOptions(Options):
    """Options of every benchmark."""

    labels: Literal["auto", "masks", "intervals", "none"] = Field(
        "auto", description="masks where all test clips found have them, else intervals; or one of them; or no labels"
    )
    masks: Path | None = Field(None, description="where the masks lie, if not with the clips")


class Benchmark(Dataset):
    """Numbered clips with published totals. A part of them will do: `notes` says what is missing."""

    layouts: ClassVar[Sequence[Layout]]
    bases: Sequence[str]
    published: Published
    options: BenchmarkOptions

    def __init__(self, root: Path | None, work: Path, **options: Any) -> None:
        super().__init__(root, work, **options)
        self._labels: dict[str, np.ndarray] = {}

    @abstractmethod
    def video_id(self, split: Split, number: int) -> str:
        """The id of a clip, the same in every layout."""

    @abstractmethod
    def label_places(self) -> Sequence[Path]:
        """Folders in which labels may lie, the likeliest first."""

    @abstractmethod
    def masks_in(self, place: Path) -> ClipLabels | None:
        """The masks in a folder, or in a file."""

    @abstractmethod
    def intervals_in(self, place: Path) -> ClipLabels | None:
        """The intervals in a folder."""

    @cached_property
    def mask_labels(self) -> ClipLabels | None:
        """The masks that lie with the data, or where the option `masks` says."""
        chosen = self.options.masks
        if chosen is not None and not chosen.exists():
            raise DatasetError(f"dataset {self.name!r}: {chosen} is not there; check the option masks")
        return _first(map(self.masks_in, self._existing([chosen] if chosen else self.label_places())))

    @cached_property
    def interval_labels(self) -> ClipLabels | None:
        """The intervals that lie with the data."""
        return _first(map(self.intervals_in, self._existing(self.label_places())))

    @staticmethod
    def _existing(places: Sequence[Path]) -> list[Path]:
        return [place for place in dict.fromkeys(places) if place.exists()]

    @cached_property
    def clips(self) -> Clips:
        """The clips that are there.

        Raises DatasetError saying what was expected and found, ConfigError where no root is given.
        """
        if self.root is None:
            raise ConfigError(
                f"dataset {self.name!r} needs root, the folder of {self.published.title}; set root: FOLDER"
            )
        if not self.root.is_dir():
            raise DatasetError(f"dataset {self.name!r}: {self.root} is no folder; check root")
        found = find_clips(self.root, self.bases, self.layouts)
        if found is None:
            examples = ", or ".join(layout.example for layout in self.layouts)
            raise DatasetError(
                f"dataset {self.name!r}: expected {self.published.train_clips} training and "
                f"{self.published.test_clips} test clips below {self.root}, as {examples}; "
                f"found {listing(self.root)}; check root"
            )
        self._refuse_others(found)
        return found

    def _refuse_others(self, found: Clips) -> None:
        """More clips than were ever published belong to another data set."""
        published = (
            ("training", found.train, self.published.train_clips),
            ("test", found.test, self.published.test_clips),
        )
        for split, numbers, expected in published:
            others = [number for number in numbers if not 1 <= number <= expected]
            if others:
                raise DatasetError(
                    f"dataset {self.name!r}: expected {split} clips 1-{expected} in {found.base}, "
                    f"found {ranges(sorted(numbers))}; is this {self.published.title}?"
                )

    def videos(self) -> Sequence[Video]:
        """Training clips, then test clips, by number; labels are looked for, too, so that mistakes show at once."""
        _ = self.label_source
        found = {"train": self.clips.train, "test": self.clips.test}
        return [Video(name, found[split][number], split) for name, (split, number) in self._numbers.items()]

    @cached_property
    def _numbers(self) -> dict[str, tuple[Split, int]]:
        train: dict[str, tuple[Split, int]] = {self.video_id("train", n): ("train", n) for n in self.clips.train}
        return train | {self.video_id("test", n): ("test", n) for n in self.clips.test}

    @cached_property
    def label_source(self) -> ClipLabels | None:
        """Where the labels of the test clips come from; None with `labels: none`.

        Raises DatasetError where test clips are left without labels.
        """
        wanted = self.options.labels
        if wanted == "none" or not self.clips.test:
            return None
        masks = self.mask_labels if wanted in ("auto", "masks") else None
        intervals = self.interval_labels if wanted in ("auto", "intervals") else None
        for source in (masks, intervals):
            if source is not None and source.clips >= set(self.clips.test):
                return source
        raise DatasetError(self._unlabelled(masks, intervals))

    def _unlabelled(self, *sources: ClipLabels | None) -> str:
        expected = "masks or intervals" if self.options.labels == "auto" else self.options.labels
        test = set(self.clips.test)
        found = [f"{source.text} for {len(source.clips & test)}" for source in sources if source is not None]
        missing = sorted(test.difference(*(source.clips for source in sources if source is not None)))
        return (
            f"dataset {self.name!r}: expected {expected} for {len(test)} test clips below {self.root}, "
            f"found {' and '.join(found) or 'none'} (missing: {ranges(missing or sorted(test))}); "
            f"add them, say where with masks: FOLDER, or set labels: none"
        )

    def _split(self, video_id: str) -> tuple[Split, int]:
        if video_id not in self._numbers:
            raise DatasetError(
                f"dataset {self.name!r} has no video {video_id!r}{nearest(video_id, self._numbers)}; check the id"
            )
        return self._numbers[video_id]

    def labels(self, video_id: str) -> np.ndarray | None:
        """int8 (frames,). Training clips are normal; None for them where the lengths are not published."""
        split, number = self._split(video_id)
        if split == "train":
            lengths = self.published.train_lengths
            return np.zeros(lengths[number - 1], np.int8) if lengths else None
        if self.label_source is None:
            return None
        if video_id not in self._labels:
            self._labels[video_id] = self._read_labels(self.label_source, number)
        return self._labels[video_id]

    def _read_labels(self, source: ClipLabels, number: int) -> np.ndarray:
        """The labels of a test clip; those of masks are remembered below `work` with the clip's number."""
        if not isinstance(source, MaskLabels):
            return source.labels(number)
        folder = self.work / "labels" / f"{self.name}-{number}"
        return remembered(folder, source.sources(number), lambda: source.labels(number))

    def label_frames(self, video_id: str) -> int | None:
        """The published length of a training clip, the frames that a test clip has labels for."""
        split, number = self._split(video_id)
        if split == "train":
            return self.published.train_lengths[number - 1] if self.published.train_lengths else None
        return None if self.label_source is None else self.label_source.frames(number)

    def masks(self, video_id: str) -> Iterator[np.ndarray] | None:
        """For each frame bool (height, width); None for training clips, and where the labels have no pixels."""
        split, number = self._split(video_id)
        return None if split == "train" or self.label_source is None else self.label_source.masks(number)

    def mask_files(self, video_id: str) -> Sequence[Path]:
        """The files of the masks of a test clip."""
        split, number = self._split(video_id)
        source = self.label_source
        return source.sources(number) if split == "test" and isinstance(source, MaskLabels) else ()

    def notes(self) -> list[str]:
        """What part of the published clips is there, and which labels are used."""
        notes = []
        published = (
            ("training", self.clips.train, self.published.train_clips),
            ("test", self.clips.test, self.published.test_clips),
        )
        for split, found, expected in published:
            missing = sorted(set(range(1, expected + 1)) - set(found))
            if missing:
                notes.append(
                    f"{self.published.title}: only {len(found)} of {expected} {split} clips "
                    f"(missing: {ranges(missing)}); figures must not be compared with published ones"
                )
        if self.label_source is not None:
            notes.append(f"labels: {self.label_source.text}{self._instead_of_masks()}")
        return notes

    def _instead_of_masks(self) -> str:
        """Why intervals were taken, where there are masks, too."""
        masks = self.mask_labels if self.options.labels == "auto" else None
        if masks is None or masks is self.label_source:
            return ""
        test = set(self.clips.test)
        return f", since there are masks for {len(masks.clips & test)} of {len(test)} test clips only"


def _first(found: Iterable[ClipLabels | None]) -> ClipLabels | None:
    return next((source for source in found if source is not None), None)
