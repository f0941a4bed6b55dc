"""The feature `person_labels`: a count for each row of the poses, from masks and the list of abnormal objects."""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from features.datasets.formats.tracked_person import TrackedPerson
from features.datasets.people import People, people
from features.errors import ConfigError, SourceError
from features.extract.feature import Machine
from features.extract.frames.recipe import FramesRecipe
from features.extract.person_labels.feature import ABNORMAL_JOINTS, PersonLabels
from features.extract.poses.recipe import PosesRecipe
from features.extract.poses.table import PosesWriter, rows_of
from features.plan.stages import Context
from features.store.recipe import Recipe
from features.store.store import Store

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "person_labels"
HEIGHT, WIDTH = 480, 856


class AnyPoses(Recipe):
    kind = "poses"
    backend = "any"


POSES = PosesRecipe(frames=FramesRecipe(), estimator=AnyPoses())


def recipe(choice: object) -> Recipe:
    return PersonLabels.recipe(choice, Context("ubnormal", (), {"poses": POSES}))


Count = Callable[..., np.ndarray]


@pytest.fixture
def count(tmp_path: Path) -> Iterator[Count]:
    """What the feature counts for people of a video: one number for each row."""
    store, keys = Store(tmp_path / "store", create=True), iter("123456789abcdef")
    opened = []

    def run(
        found: People,
        frames: int,
        files: Mapping[str, Path],
        choice: object = "inclusive",
        numbers: np.ndarray | None = None,
        scale: float = 1.0,
    ) -> np.ndarray:
        poses, labels = (next(keys) * 64 for _ in range(2))
        with store.create("poses", poses, recipe=POSES, inputs={}) as out:
            writer = PosesWriter(out, "float64")
            for frame in range(frames if numbers is None else len(numbers)):
                writer.frame(rows_of(found)[found.frames == frame])
            writer.close()
        opened.append(store.open("poses", poses))
        video = SimpleNamespace(
            names=("train/abnormal_scene_1_scenario_3",),
            upstream={"poses": opened[-1]},
            files=files,
            index=SimpleNamespace(frames=frames, height=HEIGHT, width=WIDTH),
            frames=frames,
            numbers=np.arange(frames) if numbers is None else numbers,
            height=round(HEIGHT * scale),
            width=round(WIDTH * scale),
        )
        with store.create("person_labels", labels, recipe=recipe(choice), inputs={}) as out:
            PersonLabels(recipe(choice), Machine()).extract(video, out, lambda frames: None)
        opened.append(store.open("person_labels", labels))
        values: np.ndarray = opened[-1][ABNORMAL_JOINTS][:]
        return values

    yield run
    for artifact in opened:
        artifact.close()


def standing(frames: int, x: float = 50, y: float = 50) -> People:
    """One person who stands in one point."""
    return people(np.arange(frames), np.ones(frames), np.tile([x, y, 1.0], (frames, 17, 1)))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Six frames; object 7 covers x and y from 40 to 59 and is abnormal in frames 1 to 3."""
    masks = tmp_path / "abnormal_scene_1_scenario_3_annotations"
    masks.mkdir()
    for frame in range(6):
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[40:60, 40:60] = 7
        Image.fromarray(mask).save(masks / f"abnormal_scene_1_scenario_3_{frame:04d}_gt.png")
    (tmp_path / "tracks.txt").write_text("7,1,3\r\n")
    return {"masks": masks, "tracks": tmp_path / "tracks.txt"}


@pytest.mark.parametrize("rule, counts", [
    ("inclusive", [0, 18, 18, 18, 0, 0]),
    ("published", [0, 18, 18, 0, 0, 0]),
])  # fmt: skip
def test_the_last_frame_of_an_object_is_abnormal_unless_the_published_rule_is_asked_for(
    count: Count, files: dict[str, Path], rule: str, counts: list[int]
) -> None:
    found = count(standing(6), 6, files, rule)
    assert found.tolist() == counts and found.dtype == np.int16


def test_a_video_without_masks_is_normal(count: Count) -> None:
    assert count(standing(4), 4, {}).tolist() == [0, 0, 0, 0]


def test_a_video_without_persons_has_no_counts(count: Count, files: dict[str, Path]) -> None:
    assert count(People.nobody(), 6, files).tolist() == []


def test_sampled_frames_meet_the_masks_of_their_own_numbers(count: Count, files: dict[str, Path]) -> None:
    assert count(standing(3), 6, files, numbers=np.array([0, 2, 4])).tolist() == [0, 18, 0]


def test_poses_of_smaller_frames_are_brought_to_the_size_of_the_masks(count: Count, files: dict[str, Path]) -> None:
    assert count(standing(6, x=25, y=25), 6, files, scale=0.5).tolist() == [0, 18, 18, 18, 0, 0]


def test_masks_are_cut_to_the_smallest_of_them(count: Count, files: dict[str, Path]) -> None:
    smaller = np.full((100, 55), 7, np.uint8)
    Image.fromarray(smaller).save(files["masks"] / "abnormal_scene_1_scenario_3_0005_gt.png")
    assert count(standing(6, x=300), 6, files).tolist() == [0, 18, 18, 18, 0, 0]


@pytest.mark.parametrize("missing, message", [
    ("masks", "has a list of abnormal objects but no instance masks; give files of both roles"),
    ("tracks", "has masks but no list; give files of both roles"),
])  # fmt: skip
def test_masks_without_their_list_are_refused(count: Count, files: dict[str, Path], missing: str, message: str) -> None:
    del files[missing]
    with pytest.raises(SourceError, match=message):
        count(standing(6), 6, files)


def test_there_is_one_mask_for_each_frame(count: Count, files: dict[str, Path]) -> None:
    with pytest.raises(SourceError, match=r"has 7 frames, but .*_annotations has 6 masks"):
        count(standing(7), 7, files)


def test_a_damaged_list_is_this_video_s_failure(count: Count, files: dict[str, Path]) -> None:
    files["tracks"].write_text("7,1\n")
    with pytest.raises(SourceError, match=r"tracks\.txt line 1: expected object_id,start,end, found '7,1'"):
        count(standing(6), 6, files)


def test_poses_are_read_and_so_are_both_files() -> None:
    assert PersonLabels.reads(recipe("inclusive")) == ("poses",)
    assert PersonLabels.files(recipe("published")) == ("masks", "tracks")
    assert recipe("inclusive").digest != recipe({"rule": "published"}).digest


@pytest.mark.parametrize("choice, recipes, message", [
    ("publishd", {"poses": POSES}, "person_labels: rule: expected 'inclusive' or 'published'"),
    ({"rul": "published"}, {"poses": POSES}, r"no parameter 'rul' \(did you mean 'rule'\?\)"),
    ("published", {}, "person_labels stands on poses; add it below 'features'"),
])  # fmt: skip
def test_mistakes_name_the_place(choice: object, recipes: dict[str, Recipe], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        PersonLabels.recipe(choice, Context("ubnormal", (), recipes))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ubnormal")
    with zipfile.ZipFile(GOLDEN / "ubn_inputs.zip") as archive:
        archive.extractall(folder)
    return folder


def abnormal_windows(scene: int) -> set[tuple[int, int]]:
    """(person, first frame) of the windows of a scene that the published code takes for abnormal."""
    with np.load(GOLDEN / "window_labels.npz") as golden:
        rows = golden["train_metadata"][golden["train_labels"] == -1]
    return {(int(person), int(frame)) for place, _, person, frame in rows if int(place) == scene}


def windows(scene: int) -> list[tuple[int, int]]:
    """(person, first frame) of all windows of a scene."""
    with np.load(GOLDEN / "window_labels.npz") as golden:
        return [
            (int(person), int(frame)) for place, _, person, frame in golden["train_metadata"] if int(place) == scene
        ]


def counted(count: Count, published: Path, scene: int, rule: str) -> dict[tuple[int, int], int]:
    """(person, frame) -> joints on abnormal objects."""
    clip = f"abnormal_scene_{scene}_scenario_3"
    found = TrackedPerson().read(published / "pose" / "abnormal_train" / f"{clip}_alphapose_tracked_person.json")
    files = {
        "masks": published / "videos" / f"Scene{scene}" / f"{clip}_annotations",
        "tracks": published / "gt" / f"{clip}_tracks.txt",
    }
    joints = count(found, 60, files, rule)
    return dict(zip(zip(found.ids.tolist(), found.frames.tolist(), strict=True), joints.tolist(), strict=True))


def test_windows_are_abnormal_where_the_published_code_says_so(count: Count, published: Path) -> None:
    joints = counted(count, published, 1, "published")
    assert {window for window in windows(1) if joints[window] > 9} == abnormal_windows(1)


def test_the_published_code_only_misses_windows_in_later_clips(count: Count, published: Path) -> None:
    joints = counted(count, published, 2, "published")
    assert {window for window in windows(2) if joints[window] > 9} > abnormal_windows(2)


def test_counts_are_those_of_the_closed_form(count: Count, published: Path) -> None:
    """Object 1 of scene 1 covers x from 200 to 419 and y from 100 to 419, and is abnormal in frames 10 to 30."""
    joints = counted(count, published, 1, "inclusive")
    clip = published / "pose" / "abnormal_train" / "abnormal_scene_1_scenario_3_alphapose_tracked_person.json"
    found = TrackedPerson().read(clip)
    neck = found.keypoints[:, 5:7].mean(axis=1, keepdims=True)
    x, y = np.moveaxis(np.concatenate([found.keypoints, neck], axis=1)[..., :2], -1, 0)
    inside = ((x >= 200) & (x < 420) & (y >= 100) & (y < 420)).sum(axis=1)
    expected = np.where((found.frames >= 10) & (found.frames <= 30), inside, 0)
    assert list(joints.values()) == expected.tolist()
