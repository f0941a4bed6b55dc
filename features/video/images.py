"""One image of a folder as an RGB frame. Frames are decoded in the decoding process."""

from pathlib import Path

import numpy as np
from PIL import Image

# Pillow's names of one 16-bit channel. 16-bit colour is brought to its high byte by Pillow itself.
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")
EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")


def read_image(path: Path) -> np.ndarray:
    """uint8 (height, width, 3) RGB of an image file.

    Gray is repeated in all three channels, a palette looked up, transparency dropped; of 16 bits per channel the high
    byte is kept (value >> 8). Pixels are as stored: an EXIF orientation is not applied. Of several pages the first.

    Raises OSError, SyntaxError or ValueError where the file is damaged, larger than any camera's, or of 32 bits per
    channel.
    """
    try:
        with Image.open(path) as image:
            return _rgb(image)
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from None


def _rgb(image: Image.Image) -> np.ndarray:
    image.load()
    if image.mode in SIXTEEN_BITS:
        gray = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=2)
    if image.mode not in EIGHT_BITS:
        raise ValueError(f"pixels of type {image.mode}; expected 8 or 16 bits per channel")
    return np.asarray(image.convert("RGB"))
