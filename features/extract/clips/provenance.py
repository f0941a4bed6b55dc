"""What is known of published clip features: how they were made, and so how their files are to be read."""

from collections.abc import Mapping
from typing import Any

_INCEPTION = "Inception I3D, 1024"
_TEN_CROPS = "TenCrop(224): corners, centre, then mirrored"

# Who published them -> parameters of the backend `import`; `provenance` says in words how they were made.
PUBLISHED: Mapping[str, Mapping[str, Any]] = {
    "rtfm": {
        "provenance": f"ResNet-50 I3D, 2048, {_TEN_CROPS} (tianyu0207/RTFM @cf938f4, ShanghaiTech)",
        "crop_axis": "second",
        "tail": "repeat-extra",
    },
    "rtfm-ucf": {
        "provenance": f"ResNet-50 I3D, 2048, {_TEN_CROPS} (tianyu0207/RTFM @cf938f4, UCF-Crime)",
        "crop_axis": "second",
        "tail": "repeat",
    },
    "gowtham": {
        "provenance": "ResNet-50 I3D, 2048, ten crops of 340x256, centre third, [-1, 1] "
        "(GowthamGottimukkala/I3D_Feature_Extraction_resnet @4cd6a1d)",
        "crop_axis": "second",
        "tail": "drop",
    },
    "urdmu": {
        "provenance": f"{_INCEPTION}, ten crops of 340x256, centre third (henrryzh1/UR-DMU @40cfdf5)",
        "crop_axis": "first",
        "tail": "repeat",
    },
    "deepmil": {
        # floor((n - 1) / 16) clips, but n / 16 of eleven videos: `auto` finds either.
        "provenance": f"{_INCEPTION}, crops: centre, corners, then mirrored (Roc-Ng/DeepMIL @f11b964)",
        "tail": "auto",
    },
    "xd": {
        "provenance": f"{_INCEPTION}, five crops: centre, corners (Roc-Ng/XDVioDet @f846d8c)",
        "tail": "drop-last",
    },
    "mist": {
        "provenance": f"{_INCEPTION}, whole frames of 340x256 (fjchange/MIST_VAD @d720cab)",
        "format": "mist",
        "tail": "drop",
    },
    "arnet": {
        "provenance": f"{_INCEPTION} of rgb, flow or both (wanboyang/Anomaly_AR_Net_ICME_2020 @82e18e1)",
        "format": "arnet",
        "tail": "drop-last",
    },
    "arnet-segments": {
        "provenance": "32 segments of AR-Net's features, unit length (callbarian/test @3e075d6)",
        "layout": "segments",
        "rule": "arnet",
    },
    "sultani": {
        "provenance": "C3D fc6, 32 segments, unit length (WaqasSultani/AnomalyDetectionCVPR2018 @8aa957c)",
        "layout": "segments",
        "rule": "sultani",
    },
    "video_features": {
        "provenance": f"{_INCEPTION}, 64 frames a clip (v-iashin/video_features @a2f61b7)",
        "length": 64,
        "stride": 64,
        "tail": "one-more",
    },
    "vadclip": {"provenance": "CLIP ViT-B/16, 512, ten crops (nwpu-zxr/VadCLIP @f643c91)", "tail": "auto"},
}
