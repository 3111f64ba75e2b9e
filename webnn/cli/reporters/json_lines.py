"""`--json`: one JSON object a line on stdout and nothing else there."""

from __future__ import annotations

import json
import math
from typing import Any, TextIO, assert_never

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


class JsonReporter:
    """Events `preparing`, `listening`, `validation`, `stopping`, `finished`, `error`; keys in docs/owner.md."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, happening: Happening) -> None:
        match happening:
            case Preparing(message):
                self._print("preparing", message=message)
            case Downloading() | Live():
                pass  # many a second: programs that want them ask the server
            case Listening() as it:
                self._print("listening", url=it.url, join_url=it.join_url, watch_url=it.watch_url, run=it.run)
            case ValidationPoint() as it:
                self._print(
                    "validation",
                    version=it.version,
                    iterations=it.iterations,
                    loss=it.loss,
                    accuracy=it.accuracy,
                    seconds=round(it.seconds, 3),
                    num_examples=it.num_examples,
                    whole=it.whole,
                )
            case Harmed(version, reason):
                self._print("harmed", version=version, reason=reason)
            case Stopping():
                self._print("stopping")
            case Finished() as it:
                self._print(
                    "finished",
                    reason=it.reason,
                    state=it.state,
                    accuracy=it.accuracy,
                    loss=it.loss,
                    iterations=it.iterations,
                    merges=it.merges,
                    seconds=round(it.seconds, 3),
                    volunteers=it.volunteers,
                    export=None if it.export is None else str(it.export.absolute()),
                )
            case Refused(code, message):
                self._print("error", code=code, message=message)
            case _:
                assert_never(happening)

    def close(self) -> None:
        self._stream.flush()

    def _print(self, event: str, **fields: Any) -> None:
        finite = {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in fields.items()
        }
        print(json.dumps({"event": event, **finite}), file=self._stream, flush=True)
