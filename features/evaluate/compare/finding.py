"""What a comparison says: sentences with the topic they belong to, and the figures behind them."""

from dataclasses import dataclass, field

# Name -> number, for programs.
Figures = dict[str, float | int | str | list[int]]


@dataclass(frozen=True)
class Finding:
    """One sentence.

    topic  what it is about: `clips`, `time`, `crops`, `values`, ...
    said   the sentence
    alike  whether both sides agree in this
    """

    topic: str
    said: str
    alike: bool = True


@dataclass(frozen=True)
class Difference:
    """What a comparison of two things came to.

    equal     whether all numbers agree, within the tolerance that the first finding names
    findings  sentences, the most telling one last
    figures   name -> number, for programs
    """

    equal: bool
    findings: tuple[Finding, ...]
    figures: Figures = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The last sentence."""
        return self.findings[-1].said


def number(value: float) -> str:
    """A number as sentences hold it: four digits, near 1 as many as tell it from 1.

    >>> number(0.91234), number(0.9999987), number(1.0)
    ('0.9123', '0.9999987', '1')
    """
    return f"{value:.7f}" if 5e-8 < abs(1 - value) < 1e-4 else f"{value:.4g}"
