"""Work through one batch of one feature."""

from features.extract.driver import extract_batch
from features.plan.job import run

run(snakemake, lambda job: extract_batch(job, snakemake.params.kind))  # noqa: F821
