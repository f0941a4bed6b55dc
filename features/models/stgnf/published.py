"""The window rule of the published code, traps included: orhir/STG-NF @edb5f32, dataset.py, utils/*.py.

What is wrong with it is kept, to compare with published figures, and told by `differences`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from features.datasets.skeleton import openpose18
from features.errors import SourceError
from features.models.stgnf.persons import Person, filled
from features.models.stgnf.windows import MISSING_FRAMES, Rule, Windows, no_windows, sheared

ASSUMED_SIZE = np.array([856, 480])  # width, height


@dataclass(frozen=True)
class Published(Rule):
    """The published rule.

    fill         missing joints are filled first, as in `sound`; the published code leaves them at 0, 0
    frame_order  `string`: poses in the order of their frame numbers as text ("10" before "9") beside frame numbers in
                 their own order, which is what the published code makes of files with unpadded frame keys
    """

    name: ClassVar[str] = "published"
    differences: ClassVar[tuple[str, ...]] = (
        "of n frames and windows of S it makes n - S windows: the last is lost, and a person of S frames has none",
        "windows are cut by position: after a gap their later rows are later in time than assumed",
        "every picture counts as 856 x 480, so poses of other proportions are distorted",
        "missing joints stay at 0, 0 unless the recipe fills them",
        "windows are scaled by the deviation of y, which grows when a person moves up or down in the picture",
        "a flip mirrors the body and leaves left joints called left",
        "the score of a window is put on one frame, so the first and the last of a person have none",
    )

    fill: bool = False
    frame_order: Literal["integer", "string"] = "integer"

    def cut(self, person: Person, seg_len: int, stride: int) -> Windows:
        """Windows at every `stride`-th position but the last, of at most 2 missing frames."""
        person = filled(person) if self.fill else person
        firsts = np.arange(0, len(person) - seg_len, stride)
        if len(firsts) == 0:
            return no_windows(seg_len)
        positions = firsts[:, None] + np.arange(seg_len)
        starts = person.frames[firsts]
        near = (person.frames[positions] < starts[:, None] + seg_len).sum(axis=1)
        kept = near >= seg_len - MISSING_FRAMES
        joints = openpose18(self._ordered(person))[..., :2].astype(np.float32)[positions[kept]]
        return Windows(joints.transpose(0, 3, 1, 2), starts[kept], person.rows[firsts][kept])

    def augmented(self, joints: np.ndarray, transform: int) -> np.ndarray:
        """x becomes -x in a flip; no joint changes its name."""
        joints = sheared(joints, transform)
        return joints * np.array([-1, 1], np.float32)[:, None, None] if transform % 2 else joints

    def normalised(self, joints: np.ndarray, height: int) -> np.ndarray:
        """Divided by 856 and 480 whatever the picture, centred, both divided by the deviation of y; in float64.

        Raises SourceError where all joints of a window are at one height.
        """
        shares = joints.transpose(0, 2, 3, 1) / ASSUMED_SIZE
        centred = shares - shares.mean(axis=(1, 2), keepdims=True)
        deviation = centred[..., 1].std(axis=(1, 2))
        if (deviation == 0).any():
            raise SourceError("all joints of a window are at one height, which the published rule cannot normalise")
        scaled = centred / deviation[:, None, None, None]
        return np.asarray(scaled.transpose(0, 3, 1, 2), np.float32)

    def on_frames(self, starts: np.ndarray, scores: np.ndarray, seg_len: int) -> tuple[np.ndarray, np.ndarray]:
        """Each score on the frame `seg_len // 2` after its window's first, and nowhere else."""
        return starts + seg_len // 2, scores

    def _ordered(self, person: Person) -> np.ndarray:
        if self.frame_order == "integer":
            return person.joints
        return person.joints[np.argsort(person.frames.astype(str), kind="stable")]
