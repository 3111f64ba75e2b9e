"""Exit codes of `wnn`."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended; in README.md's table too."""

    OK = 0  # for `train` and `demo`: a stop condition was met
    FAILED = 1  # the run failed, or something unexpected broke
    BAD_INPUT = 2  # what the person gave cannot be used; the message says what to change
    ENDED_EARLY = 3  # the run was stopped before a stop condition was met
    INTERRUPTED = 130  # Ctrl-C; the run's state is saved
    TERMINATED = 143  # asked to end by SIGTERM; the run's state is saved


OUR_FAULT = frozenset({"internal", "evaluator_failed"})


def exit_code_of(error_code: str) -> ExitCode:
    """The exit code for a `WebNNError` of that `code`: bad input, unless the fault is on our side."""
    return ExitCode.FAILED if error_code in OUR_FAULT else ExitCode.BAD_INPUT
