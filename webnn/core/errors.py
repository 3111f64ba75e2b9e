"""Errors from outside: one exception with a stable code, one table that says what each code means elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """How an error's `code` looks over HTTP, on a WebSocket (close code), and in words when nothing better is known."""

    http_status: int
    close_code: int
    sentence: str


ERRORS: Mapping[str, ErrorKind] = MappingProxyType(
    {
        # close codes of docs/protocol.md
        "finished": ErrorKind(409, 1000, "The run is over."),
        "going_away": ErrorKind(503, 1001, "The server is shutting down; come back in a moment."),
        "replaced": ErrorKind(409, 4001, "The same volunteer connected again from elsewhere."),
        "moved": ErrorKind(409, 4002, "Another run needs your help more."),
        "queued": ErrorKind(503, 4003, "The run waits for its turn; your device joins it when it starts."),
        "bound": ErrorKind(403, 4005, "This run takes only volunteers who chose it."),
        "code_needed": ErrorKind(403, 4006, "This run asks volunteers for a code."),
        "protocol_error": ErrorKind(400, 4400, "A message does not follow the protocol."),
        "bad_secret": ErrorKind(401, 4401, "The secret does not prove this volunteer's id."),
        "kicked": ErrorKind(403, 4403, "The owner of this run has ended your part in it for now."),
        "blocked": ErrorKind(403, 4403, "The owner of this run takes no work from this device."),
        "no_such_run": ErrorKind(404, 4404, "There is no such run here."),
        "silence": ErrorKind(408, 4408, "Nothing was heard for too long."),
        "build_changed": ErrorKind(409, 4409, "The server was upgraded; reload the page."),
        "too_large": ErrorKind(413, 4413, "A message is larger than the server takes."),
        "too_many": ErrorKind(429, 4429, "Too many connections or messages."),
        # HTTP only: a socket that meets one of these is closed as an internal or a protocol error
        "unauthorized": ErrorKind(401, 4401, "This needs the owner's token."),
        "forbidden": ErrorKind(403, 4401, "The token given does not allow this."),
        "not_signed_in": ErrorKind(403, 4401, "Sign in first: the owner of this server asks everyone to."),
        "not_found": ErrorKind(404, 4404, "There is nothing at this address."),
        "no_such_shard": ErrorKind(404, 4404, "The run has no shard of that name."),
        "version_gone": ErrorKind(410, 4404, "That version of the weights is no longer held; ask for a newer one."),
        "not_running": ErrorKind(409, 4400, "The run is not in a state that allows this."),
        "internal": ErrorKind(500, 1011, "Something went wrong on the server."),
        # what an owner wrote or chose
        "invalid_model": ErrorKind(400, 1011, "The model file is not valid."),
        "invalid_dataset": ErrorKind(400, 1011, "The dataset is not valid."),
        "missing_data": ErrorKind(404, 1011, "The dataset's files are not on disk."),
        "unknown_name": ErrorKind(404, 1011, "There is nothing of that name."),
        "settings": ErrorKind(400, 1011, "A setting is not valid."),
        "port_in_use": ErrorKind(500, 1011, "The port is taken by another program."),
        "run_in_use": ErrorKind(409, 1011, "The run is being served by another process."),
        "no_checkpoint": ErrorKind(404, 1011, "There is no checkpoint of that version."),
        "disk": ErrorKind(507, 1011, "The disk cannot be written to."),
        "no_recording": ErrorKind(404, 1011, "The run was not recorded."),
        "invalid_checkpoint": ErrorKind(500, 1011, "The checkpoint cannot be read."),
        "evaluator_failed": ErrorKind(500, 1011, "The evaluator process failed."),
    }
)


class WebNNError(Exception):
    """Something that a person outside can understand and often mend. `str(error)` is the sentence for that person."""

    def __init__(self, code: str, message: str | None = None) -> None:
        assert code in ERRORS, f"unknown error code {code!r}"
        super().__init__(message or ERRORS[code].sentence)
        self.code = code

    @property
    def kind(self) -> ErrorKind:
        return ERRORS[self.code]


class ProtocolError(WebNNError):
    """Bytes or a message from the other side that do not follow docs/protocol.md: its sender loses the connection."""

    def __init__(self, message: str | None = None, code: str = "protocol_error") -> None:
        super().__init__(code, message)
