"""Published recipes of clip features, each as it is; where a source is silent or contradicts itself the remark says so.

Two recipes give the same numbers only if every one of these parameters agrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLUS_MINUS_ONE = {"mean": (127.5,) * 3, "std": (127.5,) * 3}
RAW = {"mean": (0.0,) * 3, "std": (1.0,) * 3}
# torchvision's references/video_classification: (.43216, .394666, .37645) and (.22803, .22145, .216989) of 0..1.
KINETICS = {"mean": (110.2008, 100.63983, 95.99475), "std": (58.14765, 56.46975, 55.332195)}
SIXTEEN = {"length": 16, "stride": 16}
SHORTER_256 = {"rule": "shorter", "size": 256, "filter": "pil-bilinear"}
SQUEEZED = {"rule": "exact", "size": (256, 340), "filter": "pil-lanczos"}
# Grey levels as denseflow stores them, which are then treated as pictures are.
STORED_FLOW = {"at": "source", "levels": "rounded"}
# google-deepmind/kinetics-i3d thread 24; denseflow's default, too.
TVL1 = {"backend": "tvl1"}


@dataclass(frozen=True)
class Preset:
    """One published recipe.

    backend  the network
    view     what it is shown: parameters of `features.extract.clips.view.View`
    network  what is asked of it
    vectors  whose flow it is shown, where it is shown flow: an entry of the config's `flow`
    source   where this is from
    remark   what to know before comparing with published files
    missing  why it cannot be had, "" where it can
    """

    backend: str
    source: str
    remark: str
    view: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    vectors: Mapping[str, Any] = field(default_factory=lambda: TVL1)
    missing: str = ""


PRESETS: dict[str, Preset] = {
    "deepmind": Preset(
        "i3d",
        source="README of google-deepmind/kinetics-i3d",
        remark="one vector of 400 logits per video, which must be a clip of some seconds",
        view={
            "fps": 25.0,
            "length": None,
            "stride": None,
            "tail": "whole",
            "resize": {"rule": "shorter", "size": 256, "filter": "cv2-bilinear"},
            "crops": "centre",
            **PLUS_MINUS_ONE,
            "flow": {"at": "resized", "levels": "rounded"},
        },
        network={"variant": "slash", "layer": "logits"},
    ),
    "piergiaj": Preset(
        "i3d",
        source="piergiaj/pytorch-i3d @05783d1, charades_dataset_full.py, extract_features.py",
        remark="a vector every 8 frames, which sees the whole video; published on frames at 24 fps",
        view={
            "length": None,
            "stride": None,
            "tail": "long",
            "resize": {"rule": "at-least", "size": 226, "filter": "cv2-bilinear"},
            "crops": "centre-rounded",
            **PLUS_MINUS_ONE,
            "flow": STORED_FLOW | {"resize": {"rule": "at-least", "size": 224, "filter": "cv2-bilinear"}},
        },
        network={"variant": "slash", "pooling": "steps"},
    ),
    "arnet-released": Preset(
        "i3d",
        source="wanboyang/anomly_feature.pytorch @0336965",
        remark="defects kept: raw 0..255 values, and flow x in place of y; its JPEG files in between are not",
        view={
            "stream": "both",
            **SIXTEEN,
            "tail": "drop-last",
            "resize": {"rule": "exact", "size": (224, 224), "filter": "cv2-bilinear"},
            "crops": "whole",
            "side": None,
            **RAW,
            "flow": STORED_FLOW | {"components": "xx", "mean": 0.0, "std": 1.0},
        },
        network={"variant": "port_old"},
    ),
    "arnet-fixed": Preset(
        "i3d",
        source="wanboyang/anomly_feature.pytorch @0336965, mended",
        remark="values in -1..1 and flow x, y, so not the released features; nobody published these",
        view={
            "stream": "both",
            **SIXTEEN,
            "tail": "drop-last",
            "resize": {"rule": "exact", "size": (224, 224), "filter": "cv2-bilinear"},
            "crops": "whole",
            "side": None,
            **PLUS_MINUS_ONE,
            "flow": STORED_FLOW,
        },
        network={"variant": "port_old"},
    ),
    "rtfm": Preset(
        "resnet50-i3d",
        source="tianyu0207/RTFM, threads 21, 33, 53; files measured",
        remark="resize is stated as shorter side (here) and as square; published rates differ: ten videos of UCF-Crime",
        view={
            **SIXTEEN,
            "tail": "repeat-extra",
            "resize": SHORTER_256,
            "crops": "torchvision",
            "mean": (114.75,) * 3,
            "std": (57.375,) * 3,
        },
    ),
    "gowtham": Preset(
        "resnet50-i3d",
        source="GowthamGottimukkala/I3D_Feature_Extraction_resnet @4cd6a1d",
        remark="-1..1 is not what these weights were trained on; there a video of 16 frames or fewer is refused",
        view={**SIXTEEN, "tail": "drop", "resize": SQUEEZED, "crops": "gowtham", **PLUS_MINUS_ONE},
    ),
    "urdmu": Preset(
        "i3d",
        source="henrryzh1/UR-DMU @40cfdf5, feature_extract",
        remark="published with crops first, then a file per crop; there a video of 16 frames or fewer is refused",
        view={
            **SIXTEEN,
            "tail": "repeat",
            "resize": SQUEEZED,
            "crops": "gowtham",
            **PLUS_MINUS_ONE,
            "flow": STORED_FLOW,
        },
        network={"variant": "port_old"},
    ),
    "deepmil": Preset(
        "i3d",
        source="Roc-Ng/DeepMIL @f11b964; Roc-Ng/XDVioDet thread 6",
        remark="resize and scaling are not stated: assumed; eleven test videos of 16 k frames have one clip more",
        view={
            **SIXTEEN,
            "tail": "drop-last",
            "resize": SHORTER_256,
            "crops": "centre-first",
            **PLUS_MINUS_ONE,
            "flow": STORED_FLOW,
        },
        network={"variant": "slash"},
    ),
    "xd": Preset(
        "i3d",
        source="Roc-Ng/XDVioDet @f846d8c, make_gt.py; thread 6",
        remark="resize and scaling are not stated: assumed; 24 fps as in the paper",
        view={
            "fps": 24.0,
            **SIXTEEN,
            "tail": "drop-last",
            "resize": SHORTER_256,
            "crops": "centre-corners",
            **PLUS_MINUS_ONE,
            "flow": STORED_FLOW,
        },
        network={"variant": "slash"},
    ),
    "mist": Preset(
        "i3d",
        source="fjchange/MIST_VAD, datasets/dataset.py, make_h5.py",
        remark="the whole frame, squeezed, on ShanghaiTech to 320 x 240; its JPEG files in between are not made",
        view={
            **SIXTEEN,
            "tail": "drop",
            "resize": {"rule": "exact", "size": (256, 340), "filter": "cv2-bilinear"},
            "crops": "whole",
            "side": None,
            "mean": (128.0,) * 3,
            "std": (128.0,) * 3,
        },
        network={"variant": "port_head", "pooling": "mean"},
    ),
    "video_features": Preset(
        "i3d",
        source="v-iashin/video_features @a2f61b7, models/i3d/extract_i3d.py",
        remark="the crop of flow is taken from the picture padded for RAFT, and may lie a pixel off that of rgb",
        view={
            "length": 64,
            "stride": 64,
            "tail": "one-more",
            "resize": SHORTER_256,
            "crops": "centre",
            **PLUS_MINUS_ONE,
            "flow": {"at": "resized", "levels": "float", "multiple": 8},
        },
        vectors={"backend": "raft", "weights": "raft-sintel.pth", "iterations": 20, "size": 256},
        network={"variant": "port_old"},
    ),
    "sultani": Preset(
        "c3d",
        source="WaqasSultani/AnomalyDetectionCVPR2018",
        remark="4096 values of C3D's fc6 in 32 segments; published files can be imported",
        missing="needs the Caffe network C3D (layer fc6), which is not here; import its files: {backend: import}",
    ),
    "r2plus1d": Preset(
        "r2plus1d",
        source="v-iashin/video_features @a2f61b7, models/r21d; torchvision's weights",
        remark="of its three networks the one that torchvision has: 18 layers, 16 frames",
        view={
            **SIXTEEN,
            "tail": "drop",
            "resize": {"rule": "exact", "size": (128, 171), "filter": "torch-bilinear"},
            "crops": "centre-rounded",
            "side": 112,
            **KINETICS,
        },
    ),
    "s3d": Preset(
        "s3d",
        source="v-iashin/video_features @a2f61b7, models/s3d; torchvision's weights",
        remark="clips as there; sizes and values as torchvision's weights were trained, there are others: 0..1 at 224",
        view={
            "fps": 25.0,
            "length": 64,
            "stride": 64,
            "tail": "drop",
            "resize": {"rule": "exact", "size": (256, 256), "filter": "torch-bilinear"},
            "crops": "centre-rounded",
            **KINETICS,
        },
    ),
    "clip": Preset(
        "clip",
        source="openai/CLIP, clip.py; v-iashin/video_features @a2f61b7, models/clip",
        remark="a vector per frame",
        view={
            "length": 1,
            "stride": 1,
            "tail": "drop",
            "resize": {"rule": "shorter", "size": 224, "filter": "pil-bicubic"},
            "crops": "centre-rounded",
            # openai/CLIP: (.48145466, .4578275, .40821073) and (.26862954, .26130258, .27577711) of 0..1.
            "mean": (122.7709383, 116.7460125, 104.09373615),
            "std": (68.5005327, 66.6321579, 70.32316305),
        },
    ),
}
