"""Harm: validation that fell further than chance and the run's own ups and downs explain."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

from webnn.core.metrics import Validation
from webnn.core.validation import VersionResult

ERRORS = 5.0
"""Standard errors of the difference of two shares that a fall must exceed."""

FALLS = 4.0
"""Times the usual change from one validation to the next that it must exceed too."""

LEAST = 0.03
"""The smallest fall of accuracy that is worth going back for."""

TIMES_LOSS = 3.0
"""Where there is no accuracy: times the best loss that the loss must exceed."""

UNLEARNT = 0.03
"""And the part of what the run has learnt (the largest loss so far less the best) that it must have lost, without which
a loss that has come down to the noise of float32 would look harmed by it."""

IN_A_ROW = 2
PATIENCE = 60.0
"""Seconds after going back within which the run does not go back again."""


class Harm:
    """Compares each validation with the best one. Two in a row that are far below it call for going back."""

    def __init__(self) -> None:
        self._changes: deque[float] = deque(maxlen=20)
        self._largest_loss = 0.0
        self._last: VersionResult | None = None
        self._fallen = 0
        self._quiet_until = -math.inf

    def look(self, latest: VersionResult | None, best: VersionResult | None, now: float) -> tuple[int, str] | None:
        """Take the newest validation; returns the version to go back to and why, if it shows harm."""
        if latest is None or latest is self._last:
            return None
        before, self._last = self._last, latest
        usual = median(self._changes) if len(self._changes) >= 3 else 0.0
        if before is not None:
            self._note_change(before.result, latest.result)
        if math.isfinite(latest.result.loss):
            self._largest_loss = max(self._largest_loss, latest.result.loss)
        if best is None or best.version >= latest.version or not self._fell(latest.result, best.result, usual):
            self._fallen = 0
            return None
        self._fallen += 1
        if self._fallen < IN_A_ROW or now < self._quiet_until:
            return None
        self._fallen = 0
        self._quiet_until = now + PATIENCE
        return best.version, _words(latest, best)

    def _note_change(self, before: Validation, latest: Validation) -> None:
        if before.accuracy is not None and latest.accuracy is not None:
            self._changes.append(abs(latest.accuracy - before.accuracy))
        elif math.isfinite(before.loss) and math.isfinite(latest.loss):
            self._changes.append(abs(latest.loss - before.loss))

    def _fell(self, result: Validation, best: Validation, usual: float) -> bool:
        """Whether `result` lies below `best` beyond the binomial error of both samples and the `usual` change."""
        if result.accuracy is None or best.accuracy is None:
            if not math.isfinite(result.loss) or not math.isfinite(best.loss):
                return not math.isfinite(result.loss)
            learnt = self._largest_loss - best.loss
            return result.loss > TIMES_LOSS * best.loss and result.loss - best.loss > max(
                FALLS * usual, UNLEARNT * learnt
            )
        error = math.sqrt(_variance(result) + _variance(best))
        return best.accuracy - result.accuracy > max(ERRORS * error, FALLS * usual, LEAST)


def _variance(result: Validation) -> float:
    """Of a share of correct answers, with the rule of succession so that 0 and 1 are not certain."""
    assert result.accuracy is not None
    share = (result.accuracy * result.num_examples + 1) / (result.num_examples + 2)
    return share * (1 - share) / result.num_examples


def _words(latest: VersionResult, best: VersionResult) -> str:
    if latest.result.accuracy is not None and best.result.accuracy is not None:
        fell = f"accuracy fell from {best.result.accuracy:.1%} to {latest.result.accuracy:.1%}"
    else:
        fell = f"the loss rose from {best.result.loss:.4g} to {latest.result.loss:.4g}"
    return f"Validation got worse beyond chance: {fell}. The run goes back to version {best.version}."
