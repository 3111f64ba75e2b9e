"""A reader who goes away, as in `wnn train NAME --json | head -1`."""

from __future__ import annotations

from collections.abc import Callable

from webnn.cli.happenings import Happening
from webnn.cli.pipes import forget_stdout
from webnn.cli.reporters import Reporter


class UntilGone:
    """Tells `reporter` until what it writes to is closed; then calls `on_gone`, once, and tells nobody."""

    def __init__(self, reporter: Reporter, on_gone: Callable[[], None] = lambda: None) -> None:
        self.on_gone = on_gone
        self._reporter = reporter
        self._gone = False

    def tell(self, happening: Happening) -> None:
        self._try(lambda: self._reporter.tell(happening))

    def close(self) -> None:
        self._try(self._reporter.close)

    def _try(self, write: Callable[[], None]) -> None:
        if self._gone:
            return
        try:
            write()
        except OSError:  # a closed pipe or terminal, a full disk
            self._gone = True
            forget_stdout()
            self.on_gone()
