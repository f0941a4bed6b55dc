"""Processes that are killed, and processes that race: no artifact is torn, none is lost, none is computed twice."""

import contextlib
import itertools
import multiprocessing
import os
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from features.store.store import Store
from features.store.verify import check
from tests.store.engine.stand_ins import FORMATS, holds, key_of, put, temporaries

COMMITTER = Path(__file__).with_name("committer.py")


def committer(store: Store, first: int, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, str(COMMITTER), str(store.path), store.format, str(first), str(count)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def computed(process: subprocess.Popen[str]) -> list[int]:
    """Wait for the end; the numbers that this process committed."""
    out, _ = process.communicate(timeout=60)
    return [int(line) for line in out.split()]


def commit_forever(store: Store, said: Connection) -> None:
    for number in itertools.count():
        with store.lease("flow", key_of(number)) as ours:
            if ours and not store.has("flow", key_of(number)):
                put(store, key_of(number))
                said.send_bytes(str(number).encode())


def commit_until_killed(store: Store, seconds: float) -> set[int]:
    """Kill a committing process some time after its first commit; the numbers it said it committed."""
    context = multiprocessing.get_context("fork")
    hears, says = context.Pipe(duplex=False)
    process = context.Process(target=commit_forever, args=(store, says))
    process.start()
    says.close()
    said = {int(hears.recv_bytes())}
    time.sleep(seconds)
    process.kill()
    process.join()
    with contextlib.suppress(EOFError):
        while True:
            said.add(int(hears.recv_bytes()))
    return said


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.slow, id="200 kills in two formats")])
def test_a_kill_at_a_random_moment_tears_nothing(tmp_path: Path, form: str, kills: int) -> None:
    store = Store(tmp_path / "store", form, create=True)
    rng = np.random.default_rng(0)
    said: set[int] = set()
    sound: set[str] = set()
    for _ in range(kills):
        said |= commit_until_killed(store, rng.uniform(0.0, 0.03))
        new = [stored for stored in store.artifacts() if stored.key not in sound]
        assert not [finding for stored in new for finding in check(stored.path)]
        sound |= {stored.key for stored in new}
        assert sound >= {key_of(number) for number in said}
    wanted = {key_of(number) for number in range(max(said) + 3)}
    age_leases(store, 301)
    finished = {key_of(number) for number in computed(committer(store, 0, max(said) + 3))}
    assert finished == wanted - sound, "the next run finishes the rest and computes nothing again"
    store.sweep(older=-1)
    assert temporaries(store) == []


@pytest.mark.parametrize("form", FORMATS)
def test_two_processes_on_the_same_artifacts_share_the_work(tmp_path: Path, form: str) -> None:
    store = Store(tmp_path / "store", form, create=True)
    processes = [committer(store, 0, 25) for _ in range(2)]
    numbers = [number for process in processes for number in computed(process)]
    assert sorted(numbers) == list(range(25)), "the lease keeps one from computing what the other is at"
    assert all(holds(store, key_of(number)) for number in range(25))
    assert temporaries(store) == []


def test_the_lease_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", create=True)
    code = (
        "import sys, time; from features.store.store import Store\n"
        "with Store(sys.argv[1]).lease('flow', sys.argv[2]) as ours: print(ours, flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", code, str(store.path), key_of(1)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        with store.lease("flow", key_of(1)) as ours:
            assert not ours, "its holder lives"
        process.kill()
    with store.lease("flow", key_of(1)) as ours:
        assert ours, "its holder is dead"


def age_leases(store: Store, seconds: float) -> None:
    """Let time pass without anybody renewing a lease."""
    for path in (store.path / "leases").iterdir():
        os.utime(path, (time.time() - seconds, time.time() - seconds))


@pytest.mark.parametrize("content", ["", "half a rec", "another-host\n1\n"])
@pytest.mark.parametrize("age, taken", [(200, False), (301, True)])
def test_a_lease_that_nobody_renews_is_taken_over_after_five_minutes(
    tmp_path: Path, content: str, age: float, taken: bool
) -> None:
    """Torn by a kill in its making, or of a host that has gone: there is no process to look for."""
    store = Store(tmp_path / "store", create=True)
    (store.path / "leases" / key_of(1)).write_text(content)
    age_leases(store, age)
    with store.lease("flow", key_of(1)) as ours:
        assert ours == taken
        assert len(list((store.path / "leases").iterdir())) == 1
    assert len(list((store.path / "leases").iterdir())) == (0 if taken else 1)


def test_a_lease_is_free_again_after_its_block(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", create=True)
    with pytest.raises(KeyError), store.lease("flow", key_of(1)):
        raise KeyError("of the extractor")
    with store.lease("flow", key_of(1)) as ours, store.lease("flow", key_of(2)) as other:
        assert ours and other


def test_correctness_does_not_rest_on_the_lease(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", create=True)
    with store.lease("flow", key_of(1)):
        put(store, key_of(1))
        put(store, key_of(1))
    assert holds(store, key_of(1))
