"""The trainers whose files are known: how features lie, and what stands beside them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from features.datasets.clip_formats import label_files, path_lists
from features.datasets.clip_formats.arnet import ArNet
from features.datasets.clip_formats.base import ClipFormat
from features.datasets.clip_formats.crop_files import CropFiles
from features.datasets.clip_formats.lists import ClipVideo, Written
from features.datasets.clip_formats.mist import Mist
from features.datasets.clip_formats.rtfm import Rtfm
from features.datasets.clip_formats.sultani import Sultani
from features.errors import ConfigError
from features.plan.registry import nearest


def _name(video: ClipVideo) -> str:
    return video.name


def _any(videos: Sequence[ClipVideo]) -> None:
    """Any videos will do."""


def _by_set(video: ClipVideo) -> str:
    """A folder for each set of videos, in which the order is that of the names."""
    kind = "abnormal" if video.annotation.abnormal else "normal"
    return f"{kind if video.split == 'train' else 'test'}/{video.name}"


@dataclass(frozen=True)
class Trainer:
    """How features are laid out for a trainer.

    format    of the features' files
    finish    writes what stands beside them; what a user should know of it, a line each
    features  the folder of features; `{}` is the modality: rgb, flow, combine
    one_view  whether it reads one crop
    segments  whether it reads 32 segments of unit length, cut by Sultani's rule
    place     what a video is called within the folder of features
    check     raises ConfigError for videos that it cannot be trained or tested on
    """

    format: ClipFormat
    finish: Callable[[Written], list[str]]
    features: str = "features"
    one_view: bool = False
    segments: bool = False
    place: Callable[[ClipVideo], str] = _name
    check: Callable[[Sequence[ClipVideo]], None] = _any


_ARNET = "features_video/i3d/{}"
_RTFM = Trainer(Rtfm(), path_lists.by_line_number("{}-i3d-train-10crop.list", "{}-i3d-test-10crop.list", "gt-{}.npy"))

# tianyu0207/RTFM @cf938f4, henrryzh1/UR-DMU @40cfdf5, Roc-Ng/DeepMIL @f11b964, Roc-Ng/XDVioDet @f846d8c,
# nwpu-zxr/VadCLIP @f643c91, wanboyang/Anomaly_AR_Net_ICME_2020 @82e18e1, wanboyang/anomaly_detection_LAD2000 @ca51f97,
# fjchange/MIST_VAD @d720cab, WaqasSultani/AnomalyDetectionCVPR2018 @8aa957c; MGFN reads RTFM's files.
TRAINERS: Mapping[str, Trainer] = {
    "rtfm": _RTFM,
    "mgfn": _RTFM,
    "urdmu": Trainer(CropFiles("_"), path_lists.by_line_number("{}_Train.list", "{}_Test.list", "gt-{}.npy")),
    "deepmil": Trainer(
        CropFiles(), path_lists.by_line_number("{}_train.list", "{}_test.list", "gt-{}.npy", path_lists.first)
    ),
    "xd": Trainer(CropFiles(), path_lists.by_name, "{}", check=path_lists.labels_in_names),
    "vadclip": Trainer(CropFiles(), path_lists.by_class),
    "arnet": Trainer(ArNet(), label_files.arnet, _ARNET, one_view=True),
    "lad2000": Trainer(ArNet(), label_files.lad2000, _ARNET, one_view=True, check=label_files.all_labelled),
    "mist": Trainer(Mist(), label_files.mist, one_view=True, check=label_files.test_labelled),
    "sultani": Trainer(Sultani(), label_files.sultani, one_view=True, segments=True, place=_by_set),
}


def trainer(name: str) -> Trainer:
    """The trainer of a name.

    Raises ConfigError naming the nearest known name.
    """
    if name not in TRAINERS:
        raise ConfigError(f"trainer {name!r} is not known{nearest(name, TRAINERS)}; there are: {', '.join(TRAINERS)}")
    return TRAINERS[name]
