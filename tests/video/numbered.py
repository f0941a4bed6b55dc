"""Videos whose frames carry their own number, so that a test sees which frame it was given.

Bit b of the number is a block in the rows 8 to 39 and the columns 8 + 18 b to 25 + 18 b: bright is 1, dark is 0. Below
it a texture moves. (The code of ../shared/data/neutral/decode.)
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

BITS = 16
WIDTH, HEIGHT = 320, 96


def numbered(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """uint8 (height, width, 3): the frame with this number."""
    rows, columns = np.indices((height, width))
    texture = (columns * 3 + rows * 5 + number * 4) % 256
    frame = np.stack([texture, (texture // 2 + number) % 256, 255 - texture], axis=2).astype(np.uint8)
    for bit in range(BITS):
        frame[8:40, 8 + 18 * bit : 26 + 18 * bit] = 235 if number >> bit & 1 else 20
    return frame


def number_of(frame: np.ndarray) -> int:
    """The number that a frame carries."""
    bright = [frame[14:34, 13 + 18 * bit : 21 + 18 * bit, 1].mean() > 128 for bit in range(BITS)]
    return sum(1 << bit for bit, one in enumerate(bright) if one)


def numbers_of(blocks: Iterable[np.ndarray]) -> list[int]:
    """The numbers of all frames of some blocks."""
    return [number_of(frame) for block in blocks for frame in block]


def write_video(
    path: Path,
    frames: int | Sequence[int] = 30,
    codec: str = "libx264",
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    bframes: int = 0,
    gop: int = 10,
    stamps: Sequence[int] | None = None,
    rotation: int = 0,
    rate: int = 25,
) -> Path:
    """Encode numbered frames; `stamps` are the presentation times in ticks of 1/1000 s, by default regular."""
    numbers = range(frames) if isinstance(frames, int) else frames
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = bframes
        stream.codec_context.thread_count = 1
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for position, number in enumerate(numbers):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size), format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[position], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def copy_stream(source: Path, target: Path, first_packet: int = 0, shift_seconds: float = 0.0, **options: str) -> Path:
    """The packets of a video from one on, not encoded again, each `shift_seconds` later."""
    with av.open(str(source)) as old, av.open(str(target), "w", options=options) as new:
        stream: Any = new.add_stream_from_template(old.streams.video[0])
        packets = [packet for packet in old.demux(old.streams.video[0]) if packet.dts is not None]
        for packet in packets[first_packet:]:
            ticks = round(shift_seconds / packet.time_base)
            packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            packet.stream = stream
            new.mux(packet)
    return target


def cut_bytes(source: Path, target: Path, share: float) -> Path:
    """The first part of a file."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target
