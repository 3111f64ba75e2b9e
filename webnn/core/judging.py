"""Whether an update counts: what it looks like, whose it is, and what became of it when it was done again.

Five kinds of evidence, and what each may do. Numbers that no training makes are refused, whoever sends them. An update
that changes nothing while others' do, or has the very numbers of an earlier one, holds no work: it does not count, and
`standing.CLAIMS` of them prove a lie. Whatever else looks odd (a direction that came before or is against everyone's,
work faster than possible) only brings a check about: the evaluator trains the lease again (`Replay`), and many of those
decide on a volunteer's standing (`webnn.core.evidence`). Now and then it says instead whether an update helps on
held-out examples (`Try`): that proves nothing, but harm may bring replays about, and in the end weigh less
(`webnn.core.appraising`). In quarantine a volunteer may get a lease whose answer is known already (a canary).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from webnn.core.appraising import Appraising
from webnn.core.carried import OwnWork
from webnn.core.config import RunConfig
from webnn.core.directions import cosine
from webnn.core.effects import Replay, Try
from webnn.core.events import Replayed, Tried, UpdateArrived, Vector
from webnn.core.evidence import Evidence
from webnn.core.leases import Lease
from webnn.core.merging.base import Contribution, Wants
from webnn.core.metrics import Sketch, Verdict
from webnn.core.standing import Standing
from webnn.core.usual import CLIPPED, REFUSED, Look, Usual, unit_length

LARGEST = 100.0
"""Times the square root of the number of weights: no lease changes a model by more."""

HARMLESS = 1e-4
"""Times the same: whatever changes a model by less is not too long, though others (converged) change it less still."""

FASTEST = 1_000.0
"""Times the evaluator's speed: no device is faster."""

LOW, RELATIVE, TYPICAL, FAITHFUL = 0.05, 0.5, 5, 0.8
"""An agreement below `LOW` is none. Where replays are `FAITHFUL`, as the median of the last says (of `TYPICAL` at
least), one below `RELATIVE` times that is none either, and answers are good enough for canaries then; not with an
optimiser that remembers, whose replays have another memory.
"""

CANARY = 0.35
"""The least cosine between the sketches of an answer and of a canary that is right; chance gives 0 +- 0.09."""

LENGTHS = 10.0
"""Times the usual: the update's length over the replay's must lie within this, and one over it; with an optimiser that
remembers, only the former, for a memory of large gradients makes steps short.
"""

TOO_LONG = 3
"""Updates in a row that were refused for their length, after which a volunteer's are replayed even if it is not known
exactly where they began: else refusals, after which that is so, would save a liar from ever being checked.
"""

REPLAY_SECONDS = 5.0
"""Leases that would take the evaluator longer are not replayed; those of whoever is to be checked are kept shorter."""

TRIALS = 0.25
"""The part of the checks of what is not odd that are trials on held-out examples."""

MAX_TOO_LONG = 1_000
"""Volunteers of whom it is known how many updates in a row were far too long."""

ANSWERS = 32
"""Answers that are kept for canaries."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What becomes of an update. `refused`: why it is invalid; `held`: why it does not count though nothing is wrong
    with it; `check`: the evaluator is to do it again, or to try it on held-out examples; `liar`: this proves a lie.
    """

    refused: str | None = None
    held: str | None = None
    check: Replay | Try | None = None
    liar: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A lease that was replayed with agreement, and the direction that it came to."""

    lease: Lease
    sketch: Sketch


@dataclass(slots=True)
class Asked:
    """A check that is under way: a replay, or a trial."""

    lease: Lease
    sketch: Sketch
    tries: bool = False


class Judging:
    """The evidence of a run. Pure: its chances come from a generator of its own, its times from the caller."""

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._usual = Usual(config.num_weights)
        self._small = HARMLESS * math.sqrt(config.num_weights)
        self._verdicts: dict[str, Verdict] = {}
        self._agreements: deque[float] = deque(maxlen=64)
        self._ratios: deque[float] = deque(maxlen=64)
        self._answers: deque[Answer] = deque(maxlen=ANSWERS)
        self._evidence = Evidence(remembers=config.remembers)
        self._appraising = Appraising(remembers=config.remembers)
        self._work = OwnWork()
        self._too_long: dict[str, int] = {}
        self._canaries: dict[str, Answer] = {}
        self._asked: Asked | None = None
        self._replay_at = 0.0
        self._step_seconds: float | None = None  # of the evaluator
        self._random = np.random.Generator(np.random.PCG64([config.seed, 8]))
        self.standing = Standing()

    # An update that came

    def consider(self, update: UpdateArrived, lease: Lease, verdict: Verdict, now: float) -> Opinion:
        """Judge an update whose numbers are finite."""
        if lease.lease_id in self._canaries:
            return self._mark_canary(lease, verdict, now)
        if lease.wants is not Wants.GRADIENT and verdict.length > LARGEST * math.sqrt(self._config.num_weights):
            return self.nonsense(lease.volunteer_id, now, "It changes the model more than any training does.")
        account = self.standing.of(lease.volunteer_id)
        look = self._usual.look(lease.volunteer_id, verdict, update.base_version, lease.parts)
        if self._config.replay_share > 0 and lease.learning_rate > 0 and (look.same or look.empty):
            return self._take_claim(lease.volunteer_id, now)
        self.standing.worked(lease.volunteer_id)
        odd = self._is_odd(update, lease, look, now)
        wanted = odd or self._random.random() < self._checks(lease.volunteer_id)
        check = self._ask_check(update, lease, verdict, now, odd=odd) if wanted else None
        if lease.carry and not account.doubted and self._config.replay_share > 0:
            self._work.sent(lease.lease_id, lease.volunteer_id, update.payload, now)
        held = "It does not count before other work of this device has been checked." if account.doubted else None
        if held is None:
            self._verdicts[lease.lease_id] = verdict
        return Opinion(held=held, check=check)

    def rule_changed(self) -> None:
        """Forget what updates usually look like: another merge rule may want weights where gradients came."""
        self._usual = Usual(self._config.num_weights)

    def nonsense(self, volunteer_id: str, now: float, why: str) -> Opinion:
        """Judge an update with numbers that no training makes."""
        return Opinion(refused=why, liar=self.standing.sent_nonsense(volunteer_id, now))

    def _take_claim(self, volunteer_id: str, now: float) -> Opinion:
        """Judge an update that cannot hold the work that it claims."""
        liar = self.standing.claimed(volunteer_id, now)
        return Opinion(held="It holds no work: nothing, or what came before.", liar=liar)

    def _is_odd(self, update: UpdateArrived, lease: Lease, look: Look, now: float) -> bool:
        elapsed = now - lease.granted_at
        too_fast = self._step_seconds is not None and elapsed < lease.iterations * self._step_seconds / FASTEST
        impossible = update.seconds > 2 * elapsed + 1
        against = look.direction is not None and look.direction < -0.2
        return too_fast or impossible or look.alike or against

    def sift(
        self, contributions: Sequence[Contribution], leases: Sequence[Lease], here: Callable[[], Collection[str]]
    ) -> tuple[list[Contribution], list[str]]:
        """Weigh what is merged together; returns what stays, and the leases whose updates are far too long."""
        excess = self._usual.excess([self._length(lease) for lease in leases])
        kept: list[tuple[Contribution, float]] = []
        refused = []
        for each, times in zip(contributions, excess, strict=True):
            too_long = times > REFUSED
            self._note_length(each.volunteer_id, too_long=too_long)
            if too_long:
                refused.append(each.lease_id)
            else:
                clip = CLIPPED / times if times > CLIPPED else 1.0
                kept.append((each, clip * self._appraising.share(each.volunteer_id)))
        shares = self.standing.weights([each.volunteer_id for each, _ in kept], here)
        return [_weighed(each, share * factor) for (each, factor), share in zip(kept, shares, strict=True)], refused

    def _length(self, lease: Lease) -> float:
        """Find how long the update of a lease is, for what it was to train; NaN where that is not known or harmless."""
        verdict = self._verdicts.pop(lease.lease_id, None)
        return math.nan if verdict is None or not verdict.length > self._small else unit_length(verdict.length, lease)

    def _note_length(self, volunteer_id: str, *, too_long: bool) -> None:
        """Count the updates in a row that were far too long, of the volunteers that sent such a one last."""
        count = self._too_long.pop(volunteer_id, 0)
        if too_long:
            self._too_long[volunteer_id] = count + 1
            if len(self._too_long) > MAX_TOO_LONG:
                del self._too_long[next(iter(self._too_long))]

    # Checks

    def _checks(self, volunteer_id: str) -> float:
        """The part of a volunteer's work to check, 0 to 1."""
        return 1.0 if self._appraising.is_watched(volunteer_id) else self.standing.of(volunteer_id).checks

    def _ask_check(
        self, update: UpdateArrived, lease: Lease, verdict: Verdict, now: float, *, odd: bool
    ) -> Replay | Try | None:
        """Ask for a check if the evaluator has time for it, and it is known where the volunteer began."""
        if self._config.replay_share <= 0 or self._asked is not None or now < self._replay_at:
            return None
        if lease.keep is not None:
            return None  # it begins with the device's own weights, which nobody else has
        carried: list[Vector] | None = []
        if lease.carry:
            carried = self._work.carried(lease.lease_id, lease.volunteer_id, lease.granted_at, update.base_version)
        tries = self._prefers_trial(lease, odd=odd)
        if carried is None and (tries or self._too_long.get(lease.volunteer_id, 0) < TOO_LONG):
            return None
        if tries and (lease.learning_rate <= 0 or self.standing.of(lease.volunteer_id).doubted):
            return None
        own = tuple(carried or ())
        self._asked = Asked(lease, verdict.sketch, tries)
        self._replay_at = math.inf
        if tries:
            return Try(lease, update.base_version, self._config.validation_examples, update.payload, own)
        return Replay(lease, update.base_version, update.payload, own)

    def _prefers_trial(self, lease: Lease, *, odd: bool) -> bool:
        """Whether a check is a trial on held-out examples: where a replay takes too long, and sometimes where nothing
        speaks against the volunteer that only a replay can clear up.
        """
        if self._step_seconds is not None and lease.iterations * self._step_seconds > REPLAY_SECONDS:
            return True
        if odd or self._appraising.is_odd(lease.volunteer_id) or self._is_doubted(lease.volunteer_id):
            return False
        return bool(self._random.random() < TRIALS)

    def _is_doubted(self, volunteer_id: str) -> bool:
        account = self.standing.of(volunteer_id)
        return account.quarantined or account.doubt > 0

    def shorten(self, volunteer_id: str, iterations: int) -> int:
        """Keep a lease of a volunteer who is to be checked short enough to be replayed."""
        if self._config.replay_share <= 0 or self._step_seconds is None:
            return iterations
        longest = max(int(REPLAY_SECONDS / self._step_seconds), 1)
        if iterations <= longest or self._random.random() >= self._checks(volunteer_id):
            return iterations
        return longest

    def take_replay(self, event: Replayed, now: float) -> tuple[str, bool]:
        """Take the evaluator's answer; returns whose lease it was, and whether this proves a lie.

        Raises `ValueError` for an answer that nobody asked for.
        """
        asked = self._answered(event, now)
        volunteer_id = asked.lease.volunteer_id
        if event.agreement is None:
            self._replay_at = max(self._replay_at, now + 1.0)
            self._appraising.replayed(volunteer_id, agreed=False)
            return volunteer_id, False
        self._step_seconds = event.seconds / asked.lease.iterations
        usual = median(self._ratios) if self._ratios else 1.0
        shortest = 0.0 if self._config.remembers else usual / LENGTHS
        agreed = self._agrees(event.agreement) and shortest <= event.ratio <= usual * LENGTHS
        self._agreements.append(event.agreement)
        self._ratios.append(min(max(event.ratio, 1e-3), 1e3))
        weight = self._evidence.note(volunteer_id, agreed=agreed)
        self._appraising.replayed(volunteer_id, agreed=agreed)
        if agreed:
            self._answers.append(Answer(asked.lease, asked.sketch))
            self.standing.agreed(volunteer_id, weight)
            return volunteer_id, False
        liar = self.standing.disagreed(volunteer_id, now, weight)
        if liar:
            self._evidence.forget(volunteer_id)
            self._appraising.forget(volunteer_id)
        return volunteer_id, liar

    def take_trial(self, event: Tried, now: float) -> None:
        """Take what the evaluator says of an update on held-out examples. Raises `ValueError` as `take_replay` does."""
        asked = self._answered(event, now)
        if event.before is None or event.after is None:
            self._replay_at = max(self._replay_at, now + 1.0)
        else:
            self._appraising.note(asked.lease.volunteer_id, event.before, event.after)

    def _answered(self, event: Replayed | Tried, now: float) -> Asked:
        """Find what an answer is to, and see that the evaluator is left alone for its share of the time."""
        asked = self._asked
        if asked is None or asked.lease.lease_id != event.lease_id or asked.tries != isinstance(event, Tried):
            raise ValueError(f"nobody asked for this of lease {event.lease_id}: {type(event).__name__}")
        self._asked = None
        self._replay_at = now + max(event.seconds, 1e-3) * (1 / self._config.replay_share - 1)
        return asked

    @property
    def _typical(self) -> float:
        """The usual agreement of a replay; 0 before it is known."""
        return median(self._agreements) if len(self._agreements) >= TYPICAL else 0.0

    def _agrees(self, agreement: float) -> bool:
        return agreement >= (RELATIVE * self._typical if self._typical > FAITHFUL else LOW)

    # Canaries

    def needs_canary(self, volunteer_id: str) -> bool:
        """Whether a volunteer's next lease shall be one whose answer is known, if there is one."""
        return self.standing.of(volunteer_id).quarantined

    def canary(self, volunteer_id: str, now: float) -> Answer | None:
        """Choose a canary for a volunteer; None: there is none for it."""
        if self._config.remembers or self._typical <= FAITHFUL:
            return None
        others = [each for each in self._answers if each.lease.volunteer_id != volunteer_id and len(each.sketch)]
        return others[int(self._random.integers(len(others)))] if others else None

    def may_work(self, volunteer_id: str, now: float) -> bool:
        """Whether a volunteer gets leases at all now. Where nothing is ever checked, a quarantine just passes."""
        account = self.standing.of(volunteer_id)
        if not account.quarantined:
            return True
        if now < account.until:
            return False
        if self._config.replay_share <= 0:
            self.standing.release(volunteer_id)
        return True

    def next_time(self, waits: Callable[[str], bool], now: float) -> float | None:
        """Find when the next quarantine of one that `waits` is over."""
        confined = self.standing.confined().items()
        return min((at for volunteer_id, at in confined if at > now and waits(volunteer_id)), default=None)

    def granted_canary(self, lease_id: str, answer: Answer) -> None:
        self._canaries[lease_id] = answer

    def is_canary(self, lease_id: str) -> bool:
        return lease_id in self._canaries

    def _mark_canary(self, lease: Lease, verdict: Verdict, now: float) -> Opinion:
        """Compare with the known answer: the same examples in the same order, though from an earlier version. To fail
        proves nothing, but ends no quarantine either.
        """
        if cosine(verdict.sketch, self._canaries[lease.lease_id].sketch) >= CANARY:
            self.standing.agreed(lease.volunteer_id)
            return Opinion(held="It was a check, and it was right.")
        self.standing.failed(lease.volunteer_id, now)
        return Opinion(held="It was a check, and it was not what training these examples gives.")

    def ended(self, lease_id: str, now: float, *, merged_into: int | None) -> None:
        """Note that a lease has its outcome."""
        self._canaries.pop(lease_id, None)
        self._verdicts.pop(lease_id, None)
        if merged_into is None:
            self._work.refused(lease_id, now)
        else:
            self._work.merged(lease_id, merged_into)

    def published(self, oldest_version: int) -> None:
        """Note that nobody trains from a version before `oldest_version` any more."""
        self._work.prune(oldest_version)

    # What is kept

    def snapshot(self, max_volunteers: int) -> dict[str, Any]:
        """Write standing and statistics, JSON-able; answers, and what is under way, are not written."""
        return {
            "standing": self.standing.snapshot(max_volunteers),
            "lengths": self._usual.snapshot(),
            "agreements": list(self._agreements),
            "ratios": list(self._ratios),
            "random": self._random.bit_generator.state,
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        self.standing.restore(snapshot["standing"])
        self._usual.restore(snapshot["lengths"])
        self._agreements.extend(snapshot["agreements"])
        self._ratios.extend(snapshot["ratios"])
        self._random.bit_generator.state = snapshot["random"]

    def inherit(self, other: Judging, undone: Collection[str]) -> None:
        """Know what the run knew before it was rolled back; whose work was `undone` is new again."""
        self.standing = other.standing
        self._agreements.extend(other._agreements)
        self._ratios.extend(other._ratios)
        self.standing.trust_again()
        self.standing.demote(undone)


def _weighed(contribution: Contribution, factor: float) -> Contribution:
    return contribution if factor == 1.0 else replace(contribution, weight=contribution.weight * factor)
