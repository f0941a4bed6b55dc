"""Training and scoring of STG-NF over artifacts: from `poses` and `tracks` to a model artifact and to scores."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from features.errors import DatasetError
from features.models.base import Features
from features.models.scores import ScoresWriter
from features.models.stgnf.network import Flow
from features.models.stgnf.recipe import StgnfRecipe
from features.models.stgnf.samples import Samples, abnormal_joints, load, named, read_persons, rule_of
from features.models.stgnf.score import Scored, score_persons, with_nobody
from features.models.stgnf.train import train_network
from features.models.stgnf.weights import load_weights
from features.store.arrays import ArraySpec
from features.store.artifact import Artifact, ArtifactWriter
from features.store.digest import digest

Say = Callable[[str], None]


def train(
    recipe: StgnfRecipe, device: str, videos: Sequence[Features], out: ArtifactWriter, resume: Path, progress: Say
) -> None:
    """Write the parameters of the checkpoint that the recipe names, or train; after each epoch the state is kept.

    Raises DatasetError where no video has a window, or none is marked abnormal in supervised training.
    """
    if recipe.weights is not None:
        checkpoint = load_weights(recipe)
        _write(out, checkpoint.parameters)
        out.note(**_told(recipe), trained=False, weights=recipe.weights.name, **checkpoint.settings)
        return
    # By digest: a model must not depend on what its videos are called, since its key does not.
    chosen = sorted(videos, key=lambda video: video.source)
    samples = load(chosen, recipe)
    _check(samples, len(videos), recipe)
    progress(f"{len(samples) // recipe.num_transform} windows of {len(videos)} videos, {recipe.num_transform} times")
    state = resume / "stgnf.safetensors", _identity(recipe, chosen)
    network, losses = train_network(samples, recipe, torch.device(device), state, progress)
    _write(out, {name: value.cpu() for name, value in network.state_dict().items()})
    out.note(
        **_told(recipe),
        trained=True,
        windows=len(samples) // recipe.num_transform,
        abnormal_windows=int((samples.labels < 0).sum()) // recipe.num_transform,
        videos=len(videos),
        losses=losses,
        seed=recipe.seed,
        **calibrated(network, chosen, recipe),
    )


def score(
    recipe: StgnfRecipe, device: str, model: Artifact, videos: Sequence[Features], out: ArtifactWriter, progress: Say
) -> None:
    """Score each video's persons and frames."""
    network = load_network(model, recipe).to(torch.device(device))
    scored = []
    for number, video in enumerate(videos, start=1):
        scored.append(_score(network, video, recipe))
        progress(f"video {number} of {len(videos)}: {video.frames} frames")
    frames = [each.frames(video.frames) for each, video in zip(scored, videos, strict=True)]
    told, lowest = with_nobody(frames)
    scores = ScoresWriter(out, identified=True)
    for video, values, each in zip(videos, told, scored, strict=True):
        scores.video(video.source, values, each.objects, each.ids)
    scores.close()
    calibration = {name: value for name, value in model.meta["statistics"].items() if name == "threshold"}
    out.note(transductive=False, score_of_frames_without_persons=lowest, **calibration)


def load_network(model: Artifact, recipe: StgnfRecipe) -> Flow:
    """The network of a model artifact, in eval mode."""
    network = Flow(recipe.seg_len, recipe.K)
    network.load(
        {
            name: torch.from_numpy(np.array(model[name][:])).reshape(value.shape)
            for name, value in network.state_dict().items()
        }
    )
    return network.eval()


def calibrated(network: Flow, videos: Sequence[Features], recipe: StgnfRecipe) -> dict[str, Any]:
    """The note `threshold`: the score that a share `quantile` of the normal training frames do not exceed.

    Frames without a scored person and videos with any abnormal one are left out; no test video is ever looked at.
    Empty where no frame is left.
    """
    normal = [video for video in videos if not recipe.supervised or not abnormal_joints(video).any()]
    scores = [_score(network, video, recipe).frames(video.frames) for video in normal]
    known = np.concatenate([np.empty(0), *scores])
    known = known[np.isfinite(known)]
    if len(known) == 0:
        return {}
    return {"threshold": {"quantile": recipe.quantile, "value": float(np.quantile(known, recipe.quantile))}}


def _score(network: Flow, video: Features, recipe: StgnfRecipe) -> Scored:
    with named(video), np.errstate(over="ignore", invalid="ignore"):  # scores that are no numbers are an error
        return score_persons(network, read_persons(video), video.height, recipe)


def _check(samples: Samples, videos: int, recipe: StgnfRecipe) -> None:
    if len(samples) == 0:
        raise DatasetError(
            f"stgnf: nobody in {videos} videos is tracked for {recipe.seg_len} frames; look at poses and tracks"
        )
    if recipe.supervised and (samples.labels > 0).all():
        raise DatasetError(
            f"stgnf: no window of {videos} videos is marked abnormal, so nothing can be supervised; see that the data "
            "set hands out its abnormal training videos (its option supervised) with their masks"
        )


def _told(recipe: StgnfRecipe) -> dict[str, Any]:
    """The notes that say by which rule windows are cut."""
    rule = rule_of(recipe)
    return {"rule": rule.name, "differences": list(rule.differences)}


def _identity(recipe: StgnfRecipe, videos: Sequence[Features]) -> str:
    kinds = ("poses", "tracks", *(("person_labels",) if recipe.supervised else ()))
    return digest("training", [recipe.digest, [video.open(kind).key for video in videos for kind in kinds]])


def _write(out: ArtifactWriter, parameters: dict[str, torch.Tensor]) -> None:
    for name, tensor in parameters.items():
        values = np.atleast_1d(tensor.contiguous().numpy())
        out.add(ArraySpec(name, values.dtype.name, values.shape[1:], len(values)))
        out.append(name, values)
