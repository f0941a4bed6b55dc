"""Time and peak memory of each rule on Ped2, from raw video on, and of a second run of everything.

    python -m bench.ped2 --cores 2

Features, baselines and report of `config/ucsdped2-vec.yaml` (VEC's boxes) and `config/ucsdped2.yaml` (own boxes),
without training, which takes an hour. Each is run into a store of its own, then again; the first run is the baseline of
the second. Needs the folder of the test data.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.machine import save, shared

PROJECT = Path(__file__).resolve().parent.parent
CONFIGS = ("ucsdped2-vec", "ucsdped2")
NOTHING = "Nothing to be done"


def main() -> None:
    """Run all, print the rows and write them to results/."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=2)
    cores = parser.parse_args().cores
    rows = [measured(name, cores) for name in CONFIGS]
    for row in rows:
        print(f"{row['config']}: {row['first_s']} s from nothing, {row['second_s']} s again")
        for rule in row["rules"]:
            print(f"  {rule['rule']:10} {rule['longest_s']:8.1f} s {rule['peak_mb']:8.0f} MB")
    save("ped2", {"cores": cores, "rows": rows})


def measured(config: str, cores: int) -> dict[str, Any]:
    """One config from nothing, then again.

    Ends the program where a run fails, or the second one finds something to do.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, _ = run(config, cores, folder)
        rules = list(by_rule(folder / "work"))
        second, said = run(config, cores, folder)
    if NOTHING not in said:
        raise SystemExit(f"{config}: the second run had something to do:\n{said[-2000:]}")
    return {"config": config, "first_s": round(first, 1), "second_s": round(second, 1), "rules": rules}


def run(config: str, cores: int, folder: Path) -> tuple[float, str]:
    """Seconds of one run on the clock, and what Snakemake said."""
    ped2, weights = shared("data", "ucsdped2"), shared("weights")
    words = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--snakefile", str(PROJECT / "Snakefile")]
    files = ["--configfile", str(PROJECT / "config" / f"{config}.yaml"), "--directory", str(folder)]
    asked = [f"root={ped2}", f"weights=[{weights},{ped2}]", f"store={folder / 'store'}", f"work={folder / 'work'}"]
    start = time.perf_counter()
    done = subprocess.run([*words, *files, "--config", *asked, "models=[]"], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return seconds, done.stdout + done.stderr


def by_rule(work: Path) -> Iterator[dict[str, Any]]:
    """Of each rule its jobs, the seconds of the longest, and the most memory that one and its children had.

    Snakemake looks every few tenths of a second: a job that is shorter may have had more.
    """
    for folder in sorted(path for path in work.glob("plans/*/benchmarks/*") if path.is_dir()):
        jobs = [row for file in folder.glob("*.tsv") for row in csv.DictReader(file.open(), delimiter="\t")]
        yield {
            "rule": folder.name,
            "jobs": len(jobs),
            "longest_s": max(float(job["s"]) for job in jobs),
            "peak_mb": max(float(job["max_rss"]) for job in jobs),
        }


if __name__ == "__main__":
    main()
