"""A disk that refuses pauses the run; when it takes things again, the run goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.steady import Steady

from tests.faults.faults import Fault, Injection, provokes
from tests.faults.test_network import check_accounts, until
from tests.faults.world import conclude, kept, pull, run_config
from webnn.core.events import Stop
from webnn.core.states import RunState
from webnn.server import keeping
from webnn.server.keeping import CHECKPOINT_FOLDER, DISK_TROUBLE
from webnn.store import checkpoint
from webnn.store.checkpoint import list_checkpoints, read_checkpoint
from webnn.store.journal import Journal

ERRORS = {Fault.DISK_FULL: errno.ENOSPC, Fault.DISK_READ_ONLY: errno.EROFS}


@contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch, injected: Injection, fault: Fault, *, journal: bool) -> Iterator[None]:
    """While entered, the checkpoints' arrays (or the journal) cannot be written."""

    def refuse(*_: object, **__: object) -> None:
        injected.fire(fault)
        raise OSError(ERRORS[fault], os.strerror(ERRORS[fault]))

    with monkeypatch.context() as patch:
        if journal:
            patch.setattr(Journal, "write", refuse)
        else:
            patch.setattr(checkpoint, "write_arrays", refuse)
        yield


@provokes(Fault.DISK_FULL, Fault.DISK_READ_ONLY)
@pytest.mark.parametrize("journal", [False, True], ids=["checkpoint", "journal"])
@pytest.mark.parametrize("fault", ERRORS, ids=lambda fault: fault.name.lower())
async def test_run_pauses_while_the_disk_refuses_and_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, injected: Injection, fault: Fault, journal: bool
) -> None:
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.05)
    folder = tmp_path / "test-run"
    async with (
        asyncio.timeout(60),
        kept(folder, config=run_config(iterations=10_000_000)) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.005).run())
        await until(lambda: task.run.num_merges > 3)
        with refusing(monkeypatch, injected, fault, journal=journal):
            await until(lambda: task.state is RunState.PAUSED)
            assert (task.reason or "").startswith(DISK_TROUBLE)
            assert os.strerror(ERRORS[fault]) in (task.reason or "")
            await until(lambda: injected.fired[fault] >= 3)
        await until(lambda: task.state is not RunState.PAUSED)
        merged = task.run.num_merges
        await until(lambda: task.run.num_merges > merged + 3)
        await task.ask(Stop("enough"))
        await conclude(task)
        worker.cancel()
    assert task.run.state is RunState.STOPPED
    check_accounts(task, folder)


async def test_owners_own_pause_outlasts_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, injected: Injection
) -> None:
    from webnn.core.events import Pause

    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.05)
    async with asyncio.timeout(30), kept(tmp_path / "test-run") as (task, _):
        await until(lambda: task.run.version > 0)
        await task.ask(Pause("The owner paused the run."))
        assert task.keeper is not None
        task.keeper.note(("SELECT 1", ()))
        with (
            refusing(monkeypatch, injected, Fault.DISK_FULL, journal=True),
            pytest.raises(OSError, match="No space"),
        ):
            await task.keeper.flush()
        await until(lambda: task.keeper is not None and task.keeper.trouble is None)
        assert task.state is RunState.PAUSED
        assert task.reason == "The owner paused the run."


async def test_damaged_newest_checkpoint_is_told_and_the_one_before_used(tmp_path: Path) -> None:
    folder = tmp_path / "test-run"
    async with asyncio.timeout(30), kept(folder, config=run_config(iterations=3000)) as (task, url):
        async with asyncio.TaskGroup() as group:
            worker = group.create_task(Steady(lambda: url, pull, seconds=0.005).run())
            assert task.keeper is not None
            await until(lambda: task.run.num_merges > 2)
            await task.keeper.checkpoint()
            merged = task.run.num_merges
            await until(lambda: task.run.num_merges > merged + 2)
            worker.cancel()
        await task.keeper.checkpoint()
    versions = list_checkpoints(folder / CHECKPOINT_FOLDER)
    newest = folder / CHECKPOINT_FOLDER / f"checkpoint-{max(versions.values()):08d}.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    before = read_checkpoint(folder / CHECKPOINT_FOLDER)
    assert before is not None
    assert len(before.damaged) == 1
    async with asyncio.timeout(30), kept(folder, config=run_config(iterations=3000)) as (task, url):
        assert task.run.returned_to == before.manifest["version"]
        async with asyncio.TaskGroup() as group:
            group.create_task(Steady(lambda: url, pull).run())
            await conclude(task)
    found = read_checkpoint(folder / CHECKPOINT_FOLDER)
    assert found is not None
    assert not found.damaged
    check_accounts(task, folder)
