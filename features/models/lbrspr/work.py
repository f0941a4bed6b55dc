"""Training and scoring of LBR-SPR over artifacts: from `cubes` to a model artifact and to scores."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from features.errors import DatasetError
from features.models.base import Features
from features.models.lbrspr.recipe import LbrsprRecipe
from features.models.lbrspr.samples import Samples, load
from features.models.lbrspr.score import Statistics, block_name, load_models, score_video
from features.models.lbrspr.train import Trained, train_block
from features.models.scores import ScoresWriter
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter
from features.store.digest import digest

Say = Callable[[str], None]


def train(
    recipe: LbrsprRecipe, device: str, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say
) -> None:
    """Train one network per block; checkpoints after each epoch lie in `resume`.

    Raises DatasetError where no video has any cube.
    """
    # By digest: a model must not depend on what its videos are called, since its key does not.
    chosen = sorted(videos, key=lambda video: video.source)
    samples = load(chosen, recipe, resume)
    if len(samples) == 0:
        raise DatasetError(f"lbrspr: none of {len(videos)} videos has a cube to train on; look at its boxes")
    progress(f"{len(samples)} cubes of {len(videos)} videos")
    entries = []
    for block in _blocks(recipe.blocks):
        rows = samples.rows_of(block)
        if len(rows):
            checkpoint = resume / f"{block_name(block)}.safetensors", _identity(recipe, chosen, block)
            trained = train_block(samples, rows, recipe, block, torch.device(device), checkpoint, progress)
            entries.append(_write_block(out, block, trained))
    out.note(**_facts(recipe, samples, len(videos)), blocks=entries)


def score(
    recipe: LbrsprRecipe, device: str, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Say
) -> None:
    """Score each video's cubes and frames."""
    models = load_models(model, recipe, torch.device(device))
    scores = ScoresWriter(out)
    for number, video in enumerate(videos, start=1):
        scores.video(video.source, *score_video(models, video, recipe))
        progress(f"video {number} of {len(videos)}: {video.frames} frames")
    scores.close()
    out.note(transductive=True, score_of_frames_without_boxes=-recipe.big_number)


def _identity(recipe: LbrsprRecipe, videos: Sequence[Features], block: tuple[int, int]) -> str:
    cubes = [video.open("cubes").key for video in videos]
    return digest("training", [recipe.digest, list(block), cubes])


def _blocks(blocks: tuple[int, int]) -> list[tuple[int, int]]:
    return [(row, column) for row in range(blocks[0]) for column in range(blocks[1])]


def _write_block(out: ArtifactWriter, block: tuple[int, int], trained: Trained) -> dict[str, Any]:
    """Write a block's parameters and training errors; its entry in the model's statistics."""
    prefix = block_name(block)
    for name, tensor in trained.parameters.items():
        _write(out, f"{prefix}.{name}", np.atleast_1d(tensor.contiguous().numpy()))
    entry: dict[str, Any] = {"row": block[0], "column": block[1], "cubes": len(trained.raw_scores)}
    for kind, scores in (("raw", trained.raw_scores), ("of", trained.of_scores)):
        if scores is not None:
            _write(out, f"{prefix}.training_errors_{kind}", scores)
            statistics = Statistics.of(scores)
            entry[kind] = {"mean": statistics.mean, "deviation": statistics.deviation}
    return {**entry, "losses": trained.losses}


def _write(out: ArtifactWriter, name: str, values: np.ndarray) -> None:
    out.add(ArraySpec(name, values.dtype.name, values.shape[1:], max(1, min(len(values), 65536))))
    out.append(name, values)


def _facts(recipe: LbrsprRecipe, samples: Samples, videos: int) -> dict[str, Any]:
    return {"cubes": len(samples), "videos": videos, "epochs": recipe.epochs, "seed": recipe.seed, "mode": recipe.mode}
