"""What a model that scores persons says of them, for the report: timelines, stills and short clips."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.datasets.people import NOBODY, People
from features.evaluate.scores import Scores, person_scores
from features.extract.poses.table import read_people, tracks_of
from features.plan.sources import index_of
from features.plan.standing import Standing
from features.report.data import Clip, Still, Timeline
from features.report.footage import frames_at
from features.report.overlay import score_scale
from features.report.skeletons import draw_scores, heat_legend, people_at
from features.report.stills import moving, picture_still, shrunk

CLIP_SECONDS = 2.0
CLIP_FRAMES = 20


@dataclass(frozen=True)
class Persons:
    """The persons of a data set, as a model scored them."""

    model: str
    now: Standing
    scores: Scores

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Where the colours of scores begin and end, for all videos."""
        return score_scale(self.scores.object_scores())

    def timelines(self, row: int) -> list[Timeline]:
        """The scores of each person of a video who is known by an id; none where nobody was scored."""
        source = self.now.state.sources[row]
        objects, ids = self.scores.objects(source), self.scores.ids(source)
        order = np.lexsort((objects[:, 0], ids))
        order = order[ids[order] != NOBODY]
        objects, ids = objects[order], ids[order]
        if len(ids) == 0:
            return []
        who, starts = np.unique(ids, return_index=True)
        parts = zip(who.tolist(), np.split(objects, starts[1:]), strict=True)
        return [Timeline(person, rows[:, 0].astype(np.int64), rows[:, 5]) for person, rows in parts]

    def pictures(self, row: int, number: int, frame_score: float, in_motion: bool) -> tuple[Still, Clip | None]:
        """A frame with skeletons coloured by score; and the frames around it in motion, where they are asked for."""
        source = self.now.state.sources[row]
        found = self._people(row)
        values = person_scores(found, self.scores.objects(source), self.scores.ids(source))
        rate, numbers = self._around(row, number) if in_motion else (0.0, range(number, number + 1))
        drawn = dict(zip(numbers, self._drawn(row, numbers, found, values), strict=True))
        still = picture_still(drawn[number], number, frame_score, skeletons=len(people_at(found, number)))
        return still, moving(list(drawn.values()), numbers, rate) if in_motion else None

    def _people(self, row: int) -> People:
        """The persons of a video; who they are, where the tracks are those of poses."""
        keys = self.now.state.keys
        with ExitStack() as stack:
            poses = stack.enter_context(self.now.store.open("poses", keys["poses"][row]))
            if "tracks" not in keys:
                return read_people(poses)
            tracks = stack.enter_context(self.now.store.open("tracks", keys["tracks"][row]))
            return read_people(poses, tracks if tracks_of(poses, tracks) else None)

    def _around(self, row: int, number: int) -> tuple[float, range]:
        """Frames per second, and the numbers of frames around one, itself among them."""
        index = index_of(self.now.scans, self.now.state.videos[row])
        assert index is not None
        frames = self.now.frames(row)
        rate = index.fps * frames / index.frames
        span = max(1, round(CLIP_SECONDS * rate))
        step = max(1, span // CLIP_FRAMES)
        first = max(0, min(number - span // 2, frames - span))
        return rate, range(number - (number - first) // step * step, min(frames, first + span), step)

    def _drawn(self, row: int, numbers: range, found: People, values: np.ndarray) -> Iterator[np.ndarray]:
        for number, frame in zip(numbers, video_frames(self.now, row, numbers), strict=True):
            there = slice(*np.searchsorted(found.frames, (number, number + 1)).tolist())
            picture, scale = shrunk(frame)
            people = people_at(found, number)
            people.keypoints[..., :2] *= scale
            yield heat_legend(draw_scores(picture, people, values[there], *self.scale), *self.scale)


def video_frames(now: Standing, row: int, numbers: range) -> Iterator[np.ndarray]:
    """uint8 (height, width, 3): these sampled frames of a video."""
    video = now.state.videos[row]
    index = index_of(now.scans, video)
    assert index is not None
    sampling = now.stages.recipes["frames"].sampling  # type: ignore[attr-defined]
    return frames_at(video.path, index, sampling, numbers)
