"""Who tells what happens: JSON for programs, plain lines for logs and pipes, a live line for a terminal."""

from __future__ import annotations

import sys
from typing import Protocol

from webnn.cli.happenings import Happening


class Reporter(Protocol):
    """Told of everything that happens, in order, on one thread."""

    def tell(self, happening: Happening) -> None: ...

    def close(self) -> None:
        """Leave the terminal as it was; nothing is told afterwards."""
        ...


def make_reporter(*, json_lines: bool) -> Reporter:
    """Choose by the person's wish and by what stdout is."""
    if json_lines:
        from webnn.cli.reporters.json_lines import JsonReporter

        return JsonReporter(sys.stdout)
    if sys.stdout.isatty():
        from webnn.cli.reporters.live import LiveReporter

        return LiveReporter()
    from webnn.cli.reporters.plain import PlainReporter

    return PlainReporter(sys.stdout)
