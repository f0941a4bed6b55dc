"""The key of an evaluation: protocols, baselines, what they read, and the labels."""

from typing import Any

from features.errors import ConfigError
from features.plan.config import Config
from features.plan.listing import Listing
from features.plan.registry import find
from features.plan.stages import Stages
from features.plan.state import State
from features.store.digest import artifact_key

JUDGED = ("test",)


def evaluation_recipe(config: Config, stages: Stages) -> Any:
    """The recipe of the config's evaluation; its `reads` are the kinds that the baselines are made from.

    Raises ConfigError for a protocol that is not declared, and for a model that bears a baseline's name.
    """
    recipe = find("step", "evaluation")(config.protocols, {stage.kind: stage.recipe for stage in stages.features})
    for stage in stages.models:
        if stage.label in recipe.baselines:
            raise ConfigError(f"a model is called {stage.label!r} as a baseline is; give it another 'label'")
    return recipe


def judged_rows(recipe: Any, stages: Stages, state: State) -> list[int]:
    """Rows of the test videos that the baselines and every model have something to say of."""
    kinds = list(recipe.reads)
    for stage in stages.models:
        kinds += [kind for kind in stage.reads if kind not in kinds]
    return state.usable(kinds, JUDGED)


def evaluation_inputs(recipe: Any, listing: Listing, stages: Stages, state: State) -> dict[str, list[str]]:
    """Role -> keys and digests of everything that an evaluation depends on."""
    rows = judged_rows(recipe, stages, state)
    return {
        "sources": [state.sources[row] for row in rows],
        "scores": [state.scores_key(stage) for stage in stages.models],
        "labels": [listing.labels_digest([state.videos[row].id for row in rows])],
        **{kind: [state.keys[kind][row] for row in rows] for kind in recipe.reads},
    }


def evaluation_key(config: Config, listing: Listing, stages: Stages, state: State) -> str:
    """The key of the config's evaluation."""
    recipe = evaluation_recipe(config, stages)
    inputs = evaluation_inputs(recipe, listing, stages, state)
    return artifact_key(recipe.digest, [entry for listed in inputs.values() for entry in listed])


def report_digest(config: Config, listing: Listing, stages: Stages, state: State) -> str:
    """What a report shows: the evaluation, and the features of every video by the recipes of now."""
    recipes = [stage.recipe.digest for stage in stages.features]
    return artifact_key(evaluation_key(config, listing, stages, state), [*recipes, *filter(None, state.sources)])
