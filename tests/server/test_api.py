from __future__ import annotations

import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.server.volunteer import hello
from tests.server.world import INFO, TARGET, Served, serve
from webnn.server.app import create_app
from webnn.server.config import ServerConfig
from webnn.server.keys import PAGES, TOKENS

RUN = "/api/v1/runs/test-run"


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(tmp_path / "runs") as served:
        yield served


STATUS_KEYS = {
    "id", "name", "dataset", "state", "reason", "version", "iterations", "epochs", "examples", "merges", "volunteers",
    "volunteers_total", "examples_per_second", "staleness", "outcomes", "loss", "accuracy", "best_accuracy",
    "learning_rate", "bytes_in", "bytes_out", "seconds", "seconds_left", "progress", "merge", "changes", "num_weights",
}  # fmt: skip


async def test_health_says_what_runs_here(served: Served) -> None:
    health = await served.json("/api/v1/health")
    assert health.keys() == {"status", "version", "build", "runs"}
    assert (health["status"], health["runs"]) == ("ok", 1)


async def test_status_has_the_keys_of_the_protocol(served: Served) -> None:
    status = await served.json(RUN)
    assert status.keys() == STATUS_KEYS | {"order", "bound"}
    assert [run["id"] for run in await served.json("/api/v1/runs")] == ["test-run"]


async def test_model_and_schema_are_served(served: Served) -> None:
    assert await served.json(f"{RUN}/model") == {"model": INFO.model, "dataset": INFO.dataset}
    assert (await served.json("/api/v1/schema/model.json"))["type"] == "object"


async def test_metrics_come_as_json_and_csv(served: Served) -> None:
    peer = await served.peer()
    await peer.join()
    await peer.update(await peer.lease(), TARGET)
    history = await served.json(f"{RUN}/metrics")
    assert [point[1:] for point in history["training"]] == [[served.task.run.iterations, 0.5, 0.5, 0]]
    _, body = await served.get(f"{RUN}/metrics?format=csv")
    lines = body.decode().splitlines()
    assert lines[0] == "kind,seconds,version,iterations,loss,accuracy,num_examples,whole,staleness"
    assert any(line.startswith("training,") for line in lines)
    assert (await served.get(f"{RUN}/metrics?format=xml"))[0].status == 400


async def test_owner_pauses_resumes_and_stops(served: Served) -> None:
    peer = await served.peer()
    await peer.join()
    assert (await served.post("/resume", headers=served.owner))[0] == 409
    status, run = await served.post("/pause", headers=served.owner)
    assert (status, run["state"]) == (200, "paused")
    assert (await peer.expect("state"))["state"] == "paused"
    await peer.send({"type": "ready", "backend": "t", "seconds_per_iteration": None, "version": None})
    assert (await peer.expect("wait"))["reason"] == "paused"
    assert (await served.post("/resume", headers=served.owner))[1]["state"] == "running"
    assert (await peer.expect("lease"))["parts"]
    assert (await served.post("/stop", headers=served.owner))[0] == 200
    await served.task.wait_over()
    assert (await peer.expect("outcome"))["outcome"] == "not_needed"
    assert (await peer.expect("state"))["state"] == "stopped"
    assert (await served.post("/stop", headers=served.owner))[0] == 409
    late = await served.peer()
    await late.send(hello())
    assert (await late.closed()).code == 1000


@pytest.mark.parametrize("action", ["/pause", "/resume", "/stop"])
async def test_control_needs_the_owners_token(served: Served, action: str) -> None:
    status, answer = await served.post(action)
    assert (status, answer["error"]["code"]) == (401, "unauthorized")
    almost = served.token[:-1] + ("1" if served.token[-1] == "0" else "0")
    for wrong in ("Bearer wrong", f"Bearer {almost}", "Bearer é"):
        status, answer = await served.post(action, headers={"Authorization": wrong})
        assert (status, answer["error"]["code"]) == (403, "forbidden")
    assert (await served.post(action, headers={"Authorization": f"Basic {served.token}"}))[0] == 401
    assert served.task.state == "running"


async def test_token_is_kept_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    config = ServerConfig(tmp_path / "runs")
    first, second = create_app(config), create_app(config)
    assert first[TOKENS].first == second[TOKENS].first == (tmp_path / "runs" / "owner-token").read_text().strip()
    assert len(first[TOKENS].first) == 64
    if os.name == "posix":
        for name in ("owner-token", "volunteers-key"):
            assert stat.S_IMODE((tmp_path / "runs" / name).stat().st_mode) == 0o600


async def test_secrets_that_lie_open_are_closed_and_damaged_ones_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "owner-token"
    path.write_text("x")
    token = create_app(ServerConfig(tmp_path))[TOKENS].first
    assert len(token) == 64
    path.chmod(0o644)
    assert create_app(ServerConfig(tmp_path))[TOKENS].first == token
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_volunteer_is_known_again_after_a_restart_over_the_same_folder(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        welcome = await (await served.peer()).join()
    async with serve(tmp_path) as served:
        again = await (await served.peer()).join(volunteer_id=welcome["volunteer_id"], secret=welcome["secret"])
        assert again["secret"] is None


async def test_unknown_addresses_are_json_for_programs_and_a_page_for_people(served: Served) -> None:
    response = await served.http.get(f"{served.url}/api/v1/nothing")
    assert (response.status, (await response.json())["error"]["code"]) == (404, "not_found")
    page, body = await served.get("/nothing")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"There is nothing at this address" in body
    wrong = await served.http.delete(f"{served.url}/api/v1/runs")
    assert (wrong.status, "GET" in wrong.headers["Allow"]) == (405, True)


async def test_unforeseen_error_is_logged_and_not_shown(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> object:
        raise RuntimeError("a secret path")

    served.task.status = broken  # type: ignore[method-assign,assignment]
    response = await served.http.get(f"{served.url}{RUN}")
    assert response.status == 500
    assert json.loads(await response.text())["error"]["code"] == "internal"
    assert "secret" not in await response.text()
    assert any(record.exc_info for record in caplog.records)
    del served.task.status  # type: ignore[method-assign]


@pytest.mark.parametrize("path", ["/", "/join/test-run", "/watch/test-run"])
async def test_pages_are_rendered(served: Served, path: str) -> None:
    response, body = await served.get(path)
    assert response.status == 200
    assert b"test" in body


async def test_page_of_an_unknown_run_says_so_without_believing_the_address(served: Served) -> None:
    response, body = await served.get("/join/%3Cscript%3E")
    assert response.status == 404
    assert b"<script>" not in body.replace(b'<script type="module"', b"")


async def test_every_answer_has_security_headers(served: Served) -> None:
    for path in ("/", "/nothing", "/api/v1/health", f"{RUN}/weights/1-{'0' * 64}"):
        response, _ = await served.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Server"] == "WebNN"


async def test_server_works_under_a_prefix(tmp_path: Path) -> None:
    async with serve(tmp_path, prefix="/some/where") as served:
        assert (await served.json("/api/v1/health"))["runs"] == 1
        _, body = await served.get("/")
        assert b'data-base="/some/where"' in body
        assert (await served.get("/nothing"))[0].headers["Content-Type"].startswith("text/html")
        assert (await served.http.get(f"{served.url}/api/v1/x")).content_type == "application/json"
        peer = await served.peer()
        await peer.join()
        assert (await peer.update(await peer.lease(), TARGET))["outcome"] == "merged"


async def test_pages_through_a_proxy_that_strips_a_path_have_its_addresses(tmp_path: Path) -> None:
    async with serve(tmp_path, public_url="https://webnn.example/lab") as served:
        _, body = await served.get("/", headers={"Host": "webnn.example"})
        assert b'data-base="/lab"' in body
        _, body = await served.get("/", headers={"X-Forwarded-Host": "webnn.example", "X-Forwarded-Prefix": "/evil"})
        assert b'data-base=""' in body


async def test_pages_escape_what_an_owner_wrote(served: Served) -> None:
    assert served.app[PAGES]._environment.autoescape is True
