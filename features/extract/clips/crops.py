"""Where the crops of a picture lie, and their order: the middle crop is another number in each published order."""

from dataclasses import dataclass

import numpy as np

from features.extract.clips.view import CropOrder


@dataclass(frozen=True)
class Crop:
    """A part of a picture, (`top`, `left`) to (`bottom`, `right`), of the mirrored picture if `mirrored`."""

    top: int
    left: int
    bottom: int
    right: int
    mirrored: bool = False

    def of(self, picture: np.ndarray) -> np.ndarray:
        """A view of (..., height, width): (..., bottom - top, right - left)."""
        seen = picture[..., ::-1] if self.mirrored else picture
        return seen[..., self.top : self.bottom, self.left : self.right]


def crops_of(order: CropOrder, height: int, width: int, side: int | None) -> tuple[Crop, ...]:
    """The crops of a picture of `height` x `width`, in their order.

    whole           all of it
    centre          offsets rounded down (v-iashin/video_features @a2f61b7, models/transforms.py)
    centre-rounded  offsets rounded, halves to even (torchvision; piergiaj/pytorch-i3d @05783d1, videotransforms.py)
    torchvision     top left, top right, bottom left, bottom right, centre, then of the mirrored picture (TenCrop)
    gowtham         top left, top right, centre, bottom left, bottom right, then of the mirrored picture
                    (GowthamGottimukkala/I3D_Feature_Extraction_resnet @4cd6a1d; henrryzh1/UR-DMU @40cfdf5)
    centre-first    centre, top left, top right, bottom left, bottom right, then of the mirrored picture
                    (Roc-Ng/DeepMIL @f11b964)
    centre-corners  centre, top left, top right, bottom left, bottom right (Roc-Ng/XDVioDet @f846d8c)

    Raises ValueError where the picture is smaller than a crop.
    """
    if side is None:
        return (Crop(0, 0, height, width),)
    if min(height, width) < side:
        raise ValueError(f"a crop of {side} x {side} does not fit a picture of {width} x {height}")
    down, right = height - side, width - side
    centre = _at(round(down / 2), round(right / 2), side)
    if order == "centre":
        return (_at(down // 2, right // 2, side),)
    if order == "centre-rounded":
        return (centre,)
    corners = tuple(_at(top, left, side) for top in (0, down) for left in (0, right))
    five = {
        "torchvision": (*corners, centre),
        "gowtham": (*corners[:2], centre, *corners[2:]),
        "centre-first": (centre, *corners),
        "centre-corners": (centre, *corners),
    }[order]
    return five if order == "centre-corners" else five + tuple(_mirrored(crop) for crop in five)


def _at(top: int, left: int, side: int) -> Crop:
    return Crop(top, left, top + side, left + side)


def _mirrored(crop: Crop) -> Crop:
    return Crop(crop.top, crop.left, crop.bottom, crop.right, True)
