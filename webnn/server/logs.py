"""Structured logs: one formatter, lines for people or JSON for programs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

LOGGER = logging.getLogger("webnn.server")
ACCESS_LOGGER = logging.getLogger("webnn.access")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class LogFormatter(logging.Formatter):
    """`style` "text": `TIME LEVEL LOGGER: MESSAGE key=value ...`; "json": one object a line with the same keys.

    Whatever a call passes in `extra` (a run's id, a volunteer's) becomes keys of its own.
    """

    def __init__(self, style: str) -> None:
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extra = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self._json:
            fields = {"time": time, "level": record.levelname.lower(), "logger": record.name}
            fields |= {"message": record.getMessage(), **extra}
            text = json.dumps(fields | ({"trace": trace} if trace else {}), default=str, ensure_ascii=False)
            return visible(text, lambda one: json.dumps(one)[1:-1])
        pairs = "".join(f" {key}={value}" for key, value in extra.items())
        line = f"{time} {record.levelname} {record.name}: {visible(f'{record.getMessage()}{pairs}')}"
        return f"{line}\n{trace}" if trace else line


def visible(text: str, escape: Callable[[str], str] = lambda one: one.encode("unicode_escape").decode("ascii")) -> str:
    """Write out what would break a line of the log or steer the terminal that shows it: an address may hold it."""
    return text if text.isprintable() else "".join(one if one.isprintable() else escape(one) for one in text)


def configure_logging(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send this program's logs to `stream` (standard error by default) from `level` (debug, info, ...) on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LogFormatter(style))
    root = logging.getLogger("webnn")
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False


def run_logger(run_id: str) -> logging.LoggerAdapter[logging.Logger]:
    """A logger whose every line carries the run's id."""
    return _RunLogger(LOGGER, {"run": run_id})


class _RunLogger(logging.LoggerAdapter[logging.Logger]):
    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        return msg, kwargs | {"extra": {**(self.extra or {}), **kwargs.get("extra", {})}}


class AccessLogger(AbstractAccessLogger):
    """One line a request, at debug: a run's volunteers ask for a great many files."""

    @property
    def enabled(self) -> bool:
        return self.logger.isEnabledFor(logging.DEBUG)

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        extra = {"status": response.status, "bytes": response.body_length, "seconds": round(time, 4)}
        self.logger.debug("%s %s", request.method, request.path, extra=extra)
