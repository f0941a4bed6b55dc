"""features match: files described, videos computed again, recipes ranked, differences named."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.evaluate.compare.attempts import CHANGES, FLOW_CHANGES, PICTURE_CHANGES, Attempt, changes
from features.evaluate.compare.beginnings import flows
from features.evaluate.match import Source, first_clips
from features.extract.clips.network import ROLES
from features.extract.clips.presets import PRESETS
from features.extract.clips.segments import linspace_bounds, segment_means, unit_length
from features.extract.feature import Machine
from features.video.reading import make_index
from tests.commands import Run
from tests.compare.conftest import FRAMES
from tests.compare.small import write_film, write_weights

pytestmark = pytest.mark.usefixtures("small")
Array = np.ndarray
Publish = Callable[..., Path]


@cache
def computed(videos: Path, weights: Path, changes: str) -> dict[str, Array]:
    """The features of all videos by a preset, changed as said (JSON)."""
    choice = {"preset": "ours", "stream": "rgb", "weights": weights.name, **json.loads(changes)}
    sources = {name: Source(videos / name, make_index(videos / name)) for name in FRAMES}
    with flows(Machine()) as kept:
        return first_clips(Attempt("", choice, weights.parent), sources, Machine(), None, kept)


@pytest.fixture
def publish(tmp_path: Path, videos: Path, weights: Path) -> Publish:
    """A folder of features as somebody published them; `change` is what was done to each video's."""

    def write(change: Callable[[Array], Array] = lambda found: found, **choice: Any) -> Path:
        folder = tmp_path / "published"
        folder.mkdir()
        for name, found in computed(videos, weights, json.dumps(choice)).items():
            np.save(folder / f"{name}_i3d.npy", change(found))
        return folder

    return write


def matched(features: Run, *words: str | Path) -> dict[str, Any]:
    code, out, err = features("match", *words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def recipes(ranking: list[Mapping[str, Any]]) -> list[str]:
    return [each["recipe"] for each in ranking]


def test_the_recipe_is_found_and_others_are_ranked_below(
    publish: Publish, videos: Path, weights: Path, features: Run
) -> None:
    found = matched(features, publish(), "--videos", videos, "--weights", weights)
    assert recipes(found["ranking"]) == ["ours", "theirs"]
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-6)
    assert found["ranking"][0]["norms"] == pytest.approx(1, abs=1e-4)
    assert found["ranking"][1]["cosine"] < 0.99
    assert found["changed"] == []
    assert found["impossible"] == {
        "one-view": "not possible, 1 crop",
        "wide": "not possible, 300-d",
        "lost": "needs a network that nobody has",
    }


def test_the_command_for_the_rest_names_the_recipe_and_its_weights(
    publish: Publish, videos: Path, weights: Path, features: Run
) -> None:
    command = matched(features, publish(), "--videos", videos, "--weights", weights)["command"]
    assert command.startswith("snakemake --cores 1 --config dataset=folder")
    assert "features={clips: {preset: ours, stream: rgb, weights: small.pt}}" in command


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"mean": (0.0,) * 3, "std": (1.0,) * 3}, "values 0..255"),
        ({"mean": (0.0,) * 3, "std": (255.0,) * 3}, "values 0..1"),
        ({"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}, "ImageNet's mean and std"),
        ({"colour": "bgr"}, "channels in the order BGR"),
        ({"crops": "centre-first"}, "crops in centre-first's order"),
        ({"fps": 30.0}, "30 frames per second"),
    ],
)
def test_what_was_done_otherwise_is_named(
    choice: dict[str, Any], words: str, publish: Publish, videos: Path, weights: Path, features: Run
) -> None:
    found = matched(features, publish(**choice), "--videos", videos, "--weights", weights, "-n", "1")
    assert found["ranking"][0]["cosine"] < 0.999
    assert words in recipes(found["changed"])[0]
    assert found["changed"][0]["cosine"] == pytest.approx(1, abs=1e-5)


def test_every_change_is_one_of_some_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    file = tmp_path / "weights.pt"
    for each in (file, tmp_path / "raft-sintel.pth"):
        each.write_bytes(b"only its digest is asked for")
    told = set()
    for name, preset in ((name, preset) for name, preset in PRESETS.items() if not preset.missing):
        for stream in ("rgb", "flow") if "flow" in preset.view else ("rgb",):
            choice = {"preset": name, "stream": stream, ROLES[stream]: file.name}
            told |= {each.name.partition(", ")[2] for each in changes(Attempt(name, choice, tmp_path))}
    assert told == {*PICTURE_CHANGES, *FLOW_CHANGES, *CHANGES}


def test_the_checkpoint_is_found_among_several(
    publish: Publish, videos: Path, weights: Path, features: Run, tmp_path: Path
) -> None:
    other = write_weights(tmp_path / "other.pt", checkpoint=1)
    found = matched(features, publish(), "--videos", videos, "--weights", other, weights)
    assert recipes(found["ranking"])[0] == "ours (small.pt)"
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-6)


def test_a_wrong_checkpoint_is_told_from_another_input(
    publish: Publish, videos: Path, features: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.evaluate.match.ROUNDS", 0)
    other = write_weights(tmp_path / "other.pt", checkpoint=1)
    found = matched(features, publish(), "--videos", videos, "--weights", other, "-n", "1")
    assert found["ranking"][0]["cosine"] < 0.9
    assert any("channels do not mean the same" in said for said in found["videos"]["a"])


def test_segments_are_traced_to_recipe_and_rule(publish: Publish, videos: Path, weights: Path, features: Run) -> None:
    def averaged(found: Array) -> Array:
        return unit_length(segment_means(found, linspace_bounds(len(found), 32)))

    found = matched(features, publish(averaged), "--videos", videos, "--weights", weights)
    assert found["ranking"][0]["recipe"] == "ours, segments by linspace"
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-6)
    assert found["command"].endswith("--layout segments")


def test_a_video_with_more_clips_than_its_frames_give_is_told(
    publish: Publish, videos: Path, weights: Path, features: Run
) -> None:
    folder = publish()
    more = np.load(folder / "c_i3d.npy")
    np.save(folder / "c_i3d.npy", np.concatenate([more, more[-3:]]))
    found = matched(features, folder, "--videos", videos)
    said = found["videos"]["c"][0]
    assert said.startswith("15 clips, 12 expected of 192 frames") and "re-timed, as by 1.25" in said


def test_without_weights_counts_and_values_are_told_all_the_same(publish: Publish, videos: Path, features: Run) -> None:
    found = matched(features, publish(), "--videos", videos)
    topics = {finding["topic"]: finding["said"] for finding in found["findings"]}
    assert topics["shape"] == "3 videos of 6 to 12 rows, 10 crops of 256 channels"
    assert topics["clips"] == "3 of 3 videos fit clips of 16 frames, tail 'drop' (ours, one-view, wide)"
    assert found["impossible"]["ours"] == "may fit, and has no weights; name them: --weights FILE"


def test_numbers_of_frames_stand_in_for_videos(publish: Publish, features: Run, tmp_path: Path) -> None:
    listed = tmp_path / "frames.txt"
    listed.write_text("a 100\nb,0,133\n")
    topics = {
        finding["topic"]: finding["said"] for finding in matched(features, publish(), "--frames", listed)["findings"]
    }
    assert topics["clips"].startswith("2 of 2 videos fit clips of 16 frames, tail 'drop'")


def test_only_the_first_clips_of_some_videos_are_computed(
    publish: Publish, videos: Path, weights: Path, features: Run
) -> None:
    words = ("--videos", videos, "--weights", weights, "-n", "1", "--clips", "4")
    found = matched(features, publish(), *words)
    assert found["findings"][0]["said"].startswith("1 video of 6 rows")
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-6)


def test_weights_of_another_network_are_one_line_among_the_impossible(
    publish: Publish, videos: Path, features: Run, tmp_path: Path
) -> None:
    (tmp_path / "broken.pt").write_bytes(b"no weights")
    found = matched(features, publish(), "--videos", videos, "--weights", tmp_path / "broken.pt")
    assert found["ranking"] == []
    assert "is not a torch file that can be read safely" in found["impossible"]["ours"]


def test_a_video_that_cannot_be_read_is_told_and_others_go_on(
    publish: Publish, videos: Path, weights: Path, features: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"no video")
    (folder / "b").symlink_to(videos / "b")
    found = matched(features, publish(), "--videos", folder, "--weights", weights)
    assert found["ranking"][0]["cosine"] == pytest.approx(1, abs=1e-6)
    assert "a.mp4" in found["videos"]["a"][0]


def test_a_video_that_is_too_short_for_a_recipe_is_left_out_with_a_warning(
    videos: Path, weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_film(tmp_path / "short", 0, 5)
    attempt = Attempt("", {"preset": "ours", "stream": "rgb", "weights": weights.name}, weights.parent)
    sources = {path.name: Source(path, make_index(path)) for path in (tmp_path / "short", videos / "a")}
    with flows(Machine()) as kept:
        assert list(first_clips(attempt, sources, Machine(), 1, kept)) == ["a"]
    assert "short is left out" in caplog.text


def test_the_text_begins_with_the_ranking(publish: Publish, videos: Path, weights: Path, features: Run) -> None:
    code, out, _ = features("match", publish(), "--videos", videos, "--weights", weights)
    assert code == 0
    first, *_, last = out.splitlines()
    assert first.startswith("ours 1.000 | theirs 0.")
    assert first.endswith("one-view: not possible, 1 crop | wide: not possible, 300-d")
    assert last.startswith("the rest: snakemake")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere is not there; name a folder or a file of published clip features"),
        (["{published}", "--weights", "x.pt"], "say where these are with --videos"),
        (["{published}", "--videos", "{empty}"], "has no clip features for a video in"),
        (["{published}", "--frames", "{published}/a_i3d.npy"], "holds no numbers of frames"),
    ],
)
def test_mistakes_are_one_line(words: list[str], message: str, publish: Publish, features: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    folder = publish()
    code, _, err = features("match", *(word.format(published=folder, empty=tmp_path / "empty") for word in words))
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
