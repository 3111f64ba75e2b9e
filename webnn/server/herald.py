"""What a run tells those who take part or look on: leases, outcomes, versions, its state, its figures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from webnn.core import messages
from webnn.core.effects import Grant, Settle, Wait
from webnn.core.encoding import Encoding, most_bytes
from webnn.core.frames import encode_frame, encode_header
from webnn.core.leases import Outcome
from webnn.core.states import RunState
from webnn.engine.base import Snapshot
from webnn.server.audience import Audience
from webnn.server.connection import NOTHING, Connection
from webnn.server.news import StateNews, StatusNews
from webnn.server.resident import memory_bytes

if TYPE_CHECKING:
    from webnn.server.run_task import RunTask


class Herald:
    """Tells the audience of one run. Nothing here waits: what cannot be sent at once is queued by the connection."""

    def __init__(self, task: RunTask, audience: Audience) -> None:
        self._task = task
        self._audience = audience
        self._announcement: asyncio.TimerHandle | None = None
        self._announced = 0
        self._newest_frame = ("", b"")  # the message that tells of a version, with the version's hash

    def close(self) -> None:
        """Announce nothing more."""
        self._audience.stop()
        if self._announcement is not None:
            self._announcement.cancel()

    # one volunteer

    def grant(self, effect: Grant) -> None:
        task, lease = self._task, effect.lease
        connection = self._audience.volunteer(lease.volunteer_id)
        if connection is not None:
            base = task.engine.snapshot(lease.version) or task.current
            seconds = max(0.0, lease.deadline - task.now)
            header = messages.lease(lease, newest_hash=base.hash, encoding=connection.encoding, seconds=seconds)
            connection.send_header(header)

    def wait(self, effect: Wait) -> None:
        self._send(effect.volunteer_id, messages.wait(effect.reason, effect.seconds))

    def settle(self, effect: Settle) -> None:
        """Tell a volunteer how its lease ended. What comes with weights is written when its turn has come, with the
        newest ones then, so that several who wait are sent the same; but not where volunteers go on from their own work
        (`carry`), which have to know the very version that has it.
        """
        connection = self._audience.volunteer(effect.volunteer_id)
        if connection is None:
            return
        carries_weights = effect.outcome is Outcome.MERGED and not effect.whole
        if not carries_weights:
            connection.send_header(self._outcome(effect, self._task.current))
        elif self._task.run.strategy.carries:
            snapshot = self._task.current
            connection.send(lambda: self._with_weights(effect, snapshot, connection))
        else:
            connection.send(lambda: self._with_weights(effect, self._task.current, connection))

    def _outcome(self, effect: Settle, current: Snapshot, encoding: Encoding | None = None) -> dict[str, Any]:
        return messages.outcome(
            lease_id=effect.lease_id,
            outcome=effect.outcome,
            version=current.version,
            newest_hash=current.hash,
            iterations=self._task.run.iterations,
            whole=effect.whole,
            detail=effect.detail,
            encoding=encoding,
        )

    def _with_weights(self, effect: Settle, current: Snapshot, connection: Connection) -> tuple[bytes, memoryview]:
        """An outcome with weights, as its volunteer asked for them; without any where there are too many bytes of them,
        or on their way.
        """
        task, down = self._task, connection.down
        large = connection.push and down is not Encoding.GRID and task.engine.immediate
        wanted = large and most_bytes(len(current.weights), down) <= messages.MAX_PUSHED_BYTES
        wanted = wanted or messages.pushes(effect.outcome, whole=effect.whole, num_weights=len(current.weights))
        if not wanted or task.traffic.pushing_bytes >= task.limits.pushing_bytes:
            return encode_header(connection.shortened(self._outcome(effect, current))), NOTHING
        body = task.engine.encoded_now(current, down, connection.pushed)
        if down is Encoding.GRID:
            connection.pushed = current.version
        return encode_header(connection.shortened(self._outcome(effect, current, down))), body

    def _send(self, volunteer_id: str, header: dict[str, Any]) -> None:
        connection = self._audience.volunteer(volunteer_id)
        if connection is not None:
            connection.send_header(header)

    def welcome(self, connection: Connection) -> None:
        """Let a connection in that said who it is, and send it what has happened so far."""
        task = self._task
        self._audience.add(connection)
        validation, training = task.history.validation, task.history.training
        connection.seen_validations, connection.seen_training = validation.count, training.count
        connection.send_header(messages.snapshot(task.info.head, task.status(), validation.points, training.points))

    # everyone

    def announce(self) -> None:
        """Tell volunteers of the current version, now or as soon as the last announcement is old enough and has come to
        all: begun anew before, it would never come to the last of many.
        """
        if self._announcement is None:
            if not self._audience.announcing:
                self._announced = self._task.run.version
                self._audience.announce(self._version_frame)
            seconds = self._task.limits.announcement_seconds(len(self._audience.volunteers))
            self._announcement = asyncio.get_running_loop().call_later(seconds, self._announce_again)

    def _announce_again(self) -> None:
        self._announcement = None
        if self._task.run.version != self._announced:
            self.announce()

    def _version_frame(self) -> bytes:
        current = self._task.current
        if self._newest_frame[0] != current.hash:
            header = messages.version(current.version, current.hash, current.iterations)
            self._newest_frame = (current.hash, encode_frame(header))
        return self._newest_frame[1]

    def tell_state(self, state: RunState, reason: str | None) -> None:
        """Tell everyone of another state, and of the figures that go with it."""
        self._audience.tell_all(messages.state(state, reason))
        self._task.tell(StateNews(state, reason or ""))
        self.show_now()

    async def beat_for_ever(self) -> None:
        """Show the run's figures again and again: to those who watch each time, to volunteers every other time."""
        to_volunteers = False
        while True:
            await asyncio.sleep(self._task.limits.live_seconds)
            self.beat(to_volunteers=to_volunteers)
            to_volunteers = not to_volunteers

    def beat(self, *, to_volunteers: bool) -> None:
        """Show the run's figures as they are now, to volunteers one after the other where there are many."""
        self._audience.show(self._figures(), to_volunteers=to_volunteers)

    def show_now(self) -> None:
        """Show the run's figures to everyone at once."""
        self._audience.show_all(self._figures())

    def _figures(self) -> dict[str, Any]:
        task = self._task
        status = task.status()
        traffic = task.traffic.bytes_in + task.traffic.bytes_out
        task.vitals.sample(status["seconds"], status["merges"], traffic, memory_bytes(), task.queued)
        task.tell(StatusNews(status))
        return status
