"""Let the data set make its videos."""

from features.datasets.driver import prepare
from features.plan.job import run

run(snakemake, prepare)  # noqa: F821
