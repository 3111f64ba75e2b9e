"""The run as a machine that also crashes and goes back: whatever it went back over counts no more, and only that."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.core.test_run_machine import RunMachine
from webnn.core import events as ev
from webnn.core.aftermath import LeaseRecord
from webnn.core.leases import Outcome
from webnn.core.run import Run


class RestartMachine(RunMachine):
    """Adds checkpoints, crashes and going back, with a journal that knows every lease."""

    def __init__(self) -> None:
        super().__init__()
        self.checkpoints: list[dict[str, Any]] = []
        self.merged_into: dict[str, int] = {}
        self.ended_at: dict[str, float] = {}
        self.lives = 0

    def handle(self, event: ev.Event) -> None:
        before = set(self.outcomes)
        super().handle(event)
        for lease_id in set(self.outcomes) - before:
            self.ended_at[lease_id] = self.now
            if Outcome.MERGED in self.outcomes[lease_id]:
                self.merged_into[lease_id] = self.run.version

    @precondition(lambda self: not self.run.state.over)
    @rule()
    def checkpoint(self) -> None:
        if not self.merging:
            self.checkpoints.append(json.loads(json.dumps(self.run.snapshot())))

    @precondition(lambda self: self.checkpoints and not self.run.state.over)
    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        """Crash (the newest checkpoint) or roll back (any that is not gone back over)."""
        index = data.draw(st.integers(0, len(self.checkpoints) - 1))
        del self.checkpoints[index + 1 :]
        snapshot = self.checkpoints[index]
        self.lives += 1
        highest = max(self.versions)
        known = sorted((self.record(lease_id) for lease_id in self.leases), key=lambda record: record.ended_at or 1e9)
        self.run = Run.restore(
            self.run.first_config, snapshot, self.now, highest_version=highest, incarnation=self.lives, known=known
        )
        for gone in self.run.aftermath:
            self.outcomes[gone.lease_id] = {gone.outcome}
            self.ended_at.setdefault(gone.lease_id, self.now)
        self.merged = [key for key in self.merged if self.outcomes[key] == {Outcome.MERGED}]
        self.versions.append(self.run.version)
        self.connected.clear()
        for asked in (self.judging, self.appraising, self.merging, self.validating):
            asked.clear()
        self.wake_at = float("inf")
        self.handle(ev.Tick())

    def record(self, lease_id: str) -> LeaseRecord:
        outcome = next(iter(self.outcomes[lease_id]), None) if lease_id in self.outcomes else None
        merged_into = self.merged_into.get(lease_id, 0)
        volunteer_id = self.leases[lease_id].volunteer_id
        return LeaseRecord(lease_id, volunteer_id, outcome, merged_into, self.ended_at.get(lease_id))


TestRestartMachine = RestartMachine.TestCase
TestRestartMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
