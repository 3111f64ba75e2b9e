"""A server that kills itself at a chosen moment: `python -m tests.faults.child FOLDER PORT [FAULT]`.

It prints the run's address. Once the fourth merge of this life is done, the next time that it comes to the moment of
the fault it is killed with SIGKILL; without a fault it serves the run to its end. To meet the faults of going back it
goes back to its oldest checkpoint then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.faults import Fault
from tests.faults.world import conclude, kept, run_config
from webnn.core.errors import WebNNError
from webnn.engine.local import LocalEngine
from webnn.server import moments, rolling_back
from webnn.server.keeping import CHECKPOINT_FOLDER
from webnn.server.run_task import RunTask
from webnn.store import checkpoint, durable, journal
from webnn.store.checkpoint import list_checkpoints

MERGES_BEFORE = 4
ITERATIONS = 5000
"""Enough for the moment of the fault to come before the end, however large the leases."""


def witness_of(folder: Path) -> Path:
    """The file that names the fault, written at the moment that it strikes."""
    return folder.with_name(f"{folder.name}.struck")


class Killer:
    """Ends this process at the `nth` time that a moment comes while armed."""

    def __init__(self, fault: Fault | None, witness: Path) -> None:
        self.fault = fault
        self.witness = witness
        self.task: RunTask | None = None
        self.first = 0

    @property
    def armed(self) -> bool:
        return self.task is not None and self.task.run.num_merges >= self.first + MERGES_BEFORE

    def strike(self) -> None:
        self.witness.write_text(self.fault.value if self.fault is not None else "", encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)

    def before(self, owner: Any, name: str, wanted: Callable[..., bool] = lambda *_: True) -> None:
        """Die before `owner.name` is called with arguments that are `wanted`."""
        original = getattr(owner, name)

        def dying(*args: Any, **options: Any) -> Any:
            if self.armed and wanted(*args):
                self.strike()
            return original(*args, **options)

        setattr(owner, name, dying)

    def after(self, owner: Any, name: str, wanted: Callable[..., bool] = lambda *_: True) -> None:
        """Die after it."""
        original = getattr(owner, name)

        def dying(*args: Any, **options: Any) -> Any:
            result = original(*args, **options)
            if self.armed and wanted(*args):
                self.strike()
            return result

        setattr(owner, name, dying)

    def half(self, owner: Any, name: str, place: int) -> None:
        """Die with half of the file written whose path is argument number `place`."""
        original = getattr(owner, name)

        def dying(*args: Any, **options: Any) -> Any:
            result = original(*args, **options)
            if self.armed:
                path = Path(args[place])
                os.truncate(path, path.stat().st_size // 2)
                self.strike()
            return result

        setattr(owner, name, dying)


def arrays(path: Path, *_: object) -> bool:
    return path.name.endswith(".part") and ".safetensors" in path.name


def manifest(path: Path, *_: object) -> bool:
    return path.name.endswith(".part") and ".json" in path.name


def old_manifest(path: Path, *_: object) -> bool:
    return path.name.startswith("checkpoint-") and path.suffix == ".json"


def arm(killer: Killer, fault: Fault) -> None:  # noqa: PLR0912 (one case for each moment)
    match fault:
        case Fault.KILLED_BEFORE_JOURNAL:
            killer.before(journal.Journal, "write")
        case Fault.KILLED_AFTER_JOURNAL:
            killer.after(journal.Journal, "write")
        case Fault.KILLED_IN_ARRAYS:
            killer.half(checkpoint, "write_arrays", 0)
        case Fault.KILLED_BEFORE_SYNC:
            killer.before(durable, "_sync_file", arrays)
        case Fault.KILLED_BETWEEN_BEST_AND_CHECKPOINT:
            killer.after(moments, "write", lambda folder, *_: folder.name == "best")
        case Fault.KILLED_BEFORE_ARRAYS_NAMED:
            killer.before(Path, "replace", arrays)
        case Fault.KILLED_AFTER_ARRAYS_NAMED:
            killer.after(Path, "replace", arrays)
        case Fault.KILLED_IN_MANIFEST:
            killer.half(durable, "_write_text", 0)
        case Fault.KILLED_BEFORE_MANIFEST_SYNC:
            killer.before(durable, "_sync_file", manifest)
        case Fault.KILLED_BEFORE_FOLDER_SYNC:
            killer.before(durable, "sync_folder")
        case Fault.KILLED_BEFORE_MANIFEST_NAMED:
            killer.before(Path, "replace", manifest)
        case Fault.KILLED_AFTER_MANIFEST_NAMED:
            killer.after(Path, "replace", manifest)
        case Fault.KILLED_WHILE_PRUNING:
            killer.after(Path, "unlink", old_manifest)
        case Fault.KILLED_BEFORE_MERGE:
            killer.before(LocalEngine, "_merge")
        case Fault.KILLED_AFTER_MERGE:
            killer.after(LocalEngine, "_merge")
        case Fault.KILLED_GOING_BACK:
            killer.before(rolling_back, "write_checkpoint")
        case Fault.KILLED_GONE_BACK:
            killer.before(journal.Journal, "go_back")
        case Fault.KILLED_BACK_AGAIN:
            killer.before(rolling_back, "drop_versions")
        case _:
            raise ValueError(fault)


GOING_BACK = (Fault.KILLED_GOING_BACK, Fault.KILLED_GONE_BACK, Fault.KILLED_BACK_AGAIN)


async def go_back(task: RunTask, killer: Killer, folder: Path) -> None:
    """Take the run back to the oldest checkpoint that it has, once there are merges to go back over."""
    while not killer.armed:  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0.01)
    while True:
        for version in sorted(list_checkpoints(folder / CHECKPOINT_FOLDER))[:1]:
            with suppress(WebNNError):  # the checkpoint is not kept any more
                await rolling_back.roll_back(task, version)
        await asyncio.sleep(0.01)


async def main(folder: Path, port: int, fault: Fault | None) -> None:
    killer = Killer(fault, witness_of(folder))
    if fault is not None:
        arm(killer, fault)
    async with kept(folder, port=port, config=run_config(iterations=ITERATIONS)) as (task, url):
        killer.task, killer.first = task, task.run.num_merges
        print(url, flush=True)
        going = asyncio.create_task(go_back(task, killer, folder)) if fault in GOING_BACK else None
        await conclude(task)
        if going is not None:
            going.cancel()


if __name__ == "__main__":
    assert aiohttp.__version__
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), Fault(sys.argv[3]) if len(sys.argv) > 3 else None))
