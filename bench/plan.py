"""Planning at scale: `snakemake -n` over a data set of N videos that were scanned once, and the start of a sub-job.

    python -m bench.plan [N ...]      by default 100 1000 10000 100000; 1000000 takes some minutes to set up

The baseline, in the same run, is Snakemake's own start: a dry run of a workflow of one rule. Videos are empty files;
the scan cache is filled as scans would fill it. Nothing is in the store, so that everything has to be planned.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.machine import save
from features.plan.plan import load
from features.report import charts
from features.store.digest import digest
from features.store.store import Store
from features.video.scan import ScanCache
from features.video.signature import sign

PROJECT = Path(__file__).resolve().parent.parent
SIZES = (100, 1000, 10_000, 100_000)
CONFIG = """
dataset: folder
root: videos
device: cpu
force: true
features: {flow: dis, boxes: motion, cubes: lbrspr}
models: [{name: lbrspr}]
"""
TRIVIAL = "rule all:\n    output: touch('done')\n"


def main(sizes: list[int]) -> None:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "trivial").write_text(TRIVIAL)
        start = dry_run(base, base / "trivial")
        for size in sizes:
            lab = base / str(size)
            # In a process of its own: what a parent has in memory counts in its children's peak.
            maker = get_context("spawn").Process(target=make_lab, args=(lab, size))
            maker.start()
            maker.join()
            planned = dry_run(lab, PROJECT / "Snakefile")
            job = sub_job(lab)
            rows.append({"videos": size, "snakemake": start, "dry_run": planned, "sub_job": job})
            print(f"{size:>9} videos: dry run {show(planned)}; sub-job {show(job)}; Snakemake alone {show(start)}")
            shutil.rmtree(lab)
    save("plan", {"rows": rows})
    plot(rows)


def plot(rows: list[dict[str, Any]]) -> None:
    """Processor seconds over videos, for the docs."""
    with charts.drawing(640, 320) as figure:
        axes = figure.add_axes((0.1, 0.16, 0.86, 0.78))
        videos = [row["videos"] for row in rows]
        for name, what in (("dry_run", "dry run"), ("sub_job", "start of a sub-job"), ("snakemake", "Snakemake alone")):
            axes.plot(videos, [row[name]["cpu_s"] for row in rows], marker="o", label=what)
        axes.set(xscale="log", yscale="log", xlabel="videos", ylabel="processor seconds")
        axes.legend(frameon=False)
        charts.save(figure, PROJECT / "docs" / "images" / "plan.svg")


def make_lab(lab: Path, size: int) -> None:
    """A folder of `size` empty videos that the scan cache knows."""
    (lab / "config.yaml").parent.mkdir(parents=True)
    (lab / "config.yaml").write_text(CONFIG)
    sources = lab / "store" / "sources"
    lines = []
    for number in range(size):
        folder = lab / "videos" / "test" / f"{number // 1000:04d}"
        if number % 1000 == 0:
            folder.mkdir(parents=True)
        path = folder / f"{number:07d}.mp4"
        path.touch()
        signature = sign(path)
        assert signature is not None
        index = {"frames": 250, "height": 360, "width": 640}
        facts = {"signature": signature.value.hex(), "digest": digest("bench", number)}
        lines.append(json.dumps({**facts, "time": time.time(), "settled": True, "index": index}))
    Store(lab / "store", create=True)
    (sources / "bench.jsonl").write_text("".join(f"{line}\n" for line in lines))
    ScanCache(sources).lookup([])


def dry_run(folder: Path, snakefile: Path) -> dict[str, float]:
    """Seconds and megabytes of `snakemake -n`."""
    return measured([sys.executable, "-m", "snakemake", "-n", "-q", "all", "-s", str(snakefile)], folder)


def sub_job(lab: Path) -> dict[str, float]:
    """Seconds and megabytes of what a cluster job starts, up to its script: one batch of flow, as a dry run."""
    folder = max((lab / "work" / "plans").iterdir())
    plan = load(folder)
    batch = plan.batches["flow"][0].id
    words = ["--target-jobs", f"flow_batch:batch={batch}", "--allowed-rules", "flow_batch", "--mode", "subprocess"]
    start = [sys.executable, "-m", "snakemake", "-n", "-q", "all", "-s", str(PROJECT / "Snakefile"), "--nolock"]
    return measured([*start, *words, "--force"], lab, FEATURES_PLAN=str(folder))


def measured(command: list[str], folder: Path, **environment: str) -> dict[str, float]:
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    return {
        "wall_s": round(time.perf_counter() - start, 2),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }


def show(figures: dict[str, float]) -> str:
    return f"{figures['wall_s']} s ({figures['cpu_s']} CPU s, {figures['peak_mb']:.0f} MB)"


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
