"""Train one model."""

from features.models.driver import train_model
from features.plan.job import run

run(snakemake, train_model)  # noqa: F821
