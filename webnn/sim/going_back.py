"""What a simulated run keeps to be taken back to its best version: its checkpoint and its journal, in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from webnn.core import effects as fx
from webnn.core.aftermath import LeaseRecord
from webnn.core.leases import Outcome
from webnn.core.merging.base import State
from webnn.core.run import Run
from webnn.core.states import RunState
from webnn.engine.base import Snapshot
from webnn.engine.local import LocalEngine


@dataclass(frozen=True, slots=True)
class Moment:
    """A run as it was when its version turned out to be the best."""

    run: dict[str, Any]
    weights: Snapshot
    state: State


class Returner:
    """Notes leases and the best version, and makes the run that goes on from there: see `webnn.server.rolling_back`."""

    def __init__(self) -> None:
        self._moment: Moment | None = None
        self._records: dict[str, LeaseRecord] = {}
        self._lives = 0

    def granted(self, effect: fx.Grant) -> None:
        lease = effect.lease
        self._records[lease.lease_id] = LeaseRecord(lease.lease_id, lease.volunteer_id, None)

    def settled(self, effect: fx.Settle, version: int, now: float) -> None:
        """Note an outcome; `version` is the run's."""
        record = self._records.get(effect.lease_id)
        if record is not None and record.outcome is None:
            merged = version if effect.outcome is Outcome.MERGED else 0
            self._records[effect.lease_id] = replace(
                record, outcome=effect.outcome, merged_version=merged, ended_at=now, detail=effect.detail
            )

    def validated(self, run: Run, engine: LocalEngine, now: float) -> None:
        """Keep the run as it is if its current version is the best."""
        if run.best is None or run.best.version != engine.newest.version or engine.newest.version != run.version:
            return
        state = {name: array.copy() for name, array in engine.strategy_state().items()}
        self._moment = Moment(run.snapshot(), engine.newest, state)
        self._records = {
            name: record for name, record in self._records.items() if record.ended_at is None or record.ended_at >= now
        }

    def go_back(self, run: Run, engine: LocalEngine, now: float) -> Run | None:
        """Give the engine the best version, and make the run that goes on from it; None: nothing was kept."""
        moment = self._moment
        if moment is None or run.closing or run.state is not RunState.RUNNING:
            return None
        self._lives += 1
        again = Run.restore(
            run.first_config,
            moment.run,
            now,
            highest_version=run.version,
            incarnation=self._lives,
            known=self._records.values(),
            state=run.state,
            changes=run.changes,
        )
        again.standing_after(run)
        again.inherit(run)
        if run.best is not None:
            again.keep_best(run.best)
        weights = moment.weights
        state = {name: array.copy() for name, array in moment.state.items()}
        engine.restore(again.strategy, again.version, weights.iterations, weights.weights, state)
        return again
