"""What `features view` shows."""

import cv2
import numpy as np
import pytest

from features.cli import main
from features.cli import view as view_command
from features.cli.view import chosen
from features.errors import ConfigError
from features.extract.boxes.feature import Boxes
from features.extract.cubes.feature import Cubes
from features.extract.flow.dis import DisRecipe
from features.extract.frames.recipe import FramesRecipe
from features.extract.poses.feature import Poses
from features.extract.poses.table import PosesWriter, rows_of
from features.plan.listing import Recording, Video
from features.plan.sources import recorded_index
from features.plan.stages import Context
from features.report.colours import IDS
from features.report.footage import PLAIN
from features.report.overlay import box_label, clip_limit, cubes_picture, flow_layer, overlays, score_scale
from features.report.view import write_clip
from features.store.arrays import ArraySpec
from features.store.roots import new_root
from features.store.store import Store
from features.store.table import TableWriter
from features.video.reading import make_index
from features.video.source import source_digest
from tests.report.sample import walkers

FRAMES = 8
KEYS = {"boxes": "b" * 64, "flow": "f" * 64, "cubes": "c" * 64}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a video and a store that holds its boxes, flow and cubes under `square/test/walk`."""
    folder = tmp_path_factory.mktemp("view")
    pixels = np.full((FRAMES, 128, 160, 3), 60, np.uint8)
    for number, frame in enumerate(pixels):
        frame[40:80, 10 + 8 * number : 30 + 8 * number] = (40, 60, 220)
    write_clip(folder / "walk.mp4", iter(pixels), 25)
    index = make_index(folder / "walk.mp4")
    store = Store(folder / "store", create=True)
    recipes = {"frames": FramesRecipe(), "flow": DisRecipe(frames=FramesRecipe())}
    recipes["boxes"] = Boxes.recipe("motion", Context("square", (), recipes))
    recipes["cubes"] = Cubes.recipe("lbrspr", Context("square", (), recipes))
    fill = {"boxes": fill_boxes, "flow": fill_flow, "cubes": fill_cubes}
    for kind, key in KEYS.items():
        with store.create(kind, key, recipe=recipes[kind], inputs={"source": index.digest}) as out:
            fill[kind](out)
    features = {kind: {index.digest: key} for kind, key in KEYS.items()}
    root = new_root(folder, {"square": {"test/walk": index.digest}}, {"square": features}, {})
    store.write_root(root.project, root)
    return folder


def fill_boxes(out):
    table = TableWriter(out, "boxes", ("x1", "y1", "x2", "y2", "score", "label", "origin"))
    for number in range(FRAMES):
        table.frame(np.array([[10 + 8 * number, 40, 30 + 8 * number, 80, np.nan, -1, 1]], np.float32))
    table.close()


def fill_flow(out):
    out.add(ArraySpec("flow", "int16", (2, 128, 160), scale_factor=1 / 64, fill_value=-32768))
    rows = np.zeros((FRAMES - 1, 2, 128, 160), np.float32)
    rows[:, 0, 40:80] = 8
    out.append("flow", rows)


def fill_cubes(out):
    out.add(ArraySpec("cubes", "uint8", (5, 32, 32, 3), 64))
    out.append("cubes", np.full((FRAMES, 5, 32, 32, 3), 200, np.uint8))
    fill_boxes(out)


def view(place, *words):
    return main(["view", "square/test/walk", "--store", str(place / "store"), *map(str, words)])


@pytest.mark.parametrize(("kind", "width"), [("overlay", 320), ("boxes", 160), ("flow", 320)])
def test_a_clip_shows_the_frames_with_their_boxes_and_flow(place, tmp_path, kind, width):
    import av

    out = tmp_path / "out.mp4"
    assert view(place, "--kind", kind, "--source", place / "walk.mp4", "--out", out) == 0
    with av.open(str(out)) as file:
        shown = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert (len(shown), shown[0].shape) == (FRAMES, (128, width, 3))
    red = shown[3][60, 34, 0]  # on the left side of the box: orange over the blue square
    assert (red > 100) == (kind != "flow")


def test_stills_of_some_frames(place, tmp_path, capsys):
    out = tmp_path / "out.png"
    assert view(place, "--kind", "boxes", "--source", place / "walk.mp4", "--frames", "2:5", "--out", out) == 0
    assert cv2.imread(str(out)).shape == (128, 3 * 160, 3)
    assert capsys.readouterr().out == f"{out}\n"


def test_cubes_need_no_video(place, tmp_path):
    assert view(place, "--kind", "cubes", "--out", tmp_path / "sheet.png") == 0
    assert cv2.imread(str(tmp_path / "sheet.png")).shape == (2 * 84, 4 * 328, 3)


def test_without_a_name_the_picture_is_named_after_the_video(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert view(place, "--kind", "cubes") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["square-test-walk-cubes.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kind", "cubes", "--out", "x.mp4"], "cubes are one picture, x.mp4 is none"),
        (["--config-file", "none.yaml"], "no config file at none.yaml to say where test/walk lies; say --source PATH"),
        (["--source", "{walk}", "--frames", "99:"], "--frames 99: leaves none of the 8 frames"),
        (["--source", "{walk}", "--out", "x.avi"], "expected a name that ends in .mp4, .gif, .png"),
        (["--source", "{other}"], "is not the video square/test/walk that the store knows"),
    ],
)
def test_mistakes_are_one_line(place, tmp_path, capsys, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "other.mp4", iter(np.zeros((2, 64, 64, 3), np.uint8)), 25)
    names = {"walk": place / "walk.mp4", "other": tmp_path / "other.mp4"}
    assert view(place, *(word.format(**names) for word in words)) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_an_unknown_data_set_names_those_there_are(place, capsys):
    assert main(["view", "circle/test/walk", "--store", str(place / "store")]) == 2
    assert "there are: square" in capsys.readouterr().err


def test_a_recording_is_drawn_on_a_plain_ground_of_its_size(tmp_path, monkeypatch):
    """A video whose pictures are not there: what was published of it stands for it."""
    published = tmp_path / "walk.json"
    published.write_text("{}", encoding="utf-8")
    recording = Recording(FRAMES, 120, 200, 25.0)
    source = recorded_index(source_digest(published), recording).digest
    store = Store(tmp_path / "store", create=True)
    poses = Poses.recipe("import", Context("square", (), {"frames": FramesRecipe()}))
    with store.create("poses", "a" * 64, recipe=poses, inputs={"source": source}) as out:
        writer = PosesWriter(out, identified=True)
        for _ in range(FRAMES):
            writer.frame(rows_of(walkers(2)), np.array([3, 4]))
        writer.close()
    root = new_root(tmp_path, {"square": {"walk": source}}, {"square": {"poses": {source: "a" * 64}}}, {})
    store.write_root(root.project, root)
    video = Video("walk", published, "test", recording=recording)
    monkeypatch.setattr(view_command, "_configured", lambda *_: video)
    words = ["view", "square/walk", "--store", str(store.path), "--frames", "0:1", "--out", str(tmp_path / "out.png")]
    assert main(words) == 0
    picture = cv2.imread(str(tmp_path / "out.png"))[..., ::-1]
    assert picture.shape == (120, 200, 3) and picture[0, 199].tolist() == list(PLAIN)
    assert (picture == IDS[3]).all(axis=2).any() and (picture == IDS[4]).all(axis=2).any()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.gif", "clip.png"])
def test_a_folder_that_is_not_there_is_named_before_anything_is_decoded(place, tmp_path, capsys, name):
    out = tmp_path / "nowhere" / name
    assert view(place, "--kind", "boxes", "--source", place / "walk.mp4", "--out", out) == 2
    assert (
        capsys.readouterr().err == f"features view: no folder {out.parent} for {name}; make it, or say another --out\n"
    )


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({}, "no scores 'square'"),
        ({"square/a": "a" * 64, "square/b": "b" * 64}, "several models (a, b); say --model NAME"),
    ],
)
def test_whose_scores_are_meant_has_to_be_said(tmp_path, capsys, place, named, message):
    store = Store(tmp_path / "store", create=True)
    recipe = Poses.recipe("import", Context("square", (), {"frames": FramesRecipe()}))
    with store.create("poses", "d" * 64, recipe=recipe, inputs={"source": "e" * 64}) as out:
        PosesWriter(out).close()
    features = {"square": {"poses": {"e" * 64: "d" * 64}}}
    root = new_root(tmp_path, {"square": {"walk": "e" * 64}}, features, {"scores": named})
    store.write_root(root.project, root)
    assert main(["view", "square/walk", "--store", str(store.path), "--kind", "scores"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scores", "scale"),
    [
        (np.arange(101.0), (1, 99)),
        ([*np.arange(101.0), *[1e6] * 20], (1.2, 90 + 3 * 60)),
        ([np.nan, 3.0], (3, 3)),
        ([], (0, 1)),
        ([np.nan], (0, 1)),
    ],
)
def test_colours_of_scores_begin_and_end_without_the_outliers(scores, scale):
    assert score_scale(np.array(scores)) == pytest.approx(scale)


@pytest.mark.parametrize(
    ("wish", "stills", "numbers"),
    [(":", None, range(20)), ("5:8", None, range(5, 8)), ("18:", None, range(18, 20)), (":", 6, range(0, 20, 4))],
)
def test_frames_can_be_chosen(wish, stills, numbers):
    assert chosen(wish, 20, stills) == numbers


@pytest.mark.parametrize("wish", ["5", "a:b", "-3:2", "20:"])
def test_a_choice_of_another_form_is_refused(wish):
    with pytest.raises(ConfigError, match="--frames"):
        chosen(wish, 20, None)


@pytest.mark.parametrize(
    ("score", "origin", "label"), [(0.456, 0, "0.46"), (np.nan, 1, "motion"), (np.nan, 2, "imported")]
)
def test_boxes_are_labelled_by_score_or_origin(score, origin, label):
    assert box_label(np.array([0, 0, 1, 1, score, -1, origin])) == label


def test_all_flow_stands_on_one_scale(place):
    with Store(place / "store").open("flow", KEYS["flow"]) as flow:
        assert clip_limit(flow) == 8
        pictures = list(overlays(np.zeros((2, 128, 160, 3), np.uint8), [0, FRAMES - 1], [flow_layer(flow)]))
    assert all(picture[60, 160 + 20].tolist() == [255, 0, 0] for picture in pictures)


def test_a_sheet_of_an_artifact_without_cubes(tmp_path, place):
    store = Store(tmp_path / "store", create=True)
    recipe = FramesRecipe()
    with store.create("cubes", "e" * 64, recipe=recipe, inputs={}) as out:
        out.add(ArraySpec("cubes", "uint8", (5, 32, 32, 3), 64))
        table = TableWriter(out, "boxes", ("x1", "y1", "x2", "y2", "score", "label", "origin"))
        table.frame(np.empty((0, 7), np.float32))
        table.close()
    with store.open("cubes", "e" * 64) as cubes:
        assert (cubes_picture(cubes, 4) == 255).all()
