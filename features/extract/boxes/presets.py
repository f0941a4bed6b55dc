"""The published numbers of each data set, and what stands in for them elsewhere.

LBR-SPR: yuguangnudt/LBR_SPR, fore_det/obj_det_with_motion.py. VEC: yuguangnudt/VEC_VAD, the same file; its row for
Ped1 comes from an earlier commit (5f0485d), later ones do not know Ped1. HF2-VAD: LiUzHiAn/hf2vad, the rows of VEC
with one difference on ShanghaiTech; HR is a part of its clips. An area below 1 is a share of the frame's area; a data
set that none of them knows gets the geometric mean of the four shares LBR-SPR uses (0.0026: 14 x 14 pixels of
320 x 240).
"""

from dataclasses import dataclass

OTHER_AREA = 0.0026


@dataclass(frozen=True)
class Selection:
    """score: a detection must exceed it; area: smallest box; cover: largest share that a larger box may cover."""

    score: float
    area: float
    cover: float = 0.6


@dataclass(frozen=True)
class Gradient:
    """threshold: grey levels; blur: side of the Gaussian kernel; area: smallest contour."""

    threshold: int
    blur: int
    area: float


LBRSPR = {
    "ucsdped1": Selection(0.2, 100),
    "ucsdped2": Selection(0.2, 100),
    "avenue": Selection(0.2, 1600),
    "shanghaitech": Selection(0.2, 900),
    "shanghaitech-hr": Selection(0.2, 900),
}
LBRSPR_OTHER = Selection(0.2, OTHER_AREA)

VEC = {
    "ucsdped1": Selection(0.5, 144),
    "ucsdped2": Selection(0.5, 100),
    "avenue": Selection(0.25, 1600),
    "shanghaitech": Selection(0.5, 64, cover=0.65),
    "shanghaitech-hr": Selection(0.5, 64, cover=0.65),
}
VEC_OTHER = Selection(0.5, OTHER_AREA)

VEC_GRADIENT = {
    "ucsdped1": Gradient(15, 3, 144),
    "ucsdped2": Gradient(18, 3, 100),
    "avenue": Gradient(18, 5, 1600),
    "shanghaitech": Gradient(15, 5, 64),
    "shanghaitech-hr": Gradient(15, 5, 64),
}
VEC_GRADIENT_OTHER = Gradient(18, 5, OTHER_AREA)

HF2VAD_GRADIENT_AREA = {"shanghaitech": 1600.0, "shanghaitech-hr": 1600.0}


def pixels(area: float, height: int, width: int) -> float:
    """An area in pixels: below 1 it is a share of the frame's."""
    return area * height * width if area < 1 else area
