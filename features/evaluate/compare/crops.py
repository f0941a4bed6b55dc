"""The crops of a picture: in which order a file holds them, and which of one file are which of another."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from features.evaluate.compare.blocks import Estimate, estimate
from features.extract.clips.segments import unit_length

# Crops by name: t(op) or b(ottom), l(eft) or r(ight), c(entre); a dash after it: of the mirrored picture.
ORDERS = {
    # torchvision's TenCrop, as in RTFM's files (tianyu0207/RTFM, thread 33)
    "torchvision": ("tl", "tr", "bl", "br", "c", "tl-", "tr-", "bl-", "br-", "c-"),
    # GowthamGottimukkala/I3D_Feature_Extraction_resnet @4cd6a1d, extract_features.py; henrryzh1/UR-DMU @40cfdf5
    "gowtham": ("tl", "tr", "c", "bl", "br", "tl-", "tr-", "c-", "bl-", "br-"),
    # Roc-Ng/DeepMIL @f11b964, XDVioDet @f846d8c: the centre, the corners in an order that is not stated, then mirrored
    "centre-first": ("c", "tl", "tr", "bl", "br", "c-", "tl-", "tr-", "bl-", "br-"),
}
# A tenth of the clips and more where another order fits better: the order is not told.
LEAST_SHARE = 0.9
# Likeness of mirrored crops, of 1, below which nothing is told; seven files of RTFM have 0.73 to 0.77, and 0.15 in the
# order that is wrong for them.
LEAST_LIKENESS = 0.3


@dataclass(frozen=True)
class CropOrder:
    """Which known order of ten crops fits a video's features, by mirror pairs: both show the same part of the scene.

    name      of `ORDERS`; "" where none fits clearly
    likeness  order -> mean likeness of the crops that it makes mirror pairs, -1 to 1
    share     share of the clips in which the best order fits best
    """

    name: str
    likeness: dict[str, float]
    share: float


@dataclass(frozen=True)
class Matching:
    """Which crops of one set are which of another.

    places  for each crop of the second set the crop of the first that it is most alike; -1 for one left over
    gain    how much more alike they are than crops at the same place, or the next best one; with its uncertainty
    alike   their mean likeness, -1 to 1
    """

    places: tuple[int, ...]
    gain: Estimate
    alike: float

    @property
    def moved(self) -> bool:
        """Whether crops stand at other places, clearly."""
        return self.places != tuple(range(len(self.places))) and self.gain.clear and self.alike >= LEAST_LIKENESS


def crop_order(features: np.ndarray) -> CropOrder:
    """The order of ten crops (clips, 10, channels).

    What tells crops apart is what is left of a crop when the mean of the clip's crops is taken away; in a mirror pair
    that is alike, since a network sees nearly the same in a mirrored picture.
    """
    apart = told_apart(features)
    by_clip = {
        name: np.mean([(apart[:, one] * apart[:, two]).sum(axis=1) for one, two in mirror_pairs(order)], axis=0)
        for name, order in ORDERS.items()
    }
    likeness = {name: float(values.mean()) for name, values in by_clip.items()}
    best = max(likeness, key=lambda name: likeness[name])
    most = np.max([values for name, values in by_clip.items() if name != best], axis=0)
    share = float((by_clip[best] > most).mean())
    clear = share >= LEAST_SHARE and likeness[best] >= LEAST_LIKENESS
    return CropOrder(best if clear else "", likeness, share)


def mirror_pairs(order: tuple[str, ...]) -> list[tuple[int, int]]:
    """Places of the crops that show the same part of the scene: in a mirrored picture left is where right was."""
    swapped = str.maketrans("lr", "rl")
    return [(place, order.index(f"{name.translate(swapped)}-")) for place, name in enumerate(order) if name[-1] != "-"]


def matching(one: np.ndarray, other: np.ndarray) -> Matching:
    """Which crops (clips, crops, channels) are which of another set of the same clips and channels."""
    if min(one.shape[1], other.shape[1]) == 1:
        return _lone(one, other)
    by_clip = np.einsum("tkc,tlc->tkl", told_apart(one), told_apart(other))
    rows, columns = linear_sum_assignment(by_clip.mean(axis=0), maximize=True)
    places = dict(zip(columns.tolist(), rows.tolist(), strict=True))
    matched = by_clip[:, rows, columns].mean(axis=1)
    shared = range(len(places))
    in_place = by_clip[:, shared, shared].mean(axis=1)
    found = tuple(places.get(crop, -1) for crop in range(other.shape[1]))
    return Matching(found, estimate(matched - in_place), float(matched.mean()))


def _lone(one: np.ndarray, other: np.ndarray) -> Matching:
    """Which crop a lone one is; `gain` is over the next best."""
    by_clip = np.einsum("tkc,tlc->tkl", unit_length(one), unit_length(other))
    flat = by_clip.reshape(len(by_clip), -1)
    best, *others = np.argsort(-flat.mean(axis=0)).tolist()
    crop, place = divmod(best, other.shape[1])
    found = tuple(crop if at == place else -1 for at in range(other.shape[1]))
    gain = estimate(flat[:, best] - flat[:, others[0]]) if others else Estimate(0.0, float("inf"))
    return Matching(found, gain, float(flat[:, best].mean()))


def told_apart(features: np.ndarray) -> np.ndarray:
    """What tells the crops of a clip apart, at unit length."""
    directions = unit_length(features)
    return unit_length(directions - directions.mean(axis=1, keepdims=True))


def moved_from(places: tuple[int, ...]) -> str:
    """What a change of places is: between two known orders, or of all crops with their mirrored ones; "" for others."""
    count = len(places)
    if count % 2 == 0 and places == (*range(count // 2, count), *range(count // 2)):
        return "the pictures are mirrored"
    for former, names in ORDERS.items():
        for later, others in ORDERS.items():
            if places == tuple(names.index(name) for name in others):
                return f"as from {former}'s order to {later}'s"
    return ""
