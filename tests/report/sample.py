"""A report as a real run would give it: six videos, two protocols, one model, five baselines, one failure.

`with_persons` adds what a model of persons gives: skeletons, timelines, clips, a threshold, a rule for windows.
"""

from dataclasses import replace

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from features.datasets.people import People, people
from features.report.data import (
    Alarms,
    Failure,
    Place,
    Protocol,
    Provenance,
    ReportData,
    Result,
    Roc,
    Rule,
    Timeline,
    Video,
    Work,
)
from features.report.skeletons import draw_scores, heat_legend
from features.report.stills import moving, picture_still, still

HOSTILE = "Test/<script>alert(1)</script>"
UNICODE = "Prüfung/广场 ۱۲ \u202egnp"
SURROGATE = "Test/caf\udce9"
IDS = ("Test/Test001", "Test/Test002", HOSTILE, UNICODE, SURROGATE, "Test/Test006")
BASELINES = ("widest box", "number of boxes", "mean flow", "frame number", "video length")
PROTOCOLS = (
    Protocol(
        "frames", "Scores as they are, all frames of all test videos pooled; macro over videos with both classes."
    ),
    Protocol(
        "gaussian-published",
        "Scores smoothed with a Gaussian of 10 frames over the joined videos, as the released code does.",
        published=True,
        defect="the filter runs across the borders of videos, so a video's scores depend on its neighbours.",
    ),
)


def sample(model_beats: bool = True) -> ReportData:
    """The whole report; the model is above or below the best baseline."""
    rng = np.random.default_rng(7)
    labels = [_labels(index, 180 + 15 * index) for index in range(len(IDS))]
    strength = {"lbrspr": 3.2 if model_beats else 0.6, "widest box": 1.6}
    scores = {name: [_scores(rng, row, strength.get(name, 0.3)) for row in labels] for name in ("lbrspr", *BASELINES)}
    videos = [_video(rng, index, labels[index], scores) for index in range(len(IDS))]
    results, rocs = [], []
    for protocol in PROTOCOLS:
        for name, per_video in scores.items():
            result, roc = _result(name, protocol.name, np.concatenate(labels), np.concatenate(per_video))
            results.append(result)
            rocs.append(roc)
    return ReportData(
        dataset="plaza",
        config="config.yaml",
        when="2025-03-01 14:05 UTC",
        videos=videos,
        protocols=PROTOCOLS,
        results=results,
        rocs=rocs,
        judged="lbrspr under frames",
        work=WORK,
        failures=[Failure("Test/broken clip.mp4", "frames", "no frame could be decoded: moov atom not found")],
        provenance=PROVENANCE,
        software={"python": "3.11.2", "numpy": "2.4.1", "torch": "2.13.0", "zarr": "3.1.6", "vad-features": "0.1.0"},
        machine={"device": "cpu", "cores": "2", "memory": "8.2 GB", "seed": "0"},
    )


def with_persons() -> ReportData:
    """The same, as a model of persons gives it: everything that is shown of persons is there."""
    rng = np.random.default_rng(3)
    data = sample()
    scene = _scene(rng)[::2, ::2]
    videos = [replace(video, **_persons(rng, scene, video, index)) for index, video in enumerate(data.videos)]
    return replace(
        data,
        videos=videos,
        alarms=[Alarms("lbrspr", 0.99, 0.9, 0.031, 0.742)],
        places=[
            Place("lbrspr", False, {"rbdc": 0.41, "pixel_auc": 0.72, "pixel_eer": 0.31}),
            Place("widest box", True, {"rbdc": 0.22, "pixel_auc": 0.75, "pixel_eer": None}),
        ],
        places_note="regions are the connected parts of the masks",
        rules=[Rule("lbrspr", "sound", ("every window of a track is scored", "gaps end a window"))],
        persons="lbrspr",
        heat=(0.0, 3.0),
    )


def _persons(rng: np.random.Generator, scene: np.ndarray, video: Video, index: int) -> dict[str, object]:
    count = 3 + 4 * index
    timelines = []
    for person in range(count):
        start = int(rng.integers(0, video.frames - 60))
        frames = np.arange(start, start + int(rng.integers(20, 60)))
        quiet = rng.random(len(frames)) * 1.2
        timelines.append(Timeline(person, frames, quiet + 1.8 * (video.labels[frames] == 1) * (person % 3 == 0)))
    pictures = [_crowd(scene, step) for step in range(4)]
    numbers = range(40, 48, 2)
    picture = picture_still(pictures[0], video.still.frame, video.still.score, skeletons=3)
    return {"still": picture, "clip": moving(pictures, numbers, 25.0), "persons": timelines}


def _crowd(scene: np.ndarray, step: int) -> np.ndarray:
    found = walkers(3, step)
    return heat_legend(draw_scores(scene, found, np.array([0.2, 1.4, 2.9]), 0, 3), 0, 3)


def walkers(count: int, step: int = 0) -> People:
    """Some people in one frame of about 320 x 180, who walk to the right with each step."""
    upper = [(0, -60), (4, -64), (-4, -64), (8, -62), (-8, -62), (14, -45), (-14, -45), (20, -25), (-20, -25)]
    lower = [(22, -5), (-22, -5), (9, 0), (-9, 0), (10, 30), (-10, 30), (11, 60), (-11, 60)]
    body = np.array([*upper, *lower])
    places = np.array([(50 + 90 * person + 3 * step, 100) for person in range(count)], float)
    joints = places.reshape(-1, 1, 2) + body
    keypoints = np.concatenate([joints, np.ones((count, 17, 1))], axis=2)
    return people(np.zeros(count), np.arange(count), keypoints)


WORK = (
    Work("frames", 4, 2, 1, 12.4, 48_300_000),
    Work("flow", 4, 2, 0, 95.1, 61_200_000),
    Work("boxes", 6, 0, 0, 31.0, 184_000),
    Work("cubes", 6, 0, 0, 8.3, 22_900_000),
    Work("model", 1, 0, 0, 140.2, 4_100_000),
    Work("scores", 1, 0, 0, 4.4, 96_000),
    Work("evaluation", 2, 0, 0, 0.6, 61_000),
)

_FLOW = {"kind": "flow", "backend": "dis", "version": 1, "parameters": {"preset": "medium", "size": [384, 512]}}
PROVENANCE = (
    Provenance("flow", _FLOW, "5f" * 32, {name: f"{index:064x}" for index, name in enumerate(IDS)}, {"device": "cpu"}),
    Provenance(
        "model lbrspr",
        {"kind": "model", "backend": "lbrspr", "version": 1, "parameters": {"mode": "test", "epochs": 5}},
        "a3" * 32,
        {"lbrspr": "c4" * 32},
        {"seed": "0", "device": "cpu", "epochs": "5", "last loss": "0.0312"},
    ),
)


def _labels(index: int, frames: int) -> np.ndarray:
    labels = np.zeros(frames, np.int8)
    if index != 3:
        labels[60 + 8 * index : 120 + 10 * index] = 1
    if index == 5:
        labels[:25] = -1
    return labels


def _scores(rng: np.random.Generator, labels: np.ndarray, strength: float) -> np.ndarray:
    kernel = np.hanning(15) / np.hanning(15).sum()
    noise = np.convolve(rng.normal(size=len(labels)), kernel, "same") * 2.5
    return (noise + strength * np.convolve(labels == 1, kernel, "same")).astype(np.float32)


def _video(rng: np.random.Generator, index: int, labels: np.ndarray, scores: dict[str, list[np.ndarray]]) -> Video:
    values = scores["lbrspr"][index]
    known = labels >= 0
    both = len(np.unique(labels[known])) == 2
    top = int(values.argmax())
    return Video(
        id=IDS[index],
        frames=len(labels),
        split="test",
        fps=25.0,
        seconds=len(labels) / 25,
        labels=labels,
        curves={"lbrspr": values, "widest box": scores["widest box"][index]},
        auc=float(roc_auc_score(labels[known], values[known])) if both else None,
        reason="" if both else "only normal frames",
        still=still(_scene(rng), top, _BOXES, np.array([0.31, float(values.max()), 0.12, np.nan]), float(values.max())),
    )


_BOXES = np.array([[60, 90, 110, 210], [300, 120, 380, 300], [480, 60, 520, 150], [200, 5, 240, 90]], float)


def _scene(rng: np.random.Generator) -> np.ndarray:
    """A square with a few figures, 640 x 360."""
    rows, columns = np.indices((360, 640))
    ground = 120 + 14 * (((rows // 24) + (columns // 24)) % 2) + rows * 0.15
    image = np.repeat(ground[..., None], 3, axis=2) + rng.normal(0, 3, (360, 640, 1))
    for number, (x1, y1, x2, y2) in enumerate(_BOXES.astype(int)):
        inside = ((columns - (x1 + x2) / 2) / ((x2 - x1) / 2)) ** 2 + (
            (rows - (y1 + y2) / 2) / ((y2 - y1) / 2)
        ) ** 2 < 0.9
        image[inside] = ((60, 70, 110), (150, 60, 50), (60, 100, 70), (90, 80, 60))[number]
    return image.clip(0, 255).astype(np.uint8)


def _result(name: str, protocol: str, labels: np.ndarray, scores: np.ndarray) -> tuple[Result, Roc]:
    known = labels >= 0
    if protocol != "frames":
        scores = np.convolve(scores, np.ones(21) / 21, "same")
    fpr, tpr, _ = roc_curve(labels[known], scores[known])
    auc = float(roc_auc_score(labels[known], scores[known]))
    metrics = {
        "micro_auc": auc,
        "macro_auc": min(1.0, auc + 0.011) if name != "video length" else 0.5,
        "ap": float(average_precision_score(labels[known], scores[known])),
        "eer": float(fpr[np.argmin(np.abs(fpr + tpr - 1))]),
    }
    notes = () if name != "lbrspr" else ("Trained for 5 epochs on the test videos themselves (mode test).",)
    return Result(name, name in BASELINES, protocol, metrics, notes), Roc(name, protocol, fpr, tpr, auc)
