"""The run as a rule-based machine: whatever comes, in any order, the accounts stay right and nothing gets stuck."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.core.fakes import NUM_WEIGHTS, config
from webnn.core import effects as fx
from webnn.core import events as ev
from webnn.core.config import ShardSize
from webnn.core.examples import Span
from webnn.core.leases import Lease, Outcome, Phase
from webnn.core.merging import MergeSpec
from webnn.core.merging.base import Round
from webnn.core.metrics import TrainingMetrics, Validation, Verdict
from webnn.core.run import Run
from webnn.core.states import RunState

NAMES = st.sampled_from("abcd")
MERGES = st.sampled_from(
    [
        MergeSpec("weighted"),
        MergeSpec("fedasync", {"maxStaleness": 1, "iterations": 2}),
        MergeSpec("copy"),
        MergeSpec("fedbuff", {"size": 3, "seconds": 10}),
        MergeSpec("fedavg"),
        MergeSpec("sync-sgd", {"quorum": 2, "backup": 1, "seconds": 10}),
        MergeSpec("diloco", {"iterations": 4, "match": "speed", "backup": 1, "seconds": 3}),
    ]
)
CHANGES = st.one_of(
    st.sampled_from([0.01, 0.5]).map(lambda rate: {"learning_rate": rate}),
    st.integers(1, 40).map(lambda size: {"batch_size": size}),
    MERGES.map(lambda spec: {"merge": {spec.name: dict(spec.options)}}),
    st.sampled_from([0.3, 0.7, 1.6, 2.5]).map(lambda epochs: {"stop": {"epochs": epochs}}),
    st.sampled_from([None, 5, 40]).map(lambda iterations: {"stop": {"iterations": iterations}}),
    st.sampled_from([None, 0.1, 0.9]).map(lambda accuracy: {"stop": {"accuracy": accuracy}}),
    st.sampled_from([0.5, 9.0]).map(lambda seconds: {"lease_seconds": seconds, "validate_every_seconds": seconds}),
    st.sampled_from(["cosine", "constant", "report"]).map(lambda name: {"schedule": name}),
)
PAYLOAD = np.zeros(NUM_WEIGHTS, np.float32)


class RunMachine(RuleBasedStateMachine):
    """Volunteers, an owner and slow edges, all acting at random; a shadow account of what must be true."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.connected: set[str] = set()
        self.leases: dict[str, Lease] = {}
        self.delivered: list[ev.UpdateArrived] = []
        self.outcomes: dict[str, set[Outcome]] = defaultdict(set)
        self.merged: list[str] = []
        self.spans: dict[str, tuple[Span, ...]] = {}
        self.versions = [0]
        self.judging: list[fx.Judge] = []
        self.appraising: list[fx.Appraise] = []
        self.merging: list[fx.Merge] = []
        self.validating: list[fx.Validate] = []
        self.wake_at = float("inf")

    @initialize(
        merge=MERGES,
        epochs=st.sampled_from([0.5, 1, 2.3]),
        iterations=st.sampled_from([None, 23]),
        batch=st.integers(1, 40),
        crowd=st.integers(0, 4),
    )
    def start(self, merge: MergeSpec, epochs: float, iterations: int | None, batch: int, crowd: int) -> None:
        shards = (ShardSize("aa", 30), ShardSize("bb", 7), ShardSize("cc", 63))
        stop = {"epochs": epochs, "iterations": iterations, "accuracy": 0.9}
        self.run = Run(config(stop=stop, batch_size=batch, shards=shards, max_parts=3, merge=merge))
        self.handle(ev.Start())
        for name in "abcd"[:crowd]:
            self.join(name)
            self.ready(name, 0.5)

    def handle(self, event: ev.Event) -> None:  # noqa: PLR0912 (one case for each kind of effect)
        if self.wake_at <= self.now:
            self.wake_at = float("inf")
        for effect in self.run.handle(event, self.now):
            match effect:
                case fx.Grant(lease):
                    assert lease.lease_id not in self.leases
                    assert lease.volunteer_id in self.connected
                    assert self.run.state is RunState.RUNNING
                    self.leases[lease.lease_id] = lease
                    self.spans[lease.lease_id] = self.run._ledger.leased(lease.lease_id)
                case fx.Judge():
                    self.judging.append(effect)
                case fx.Appraise():
                    self.appraising.append(effect)
                case fx.Adopt(strategy):
                    assert not self.merging
                    assert strategy is self.run.strategy
                case fx.Merge():
                    assert not self.merging
                    assert effect.contributions
                    self.merging.append(effect)
                case fx.Merged(lease_id=lease_id):
                    self.merged.append(lease_id)
                case fx.Validate():
                    assert not self.validating
                    self.validating.append(effect)
                case fx.Publish(version):
                    assert version > self.versions[-1]
                    self.versions.append(version)
                case fx.Settle(lease_id=lease_id, outcome=outcome):
                    self.outcomes[lease_id].add(outcome)
                case fx.Wake(at):
                    assert at > self.now
                    self.wake_at = at
                case fx.Wait() | fx.StateChanged() | fx.SettingsApplied():
                    pass

    def open_leases(self) -> list[Lease]:
        return [lease for lease in self.leases.values() if lease.lease_id not in self.outcomes]

    # What can happen

    @rule(name=NAMES)
    def join(self, name: str) -> None:
        self.connected.add(name)
        self.handle(ev.Joined(name, ev.Device("browser", "")))

    @rule(name=NAMES, speed=st.sampled_from([None, 0.01, 0.5, 5.0]))
    def ready(self, name: str, speed: float | None) -> None:
        self.handle(ev.Ready(name, "cpu", speed))

    @rule(name=NAMES, for_good=st.booleans())
    def leave(self, name: str, for_good: bool) -> None:
        self.connected.discard(name)
        self.handle(ev.Left(name, "", for_good))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), truthful=st.sampled_from([True, True, True, False]))
    def deliver(self, data: st.DataObject, truthful: bool) -> None:
        """Deliver an update for any lease ever granted: open, delivered already, or long settled."""
        lease = data.draw(st.sampled_from(list(self.leases.values())))
        base = data.draw(st.sampled_from([version for version in self.versions if version >= lease.version]))
        update = ev.UpdateArrived(
            lease.volunteer_id,
            lease.lease_id,
            base,
            lease.iterations,
            lease.num_examples,
            1.0,
            TrainingMetrics(),
            PAYLOAD,
        )
        self.handle(update if truthful else replace(update, iterations=lease.iterations + 1))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), done=st.integers(0, 20))
    def progress(self, data: st.DataObject, done: int) -> None:
        lease = data.draw(st.sampled_from(list(self.leases.values())))
        self.handle(ev.Progressed(lease.volunteer_id, lease.lease_id, done, TrainingMetrics()))

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(list(self.leases.values())))
        self.handle(ev.Abandoned(lease.volunteer_id, lease.lease_id, ""))

    @precondition(lambda self: self.judging)
    @rule(data=st.data(), finite=st.sampled_from([True, True, False]))
    def judge(self, data: st.DataObject, finite: bool) -> None:
        index = data.draw(st.integers(0, len(self.judging) - 1))
        self.handle(ev.Judged(self.judging.pop(index).lease_id, Verdict(finite, 1.0)))

    @precondition(lambda self: self.appraising)
    @rule(data=st.data(), result=st.sampled_from([Validation(1.0, 0.5, 20), None]))
    def appraise(self, data: st.DataObject, result: Validation | None) -> None:
        index = data.draw(st.integers(0, len(self.appraising) - 1))
        self.handle(ev.Appraised(self.appraising.pop(index).lease_id, result))

    @precondition(lambda self: self.merging)
    @rule()
    def finish_merge(self) -> None:
        self.handle(ev.MergeDone(self.merging.pop().version))

    @precondition(lambda self: self.validating)
    @rule(accuracy=st.sampled_from([0.2, 0.95, None]))
    def validate(self, accuracy: float | None) -> None:
        request = self.validating.pop()
        if accuracy is None:
            self.handle(ev.ValidationFailed(request.version, "it died"))
        else:
            result = Validation(1.0, accuracy, request.num_examples)
            self.handle(ev.Validated(request.version, request.whole, result))

    @rule(seconds=st.sampled_from([0.5, 5.0, 16.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.handle(ev.Tick())

    @precondition(lambda self: self.run.state is RunState.RUNNING and not self.run.closing)
    @rule()
    def pause(self) -> None:
        self.handle(ev.Pause(""))

    @precondition(lambda self: self.run.state is RunState.PAUSED and not self.run.closing)
    @rule()
    def resume(self) -> None:
        self.handle(ev.Resume())

    @precondition(lambda self: not self.run.state.over and not self.run.closing)
    @rule(change=CHANGES)
    def change_settings(self, change: dict[str, Any]) -> None:
        self.handle(ev.SettingsChanged(change))

    # What must stay true

    @invariant()
    def each_example_is_free_leased_or_done_in_its_epoch(self) -> None:
        ledger = self.run._ledger
        for epoch in ledger.open_epochs:
            out = [span for lease in self.leases for span in ledger.leased(lease) if span.epoch == epoch.number]
            held = [(span.shard, index) for span in (*epoch.free, *out) for index in range(span.first, span.last)]
            assert len(held) == len(set(held))
            assert len(held) + epoch.num_done == epoch.num_examples
        for lease in self.leases.values():
            leased = sum(span.num_examples for span in ledger.leased(lease.lease_id))
            assert leased == (0 if lease.lease_id in self.outcomes else lease.num_examples)

    @invariant()
    def each_example_of_an_epoch_is_trained_once(self) -> None:
        """Which examples, not how many: those of merged leases, of open ones and the free ones are the epoch's own."""
        seen: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
        for lease_id in (*self.merged, *(lease.lease_id for lease in self.open_leases())):
            for span in self.spans[lease_id]:
                seen[span.epoch].update((span.shard, index) for index in range(span.first, span.last))
        still_open = {epoch.number: epoch for epoch in self.run._ledger.open_epochs}
        for epoch in still_open.values():
            for span in epoch.free:
                seen[epoch.number].update((span.shard, index) for index in range(span.first, span.last))
        assert {number for number, counts in seen.items() if counts} >= set(still_open)
        for number, counts in seen.items():
            assert set(counts.values()) == {1}
            if number in still_open:
                assert counts.total() == still_open[number].num_examples
            elif number < max(seen):  # the last may be cut short by the end
                assert counts.total() == self.run._ledger._size

    @invariant()
    def no_update_counts_twice(self) -> None:
        assert len(self.merged) == len(set(self.merged))
        assert set(self.merged) == {key for key, ends in self.outcomes.items() if Outcome.MERGED in ends}
        assert self.run.iterations == sum(self.leases[lease_id].iterations for lease_id in self.merged)
        assert self.run.status(self.now).examples == sum(self.leases[key].num_examples for key in self.merged)

    @invariant()
    def each_lease_has_one_outcome_at_most_and_is_open_until_then(self) -> None:
        assert all(len(ends) == 1 for ends in self.outcomes.values())
        assert {lease.lease_id for lease in self.open_leases()} == {
            held.lease.lease_id for held in self.run._leases.all()
        }
        assert sum(self.run.outcomes.values()) == len(self.outcomes)

    @invariant()
    def no_volunteer_trains_more_than_two_leases(self) -> None:
        for name in "abcd":
            assert len(self.run._leases.training(name)) <= 2

    @invariant()
    def nobody_waits_who_could_be_served(self) -> None:
        run = self.run
        if run.state is not RunState.RUNNING or run.closing:
            return
        for volunteer in run._volunteers.waiting():
            nothing_left = run._ledger.num_free == 0 or run._granter.iterations_left(run.iterations) == 0
            wanted = run._granter.wanted(volunteer, run.iterations, self.now)
            next_round = wanted > 0 and run._granter.fit(volunteer, wanted, self.now) == 0
            assert nothing_left or next_round or run._granter.has_enough(volunteer.volunteer_id)

    @invariant()
    def a_volunteer_is_in_a_round_once_and_trains_from_its_version(self) -> None:
        if not isinstance(self.run.strategy.collect, Round):
            return
        for name in "abcd":
            assert len(self.run._leases.training(name)) <= 1
        for lease in self.open_leases():
            assert lease.version == self.run.version

    @invariant()
    def what_waits_for_others_has_others_to_wait_for(self) -> None:
        """Look for an update that nothing will bring on: no merge, no confirmation, no others, no time that is set."""
        run = self.run
        if run.state.over or run.closing or self.merging or run._validation.frozen(self.now):
            return
        waiting = [held for held in run._leases.all() if held.phase is Phase.QUEUED]
        if waiting:
            until = run._collector.next_time()
            assert until is not None
            assert self.now < until
            assert self.wake_at <= until

    @invariant()
    def the_run_is_woken_in_time(self) -> None:
        if self.run.state.over:
            return
        deadline = self.run._leases.next_deadline()
        assert deadline is None or self.wake_at <= deadline

    def teardown(self) -> None:
        """One honest volunteer and answering edges bring any run to its end."""
        if not hasattr(self, "run"):
            return
        if self.run.state is RunState.PAUSED and not self.run.closing:
            self.resume()
        for name in "abcd":
            self.leave(name, True)
        self.join("z")
        for _ in range(2_000):
            if self.run.state.over:
                break
            self.play_honestly()
        assert self.run.state is RunState.FINISHED
        assert not self.open_leases()

    def play_honestly(self) -> None:
        while self.appraising:
            self.handle(ev.Appraised(self.appraising.pop().lease_id, Validation(1.0, 0.5, 20)))
        while self.judging:
            self.handle(ev.Judged(self.judging.pop().lease_id, Verdict(True, 1.0)))
        if self.merging:
            self.finish_merge()
        if self.validating:
            self.validate(0.2)
        for lease in self.open_leases():
            self.handle(
                ev.UpdateArrived(
                    lease.volunteer_id,
                    lease.lease_id,
                    self.versions[-1],
                    lease.iterations,
                    lease.num_examples,
                    1.0,
                    TrainingMetrics(),
                    PAYLOAD,
                )
            )
        self.handle(ev.Ready("z", "cpu", None))


TestRunMachine = RunMachine.TestCase
TestRunMachine.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
