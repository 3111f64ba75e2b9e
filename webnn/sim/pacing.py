"""Whether a virtual volunteer waits for an outcome before its next lease: `static/src/worker/pacing.ts` in Python."""

from __future__ import annotations

NEWEST_SHARE = 0.4
EARLY = 1.5
START_OVERLAP = 0.1
END_OVERLAP = 0.07
START_OVERLAP_ALONE = 1.0


class Pacing:
    """Compares how long exchanges take with how long training takes, in seconds."""

    def __init__(self) -> None:
        self._train: float | None = None
        self._outcome: float | None = None
        self._download: float | None = None
        self._overlaps = False
        self._alone = False

    def trained(self, seconds: float) -> None:
        self._train = _blend(self._train, seconds)

    def settled(self, seconds: float, *, whole: bool) -> None:
        """Note the time from an update's first byte to its outcome; `whole`: the volunteer trained alone."""
        self._outcome = _blend(self._outcome, seconds)
        self._alone = whole

    def downloaded(self, seconds: float) -> None:
        self._download = _blend(self._download, seconds)

    @property
    def download_seconds(self) -> float:
        return self._download or 0.0

    @property
    def prefetch_seconds(self) -> float:
        """How long before they are needed weights should be asked for."""
        return EARLY * self.download_seconds

    @property
    def ask_seconds(self) -> float:
        """How long before it is needed a lease should be asked for: its answer takes no longer than a download."""
        return self.prefetch_seconds + self.download_seconds

    @property
    def exchange_seconds(self) -> float:
        """How long the exchange takes during which work is under way."""
        return self.prefetch_seconds + (self._outcome or 0.0) / 2

    def should_overlap(self) -> bool:
        """Whether the next lease should start before the last one's outcome is known."""
        if self._train is None or self._outcome is None:
            return False
        exchange = self._outcome + (0.0 if self._alone else self.download_seconds)
        threshold = START_OVERLAP_ALONE if self._alone else END_OVERLAP if self._overlaps else START_OVERLAP
        self._overlaps = exchange > threshold * self._train
        return self._overlaps


def _blend(before: float | None, value: float) -> float:
    return value if before is None else before + NEWEST_SHARE * (value - before)
