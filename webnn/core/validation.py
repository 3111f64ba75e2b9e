"""When to validate, on how much, and what the results say of the run's targets."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from webnn.core.config import RunConfig
from webnn.core.effects import Validate
from webnn.core.metrics import Validation
from webnn.core.stopping import Ending, target_met

WINDOW = 5  # validations whose mean is compared with a target, as in the WebNN report of 2018
MAX_PATIENCE = 16  # validations to let pass after a target was not confirmed
CONFIRM_SECONDS = 60.0  # for which merging waits for a target to be confirmed


@dataclass(frozen=True, slots=True)
class VersionResult:
    """The result for one version; `whole`: on the whole validation split."""

    version: int
    whole: bool
    result: Validation

    def better_than(self, other: VersionResult | None) -> bool:
        """Compare by accuracy, then by loss, of which one that is not finite loses; the whole split beats a sample."""
        return other is None or self._rank() > other._rank()

    def _rank(self) -> tuple[float, float, bool]:
        accuracy, loss = self.result.accuracy, self.result.loss
        return (-math.inf if accuracy is None else accuracy, -loss if math.isfinite(loss) else -math.inf, self.whole)


class ValidationPlan:
    """Asks for validations, one at a time, and keeps their results.

    A sample is due when there is a new version and enough seconds or versions have passed. When the mean of the last
    five meets a target, the whole split must confirm it for the current version, which stands still meanwhile
    (`frozen`); each time it does not, more samples pass (2, 4, 8, 16) before the next try. `best` may be a sample's
    until the end, when it is validated whole and keeps its place only if it is better there than the last version.
    """

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._window: deque[Validation] = deque(maxlen=WINDOW)
        self._mean: Validation | None = None
        self._whole_each_time = config.validation_examples >= config.validation_total
        self._asked_at = -math.inf
        self._asked_version = 0
        self._confirm_until = -math.inf
        self._confirming = False
        self._patience = 0
        self._disappointments = 0
        self.in_flight: Validate | None = None
        self.latest: VersionResult | None = None
        self.best: VersionResult | None = None
        self.count = 0

    def configure(self, config: RunConfig) -> None:
        """Validate by these settings from now on; a target that was not confirmed may be tried again at once."""
        if config.stop != self._config.stop:
            self._patience = self._disappointments = 0
        self._config = config

    def reconsider(self, now: float, version: int) -> Ending | None:
        """After `configure`: say which target the results so far meet, confirmed; or begin to confirm one.

        While a validation is in flight its own answer decides.
        """
        if self.latest is None or self.in_flight is not None or self._confirming:
            return None
        return self.decide(now, version)

    def frozen(self, now: float) -> bool:
        """Whether merging waits, so that what is confirmed is what the run ends with."""
        return self._confirming and now < self._confirm_until

    def mean(self) -> Validation | None:
        """Average the last five results (fewer at the beginning); None before the first."""
        return self._mean

    def knows_whole(self, version: int) -> bool:
        """Whether the newest result is that of `version` on the whole split."""
        return self.latest is not None and self.latest.whole and self.latest.version == version

    def ask(self, now: float, version: int) -> Validate | None:
        """Ask for what is due for the current `version`. Not to be called while a merge is under way and `frozen`."""
        if self.in_flight is not None:
            return None
        if self._confirming:
            return self.ask_whole(now, version)
        due = self.next_time(version)
        return None if due is None or now < due else self._ask(now, version, self._whole_each_time)

    def ask_whole(self, now: float, version: int) -> Validate:
        """Ask for the whole split. Nothing may be in flight."""
        return self._ask(now, version, True)

    def next_time(self, version: int) -> float | None:
        """Find when something will be due, if the current version stays; None: nothing then."""
        if self._confirming and self.in_flight is not None:
            return self._confirm_until
        if self.in_flight is not None or version == self._asked_version:
            return None
        every = self._config.validate_every_versions
        if every is not None and version - self._asked_version >= every:
            return -math.inf
        return self._asked_at + self._config.validate_every_seconds

    def ask_best(self) -> Validate | None:
        """Ask for the whole split of the best version, once the newest result is on it too; None if that is known.

        A sample may have been kind: what a run calls its best at its end has to be so on every held-out example.
        Nothing may be in flight.
        """
        if self.best is None or self.best.whole:
            return None
        self.in_flight = Validate(self.best.version, True, self._config.validation_total)
        return self.in_flight

    def record(self, result: Validation, *, trained: bool) -> VersionResult:
        """Take the answer to what is in flight. `trained`: at least one iteration is behind that version."""
        assert self.in_flight is not None
        validated = VersionResult(self.in_flight.version, self.in_flight.whole, result)
        self.in_flight = None
        if self.latest is not None and validated.version < self.latest.version:
            self.best = self.latest if self.latest.better_than(validated) else validated
            return validated
        self.latest = validated
        self.count += 1
        if trained:
            self._see([result])
        if self.best is not None and self.best.version == validated.version:
            self.best = validated if validated.whole else self.best
        elif validated.better_than(self.best):
            self.best = validated
        return validated

    def fail(self) -> None:
        """Note that what is in flight has no answer; something is due again after the usual seconds."""
        assert self.in_flight is not None
        self.in_flight = None
        self._asked_version = 0
        if self._confirming:
            self._disappoint()

    def decide(self, now: float, version: int) -> Ending | None:
        """After `record`: say which target is met by the current `version`, confirmed; or begin to confirm one."""
        assert self.latest is not None
        stop = self._config.stop
        confirmed = target_met(stop, self.latest.result) if self.knows_whole(version) else None
        if self._confirming:
            self._confirming = False
            if confirmed is None:
                self._disappoint()
            return confirmed
        if self._patience > 0:
            self._patience -= 1
            return None
        mean = self.mean()
        if mean is None or len(self._window) < WINDOW or target_met(stop, mean) is None:
            return None
        if confirmed is None:
            self._confirming = True
            self._confirm_until = now + CONFIRM_SECONDS
        return confirmed

    def snapshot(self) -> dict[str, Any]:
        """Write what `restore` needs, JSON-able but for losses that are not finite."""
        return {
            "window": [asdict(result) for result in self._window],
            "latest": _dump(self.latest),
            "best": _dump(self.best),
            "count": self.count,
        }

    def restore(self, snapshot: dict[str, Any], now: float, version: int) -> None:
        """Take up a snapshot at `now`. The current `version` is the one that the run went back to, by another number:
        if that was validated, there is no hurry to do it again.
        """
        self._see(Validation(**result) for result in snapshot["window"])
        self.latest = _load(snapshot["latest"])
        self.best = _load(snapshot["best"])
        self.count = int(snapshot["count"])
        if self.latest is not None:
            self._asked_at, self._asked_version = now, version

    def _see(self, results: Iterable[Validation]) -> None:
        """Take results into the window, and average it: it is looked at with every lease."""
        self._window.extend(results)
        if not self._window:
            return
        accuracies = [result.accuracy for result in self._window if result.accuracy is not None]
        self._mean = Validation(
            loss=sum(result.loss for result in self._window) / len(self._window),
            accuracy=sum(accuracies) / len(accuracies) if accuracies else None,
            num_examples=sum(result.num_examples for result in self._window),
        )

    def _ask(self, now: float, version: int, whole: bool) -> Validate:
        config = self._config
        num_examples = config.validation_total if whole else config.validation_examples
        self._asked_at = now
        self._asked_version = version
        self.in_flight = Validate(version, whole, num_examples)
        return self.in_flight

    def _disappoint(self) -> None:
        self._confirming = False
        self._disappointments += 1
        self._patience = min(2**self._disappointments, MAX_PATIENCE)


def _dump(validated: VersionResult | None) -> dict[str, Any] | None:
    return None if validated is None else asdict(validated)


def _load(values: dict[str, Any] | None) -> VersionResult | None:
    return None if values is None else VersionResult(values["version"], values["whole"], Validation(**values["result"]))
