"""What a video is made of, on disk: its pictures or what was recorded of them, and the files published beside it.

The scan cache knows digests and indexes by path; here they are put together for a video.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.plan.listing import Recording, Video, files_of
from features.store.digest import digest
from features.video.index import Index
from features.video.scan import ScanCache

# What stands in a key where a video has no file of a role; a file that appears later makes another key.
NO_FILE = digest("no file", None)


@dataclass(frozen=True)
class Sources:
    """What scans know of many videos; a row for each.

    digests   of each source, "" where it was never scanned
    problems  why a source cannot be used, "" where it can or is not known
    frames, heights, widths   int64 (n,): 0 where not known
    files     role -> digest of each video's file of that role, "" where it was never scanned
    """

    digests: list[str]
    problems: list[str]
    frames: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    files: dict[str, list[str]]


def scan_of(scans: ScanCache, videos: Sequence[Video], roles: Sequence[str]) -> Sources:
    """What earlier scans know of videos, and of their files of these roles; nothing is read."""
    named = [(role, row, files_of(video.files, role)) for role in roles for row, video in enumerate(videos)]
    found = scans.lookup([video.path for video in videos] + [path for *_, paths in named for path in paths])
    count = len(videos)
    files = {role: [NO_FILE] * count for role in roles}
    known = iter(found.digests[count:])
    for role, row, paths in named:
        files[role][row] = _joined([next(known) for _ in paths])
    sources = Sources(
        list(found.digests[:count]),
        list(found.problems[:count]),
        found.frames[:count].astype(np.int64),
        found.heights[:count].astype(np.int64),
        found.widths[:count].astype(np.int64),
        files,
    )
    for row, video in enumerate(videos):
        if video.recording is not None:
            _record(sources, row, video.recording)
    _refuse_doubles(sources, videos)
    return sources


def _refuse_doubles(sources: Sources, videos: Sequence[Video]) -> None:
    """Videos of one content but with other published files have other artifacts, and no name to tell them apart."""
    first: dict[str, int] = {}
    for row, digest_ in enumerate(sources.digests if sources.files else []):
        found = first.setdefault(digest_, row) if digest_ else row
        for role, listed in sources.files.items():
            if listed[found] and listed[row] and listed[found] != listed[row]:
                sources.problems[row] = (
                    f"{videos[row].id} has the same content as {videos[found].id} and other published {role}; "
                    "keep one of the two videos"
                )


def _record(sources: Sources, row: int, recording: Recording) -> None:
    if sources.digests[row]:
        sources.digests[row] = recorded_digest(sources.digests[row], recording)
        sources.problems[row] = ""
        sources.frames[row] = recording.frames
        sources.heights[row], sources.widths[row] = recording.height, recording.width


def index_of(scans: ScanCache, video: Video) -> Index | None:
    """The index of a video's source; None where it was never scanned, has changed, or cannot be used."""
    if video.recording is None:
        return scans.index(video.path)
    content = scans.digest(video.path)
    return recorded_index(content, video.recording) if content else None


def make_index_of(scans: ScanCache, video: Video) -> Index:
    """Read a video's source once, and remember what was found; of a recording only the published file is hashed.

    Raises SourceError where it cannot be used.
    """
    if video.recording is None:
        return scans.make(video.path)
    return recorded_index(scans.note(video.path), video.recording)


def file_digests(scans: ScanCache, video: Video, roles: Collection[str]) -> dict[str, str]:
    """Role -> digest of the video's file of that role; "" where it was never scanned."""
    return {role: _joined([scans.digest(path) for path in files_of(video.files, role)]) for role in roles}


def _joined(digests: Sequence[str]) -> str:
    """The digest of what a video has of a role, from those of its files; "" where one was never scanned."""
    if len(digests) < 2:
        return digests[0] if digests else NO_FILE
    return digest("files", list(digests)) if all(digests) else ""


def recorded_digest(content: str, recording: Recording) -> str:
    """The digest of a source without pictures: what was published of it, and what is known of its pictures."""
    return digest("recording", [content, recording.frames, recording.height, recording.width, recording.fps])


def recorded_index(content: str, recording: Recording) -> Index:
    """The index of a source without pictures; its reader is `none`."""
    return Index(
        digest=recorded_digest(content, recording),
        reader="none",
        frames=recording.frames,
        height=recording.height,
        width=recording.width,
        rotation=0,
        seconds=tuple(frame / recording.fps for frame in range(recording.frames)),
        key_frames=(),
        clock="frame rate",
    )


def only(videos: Sequence[Video], roles: Collection[str]) -> list[Video]:
    """The videos with those of their files alone that have one of these roles: others are never read."""
    return [
        replace(video, files={name: path for name, path in video.files.items() if name.partition("/")[0] in roles})
        if video.files
        else video
        for video in videos
    ]
