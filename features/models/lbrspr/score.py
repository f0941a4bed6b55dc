"""Scoring as published: yuguangnudt/LBR_SPR @420d334, test.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from features.errors import FeaturesError, SourceError
from features.models.base import Features
from features.models.lbrspr.engine import Engine
from features.models.lbrspr.network import AutoEncoders
from features.models.lbrspr.recipe import LbrsprRecipe
from features.models.lbrspr.samples import Samples, read
from features.models.lbrspr.train import evaluate_errors
from features.store.artifact import Artifact

Block = tuple[int, int]


@dataclass(frozen=True)
class Statistics:
    """Mean and population standard deviation of one block's training errors; 1 where all errors are equal."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, scores: np.ndarray) -> "Statistics":
        """The statistics of training errors (n,)."""
        deviation = float(scores.std(dtype=np.float64))
        return cls(float(scores.mean(dtype=np.float64)), deviation if deviation > 0 else 1.0)

    def standardised(self, scores: np.ndarray) -> np.ndarray:
        """float64 (n,): how many standard deviations above the training mean."""
        return (scores.astype(np.float64) - self.mean) / self.deviation


@dataclass(frozen=True)
class BlockModel:
    """One block's network with the statistics of its training errors; `of` None without flow."""

    engine: Engine
    raw: Statistics
    of: Statistics | None


def block_name(block: Block) -> str:
    """`block_0_0`: the beginning of the names of a block's arrays."""
    return f"block_{block[0]}_{block[1]}"


def load_models(model: Artifact, recipe: LbrsprRecipe, device: torch.device) -> dict[Block, BlockModel]:
    """The trained networks of a model artifact; blocks that had no cubes to train on are missing."""
    return {
        (entry["row"], entry["column"]): _load_block(model, entry, recipe, device)
        for entry in model.meta["statistics"]["blocks"]
    }


def _load_block(model: Artifact, entry: Mapping[str, Any], recipe: LbrsprRecipe, device: torch.device) -> BlockModel:
    prefix = block_name((entry["row"], entry["column"]))
    network = AutoEncoders(recipe.use_flow)
    network.load_state_dict(
        {
            name: torch.from_numpy(np.array(model[f"{prefix}.{name}"][:])).reshape(value.shape)
            for name, value in network.state_dict().items()
        }
    )
    of = Statistics(**entry["of"]) if recipe.use_flow else None
    return BlockModel(Engine(network, device, recipe.precision), Statistics(**entry["raw"]), of)


def cube_scores(models: Mapping[Block, BlockModel], samples: Samples, recipe: LbrsprRecipe) -> np.ndarray:
    """float32 (cubes,): weighted standardised errors; `big_number` where the cube's block has no model."""
    scores = np.full(len(samples), recipe.big_number, np.float32)
    for block, model in models.items():
        rows = samples.rows_of(block)
        if len(rows) == 0:
            continue
        raw, of = evaluate_errors(model.engine, samples, rows, recipe.batch)
        total = model.raw.standardised(raw)
        if of is not None and model.of is not None:
            total = recipe.w_raw * total + recipe.w_of * model.of.standardised(of)
        scores[rows] = total
    return scores


def frame_scores(frames: int, frame_of_cube: np.ndarray, scores: np.ndarray, big_number: float) -> np.ndarray:
    """float32 (frames,): the highest score of each frame's cubes, -big_number for a frame without any.

    The published pixel map, raised box by box, has this same maximum; boxes that hold a pixel are all there are.
    """
    highest = np.full(frames, -big_number, np.float32)
    np.maximum.at(highest, frame_of_cube, scores)
    return highest


def score_video(
    models: Mapping[Block, BlockModel], video: Features, recipe: LbrsprRecipe
) -> tuple[np.ndarray, np.ndarray]:
    """Frame scores (frames,) and objects (n, 6): frame, x1, y1, x2, y2, score.

    Raises SourceError where the cubes were cut from another number of frames, FeaturesError on scores without number.
    """
    with video.open("cubes") as cubes:
        table = cubes.table("boxes")
        frame = table.frame_numbers()
        if table.frames != video.frames:
            raise SourceError(f"video {video.said} has {video.frames} frames, its cubes {table.frames}")
        parts = [cube_scores(models, part, recipe) for part in read(cubes, recipe, video.source)]
    scores = np.concatenate([np.zeros(0, np.float32), *parts])
    if not np.isfinite(scores).all():
        bad = int((~np.isfinite(scores)).sum())
        raise FeaturesError(f"lbrspr: {bad} of {len(scores)} cube scores of video {video.said} are no numbers")
    objects = np.column_stack([frame, table.values[:, :4], scores]).astype(np.float32)
    return frame_scores(video.frames, frame, scores, recipe.big_number), objects
