"""One job: what a script of the workflow runs, with its plan, its log and its receipt."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import FeaturesError
from features.plan.plan import Plan, load
from features.plan.receipts import Receipt, write_receipt

LOGGER = logging.getLogger("features")
# Tells a terminal to empty the line from the cursor on.
CLEAR_LINE = "\x1b[K"


@dataclass(frozen=True)
class Job:
    """One batch of one rule, on some threads."""

    plan: Plan
    rule: str
    batch: str
    threads: int

    @property
    def name(self) -> str:
        """What a step over all videos makes, e.g. a model's label."""
        return self.plan.batch(self.rule, self.batch).name

    def receipt(self, **facts: Any) -> Receipt:
        """An empty receipt of this job."""
        return Receipt(self.rule, self.batch, **facts)


def run(snakemake: Any, work: Callable[[Job], Receipt | None]) -> None:
    """Run `work` for the job that a Snakemake script stands for; write its receipt, if it returns one.

    A FeaturesError ends the script with its one line, in the log and on the terminal; anything else with its trace.
    """
    output, log = Path(snakemake.output[0]), Path(snakemake.log[0])
    # Receipts lie at PLAN/receipts/RULE/BATCH.json, logs at PLAN/logs/RULE/BATCH.log.
    rule = log.parent.name
    with logging_to(log, rule):
        try:
            job = Job(load(log.parents[2]), rule, output.stem, snakemake.threads)
            receipt = work(job)
        except FeaturesError as error:
            LOGGER.error("%s", error)
            sys.exit(1)
        except KeyboardInterrupt:
            LOGGER.error("interrupted; what was committed stays, start snakemake again for the rest")
            sys.exit(130)
        except Exception:
            LOGGER.exception("%s: a defect of the program, not of your data", rule)
            sys.exit(1)
        if receipt is not None:
            write_receipt(job.plan, receipt)


class _Writable(logging.Formatter):
    """Messages that every file and terminal takes: file names that are no valid Unicode are spelt out."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).encode("utf-8", "backslashreplace").decode()


class _Terminal(logging.StreamHandler[Any]):
    """Standard error: on a terminal a line of progress is written over by what comes next, whoever writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Of progress a terminal gets the lines that renew themselves, a pipe or a file the others."""
        return getattr(record, "renewed", self.stream.isatty()) == self.stream.isatty() and bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message; after one that renews itself the cursor waits at the line's beginning."""
        self.terminator = "\r" if getattr(record, "renewed", False) else "\n"
        super().emit(record)

    def format(self, record: logging.LogRecord) -> str:
        """The message, on a terminal over whatever stood in the line."""
        return (CLEAR_LINE if self.stream.isatty() else "") + super().format(record)


@contextmanager
def logging_to(log: Path, rule: str) -> Iterator[None]:
    """Send the package's messages to a job's log file, and to standard error with the rule's name before them."""
    log.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [logging.FileHandler(log, encoding="utf-8"), _Terminal()]
    handlers[0].addFilter(lambda record: not getattr(record, "renewed", False))
    handlers[0].setFormatter(_Writable("%(asctime)s %(levelname)s %(message)s"))
    handlers[1].setFormatter(_Writable(f"{rule}: %(message)s"))
    LOGGER.setLevel(logging.INFO)
    for handler in handlers:
        LOGGER.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()


class Progress:
    """Rate and time left of a batch: a line that renews itself on a terminal, a plain line a minute in logs."""

    def __init__(self, frames: int, every: float = 60.0) -> None:
        self._frames = frames
        # Whether a line renews itself -> seconds between two of them, and when the last was said.
        self._every = {False: every, True: 1.0} if sys.stderr.isatty() else {False: every}
        self._start = time.monotonic()
        self._said = dict.fromkeys(self._every, self._start)
        self.done = 0

    def add(self, frames: int) -> None:
        """Count frames, and say so now and then."""
        self.done += frames
        now = time.monotonic()
        for renewed, every in self._every.items():
            if now - self._said[renewed] >= every:
                self._said[renewed] = now
                LOGGER.info("%s", self.line(now - self._start), extra={"renewed": renewed})

    def line(self, seconds: float) -> str:
        """`1200 of 5000 frames, 83.1/s, 46 s left`."""
        rate = self.done / seconds if seconds > 0 else 0.0
        left = f", {max(0, self._frames - self.done) / rate:.0f} s left" if rate else ""
        return f"{self.done} of {self._frames} frames, {rate:.1f}/s{left}"
