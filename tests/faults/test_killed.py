"""A server that is killed at any moment goes on where it was, and counts every update once or not at all."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from support.programs import ROOT
from support.steady import Steady

from tests.faults.child import witness_of
from tests.faults.faults import Fault, Injection, provokes
from tests.faults.world import pull
from webnn.server.keeping import CHECKPOINT_FOLDER
from webnn.store.checkpoint import read_checkpoint
from webnn.store.journal import Journal

KILLS = [fault for fault in Fault if fault.name.startswith("KILLED")]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def serve(folder: Path, port: int, fault: Fault | None) -> asyncio.subprocess.Process:
    more = () if fault is None else (fault.value,)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.child", str(folder), str(port), *more),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
    )


@provokes(*KILLS)
@pytest.mark.parametrize("fault", KILLS, ids=lambda fault: fault.name.lower())
async def test_server_killed_at_any_moment_goes_on(tmp_path: Path, injected: Injection, fault: Fault) -> None:
    folder, port = tmp_path / "test-run", free_port()
    volunteers = [Steady(lambda: f"http://127.0.0.1:{port}/api/v1/runs/test-run", pull, seconds=0.01) for _ in range(2)]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        tasks = [group.create_task(volunteer.run()) for volunteer in volunteers]
        first = await serve(folder, port, fault)
        assert await first.wait() == -signal.SIGKILL, "the fault did not happen"
        injected.fire(Fault(witness_of(folder).read_text("utf-8")))
        second = await serve(folder, port, None)
        assert await second.wait() == 0
        for task in tasks:
            task.cancel()
    check_accounts(folder)
    check_versions(volunteers)
    check_told(folder, volunteers)


def check_accounts(folder: Path) -> None:
    """What the run counts is what its journal says was merged, each lease once."""
    checkpoint = read_checkpoint(folder / CHECKPOINT_FOLDER)
    journal = Journal.open(folder)
    assert checkpoint is not None
    snapshot = checkpoint.manifest["snapshot"]
    assert snapshot["state"] == "finished"
    _, iterations, examples = journal.merged()
    assert snapshot["iterations"] == iterations
    assert snapshot["examples"]["num_done"] == examples
    counted = {name: count for name, count in snapshot["leases"]["outcomes"].items() if count}
    assert counted == journal.outcomes()
    assert not [record for record in journal.known_leases() if record.outcome is None]
    journal.close()


def check_versions(volunteers: list[Steady]) -> None:
    """No version was used twice."""
    hashes: dict[int, set[str]] = defaultdict(set)
    for volunteer in volunteers:
        for version, seen in volunteer.hashes.items():
            hashes[version] |= seen
    assert all(len(seen) == 1 for seen in hashes.values())


def check_told(folder: Path, volunteers: list[Steady]) -> None:
    """What volunteers were told of a lease is what the journal says of it.

    What was merged may be rolled back, and of the last moments before the kill the journal may say nothing.
    """
    journal = Journal.open(folder)
    known = {record.lease_id: record.outcome for record in journal.known_leases()}
    journal.close()
    for volunteer in volunteers:
        assert volunteer.connections >= 2
        for lease_id, told in volunteer.told.items():
            outcome = known.get(lease_id)
            assert outcome is None or told[-1] == outcome or (told[-1], outcome) == ("merged", "rolled_back")
