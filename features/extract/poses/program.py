"""Runs a program that is not ours: no shell, its own group of processes, nothing of it left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from features.errors import SourceError

LOOK_EVERY = 0.5
TAIL_BYTES, TAIL_LINES = 4096, 3
# Has Linux end the program when this process is killed (prctl 1, PR_SET_PDEATHSIG), which then cannot end it itself.
START = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, {signal}); os.execvp(sys.argv[1], sys.argv[1:])"


def run(command: Sequence[str], folder: Path, logs: Path, seconds: float, gave_up: str) -> None:
    """Run a command in a folder to its end; what it prints goes to files in `logs`.

    `gave_up` is what it prints where it has failed without saying so by its exit status, and perhaps hangs: it is
    ended as soon as that is seen. Whatever happens, none of its processes is alive afterwards.

    Raises SourceError with the last lines it printed where it fails, or runs longer than `seconds`.
    """
    name = Path(command[1]).name
    printed, errors = logs / "stdout", logs / "stderr"
    with printed.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", START.format(signal=int(signal.SIGKILL)), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        try:
            _wait(process, printed, seconds, gave_up, name)
        finally:
            _end(process)
    if process.returncode:
        raise SourceError(f"{name} ended with status {process.returncode}: {_last_lines(errors)}")
    if gave_up in _tail(printed):
        raise SourceError(f"{name} failed but ended as if all were well: {_last_lines(printed)}")


def _wait(process: subprocess.Popen[bytes], printed: Path, seconds: float, gave_up: str, name: str) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_EVERY)
            return
        if gave_up in _tail(printed):
            raise SourceError(f"{name} failed and did not end by itself: {_last_lines(printed)}")
        if time.monotonic() > deadline:
            raise SourceError(f"{name} did not end within {seconds:.0f} s and was ended; raise its 'timeout'")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program's group of processes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", errors="replace")


def _last_lines(path: Path) -> str:
    """The end of what was printed, as one line; progress bars overwrite themselves with carriage returns."""
    lines = [line.strip() for line in _tail(path).replace("\r", "\n").split("\n") if line.strip()]
    return " | ".join(lines[-TAIL_LINES:]) or "it printed nothing"
