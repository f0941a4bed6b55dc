"""The recipe of an evaluation: which protocols and which baselines, each in which version."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from features.evaluate.baselines import BASELINES, available
from features.evaluate.oracles import ORACLES
from features.evaluate.protocols import find_protocols
from features.extract.tracks.recipe import TracksRecipe
from features.store.recipe import Recipe


class EvaluationRecipe(Recipe):
    """How scores become figures, and what they are compared with.

    protocols, baselines, oracles   name -> version
    """

    kind: ClassVar[str] = "evaluation"
    backend: ClassVar[str] = "protocols"

    # 2: alarms at a model's own threshold, and where anomalies were found.
    # 3: figures of abnormal videos and of classes, where videos are annotated.
    version: ClassVar[int] = 3

    protocols: dict[str, int]
    baselines: dict[str, int]
    oracles: dict[str, int]

    @property
    def beside(self) -> frozenset[str]:
        """The names of what stands beside the models in every table."""
        return frozenset((*self.baselines, *self.oracles))

    @property
    def reads(self) -> tuple[str, ...]:
        """The kinds of artifact that the baselines are made from."""
        return tuple(dict.fromkeys(kind for name in self.baselines for kind in BASELINES[name].reads))


def evaluation_recipe(
    protocols: Sequence[str], features: Mapping[str, Recipe], annotated: bool = False
) -> EvaluationRecipe:
    """The recipe for the protocols of a config, with every baseline that its features (kind -> recipe) allow.

    `annotated`: it is published which videos are abnormal, so that what a perfect video label gives stands beside.

    Raises ConfigError naming the nearest protocol that exists.
    """
    # Baselines follow persons: tracks of boxes do not say who is who among poses.
    kinds = [kind for kind, recipe in features.items() if not _of_boxes(recipe)]
    return EvaluationRecipe(
        protocols={protocol.name: protocol.version for protocol in find_protocols(protocols)},
        baselines={baseline.name: baseline.version for baseline in available(kinds, annotated)},
        oracles={oracle.name: oracle.version for oracle in ORACLES.values()} if annotated else {},
    )


def _of_boxes(recipe: Recipe) -> bool:
    return isinstance(recipe, TracksRecipe) and recipe.rows.kind == "boxes"
