"""Lines and letters on a picture, as large as the picture can bear."""

from dataclasses import dataclass

import cv2
import numpy as np

from features.report.colours import Colour

FONT = cv2.FONT_HERSHEY_SIMPLEX
PAPER: Colour = (255, 255, 255)
INK: Colour = (20, 20, 20)
# Font scales of OpenCV: below the first letters run together, above the second they only cover the picture.
SMALLEST, LARGEST = 0.3, 1.2


@dataclass(frozen=True)
class Pen:
    """Widths in pixels for a picture, and the size of its letters.

    line  width of a line;  dot: radius of a joint;  edge: width of a halo or margin
    font  scale of the font, `weight` the width of its strokes
    """

    line: int
    dot: int
    edge: int
    font: float
    weight: int

    @classmethod
    def of(cls, picture: np.ndarray) -> "Pen":
        """The pen for a picture (h, w, 3), by its shorter side."""
        side = min(picture.shape[:2])
        font = min(LARGEST, max(SMALLEST, side / 900))
        return cls(max(1, round(side / 240)), max(1, round(side / 180)), max(1, side // 400), font, 1 + (font > 0.7))

    @property
    def height(self) -> int:
        """Pixels of a digit's height."""
        return int(cv2.getTextSize("0", FONT, self.font, self.weight)[0][1])

    def width_of(self, text: str) -> int:
        """Pixels of a text's width."""
        return int(cv2.getTextSize(text, FONT, self.font, self.weight)[0][0])

    def write(self, picture: np.ndarray, text: str, at: tuple[int, int], colour: Colour = PAPER) -> None:
        """Write a text into the picture, its lower left corner at `at` (x, y)."""
        cv2.putText(picture, text, at, FONT, self.font, colour, self.weight, cv2.LINE_AA)


def plate(picture: np.ndarray, text: str, at: tuple[int, int], colour: Colour, pen: Pen) -> None:
    """Write a text on a plate of a colour, its lower left corner at `at` (x, y), moved inside the picture."""
    width, height = pen.width_of(text) + 2 * pen.edge + 1, pen.height + 2 * pen.edge + 1
    x = max(0, min(at[0], picture.shape[1] - width))
    y = max(height, min(at[1], picture.shape[0]))
    cv2.rectangle(picture, (x, y - height), (x + width - 1, y - 1), colour, cv2.FILLED)
    pen.write(picture, text, (x + pen.edge, y - pen.edge - 1), readable_on(colour))


def readable_on(colour: Colour) -> Colour:
    """Black or white, whichever is read more easily on a colour (relative luminance of WCAG 2)."""
    shares = [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour]
    luminance = 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2]
    return INK if luminance > 0.18 else PAPER
