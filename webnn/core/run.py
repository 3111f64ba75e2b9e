"""A run: what happens to it goes in, what to do about it comes out. The room to read first.

    Ready -> Grant or Wait; Progressed; UpdateArrived -> Judge; Judged -> Merge; MergeDone -> Publish, Merged, Settle

Which updates are merged together, and when, is for the strategy to say (`webnn.core.collecting`).

A lease goes through `training` (with its volunteer), `judging`, `queued` and `merging` (with us) to its one outcome.
Everything else here asks, after every event, whether the run can move: whether a lease expired, the next merge can
start, a limit is reached, a validation is due, the end has come, and whether those who wait can be served.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from webnn.core import events as ev
from webnn.core.changing import add_changes, carries_over, changed_config, describe_changes
from webnn.core.collecting import make_collector
from webnn.core.effects import (
    Accused,
    Adopt,
    Appraise,
    Effect,
    GoBack,
    Grant,
    Judge,
    Merged,
    Publish,
    SettingsApplied,
    Settle,
    StateChanged,
    Wait,
    Wake,
)
from webnn.core.errors import WebNNError
from webnn.core.inbox import Sifted, problem
from webnn.core.judging import Opinion
from webnn.core.leases import Lease, OpenLease, Outcome, Phase
from webnn.core.merging import Contribution, Wants, make_strategy, taken_whole
from webnn.core.merging.base import Immediate
from webnn.core.peers import Made
from webnn.core.record import RunRecord
from webnn.core.robust import make_robust
from webnn.core.states import RunState, WaitReason
from webnn.core.stopping import Closing, Ending, StopKind, limit_reached
from webnn.core.versions import Versions
from webnn.core.volunteers import Volunteer

MAX_NORM = {  # of a payload: beyond it, differences (or a gradient's squares) may not be finite in float32 any more
    Wants.WEIGHTS: 1e30,
    Wants.DELTA: 1e30,
    Wants.GRADIENT: 1e15,
}
ASK_AGAIN_SECONDS = 15.0
MAX_VALIDATION_FAILURES = 3


class Run(RunRecord):
    """One training of one model on one dataset. It decides; it never waits, sends, computes or looks at a clock."""

    def handle(self, event: ev.Event, now: float) -> list[Effect]:
        """Take `event` and say what to do, in order. `now` never goes back (an earlier one counts as the last one).

        Raises `WebNNError("not_running")` for a control event that the run's state does not allow, and `ValueError` for
        an answer that nobody asked for; then nothing has happened.
        """
        self._now = max(self._now, now)
        self._effects = []
        self._react(event)
        if self.state in (RunState.RUNNING, RunState.PAUSED):
            self._advance()
        if isinstance(event, ev.Ready):
            self._tell_to_wait(event.volunteer_id)
        return self._effects

    def _react(self, event: ev.Event) -> None:  # noqa: PLR0912 (one case for each kind of event)
        match event:
            case ev.Start():
                self._start()
            case ev.Joined():
                self._join(event)
            case ev.Left():
                self._leave(event)
            case ev.Ready():
                self._ready(event)
            case ev.Progressed():
                self._progress(event)
            case ev.Abandoned():
                self._abandon(event)
            case ev.UpdateArrived():
                self._take_update(event)
            case ev.Judged():
                self._take_verdict(event)
            case ev.Replayed():
                self._take_replay(event)
            case ev.Tried():
                self._judging.take_trial(event, self._now)
            case ev.Appraised():
                self._take_appraisal(event)
            case ev.MergeDone():
                self._commit_merge(event)
            case ev.Validated() | ev.ValidationFailed():
                self._take_validation(event)
            case ev.Tick():
                pass
            case ev.Pause():
                self._pause(event)
            case ev.Resume():
                self._resume()
            case ev.SettingsChanged():
                self._change_settings(event)
            case ev.Forget():
                self._forget(event.volunteer_id)
            case ev.Stop():
                self._stop(event)
            case ev.Fail():
                self._end(Ending(StopKind.FAILURE, event.message))
            case _:
                assert_never(event)

    def _advance(self) -> None:
        """Ask, after every event, whether the run can move."""
        self._expire_leases()
        self._start_merge()
        self._look_for_limit()
        self._validate()
        self._close()
        self._serve_waiting()
        self._set_wake()

    # The owner

    def _start(self) -> None:
        if self.state not in (RunState.CREATED, RunState.QUEUED):
            return
        first = self._versions.next
        self._versions = Versions(current=first, highest=first)
        self._set_state(RunState.RUNNING, None)
        self._effects.append(Publish(self.version, self.weights_iterations))

    def _pause(self, event: ev.Pause) -> None:
        self._need(RunState.RUNNING)
        self._set_state(RunState.PAUSED, event.reason)

    def _resume(self) -> None:
        self._need(RunState.PAUSED)
        self._set_state(RunState.RUNNING, None)

    def _stop(self, event: ev.Stop) -> None:
        if self.state.over:
            raise WebNNError("not_running", f"The run is over already ({self.state}).")
        ending = Ending(StopKind.OWNER, event.reason)
        if self._closing is not None:
            self._end(self._closing.ending)
        elif self.version == 0:
            self._end(ending)
        else:
            self._begin_closing(ending)

    def _change_settings(self, event: ev.SettingsChanged) -> None:
        """Take other settings for the leases to come. A merge that is under way is done by the rule that it began with,
        and the other rule comes after it.
        """
        if self.state.over or self._closing is not None:
            raise WebNNError("not_running", "The run is over, or about to be: its settings cannot be changed any more.")
        changes = add_changes(self.changes, event.changes)
        config = changed_config(self.first_config, changes)
        strategy = (
            make_robust(make_strategy(config.merge), config.robust) if config.merge != self.config.merge else None
        )
        words = describe_changes(self.config, config)
        if not words:
            return
        another_stop = config.stop != self.config.stop
        self._take_settings(config, changes)
        self._effects.append(SettingsApplied(words, self.changes))
        if strategy is not None:
            self._next_rule = (strategy, config.merge)
            self._change_rule()
        ending = self._validation.reconsider(self._now, self.version) if another_stop else None
        if ending is not None:
            self._begin_closing(ending)

    def _change_rule(self) -> None:
        """Go on by another merge rule, if one is to be taken and no merge is under way: what is out for the rule before
        is merged by the new one where it can be, and is not needed where it cannot.
        """
        if self._next_rule is None or self._inbox.merging is not None:
            return
        before = self.strategy
        (self.strategy, self.rule), self._next_rule = self._next_rule, None
        self._effects.append(Adopt(self.strategy))
        for open_lease in self._leases.all():
            if not carries_over(before, self.strategy, open_lease):
                words = f'The merge rule changed to "{self.strategy.name}", which cannot use work for "{before.name}".'
                self._settle(open_lease, Outcome.NOT_NEEDED, words)
        self._collector = make_collector(self.strategy.collect)
        self._granter.follow(self.strategy, self._collector)
        self._judging.rule_changed()
        self._inbox.follow(self.strategy, self._collector, self._now)
        for open_lease in self._leases.all():
            volunteer = self._volunteers.get(open_lease.lease.volunteer_id)
            if volunteer is None or not volunteer.connected:
                self._collector.left(open_lease.lease.volunteer_id)

    def _need(self, state: RunState) -> None:
        if self.state is not state or self._closing is not None:
            now = "closing" if self.closing else self.state
            raise WebNNError("not_running", f"That needs a run that is {state}; this one is {now}.")

    def _set_state(self, state: RunState, reason: str | None) -> None:
        self.state = state
        self.reason = reason
        if state is RunState.RUNNING:
            self._stopwatch.start(self._now)
            self._pace.start(self._now)
        else:
            self._stopwatch.stop(self._now)
        self._effects.append(StateChanged(state, reason or ""))

    # Volunteers

    def _join(self, event: ev.Joined) -> None:
        self._volunteers.join(event.volunteer_id, event.device)
        self._collector.joined(event.volunteer_id)
        self._renew(event.volunteer_id)
        for gone in self._untold.pop(event.volunteer_id, ()):
            self._effects.append(Settle(gone.volunteer_id, gone.lease_id, gone.outcome, False, gone.detail))

    def _leave(self, event: ev.Left) -> None:
        self._volunteers.leave(event.volunteer_id)
        self._collector.left(event.volunteer_id)
        if event.for_good:
            self._ledger.left(event.volunteer_id)
        for open_lease in self._leases.training(event.volunteer_id):
            if event.for_good:
                self._gave_nothing(event.volunteer_id)
                self._settle(open_lease, Outcome.ABANDONED, "The volunteer left.")
            else:
                self._leases.set_deadline(
                    open_lease, min(open_lease.deadline, self._now + self.config.reconnect_seconds)
                )

    def _ready(self, event: ev.Ready) -> None:
        volunteer = self._volunteers.get(event.volunteer_id)
        if volunteer is not None and volunteer.connected:
            volunteer.claim(event.backend, event.seconds_per_iteration)
            self._volunteers.ask(event.volunteer_id)

    def _progress(self, event: ev.Progressed) -> None:
        open_lease = self._own_lease(event.volunteer_id, event.lease_id)
        if open_lease is not None and open_lease.iterations_seen < event.iterations <= open_lease.lease.iterations:
            open_lease.iterations_seen = event.iterations
            self._renew(event.volunteer_id)

    def _abandon(self, event: ev.Abandoned) -> None:
        open_lease = self._own_lease(event.volunteer_id, event.lease_id)
        if open_lease is not None and open_lease.phase is Phase.TRAINING:
            self._gave_nothing(event.volunteer_id)
            self._settle(open_lease, Outcome.ABANDONED, event.reason)

    def _gave_nothing(self, volunteer_id: str) -> None:
        volunteer = self._volunteers.get(volunteer_id)
        if volunteer is not None:
            volunteer.gave_nothing(self._now)

    def _own_lease(self, volunteer_id: str, lease_id: str) -> OpenLease | None:
        open_lease = self._leases.get(lease_id)
        return open_lease if open_lease is not None and open_lease.lease.volunteer_id == volunteer_id else None

    def _renew(self, volunteer_id: str) -> None:
        """Push back the deadlines of all of a volunteer's leases: it works, if only on the first of them."""
        for open_lease in self._leases.training(volunteer_id):
            self._leases.set_deadline(open_lease, self._now + open_lease.timeout)

    def _expire_leases(self) -> None:
        while (open_lease := self._leases.next_expired(self._now)) is not None:
            volunteer = self._volunteers.get(open_lease.lease.volunteer_id)
            if volunteer is not None:
                volunteer.slow_down()
            self._settle(open_lease, Outcome.EXPIRED, "Nothing was heard of this lease before its deadline.")

    # Granting

    def _serve_waiting(self) -> None:
        """Give a lease to everyone who waits and can have one, the longest first."""
        if not self._volunteers.any_waits or self.state is not RunState.RUNNING or self._closing is not None:
            return
        for volunteer in self._volunteers.waiting():
            if self._granter.has_enough(volunteer.volunteer_id) or self._now < volunteer.rests_until:
                continue
            if not self._judging.may_work(volunteer.volunteer_id, self._now) or self._grant_canary(volunteer):
                continue
            wanted = self._granter.wanted(volunteer, self.iterations, self._now)
            iterations = self._granter.fit(volunteer, wanted, self._now)
            if wanted and not iterations:
                continue
            iterations = self._judging.shorten(volunteer.volunteer_id, iterations)
            lease = self._granter.grant(
                volunteer, iterations, self._now, version=self.version, learning_rate=self.learning_rate
            )
            if lease is None:
                return
            self._volunteers.served(volunteer.volunteer_id)
            self._effects.append(Grant(lease))

    def _grant_canary(self, volunteer: Volunteer) -> bool:
        """Give a volunteer whose word is doubted a lease whose answer is known, if there is one."""
        volunteer_id = volunteer.volunteer_id
        answer = self._judging.canary(volunteer_id, self._now) if self._judging.needs_canary(volunteer_id) else None
        if answer is None:
            return False
        lease = self._granter.grant_again(volunteer, answer.lease, self._now, version=self.version)
        self._judging.granted_canary(lease.lease_id, answer)
        self._volunteers.served(volunteer_id)
        self._effects.append(Grant(lease))
        return True

    def _tell_to_wait(self, volunteer_id: str) -> None:
        """Say why a volunteer that has just asked got nothing."""
        if self.state.over or self._closing is not None:
            self._volunteers.served(volunteer_id)
            self._effects.append(Wait(volunteer_id, WaitReason.FINISHED, ASK_AGAIN_SECONDS))
        elif self._volunteers.waits(volunteer_id):
            self._effects.append(Wait(volunteer_id, self._why_waiting(volunteer_id), ASK_AGAIN_SECONDS))

    def _why_waiting(self, volunteer_id: str) -> WaitReason:
        if self.state is RunState.PAUSED:
            return WaitReason.PAUSED
        if self.state is not RunState.RUNNING:
            return WaitReason.NOT_STARTED
        if not self._judging.may_work(volunteer_id, self._now):
            return WaitReason.TOO_MANY_LEASES
        volunteer = self._volunteers.get(volunteer_id)
        assert volunteer is not None
        if self._now < volunteer.rests_until:
            return WaitReason.TOO_MANY_LEASES
        wanted = self._granter.wanted(volunteer, self.iterations, self._now)
        if wanted and not self._granter.fit(volunteer, wanted, self._now):
            return WaitReason.ROUND
        return WaitReason.TOO_MANY_LEASES if self._granter.has_enough(volunteer_id) else WaitReason.NO_EXAMPLES

    # Updates

    def _take_update(self, event: ev.UpdateArrived) -> None:
        open_lease = self._own_lease(event.volunteer_id, event.lease_id)
        if open_lease is None or open_lease.phase is not Phase.TRAINING:
            self._answer_again(event, open_lease)
            return
        why = problem(event, open_lease.lease, self._versions, self.config.num_weights)
        if why is not None:
            self._gave_nothing(event.volunteer_id)
            self._settle(open_lease, Outcome.INVALID, why)
            return
        volunteer = self._volunteers.get(event.volunteer_id)
        if volunteer is not None:
            volunteer.measure(event.seconds, event.iterations)
            volunteer.delivered(event.seconds, self._now, rests=event.rests)
        self._inbox.take(event, self._now)
        self._renew(event.volunteer_id)
        self._effects.append(Judge(event.lease_id, event.payload, event.base_version))

    def _answer_again(self, event: ev.UpdateArrived, open_lease: OpenLease | None) -> None:
        """Answer an update for a lease that is not out: its first outcome again, now or as soon as it has one."""
        if open_lease is not None:
            open_lease.asked_again = True
            return
        settled = self._leases.settled(event.lease_id)
        if settled is not None and settled.volunteer_id == event.volunteer_id:
            outcome, detail = settled.outcome, settled.detail
        elif settled is not None or self._leases.get(event.lease_id) is not None:
            outcome, detail = Outcome.INVALID, "That lease is another volunteer's."
        else:
            outcome, detail = Outcome.EXPIRED, "That lease is not known here any more."
        self._effects.append(Settle(event.volunteer_id, event.lease_id, outcome, False, detail))

    def _take_verdict(self, event: ev.Judged) -> None:
        open_lease = self._leases.get(event.lease_id)
        if open_lease is None or open_lease.phase is not Phase.JUDGING:
            return  # the run ended while it was judged
        volunteer_id = open_lease.lease.volunteer_id
        update = self._inbox.update(event.lease_id)
        if not event.verdict.finite:
            opinion = self._judging.nonsense(volunteer_id, self._now, "It has numbers that are not finite.")
        elif event.verdict.norm > MAX_NORM[self.strategy.wants]:
            opinion = self._judging.nonsense(volunteer_id, self._now, "Its numbers are too large.")
        else:
            opinion = self._judging.consider(update, open_lease.lease, event.verdict, self._now)
        self._follow(opinion, open_lease, update)

    def _follow(self, opinion: Opinion, open_lease: OpenLease, update: ev.UpdateArrived) -> None:
        if opinion.check is not None:
            self._effects.append(opinion.check)
        if opinion.refused is not None:
            self._settle(open_lease, Outcome.INVALID, opinion.refused)
        elif opinion.held is not None:
            self._settle(open_lease, Outcome.NOT_NEEDED, opinion.held)
        elif self.strategy.needs_appraisal:
            self._effects.append(Appraise(update.lease_id, self.config.validation_examples, update.payload))
        else:
            self._accept(open_lease)
        if opinion.liar:
            self._accuse(open_lease.lease.volunteer_id, opinion.refused or opinion.held or "")

    def _take_replay(self, event: ev.Replayed) -> None:
        volunteer_id, liar = self._judging.take_replay(event, self._now)
        if liar and not self.state.over:
            self._accuse(volunteer_id, "Trained again many times, its work came out otherwise.")

    def _accuse(self, volunteer_id: str, reason: str) -> None:
        """Take nothing more from a proven liar, not even what waits to be merged."""
        self._effects.append(Accused(volunteer_id, reason))
        for open_lease in self._leases.of(volunteer_id):
            if open_lease.phase in (Phase.JUDGING, Phase.QUEUED):
                self._settle(open_lease, Outcome.INVALID, reason)

    def _take_appraisal(self, event: ev.Appraised) -> None:
        open_lease = self._leases.get(event.lease_id)
        if open_lease is None or open_lease.phase is not Phase.JUDGING:
            return  # the run ended, or the round closed, while it was appraised
        if event.result is None:
            self._settle(open_lease, Outcome.NOT_NEEDED, "It could not be validated.")
        else:
            self._inbox.appraise(event.lease_id, event.result)
            volunteer = self._volunteers.get(open_lease.lease.volunteer_id)
            if volunteer is not None and volunteer.local is not None:
                volunteer.local = replace(volunteer.local, appraisal=event.result)
            self._accept(open_lease)

    def _accept(self, open_lease: OpenLease) -> None:
        """Let an update that is good wait for its merge, unless it is too stale for the strategy."""
        lease_id = open_lease.lease.lease_id
        staleness = self._versions.staleness(self._inbox.update(lease_id).base_version)
        bound = self.strategy.max_staleness
        if bound is not None and staleness > bound:
            self._settle(open_lease, Outcome.STALE, f"{staleness} merges came before it; {bound} are allowed.")
        else:
            self._inbox.accept(lease_id, self._now)

    # Merging

    def _start_merge(self) -> None:
        """Ask for the next merge: one at a time, none while a target is being confirmed."""
        if self._closing is not None or self._validation.frozen(self._now):
            return
        started = self._inbox.start_merge(self._versions, self._now, more=self._can_grant, weigh=self._weigh)
        if started is not None:
            merge, dropped, refused = started
            if merge is not None:
                self._effects.append(merge)
            for lease_id in dropped:
                self._drop(lease_id)
            for lease_id in refused:
                self._refuse_length(lease_id)

    def _can_grant(self) -> bool:
        return self._volunteers.num_connected > 0 and self._granter.can_grant(self.iterations)

    def _weigh(self, contributions: Sequence[Contribution], leases: Sequence[Lease]) -> Sifted:
        together = sum(each.iterations for each in contributions)
        return self._judging.sift(
            [self._weighed(each, together - each.iterations) for each in contributions],
            leases,
            lambda: [each.volunteer_id for each in self._volunteers.connected()],
        )

    def _weighed(self, contribution: Contribution, beside: int) -> Contribution:
        """Let a contribution count no more than a lease granted now would: one of a volunteer who was alone does not
        count for all of those who came since. Where little was merged between its base and it, it counts for more than
        its part of all work: for its part of the work of that time, `beside` iterations being merged with it.
        """
        volunteer = self._volunteers.get(contribution.volunteer_id)
        terms = None if volunteer is None else self._granter.terms(volunteer, self._now)
        if volunteer is None or terms is None:
            return contribution
        weight = min(contribution.weight, terms.weight)
        if volunteer.rests:
            others = (self._versions.merged_since(contribution.base_version) + beside) / contribution.iterations
            volunteer.merged_beside(others / max(self._volunteers.crowd(self._now) - 1, 1.0))
            weight = max(weight, min(terms.most, 1 / (1 + others)))
        return contribution if weight == contribution.weight else replace(contribution, weight=weight)

    def _refuse_length(self, lease_id: str) -> None:
        open_lease = self._leases.get(lease_id)
        assert open_lease is not None
        self._settle(open_lease, Outcome.INVALID, "It changes the model many times as much as is usual.")

    def _drop(self, lease_id: str) -> None:
        """End a lease that its round closed without."""
        open_lease = self._leases.get(lease_id)
        assert open_lease is not None
        lease = open_lease.lease
        volunteer = self._volunteers.get(lease.volunteer_id)
        if volunteer is not None and volunteer.connected and open_lease.phase is Phase.TRAINING:
            volunteer.lagged(self._now - lease.granted_at, lease.iterations)
        self._settle(open_lease, Outcome.STALE, "Its round closed without it.")

    def _commit_merge(self, event: ev.MergeDone) -> None:
        if self.state.over:
            return
        merge = self._inbox.finish_merge(event.version)
        self._collector.published()
        merged = sum(each.iterations for each in merge.contributions)
        self._versions.publish(merge.version, merge.iterations, self._leases.oldest_version(), merged)
        self._effects.append(Publish(self.version, self.weights_iterations))
        last = merge.contributions[-1]
        self._granter.peers.publish(Made(self.version, last.volunteer_id, self.weights_iterations, last.appraisal))
        whole = taken_whole(self.strategy, merge.contributions)
        for contribution in merge.contributions:
            self._count(contribution, whole)
        self._judging.published(self._leases.oldest_version() or self.version)
        self._change_rule()

    def _count(self, contribution: Contribution, whole: bool) -> None:
        """Count a contribution that is now in the weights: once, here."""
        self.iterations += contribution.iterations
        self._staleness.append(contribution.staleness)
        self._pace.add(self._now, contribution.num_examples)
        if isinstance(self.strategy.collect, Immediate):
            waited = self._now - self._inbox.arrived(contribution.lease_id)
            self._granter.pressure.merged(waited, self.config.lease_seconds)
        self._effects.append(
            Merged(
                version=self.version,
                lease_id=contribution.lease_id,
                volunteer_id=contribution.volunteer_id,
                iterations=contribution.iterations,
                num_examples=contribution.num_examples,
                staleness=contribution.staleness,
                metrics=self._inbox.update(contribution.lease_id).metrics,
            )
        )
        open_lease = self._leases.get(contribution.lease_id)
        assert open_lease is not None
        self._settle(open_lease, Outcome.MERGED, None, whole=whole)

    def _settle(self, open_lease: OpenLease, outcome: Outcome, detail: str | None, *, whole: bool = False) -> None:
        """End a lease with its one outcome, and give its examples their place."""
        lease = open_lease.lease
        self._leases.settle(lease.lease_id, outcome, detail)
        self._inbox.drop(lease.lease_id)
        self._collector.ended(lease.lease_id)
        canary = self._judging.is_canary(lease.lease_id)
        merged_into = self.version if outcome is Outcome.MERGED else None
        self._judging.ended(lease.lease_id, self._now, merged_into=merged_into)
        if canary:
            pass  # nobody's examples were lent for it
        elif outcome is Outcome.MERGED:
            self._ledger.finish(lease.lease_id)
        else:
            self._ledger.free(lease.lease_id)
        answer = Settle(lease.volunteer_id, lease.lease_id, outcome, whole, detail)
        self._effects.extend([answer, answer] if open_lease.asked_again else [answer])

    # Validating and ending

    def _validate(self) -> None:
        waits_for_merge = self._inbox.merging is not None and self._validation.frozen(self._now)
        if self._closing is None and not waits_for_merge:
            request = self._validation.ask(self._now, self.version)
            if request is not None:
                self._effects.append(request)

    def _take_validation(self, event: ev.Validated | ev.ValidationFailed) -> None:
        asked = self._validation.in_flight
        if self.state.over:
            return
        if asked is None or asked.version != event.version:
            raise ValueError(f"nobody asked for version {event.version} to be validated")
        if isinstance(event, ev.ValidationFailed):
            self._validation.fail()
            if self._closing is not None:
                self._closing.failures += 1
            return
        self._rate.validated(self.position)
        self._validation.record(event.result, trained=event.version > 1)
        harm = self._harm.look(self._validation.latest, self._validation.best, self._now)
        ending = None if self._closing else self._validation.decide(self._now, self.version)
        if ending is not None:
            self._begin_closing(ending)
        elif harm is not None and self._closing is None and self.state is RunState.RUNNING:
            self._effects.append(GoBack(*harm))

    def _look_for_limit(self) -> None:
        if self._closing is None:
            ending = limit_reached(
                self.config.stop, self.seconds(self._now), self.iterations, epochs_done=self._ledger.exhausted
            )
            if ending is not None:
                self._begin_closing(ending)

    def _begin_closing(self, ending: Ending) -> None:
        """Take no more work; what is being merged still counts. Then a last validation, on the whole split."""
        patience = self.config.closing_seconds * (1 if ending.kind is StopKind.OWNER else 10)
        self._closing = Closing(ending, self._now + patience)
        self._stopwatch.stop(self._now)
        self._collector.clear()
        for open_lease in self._leases.all():
            if open_lease.phase is not Phase.MERGING:
                self._settle(open_lease, Outcome.NOT_NEEDED, ending.reason)
        for volunteer in self._volunteers.waiting():
            self._effects.append(Wait(volunteer.volunteer_id, WaitReason.FINISHED, ASK_AGAIN_SECONDS))
        self._volunteers.clear_queue()

    def _close(self) -> None:
        """End the run once its last version and its best are validated whole, or cannot be in time."""
        closing = self._closing
        if closing is None:
            return
        settled = self._inbox.merging is None and self._validation.in_flight is None
        if self._now >= closing.until or closing.failures >= MAX_VALIDATION_FAILURES:
            self._end(closing.ending)
        elif settled:
            whole = self._validation.knows_whole(self.version)
            request = self._validation.ask_best() if whole else self._validation.ask_whole(self._now, self.version)
            if request is None:
                self._end(closing.ending)
            else:
                self._effects.append(request)

    def _end(self, ending: Ending) -> None:
        if self.state.over:
            return
        self.ending = ending
        self._collector.clear()
        self._inbox.merging = None
        self._volunteers.clear_queue()
        for open_lease in self._leases.all():
            self._settle(open_lease, Outcome.NOT_NEEDED, ending.reason)
        self._set_state(ending.state, ending.reason)

    def _set_wake(self) -> None:
        """Ask to be woken when time alone will change something, unless that is asked for already."""
        if self._wake_at is not None and self._wake_at <= self._now:
            self._wake_at = None
        if self.state.over:
            return
        now, at = self._now, math.inf
        for time in self._times():
            if time is not None and now < time < at:
                at = time
        if at < math.inf and at != self._wake_at:
            self._wake_at = at
            self._effects.append(Wake(at))

    def _times(self) -> Iterable[float | None]:
        """When time alone may change something; what has passed, or is None, never does."""
        deadline = self._leases.next_deadline()
        if self._closing is not None:
            return deadline, self._closing.until
        times = (deadline, self._validation.next_time(self.version), self._collector.next_time())
        limit = self.config.stop.seconds
        if limit is None and not self._volunteers.any_waits:
            return times
        return (
            *times,
            None if limit is None else self._stopwatch.reaches(limit),
            self._judging.next_time(self._volunteers.waits, self._now),
            *(each.rests_until for each in self._volunteers.waiting()),
        )
