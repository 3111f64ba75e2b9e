"""What a volunteer's word is worth: earned by work that was checked, lost by one proven lie.

As BOINC does with hosts (Anderson 2019, arXiv 1903.01699, adaptive replication): whoever is new is checked at every
chance, each agreement halves how often, and one lie starts over. Only work that was done again elsewhere speaks for or
against anyone; being slow, unlucky or unusual does not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from typing import Any

from webnn.core.evidence import PROOF

ESTABLISHED = 3
"""Agreements after which a volunteer is no newcomer any more."""

LEAST_CHECKS = 0.02
"""The part of an established volunteer's work that is checked for ever."""

HELD = PROOF / 2
"""Doubt beyond which a volunteer's work does not count until it has agreed again."""

CLAIMS = 3.0
"""Claims of work that was not done that prove a lie."""

AMENDS = 0.1
"""What each other update makes good of a claim."""

NONSENSE = 3
"""Updates in a row that no training makes which prove a lie."""

PASSES = 2
"""Checks that a quarantined volunteer has to pass, one after another, to begin again as a newcomer."""

KEPT = ("agreements", "lies", "failed", "passed", "nonsense", "until")
"""Fields of an account that a snapshot has."""

FIRST_QUARANTINE, LONGEST_QUARANTINE = 30.0, 3600.0
"""Seconds without work, doubled by every further lie."""


@dataclass(slots=True)
class Account:
    """What is known of one volunteer's word. `until`: quarantined without work till then (run's clock); 0: not.

    `doubt`: what replays say against it (`webnn.core.evidence`), `claims` of work not done; both are not kept over a
    restart, nor over going back. `failed` and `passed` checks in quarantine; `nonsense` updates in a row that no
    training makes.
    """

    agreements: int = 0
    doubt: float = 0.0
    claims: float = 0.0
    lies: int = 0
    failed: int = 0
    passed: int = 0
    nonsense: int = 0
    until: float = 0.0

    @property
    def quarantined(self) -> bool:
        return self.until > 0

    @property
    def doubted(self) -> bool:
        """Whether what it sends does not count until it has agreed again."""
        return self.quarantined or self.doubt >= HELD

    @property
    def established(self) -> bool:
        return self.agreements >= ESTABLISHED and not self.doubted

    @property
    def checks(self) -> float:
        """The part of its work to check, 0 to 1."""
        return 1.0 if self.quarantined or self.doubt > 0 else max(2.0 ** -min(self.agreements, 30), LEAST_CHECKS)


_NEW = Account()  # never changed


class Standing:
    """The accounts of the volunteers of a run; whoever has none is new. Forgotten ones are new again."""

    def __init__(self, max_remembered: int = 10_000) -> None:
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._max_remembered = max_remembered
        self._confined: set[str] = set()  # whose account may be in quarantine

    def of(self, volunteer_id: str) -> Account:
        """Look at an account; a stranger's is that of anyone new."""
        return self._accounts.get(volunteer_id) or _NEW

    def confined(self) -> dict[str, float]:
        """Until when, at least, those in quarantine are."""
        if not self._confined:
            return {}
        until = {volunteer_id: self.of(volunteer_id).until for volunteer_id in self._confined}
        self._confined = {volunteer_id for volunteer_id, at in until.items() if at > 0}
        return {volunteer_id: at for volunteer_id, at in until.items() if at > 0}

    @property
    def num_lies(self) -> int:
        return sum(account.lies for account in self._accounts.values())

    def liars(self) -> list[str]:
        """List the volunteers with a proven lie."""
        return [volunteer_id for volunteer_id, account in self._accounts.items() if account.lies]

    def agreed(self, volunteer_id: str, weight: float = -PROOF) -> None:
        """Work of this volunteer, done again, came out the same; `weight` is negative, and added to the doubt."""
        account = self._touch(volunteer_id)
        account.doubt = max(0.0, account.doubt + min(weight, 0.0))
        account.nonsense = 0
        if not account.quarantined:
            account.agreements += 1
            return
        account.passed += 1
        if account.passed >= PASSES:
            account.passed, account.failed, account.until = 0, 0, 0.0

    def disagreed(self, volunteer_id: str, now: float, weight: float) -> bool:
        """Work of this volunteer came out otherwise, which adds `weight` to the doubt; returns whether it is proof."""
        account = self._touch(volunteer_id)
        if account.quarantined:
            self.failed(volunteer_id, now)
            return False
        account.doubt += weight
        return self._condemn_beyond(volunteer_id, now, account.doubt >= PROOF)

    def claimed(self, volunteer_id: str, now: float) -> bool:
        """An update of this volunteer holds no work of its own; returns whether that proves a lie."""
        account = self._touch(volunteer_id)
        account.claims += 1
        return self._condemn_beyond(volunteer_id, now, account.claims >= CLAIMS)

    def worked(self, volunteer_id: str) -> None:
        """Note an update that may hold work."""
        account = self._accounts.get(volunteer_id)
        if account is not None and account.claims:
            account.claims = max(0.0, account.claims - AMENDS)

    def failed(self, volunteer_id: str, now: float) -> None:
        """A check in quarantine came out otherwise: it begins again."""
        account = self._touch(volunteer_id)
        account.passed = 0
        account.until = now + quarantine_seconds(account)
        account.failed += 1
        self._confined.add(volunteer_id)

    def sent_nonsense(self, volunteer_id: str, now: float, patience: int = NONSENSE) -> bool:
        """Note an update that no training makes; only repetition proves anything. Returns whether that is so now."""
        account = self._touch(volunteer_id)
        account.nonsense += 1
        return self._condemn_beyond(volunteer_id, now, account.nonsense >= patience)

    def release(self, volunteer_id: str) -> None:
        """End a quarantine."""
        account = self._touch(volunteer_id)
        account.until, account.failed = 0.0, 0

    def demote(self, volunteer_ids: Collection[str]) -> None:
        """Make newcomers of these: what they did was rolled back, and nobody knows whose fault it was."""
        for volunteer_id in volunteer_ids:
            self._touch(volunteer_id).agreements = 0

    def weights(self, volunteer_ids: list[str], here: Callable[[], Collection[str]]) -> list[float]:
        """Say how much each contribution of a merge counts beside the others; the mean is 1.

        Newcomers together weigh no more than the established ones, once at least `ESTABLISHED` of these are `here`: a
        crowd of new identities is no majority. Among equals everyone counts the same.
        """
        if len(volunteer_ids) < 2:
            return [1.0] * len(volunteer_ids)
        old = [self.of(volunteer_id).established for volunteer_id in volunteer_ids]
        num_old, num_new = sum(old), len(old) - sum(old)
        if num_new <= num_old or num_old == 0:
            return [1.0] * len(old)
        if sum(self.of(volunteer_id).established for volunteer_id in here()) < ESTABLISHED:
            return [1.0] * len(old)
        share = num_old / num_new
        scale = len(old) / (2 * num_old)
        return [scale * (1.0 if each else share) for each in old]

    def snapshot(self, max_volunteers: int) -> list[list[Any]]:
        """Write the newest accounts, JSON-able."""
        newest = list(self._accounts.items())[-max_volunteers:]
        kept = [(volunteer_id, asdict(account)) for volunteer_id, account in newest]
        return [[volunteer_id, {name: account[name] for name in KEPT}] for volunteer_id, account in kept]

    def restore(self, snapshot: list[list[Any]]) -> None:
        self._accounts = OrderedDict(
            (volunteer_id, Account(**{name: account[name] for name in KEPT if name in account}))
            for volunteer_id, account in snapshot
        )
        self._confined = {volunteer_id for volunteer_id, account in self._accounts.items() if account.quarantined}

    def trust_again(self) -> None:
        """Forget every doubt that is no proof: what it was made of is gone."""
        for account in self._accounts.values():
            account.doubt = account.claims = 0.0

    def forget(self, volunteer_id: str) -> None:
        """Let go of an account, unless it is doubted: forgetting is no way out of that."""
        account = self.of(volunteer_id)
        if not account.doubted and not account.claims:
            self._accounts.pop(volunteer_id, None)

    def _condemn_beyond(self, volunteer_id: str, now: float, proved: bool) -> bool:
        if proved:
            account = self._accounts[volunteer_id]
            self._confined.add(volunteer_id)
            account.agreements = account.passed = account.nonsense = 0
            account.doubt = account.claims = 0.0
            account.lies += 1
            account.until = now + quarantine_seconds(account)
        return proved

    def _touch(self, volunteer_id: str) -> Account:
        account = self._accounts.pop(volunteer_id, None) or Account()
        self._accounts[volunteer_id] = account
        while len(self._accounts) > self._max_remembered:
            self._accounts.popitem(last=False)
        return account


def quarantine_seconds(account: Account) -> float:
    """How long one with such an account gets no work."""
    return min(FIRST_QUARANTINE * 2.0 ** min(account.lies - 1 + account.failed, 20), LONGEST_QUARANTINE)
