"""Brief messages over a real socket."""

from __future__ import annotations

from pathlib import Path

from tests.server.volunteer import ready, update_for
from tests.server.world import TARGET, serve
from webnn.core.encoding import encode_vector


async def test_leases_and_outcomes_leave_out_what_the_last_ones_said(tmp_path: Path) -> None:
    async with serve(tmp_path, validate_every_seconds=60) as served:
        peer = await served.peer()
        await peer.join(brief=True)
        lease = await peer.lease()
        assert lease["wants"] == "weights"
        await peer.send(update_for(lease), encode_vector(TARGET, "f32"))
        outcome = await peer.expect("outcome")
        assert outcome["lease_id"] == lease["lease_id"]
        await peer.send(ready())
        shorter = await peer.expect("lease")
        assert {"type", "lease_id", "version", "hash", "parts", "seed"} <= shorter.keys()
        assert not {"wants", "batch_size", "optimizer", "keep"} & shorter.keys()
        whole = {**lease, **shorter}
        await peer.send(update_for(whole), encode_vector(TARGET, "f32"))
        again = await peer.expect("outcome")
        assert again["lease_id"] == whole["lease_id"]
        assert "outcome" not in again
