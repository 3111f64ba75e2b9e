"""One simulated run: a population trains a model in virtual time, until the target is reached or time is up."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.config import RunConfig
from webnn.core.events import Vector
from webnn.core.leases import Lease
from webnn.core.messages import pushes
from webnn.core.metrics import Validation
from webnn.core.run import Run
from webnn.sim.agenda import Agenda
from webnn.sim.link import MESSAGE_BYTES
from webnn.sim.news import News
from webnn.sim.population import Population
from webnn.sim.server import Server, make_engine
from webnn.sim.trainer import Trainer
from webnn.sim.volunteer import Volunteer, World

CHECKER, NEWCOMER = "v99998", "v99999"
"""As whom the evaluator trains leases again: with an optimiser that remembers, and with one that does not."""

MARGIN = 0.012
"""A sample that comes so near to the target calls for a validation on the whole split."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached on the whole validation split: an accuracy, or else a loss. Neither: nothing is."""

    accuracy: float | None = None
    loss: float | None = None

    def met(self, result: Validation, margin: float = 0.0) -> bool:
        if self.accuracy is not None:
            return result.accuracy is not None and result.accuracy >= self.accuracy - margin
        return self.loss is not None and result.loss <= self.loss * (1 + 4 * margin)

    def share(self, result: Validation) -> float:
        """How far the target is reached, 0 to 1; for a progress bar."""
        if self.accuracy is not None:
            return min((result.accuracy or 0.0) / self.accuracy, 1.0)
        return 0.0 if self.loss is None or result.loss <= 0 else min(self.loss / result.loss, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A validation: virtual seconds, the run's version and iterations; `whole`: on the whole split."""

    seconds: float
    version: int
    iterations: int
    loss: float
    accuracy: float | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation came to. `seconds` are virtual; `seconds_to_target` is when the version was published that was
    found to reach it, None where none was.

    `accuracy` and `loss` are those of the last version, on the whole split. `speed` is the sum of the devices' speeds
    over that of the nominal one; `bytes` travelled both ways; `busy` is the share of the devices' time spent training.
    `accused`: when (virtual seconds) whose lie was proved; `liars` are those who lied, `lies` their updates; `harms`
    counts the times that the run asked to be taken back, `returns` those that it was; `replay_seconds` is what
    replays, and `trials` on held-out examples, cost the evaluator.
    """

    seconds_to_target: float | None
    seconds: float
    accuracy: float | None
    loss: float
    iterations: int
    epochs: float
    merges: int
    bytes: int
    staleness: float
    busy: float
    speed: float
    outcomes: Mapping[str, int]
    points: tuple[Point, ...]
    accused: tuple[tuple[float, str], ...] = ()
    liars: tuple[str, ...] = ()
    lies: int = 0
    harms: int = 0
    returns: int = 0
    replays: int = 0
    trials: int = 0
    replay_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What to simulate. `seconds` of virtual time at most; `keep_going`: beyond the target. `seed` draws the population
    and its chances; the run's own seed is in its settings. `update_seconds`: what an update costs the server.
    `weight_bytes`: what weights take on the wire (None: what the trainer's do). `honest_epochs`: it ends when those
    who do not lie have so much work merged. `nominal`: seconds of an iteration at speed 1.
    """

    config: RunConfig
    population: Population
    volunteers: int
    target: Target
    seconds: float
    seed: int
    keep_going: bool = False
    nominal: float | None = None
    shard_bytes: Mapping[str, int] | None = None
    update_seconds: float = 0.0
    weight_bytes: int | None = None
    honest_epochs: float | None = None


class Simulation:
    """Everything of one scenario. The same scenario and trainer come to the same outcome, bit for bit."""

    def __init__(
        self, scenario: Scenario, trainer: Trainer, tell: Callable[[float, Point], None] = lambda _share, _point: None
    ) -> None:
        self._scenario = scenario
        self._trainer = trainer
        self._tell = tell
        self._agenda = Agenda()
        self._news = News()
        self._announced_bytes = 0
        self._weight_bytes = scenario.weight_bytes or trainer.initial.nbytes
        stop = replace(scenario.config.stop, accuracy=None, loss=None, seconds=scenario.seconds)
        run = Run(replace(scenario.config, stop=stop))
        engine = make_engine(run, trainer.initial)
        self._server = Server(
            *(run, engine, self._agenda, self, self._evaluate, self._replay),
            update_seconds=scenario.update_seconds,
        )
        self._points: list[Point] = []
        self._validated: tuple[int, Validation] | None = None  # on the whole split
        self._reached: float | None = None
        rng = np.random.Generator(np.random.PCG64([scenario.seed, scenario.volunteers]))
        sizes = scenario.shard_bytes or {shard.name: 0 for shard in scenario.config.shards}
        world = World(
            self._agenda,
            trainer,
            self._server.receive,
            self._server.snapshot,
            self._news,
            dict(sizes),
            self._weight_bytes,
            scenario.population.jitter,
            scenario.population.first_shard,
            scenario.config.num_trainable,
        )
        devices = scenario.population.draw(scenario.volunteers, rng)
        self._volunteers = {
            device.volunteer_id: Volunteer(device, world, child)
            for device, child in zip(devices, rng.spawn(len(devices)), strict=True)
        }

    async def run(self) -> Outcome:
        """Simulate to the end."""
        await self._trainer.reset()
        await self._server.handle(ev.Start())
        for volunteer in self._volunteers.values():
            self._agenda.at(volunteer.device.joins_at, volunteer.join)
        while not self._is_over():
            action, args = self._agenda.pop()
            done = action(*args)
            if inspect.isawaitable(done):
                await done
        return await self._outcome()

    @property
    def _run(self) -> Run:
        return self._server.run

    @property
    def _honest_examples(self) -> int:
        merged = self._server.merged_examples
        return sum(merged[name] for name, volunteer in self._volunteers.items() if volunteer.device.lie is None)

    def _is_over(self) -> bool:
        honest = self._scenario.honest_epochs
        if honest is not None and self._honest_examples >= honest * self._scenario.config.num_examples:
            return True
        if self._run.state.over or (self._reached is not None and not self._scenario.keep_going):
            return True
        time = self._agenda.next_time
        return time is None or time > self._scenario.seconds

    # The server's messages, on their way

    def grant(self, lease: Lease, newest: int) -> None:
        volunteer = self._volunteers[lease.volunteer_id]
        volunteer.link.down(MESSAGE_BYTES, volunteer.granted, lease, newest)

    def tell_to_wait(self, volunteer_id: str, seconds: float) -> None:
        volunteer = self._volunteers[volunteer_id]
        volunteer.link.down(MESSAGE_BYTES, volunteer.must_wait, seconds)

    def settle(self, effect: fx.Settle, newest: int) -> None:
        volunteer = self._volunteers[effect.volunteer_id]
        current = self._server.engine.newest
        if pushes(effect.outcome, whole=effect.whole, num_weights=self._weight_bytes // 4):
            volunteer.link.down(MESSAGE_BYTES + self._weight_bytes, volunteer.settled, effect, newest, current)
        else:
            volunteer.link.down(MESSAGE_BYTES, volunteer.settled, effect, newest, None)

    def announce(self, version: int) -> None:
        self._news.tell(self._agenda.now, version)
        self._announced_bytes += MESSAGE_BYTES * self._run.status(self._agenda.now).volunteers

    # Validation

    async def _replay(self, lease: Lease, base: Vector) -> list[Vector]:
        """Train a lease again, as `Evaluator.replay` does."""
        trained = [await self._trainer.train(replace(lease, volunteer_id=CHECKER), base)]
        if self._scenario.config.remembers and lease.optimizer != "sgd":
            await self._trainer.forget(NEWCOMER)
            trained.append(await self._trainer.train(replace(lease, volunteer_id=NEWCOMER), base))
        return [each.payload for each in trained]

    async def _evaluate(self, weights: Vector, num_examples: int | None) -> Validation:
        """Evaluate, and see whether the target is reached; a sample near to it is followed by the whole split."""
        current = weights is self._server.engine.newest.weights
        total = self._scenario.config.validation_total
        whole = num_examples is None or num_examples >= total
        result = await self._trainer.validate(weights, None if whole else num_examples)
        if not current:
            return result
        self._note(result, whole)
        if not whole and self._reached is None and self._scenario.target.met(result, MARGIN):
            self._note(await self._trainer.validate(weights, None), True)
        return result

    def _note(self, result: Validation, whole: bool) -> None:
        run, now, scenario = self._run, self._agenda.now, self._scenario
        if whole:
            self._validated = (run.version, result)
            if self._reached is None and scenario.target.met(result):
                self._reached = self._server.published_at
        point = Point(now, run.version, run.iterations, result.loss, result.accuracy, whole)
        self._points.append(point)
        self._tell(max(scenario.target.share(result) ** 8, min(now / scenario.seconds, 1.0)), point)

    async def _outcome(self) -> Outcome:
        for volunteer in self._volunteers.values():
            await volunteer.finish()
        scenario, run, server = self._scenario, self._run, self._server
        if self._validated is None or self._validated[0] != run.version:
            result = await self._trainer.validate(server.engine.newest.weights, None)
        else:
            result = self._validated[1]
        seconds = (
            min(self._agenda.now, scenario.seconds) if self._reached is None or scenario.keep_going else self._reached
        )
        volunteers = self._volunteers.values()
        nominal = scenario.nominal or scenario.population.seconds_per_iteration.low
        return Outcome(
            seconds_to_target=self._reached,
            seconds=seconds,
            accuracy=result.accuracy,
            loss=result.loss,
            iterations=run.iterations,
            epochs=run.epochs,
            merges=run.num_merges,
            bytes=self._announced_bytes
            + sum(volunteer.link.bytes_up + volunteer.link.bytes_down for volunteer in volunteers),
            staleness=server.staleness / max(server.num_merged, 1),
            busy=sum(volunteer.busy_seconds for volunteer in volunteers) / max(seconds * len(volunteers), 1e-9),
            speed=sum(nominal / volunteer.device.seconds_per_iteration for volunteer in volunteers),
            outcomes=dict(Counter({key.value: count for key, count in run.outcomes.items()})),
            points=tuple(self._points),
            accused=tuple(server.accused),
            liars=tuple(volunteer.device.volunteer_id for volunteer in volunteers if volunteer.device.lie),
            lies=sum(volunteer.num_lies for volunteer in volunteers),
            harms=server.num_harms,
            returns=server.num_returns,
            replays=server.num_replays,
            trials=server.num_trials,
            replay_seconds=server.replay_seconds,
        )


def simulate(scenario: Scenario, trainer: Trainer) -> Outcome:
    """Simulate from where no event loop runs."""
    return asyncio.run(Simulation(scenario, trainer).run())


__all__ = ["Outcome", "Point", "Scenario", "Simulation", "Target", "simulate"]
