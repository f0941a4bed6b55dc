"""Labels of AIHub's CCTV sets: JSON blocks and XML events."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np

from features.datasets.frame_labels import FrameLabels
from features.errors import DatasetError


@dataclass(frozen=True)
class BlockLabels(FrameLabels):
    """A JSON file with blocks of frames; those whose `block_detail` is `target` are abnormal, both ends included.

    mininiii/STG-NF-AIHub @38f93f3, gen_gt.py: the labels end with the last block.
    """

    path: Path
    target: str

    def read(self) -> np.ndarray:
        """int8 (frames,)."""
        try:
            content = json.loads(self.path.read_bytes())
            blocks = [
                (block["block_detail"], int(block["start_frame_index"]), int(block["end_frame_index"]))
                for block in content["file"][0]["videos"]["block_information"]
            ]
            found = np.zeros(blocks[-1][2] + 1, np.int8)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise DatasetError(
                f"{self.path} has no blocks ({type(error).__name__}: {error}); expected "
                "file[0].videos.block_information with block_detail, start_frame_index, end_frame_index"
            ) from None
        for detail, first, last in blocks:
            if not 0 <= first <= last < len(found):
                raise DatasetError(f"{self.path}: block {detail} is from frame {first} to {last} of {len(found)}")
            if detail == self.target:
                found[first : last + 1] = 1
        return found


@dataclass(frozen=True)
class EventLabels(FrameLabels):
    """An XML file with events in seconds and actions in frames.

    rule  `event`: abnormal from an event's `starttime` for its `duration`, times the frames per second of the header;
          `actions`: abnormal from `start` to `end` of each action's frames, counted from 0, both included
    lead  seconds before an event that are abnormal, too (callbarian/test, backup/aihub_extract_gt.py: 10)
    """

    path: Path
    rule: Literal["event", "actions"]
    lead: float

    def read(self) -> np.ndarray:
        """int8 (frames,), as many as the header says."""
        root = self._root()
        try:
            frames = int(_text(root, "header/frames"))
            fps = frames / seconds(_text(root, "header/duration"))
            found = np.zeros(frames, np.int8)
            spans = list(_actions(root) if self.rule == "actions" else _events(root, fps, self.lead))
        except (ValueError, ZeroDivisionError) as error:
            raise DatasetError(
                f"{self.path} cannot be read ({error}); expected header/frames, header/duration and "
                f"{'action/frame/start and end' if self.rule == 'actions' else 'event/starttime and duration'}"
            ) from None
        for first, end in spans:
            if not first < end <= frames:
                raise DatasetError(f"{self.path}: abnormal from frame {first} to {end - 1}, but it has {frames} frames")
            found[first:end] = 1
        return found

    def _root(self) -> ElementTree.Element:
        content = self.path.read_bytes()
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise DatasetError(f"{self.path} declares a document type, which no label file needs; get it again")
        try:
            return ElementTree.fromstring(content)  # noqa: S314  (no entity can be declared without a document type)
        except ElementTree.ParseError as error:
            raise DatasetError(f"{self.path} is no XML file ({error}); get it again") from None


def seconds(text: str) -> float:
    """`00:02:10.5` in seconds. Raises ValueError where it is no time."""
    match = re.fullmatch(r"\s*(\d+):(\d+):(\d+(?:\.\d*)?)\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is no time H:M:S")
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])


def _events(root: ElementTree.Element, fps: float, lead: float) -> Iterator[tuple[int, int]]:
    """(first frame, frame after the last) of each event; an event ends with the video at the latest."""
    for event in root.iter("event"):
        start = seconds(_text(event, "starttime"))
        end = start + seconds(_text(event, "duration"))
        yield max(0, round((start - lead) * fps)), min(round(end * fps), int(_text(root, "header/frames")))


def _actions(root: ElementTree.Element) -> Iterator[tuple[int, int]]:
    for action in root.iter("action"):
        for span in action.iter("frame"):
            yield int(_text(span, "start")), int(_text(span, "end")) + 1


def _text(element: ElementTree.Element, path: str) -> str:
    found = element.findtext(path)
    if found is None:
        raise ValueError(f"{path} is missing")
    return found
