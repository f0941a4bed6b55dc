"""Colours of what is drawn on pictures, as RGB; readers with any common colour blindness can tell them apart."""

Colour = tuple[int, int, int]

# Okabe & Ito (2008), the light ones: they stay visible on dark pictures, and a dark halo parts them from light ones.
IDS: tuple[Colour, ...] = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
)
# Eight steps of matplotlib's `plasma` from 0.2 to 0.92: lightness rises evenly, without its darkest part, which is lost
# on dark pages and in shadows. Equal in light and dark pages, since pictures bear them too.
HEAT: tuple[Colour, ...] = (
    (106, 0, 168),
    (145, 14, 163),
    (178, 43, 143),
    (205, 74, 118),
    (227, 104, 95),
    (244, 136, 73),
    (253, 174, 50),
    (251, 215, 36),
)
GREY: Colour = (160, 165, 170)


def as_hex(colour: Colour) -> str:
    """A colour as CSS writes it.

    >>> as_hex((86, 180, 233))
    '#56b4e9'
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)
