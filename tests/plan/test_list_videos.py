"""What a config asks of a data set's videos has to be there before anything is planned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.datasets.base import Dataset
from features.errors import ConfigError
from features.plan.config import read_config
from features.plan.listing import Recording, Video
from features.plan.stages import resolve
from features.plan.state import list_videos

RECORDED = Recording(frames=40, height=480, width=856, fps=24.0)


class Skeletons(Dataset):
    name = "skeletons"

    def videos(self) -> Sequence[Video]:
        return [Video(f"test/{n}", Path(f"/{n}.json"), "test", {"poses": Path(f"/{n}.json")}, RECORDED) for n in "12"]

    def labels(self, video_id: str) -> np.ndarray | None:
        return None


def listed(features: dict[str, Any], **more: Any) -> list[Video]:
    config = read_config({"features": features, **more})
    return list_videos(config, Skeletons(None, Path("work")), resolve(config, "skeletons"))


def test_a_role_that_no_feature_reads_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no feature of the config reads 'pose' \(did you mean 'poses'"):
        listed({"poses": "import"}, published={"pose": "/poses"})


@pytest.mark.parametrize(
    ("features", "kind"),
    [({"flow": "dis"}, "flow"), ({"boxes": "motion"}, "boxes"), ({"poses": "import", "tracks": "botsort"}, "tracks")],
)
def test_features_of_pictures_are_refused_where_there_are_none(features: dict[str, Any], kind: str) -> None:
    with pytest.raises(ConfigError, match=f"{kind} needs pictures, and skeletons was published without them"):
        listed(features)


@pytest.mark.parametrize("tracks", ["import", "bytetrack", {"backend": "botsort", "camera": "still"}])
def test_features_of_poses_are_not(tracks: Any) -> None:
    assert len(listed({"poses": "import", "tracks": tracks})) == 2


def test_files_that_nobody_reads_are_not_looked_at() -> None:
    assert all(not video.files for video in listed({}))
