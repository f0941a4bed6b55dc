"""What the figures of a comparison come to, in a sentence that says no more than they show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from features.evaluate.compare.channels import Channels, halves
from features.evaluate.compare.finding import Figures, Finding, number
from features.evaluate.compare.timing import Evidence
from features.evaluate.compare.values import Agreement, agreement, unit_blocks, unit_rows

# Cosine from which features are one direction: rounding of float16 files, and a BatchNorm epsilon of 1e-5 for 1e-3.
ONE_DIRECTION = 0.99999
# Cosines from which features are nearly the same: other rounding on the way, as by JPEG or another filter.
NEARLY, NEARLY_CENTRED = 0.999, 0.995
# The same, where a clip is compared with a mean of clips around its time.
MIXED = 0.9
# Ratio of norms from which values were not brought to the scale of a network's input.
UNSCALED = 5.0
# Spread of the ratios of norms up to which they are one factor.
STEADY = 0.02
EQUAL = 1e-4


@dataclass(frozen=True)
class Told:
    """What is known when the verdict is given.

    one, other  what the sets are called
    channels    whether their channels mean the same; None where they have other numbers of them
    evidence    by what they are held to show one video
    between     whether the second's clips lie between clips of the first, so that these were mixed
    values      how the second's numbers follow from the first's
    parts       the same for each half of the channels, where there may be two networks' side by side
    norms       what one was divided by and the other was not, by its name, in words
    """

    one: str
    other: str
    channels: Channels | None
    evidence: Evidence
    between: bool = False
    values: Agreement | None = None
    parts: tuple[Agreement, ...] = ()
    norms: Mapping[str, str] = field(default_factory=dict)

    @property
    def comparable(self) -> bool:
        """Whether numbers of one set mean the same in the other."""
        return self.evidence == "numbers" or (self.channels is not None and self.channels.same)

    def with_values(self, one: np.ndarray, other: np.ndarray) -> "Told":
        """The same, with the numbers (clips, crops, channels) of both compared clip by clip and crop by crop."""
        parts = tuple(agreement(half.of(one), half.of(other)) for half in halves(one.shape[2]))
        return replace(self, values=agreement(one, other), parts=parts, norms=self._norms(one, other))

    def _norms(self, one: np.ndarray, other: np.ndarray) -> dict[str, str]:
        divided = {self.one: _divided(one), self.other: _divided(other)}
        return {name: words for name, words in divided.items() if words} if len(set(divided.values())) > 1 else {}

    def figures(self) -> Figures:
        """For programs."""
        if self.values is None:
            return {}
        found = self.values
        return {
            "cosine": found.cosine[0],
            "least_cosine": found.cosine[1],
            "centred_cosine": found.centred,
            "factor": found.factor,
            "norm_ratio": found.ratios[1],
            "largest_difference": found.largest,
        }


def verdict(told: Told) -> Iterator[Finding]:
    """The last findings: channels, values, halves that differ in how they agree, and what it all looks like."""
    if told.channels is not None:
        yield _channels(told.channels)
    if told.values is not None:
        yield Finding("values", _figures(told.values), told.values.apart <= EQUAL)
        yield from _halves(told)
    for name, words in told.norms.items():
        yield Finding("norm", f"{name} was divided by {words}", False)
    yield Finding("verdict", _sum(told), told.values is not None and told.values.apart <= EQUAL)


def _channels(found: Channels) -> Finding:
    means = f"their means correlate {found.correlation:.2f}, those of unrelated ones less than {found.least:.2f}"
    said = "channels mean the same" if found.same else "channels do not mean the same"
    return Finding("channels", f"{said}: {means}", found.same)


def _figures(found: Agreement) -> str:
    low, middle, high = (number(ratio) for ratio in found.ratios)
    mean, least = (number(cosine) for cosine in found.cosine)
    return (
        f"cosine {mean} on average, {least} at least; {number(found.centred)} without what all clips share; "
        f"norms are {middle} times as large ({low} to {high})"
    )


def _halves(told: Told) -> Iterator[Finding]:
    cosines = [part.cosine[0] for part in told.parts]
    if len(cosines) == 2 and max(cosines) >= ONE_DIRECTION and min(cosines) < NEARLY:
        same, apart = ("first", "last") if cosines[0] > cosines[1] else ("last", "first")
        said = f"the {same} half of the channels agrees, the {apart} does not (cosine {number(min(cosines))})"
        yield Finding("halves", f"{said}: where rgb and flow stand side by side, only one of them differs", False)


def _sum(told: Told) -> str:
    found = told.values
    if found is not None and found.apart <= EQUAL:
        return "the numbers are equal: nothing differs but what is said above"
    if found is not None and found.cosine[0] >= ONE_DIRECTION:
        return _one_direction(told, found)
    if told.between and found is not None and found.cosine[0] >= MIXED:
        return "the same but for their time, as far as clips at other places tell"
    if found is not None and found.cosine[0] >= NEARLY and found.centred >= NEARLY_CENTRED:
        return "nearly equal: as another decoder, JPEG quality, filter of the resize, mirroring or padding gives"
    if told.comparable:
        return _shown_otherwise(told)
    return _other_network(told)


def _one_direction(told: Told, found: Agreement) -> str:
    low, middle, high = found.ratios
    if told.norms:
        return "the same features, but divided by norms"
    if high - low > STEADY * middle:
        return "the same directions at other lengths: one of the two was normalised"
    why = ", as another epsilon of BatchNorm gives" if 0.9 <= middle <= 1.1 else ""
    return f"the same features but for one factor{why}"


def _shown_otherwise(told: Told) -> str:
    """One network with one set of weights; what it was shown differs."""
    if told.evidence != "numbers":
        return "one network and one set of weights, shown other pictures, or the same in quite another way"
    said = "one network and one set of weights, shown the same clips in another way"
    if told.values is not None and not told.norms and not 1 / UNSCALED <= told.values.ratios[1] <= UNSCALED:
        larger = told.other if told.values.ratios[1] > 1 else told.one
        return f"{said}: {larger}'s were not scaled, as raw 0..255 pixels are not"
    return (
        f"{said}: other scaling, colours, resize, crop, mirroring, flow or padding; which of them, features alone do "
        "not tell, and `features match` does"
    )


def _other_network(told: Told) -> str:
    video = "probably the same video, " if told.evidence else ""
    if told.channels is None:
        return f"{video}features of other widths: their numbers cannot be compared"
    return f"{video}channels that mean something else: another network, layer or checkpoint"


def _divided(features: np.ndarray) -> str:
    """What features (clips, crops, channels) were divided by, in words; "" where that cannot be seen."""
    if unit_rows(features):
        return "the L2 norm of each feature"
    if starts := unit_blocks(features):
        return f"the L2 norm of whole batches of clips, which begin at clip {', '.join(map(str, starts[:6]))}"
    return ""
