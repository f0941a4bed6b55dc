"""Poses by a user's own AlphaPose, run as a program over one video after the other.

As gen_data.py of orhir/STG-NF @edb5f32 runs it, since published poses came from it. What that script leaves out is
minded here: the program's exit status, results of earlier runs, and failures that it prints and then calls a success.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from features.datasets.formats.alphapose import AlphaPoseResults
from features.datasets.people import NOBODY, People
from features.datasets.skeleton import COCO17
from features.errors import ConfigError, SourceError, WeightsError
from features.extract.feature import Machine, VideoInput
from features.extract.parameters import checked
from features.extract.poses.backend import FramePoses, PoseBackend
from features.extract.poses.program import run
from features.extract.poses.table import rows_of
from features.extract.weights import find_weights, weights_path
from features.plan.stages import Context
from features.store.recipe import Recipe, Weights
from features.video.source import list_images

WHAT = "poses backend 'alphapose'"
PROGRAM = "scripts/demo_inference.py"
RESULTS = "alphapose-results.json"
# What the program prints before it ends as if all were well: its main loop swallows every exception.
GAVE_UP = "An error as above occurs when processing the images"
TRACKER = "trackers/tracker_cfg.py"
# A weights file that a line of the tracker's settings names: `cfg.loadmodel = "trackers/weights/osnet_....pth"`.
NAMED = re.compile(r"""^[^#\n]*?["']([^"'\n]+\.pth)["']""", re.MULTILINE)
# The network of gen_data.py.
CFG = "configs/coco/resnet/256x192_res152_lr1e-3_1x-duc.yaml"
CHECKPOINT = "pretrained_models/fast_421_res152_256x192.pth"
# Seconds for a video unless `timeout` says otherwise: to load the networks, and for each frame on a slow CPU.
START_SECONDS, FRAME_SECONDS = 900.0, 10.0


class AlphaPoseRecipe(Recipe):
    """A pose network of AlphaPose, and what finds and follows the persons it is shown.

    cfg, checkpoint  of the pose network
    detector         `yolo`: YOLOv3-SPP; with `yolox-x` UBnormal's published poses were made
    track            whether persons are followed (`--pose_track`); poses are then not suppressed
    own              settings and weights of the detector, as far as they lie where AlphaPose has them, and, where
                     persons are followed, of the tracker
    """

    kind: ClassVar[str] = "poses"
    backend: ClassVar[str] = "alphapose"

    cfg: Weights
    checkpoint: Weights
    detector: Literal["yolo", "yolox", "yolox-x", "yolox-l", "yolox-m", "yolox-s", "yolox-tiny"] = "yolo"
    track: bool = True
    own: tuple[Weights, ...]


@dataclass(frozen=True)
class Checkout:
    """Where AlphaPose is on this machine; never part of a recipe.

    folder   of its sources
    python   the interpreter of its environment
    timeout  seconds that a video may take; None: by its length
    """

    folder: Path
    python: str
    timeout: float | None


# Recipe digest -> the checkout that this process found for it.
_FOUND: dict[str, Checkout] = {}


class AlphaPose(PoseBackend):
    """Poses of an AlphaPose checkout, with ids where persons are followed."""

    @classmethod
    def recipe(cls, parameters: Mapping[str, Any], context: Context) -> AlphaPoseRecipe:
        """The recipe for `cfg`, `checkpoint` (paths below the checkout, by default gen_data.py's), `detector`, `track`.

        Where AlphaPose is stays out of it: `checkout` (a folder, or its name below one of the folders of weights),
        `python` (the interpreter of its environment) and `timeout` (seconds for a video).
        """
        wished = dict(parameters)
        here = {name: wished.pop(name, None) for name in ("checkout", "python", "timeout")}
        checkout = Checkout(
            _folder(str(here["checkout"] or "AlphaPose"), context.weights),
            _interpreter(str(here["python"] or "python")),
            _seconds(here["timeout"]),
        )
        files = {
            "cfg": find_weights(wished.get("cfg", CFG), [checkout.folder]),
            "checkpoint": find_weights(wished.get("checkpoint", CHECKPOINT), [checkout.folder]),
        }
        chosen = checked(AlphaPoseRecipe, WHAT, {**wished, **files, "own": ()})
        recipe = chosen.model_copy(update={"own": _own(checkout.folder, chosen)})
        _FOUND[recipe.digest] = checkout
        return recipe

    @classmethod
    def identified(cls, recipe: Recipe) -> bool:
        """Where persons are followed."""
        assert isinstance(recipe, AlphaPoseRecipe)
        return recipe.track

    def __init__(self, recipe: Recipe, machine: Machine) -> None:
        assert isinstance(recipe, AlphaPoseRecipe)
        if recipe.digest not in _FOUND:
            raise WeightsError("AlphaPose's checkout was not looked up; name it by 'checkout' below features, poses")
        self.parameters, self.checkout = recipe, _FOUND[recipe.digest]
        self.gpu = machine.device.partition(":")[2] or "-1"

    def poses(self, video: VideoInput) -> Iterator[FramePoses]:
        """Persons of each frame as the program lists them, in pixels of the frames handed out."""
        found = self.people(video)
        rows = rows_of(found) * _to_frame(video)
        for number in video.numbers:
            part = slice(*np.searchsorted(found.frames, [number, number + 1]))
            yield rows[part], found.ids[part] if self.parameters.track else None

    def people(self, video: VideoInput) -> People:
        """Everybody whom the program finds in the source; frames are numbered as in the source, from 0.

        Raises SourceError where it fails, or its result is not one of this video.
        """
        seconds = self.checkout.timeout or START_SECONDS + FRAME_SECONDS * video.index.frames
        with tempfile.TemporaryDirectory(prefix="features-alphapose-") as name:
            # A folder of its own for every run: no result of another one is ever found in it.
            folder = Path(name)
            results = folder / "results"
            results.mkdir()
            command = self.command(_source(video, folder / "images"), results)
            run(command, self.checkout.folder, folder, seconds, GAVE_UP)
            if not (results / RESULTS).is_file():
                raise SourceError(f"AlphaPose ended well but wrote no {RESULTS}; see that it runs by itself")
            found = AlphaPoseResults().read(results / RESULTS)
        return self._checked(found, video.index.frames)

    def command(self, source: Sequence[str], results: Path) -> list[str]:
        """The program's command line, every path a word of its own."""
        recipe = self.parameters
        return [
            *(self.checkout.python, PROGRAM, "--sp", "--gpus", self.gpu),
            *("--cfg", str(weights_path(recipe.cfg).absolute())),
            *("--checkpoint", str(weights_path(recipe.checkpoint).absolute())),
            *("--detector", recipe.detector),
            *(("--pose_track",) if recipe.track else ()),
            *("--outdir", str(results)),
            *source,
        ]

    def _checked(self, found: People, frames: int) -> People:
        if len(found) and not 0 <= found.frames[0] <= found.frames[-1] < frames:
            last = found.frames[-1]
            raise SourceError(f"AlphaPose found somebody in frame {last}, but the video has {frames}, numbered from 0")
        if self.parameters.track and (found.ids == NOBODY).any():
            raise SourceError("AlphaPose gave poses without a track although it was asked to follow; say track: false")
        return found


def _source(video: VideoInput, links: Path) -> list[str]:
    """How the program is told of a video.

    It sorts a folder's images by their names and calls frames by them. So it is shown links to the images, numbered
    from 0 in the order in which they are frames.
    """
    if video.index.reader == "none":
        raise SourceError(f"{video.path} was published without pictures; use poses: import")
    if not video.path.is_dir():
        return ["--video", str(video.path.absolute())]
    links.mkdir()
    for number, image in enumerate(list_images(video.path)):
        (links / f"{number:08d}{image.suffix}").symlink_to(image.absolute())
    return ["--indir", str(links)]


def _to_frame(video: VideoInput) -> np.ndarray:
    """float64 (57,): factors from pixels of the source to pixels of the frames handed out, 1 for scores."""
    x, y = video.width / video.index.width, video.height / video.index.height
    return np.array([x, y, x, y, 1, 1, *([x, y, 1] * len(COCO17))])


def _own(folder: Path, recipe: AlphaPoseRecipe) -> tuple[Weights, ...]:
    """Files that decide numbers without being named on the command line (detector/apis.py, trackers of AlphaPose).

    Raises WeightsError where the tracker's settings name weights that are not there.
    """
    detector = recipe.detector
    if detector == "yolo":
        names = ["detector/yolo_cfg.py", "detector/yolo/data/yolov3-spp.weights"]
    else:
        file = "yolox_x" if detector == "yolox" else detector.replace("-", "_")
        names = ["detector/yolox_cfg.py", f"detector/yolox/data/{file}.pth"]
    found = [find_weights(name, [folder]) for name in names if (folder / name).is_file()]
    return (*found, *(_tracker(folder) if recipe.track else ()))


def _tracker(folder: Path) -> Iterator[Weights]:
    """The tracker's settings, and the weights by which it knows persons again, which these name."""
    if (folder / TRACKER).is_file():
        yield find_weights(TRACKER, [folder])
        settings = (folder / TRACKER).read_text(encoding="utf-8", errors="replace")
        yield from (find_weights(name, [folder]) for name in NAMED.findall(settings))


def _folder(name: str, folders: Sequence[Path]) -> Path:
    places = [Path(folder) / name for folder in folders] or [Path(name)]
    for place in places:
        if (place / PROGRAM).is_file():
            return place.absolute()
    looked = ", ".join(map(str, places))
    raise ConfigError(f"{WHAT}: no AlphaPose ({PROGRAM}) at {looked}; name its folder by 'checkout'")


def _interpreter(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ConfigError(f"{WHAT}: no interpreter {name!r}; name that of AlphaPose's environment by 'python'")
    return str(Path(found).absolute())


def _seconds(value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and value > 0):
        return value
    raise ConfigError(f"{WHAT}: timeout is {value!r}, expected seconds above 0")
