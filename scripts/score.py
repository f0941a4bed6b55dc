"""Score with one model."""

from features.models.driver import score_model
from features.plan.job import run

run(snakemake, score_model)  # noqa: F821
