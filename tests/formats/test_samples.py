"""Files as they are found: constructed ones in the repository, real ones where the shared folder is."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from features.datasets.formats import detect, pose_format
from features.datasets.formats.check import check_against
from features.datasets.people import NOBODY
from tests.formats.crowds import same

GOLDEN = Path(__file__).parent.parent / "golden" / "formats"


@pytest.mark.parametrize(
    ("sample", "name", "poses"),
    [
        ("01_0999_alphapose_tracked_person.json", "tracked-person", 12),
        ("alphapose-results.json", "alphapose", 12),
        ("njust_like_1.json", "njust", 16),
        ("1_001_0.pkl", "chad", 8),
    ],
)
def test_constructed_samples(sample: str, name: str, poses: int, tmp_path: Path) -> None:
    found = detect(GOLDEN / sample)
    assert found.name == name
    file = found.load(GOLDEN / sample)
    assert len(file.people) == poses
    assert file.remarks == ()
    assert file.people.frames.min() == 0
    found.write(file.people, tmp_path / sample)
    same(found.read(tmp_path / sample), file.people, boxes=1e-12)


def test_results_and_their_tracked_person_form_are_the_same_poses() -> None:
    results = pose_format("alphapose").read(GOLDEN / "alphapose-results.json")
    tracked = pose_format("tracked-person").read(GOLDEN / "01_0999_alphapose_tracked_person.json")
    for field in ("frames", "ids", "keypoints", "scores"):
        np.testing.assert_array_equal(getattr(results, field), getattr(tracked, field))


@pytest.fixture
def synthetic(tmp_path: Path) -> Path:
    with zipfile.ZipFile(GOLDEN / "syn_inputs.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "pose"


def closed_form(person: int, frame: int, joint: int) -> tuple[float, float]:
    """Place of a joint of the synthetic scene 1, with the offsets of the nose and of the right ankle's neighbour."""
    dx, dy = {0: (0, -60), 10: (-22, -5)}[joint]
    size, speed, drop = 1 + 0.2 * person, 1.5 + 0.5 * person, 15 * person
    x = (
        140
        + 120 * person
        + speed * frame
        + size * (dx + 6 * np.sin(2 * np.pi * frame / (14 + 2 * person) + 0.4 * joint))
    )
    sway = 4 * np.cos(2 * np.pi * frame / (11 + person) + 0.3 * joint)
    y = 200 + drop + 10 * np.sin(2 * np.pi * frame / 30 + 1) + size * (dy + sway)
    return round(x, 4), round(y, 4)


@pytest.mark.parametrize("clip", ["01_0901", "02_0904"])
def test_padded_and_unpadded_keys_give_the_closed_form(clip: str, synthetic: Path) -> None:
    found = pose_format("tracked-person").read(synthetic / f"{clip}_alphapose_tracked_person.json")
    for row in (0, 1, 57, len(found) - 1):
        for joint in (0, 10):
            expected = closed_form(int(found.ids[row]), int(found.frames[row]), joint)
            np.testing.assert_allclose(found.keypoints[row, joint, :2], expected, atol=1.1e-4)


@pytest.mark.parametrize(
    ("clip", "permuted"), [("01_0901", False), ("01_0902", False), ("02_0903", False), ("02_0904", True)]
)
def test_only_unpadded_keys_are_said_to_be_permuted(clip: str, permuted: bool, synthetic: Path) -> None:
    file = detect(path := synthetic / f"{clip}_alphapose_tracked_person.json").load(path)
    assert bool(file.permuted) == permuted
    assert check_against(file.people, 60, 480, 856, path.name) == ()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["syn", "real", "ubn", "aihub"])
def test_all_golden_files_of_stgnf_come_back(name: str, shared: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared / "golden/stgnf" / f"{name}_inputs.zip") as archive:
        archive.extractall(tmp_path)
    files = list(tmp_path.rglob("*_tracked_person.json"))
    assert files
    for path in files:
        found = detect(path).read(path)
        assert pose_format("tracked-person").write(found, tmp_path / "again.json") == ()
        same(pose_format("tracked-person").read(tmp_path / "again.json"), found)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("sample", "poses", "first", "boxes"),
    [("old_no_idx_video_names.json", 302, 9, False), ("untracked_idx_list_image_names.json", 250, 1, True)],
)
def test_real_alphapose_results(sample: str, poses: int, first: int, boxes: bool, shared: Path, tmp_path: Path) -> None:
    path = shared / "data/pose_samples/alphapose" / sample
    assert detect(path).name == "alphapose"
    file = pose_format("alphapose").load(path)
    assert len(file.people) == poses
    assert file.people.frames.min() == first
    assert (file.people.ids == NOBODY).all() and len(file.remarks) == 1
    assert np.isfinite(file.people.boxes[:, :4]).all() == boxes
    pose_format("alphapose").write(file.people, tmp_path / "again.json")
    same(pose_format("alphapose").read(tmp_path / "again.json"), file.people, boxes=1e-9)
