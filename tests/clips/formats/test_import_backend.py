"""The backend `import` of clips: published files as artifacts."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from features.datasets.clip_formats import base, clip_format
from features.errors import ConfigError, SourceError
from features.extract.clips import provenance
from features.extract.clips.feature import ClipFeatures
from features.extract.clips.imported import Imported
from features.extract.clips.table import Clips, read_clips
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.plan.listing import numbered_files
from features.plan.stages import Context
from features.store.artifact import Artifact
from features.store.recipe import Recipe
from features.store.store import Store
from tests.clips.formats.samples import PublishedVideo, clips, table

CONTEXT = Context("shanghaitech-weak", (), {"frames": FramesRecipe()})


def recipe(**parameters: Any) -> Recipe:
    return ClipFeatures.recipe({"backend": "import", **parameters}, CONTEXT)


def nothing(_: int) -> None:
    """Progress that nobody sees."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", create=True)


def stored(store: Store, video: PublishedVideo, **parameters: Any) -> Artifact:
    asked = recipe(**parameters)
    with store.create("clips", "ab" * 32, recipe=asked, inputs={"source": video.digest}) as out:
        ClipFeatures(asked, Machine()).extract(video, out, nothing)
    return store.open("clips", "ab" * 32)


def imported(store: Store, video: PublishedVideo, **parameters: Any) -> tuple[Clips, np.ndarray]:
    with stored(store, video, **parameters) as artifact:
        found = read_clips(artifact)
        return found, np.asarray(found.features[:])


def published(folder: Path, features: np.ndarray, name: str = "rtfm") -> dict[str, Path]:
    files = clip_format(name).write(folder, [("01_0014", table(features))])["01_0014"]
    return numbered_files("clips", files)


@pytest.mark.parametrize(("name", "crops"), [("rtfm", 10), ("crop-files", 5), ("arnet", 1), ("mist", 1)])
def test_the_artifact_holds_the_numbers_of_the_files(name: str, crops: int, store: Store, tmp_path: Path) -> None:
    features = clips(6, crops)
    found, values = imported(store, PublishedVideo(published(tmp_path, features, name)))
    np.testing.assert_array_equal(values, features)
    assert found.start.tolist() == [0, 16, 32, 48, 64, 80]
    assert found.stop.tolist() == [16, 32, 48, 64, 80, 96]


def test_the_last_clip_ends_with_the_video(store: Store, tmp_path: Path) -> None:
    found, _ = imported(store, PublishedVideo(published(tmp_path, clips(7))))
    assert (found.start[-1], found.stop[-1], found.valid[-1]) == (96, 100, 4)


def test_it_is_said_by_which_rule_the_rows_lie_in_time(store: Store, tmp_path: Path) -> None:
    with stored(store, PublishedVideo(published(tmp_path, clips(7)))) as artifact:
        assert artifact.meta["statistics"]["placed_by"] == "repeat"


def test_long_files_are_read_block_by_block(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "BLOCK", 60)
    features = clips(40, crops=5)
    found, values = imported(store, PublishedVideo(published(tmp_path, features), total=640))
    np.testing.assert_array_equal(values, features)
    assert len(found) == 40


def test_segments_lie_where_their_rule_says(store: Store, tmp_path: Path) -> None:
    files = published(tmp_path, clips(32), "sultani")
    found, _ = imported(store, PublishedVideo(files, total=640), layout="segments", rule="sultani")
    assert (found.start[:4].tolist(), found.stop[-1]) == ([0, 16, 32, 64], 39 * 16)
    assert recipe(layout="segments", rule="sultani").digest != recipe(layout="segments").digest


def test_segments_are_no_clips_until_that_is_said(store: Store, tmp_path: Path) -> None:
    files = published(tmp_path, clips(6), "sultani")
    with pytest.raises(SourceError, match=r"01_0014_C\.txt holds segments, not clips; say layout: segments"):
        imported(store, PublishedVideo(files))


def test_clips_of_another_number_are_refused_until_they_may_be_spread(store: Store, tmp_path: Path) -> None:
    video = PublishedVideo(published(tmp_path, clips(9)))
    with pytest.raises(SourceError, match=r"01_0014_i3d\.npy has 9 clips, the video 100 frames"):
        imported(store, video)
    assert imported(store, video, counts="spread")[0].stop[-1] == 100


def test_places_are_in_frames_that_are_handed_out(store: Store, tmp_path: Path) -> None:
    video = PublishedVideo(published(tmp_path, clips(6)), numbers=np.arange(0, 100, 4))
    assert imported(store, video)[0].start.tolist() == [0, 4, 8, 12, 16, 20]


def test_of_a_recording_the_source_itself_is_read(store: Store, tmp_path: Path) -> None:
    path = published(tmp_path, clips(6))["clips"]
    assert len(imported(store, PublishedVideo({}, reader="none", path=path))[0]) == 6


@pytest.mark.parametrize("name", sorted(name for name, known in provenance.PUBLISHED.items() if "tail" in known))
def test_of_a_recording_whose_frames_were_counted_by_its_clips_they_lie_side_by_side(
    name: str, store: Store, tmp_path: Path
) -> None:
    files = published(tmp_path, clips(6), {"mist": "mist", "arnet": "arnet"}.get(name, "crop-files"))
    stride = provenance.PUBLISHED[name].get("stride", 16)
    found, _ = imported(store, PublishedVideo(files, total=6 * stride, reader="none"), provenance=name)
    assert found.start.tolist() == [stride * row for row in range(6)]


def test_of_a_video_with_pictures_a_named_rule_holds(store: Store, tmp_path: Path) -> None:
    files = published(tmp_path, clips(6), "arnet")
    with pytest.raises(
        SourceError, match="by tail 'drop-last' there are 5; 6 are given by 'drop' or 'repeat'; name the"
    ):
        imported(store, PublishedVideo(files, total=96), provenance="arnet")


def test_without_a_file_it_is_said_where_to_put_one(store: Store) -> None:
    with pytest.raises(
        SourceError, match=r"test/01_0014 has no published clips; put e.g. 01_0014\.npy into the folder"
    ):
        imported(store, PublishedVideo({}))


def test_a_file_that_vanished_fails_its_video_alone(store: Store, tmp_path: Path) -> None:
    for name in ("gone.npy", "gone.h5"):
        with pytest.raises(SourceError, match=name):
            imported(store, PublishedVideo({"clips": tmp_path / name}))


def test_a_file_of_many_videos_gives_each_its_own(store: Store, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "all.h5", "w") as file:
        file["01_0014.npy"], file["01_0015.npy"] = clips(6)[:, 0], clips(6, seed=1)[:, 0]
    found = imported(store, PublishedVideo({"clips": tmp_path / "all.h5"}))
    np.testing.assert_array_equal(found[1], clips(6))


@pytest.mark.parametrize("name", sorted(provenance.PUBLISHED))
def test_a_provenance_stands_for_what_is_known_of_it(name: str) -> None:
    known = provenance.PUBLISHED[name]
    said = Imported.recipe({"provenance": name}, CONTEXT).content()["parameters"]
    assert said == said | dict(known)
    assert " " in said["provenance"]


def test_a_mistyped_provenance_is_not_taken_for_words() -> None:
    with pytest.raises(ConfigError, match=r"provenance 'rtmf' is not known \(did you mean 'rtfm'"):
        Imported.recipe({"provenance": "rtmf"}, CONTEXT)


def test_what_is_said_beside_a_provenance_replaces_its_part() -> None:
    found = Imported.recipe({"provenance": "rtfm", "tail": "repeat"}, CONTEXT)
    assert (found.tail, found.crop_axis) == ("repeat", "second")
    assert Imported.recipe({"provenance": "by hand"}, CONTEXT).provenance == "by hand"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"format": "rtmf"}, "did you mean 'rtfm'"),
        ({"tail": "whole"}, "tail"),
        ({"length": 0}, "length"),
        ({"layuot": "clips"}, "no parameter 'layuot' .did you mean 'layout'"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recipe(**parameters)


@pytest.mark.shared
def test_real_ten_crop_files_of_a_real_video(shared: Path, store: Store, tmp_path: Path) -> None:
    with np.load(shared / "data" / "shanghaitech_i3d" / "rtfm_tencrop_sample.npz") as file:
        features = file["test/01_001"].astype(np.float32)
    video = PublishedVideo(published(tmp_path, features), total=764)
    found, values = imported(store, video, provenance="rtfm")
    np.testing.assert_array_equal(values, features)
    assert (len(found), found.start[-1], found.stop[-1]) == (48, 752, 764)
