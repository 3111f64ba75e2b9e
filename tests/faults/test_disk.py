"""A disk that refuses pauses the run; when it takes things again, the run goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.steady import Steady

from tests.faults.faults import Fault, Injection, provokes
from tests.faults.test_network import check_accounts, until
from tests.faults.world import conclude, kept, pull, run_config
from webnn.cli.resumption import choose_run
from webnn.cli.settings import TrainSettings
from webnn.core.errors import WebNNError
from webnn.core.events import Stop
from webnn.core.states import RunState
from webnn.server import keeping
from webnn.server.keeping import BEST_FOLDER, CHECKPOINT_FOLDER, DISK_TROUBLE
from webnn.server.replaying import replay_run
from webnn.server.resuming import find_runs
from webnn.store import checkpoint
from webnn.store.checkpoint import list_checkpoints, read_checkpoint
from webnn.store.journal import Journal
from webnn.store.recording import FrameLog

ERRORS = {Fault.DISK_FULL: errno.ENOSPC, Fault.DISK_READ_ONLY: errno.EROFS}
REFUSED = {"checkpoint": (checkpoint, "write_arrays"), "journal": (Journal, "write"), "recording": (FrameLog, "_write")}


@contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch, injected: Injection, fault: Fault, what: str) -> Iterator[None]:
    """While entered, one of `REFUSED` cannot be written."""

    def refuse(*_: object, **__: object) -> None:
        injected.fire(fault)
        raise OSError(ERRORS[fault], os.strerror(ERRORS[fault]))

    with monkeypatch.context() as patch:
        patch.setattr(*REFUSED[what], refuse)
        yield


@provokes(Fault.DISK_FULL, Fault.DISK_READ_ONLY)
@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("fault", ERRORS, ids=lambda fault: fault.name.lower())
async def test_run_pauses_while_the_disk_refuses_and_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, injected: Injection, fault: Fault, what: str
) -> None:
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.05)
    folder = tmp_path / "test-run"
    async with (
        asyncio.timeout(60),
        kept(folder, config=run_config(iterations=10_000_000), record=what == "recording") as (task, url),
        asyncio.TaskGroup() as group,
    ):
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.005).run())
        await until(lambda: task.run.num_merges > 3)
        with refusing(monkeypatch, injected, fault, what):
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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, where this user may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if mount is None or umount is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("only who may mount can make a disk that is really full")
    yield place
    subprocess.run([umount, "-l", str(place)], check=True)


def fill(disk: Path) -> int:
    """Write to a disk until it takes nothing more; what it said then."""
    try:
        with (disk / "fill").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 10))
    except OSError as error:
        return error.errno or 0


@provokes(Fault.DISK_FULL)
async def test_run_on_a_disk_that_is_really_full_waits_for_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, injected: Injection
) -> None:
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.05)
    folder = small_disk / "test-run"
    folder.mkdir()
    (folder / "config.json").write_text('{"model": {}}')
    async with (
        asyncio.timeout(90),
        kept(folder, config=run_config(iterations=10_000_000), record=True) as (task, url),
        asyncio.TaskGroup() as group,
    ):
        worker = group.create_task(Steady(lambda: url, pull, seconds=0.02).run())
        for _ in range(2):
            merged = task.run.num_merges
            await until(lambda merged=merged: task.run.num_merges > merged + 3)
            if fill(small_disk) == errno.ENOSPC:
                injected.fire(Fault.DISK_FULL)
            await until(lambda: task.state is RunState.PAUSED)
            assert re.search(rf"full|No space.* free in {re.escape(str(folder))}", task.reason or "")
            (small_disk / "fill").unlink()
            await until(lambda: task.state is not RunState.PAUSED)
        await task.ask(Stop("enough"))
        await conclude(task)
        worker.cancel()
    check_accounts(task, folder)
    assert injected.fired[Fault.DISK_FULL] == 2
    assert (await asyncio.to_thread(replay_run, folder)).difference is None


@provokes(Fault.DISK_FULL)
async def test_run_is_not_taken_up_on_a_full_disk_but_when_there_is_room(small_disk: Path, injected: Injection) -> None:
    folder = small_disk / "test-run"
    async with asyncio.timeout(30), kept(folder) as (task, _):
        assert task.keeper is not None
        await until(lambda: task.run.version > 0)
        await task.keeper.checkpoint()
    if fill(small_disk) == errno.ENOSPC:
        injected.fire(Fault.DISK_FULL)
    with pytest.raises(WebNNError, match=r"test-run cannot be written to: .* Make room") as caught:
        async with kept(folder):
            pass
    assert caught.value.code == "disk"
    (small_disk / "fill").unlink()
    async with asyncio.timeout(30), kept(folder) as (task, _):
        assert task.run.returned_to == 1


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
            refusing(monkeypatch, injected, Fault.DISK_FULL, "journal"),
            pytest.raises(OSError, match="No space"),
        ):
            await task.keeper.flush()
        await until(lambda: task.keeper is not None and task.keeper.trouble is None)
        assert task.state is RunState.PAUSED
        assert task.reason == "The owner paused the run."


async def test_damaged_newest_checkpoint_is_told_and_the_one_before_used(tmp_path: Path) -> None:
    folder = tmp_path / "test-run"
    async with asyncio.timeout(30), kept(folder, config=run_config(iterations=10_000_000)) as (task, url):
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
    best = read_checkpoint(folder / BEST_FOLDER)
    known = [each.manifest["version"] for each in (before, best) if each is not None]
    async with asyncio.timeout(30), kept(folder, config=run_config(iterations=3000)) as (task, url):
        assert task.run.returned_to == max(known)
        told = f"Passed over a damaged checkpoint: {before.damaged[0]}"
        assert [words for _, kind, words in task.activity.log()["events"] if kind == "problem"] == [told]
        assert task.keeper is not None
        assert told in [words for _, _, _, words in task.keeper.journal.events()]
        async with asyncio.TaskGroup() as group:
            group.create_task(Steady(lambda: url, pull).run())
            await conclude(task)
    found = read_checkpoint(folder / CHECKPOINT_FOLDER)
    assert found is not None
    assert not found.damaged
    check_accounts(task, folder)


async def test_best_version_is_used_where_every_checkpoint_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "test-run"
    async with asyncio.timeout(30), kept(folder, config=run_config(iterations=10_000_000)) as (task, url):
        async with asyncio.TaskGroup() as group:
            worker = group.create_task(Steady(lambda: url, pull, seconds=0.005).run())
            await until(lambda: (folder / BEST_FOLDER).is_dir() and read_checkpoint(folder / BEST_FOLDER) is not None)
            await until(lambda: task.run.num_merges > 5)
            worker.cancel()
        await task.keeper.checkpoint()
    for path in (folder / CHECKPOINT_FOLDER).glob("checkpoint-*.safetensors"):
        path.write_bytes(path.read_bytes()[:-1])
    best = read_checkpoint(folder / BEST_FOLDER)
    assert best is not None
    async with asyncio.timeout(30), kept(folder, config=run_config(iterations=3000)) as (task, url):
        assert task.run.returned_to == best.manifest["version"]
        async with asyncio.TaskGroup() as group:
            group.create_task(Steady(lambda: url, pull).run())
            await conclude(task)
    check_accounts(task, folder)


async def test_run_of_which_nothing_is_whole_is_refused_and_each_file_named(tmp_path: Path) -> None:
    folder = tmp_path / "test-run"
    async with asyncio.timeout(30), kept(folder) as (task, _):
        assert task.keeper is not None
        await until(lambda: task.run.version > 0)
        await task.keeper.checkpoint()
    for path in (folder / CHECKPOINT_FOLDER).rglob("checkpoint-*.safetensors"):
        path.write_bytes(b"")
    with pytest.raises(WebNNError, match=r"No checkpoint can be read: .*00000001"):
        async with kept(folder):
            pass


async def test_journal_that_is_damaged_is_told_and_no_other_run_begun_in_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "test-run"
    async with asyncio.timeout(30), kept(folder) as (task, _):
        await until(lambda: task.run.version > 0)
    (folder / "config.json").write_text('{"model": {"name": "m"}, "seed": 1, "created": "2026-01-01T00:00:00+00:00"}')
    for file in folder.glob("journal.sqlite*"):
        file.write_bytes(b"no database" * 1000)
    (found,) = find_runs(tmp_path)
    assert (found.state, found.resumable) == ("unreadable", False)
    settings = TrainSettings(name="m", runs_dir=tmp_path, resume=True)
    with pytest.raises(WebNNError, match=r"its journal is damaged .*not a database"):
        choose_run(settings, "m", lambda _: None)
    with pytest.raises(WebNNError, match="damaged"):
        async with kept(folder):
            pass
