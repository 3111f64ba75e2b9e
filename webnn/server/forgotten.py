"""Answering for leases that a run has long forgotten: its journal has not."""

from __future__ import annotations

import asyncio
import sqlite3

from webnn.core.effects import Settle
from webnn.server.run_task import RunTask


async def answer_again(task: RunTask, volunteer_id: str, lease_id: str) -> bool:
    """Tell a volunteer the outcome of its lease again, if the journal alone knows it; whether it did.

    A run remembers its newest leases by heart, and counts no update of a lease that it does not have open. So this
    changes nothing but what the sender hears.
    """
    if task.keeper is None or task.run.knows_lease(lease_id):
        return False
    try:
        record = await asyncio.to_thread(task.keeper.journal.lease, lease_id)
    except sqlite3.Error:
        return False
    if record is None or record.outcome is None or record.volunteer_id != volunteer_id:
        return False
    task.perform([Settle(volunteer_id, lease_id, record.outcome, False, record.detail)])
    return True
