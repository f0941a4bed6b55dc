"""The backends `import` of poses and of tracks: published files as artifacts."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.datasets.formats import pose_format
from features.datasets.formats.base import only
from features.datasets.people import NOBODY, People, people
from features.errors import ConfigError, SourceError
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses import imported as poses_import
from features.extract.poses.feature import Poses
from features.extract.poses.table import read_people
from features.extract.tracks.feature import Tracks
from features.plan.stages import Context
from features.store.artifact import Artifact
from features.store.recipe import Recipe
from features.store.store import Store
from features.video.index import Index
from tests.formats.crowds import crowd, same, tracked


@dataclass
class PublishedVideo:
    """A video of which only the published file is looked at."""

    files: Mapping[str, Path]
    numbers: np.ndarray = field(default_factory=lambda: np.arange(5))
    height: int = 480
    width: int = 856
    reader: str = "pyav"
    names: tuple[str, ...] = ("test/01_0014",)
    path: Path = Path("01_0014.avi")
    upstream: Mapping[str, Artifact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frames = len(self.numbers)
        self.digest = "0" * 64
        seconds = tuple(np.arange(5) / 25)
        self.index = Index(self.digest, self.reader, 5, 480, 856, 0, seconds, (0,))

    def blocks(self, rows: int) -> Iterator[np.ndarray]:
        raise AssertionError("pictures were asked for")


def recipe(**parameters: Any) -> Recipe:
    context = Context("shanghaitech", (), {"frames": FramesRecipe()})
    return Poses.recipe({"backend": "import", **parameters}, context)


def nothing(_: int) -> None:
    """Progress that nobody sees."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", create=True)


def stored(store: Store, kind: str, feature: Any, video: PublishedVideo, asked: Recipe) -> Artifact:
    key = f"{kind:0<64}".encode().hex()[:64]
    with store.create(kind, key, recipe=asked, inputs={"source": video.digest}) as out:
        feature(asked, Machine()).extract(video, out, nothing)
    return store.open(kind, key)


def imported(store: Store, video: PublishedVideo, **parameters: Any) -> People:
    with stored(store, "poses", Poses, video, recipe(**parameters)) as artifact:
        return read_people(artifact)


def published(folder: Path, found: People, name: str = "tracked-person") -> dict[str, Path]:
    path = folder / pose_format(name).file_name("01_0014")
    pose_format(name).write(found, path)
    return {"poses": path}


@pytest.mark.parametrize("name", ["tracked-person", "alphapose", "njust", "coco"])
def test_the_artifact_holds_the_numbers_of_the_file(name: str, store: Store, tmp_path: Path) -> None:
    found = crowd(boxes=name == "njust")
    same(imported(store, PublishedVideo(published(tmp_path, found, name))), found, boxes=1e-9)


def test_numbers_are_kept_as_float64(store: Store, tmp_path: Path) -> None:
    with stored(store, "poses", Poses, PublishedVideo(published(tmp_path, crowd())), recipe()) as artifact:
        assert artifact.table("poses").values.dtype == np.float64
        assert artifact["ids"].shape == (10,)


def test_a_video_with_nobody_has_empty_frames(store: Store, tmp_path: Path) -> None:
    with stored(store, "poses", Poses, PublishedVideo(published(tmp_path, People.nobody())), recipe()) as artifact:
        assert artifact.table("poses").frames == 5
        assert len(read_people(artifact)) == 0


def test_sampled_frames_get_their_poses_and_scaled_frames_scaled_ones(store: Store, tmp_path: Path) -> None:
    whole = crowd(persons=1, boxes=True)
    video = PublishedVideo(published(tmp_path, whole, "njust"), np.array([0, 2, 4]), height=240, width=428)
    found = imported(store, video)
    assert found.frames.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.keypoints[..., :2], whole.keypoints[[0, 2, 4], :, :2] / 2)
    np.testing.assert_array_equal(found.keypoints[..., 2], whole.keypoints[[0, 2, 4], :, 2])
    np.testing.assert_allclose(found.boxes[:, :4], whole.boxes[[0, 2, 4], :4] / 2)
    np.testing.assert_array_equal(found.scores, whole.scores[[0, 2, 4]])


def test_a_frame_that_is_handed_out_twice_has_its_poses_twice(store: Store, tmp_path: Path) -> None:
    found = imported(store, PublishedVideo(published(tmp_path, crowd(persons=1)), np.array([1, 1, 3])))
    assert found.frames.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.keypoints[0], found.keypoints[1])


def test_a_file_that_counts_from_one_is_an_error_until_it_is_said(store: Store, tmp_path: Path) -> None:
    whole = crowd(persons=1)
    late = people(whole.frames + 1, whole.ids, whole.keypoints, whole.scores)
    video = PublishedVideo(published(tmp_path, late))
    with pytest.raises(SourceError, match="off by one, the file counts from 1; say first_frame: 1"):
        imported(store, video)
    same(imported(store, video, first_frame=1), whole)


@pytest.mark.parametrize("first_frame", [0, 1])
@pytest.mark.parametrize("name", ["alphapose", "coco"])
def test_names_of_images_say_their_frames_whatever_they_count_from(
    name: str, first_frame: int, store: Store, tmp_path: Path
) -> None:
    images = [tmp_path / "01_0014" / f"{number}.jpg" for number in (1, 2, 9, 10, 100)]
    images[0].parent.mkdir()
    for image in images:
        image.touch()
    whole = crowd(boxes=True)
    found = only(whole, whole.frames > 0)
    path = tmp_path / "poses.json"
    pose_format(name).write(found, path, [image.name for image in images])
    video = PublishedVideo({"poses": path}, reader="images", path=images[0].parent)
    same(imported(store, video, first_frame=first_frame), found, boxes=1e-9)


def test_unpadded_keys_that_reorder_frames_are_an_error_until_it_is_said(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "clip.json"
    path.write_text(json.dumps({"1": tracked(["10", "9"])}))
    video = PublishedVideo({"poses": path}, np.arange(20))
    video.index = Index("0" * 64, "pyav", 20, 480, 856, 0, tuple(np.arange(20) / 25), (0,))
    with pytest.raises(SourceError, match=r"sort differently as text \('10' before '9'\).* say unpadded: sort"):
        imported(store, video)
    assert imported(store, video, unpadded="sort").frames.tolist() == [9, 10]


def test_remarks_are_said_with_the_video(store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "clip.json"
    path.write_text(json.dumps({"1": tracked(["10", "9"])}))
    video = PublishedVideo({"poses": path})
    video.index = Index("0" * 64, "pyav", 20, 480, 856, 0, tuple(np.arange(20) / 25), (0,))
    with caplog.at_level(logging.WARNING):
        imported(store, video, unpadded="sort")
    assert "test/01_0014: 1 of 1 persons have frame keys that sort differently" in caplog.text
    assert {record.name for record in caplog.records} == {poses_import.REMARKS.name}


def test_without_a_file_it_is_said_where_to_put_one(store: Store) -> None:
    with pytest.raises(SourceError, match=r"test/01_0014 has no published poses; put e.g. 01_0014_alphapose_tracked"):
        imported(store, PublishedVideo({}))


def test_a_file_that_vanished_fails_its_video_alone(store: Store, tmp_path: Path) -> None:
    for parameters in ({}, {"format": "tracked-person"}):
        with pytest.raises(SourceError, match=r"gone.json"):
            imported(store, PublishedVideo({"poses": tmp_path / "gone.json"}), **parameters)


def test_of_a_recording_the_source_itself_is_read(store: Store, tmp_path: Path) -> None:
    path = published(tmp_path, crowd())["poses"]
    same(imported(store, PublishedVideo({}, reader="none", path=path)), crowd())


def test_provenance_is_kept_in_words_and_presets_stand_for_what_is_documented() -> None:
    said = recipe(provenance="njust").content()["parameters"]["estimator"]["parameters"]
    assert said == {
        "format": "auto",
        "provenance": poses_import.PROVENANCE["njust"],
        "first_frame": 0,
        "unpadded": "refuse",
    }
    assert "HRNet" in poses_import.PROVENANCE["njust-hrnet"]
    assert recipe(provenance="by hand").digest != recipe().digest


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"format": "tracked_person"}, "did you mean 'tracked-person'"),
        ({"first_frame": 2}, "first_frame"),
        ({"formt": "njust"}, "no parameter 'formt' .did you mean 'format'"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recipe(**parameters)


class TestTracks:
    def tracks(self, store: Store, folder: Path, found: People) -> np.ndarray:
        asked = recipe()
        context = Context("shanghaitech", (), {"frames": FramesRecipe(), "poses": asked})
        video = PublishedVideo(published(folder, found, "alphapose"))
        with stored(store, "poses", Poses, video, asked) as poses:
            video.upstream = {"poses": poses}
            with stored(store, "tracks", Tracks, video, Tracks.recipe("import", context)) as artifact:
                ids: np.ndarray = artifact["ids"][:]
                return ids

    def test_ids_are_those_of_the_file(self, store: Store, tmp_path: Path) -> None:
        found = crowd(persons=3)
        assert self.tracks(store, tmp_path, found).tolist() == found.ids.tolist()

    def test_some_may_belong_to_no_track(self, store: Store, tmp_path: Path) -> None:
        found = crowd(persons=2)
        found.ids[3] = NOBODY
        assert self.tracks(store, tmp_path, found).tolist() == found.ids.tolist()

    def test_a_file_that_names_nobody_is_an_error(self, store: Store, tmp_path: Path) -> None:
        found = crowd()
        found.ids[:] = NOBODY
        with pytest.raises(
            SourceError, match="nobody is named in its poses; import poses with ids, or say tracks: byt"
        ):
            self.tracks(store, tmp_path, found)

    def test_a_video_with_nobody_has_no_tracks(self, store: Store, tmp_path: Path) -> None:
        assert self.tracks(store, tmp_path, People.nobody()).tolist() == []
