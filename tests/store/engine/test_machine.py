"""A store behaves as a dictionary that forgets nothing, whatever crashes, reopens and races come in between."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from features.errors import NotStored, StoreError
from features.store.arrays import ArraySpec
from features.store.store import Store
from features.store.verify import check
from tests.store.engine.stand_ins import FORMATS, Crash, FailingDisk, Smooth, holds, key_of, put, rows_of

KEYS = st.integers(0, 5).map(key_of)
KINDS = st.sampled_from(["flow", "boxes"])


class StoreMachine(RuleBasedStateMachine):
    """`model` holds what must be there; `maybe` what a crash may or may not have published."""

    @initialize(form=st.sampled_from(FORMATS))
    def make(self, form: str) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store(self.folder / "store", form, create=True)
        self.model: set[tuple[str, str]] = set()
        self.maybe: set[tuple[str, str]] = set()
        self.failed: dict[tuple[str, str], str] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(kind=KINDS, key=KEYS)
    def put(self, kind: str, key: str) -> None:
        put(self.store, key, kind)
        self.model.add((kind, key))
        self._not_failed(kind, key)

    @rule(kind=KINDS, key=KEYS)
    def put_twice_at_once(self, kind: str, key: str) -> None:
        """Two writers of one artifact, their appends interleaved, as in two processes that hold no lease."""
        facts = {"recipe": Smooth(), "inputs": {"source": key_of("source")}}
        with self.store.create(kind, key, **facts) as one, Store(self.store.path).create(kind, key, **facts) as two:
            for out in (one, two):
                out.add(ArraySpec("flow", "int16", (2, 6, 8), scale_factor=1 / 64))
            for row in rows_of(key):
                one.append("flow", row[None])
                two.append("flow", row[None])
        self.model.add((kind, key))
        self._not_failed(kind, key)

    @rule(kind=KINDS, key=KEYS, call=st.integers(0, 40))
    def crash(self, kind: str, key: str, call: int) -> None:
        try:
            put(Store(self.store.path, self.store.format, disk=FailingDisk(call)), key, kind)
        except Crash:
            self.maybe.add((kind, key))
        else:
            self.model.add((kind, key))
            self._not_failed(kind, key)
        self.maybe -= self.model

    @rule(kind=KINDS, key=KEYS, call=st.integers(0, 40))
    def full_disk(self, kind: str, key: str, call: int) -> None:
        disk = FailingDisk(call, OSError(28, "full"))
        try:
            put(Store(self.store.path, self.store.format, disk=disk), key, kind)
        except StoreError:
            self.maybe.add((kind, key))
        else:
            self.model.add((kind, key))
            self._not_failed(kind, key)
        self.maybe -= self.model

    @rule(form=st.sampled_from(FORMATS))
    def reopen(self, form: str) -> None:
        self.store = Store(self.store.path, form)

    @rule(kind=KINDS, key=KEYS)
    def read(self, kind: str, key: str) -> None:
        there = holds(self.store, key, kind)
        if (kind, key) in self.maybe:
            self.maybe.discard((kind, key))
            self.model |= {(kind, key)} if there else set()
        assert there == ((kind, key) in self.model)
        if not there:
            with pytest.raises(NotStored):
                self.store.open(kind, key)

    @rule()
    def verify(self) -> None:
        for stored in self.store.artifacts():
            assert not list(check(stored.path))

    @rule(kind=KINDS, key=KEYS, reason=st.text(max_size=9))
    def fail(self, kind: str, key: str, reason: str) -> None:
        self.store.fail(kind, key, reason, name="video")
        for other in ("flow", "boxes"):  # one outcome to a key
            self.failed.pop((other, key), None)
        self.failed[kind, key] = reason

    @rule()
    def sweep(self) -> None:
        self.store.sweep(older=-1)

    @rule()
    def lose_what_is_derived(self) -> None:
        for name in ("catalogue", "leases", "sources", "trash"):
            shutil.rmtree(self.store.path / name, ignore_errors=True)

    @invariant()
    def the_catalogue_is_right(self) -> None:
        if hasattr(self, "store"):
            sure = sorted(self.model)
            for kind in ("flow", "boxes"):
                keys = [key for known, key in sure if known == kind]
                assert self.store.present(kind, keys).all()

    @invariant()
    def failures_are_right(self) -> None:
        if hasattr(self, "store"):
            for (kind, key), reason in self.failed.items():
                failure = self.store.failure(kind, key)
                assert failure is not None and failure.reason == reason

    def _not_failed(self, kind: str, key: str) -> None:
        self.failed.pop((kind, key), None)


@pytest.mark.parametrize("examples, steps", [(12, 25), pytest.param(200, 50, marks=pytest.mark.slow, id="10000 steps")])
def test_the_store_against_its_model(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
