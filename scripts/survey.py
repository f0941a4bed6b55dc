"""Check the videos against their labels and the disk; write the project's root."""

from features.datasets.driver import survey
from features.plan.job import run

run(snakemake, survey)  # noqa: F821
