"""A virtual volunteer: what `static/src/worker/work.ts` does, in virtual time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np

from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.leases import Outcome as ClientOutcome
from webnn.core.merging import Wants
from webnn.core.metrics import TrainingMetrics
from webnn.engine.base import Snapshot
from webnn.sim.agenda import Agenda
from webnn.sim.link import MESSAGE_BYTES, Link
from webnn.sim.lying import Conspiracy, Liar
from webnn.sim.news import News
from webnn.sim.own_work import OwnWork
from webnn.sim.pacing import Pacing
from webnn.sim.population import Device
from webnn.sim.trainer import Trained, Trainer

MAX_UNACKNOWLEDGED = 2
STEP_REPORT_SECONDS = 0.6
RETRY_SECONDS = 0.5
PROGRESS_SECONDS = 5.0
NAP_CHANCE = 0.25
STRETCH_SECONDS = 0.04  # of work, after which one that lends a part of its time rests

Handle = Callable[[ev.Event], Awaitable[None]]


@dataclass(slots=True)
class Active:
    """The lease that a volunteer prepares for or trains; `training` its gradients, once they are being computed."""

    lease: Lease
    done_at: float = 0.0
    training: asyncio.Task[Trained] | None = None
    base_version: int = 0
    start: Vector | None = None


@dataclass(frozen=True, slots=True)
class World:
    """What all volunteers share. `shard_bytes` are the sizes on the wire of the shards by name, `weight_bytes` that of
    the weights.
    """

    agenda: Agenda
    trainer: Trainer
    handle: Handle
    snapshot: Callable[[int], Snapshot]
    news: News
    shard_bytes: dict[str, int]
    weight_bytes: int
    jitter: float
    first_shard: bool
    num_trainable: int
    conspiracy: Conspiracy = field(default_factory=Conspiracy)


class Volunteer:
    """One device: asks for leases, fetches what they need, trains, sends updates, drops out and comes back."""

    def __init__(self, device: Device, world: World, rng: np.random.Generator) -> None:
        self.device = device
        self.link = Link(world.agenda, device)
        self.present = False
        self.busy_seconds = 0.0
        self.num_lies = 0
        self._world = world
        self._rng = rng
        lie = device.lie
        self._liar = None if lie is None else Liar(device.volunteer_id, lie, world.conspiracy, rng)
        self._has_shard = world.first_shard
        self._life = 0
        self._start_afresh()
        self._shards: dict[str, float] = {}  # name: when it is here
        self._payload_bytes = world.weight_bytes + MESSAGE_BYTES

    def _start_afresh(self) -> None:
        """Forget what a closed tab forgets."""
        self._life += 1
        self._waiting: deque[Lease] = deque()
        self._active: Active | None = None
        self._sent: dict[str, float] = {}  # updates whose outcome is awaited, and since when
        self._pacing = Pacing()
        self._asked = False
        self._quiet_until = 0.0
        self._rests_until = 0.0
        self._asks_late = False
        self._newest = 0
        self._held: Snapshot | None = None
        self._loading: dict[int, tuple[float, Snapshot]] = {}  # version: when it is here
        self._own: tuple[str, int | None] | None = None
        self._own_work = OwnWork()
        self._seconds_per_iteration = self.device.seconds_per_iteration / self.device.share  # measured before the first

    # Coming and going

    async def join(self) -> None:
        """Open the page."""
        agenda = self._world.agenda
        self.present = True
        if self.device.drop_rate > 0:
            agenda.after(float(self._rng.exponential(1 / self.device.drop_rate)), self._drop_out, self._life)
        self.link.up(MESSAGE_BYTES, self._arrive)

    async def _arrive(self) -> None:
        """At the server: welcome."""
        device = ev.Device("worker", "virtual", "simulated")
        await self._world.handle(ev.Joined(self.device.volunteer_id, device))
        self.link.down(MESSAGE_BYTES, self._welcomed)

    async def _welcomed(self) -> None:
        self._load()
        await self._turn()

    async def _drop_out(self, life: int) -> None:
        """Close the tab, with all that is in it."""
        if life != self._life:
            return
        agenda, away = self._world.agenda, self.device.return_seconds
        self.present = False
        self.link.cut()
        self._start_afresh()
        await self._world.trainer.forget(self.device.volunteer_id)
        await self._world.handle(ev.Left(self.device.volunteer_id, "dropped out", for_good=False))
        if away is not None:
            agenda.after(away.at(float(self._rng.random())), self.join)

    async def finish(self) -> None:
        """The simulation is over: wait for gradients that nobody needs any more."""
        if self._active is not None:
            await self._give_up(self._active)

    # What the server says

    async def granted(self, lease: Lease, newest: int) -> None:
        self._know(newest)
        self._asked = False
        self._quiet_until = 0.0
        self._waiting.append(lease)
        self._fetch_shards(lease)
        await self._turn()

    async def must_wait(self, seconds: float) -> None:
        self._asked = False
        self._quiet_until = self._world.agenda.now + seconds

    async def settled(self, effect: fx.Settle, newest: int, pushed: Snapshot | None) -> None:
        self._know(newest)
        if pushed is not None:
            self._hold(pushed)
            self._pacing.downloaded(0.0)
        since = self._sent.pop(effect.lease_id, None)
        if since is not None:
            self._pacing.settled(self._world.agenda.now - since, whole=effect.whole)
        if self._own is not None and self._own[0] == effect.lease_id:
            self._own = (effect.lease_id, newest if effect.whole else None)
        self._own_work.settled(effect.lease_id, newest if effect.outcome is ClientOutcome.MERGED else None)
        self._waiting = deque(lease for lease in self._waiting if lease.lease_id != effect.lease_id)
        active = self._active
        if active is not None and active.lease.lease_id == effect.lease_id:
            await self._give_up(active)
        elif active is not None and active.lease.carry and active.training is not None:
            self._load()
        await self._turn()

    def _know(self, version: int) -> None:
        self._newest = max(self._newest, version)

    def _newest_known(self) -> int:
        """The newest version that we heard of, announcements included."""
        self._know(self._world.news.known_at(self._world.agenda.now - self.device.latency))
        return self._newest

    def _hold(self, snapshot: Snapshot) -> None:
        if snapshot.version > self._held_version:
            self._held = snapshot

    @property
    def _held_version(self) -> int:
        return 0 if self._held is None else self._held.version

    # The loop

    async def _turn(self) -> None:
        """Look for something to do."""
        self._ask()
        if self._world.agenda.now < self._rests_until:
            return
        if self._active is None and self._waiting and not self._must_await_outcome():
            self._active = Active(self._waiting.popleft())
            await self._prepare(self._active)

    def _ask(self) -> None:
        if self._asked or self._waiting or self._asks_late or self._world.agenda.now < self._quiet_until:
            return
        self._asked = True
        ready = ev.Ready(self.device.volunteer_id, "simulated", self._seconds_per_iteration)
        self.link.up(MESSAGE_BYTES, self._world.handle, ready)

    def _must_await_outcome(self) -> bool:
        if not self._sent:
            return False
        carries = bool(self._waiting) and self._waiting[0].carry
        return len(self._sent) >= MAX_UNACKNOWLEDGED or not (carries or self._pacing.should_overlap())

    # Preparing

    async def _prepare(self, active: Active) -> None:
        """Wait for shards and base weights, then train."""
        now = self._world.agenda.now
        ready_at = max([now, *(self._shards.get(part.shard, now) for part in active.lease.parts)])
        snapshot, weights_at = self._choose_base(active.lease)
        active.base_version = snapshot.version
        self._world.agenda.at(max(ready_at, weights_at), self._train, active, snapshot, self._life)

    def _choose_base(self, lease: Lease) -> tuple[Snapshot, float]:
        """The weights to start from, and when they are here; see `chooseBase` in the client."""
        now = self._world.agenda.now
        if lease.keep is not None and self._own_work.has_weights:
            return self._load_exactly(lease)
        own = None if self._own is None else self._own[1]
        if own is not None and own >= lease.version and own == self._newest_known():
            self._held = self._world.snapshot(own)
            return self._held, now
        held = self._held
        if self._sent or (lease.carry and self._held_version >= lease.version):
            coming = [(here, at) for at, here in self._loading.values() if here.version >= lease.version and at > now]
            if coming:
                return coming[-1]
            if held is not None and held.version >= lease.version:
                return held, now
        return self._load()

    def _load_exactly(self, lease: Lease) -> tuple[Snapshot, float]:
        """The lease's version itself, which need not come here if nothing of it is wanted."""
        snapshot, now = self._world.snapshot(lease.version), self._world.agenda.now
        if lease.keep == 1 or self._held_version == snapshot.version:
            return snapshot, now
        return snapshot, self.link.request(self._payload_bytes)

    def _load(self) -> tuple[Snapshot, float]:
        """Fetch the newest weights, unless they are here or on their way."""
        version, now = max(self._newest_known(), 1), self._world.agenda.now
        if self._held is not None and self._held.version == version:
            return self._held, now
        if version not in self._loading:
            at, snapshot = self.link.request(self._payload_bytes), self._world.snapshot(version)
            self._loading[version] = at, snapshot
            self._world.agenda.at(at, self._loaded, version, snapshot, at - now, self._life)
        at, snapshot = self._loading[version]
        return snapshot, at

    async def _loaded(self, version: int, snapshot: Snapshot, seconds: float, life: int) -> None:
        if life == self._life:
            self._loading.pop(version, None)
            self._hold(snapshot)
            self._pacing.downloaded(seconds)

    def _fetch_shards(self, lease: Lease) -> None:
        for shard in (*(part.shard for part in lease.parts), *((lease.soon,) if lease.soon else ())):
            if shard not in self._shards:
                now = self._world.agenda.now
                self._shards[shard] = now if self._has_shard else self.link.request(self._world.shard_bytes[shard])
                self._has_shard = False

    # Training

    async def _train(self, active: Active, snapshot: Snapshot, life: int) -> None:
        if life != self._life or active is not self._active:
            return
        world, lease = self._world, active.lease
        seconds = lease.iterations * self.device.seconds_per_iteration
        if world.jitter:
            seconds *= float(np.exp(self._rng.normal(0, world.jitter)))
        now = world.agenda.now
        idle = self._idle_after(min(seconds, max(self.device.seconds_per_iteration, STRETCH_SECONDS)))
        seconds += self._idle_after(seconds)
        active.done_at = now + seconds - idle
        base = self._own_work.start_of(lease, snapshot)
        active.start = base
        active.training = asyncio.ensure_future(self._compute(lease, base))
        self._own = None
        if idle <= self._pacing.prefetch_seconds:
            prefetch_at = active.done_at - STEP_REPORT_SECONDS - self._pacing.prefetch_seconds
            world.agenda.at(max(prefetch_at, now), self._prefetch, active)
        if seconds > PROGRESS_SECONDS:
            world.agenda.after(PROGRESS_SECONDS, self._progress, active)
        world.agenda.at(active.done_at, self._done, active, seconds, idle, snapshot.weights)
        self._asks_late = lease.carry and idle > self._pacing.ask_seconds
        self._ask()

    def _idle_after(self, worked: float) -> float:
        """How long one rests that lends a part of its time."""
        return worked * (1 / self.device.share - 1)

    async def _compute(self, lease: Lease, base: Vector) -> Trained:
        return await self._world.trainer.train(lease, base, flipped=self.device.lie == "labels")

    async def _prefetch(self, active: Active) -> None:
        if active is self._active and self._pacing.should_overlap():
            self._load()

    async def _progress(self, active: Active) -> None:
        now = self._world.agenda.now
        if active is not self._active or now >= active.done_at:
            return
        done = int(active.lease.iterations - (active.done_at - now) / self.device.seconds_per_iteration)
        event = ev.Progressed(self.device.volunteer_id, active.lease.lease_id, max(done, 0), TrainingMetrics())
        self.link.up(MESSAGE_BYTES, self._world.handle, event)
        self._world.agenda.after(PROGRESS_SECONDS, self._progress, active)

    async def _give_up(self, active: Active) -> None:
        """End a lease that was settled without us."""
        self._active = None
        self._asks_late = False
        if active.training is not None:
            await active.training  # what it did to the optimiser's memory is done; only its result is lost

    async def _done(self, active: Active, seconds: float, idle: float, base: Vector) -> None:
        if active is not self._active or active.training is None or active.start is None:
            return
        trained = await active.training
        lease = active.lease
        self._active = None
        self.busy_seconds += seconds
        self._seconds_per_iteration = seconds / lease.iterations
        self._pacing.trained(seconds)
        if np.isfinite(trained.payload).all():
            self._own = (lease.lease_id, None)
            self._own_work.trained(lease, active.start, trained.payload, self._world.num_trainable)
            update = self._update(active, trained, seconds, idle, base)
            self._sent[lease.lease_id] = self._world.agenda.now
            if self.device.naps is not None and self._rng.random() < NAP_CHANCE:
                self._world.agenda.after(self.device.naps.at(float(self._rng.random())), self._send, update, self._life)
            else:
                await self._send(update, self._life)
        else:
            event = ev.Abandoned(self.device.volunteer_id, lease.lease_id, "training gave numbers that are not finite")
            self.link.up(MESSAGE_BYTES, self._world.handle, event)
        self._rest(idle)
        await self._turn()

    def _rest(self, seconds: float) -> None:
        """Rest, and ask for the next weights so that they come when the rest is over."""
        if seconds > 0:
            now = self._world.agenda.now
            seconds *= 2 * float(self._rng.random())
            self._rests_until = now + seconds
            self._world.agenda.at(max(self._rests_until - self._pacing.ask_seconds, now), self._ask_late, self._life)
            load_at = self._rests_until - self._pacing.prefetch_seconds
            self._world.agenda.at(max(load_at, now), self._load_during_rest, self._life)
            self._world.agenda.at(self._rests_until, self._rested, self._life)

    async def _ask_late(self, life: int) -> None:
        if life == self._life:
            self._asks_late = False
            self._ask()

    async def _load_during_rest(self, life: int) -> None:
        if life == self._life:
            self._load()

    async def _rested(self, life: int) -> None:
        if life == self._life:
            await self._turn()

    async def _send(self, update: ev.UpdateArrived, life: int) -> None:
        if life == self._life:
            self.link.up(self._payload_bytes, self._world.handle, update)

    def _update(self, active: Active, trained: Trained, seconds: float, idle: float, base: Vector) -> ev.UpdateArrived:
        lease = active.lease
        return ev.UpdateArrived(
            volunteer_id=self.device.volunteer_id,
            lease_id=lease.lease_id,
            base_version=active.base_version,
            iterations=lease.iterations,
            num_examples=lease.num_examples,
            seconds=seconds,
            metrics=trained.metrics,
            payload=self._lied(trained.payload, base, lease),
            rests=idle > self._pacing.exchange_seconds,
        )

    def _lied(self, payload: Vector, base: Vector, lease: Lease) -> Vector:
        """Make of honest work what this volunteer says it was."""
        if self._liar is None:
            return payload
        self.num_lies += 1
        if lease.wants is Wants.WEIGHTS:
            return base + self._liar.lied(payload - base, base)
        return self._liar.lied(payload, base)
