"""Models that differ by their seed alone, as one: a single training says little, and the best of several too much."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean, stdev

from features.report.data import Result


@dataclass(frozen=True)
class Family:
    """Results of one protocol whose models differ by their seed alone; most have one member."""

    members: tuple[Result, ...]

    @property
    def name(self) -> str:
        """What the members are called but for a number, or "seed" and a number, at the end."""
        names = [member.name for member in self.members]
        stems = {re.sub(r"[\W_]*(seed)?[\W_]*\d*$", "", name, flags=re.IGNORECASE) for name in names}
        return names[0] if len(names) == 1 or len(stems) > 1 else stems.pop() or names[0]

    @cached_property
    def mean(self) -> Result:
        """The means of the figures that are defined for every member."""
        keys = dict.fromkeys(key for member in self.members for key in member.metrics)
        values = {key: self.values(key) for key in keys}
        means = {key: fmean(found) if found else None for key, found in values.items()}
        return replace(self.members[0], name=self.name, metrics=means)

    def values(self, key: str) -> list[float]:
        """A figure of all members, empty where one has none."""
        found = [member.metrics.get(key) for member in self.members]
        known = [float(value) for value in found if value is not None and math.isfinite(value)]
        return known if len(known) == len(found) else []

    def spread(self, key: str) -> float | None:
        """The sample standard deviation of a figure; None for one member, or where one has none."""
        values = self.values(key)
        return stdev(values) if len(values) > 1 else None


def families(results: Sequence[Result]) -> list[Family]:
    """The models among the results of one protocol, each family where its first member stands."""
    found: dict[str, list[Result]] = {}
    for result in results:
        if not result.is_baseline:
            found.setdefault(result.family or f"name {result.name}", []).append(result)
    return [Family(tuple(members)) for members in found.values()]
