"""How long and how large: from the receipts of earlier runs on this machine, else from a plain guess."""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from features.errors import NoSpace
from features.plan.receipts import Receipt, receipts
from features.plan.registry import find
from features.plan.stages import FeatureStage, Stages
from features.plan.state import State

# Before any run: frames per second of a network on one core, about right for none and of the right order for most.
GUESSED_RATE = 10.0
# And of what only reads: the index, and features that look at no pictures.
READING_RATE = 1000.0
# Before a scan: frames of a video that nothing is known of yet (ten seconds at 25 fps), and its size.
GUESSED_FRAMES = 250
GUESSED_SIZE = (360, 640)


class Rates:
    """Frames per second for each recipe, as measured by earlier jobs."""

    def __init__(self, earlier: Iterable[Receipt]) -> None:
        frames: dict[str, int] = defaultdict(int)
        seconds: dict[str, float] = defaultdict(float)
        for receipt in earlier:
            if receipt.frames and receipt.seconds:
                for name in filter(None, (receipt.recipe, receipt.rule)):
                    frames[name] += receipt.frames
                    seconds[name] += receipt.seconds
        self._rates = {name: frames[name] / seconds[name] for name in frames}

    def of(self, rule: str, recipe: str, guess: float = GUESSED_RATE) -> float:
        """Frames per second of a recipe (its digest), else of its rule, else a guess."""
        return self._rates.get(recipe, self._rates.get(rule, guess))

    def of_index(self) -> float:
        """Frames per second of the index."""
        return self.of("index", "", READING_RATE)

    def of_stage(self, stage: FeatureStage) -> float:
        """Frames per second of a feature."""
        decodes = find("feature", stage.kind).decodes(stage.recipe)
        return self.of(stage.kind, stage.recipe.digest, GUESSED_RATE if decodes else READING_RATE)

    def measured(self, rule: str, recipe: str) -> bool:
        """Whether a rate rests on an earlier run."""
        return recipe in self._rates or rule in self._rates


def measured_rates(work: Path) -> Rates:
    """The rates that the plans below a work folder left behind."""
    return Rates(receipt for folder in sorted((work / "plans").glob("*/")) for receipt in receipts(folder))


def expected_frames(state: State) -> np.ndarray:
    """int64 (videos,): frames as scanned, else a guess."""
    return np.where(state.frames > 0, state.frames, GUESSED_FRAMES)


def stage_bytes(stage: FeatureStage, state: State, rows: np.ndarray) -> int:
    """Bytes that the artifacts of these rows will take, by the feature's own estimate."""
    feature = find("feature", stage.kind)
    frames = expected_frames(state)
    heights = np.where(state.heights > 0, state.heights, GUESSED_SIZE[0])
    widths = np.where(state.widths > 0, state.widths, GUESSED_SIZE[1])
    sizes, counts = _by_size(frames, heights, widths, rows)
    return sum(
        int(feature.estimated_bytes(stage.recipe, int(total), int(height), int(width)))
        for (height, width), total in zip(sizes, counts, strict=True)
    )


def _by_size(
    frames: np.ndarray, heights: np.ndarray, widths: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Frame sizes that occur among the rows, and the frames of each: a million videos have few sizes."""
    sizes, which = np.unique(np.stack([heights[rows], widths[rows]], axis=1), axis=0, return_inverse=True)
    return sizes, np.bincount(which.ravel(), weights=frames[rows], minlength=len(sizes))


def work_seconds(stages: Stages, state: State, missing: Mapping[str, np.ndarray], rates: Rates) -> np.ndarray:
    """float64 (videos,): estimated seconds of all that a video still needs."""
    frames = expected_frames(state)
    seconds = np.zeros(len(frames))
    for stage in stages.features:
        seconds += np.where(missing[stage.kind], frames / rates.of_stage(stage), 0.0)
    return seconds


def refuse_if_full(store: Path, stages: Stages, state: State, force: bool) -> None:
    """Refuse what cannot fit on the store's disk; videos that were never read are not guessed at.

    Raises NoSpace saying what is needed and what is free, unless `force`.
    """
    needed = sum(stage_bytes(stage, state, state.missing(stage.kind) & state.known) for stage in stages.features)
    free = shutil.disk_usage(store).free
    if needed > free and not force:
        raise NoSpace(
            f"what is missing needs about {needed / 1e6:,.0f} MB and {store} has {free / 1e6:,.0f} MB free; "
            "make room, ask for fewer features, or say --config force=true"
        )
