"""Server messages of `webnn.v1`, built as plain headers for `encode_frame`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webnn.core.encoding import DOWN, UP, Encoding
from webnn.core.errors import ERRORS
from webnn.core.leases import Lease, Outcome
from webnn.core.states import RunState, WaitReason

PUSHED_BYTES = 65_536
MAX_PUSHED_BYTES = 2 << 20  # to those who ask for it
"""Weights that take no more than this (f32) come with the outcome of a merged update: asking for them takes longer."""

Header = dict[str, Any]
Point = Sequence[Any]


def welcome(
    *,
    volunteer_id: str,
    secret: str | None,
    build: str,
    run: Mapping[str, Any],
    model: Mapping[str, Any],
    dataset: Mapping[str, Any],
    training: Mapping[str, Any],
    weights: Mapping[str, Any],
    limits: Mapping[str, Any],
    state: RunState,
) -> Header:
    """Answer a volunteer's `hello`; the maps are those of docs/protocol.md."""
    return {
        "type": "welcome",
        "volunteer_id": volunteer_id,
        "secret": secret,
        "build": build,
        "run": run,
        "model": model,
        "dataset": dataset,
        "training": training,
        "weights": weights,
        "limits": limits,
        "encodings": {"up": [each.value for each in UP], "down": [each.value for each in DOWN]},
        "state": state.value,
    }


def lease(granted: Lease, *, newest_hash: str, encoding: Encoding, seconds: float) -> Header:
    """Grant a lease. `newest_hash` is that of `granted.version`; `seconds` until the deadline."""
    return {
        "type": "lease",
        "lease_id": granted.lease_id,
        "version": granted.version,
        "hash": newest_hash,
        "parts": [[part.shard, part.first, part.last] for part in granted.parts],
        "num_examples": granted.num_examples,
        "iterations": granted.iterations,
        "batch_size": granted.batch_size,
        "seed": granted.seed,
        "learning_rate": granted.learning_rate,
        "optimizer": granted.optimizer,
        "wants": granted.wants.value,
        "carry": granted.carry,
        "keep": granted.keep,
        "soon": granted.soon,
        "encoding": encoding.value,
        "seconds": seconds,
    }


def wait(reason: WaitReason, seconds: float) -> Header:
    """Say that there is no lease now."""
    return {"type": "wait", "reason": reason.value, "message": reason.sentence, "seconds": seconds}


def outcome(
    *,
    lease_id: str,
    outcome: Outcome,
    version: int,
    newest_hash: str,
    iterations: int,
    whole: bool,
    detail: str | None,
    encoding: Encoding | None = None,
) -> Header:
    """Say how a lease ended; `version`, `newest_hash` and `iterations` are the run's current ones; `encoding`: that of
    the weights that come with it.
    """
    named = {} if encoding in (None, Encoding.F32) else {"encoding": encoding.value}
    return {
        "type": "outcome",
        "lease_id": lease_id,
        "outcome": outcome.value,
        "version": version,
        "hash": newest_hash,
        "iterations": iterations,
        "whole": whole,
        "detail": detail,
        **named,
    }


def pushes(outcome: Outcome, *, whole: bool, num_weights: int) -> bool:
    """Whether an outcome carries the weights of its `version` unasked: small ones, which its volunteer lacks."""
    return outcome is Outcome.MERGED and not whole and 4 * num_weights <= PUSHED_BYTES


def version(version: int, newest_hash: str, iterations: int) -> Header:
    """Announce newer weights."""
    return {"type": "version", "version": version, "hash": newest_hash, "iterations": iterations}


def live(status: Mapping[str, Any], validation: Sequence[Point], training: Sequence[Point]) -> Header:
    """Send the status and the points that are new."""
    return {"type": "live", "status": status, "validation": validation, "training": training}


def snapshot(
    run: Mapping[str, Any], status: Mapping[str, Any], validation: Sequence[Point], training: Sequence[Point]
) -> Header:
    """Send everything known so far, once."""
    history = {"validation": validation, "training": training}
    return {"type": "snapshot", "run": run, "status": status, "history": history}


def state(state: RunState, reason: str | None) -> Header:
    """Say that the run changed state."""
    return {"type": "state", "state": state.value, "reason": reason}


def goodbye(
    code: str, message: str | None = None, reconnect_seconds: float | None = None, run: str | None = None
) -> Header:
    """Say why the server closes next; `code` is one of the error table's. `run`: the one to come back to instead."""
    return {
        "type": "goodbye",
        "code": code,
        "message": message or ERRORS[code].sentence,
        "reconnect_seconds": reconnect_seconds,
        "run": run,
    }
