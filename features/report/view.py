"""Pictures of features: boxes on frames, flow as a colour wheel, cubes as a contact sheet. Pure functions of arrays.

Colours are those of Okabe and Ito, which colour-blind readers tell apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from features.errors import ConfigError
from features.report.lettering import FONT, INK, PAPER, Pen, plate

DETECTOR_BLUE = (0, 114, 178)
MOTION_ORANGE = (230, 159, 0)
IMPORTED_GREEN = (0, 158, 115)
ORIGIN_COLOURS = (DETECTOR_BLUE, MOTION_ORANGE, IMPORTED_GREEN)
ORIGIN_NAMES = ("detector", "motion", "imported")
SUFFIXES = (".mp4", ".gif", ".png")


def draw_boxes(frame: np.ndarray, boxes: np.ndarray, labels: Sequence[str] = ()) -> np.ndarray:
    """A copy of the frame uint8 (h, w, 3) RGB with boxes (k, 4 or more) drawn, coloured by origin where known.

    `boxes` may be rows of a boxes table: column 6 is the origin. `labels` are written above the boxes.
    """
    picture = np.ascontiguousarray(frame).copy()
    pen = Pen.of(picture)
    for row, box in enumerate(boxes):
        origin = int(box[6]) if len(box) > 6 else 0
        colour = ORIGIN_COLOURS[origin % len(ORIGIN_COLOURS)]
        x1, y1, x2, y2 = (round(float(corner)) for corner in box[:4])
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour, pen.line)
        if row < len(labels) and labels[row]:
            plate(picture, labels[row], (x1, y1), colour, pen)
    return picture


def flow_wheel(flow: np.ndarray, limit: float | None = None) -> np.ndarray:
    """Flow (h, w, 2) as uint8 (h, w, 3) RGB: hue is direction, white is rest, full colour is `limit` pixels or more.

    Without a limit the 99th percentile of the magnitudes is taken. Where there is no flow (NaN) the picture is grey.
    """
    magnitude = np.hypot(flow[..., 0], flow[..., 1])
    known = np.isfinite(magnitude)
    top = wheel_limit(flow) if limit is None else limit
    hue = np.degrees(np.arctan2(np.nan_to_num(flow[..., 1]), np.nan_to_num(flow[..., 0]))) % 360
    strength = np.clip(np.nan_to_num(magnitude) / top, 0, 1)
    hsv = np.stack([hue, strength, np.ones_like(hue)], axis=-1).astype(np.float32)
    picture: np.ndarray = np.rint(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)
    picture[~known] = 128
    return picture


def wheel_limit(flow: np.ndarray) -> float:
    """The 99th percentile of the magnitudes of flow (..., 2), at least half a pixel so that noise stays pale."""
    magnitude = np.hypot(flow[..., 0], flow[..., 1])
    known = magnitude[np.isfinite(magnitude)]
    return max(0.5, float(np.percentile(known, 99))) if known.size else 0.5


def wheel_legend(size: int, limit: float) -> np.ndarray:
    """uint8 (size + 16, size, 3) RGB: the wheel itself, with the magnitude of its rim written below."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    wheel = flow_wheel(np.stack([x, y], axis=-1), 1.0)
    wheel[np.hypot(x, y) > 1] = PAPER
    text = np.full((16, size, 3), PAPER, np.uint8)
    cv2.putText(text, f"{limit:.1f} px", (2, 12), FONT, 0.38, INK, 1, cv2.LINE_AA)
    return np.concatenate([wheel, text])


def with_legend(picture: np.ndarray, limit: float) -> np.ndarray:
    """The picture (h, w, 3) with the wheel in its lower right corner, where it is large enough for one."""
    size = min(picture.shape[:2]) // 5
    if size < 24:
        return picture
    legend = wheel_legend(size, limit)
    picture = picture.copy()
    picture[-legend.shape[0] :, -legend.shape[1] :] = legend
    return picture


def contact_sheet(
    cubes: np.ndarray,
    flow_cubes: np.ndarray | None = None,
    captions: Sequence[str] = (),
    columns: int = 4,
    zoom: int = 2,
) -> np.ndarray:
    """uint8 (h, w, 3) RGB: cubes uint8 (n, T, S, S, 3) as strips of T patches, oldest left, `columns` strips abreast.

    Flow (n, T, 2, S, S) stands below its cube, all of it on one scale. A caption stands above its strip.
    """
    length, size = cubes.shape[1:3] if len(cubes) else (1, 32)
    strips = [np.concatenate(list(cube), axis=1) for cube in cubes]
    if flow_cubes is not None and len(cubes):
        fields = np.moveaxis(flow_cubes, 2, -1)
        limit = wheel_limit(fields)
        wheels = [flow_wheel(np.concatenate(list(field), axis=1), limit) for field in fields]
        strips = [np.concatenate(pair) for pair in zip(strips, wheels, strict=True)]
    cells = [
        _cell(_zoomed(strip, zoom), captions[row] if row < len(captions) else "") for row, strip in enumerate(strips)
    ]
    blank = np.full(cells[0].shape if cells else (size * zoom, length * size * zoom, 3), 255, np.uint8)
    cells += [blank] * (-len(cells) % columns or (0 if cells else columns))
    rows = [np.concatenate(cells[start : start + columns], axis=1) for start in range(0, len(cells), columns)]
    return np.concatenate(rows)


def _zoomed(picture: np.ndarray, zoom: int) -> np.ndarray:
    return picture.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _cell(strip: np.ndarray, caption: str) -> np.ndarray:
    """A strip in a white frame, its caption above it."""
    cell = np.full((strip.shape[0] + 20, strip.shape[1] + 8, 3), 255, np.uint8)
    cell[16:-4, 4:-4] = strip
    cv2.putText(cell, caption, (4, 12), FONT, 0.38, INK, 1, cv2.LINE_AA)
    return cell


def stills(pictures: Sequence[np.ndarray], columns: int = 4) -> np.ndarray:
    """uint8 (h, w, 3): pictures of one size side by side, row by row, white where the last row ends early."""
    gap = [np.full_like(pictures[0], 255)] * (-len(pictures) % min(columns, len(pictures)))
    tiles = [*pictures, *gap]
    columns = min(columns, len(pictures))
    return np.concatenate([np.concatenate(tiles[row : row + columns], axis=1) for row in range(0, len(tiles), columns)])


def write_clip(path: Path, frames: Iterable[np.ndarray], fps: float) -> None:
    """Write frames uint8 (h, w, 3) RGB as .mp4 (H.264, plays in every browser), .gif, or .png (stills of them all).

    Raises ConfigError for another suffix, or where there is no frame.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"cannot write {path.name}: expected a name that ends in {', '.join(SUFFIXES)}")
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise ConfigError(f"nothing to write into {path.name}: the video has no frames")
    pictures = chain([first], pictures)
    if suffix == ".png":
        write_picture(path, stills(list(pictures)))
    elif suffix == ".gif":
        _write_gif(path, pictures, fps)
    else:
        _write_mp4(path, pictures, fps)


def write_picture(path: Path, picture: np.ndarray) -> None:
    """Write uint8 (h, w, 3) RGB as a .png file."""
    coded, data = cv2.imencode(".png", picture[..., ::-1])
    assert coded
    path.write_bytes(data.tobytes())


def _write_gif(path: Path, pictures: Iterator[np.ndarray], fps: float) -> None:
    from PIL import Image

    images = [Image.fromarray(picture).quantize(128) for picture in pictures]
    # Viewers slow down frames shown for less than 20 ms.
    images[0].save(path, save_all=True, append_images=images[1:], duration=max(20, round(1000 / fps)), loop=0)


def _write_mp4(path: Path, pictures: Iterator[np.ndarray], fps: float) -> None:
    import av

    first = next(pictures)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        # 4:2:0 needs even sides.
        stream.height, stream.width = (side + side % 2 for side in first.shape[:2])
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for picture in chain([first], pictures):
            padding = [(0, side % 2) for side in picture.shape[:2]]
            even = np.pad(picture, (*padding, (0, 0)), mode="edge")
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")))
        file.mux(stream.encode())
