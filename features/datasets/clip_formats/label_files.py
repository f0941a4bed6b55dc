"""Labels in files of their own: AR-Net, LAD2000, MIST, Sultani et al."""

from collections.abc import Sequence

import numpy as np

from features.datasets.base import Split
from features.datasets.clip_formats.lists import (
    ClipVideo,
    Written,
    annotation_lines,
    of_split,
    write_array,
    write_lines,
    write_pickle,
)
from features.errors import ConfigError


def arnet(written: Written) -> list[str]:
    """Splits, and labels as pickles: of frames where they are known, of all videos."""
    known = [video for video in written.videos if video.known]
    folder = written.folder / "GT"
    write_pickle(folder / "frame_label.pickle", {video.name: _floats(video) for video in known})
    write_pickle(folder / "video_label.pickle", {v.name: [float(v.annotation.abnormal)] for v in written.videos})
    return [
        _split(written, "train"),
        _split(written, "test"),
        f"GT/frame_label.pickle: {len(known)} of {len(written.videos)} videos",
    ]


def all_labelled(videos: Sequence[ClipVideo]) -> None:
    """Raise ConfigError where the frame labels of any video are unknown: LAD2000's training is fully supervised."""
    _refuse_unknown("LAD2000's trainer needs the labels of all frames", videos)


def test_labelled(videos: Sequence[ClipVideo]) -> None:
    """Raise ConfigError where the frame labels of a test video are unknown: MIST reads masks and lengths."""
    _refuse_unknown("MIST needs the frame labels of test videos", of_split(videos, "test"))


def _refuse_unknown(need: str, videos: Sequence[ClipVideo]) -> None:
    unknown = [video.name for video in videos if not video.known]
    if unknown:
        raise ConfigError(
            f"{need}, and those of {len(unknown)} are unknown, e.g. {unknown[0]}; export for another trainer"
        )


def lad2000(written: Written) -> list[str]:
    """Splits, frame labels (1, frames) and classes: all of the data set's from 0, then others, then normal."""
    found = sorted({video.annotation.category for video in written.videos if video.annotation.abnormal})
    classes = [*written.classes, *(name for name in found if name not in written.classes)]
    numbers = {name: number for number, name in enumerate(classes)}
    of_videos = {video.name: numbers.get(video.annotation.category, len(classes)) for video in written.videos}
    folder = written.folder / "GT"
    write_pickle(folder / "frame_label_IET.pickle", {video.name: _floats(video)[None] for video in written.videos})
    write_pickle(folder / "video_label_IET.pickle", of_videos)
    return [
        _split(written, "train"),
        _split(written, "test"),
        f"GT: {len(classes)} classes, {', '.join(classes)}; normal is {len(classes)}",
    ]


def _floats(video: ClipVideo) -> np.ndarray:
    assert video.labels is not None
    return video.labels.astype(np.float32)


def mist(written: Written) -> list[str]:
    """Lists `name,label`, of normal test videos with their frames; masks of abnormal ones; an annotation file."""
    train, test = of_split(written.videos, "train"), of_split(written.videos, "test")
    write_lines(
        written.folder / "SH_Train_new.txt", [f"{video.name},{int(video.annotation.abnormal)}" for video in train]
    )
    write_lines(written.folder / "SH_Test_NEW.txt", [_tested(video) for video in test])
    abnormal = [video for video in test if video.annotation.abnormal]
    for video in abnormal:
        write_array(written.folder / "test_frame_mask" / f"{video.name}.npy", _floats(video).astype(np.uint8))
    return [
        f"SH_Train_new.txt: {len(train)} videos",
        f"SH_Test_NEW.txt: {len(test)} videos",
        f"test_frame_mask: {len(abnormal)} masks",
        _annotated(written, test, with_frames=True),
    ]


def _tested(video: ClipVideo) -> str:
    return f"{video.name},1" if video.annotation.abnormal else f"{video.name},0,{len(_floats(video))}"


def sultani(written: Written) -> list[str]:
    """The official annotation file; the trainer takes videos in the order of their names."""
    return [_annotated(written, of_split(written.videos, "test"), with_frames=False)]


def _annotated(written: Written, test: Sequence[ClipVideo], with_frames: bool) -> str:
    name = f"Temporal_Anomaly_Annotation{'_New' if with_frames else ''}.txt"
    try:
        lines = annotation_lines(test, with_frames)
    except ConfigError as error:
        return f"no {name}: {error}"
    write_lines(written.folder / name, lines)
    return f"{name}: {len(lines)} videos"


def _split(written: Written, split: Split) -> str:
    names = [video.name for video in of_split(written.videos, split)]
    write_lines(written.folder / f"{split}_split.txt", names)
    return f"{split}_split.txt: {len(names)} videos"
