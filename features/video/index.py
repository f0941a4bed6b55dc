"""What is known of a source after one read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Clock = Literal["timestamps", "frame rate", "none"]


@dataclass(frozen=True)
class Index:
    """One source after one read: what it holds, and how to read it right.

    digest      sha256 (64 hex digits) of the file's bytes, or of the image folder's listing with its digests
    reader      `decord`, `pyav` or `images`: a reader that was found right for this source
    frames      good frames, counted by decoding, never a container's field
    height, width   pixels of a frame as handed out, after rotation
    rotation    degrees clockwise that are applied
    seconds     float64 presentation time of every frame, first frame at 0
    key_frames  numbers of the frames from which decoding can start
    problem     why decoding ended before the file did, or "" if all is well
    clock       where `seconds` come from: the frames' own timestamps; the stream's frame rate, where timestamps are
                missing or run backwards; `none` for image folders, which get 25 frames per second
    time_base   seconds per tick of that clock, as numerator and denominator
    damaged     numbers of the frames that the decoder could only patch up (corrupt bytes); they count as frames
    """

    digest: str
    reader: str
    frames: int
    height: int
    width: int
    rotation: int
    seconds: tuple[float, ...]
    key_frames: tuple[int, ...]
    problem: str = ""
    clock: Clock = "timestamps"
    time_base: tuple[int, int] = (1, 1_000_000)
    damaged: tuple[int, ...] = ()

    @property
    def fps(self) -> float:
        """Mean frames per second; 25 for image folders and single frames, which have no clock."""
        span = self.seconds[-1] - self.seconds[0] if self.seconds else 0.0
        return (self.frames - 1) / span if span > 0 else 25.0

    def to_json(self) -> dict[str, Any]:
        """A JSON mapping; timestamps and key frames as runs of equal steps, so that most videos take one line."""
        numerator, denominator = self.time_base
        ticks = [round(second * denominator / numerator) for second in self.seconds]
        exact = all(
            seconds_of(tick, self.time_base) == second for tick, second in zip(ticks, self.seconds, strict=True)
        )
        return {
            **asdict(self),
            "seconds": {"runs": runs(ticks)} if exact else {"values": list(self.seconds)},
            "key_frames": runs(self.key_frames),
            "time_base": list(self.time_base),
            "damaged": list(self.damaged),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Index":
        """The index that `to_json` described, to the last bit."""
        base = (int(value["time_base"][0]), int(value["time_base"][1]))
        stored = value["seconds"]
        ticks = unrolled(stored["runs"]) if "runs" in stored else []
        seconds = tuple(seconds_of(tick, base) for tick in ticks) if "runs" in stored else tuple(stored["values"])
        frames = {"key_frames": tuple(unrolled(value["key_frames"])), "damaged": tuple(value["damaged"])}
        return cls(**{**value, **frames, "seconds": seconds, "time_base": base})


def seconds_of(tick: int, time_base: tuple[int, int]) -> float:
    """The time of a clock tick in seconds, rounded once."""
    return tick * time_base[0] / time_base[1]


def runs(values: Sequence[int]) -> list[list[int]]:
    """Integers as [first, step, count] of runs with equal steps; `[0, 512, 1024]` becomes `[[0, 512, 3]]`."""
    found: list[list[int]] = []
    for value in values:
        if not found or (found[-1][2] > 1 and value != found[-1][0] + found[-1][1] * found[-1][2]):
            found.append([value, 0, 1])
            continue
        if found[-1][2] == 1:
            found[-1][1] = value - found[-1][0]
        found[-1][2] += 1
    return found


def unrolled(listed: Sequence[Sequence[int]]) -> list[int]:
    """The integers that `runs` described."""
    return [first + step * position for first, step, count in listed for position in range(count)]


def shortfall(index: Index) -> str:
    """What is wrong with a source that can be used in part; "" for one that is whole."""
    parts = []
    if index.problem:
        parts.append(f"used in part, {index.frames} good frames: {index.problem}")
    if index.damaged:
        parts.append(f"{len(index.damaged)} frames are damaged and were patched up by the decoder")
    return "; ".join(parts)
