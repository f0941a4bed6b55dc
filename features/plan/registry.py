"""What can be planned, by name: data sets, features, backends, models.

To add one, write its file and add its line here; another package adds one by an entry point of the group
`features.<group>`. Entries are import paths, so that nothing heavy is imported before it is used. Features stand in
the order in which they are resolved: each may read those before it.
"""

import difflib
import importlib
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from features.errors import ConfigError

BUILTIN: dict[str, dict[str, str]] = {
    "dataset": {
        "plaza": "features.datasets.plaza:Plaza",
        "ucsd": "features.datasets.ucsd:Ucsd",
        "avenue": "features.datasets.avenue:Avenue",
        "folder": "features.datasets.folder:Folder",
        "shanghaitech": "features.datasets.shanghaitech:ShanghaiTech",
        "shanghaitech-hr": "features.datasets.shanghaitech:ShanghaiTechHr",
        "ubnormal": "features.datasets.ubnormal:UBnormal",
        "njust": "features.datasets.njust:Njust",
        "aihub": "features.datasets.aihub:Aihub",
        "trajectories": "features.datasets.trajectories:Trajectories",
        "ucf_crime": "features.datasets.ucf_crime:UcfCrime",
        "xd_violence": "features.datasets.xd_violence:XdViolence",
        "shanghaitech-weak": "features.datasets.shanghaitech_weak:ShanghaiTechWeak",
        "lad2000": "features.datasets.lad2000:Lad2000",
    },
    "feature": {
        "frames": "features.extract.frames.feature:Frames",
        "flow": "features.extract.flow.feature:Flow",
        "boxes": "features.extract.boxes.feature:Boxes",
        "poses": "features.extract.poses.feature:Poses",
        "tracks": "features.extract.tracks.feature:Tracks",
        "person_labels": "features.extract.person_labels.feature:PersonLabels",
        "cubes": "features.extract.cubes.feature:Cubes",
        "clips": "features.extract.clips.feature:ClipFeatures",
    },
    "flow": {
        "dis": "features.extract.flow.dis:Dis",
        "import": "features.extract.flow.imported:Imported",
        "raft": "features.extract.flow.raft:Raft",
        "tvl1": "features.extract.flow.tvl1:Tvl1",
    },
    "boxes": {
        "onnx": "features.extract.boxes.onnx:Onnx",
        "gradient": "features.extract.boxes.motion:GradientMotion",
        "flow": "features.extract.boxes.motion:FlowMotion",
        "import": "features.extract.boxes.imported:Imported",
    },
    "poses": {
        "onnx": "features.extract.poses.onnx:Onnx",
        "rtmo": "features.extract.poses.rtmo:Rtmo",
        "alphapose": "features.extract.poses.alphapose:AlphaPose",
        "import": "features.extract.poses.imported:Imported",
    },
    "tracks": {
        "bytetrack": "features.extract.tracks.bytetrack:ByteTrack",
        "ocsort": "features.extract.tracks.ocsort:OcSort",
        "botsort": "features.extract.tracks.botsort:BotSort",
        "import": "features.extract.tracks.imported:Imported",
    },
    "clips": {
        "i3d": "features.extract.clips.i3d:I3d",
        "resnet50-i3d": "features.extract.clips.resnet50:ResNet50",
        "r2plus1d": "features.extract.clips.r2plus1d:R2Plus1d",
        "s3d": "features.extract.clips.s3d:S3d",
        "clip": "features.extract.clips.image_text:ImageText",
        "import": "features.extract.clips.imported:Imported",
    },
    "clip-format": {
        "rtfm": "features.datasets.clip_formats.rtfm:Rtfm",
        "crop-files": "features.datasets.clip_formats.crop_files:CropFiles",
        "arnet": "features.datasets.clip_formats.arnet:ArNet",
        "sultani": "features.datasets.clip_formats.sultani:Sultani",
        "mist": "features.datasets.clip_formats.mist:Mist",
    },
    "format": {
        "tracked-person": "features.datasets.formats.tracked_person:TrackedPerson",
        "alphapose": "features.datasets.formats.alphapose:AlphaPoseResults",
        "njust": "features.datasets.formats.njust:Njust",
        "trajectories": "features.datasets.formats.trajectories:Trajectories",
        "chad": "features.datasets.formats.chad:Chad",
        "coco": "features.datasets.formats.coco:Coco",
    },
    "model": {
        "lbrspr": "features.models.lbrspr.model:Lbrspr",
        "stgnf": "features.models.stgnf.model:Stgnf",
        "arnet": "features.models.arnet.model:ArNet",
        "lad": "features.models.lad.model:Lad",
        "rtfm": "features.models.rtfm.model:Rtfm",
    },
    "step": {
        "evaluation": "features.evaluate.recipe:evaluation_recipe",
    },
}


def names(group: str) -> dict[str, str]:
    """Name -> import path of every entry of a group, the built-in ones and those of other packages."""
    return BUILTIN[group] | {name: path for name, path in _others(group).items() if name not in BUILTIN[group]}


@cache
def _others(group: str) -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=f"features.{group}")}


def find(group: str, name: str) -> Any:
    """The class registered under `name`.

    Raises ConfigError naming the nearest known name, if there is none of this name.
    """
    module, attribute = require_name(group, name).split(":")
    return getattr(importlib.import_module(module), attribute)


def require_name(group: str, name: str) -> str:
    """The import path registered under `name`; nothing is imported.

    Raises ConfigError naming the nearest known name, if there is none of this name.
    """
    known = names(group)
    if name not in known:
        raise ConfigError(f"{group} {name!r} is not known{nearest(name, known)}; there are: {', '.join(sorted(known))}")
    return known[name]


def nearest(name: str, known: Any) -> str:
    """` (did you mean 'x'?)` where something alike is known, else nothing."""
    alike = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {alike[0]!r}?)" if alike else ""
