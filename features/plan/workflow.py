"""The Snakefile's view of a plan: paths, dependencies, resources. Rules stay a few lines each."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.errors import FeaturesError
from features.plan.config import read_config
from features.plan.plan import Plan, load
from features.plan.planner import make_plan
from features.plan.registry import names

# Names the plan's folder to the jobs that a main process starts, on this machine or another.
PLAN_VARIABLE = "FEATURES_PLAN"

# Lets glibc's malloc ask for pages of 2 MB. A network on a CPU goes through more memory than a processor keeps pages of
# 4 KB for: it is faster, and no longer so by the chance of where its pages lie. Read once, when a process starts.
LARGE_PAGES = ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")

Wildcards = Any
InputFunction = Callable[[Wildcards], list[str]]


class Workflow:
    """One run's plan, as rules see it: batch ids and receipts, never lists of videos."""

    def __init__(self, plan: Plan, cores: int) -> None:
        self.plan = plan
        self.cores = cores
        self.kinds = list(names("feature"))
        self.report = str(plan.config.work / "report.html")

    def receipt(self, rule: str) -> str:
        """Pattern of the receipts of a rule."""
        return str(self.plan.folder / "receipts" / rule / "{batch}.json")

    def log(self, rule: str) -> str:
        """Pattern of the logs of a rule."""
        return str(self.plan.folder / "logs" / rule / "{batch}.log")

    def benchmark(self, rule: str) -> str:
        """Pattern of the benchmark files of a rule."""
        return str(self.plan.folder / "benchmarks" / rule / "{batch}.tsv")

    def all(self, *rules: str) -> list[str]:
        """Receipts of all batches of some rules."""
        return [str(self.plan.receipt(rule, b.id)) for rule in rules for b in self.plan.batches.get(rule, ())]

    def before(self, rule: str) -> InputFunction:
        """Input function of a feature's rule: the same group's batches of what it reads, if they are in the plan."""

        def receipts(wildcards: Wildcards) -> list[str]:
            group = self.plan.batch(rule, wildcards.batch).group
            listed = self.all("survey")
            for above in self.plan.reads[rule]:
                same = (batch for batch in self.plan.batches.get(above, ()) if batch.group == group)
                listed += [str(self.plan.receipt(above, batch.id)) for batch in same]
            return listed

        return receipts

    def after_features(self, rule: str) -> list[str]:
        """Receipts of every batch of the features that a step over all videos reads, and of the survey."""
        return self.all("survey", *self.plan.reads.get(rule, ()))

    def results(self) -> list[str]:
        """What the report waits for; the plan itself where there is work, or the page shows something else.

        Snakemake does not make a receipt for a page that is newer than everything that is there: the plan is newer.
        """
        receipts = self.all(*self.plan.batches)
        current = self.plan.report and page_digest(Path(self.report)) == self.plan.report
        return receipts if current and not receipts else [*receipts, str(self.plan.folder / "plan.zip")]

    def minutes(self, rule: str) -> Callable[..., int]:
        """Resource function: run time to ask for in minutes, three times the estimate, and more at each attempt."""

        def runtime(wildcards: Wildcards, attempt: int) -> int:
            seconds = self.plan.batch(rule, wildcards.batch).seconds
            return max(10, round(3 * seconds / 60)) * attempt

        return runtime

    def memory(self, megabytes: int) -> Callable[..., int]:
        """Resource function: memory to ask for, more at each attempt."""

        def mem_mb(wildcards: Wildcards, attempt: int) -> int:
            return megabytes * attempt

        return mem_mb

    @property
    def gpus(self) -> int:
        """GPUs that a job with a network asks for."""
        return 0 if self.plan.config.device == "cpu" else int(self.plan.config.device != "auto")

    @property
    def report_log(self) -> str:
        """The log of the report, which has no batch."""
        return str(self.plan.folder / "logs" / "report" / "report.log")

    @property
    def report_benchmark(self) -> str:
        """The benchmark file of the report."""
        return str(self.plan.folder / "benchmarks" / "report" / "report.tsv")


def workflow_of(config: Mapping[str, Any], main: bool, cores: int | None, files: Sequence[str | Path] = ()) -> Workflow:
    """The workflow for a Snakefile: the main process plans, jobs read the plan that it froze.

    `files` are those that the config was read from; the report names them.

    What a user can mend ends Snakemake with its one line, without a trace. Jobs, which are processes started from here,
    use large pages unless the user's environment says something else.
    """
    os.environ.setdefault(*LARGE_PAGES)
    folder = os.environ.get(PLAN_VARIABLE)
    cores = cores or os.cpu_count() or 1
    try:
        if folder is not None and not main:
            return Workflow(load(Path(folder)), cores)
        plan = make_plan(read_config(config), cores, ", ".join(Path(file).name for file in files))
    except FeaturesError as error:
        sys.exit(f"features: {error}")
    os.environ[PLAN_VARIABLE] = str(plan.folder)
    return Workflow(plan, cores)


def page_digest(page: Path) -> str:
    """The digest of what a report page shows, as its head names it; "" where there is no page."""
    try:
        with page.open(encoding="utf-8") as file:
            head = file.read(4096)
    except FileNotFoundError:
        return ""
    found = re.search(r'<meta name="features-shows" content="([0-9a-f]*)">', head)
    return found.group(1) if found else ""
