"""Write the report."""

from features.plan.job import run
from features.report.driver import write_report

run(snakemake, write_report)  # noqa: F821
