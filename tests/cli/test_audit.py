"""features audit: anyone's scores against a data set or a file of labels."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from features.cli import main
from tests.pipeline.conftest import write_video

Audit = Callable[..., tuple[int, str, str]]
FRAMES = {"a_1": 40, "b_2": 33, "c%3": 70}


def labels() -> dict[str, np.ndarray]:
    found = {video: np.zeros(frames, np.int8) for video, frames in FRAMES.items()}
    found["a_1"][25:] = 1
    found["b_2"][20:] = 1
    return found


def good() -> dict[str, np.ndarray]:
    """Higher where abnormal, and never the same twice."""
    random = np.random.default_rng(0)
    return {video: 0.4 * row + 0.5 * random.random(len(row)) for video, row in labels().items()}


def save(name: str, values: Mapping[str, np.ndarray]) -> None:
    np.savez(name, allow_pickle=False, **values)


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Audit:
    """The command in a folder that holds labels, scores and a list."""
    monkeypatch.chdir(tmp_path)
    save("labels.npz", labels())
    save("scores.npz", good())
    np.save("labels.npy", np.concatenate(list(labels().values())))
    np.save("scores.npy", np.concatenate(list(good().values())))
    Path("list.txt").write_text("".join(f"{video} {frames}\n" for video, frames in FRAMES.items()))
    Path("names.txt").write_text("".join(f"/features/{video}_i3d.npy\n" for video in FRAMES))

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["audit", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.mark.parametrize(
    "words",
    [
        ("scores.npz", "--ground-truth", "labels.npz"),
        ("scores.npy", "--ground-truth", "labels.npz"),
        ("scores.npy", "--ground-truth", "labels.npz", "--list", "names.txt"),
        ("scores.npy", "--ground-truth", "labels.npy", "--list", "list.txt"),
        ("scores.npz", "--ground-truth", "labels.npy", "--list", "names.txt"),
    ],
)
def test_scores_and_labels_meet_in_any_form(audit: Audit, words: tuple[str, ...]) -> None:
    code, out, err = audit(*words, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "") and found["passed"]
    assert (found["videos"], found["abnormal_videos"], found["frames"], found["abnormal_frames"]) == (3, 2, 143, 28)
    assert found["scorers"][0]["figures"]["micro_auc"]["value"] > 0.9


def test_scores_of_clips_meet_a_row_of_sixteen_labels_for_each(audit: Audit) -> None:
    save("scores.npz", {video: row[::16] for video, row in good().items()})
    np.save("labels.npy", np.concatenate([np.resize(row, 16 * -(-len(row) // 16)) for row in labels().values()]))
    _, out, err = audit("scores.npz", "--ground-truth", "labels.npy", "--list", "names.txt", "--json")
    assert err == "" and json.loads(out)["frames"] == 16 * (3 + 3 + 5)


def test_a_list_says_the_order_of_a_row(audit: Audit) -> None:
    back = dict(reversed(good().items()))
    np.save("scores.npy", np.concatenate(list(back.values())))
    Path("names.txt").write_text("".join(f"{video}\n" for video in back))
    assert audit("scores.npy", "--ground-truth", "labels.npz", "--list", "names.txt")[0] == 0
    assert audit("scores.npy", "--ground-truth", "labels.npz")[0] == 1


def test_the_table_names_what_needs_no_look_and_what_uses_labels(audit: Audit) -> None:
    _, out, _ = audit("scores.npz", "--ground-truth", "labels.npz", "--name", "mine")
    assert out.startswith("mine on labels.npz: 3 videos (2 abnormal), 143 frames (28 abnormal)\n")
    for line in ("minus video length", r"perfect video label \*", "pass +every frame +one score a frame"):
        assert re.search(line, out)
    assert out.endswith("\npassed\n")


def test_failing_scores_end_with_1_and_the_reasons(audit: Audit) -> None:
    save("label.npz", {video: np.full(len(row), row.max()) for video, row in labels().items()})
    code, out, _ = audit("label.npz", "--ground-truth", "labels.npz")
    assert code == 1 and out.endswith("\nnot passed\n")
    assert re.search(r"FAIL +found within videos +AUC on abnormal videos 50.00", out)


def test_a_row_for_latex_with_its_columns_named(audit: Audit) -> None:
    _, out, _ = audit("scores.npz", "--ground-truth", "labels.npz", "--latex", "--name", "my_net 50%")
    comment, row = out.splitlines()
    assert comment.startswith("% labels.npz, passed: name & AUC & ")
    assert row.startswith(r"my\_net 50\% & 9") and row.endswith(r"\\") and row.count(" & ") == comment.count(" & ") == 6


def test_the_page_holds_all_and_loads_nothing(audit: Audit) -> None:
    audit("scores.npz", "--ground-truth", "labels.npz", "--name", "<script>", "--html", "out/audit.html")
    page = Path("out/audit.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;" in page and "<script>" not in page and "http" not in page.replace("http-equiv", "")
    assert "Passed: no check failed." in page and "perfect video label x middle" in page and "uses test labels" in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("scores.npz",), "one of the arguments --dataset --config-file --ground-truth is required"),
        (("scores.npy", "--ground-truth", "labels.npy"), "say with --list which videos follow each other"),
        (("nothing.npz", "--ground-truth", "labels.npz"), "nothing.npz: No such file"),
        (("scores.npz", "--dataset", "ucf-crime"), "did you mean 'ucf_crime'?"),
        (("short.npy", "--ground-truth", "labels.npz"), "140 values in one row for 3 videos fit no rule"),
        (("scores.npy", "--ground-truth", "labels.npz", "--list", "other.txt"), "--list names d, which has no ground"),
    ],
)
def test_mistakes_are_one_line(audit: Audit, capsys: pytest.CaptureFixture[str], words: list[str], says: str) -> None:
    np.save("short.npy", np.zeros(140))
    Path("other.txt").write_text("d\n")
    try:
        code, _, err = audit(*words)
    except SystemExit as error:  # argparse
        code, err = int(str(error.code)), capsys.readouterr().err
    assert code == 2 and says in err


def test_labels_of_a_data_set(audit: Audit) -> None:
    Path("videos/labels/test").mkdir(parents=True)
    for number, (video, row) in enumerate(labels().items()):
        write_video(Path("videos/test") / f"{video}.mp4", len(row), seed=number)
        np.save(f"videos/labels/test/{video}.npy", row)
    code, out, _ = audit("scores.npz", "--dataset", "folder", "--root", "videos", "--json")
    assert code == 0 and json.loads(out)["frames"] == 143
    Path("config.yaml").write_text("{dataset: folder, root: videos}")
    assert audit("scores.npz", "--config-file", "config.yaml", "--json")[1] == out


def test_annotation_alone_is_enough(audit: Audit) -> None:
    """Scores of UCF-Crime are judged by its annotation file: neither videos nor features have to be there."""
    listed = [("Arson011_x264", "Arson", [[10, 30]], 60), ("Normal_Videos_003_x264", "Normal", [], 100)]
    fields = ("name", "class", "intervals", "frames")
    Path("ucf").mkdir()
    Path("ucf/test_annotation.json").write_text(json.dumps([dict(zip(fields, row, strict=True)) for row in listed]))
    Path("ucf/Anomaly_Train.txt").write_text("Abuse/Abuse001_x264.mp4\n")
    random = np.random.default_rng(0)
    save("ucf.npz", {"Arson011": random.random(4), "Normal_Videos_003": random.random(7)})
    _, out, _ = audit("ucf.npz", "--dataset", "ucf_crime", "--root", "ucf", "--json")
    found = json.loads(out)
    assert found["rule"] == "one score a clip of 16 frames, clips by the rule 'repeat'"
    assert (found["abnormal_videos"], found["abnormal_frames"], found["frames"]) == (1, 21, 176)
