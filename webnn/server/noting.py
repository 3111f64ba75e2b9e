"""What a journal says of each thing that a run asks for."""

from __future__ import annotations

from webnn.core.effects import Effect, Grant, Merged, Settle, StateChanged
from webnn.core.leases import Outcome
from webnn.core.run import Run
from webnn.server.metrics import training_point
from webnn.store import journal as jn


def entries_of(effect: Effect, run: Run, now: float) -> list[jn.Entry]:
    """Put an effect of `run`, which has just handled an event at `now`, into entries of its journal."""
    match effect:
        case Grant(lease):
            place = (lease.lease_id, lease.volunteer_id, lease.version)
            return [jn.granted(*place, lease.iterations, lease.num_examples, lease.granted_at)]
        case Settle(lease_id=lease_id, outcome=outcome, detail=detail):
            version = run.version if outcome is Outcome.MERGED else 0
            return [jn.ended(lease_id, outcome, now, version, detail)]
        case Merged():
            point = training_point(run.seconds(now), run.iterations, effect)
            return [jn.trained(point, effect.version)]
        case StateChanged(state, reason):
            return [
                jn.happened(now, "state", f"{state}: {reason}" if reason else str(state)),
                jn.fact("state", state.value),
                jn.fact("reason", reason),
            ]
        case _:
            return []
