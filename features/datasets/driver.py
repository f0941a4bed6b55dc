"""The steps before the first feature: let a data set make its videos, and check them against their labels."""

from typing import cast

from features.datasets.base import Dataset
from features.datasets.counts import check_counts
from features.plan.estimate import refuse_if_full
from features.plan.job import LOGGER, Job
from features.plan.receipts import Receipt
from features.plan.roots import write_project_root
from features.plan.standing import standing
from features.plan.state import open_dataset


def prepare(job: Job) -> Receipt:
    """Let the data set make its videos, where it makes its own."""
    dataset = cast(Dataset, open_dataset(job.plan.config))
    if dataset.ready():
        return job.receipt(reused=[dataset.name])
    dataset.prepare()
    return job.receipt(computed=[dataset.name])


def survey(job: Job) -> Receipt:
    """Check frame counts against labels and the plan against the disk; write the project's root.

    Raises DatasetError naming a video whose labels are for another number of frames, and NoSpace.
    """
    now = standing(job)
    dataset = cast(Dataset, open_dataset(job.plan.config))
    counted = {
        video.id: int(frames)
        for video, frames, problem in zip(now.state.videos, now.state.frames, now.state.problems, strict=True)
        if frames and not problem
    }
    check_counts(dataset, counted)
    now.store.sweep()
    refuse_if_full(now.store.path, now.stages, now.state, job.plan.config.force)
    write_project_root(now.store, job.plan.dataset, now.stages, now.state, "")
    for note in dataset.notes():
        LOGGER.info("%s", note)
    undecodable = {v.id: p for v, p in zip(now.state.videos, now.state.problems, strict=True) if p}
    return job.receipt(computed=[dataset.name], failed=undecodable, frames=sum(counted.values()))
