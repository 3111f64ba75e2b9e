"""Plain lines, now and then: what a log file, a pipe or a dumb terminal can hold."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TextIO, assert_never

from webnn.cli.happenings import (
    Downloading,
    Finished,
    Happening,
    Harmed,
    Listening,
    Live,
    Preparing,
    Refused,
    Stopping,
    ValidationPoint,
)
from webnn.cli.summary import listening_lines, summary_lines
from webnn.cli.words import size, status_words

SECONDS_BETWEEN_LINES = 10.0


class PlainReporter:
    """A line for each step, and one on the run's status at most every ten seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next_line = clock()
        self._downloaded: set[str] = set()

    def tell(self, happening: Happening) -> None:
        match happening:
            case Preparing(message) | Harmed(reason=message):
                self._print(message)
            case Downloading(name, done, total):
                if total is not None and done >= total and name not in self._downloaded:
                    self._downloaded.add(name)
                    self._print(f"downloaded {name} ({size(done)})")
            case Listening():
                for line in listening_lines(happening):
                    self._print(line)
            case Live(status):
                if self._clock() >= self._next_line:
                    self._next_line = self._clock() + SECONDS_BETWEEN_LINES
                    self._print(status_words(status))
            case Stopping():
                self._print("Stopping: saving the run. Ctrl-C again leaves at once.")
            case Finished():
                for line in summary_lines(happening):
                    self._print(line)
            case ValidationPoint() | Refused():
                pass  # the status that follows has the one, stderr the other when the command ends
            case _:
                assert_never(happening)

    def close(self) -> None:
        self._stream.flush()

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)
