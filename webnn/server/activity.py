"""What volunteers did and what befell the run, for the watch page: bounded accounts and a log of events."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from webnn.core.effects import Effect, Merged, SettingsApplied, Settle, StateChanged
from webnn.core.events import Event, Joined, Left, ValidationFailed
from webnn.core.leases import Outcome
from webnn.core.run import Run

MAX_ACCOUNTS = 500
MAX_ENTRIES = 500
_STALENESS_WEIGHT = 0.2
_LABEL = re.compile(r"#(\d+)")
_SILENT = frozenset({Outcome.MERGED, Outcome.NOT_NEEDED, Outcome.ABANDONED})
"""Ordinary ends of a lease, which no log is told of."""


@dataclass(slots=True)
class Account:
    """What one volunteer has done for the run; `staleness` is a moving average, None before the first merge."""

    label: str
    device: str
    kind: str
    joined: float
    iterations: int = 0
    examples: int = 0
    staleness: float | None = None
    outcomes: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Render as JSON, with a copy of what changes."""
        return {part.name: getattr(self, part.name) for part in fields(self)} | {"outcomes": dict(self.outcomes)}

    @property
    def standing(self) -> str:
        """A word for how far its work has counted so far."""
        refused = self.outcomes[Outcome.INVALID]
        merged = self.outcomes[Outcome.MERGED]
        if refused and refused >= merged:
            return "refused"
        if not merged:
            return "new"
        return "good" if refused == 0 else "mixed"


class Activity:
    """Sees every event and effect of a run. Volunteers are shown by a label, never by their id, which is private."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._log: deque[list[Any]] = deque(maxlen=MAX_ENTRIES)
        self._labels = 0
        self.num_entries = 0

    def saw(self, event: Event, effects: Iterable[Effect], seconds: float) -> list[list[Any]]:
        """Note what `event` and its `effects` mean to people; `seconds` of running time. Returns the new rows of the
        log.
        """
        before = self.num_entries
        match event:
            case Joined():
                account = self._account(event.volunteer_id, event.device.name, event.device.kind, seconds)
                self._note(seconds, "joined", f"{account.label} joined: {event.device.name or 'a device'}.")
            case Left():
                known = self._accounts.get(event.volunteer_id)
                if known is not None:
                    self._note(seconds, "left", f"{known.label} left.")
            case ValidationFailed():
                self._note(seconds, "problem", f"Version {event.version} could not be measured: {event.message}")
            case _:
                pass
        for effect in effects:
            self._saw_effect(effect, seconds)
        return self._newest(self.num_entries - before)

    def _saw_effect(self, effect: Effect, seconds: float) -> None:
        match effect:
            case Merged():
                account = self._accounts.get(effect.volunteer_id)
                if account is not None:
                    account.iterations += effect.iterations
                    account.examples += effect.num_examples
                    before = effect.staleness if account.staleness is None else account.staleness
                    account.staleness = before + _STALENESS_WEIGHT * (effect.staleness - before)
            case Settle():
                account = self._accounts.get(effect.volunteer_id)
                if account is not None:
                    account.outcomes[effect.outcome] += 1
                    if effect.outcome not in _SILENT:
                        why = f": {effect.detail}" if effect.detail else "."
                        self._note(seconds, effect.outcome, f"Work of {account.label} was {effect.outcome}{why}")
            case StateChanged():
                why = f": {effect.reason}" if effect.reason else "."
                self._note(seconds, "state", f"The run is {effect.state}{why}")
            case SettingsApplied():
                self._note(seconds, "settings", f"The owner changed: {effect.words}.")
            case _:
                pass

    def label(self, volunteer_id: str) -> str | None:
        """What people call a volunteer, if it is known."""
        account = self._accounts.get(volunteer_id)
        return None if account is None else account.label

    def find(self, label: str) -> str | None:
        """The id of the volunteer with this label."""
        return next((known for known, account in self._accounts.items() if account.label == label), None)

    def volunteers(self, run: Run) -> list[dict[str, Any]]:
        """Describe the volunteers that are remembered: those here first, then by what they gave."""
        here = {volunteer.volunteer_id: volunteer for volunteer in run.volunteers}
        rows = []
        for volunteer_id, account in self._accounts.items():
            volunteer = here.get(volunteer_id)
            pace = volunteer.seconds_per_iteration or volunteer.claimed_seconds if volunteer is not None else None
            rows.append(
                {
                    "label": account.label,
                    "here": volunteer is not None,
                    "device": account.device,
                    "kind": account.kind,
                    "backend": volunteer.device.backend if volunteer is not None else "",
                    "iterations_per_second": round(1 / pace, 3) if pace else None,
                    "staleness": None if account.staleness is None else round(account.staleness, 2),
                    "joined": round(account.joined, 1),
                    "iterations": account.iterations,
                    "examples": account.examples,
                    "outcomes": {str(name): number for name, number in account.outcomes.items()},
                    "standing": account.standing,
                }
            )
        return sorted(rows, key=lambda row: (not row["here"], -row["examples"]))

    def log(self, since: int = 0) -> dict[str, Any]:
        """List the events after the first `since`: [seconds, kind, sentence], and how many there were in all."""
        return {"count": self.num_entries, "events": self._newest(max(0, self.num_entries - since))}

    def snapshot(self) -> list[Any]:
        """Write the accounts for `restore`, JSON-able. The log is written row by row as it grows."""
        return [[volunteer_id, account.as_dict()] for volunteer_id, account in self._accounts.items()]

    def restore(self, accounts: list[Any] | None, log: tuple[int, list[list[Any]]]) -> None:
        """Take up accounts, and the log: how many rows it ever had, and the newest of them."""
        self.num_entries, rows = log
        self._log.extend(rows)
        for volunteer_id, account in accounts or ():
            self._accounts[volunteer_id] = Account(**{**account, "outcomes": Counter(account["outcomes"])})
        given = [_LABEL.match(account.label) for account in self._accounts.values()]
        given += [_LABEL.match(words) for _, kind, words in rows if kind == "joined"]
        self._labels = max((int(label[1]) for label in given if label), default=0)

    def _newest(self, count: int) -> list[list[Any]]:
        return list(self._log)[-count:] if count else []

    def _account(self, volunteer_id: str, device: str, kind: str, seconds: float) -> Account:
        account = self._accounts.pop(volunteer_id, None)
        if account is None:
            self._labels += 1
            account = Account(f"#{self._labels}", device, kind, seconds)
        account.device, account.kind = device, kind
        self._accounts[volunteer_id] = account
        if len(self._accounts) > MAX_ACCOUNTS:
            self._accounts.popitem(last=False)
        return account

    def _note(self, seconds: float, kind: str, sentence: str) -> None:
        self._log.append([round(seconds, 1), str(kind), sentence])
        self.num_entries += 1
