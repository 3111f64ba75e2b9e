"""The description of the REST API, held against what the server does."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.server.many import Many, Preparer, serve_many
from tests.server.test_hosting import NEVER, saved
from webnn.server.describing import description_of
from webnn.server.openapi import PREFIX, describe_api, operations

__all__ = ["saved"]
NOT_HTTP = {"/api/v1/runs/{run}/volunteer"}


async def test_every_operation_is_described(tmp_path: Path) -> None:
    async with serve_many(tmp_path) as many:
        app = many.server.app
        routes = {
            (route.method, route.resource.canonical): route.handler
            for route in app.router.routes()
            if route.resource is not None and route.resource.canonical.startswith(PREFIX) and route.method != "HEAD"
        }
        missing = [key for key, handler in routes.items() if description_of(handler) is None]
        assert [path for _, path in missing if path not in NOT_HTTP] == []
        assert len(list(operations(app))) == len(routes) - len(NOT_HTTP)


def validator(api: dict[str, Any], path: str, method: str, status: int) -> Draft202012Validator | None:
    answers = api["paths"][path][method.lower()]["responses"]
    answer = answers.get(str(status), answers["default"] if status >= 400 else None)
    assert answer is not None, f"{method} {path} answers {status}, which is not described"
    content = answer.get("content", {}).get("application/json")
    return None if content is None else Draft202012Validator({**content["schema"], "components": api["components"]})


SAY = """
GET /health
GET /openapi.json
GET /schema/model.json
GET /models
GET /datasets
GET /help
GET /queue
PUT /queue {"at_most": 1}
PUT /queue {"waiting": ["nobody"]}
GET /runs
POST /runs {"model": "digits-mlp", "settings": ["training.batchSize=16"], "order": null, "bound": true}
POST /runs {"model": "nothing"}
GET /runs/{run}
GET /runs/nobody
GET /runs/{run}/metrics
GET /runs/{run}/metrics?format=csv
GET /runs/{run}/metrics?format=xml
GET /runs/{run}/model
GET /runs/{run}/about
GET /runs/{run}/samples
GET /runs/{run}/predictions
GET /runs/{run}/network
GET /runs/{run}/histograms
GET /runs/{run}/volunteers
GET /runs/{run}/server
GET /runs/{run}/events
GET /runs/{run}/events?since=x
GET /owner
GET /volunteers/me
DELETE /volunteers/me
GET /runs/{run}/owner
GET /runs/{run}/settings
POST /runs/{run}/settings {"learningRate": 0.05}
POST /runs/{run}/settings {"learningrate": 0.05}
GET /runs/{run}/notes
PUT /runs/{run}/notes {"text": "So far, so good."}
GET /runs/{run}/download/metrics.csv
GET /runs/{run}/download/nothing
POST /runs/{run}/volunteers/1/kick
POST /runs/{run}/volunteers/1/block
POST /runs/{run}/volunteers/1/unblock
POST /runs/{run}/volunteers/9/kick
POST /runs/{run}/pause
POST /runs/{run}/pause
POST /runs/{run}/resume
POST /runs/{run}/save
POST /runs/{run}/rollback {"to": "best"}
POST /runs/{run}/rollback {"to": []}
POST /runs/{run}/start
POST /runs/{run}/order {"order": 0}
POST /runs/{run}/updates
GET /runs/{run}/weights/1-x
GET /runs/{run}/shards/x
DELETE /runs/{run}
POST /runs/{run}/stop
GET /runs/{run}/volunteers
DELETE /runs/{run}
""".strip().splitlines()


async def test_answers_are_as_described(tmp_path: Path) -> None:
    async with serve_many(tmp_path, Preparer(stop={"small": NEVER})) as many:
        api = describe_api(many.server.app, "")
        run = await many.new()
        await many.until(run, "running")
        training = asyncio.create_task(many.volunteer(run, seconds=0.01).train())
        while (await many.status(run))["accuracy"] is None:  # noqa: ASYNC110 (as a program would)
            await asyncio.sleep(0.01)
        for number, line in enumerate(SAY, 1):
            method, path, *body = line.split(" ", 2)
            if number == len(SAY):
                await many.until(run, "stopped")
                await many.server.host.wait_over(run)
            await check(many, api, run, method, path, body[0] if body else None)
        await training


async def check(  # noqa: PLR0917 (the words of a line)
    many: Many, api: dict[str, Any], run: str, method: str, path: str, body: str | None
) -> None:
    """One request: its answer has the status, the type and the shape that the description says."""
    address = f"{many.url}/api/v1{path.replace('{run}', run)}"
    headers = {"Authorization": f"Bearer {many.token}", "Content-Type": "application/json"}
    async with many.http.request(method, address, data=body, headers=headers, allow_redirects=False) as answer:
        text = await answer.read()
        described = described_path(api, path)
        schema = validator(api, described, method, answer.status)
        assert answer.status < 500, (method, path, text)
        if schema is not None and answer.content_type == "application/json":
            faults = [f"{list(fault.path)}: {fault.message}" for fault in schema.iter_errors(await answer.json())]
            assert faults == [], (method, path, faults, text[:300])
        elif answer.status == 200:
            content = api["paths"][described][method.lower()]["responses"]["200"]["content"]
            assert answer.content_type in content, (method, path, answer.content_type)


def described_path(api: dict[str, Any], path: str) -> str:
    """The path of the description that an address belongs to."""
    steps = f"{PREFIX}{path}".partition("?")[0].split("/")
    for known in sorted(api["paths"], key=lambda each: each.count("{")):
        parts = known.split("/")
        alike = (part == step or part.startswith("{") for part, step in zip(parts, steps, strict=False))
        if len(parts) == len(steps) and all(alike):
            return str(known)
    raise AssertionError(f"{path} is not described")


async def test_every_described_operation_is_tried_above(tmp_path: Path) -> None:
    async with serve_many(tmp_path) as many:
        api = describe_api(many.server.app, "")
        tried = {(line.split()[0].lower(), described_path(api, line.split()[1])) for line in SAY}
        described = {(method, path) for path, methods in api["paths"].items() for method in methods}
    assert described - tried == {("get", "/api/v1/runs/{run}/weights/latest")}  # a redirect, in test_looks.py


@pytest.mark.parametrize("prefix", ["", "/lab"])
async def test_page_names_every_operation(tmp_path: Path, prefix: str) -> None:
    async with serve_many(tmp_path, prefix=prefix) as many:
        async with many.http.get(f"{many.url}/api") as answer:
            page = await answer.text()
            assert answer.status == 200
            assert "script-src" in answer.headers["Content-Security-Policy"]
        async with many.http.get(f"{many.url}/api/v1/openapi.json") as answer:
            api = await answer.json()
    assert api["servers"] == [{"url": prefix or "/"}]
    assert "<script" not in page.replace('<script type="module"', "")
    for path in api["paths"]:
        assert path in page


async def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    """No 5xx, no answer that is not as described, whatever is sent."""
    async with serve_many(tmp_path, Preparer(stop={"small": NEVER})) as many:
        run = await many.new()
        await many.until(run, "running")
        (tmp_path / "schemathesis.toml").write_text(
            f'[parameters]\n"path.run" = ["{run}", "nobody"]\n"path.label" = "1"\n'
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{many.url}/api/v1/openapi.json"),
            *("--url", f"{many.url}", "-H", f"Authorization: Bearer {many.token}"),
            *("--checks", "not_a_server_error,status_code_conformance,response_schema_conformance"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-color"),
            *("--exclude-operation-id", "deleteRunsRun", "--exclude-operation-id", "postRunsRunStop"),
            *("--generation-database", "none", "--suppress-health-check", "all"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        said = (await process.stdout.read()).decode()
        assert await process.wait() == 0, said[-6000:]
        selected, tested = (int(re.findall(rf"{word}: (\d+)", said)[0]) for word in ("Selected", "Tested"))
        assert tested == selected >= 35, said
