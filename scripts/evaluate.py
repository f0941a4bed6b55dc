"""Evaluate all scores and the baselines."""

from features.evaluate.driver import evaluate_scores
from features.plan.job import run

run(snakemake, evaluate_scores)  # noqa: F821
