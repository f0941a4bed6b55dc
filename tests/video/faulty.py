"""A decoding process that does what the name of the video says: crash, hang, eat memory."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from features.video import worker

honest_probe = worker.probe


def misbehave(path: Path, beat: Any) -> Any:
    """Index a video, or fail as its name says."""
    if "crash" in path.name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "hang" in path.name:
        time.sleep(600)
    if "eat" in path.name:
        hoard = []
        while True:
            hoard.append(bytearray(1 << 26))
    if "babble" in path.name:
        print("a library that prints", flush=True)
    return honest_probe(path, beat)


def main(shared: int, memory: int) -> None:
    """The honest worker with a dishonest decoder."""
    worker.probe = misbehave
    worker.main(shared, memory)
