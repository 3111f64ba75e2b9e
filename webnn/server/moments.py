"""A run at one moment, and how it is written to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from webnn.core.errors import WebNNError
from webnn.engine.base import Frozen
from webnn.server.resources import give_memory_back
from webnn.store.checkpoint import read_checkpoint, write_checkpoint

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Moment:
    """A run between two merges: all that a checkpoint of it holds, the arrays still to come."""

    version: int
    iterations: int
    seconds: float
    snapshot: dict[str, Any]
    frozen: asyncio.Future[Frozen]


def write(folder: Path, moment: Moment, frozen: Frozen, keep: int, **more: Any) -> None:
    """Write a checkpoint of `moment` into `folder`, its arrays being in `frozen`; `more` goes into the manifest."""
    manifest = {
        "version": moment.version,
        "iterations": moment.iterations,
        "seconds": moment.seconds,
        "snapshot": moment.snapshot,
        **more,
    }
    write_checkpoint(folder, frozen.snapshot.weights, frozen.state, manifest, keep)
    give_memory_back()


def write_result(folder: Path, result: dict[str, Any]) -> None:
    """Write a newer result beside the best version that `folder` has already. Blocks."""
    with suppress(WebNNError):  # damaged: the next best is written over it
        kept = read_checkpoint(folder)
        if kept is not None and kept.manifest["best"]["version"] == result["version"]:
            write_checkpoint(folder, kept.weights, kept.strategy_state, {**kept.manifest, "best": result}, 1)


async def in_thread(work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Do `work` in a thread; whoever is cancelled meanwhile waits for its end, because files are in its hands."""
    job = asyncio.ensure_future(asyncio.to_thread(work, *args, **options))
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        await asyncio.wait([job])
        raise
