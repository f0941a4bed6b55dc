"""Frames against labels, checked before the first expensive second."""

from collections.abc import Mapping

from features.datasets.base import Dataset
from features.errors import DatasetError


def check_counts(dataset: Dataset, frames: Mapping[str, int]) -> None:
    """Compare counted frames with the labels, video by video, before anything expensive is begun.

    `frames` holds the counted frames by video id; videos without labels are passed over. Open-ended labels may be
    for fewer frames, never for more.

    Raises DatasetError naming the first video that differs, both counts, and how many others differ.
    """
    labelled = {video_id: dataset.label_frames(video_id) for video_id in frames}
    wrong = [
        name
        for name, count in labelled.items()
        if count is not None and (count > frames[name] or (count < frames[name] and not dataset.open_ended))
    ]
    if wrong:
        first, others = wrong[0], f" (and {len(wrong) - 1} more videos differ)" if len(wrong) > 1 else ""
        raise DatasetError(
            f"dataset {dataset.name!r}: {first} has {frames[first]} frames but its labels have "
            f"{labelled[first]}{others}; check the video and its labels, or set labels: none"
        )
