"""Lists of paths and one vector of ground truth: RTFM, MGFN, UR-DMU, DeepMIL, XD-Violence, VadCLIP."""

from collections.abc import Callable, Sequence
from pathlib import Path

from features.datasets.base import Split
from features.datasets.clip_formats.lists import (
    ClipVideo,
    Written,
    abnormal_first,
    flat_truth,
    of_split,
    write_array,
    write_lines,
)
from features.errors import ConfigError, DatasetError

# Those of a video's files, one for each crop, that stand in a list.
Chosen = Callable[[Sequence[Path]], Sequence[Path]]
NORMAL_OF_XD = "_label_A"


def every(paths: Sequence[Path]) -> Sequence[Path]:
    """All crops."""
    return paths


def first(paths: Sequence[Path]) -> Sequence[Path]:
    """The first crop alone."""
    return paths[:1]


def sixth(paths: Sequence[Path]) -> Sequence[Path]:
    """Crop 5 of ten, on which VadCLIP is tested (nwpu-zxr/VadCLIP @f643c91); of fewer the first."""
    return paths[5:6] if len(paths) == 10 else paths[:1]


def by_line_number(train: str, test: str, truth: str, chosen: Chosen = every) -> Callable[[Written], list[str]]:
    """Writes lists whose line number is the label: abnormal videos first. `{}` is the data set's name."""

    def finish(written: Written) -> list[str]:
        remarks = _write_lists(written, train, test, chosen)
        return [
            f"{remarks[0]}; the trainer takes the label from the line's number: set that number in its data set's code",
            remarks[1],
            write_truth(written, truth),
        ]

    return finish


def by_name(written: Written) -> list[str]:
    """HL-Net's lists: the label is in the name (Roc-Ng/XDVioDet @f846d8c)."""
    return [*_write_lists(written, "rgb.list", "rgb_test.list", every), write_truth(written, "gt.npy")]


def labels_in_names(videos: Sequence[ClipVideo]) -> None:
    """Raise ConfigError where a name says something else than the annotation: normal videos hold `_label_A`."""
    for video in videos:
        if (NORMAL_OF_XD in video.name) == video.annotation.abnormal:
            raise ConfigError(
                f"{video.name}: HL-Net takes the label from the name, and normal videos, no others, hold "
                f"{NORMAL_OF_XD}; export for another trainer"
            )


def by_class(written: Written) -> list[str]:
    """VadCLIP's lists `path,label`: the class, of XD-Violence all codes of a video, joined by `-` as in its name."""
    return [
        _write_classes(written, "train", every),
        _write_classes(written, "test", sixth),
        write_truth(written, "gt_{}.npy"),
    ]


def write_truth(written: Written, name: str) -> str:
    """Write the ground truth of the test videos in the order of their list; what was written, or why nothing was."""
    try:
        truth = flat_truth(abnormal_first(of_split(written.videos, "test")))
    except (ConfigError, DatasetError) as error:
        return f"no ground truth: {error}"
    write_array(written.folder / name.format(written.dataset), truth)
    return f"{name.format(written.dataset)}: {len(truth)} frames, {int(truth.sum())} abnormal"


def _write_lists(written: Written, train: str, test: str, chosen: Chosen) -> list[str]:
    return [_write_list(written, train, "train", chosen), _write_list(written, test, "test", chosen)]


def _write_list(written: Written, name: str, split: Split, chosen: Chosen) -> str:
    videos = abnormal_first(of_split(written.videos, split))
    lines = _paths(written, videos, chosen)
    write_lines(written.folder / name.format(written.dataset), lines)
    abnormal = len(_paths(written, [video for video in videos if video.annotation.abnormal], chosen))
    return f"{name.format(written.dataset)}: {len(lines)} lines, the first {abnormal} abnormal"


def _paths(written: Written, videos: Sequence[ClipVideo], chosen: Chosen) -> list[str]:
    return [str(path) for video in videos for path in chosen(written.files[video.name])]


def _write_classes(written: Written, split: Split, chosen: Chosen) -> str:
    videos = abnormal_first(of_split(written.videos, split))
    lines = [f"{path},{_label(video)}" for video in videos for path in chosen(written.files[video.name])]
    write_lines(written.folder / f"{written.dataset}_{split}.csv", ["path,label", *lines])
    return f"{written.dataset}_{split}.csv: {len(lines)} lines"


def _label(video: ClipVideo) -> str:
    _, label, codes = video.name.rpartition("_label_")
    return codes if label else video.class_name
