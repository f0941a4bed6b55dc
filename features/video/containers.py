"""Video files by PyAV: opened carefully, every frame decoded once and in order. Runs in the decoding process.

PyAV's sequential decoding was right on every file that was tried; it is the only reader that says why it stopped and
still gives the good frames before (docs/video.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np

from features.errors import SourceError

# Left to itself, FFmpeg takes text for animations and pictures for videos, and follows playlists to other files.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,obu,av1,ivf,vc1,h263,mjpeg,"
    "yuv4mpegpipe,asf,flv,live_flv,ogg,mxf,nut,rm,dv,gif,wtv"
)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container of a file and its first video stream that is no cover picture (PyAV objects).

    Decoding uses one thread: with more, frames before a damaged place get lost, and how many depends on the threads.

    Raises SourceError where the file is not a video.
    """
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(f"file:{path.absolute()}", options=options)
    except (av.FFmpegError, ValueError) as error:
        raise SourceError(f"{path}: not a video that can be read ({said(error)}); replace or remove it") from None
    with container:
        streams = [stream for stream in container.streams.video if not is_cover(stream)]
        if not streams:
            raise SourceError(f"{path}: not a video, it has no picture stream; replace or remove it")
        streams[0].codec_context.thread_count = 1
        yield container, streams[0]


def is_cover(stream: Any) -> bool:
    """Whether a stream is the cover picture of a sound file."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def said(error: Exception) -> str:
    """What FFmpeg said, in one line, without path and error number."""
    if isinstance(error, av.ArgumentError):
        return "its format is none that is read as video"
    return " ".join(str(getattr(error, "strerror", None) or error).split())


class Decoding:
    """One pass over a video stream, in order.

    discards  whether an edit list hides frames of the stream
    closed    whether every group of pictures can be decoded by itself, as far as time stamps tell
    cut       whether the stream begins with packets that cannot be decoded, as after a cut inside a group of pictures
    problem   why decoding ended early, "" while all is well
    """

    def __init__(self, container: Any, stream: Any) -> None:
        self.discards = False
        self.closed = True
        self.cut = False
        self.problem = ""
        self._container = container
        self._stream = stream
        self._count = 0
        self._key_pts: int | None = None

    def frames(self) -> Iterator[Any]:
        """Every good frame (PyAV) up to the end or to the first damaged place."""
        first = None
        try:
            for packet in self._container.demux(self._stream):
                self._note(packet)
                for frame in self._decoded(packet):
                    first = first or frame
                    if (frame.width, frame.height, frame.rotation) != (first.width, first.height, first.rotation):
                        self.problem = f"frame {self._count} is of another size or rotation than those before"
                        return
                    yield frame
                    self._count += 1
        except av.FFmpegError as error:
            self.problem = f"decoding ended after {self._count} frames: {said(error)}"

    def _decoded(self, packet: Any) -> list[Any]:
        """The frames of a packet; none for an undecodable one before the first frame, which is no damage but a cut."""
        try:
            return list(packet.decode())
        except av.InvalidDataError:
            if self._count:
                raise
            self.cut = True
            return []

    def _note(self, packet: Any) -> None:
        self.discards |= bool(packet.is_discard)
        if packet.is_keyframe:
            self._key_pts = packet.pts
        elif packet.size and (self._key_pts is None or packet.pts is None or packet.pts < self._key_pts):
            self.closed = False


def rgb(frame: Any) -> np.ndarray:
    """uint8 (height, width, 3) RGB of a PyAV frame as it is meant to be seen: colour tags and rotation applied."""
    return np.rot90(frame.to_ndarray(format="rgb24"), quarter_turns(frame))


def quarter_turns(frame: Any) -> int:
    """Anti-clockwise quarter turns that the container asks for.

    Raises SourceError for an angle in between.
    """
    turns, rest = divmod(round(frame.rotation), 90)
    if rest:
        raise SourceError(
            f"the picture is turned by {frame.rotation} degrees, only quarter turns are read; re-encode it"
        )
    return int(turns) % 4
