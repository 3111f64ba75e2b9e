"""What a run remembers over a restart beside its weights: its settings, notes, log, volunteers, histograms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from webnn.store import journal as jn
from webnn.store.journal import Journal

if TYPE_CHECKING:
    from webnn.core.effects import SettingsApplied
    from webnn.server.run_task import RunTask

SETTINGS = "settings"
"""The journal's fact for the changes of the settings so far, added up."""

NOTES = "notes"
"""Its fact for the owner's notes."""

_HISTORY, _BLOCKED = "settings_history", "blocked"
_ACCOUNTS, _HISTOGRAMS = "accounts", "histograms"


class Memory:
    """What an owner did to one run: how its settings changed, notes, and who may not take part.

    Each change is noted in the journal at once. What changes all the time (accounts, histograms) is noted with each
    checkpoint: `facts`.
    """

    def __init__(self, task: RunTask) -> None:
        self._task = task
        self.changes: list[dict[str, Any]] = []
        self.notes = ""

    def settings_changed(self, effect: SettingsApplied, seconds: float) -> None:
        """Note other settings, at `seconds` of running time."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        self.changes.append({"seconds": round(seconds, 2), "time": time, "words": effect.words})
        self._note(
            jn.happened(self._task.now, "settings", f"Settings: {effect.words}."),
            jn.fact(SETTINGS, dict(effect.changes)),
            jn.fact(_HISTORY, self.changes),
        )

    def write_notes(self, text: str) -> None:
        """Keep other notes."""
        self.notes = text
        self._note(jn.fact(NOTES, text))

    def block(self, volunteer_id: str) -> None:
        """Take no more work from a volunteer."""
        self._task.blocked.add(volunteer_id)
        self._note(jn.fact(_BLOCKED, sorted(self._task.blocked)))

    def unblock(self, volunteer_id: str) -> None:
        """Let a volunteer take part again."""
        self._task.blocked.discard(volunteer_id)
        self._note(jn.fact(_BLOCKED, sorted(self._task.blocked)))

    def facts(self) -> dict[str, Any]:
        """Write the accounts and histograms as they are now: facts by name, of which nothing changes any more."""
        task = self._task
        found: dict[str, Any] = {_ACCOUNTS: task.activity.snapshot()}
        if task.insight is not None:
            found[_HISTOGRAMS] = task.insight.histograms.snapshot()
        return found

    def _note(self, *entries: jn.Entry) -> None:
        if self._task.keeper is not None:
            self._task.keeper.note(*entries)


def recall(task: RunTask, journal: Journal) -> None:
    """Remember what the journal has of earlier lives of the run. Blocks."""
    memory = task.memory
    memory.changes = journal.fact(_HISTORY) or []
    memory.notes = journal.fact(NOTES) or ""
    task.blocked.update(journal.fact(_BLOCKED) or ())
    task.activity.restore(journal.fact(_ACCOUNTS), journal.log())
    histograms = journal.fact(_HISTOGRAMS)
    if histograms is not None and task.insight is not None:
        task.insight.histograms.restore(histograms)
