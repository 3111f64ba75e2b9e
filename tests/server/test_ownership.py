"""The owner's part of the watch page."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from safetensors.numpy import load

from tests.server.test_looks import FakePredictor, built, dataset
from tests.server.volunteer import hello
from tests.server.world import TARGET, serve
from webnn.server.insight import Insight


async def test_nothing_of_it_works_without_the_token(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        for path in ("/owner", "/download/metrics.csv"):
            response, _ = await served.get(f"/api/v1/runs/test-run{path}")
            assert response.status == 401
        wrong = {"Authorization": "Bearer wrong"}
        assert (await served.post("/volunteers/1/block", headers=wrong))[0] == 403
        assert not served.task.blocked


async def test_downloads(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        served.task.insight = Insight(built(), dataset(), FakePredictor(), lambda: 0.0)
        base = "/api/v1/runs/test-run"
        _, body = await served.get(f"{base}/download/current.safetensors", headers=served.owner)
        assert set(load(body)) == {"dense/kernel", "dense/bias"}
        _, body = await served.get(f"{base}/download/current-tfjs.zip", headers=served.owner)
        assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["model.json", "weights.bin"]
        _, body = await served.get(f"{base}/download/current.npz", headers=served.owner)
        assert "dense/kernel.npy" in zipfile.ZipFile(io.BytesIO(body)).namelist()
        response, body = await served.get(f"{base}/download/metrics.csv", headers=served.owner)
        assert body.startswith(b"kind,seconds")
        assert "attachment" in response.headers["Content-Disposition"]
        assert (await served.get(f"{base}/download/..%2Fowner-token", headers=served.owner))[0].status == 404
        response, _ = await served.get(f"{base}/owner", headers=served.owner)
        assert response.status == 200


async def test_a_kicked_volunteer_may_come_back_and_a_blocked_one_may_not(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        welcome = await peer.join()
        assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"
        status, answer = await served.post("/volunteers/1/kick", headers=served.owner)
        assert (status, answer) == (200, {"here": True, "blocked": False})
        assert (await peer.expect("goodbye"))["code"] == "kicked"
        known = {"volunteer_id": welcome["volunteer_id"], "secret": welcome["secret"]}
        again = await served.peer()
        await again.join(**known)
        assert (await served.post("/volunteers/1/block", headers=served.owner))[1]["blocked"]
        assert (await again.expect("goodbye"))["code"] == "blocked"
        last = await served.peer()
        await last.send(hello(**known))
        assert (await last.expect("goodbye"))["code"] == "blocked"
        assert (await served.post("/volunteers/7/kick", headers=served.owner))[0] == 404
