"""The key of an evaluation: protocols, baselines, what they read, and the labels."""

from collections.abc import Sequence
from typing import Any

from features.errors import ConfigError
from features.plan.config import Config
from features.plan.listing import Listing, Video
from features.plan.registry import find
from features.plan.stages import Stages
from features.plan.state import State
from features.store.digest import artifact_key, digest

JUDGED = ("test",)


def evaluation_recipe(config: Config, stages: Stages, videos: Sequence[Video]) -> Any:
    """The recipe of the config's evaluation; its `reads` are the kinds that the baselines are made from.

    Raises ConfigError for a protocol that is not declared, and for a model that bears a baseline's name.
    """
    features = {stage.kind: stage.recipe for stage in stages.features}
    recipe = find("step", "evaluation")(config.protocols, features, annotated(videos))
    for stage in stages.models:
        if stage.label in recipe.beside:
            raise ConfigError(f"a model is called {stage.label!r} as a baseline is; give it another 'label'")
    return recipe


def annotated(videos: Sequence[Video]) -> bool:
    """Whether it is published of every video that is judged what happens in it."""
    judged = [video for video in videos if video.split in JUDGED]
    return bool(judged) and all(video.annotation is not None for video in judged)


def judged_rows(recipe: Any, stages: Stages, state: State) -> list[int]:
    """Rows of the test videos that the baselines and every model have something to say of."""
    kinds = list(recipe.reads)
    for stage in stages.models:
        kinds += [kind for kind in stage.reads if kind not in kinds]
    return state.usable(kinds, JUDGED)


def evaluation_inputs(recipe: Any, listing: Listing, stages: Stages, state: State) -> dict[str, list[str]]:
    """Role -> keys and digests of everything that an evaluation depends on."""
    rows = judged_rows(recipe, stages, state)
    judged = [state.videos[row] for row in rows]
    return {
        "sources": [state.sources[row] for row in rows],
        "scores": [state.scores_key(stage) for stage in stages.models],
        "labels": [listing.labels_digest([video.id for video in judged])],
        **({"classes": [digest("classes", list(classes(judged).values()))]} if annotated(state.videos) else {}),
        **{kind: [state.keys[kind][row] for row in rows] for kind in recipe.reads},
    }


def classes(videos: Sequence[Video]) -> dict[str, str]:
    """Video id -> what its anomaly is called, `normal` where there is none; of videos that are annotated."""
    return {video.id: video.annotation.category for video in videos if video.annotation}


def evaluation_key(config: Config, listing: Listing, stages: Stages, state: State) -> str:
    """The key of the config's evaluation."""
    recipe = evaluation_recipe(config, stages, state.videos)
    inputs = evaluation_inputs(recipe, listing, stages, state)
    return artifact_key(recipe.digest, [entry for listed in inputs.values() for entry in listed])


def report_digest(config: Config, listing: Listing, stages: Stages, state: State) -> str:
    """What a report shows: the evaluation, and the features of every video by the recipes of now."""
    recipes = [stage.recipe.digest for stage in stages.features]
    return artifact_key(evaluation_key(config, listing, stages, state), [*recipes, *filter(None, state.sources)])
