"""A terminal: steps as they come, the join URL where it cannot be missed, one live line, a closing summary."""

from __future__ import annotations

from typing import assert_never

from rich.console import Console, Group, RenderableType
from rich.live import Live as LiveDisplay
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

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
from webnn.cli.qr import qr_text
from webnn.cli.summary import listening_lines, summary_lines
from webnn.cli.words import size, status_words


class LiveReporter:
    """Draws on stdout with rich, which leaves colours out where NO_COLOR asks for it."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._display = LiveDisplay(console=self._console, refresh_per_second=8, transient=True)
        self._display.start()

    def tell(self, happening: Happening) -> None:
        match happening:
            case Preparing(message):
                self._show(Text(message, style="dim"))
            case Downloading(name, done, total):
                self._display.update(bar_line(done, total, f"{name}  {size(done)}"))  # drawn some times a second
            case Listening():
                self._display.update(Text("waiting for volunteers", style="dim"))
                self._console.print(join_panel(happening))
            case ValidationPoint():
                pass  # the status that follows has it
            case Live(status):
                self._show(bar_line(status["progress"], 1.0, status_words(status)))
            case Harmed(_, reason):
                self._console.print(Text(reason, style="yellow"))
            case Stopping():
                self._show(Text("Stopping: saving the run. Ctrl-C again leaves at once.", style="yellow"))
            case Finished():
                self.close()
                self._print_summary(happening)
            case Refused():
                pass  # said on stderr when the command ends
            case _:
                assert_never(happening)

    def close(self) -> None:
        self._display.stop()

    def _show(self, line: RenderableType) -> None:
        self._display.update(line, refresh=True)

    def _print_summary(self, finished: Finished) -> None:
        style = "bold green" if finished.state == "finished" else "bold yellow"
        first, *rest = summary_lines(finished)
        self._console.print(Text(first, style=style))
        for line in rest:
            self._console.print(Text(line), soft_wrap=True)


def bar_line(done: float, total: float | None, words: str) -> Table:
    """A bar and words beside it, on one line however narrow the terminal."""
    line = Table.grid(padding=(0, 1))
    line.add_column(width=24)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_row(ProgressBar(total=total, completed=done, width=24), Text(words))
    return line


def join_panel(listening: Listening) -> Panel:
    """The join URL, and for addresses that a phone can reach, its QR code."""
    first, *rest = listening_lines(listening)
    parts: list[RenderableType] = [Text(first, style="bold")]
    parts += [Text(line, style="dim") for line in rest]
    if listening.public:
        parts += [Text(), Text(qr_text(listening.join_url), style="#ffffff on #000000")]
    return Panel(Group(*parts), border_style="green", expand=False)
