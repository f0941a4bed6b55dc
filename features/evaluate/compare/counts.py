"""What the numbers of clips of videos of known lengths tell: by which rule they were cut, and which do not fit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.errors import ConfigError
from features.extract.clips.presets import PRESETS
from features.video.windows import Tail, clip_count

# Share by which a number of clips differs from the rule's before the video is held to be re-timed, not cut otherwise.
RETIMED = 0.04


@dataclass(frozen=True)
class Rule:
    """How clips are cut: `length` frames each, one every `stride`; `tail` says what ends a video."""

    length: int
    stride: int
    tail: Tail

    def __str__(self) -> str:
        step = "" if self.stride == self.length else f" every {self.stride}"
        return f"clips of {self.length} frames{step}, tail {self.tail!r}"

    def count(self, frames: int) -> int:
        """Clips of a video of so many frames."""
        return clip_count(frames, self.length, self.stride, self.tail)


@dataclass(frozen=True)
class Counts:
    """Rules by the videos that fit them.

    fitting  rule -> names of the videos whose number of clips follows from it, the best rule first
    clips    name -> (frames, clips)
    """

    fitting: Mapping[Rule, Sequence[str]]
    clips: Mapping[str, tuple[int, int]]

    @property
    def best(self) -> list[Rule]:
        """The rules that fit the most videos; several where these cannot tell them apart, none where nothing fits."""
        most = max((len(names) for names in self.fitting.values()), default=0)
        return [rule for rule, names in self.fitting.items() if most and len(names) == most]

    def remarks(self) -> dict[str, str]:
        """Video -> what is odd about it, of those that do not fit the best rule."""
        if not self.best:
            return {}
        rule = self.best[0]
        odd = [name for name in self.clips if name not in self.fitting[rule]]
        return {name: _remark(rule, *self.clips[name]) for name in odd}


def published_rules() -> dict[Rule, list[str]]:
    """Rule -> the presets that follow it."""
    found: dict[Rule, list[str]] = {}
    for name, preset in PRESETS.items():
        length, stride = preset.view.get("length"), preset.view.get("stride")
        # A rule of another frame rate counts other frames than the file's own.
        if length is not None and stride is not None and preset.view.get("fps") is None:
            found.setdefault(Rule(length, stride, preset.view["tail"]), []).append(name)
    return found


def counted(clips: Mapping[str, tuple[int, int]]) -> Counts:
    """Which published rules give the numbers of clips of some videos, each with its (frames, clips)."""
    fitting = {
        rule: [name for name, (frames, found) in clips.items() if rule.count(frames) == found]
        for rule in published_rules()
    }
    ranked = sorted(fitting.items(), key=lambda entry: -len(entry[1]))
    return Counts({rule: names for rule, names in ranked if names}, dict(clips))


def read_frames(path: Path) -> dict[str, int]:
    """Video -> frames, from a file: JSON, or a line for each video that begins with its name and ends with the number.

    Raises ConfigError for another file, and where a video stands twice with two numbers.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".json":
            return {str(name): int(frames) for name, frames in json.loads(text).items()}
        found: dict[str, int] = {}
        for line in filter(str.strip, text.splitlines()):
            cells = line.replace(",", " ").split()
            name, frames = cells[0], cells[-1] if len(cells) > 1 else ""
            if not frames.isdigit() or found.setdefault(name, int(frames)) != int(frames):
                raise ValueError(f"found {line.strip()!r}")
        return found
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"{path} holds no numbers of frames ({error}); write a line `name frames` each") from None


def _remark(rule: Rule, frames: int, clips: int) -> str:
    expected = rule.count(frames)
    said = f"{clips} clips, {expected} expected of {frames} frames ({rule})"
    if expected and abs(clips / expected - 1) > RETIMED and abs(clips - expected) > 1:
        return f"{said}: re-timed, as by {clips / expected:.2f}, or another video"
    if abs(clips - expected) == 1:
        return f"{said}: another tail, or a frame more or less decoded"
    return f"{said}: cut otherwise, or another video"
