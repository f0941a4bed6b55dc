"""The rendered plaza against its own truth, frame by frame and pixel by pixel."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from features.datasets.counts import check_counts
from features.datasets.plaza import Plaza, Truth
from features.datasets.plaza.figure import COCO
from features.datasets.plaza.films import write_video
from features.datasets.plaza.render import PARTS, draw, noisy
from features.errors import ConfigError

SMALL = {"clips": 3, "frames": 12, "size": [160, 120]}
ROLES = {"test/1": "cyclist", "test/2": "runner", "test/3": "fall"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Plaza:
    """Three training and three test clips, rendered."""
    plaza = Plaza(None, tmp_path_factory.mktemp("plaza"), **SMALL)
    plaza.prepare()
    return plaza


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Plaza:
    """The plaza as the demo has it; nothing is rendered."""
    return Plaza(None, tmp_path_factory.mktemp("full"))


def decoded(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        yield from (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))


def empty_square(truth: Truth) -> np.ndarray:
    """What is seen where nobody is: the median over time."""
    return np.median([truth.image(frame) for frame in range(0, truth.frames, 9)], axis=0)


def test_videos_are_listed_before_they_are_rendered(tmp_path: Path) -> None:
    plaza = Plaza(None, tmp_path, **SMALL)
    assert not plaza.ready()
    assert [video.id for video in plaza.videos()] == ["train/1", "train/2", "train/3", "test/1", "test/2", "test/3"]
    assert not list(tmp_path.iterdir())


def test_the_layout_is_that_of_njust(small: Plaza) -> None:
    found = sorted(path.relative_to(small.folder).as_posix() for path in small.folder.rglob("*") if path.is_file())
    assert found == sorted(
        [
            f"{split}/{kind}"
            for split in ("train", "test")
            for n in (1, 2, 3)
            for kind in (f"videos/{n}.mp4", f"pose/{n}.json")
        ]
        + [f"test/mask/{n}.npy" for n in (1, 2, 3)]
    )
    assert all(video.path.is_file() for video in small.videos())


def test_other_options_lie_in_another_folder(tmp_path: Path) -> None:
    options = [{}, {"seed": 1}, {"frames": 20}, {"size": "640x480"}, {"clips": 2}]
    assert len({Plaza(None, tmp_path, **chosen).folder for chosen in options}) == len(options)
    assert Plaza(tmp_path / "root", tmp_path / "work").folder.parent == tmp_path / "root"


def test_rendering_twice_gives_the_same_bytes(small: Plaza, tmp_path: Path) -> None:
    again = Plaza(None, tmp_path, **SMALL)
    again.prepare()
    for path in small.folder.rglob("*.*"):
        assert (again.folder / path.relative_to(small.folder)).read_bytes() == path.read_bytes(), path.name


def test_the_encoder_gives_the_same_bytes_every_time(tmp_path: Path) -> None:
    """One rendering proves little: with macroblock trees 8 % of the encodings of these frames were different."""
    clip = Plaza(None, tmp_path, **SMALL).truth("test/1").clip
    images = [noisy(draw(clip, frame).image, clip, frame) for frame in range(clip.frames)]
    found = set()
    for _ in range(80):
        write_video(tmp_path / "a.mp4", images, clip.camera)
        found.add((tmp_path / "a.mp4").read_bytes())
    assert len(found) == 1


def test_two_that_render_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    plazas = [Plaza(None, tmp_path, clips=1, frames=4, size="96x64") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Plaza.prepare, plazas))
    assert plazas[0].ready() and [path.name for path in tmp_path.iterdir()] == [plazas[0].folder.name]


def test_an_interrupted_rendering_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("features.datasets.plaza.dataset.film", stop)
    plaza = Plaza(None, tmp_path, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        plaza.prepare()
    assert not plaza.ready() and not list(tmp_path.iterdir())


def test_videos_show_what_is_true_up_to_noise_and_compression(small: Plaza) -> None:
    truth = small.truth("test/1")
    frames = list(decoded(small.videos()[3].path))
    assert len(frames) == truth.frames == 12 and frames[0].shape == (120, 160, 3)
    error = np.abs(frames[6].astype(int) - truth.image(6))
    assert error.mean() < 8


def test_videos_decode_from_closed_groups_of_a_second(small: Plaza) -> None:
    with av.open(str(small.videos()[0].path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate, stream.codec_context.pix_fmt) == ("h264", 25, "yuv420p")


@pytest.mark.parametrize("video", ROLES)
def test_test_clips_hold_one_abnormal_person(full: Plaza, video: str) -> None:
    people = {person.track: person for frame in (60, 80) for person in full.truth(video).people(frame)}
    abnormal = [person.role for person in people.values() if person.abnormal]
    assert abnormal == [ROLES[video]]


def test_training_clips_hold_walkers_alone(full: Plaza) -> None:
    roles = {actor.role for n in range(1, 7) for actor in full.truth(f"train/{n}").clip.actors}
    assert roles == {"walker"}
    assert not full.labels("train/1").any()


@pytest.mark.parametrize("video", ROLES)
def test_labels_are_the_frames_with_any_abnormal_pixel(small: Plaza, tmp_path: Path, video: str) -> None:
    labels = small.labels(video)
    masks = [mask.any() for mask in small.masks(video)]
    unrendered = Plaza(None, tmp_path, **SMALL)
    assert labels.tolist() == masks == unrendered.labels(video).tolist()
    assert labels.dtype == np.int8 and 0 < labels.sum() < len(labels)


def test_labels_have_as_many_frames_as_videos(small: Plaza) -> None:
    check_counts(small, {video.id: sum(1 for _ in decoded(video.path)) for video in small.videos()})


def test_masks_cover_the_abnormal_person_and_nobody_else(full: Plaza) -> None:
    truth = full.truth("test/1")
    identity = draw(truth.clip, 60).identity
    np.testing.assert_array_equal(truth.mask(60), identity // PARTS == 1)


@pytest.mark.parametrize("video", ["train/1", "test/1", "test/3"])
def test_boxes_are_tight_around_the_drawn_pixels(full: Plaza, video: str) -> None:
    truth = full.truth(video)
    for frame in (20, 55, 90):
        identity = draw(truth.clip, frame).identity // PARTS
        for person in truth.people(frame):
            if person.visible < 1:
                continue
            rows, columns = np.nonzero(identity == person.track)
            seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert person.box.tolist() == seen, (frame, person.track)


def test_people_stand_out_from_the_empty_square(full: Plaza) -> None:
    truth = full.truth("train/1")
    changed = np.abs(truth.image(50).astype(int) - empty_square(truth)).max(axis=-1) > 12
    for person in truth.people(50):
        if person.visible > 0.9:
            x1, y1, x2, y2 = np.rint(person.box).astype(int)
            assert changed[y1:y2, x1:x2].mean() > 0.25


def test_visible_share_falls_behind_others_and_furniture(full: Plaza) -> None:
    shares = {person.track: person.visible for person in full.truth("test/1").people(50)}
    assert shares[1] == 1 and shares[2] == 0 and 0.2 < shares[7] < 0.6


@pytest.mark.parametrize("video", ["train/2", "test/1", "test/2", "test/3"])
def test_keypoints_lie_on_their_person(full: Plaza, video: str) -> None:
    truth = full.truth(video)
    for frame in (10, 70):
        identity = draw(truth.clip, frame).identity // PARTS
        for person in truth.people(frame):
            x, y, mark = person.keypoints.T
            inside = mark > 0
            x1, y1, x2, y2 = person.box
            near = (x > x1 - 1.5) & (x < x2 + 0.5) & (y > y1 - 1.5) & (y < y2 + 0.5)
            assert near[inside].all(), (frame, person)
            rows, columns = np.rint(y).astype(int), np.rint(x).astype(int)
            assert (identity[rows[mark == 2], columns[mark == 2]] == person.track).all()
            assert not person.keypoints[~inside].any()


def test_a_covered_person_has_hidden_keypoints(full: Plaza) -> None:
    covered = next(person for person in full.truth("test/1").people(50) if person.visible == 0)
    assert set(covered.keypoints[:, 2]) == {1}


def test_left_and_right_follow_the_gaze(full: Plaza) -> None:
    """Seen from the front, a person's left is on the right of the picture; from behind it is the other way round."""
    left, right = COCO.index("left_shoulder"), COCO.index("right_shoulder")
    nose = COCO.index("nose")
    for actor in full.truth("train/3").clip.actors:
        person = next((p for p in full.truth("train/3").people(50) if p.track == actor.track), None)
        if person is None or person.visible < 1 or abs(np.sin(actor.path.heading)) < 0.8:
            continue
        towards_camera = np.sin(actor.path.heading) < 0
        assert (person.keypoints[left, 0] > person.keypoints[right, 0]) == towards_camera
        assert (person.keypoints[nose, 2] == 2) == towards_camera


@pytest.mark.parametrize("video, frame", [("train/1", 40), ("test/1", 60), ("test/2", 60), ("test/3", 50)])
def test_flow_carries_each_frame_into_the_next(full: Plaza, video: str, frame: int) -> None:
    truth = full.truth(video)
    flow, valid = truth.flow(frame)
    rows, columns = np.indices(valid.shape, dtype=np.float32)
    warped = cv2.remap(truth.image(frame + 1), columns + flow[0], rows + flow[1], cv2.INTER_LINEAR)
    moving = valid & (np.hypot(*flow) > 0.3)
    # Pixels at the edge of a part mix two motions; truth follows the nearer one.
    inner = cv2.erode(moving.astype(np.uint8), np.ones((3, 3))) > 0
    error = np.abs(warped.astype(float) - truth.image(frame)).mean(axis=-1)
    unmoved = np.abs(truth.image(frame + 1).astype(float) - truth.image(frame)).mean(axis=-1)
    assert inner.sum() > 300
    assert error[inner].mean() < 6 < unmoved[inner].mean() / 2


def test_flow_is_zero_where_nobody_is_and_unknown_where_somebody_comes(full: Plaza) -> None:
    truth = full.truth("test/1")
    flow, valid = truth.flow(60)
    now, then = (draw(truth.clip, frame).identity for frame in (60, 61))
    assert flow.dtype == np.float32 and flow.shape == (2, 240, 320) and valid.dtype == bool
    assert not flow[:, now < PARTS].any()
    assert not valid[(now < PARTS) & (then >= PARTS)].any()
    assert valid.mean() > 0.95


def test_the_last_frame_has_no_flow(small: Plaza) -> None:
    with pytest.raises(IndexError, match="flow for frames 0 to 10"):
        small.truth("train/1").flow(11)


def test_speeds_tell_the_roles_apart(full: Plaza) -> None:
    """Pixels per frame, of the fastest tenth of each person."""

    def fastest(video: str, track: int, frame: int) -> float:
        truth = full.truth(video)
        flow, _ = truth.flow(frame)
        own = draw(truth.clip, frame).identity // PARTS == track
        return float(np.median(np.hypot(*flow)[own]))

    walkers = [
        fastest("train/1", person.track, 50) for person in full.truth("train/1").people(50) if person.visible > 0.5
    ]
    assert fastest("test/1", 1, 70) > 1.5 * max(walkers)
    assert fastest("test/2", 1, 70) > 1.2 * max(walkers)


def test_nobody_walks_through_furniture_or_others(full: Plaza) -> None:
    for video in full.videos():
        actors = full.truth(video.id).clip.actors
        ways = [actor.positions(np.arange(110)) for actor in actors]
        apart = [np.linalg.norm(a - b, axis=1).min() for n, a in enumerate(ways) for b in ways[:n]]
        assert min(apart, default=1) > 0.5, video.id


def test_poses_are_written_with_the_fields_of_njust(small: Plaza) -> None:
    truth = small.truth("test/2")
    poses = json.loads((small.folder / "test" / "pose" / "2.json").read_text())
    fields = {
        "image_id",
        "track_id",
        "score",
        "keypoints",
        "point_x",
        "point_y",
        "center",
        "w",
        "h",
        "s_area",
        "category_id",
    }
    assert all(set(pose) == fields and len(pose["keypoints"]) == 51 for pose in poses)
    assert {pose["image_id"] for pose in poses} <= set(range(12))
    for pose in poses:
        person = next(p for p in truth.people(pose["image_id"]) if p.track == pose["track_id"])
        np.testing.assert_allclose(pose["center"], (person.box[:2] + person.box[2:]) / 2, atol=2e-3)
        np.testing.assert_allclose([pose["w"], pose["h"]], person.box[2:] - person.box[:2], atol=2e-3)
        joints = np.reshape(pose["keypoints"], (17, 3))
        np.testing.assert_allclose(joints[:, :2], person.keypoints[:, :2], atol=1e-3)
        np.testing.assert_array_equal(joints[:, 2] > 0.6, person.keypoints[:, 2] == 2)
        assert (pose["score"] >= 0.6) == (person.visible >= 0.2) and isinstance(pose["s_area"], int)


@pytest.mark.parametrize("options, problem", [
    ({"sead": 1}, r"no option 'sead' \(did you mean 'seed'\?\)"),
    ({"size": "321x240"}, r"option 'size' .*even numbers"),
    ({"clips": 0}, r"option 'clips' .*greater than or equal to 1"),
    ({"frames": "many"}, r"option 'frames' .*found 'many'"),
])  # fmt: skip
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Plaza(None, tmp_path, **options)


@pytest.mark.parametrize("seed, size", [(1, "320x240"), (2, "320x180"), (3, "128x96")])
def test_any_seed_and_size_can_be_drawn(tmp_path: Path, seed: int, size: str) -> None:
    truth = Plaza(None, tmp_path, seed=seed, size=size, frames=40).truth("test/1")
    assert truth.image(20).std() > 25
    assert truth.boxes(20).shape == (len(truth.tracks(20)), 4) and truth.keypoints(20).shape[1:] == (17, 3)


def test_a_person_is_drawn_inside_the_box_and_nowhere_else(full: Plaza) -> None:
    """Against the same clip without that person: what differs lies in the box, or is shadow, which only darkens."""
    truth = full.truth("train/1")
    person = next(person for person in truth.people(50) if person.visible == 1)
    without = replace(truth.clip)
    without.__dict__["actors"] = tuple(actor for actor in truth.clip.actors if actor.track != person.track)
    difference = truth.image(50).astype(int) - draw(without, 50).image
    x1, y1, x2, y2 = person.box.astype(int)
    assert np.abs(difference[y1:y2, x1:x2]).max() > 60
    difference[y1 - 1 : y2 + 1, x1 - 1 : x2 + 1] = 0
    assert difference.max() < 8


def test_abnormal_training_clips_come_after_the_normal_ones_and_say_what_happens_but_not_when(tmp_path: Path) -> None:
    square = Plaza(tmp_path, tmp_path, clips=2, abnormal=2)
    train = {video.id: video.annotation.category for video in square.videos() if video.split == "train"}
    assert train == {"train/1": "normal", "train/2": "normal", "train/3": "fall", "train/4": "cyclist"}
    assert set(square.labels("train/3").tolist()) == {-1}
    assert any(actor.role == "fall" for actor in square.truth("train/3").clip.actors)


def test_abnormal_training_clips_leave_the_other_clips_as_they_were(tmp_path: Path) -> None:
    alone, beside = (Plaza(tmp_path, tmp_path, clips=2, abnormal=count) for count in (0, 2))
    assert alone.folder != beside.folder
    for name in ("train/2", "test/1"):
        assert alone.truth(name).clip == beside.truth(name).clip
