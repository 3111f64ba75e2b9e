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

ESTABLISHED = 3
"""Agreements after which a volunteer is no newcomer any more."""

LEAST_CHECKS = 0.02
"""The part of an established volunteer's work that is checked for ever."""

STRIKES = 2
"""Disagreements, with no agreement between them, that prove a lie: one may be a device's bad day."""

PASSES = 2
"""Canaries that a quarantined volunteer has to bring right, one after another, to begin again as a newcomer."""

FIRST_QUARANTINE, LONGEST_QUARANTINE = 30.0, 3600.0
"""Seconds without work, doubled by every further lie."""


@dataclass(slots=True)
class Account:
    """What is known of one volunteer's word. `until`: quarantined without work till then (run's clock); 0: not.

    `strikes` since the last agreement; `passed` canaries in a row; `nonsense` updates in a row that no training makes.
    """

    agreements: int = 0
    strikes: int = 0
    lies: int = 0
    passed: int = 0
    nonsense: int = 0
    until: float = 0.0

    @property
    def quarantined(self) -> bool:
        return self.until > 0

    @property
    def doubted(self) -> bool:
        """Whether what it sends does not count until it has agreed again."""
        return self.quarantined or self.strikes > 0

    @property
    def established(self) -> bool:
        return self.agreements >= ESTABLISHED and not self.doubted

    @property
    def checks(self) -> float:
        """The part of its work to check, 0 to 1."""
        return 1.0 if self.doubted else max(2.0 ** -min(self.agreements, 30), LEAST_CHECKS)


class Standing:
    """The accounts of the volunteers of a run; whoever has none is new. Forgotten ones are new again."""

    def __init__(self, max_remembered: int = 10_000) -> None:
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._max_remembered = max_remembered

    def of(self, volunteer_id: str) -> Account:
        """Look at an account; a stranger's is that of anyone new."""
        return self._accounts.get(volunteer_id) or Account()

    @property
    def num_lies(self) -> int:
        return sum(account.lies for account in self._accounts.values())

    def liars(self) -> list[str]:
        """List the volunteers with a proven lie."""
        return [volunteer_id for volunteer_id, account in self._accounts.items() if account.lies]

    def agreed(self, volunteer_id: str) -> None:
        """Work of this volunteer, done again, came out the same."""
        account = self._touch(volunteer_id)
        account.strikes = account.nonsense = 0
        if not account.quarantined:
            account.agreements += 1
            return
        account.passed += 1
        if account.passed >= PASSES:
            account.passed, account.until = 0, 0.0

    def disagreed(self, volunteer_id: str, now: float, *, certain: bool = False) -> bool:
        """Work of this volunteer came out otherwise; returns whether that proves a lie (`certain`: at once)."""
        account = self._touch(volunteer_id)
        account.strikes += 1
        if account.quarantined or certain or account.strikes >= STRIKES:
            self._condemn(account, now)
            return True
        return False

    def failed(self, volunteer_id: str, now: float) -> None:
        """A canary came out otherwise: the quarantine begins again."""
        account = self._touch(volunteer_id)
        account.passed = 0
        account.until = now + _quarantine(account)

    def sent_nonsense(self, volunteer_id: str, now: float, patience: int = 3) -> bool:
        """Note an update that no training makes; only repetition proves anything. Returns whether that is so now."""
        account = self._touch(volunteer_id)
        account.nonsense += 1
        if account.nonsense >= patience:
            self._condemn(account, now)
            return True
        return False

    def release(self, volunteer_id: str) -> None:
        """End a quarantine."""
        self._touch(volunteer_id).until = 0.0

    def demote(self, volunteer_ids: Collection[str]) -> None:
        """Make newcomers of these: what they did was rolled back, and nobody knows whose fault it was."""
        for volunteer_id in volunteer_ids:
            self._touch(volunteer_id).agreements = 0

    def weights(self, volunteer_ids: list[str], here: Callable[[], Collection[str]]) -> list[float]:
        """Say how much each contribution of a merge counts beside the others; the mean is 1.

        Newcomers together weigh no more than the established ones, once at least `ESTABLISHED` of these are `here`: a
        crowd of new identities is no majority. Among equals everyone counts the same.
        """
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
        return [[volunteer_id, asdict(account)] for volunteer_id, account in newest]

    def restore(self, snapshot: list[list[Any]]) -> None:
        self._accounts = OrderedDict((volunteer_id, Account(**account)) for volunteer_id, account in snapshot)

    def forget(self, volunteer_id: str) -> None:
        """Let go of an account, unless it is quarantined: forgetting is no way out of that."""
        if not self.of(volunteer_id).doubted:
            self._accounts.pop(volunteer_id, None)

    def _condemn(self, account: Account, now: float) -> None:
        account.agreements = account.strikes = account.passed = account.nonsense = 0
        account.lies += 1
        account.until = now + _quarantine(account)

    def _touch(self, volunteer_id: str) -> Account:
        account = self._accounts.pop(volunteer_id, None) or Account()
        self._accounts[volunteer_id] = account
        while len(self._accounts) > self._max_remembered:
            self._accounts.popitem(last=False)
        return account


def _quarantine(account: Account) -> float:
    """Seconds without work."""
    return min(FIRST_QUARANTINE * 2.0 ** min(account.lies - 1, 20), LONGEST_QUARANTINE)
