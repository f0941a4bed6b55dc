"""Read every video of one batch once."""

from features.extract.driver import index_batch
from features.plan.job import run

run(snakemake, index_batch)  # noqa: F821
