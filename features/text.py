"""Numbers and names as people read them."""

import math
import unicodedata

LEAST_DIGITS, MOST_DIGITS = 3, 7  # of a score; a float32 has no more
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str, keep: str = "") -> str:
    """`text` with what could spoil a page or a terminal made visible; characters in `keep` stay as they are.

    That is control characters, lone surrogates (undecodable file names) and bidirectional overrides.

    >>> printable("Test/\\x1b[31mred")
    'Test/\\\\x1b[31mred'
    """
    return "".join(char if char in keep or not _unsafe(char) else ascii(char)[1:-1] for char in text)


def _unsafe(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") or char in BIDI_CONTROLS


def percent(fraction: float) -> str:
    """A fraction as per cent with two decimals, without the sign.

    >>> percent(0.9721)
    '97.21'
    """
    return f"{100 * fraction:.2f}"


def score(value: float, low: float, high: float) -> str:
    """A score on the scale from `low` to `high`, to a hundredth of the scale or finer; at least three digits.

    >>> score(7.318, 0, 8), score(13.0127, 12.9, 13.1), score(1.234e-9, 0, 2e-9)
    ('7.32', '13.013', '1.23e-09')
    """
    digits = LEAST_DIGITS
    if math.isfinite(high - low) and high > low:
        above, below = math.log10(max(abs(low), abs(high))), math.log10(high - low)
        digits += min(max(math.floor(above) - math.floor(below), 0), MOST_DIGITS - LEAST_DIGITS)
    return f"{value:.{digits}g}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "video"), count(12000, "frame")
    ('1 video', '12,000 frames')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Seconds in the units of a clock.

    >>> duration(0.04), duration(12.3), duration(200), duration(7500)
    ('0.04 s', '12.3 s', '3 min 20 s', '2 h 05 min')
    """
    if seconds < 59.95:
        return f"{seconds:.2g} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes:02d} min"


def size(number: float) -> str:
    """Bytes in decimal units.

    >>> size(120), size(4_300_000)
    ('120 B', '4.3 MB')
    """
    divisor, unit = bytes_unit(number)
    return f"{number / divisor:.1f} {unit}" if divisor > 1 else f"{number:.0f} B"


def bytes_unit(number: float) -> tuple[float, str]:
    """The decimal unit in which `number` bytes read best: (bytes per unit, its name)."""
    for divisor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= 0.99995 * divisor:
            return divisor, unit
    return 1.0, "B"


def seconds_unit(number: float) -> tuple[float, str]:
    """The unit of time in which `number` seconds read best: (seconds per unit, its name)."""
    for divisor, unit in ((7200.0, "h"), (120.0, "min")):
        if number >= divisor:
            return (3600.0, unit) if unit == "h" else (60.0, unit)
    return 1.0, "s"
