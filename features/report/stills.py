"""One frame of a video with its boxes and scores, small enough to stand in a page."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from features.report.data import Clip, Still

WIDTH = 480  # pixels: sharp on a card of 340 CSS pixels, about 25 kB
QUALITY = 80
CLIP_WIDTH = 360
CLIP_QUALITY = 50
HIGHEST = (213, 94, 0)  # Okabe & Ito's vermillion
OTHERS = (86, 180, 233)  # their sky blue
HALO = (0, 0, 0)
LABELLED = 5  # boxes that bear their score: the highest ones, so that a crowd stays visible


def still(
    frame: np.ndarray,
    number: int,
    boxes: np.ndarray | None = None,
    scores: np.ndarray | None = None,
    frame_score: float | None = None,
) -> Still:
    """A still of frame `number`.

    frame    uint8 (height, width, 3) RGB
    boxes    (n, 4) x1, y1, x2, y2 in pixels of the frame
    scores   (n,), NaN where a box has none; the highest is drawn in another colour, over the others
    """
    picture, scale = shrunk(frame)
    image = Image.fromarray(picture)
    places = np.zeros((0, 4)) if boxes is None else np.asarray(boxes, np.float64).reshape(-1, 4) * scale
    values = np.full(len(places), np.nan) if scores is None else np.asarray(scores, np.float64)
    _draw(image, places, values)
    return picture_still(np.asarray(image), number, frame_score, boxes=len(places))


def shrunk(frame: np.ndarray) -> tuple[np.ndarray, float]:
    """The frame no wider than `WIDTH`, and the scale that its pixels were multiplied by."""
    height, width = frame.shape[:2]
    scale = min(1.0, WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS)), scale


def picture_still(picture: np.ndarray, number: int, score: float | None, boxes: int = 0, skeletons: int = 0) -> Still:
    """A picture of frame `number` on which everything has been drawn, as it stands in a page."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return Still(buffer.getvalue(), picture.shape[1], picture.shape[0], number, score, boxes, skeletons)


def moving(pictures: Sequence[np.ndarray], numbers: range, fps: float) -> Clip:
    """Pictures of these frames of a video of `fps` frames per second, moving at its speed, over and over."""
    images = [Image.fromarray(picture) for picture in pictures]
    images = [image.resize((CLIP_WIDTH, round(image.height * CLIP_WIDTH / image.width))) for image in images]
    buffer = io.BytesIO()
    pause = round(1000 * numbers.step / fps)
    images[0].save(
        buffer, "WEBP", save_all=True, append_images=images[1:], duration=pause, loop=0, quality=CLIP_QUALITY
    )
    return Clip(buffer.getvalue(), images[0].width, images[0].height, numbers[0], numbers[-1])


def _draw(image: Image.Image, boxes: np.ndarray, scores: np.ndarray) -> None:
    """Boxes from the lowest score to the highest, which comes to lie on top."""
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(12)
    order = np.argsort(np.where(np.isfinite(scores), scores, -np.inf), kind="stable")
    for rank, which in enumerate(reversed(range(len(order)))):
        place, score = boxes[order[rank]], scores[order[rank]]
        colour = HIGHEST if which == 0 and np.isfinite(score) else OTHERS
        _box(draw, place, colour)
        if which < LABELLED and np.isfinite(score):
            _tag(draw, font, place, f"{score:.2f}", colour, image.width)


def _box(draw: ImageDraw.ImageDraw, place: np.ndarray, colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = (round(float(side)) for side in place)
    x2, y2 = max(x1, x2), max(y1, y2)
    draw.rectangle((x1 - 2, y1 - 2, x2 + 2, y2 + 2), outline=HALO, width=1)
    draw.rectangle((x1 - 1, y1 - 1, x2 + 1, y2 + 1), outline=colour, width=3)


def _tag(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    place: np.ndarray,
    text: str,
    colour: tuple[int, int, int],
    width: int,
) -> None:
    """The score above the box, or inside it at the frame's upper edge."""
    x1, y1 = round(float(place[0])), round(float(place[1]))
    left, top, right, bottom = font.getbbox(text)
    w, h = int(right - left) + 8, int(bottom - top) + 6
    x = min(max(x1 - 1, 0), width - w)
    y = y1 - h if y1 >= h else max(y1, 0)
    draw.rectangle((x, y, x + w, y + h), fill=colour)
    draw.text((x + 4 - left, y + 3 - top), text, font=font, fill=HALO)
