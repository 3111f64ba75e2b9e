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
from tests.server.test_looks import FakePredictor, built, dataset
from tests.server.volunteer import Peer
from tests.server.world import SHARDS
from webnn.model.definition import ModelDefinition
from webnn.server.bench import BENCH
from webnn.server.config import Places
from webnn.server.describing import description_of
from webnn.server.insight import Insight
from webnn.server.keys import RUNS
from webnn.server.openapi import PREFIX, describe_api, operations

__all__ = ["saved"]
REPORT: dict[str, Any] = {
    **dict.fromkeys(("training_examples", "validation_examples", "shards", "parameters", "trainable"), 1),
    **{"memory_bytes": 1, "batch_size": 1, "seconds_per_step": 0.1, "loss": None, "dataset": "digits"},
    **{"layers": [], "inputs": [], "sample": {}, "lease": {"upload": 4}, "warnings": []},
}


async def checked(definition: ModelDefinition, places: Places, seed: int) -> dict[str, Any]:
    """What checking a model answers, without Node."""
    return {"name": definition.name, "description": definition.description, **REPORT}


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
POST /check {"model": "digits-mlp", "settings": ["training.batchSize=16"], "seed": null}
POST /check {"model": "digits-mpl"}
POST /prune {"keep": 0, "older_than_seconds": 3600, "dry_run": true}
POST /prune {"kep": 0}
GET /tokens
POST /tokens {"name": "helper", "scope": "watch", "seconds": 60}
POST /tokens {"name": "helper", "scope": "watch"}
POST /tokens {"name": "other", "scope": "all"}
POST /tokens/helper/rotate {}
POST /tokens/nobody/rotate {}
DELETE /tokens/helper
DELETE /tokens/helper
POST /runs/{run}/invites {"code": "a code of ours", "uses": 3, "seconds": 60}
POST /runs/{run}/invites {"code": "short"}
GET /runs/{run}/invites
DELETE /runs/{run}/invites/1
DELETE /runs/{run}/invites/one
DELETE /runs/{run}/invites
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
GET /runs/{run}/evaluation
GET /runs/{run}/evaluation?weights=best
POST /runs/{run}/predict {"rows": [[0, 1, 2, 3]]}
GET /runs/{run}/histograms
GET /runs/{run}/volunteers
GET /runs/{run}/server
GET /runs/{run}/vitals
GET /runs/{run}/vitals?since=x
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
GET /runs/{run}/download/current.npz
GET /runs/{run}/download/MODEL_CARD.md
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
POST /runs/{run}/retrain {"weights": "final"}
POST /runs/{run}/reset {"settings": ["training.batchSize=16"], "order": 0}
POST /runs/{run}/reset {"weights": "best"}
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
        many.server.app[BENCH].check_model = checked
        run = await many.new()
        await many.until(run, "running")
        task = many.server.app[RUNS].get(run)
        task.insight = Insight(built(), dataset(), FakePredictor(), task._clock)
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


OF_THE_RUN = "/api/v1/runs/{run}"
CODES = f"POST {OF_THE_RUN}/invites"
"""From the first code on a run gives data to nobody else."""
NOT_TRIED = {"GET /api/v1/openapi.json"}
"""What schemathesis leaves out by itself: the address that the description came from."""

MOSTLY_NOT_FOUND = {
    f"DELETE {OF_THE_RUN}",  # only the first is there to be removed
    f"POST {OF_THE_RUN}/rollback",  # to a version that it made up
    "POST /api/v1/runs",  # of a model that it made up
    "POST /api/v1/check",
    f"POST {OF_THE_RUN}/retrain",  # it left no files of weights
    f"DELETE {OF_THE_RUN}/invites/{{number}}",  # codes that were forgotten meanwhile
    "POST /api/v1/tokens/{token}/rotate",
    "DELETE /api/v1/tokens/{token}",
}


def fuzzing(many: Many, runs: dict[str, str], me: str) -> str:
    """Configure schemathesis with what is there: `runs` by the end of the operation that may have it ("": all others),
    and a volunteer's proof.
    """
    lines = ["[headers]", f'Authorization = "Bearer {many.token}"', "[parameters]", f'"path.run" = "{runs[""]}"']
    lines += ['"path.label" = "1"', '"path.number" = "1"', '"path.token" = "helper"']
    current = many.server.app[RUNS].get(runs[""]).current
    names = {"shards": next(iter(SHARDS)), "download": "current.npz", "weights": f"{current.version}-{current.hash}"}
    for operation, name in ((f"GET {OF_THE_RUN}/{what}/{{name}}", name) for what, name in names.items()):
        lines += ["[[operations]]", f'include-name = "{operation}"', f'parameters = {{"path.name" = "{name}"}}']
    for operation, run in runs.items():
        if operation:
            lines += ["[[operations]]", f'include-name = "{operation}"', f'parameters = {{"path.run" = "{run}"}}']
    for path in ("/api/v1/volunteers/me", f"{OF_THE_RUN}/updates"):
        lines += ["[[operations]]", f'include-path = "{path}"', f'headers = {{Authorization = "Volunteer {me}"}}']
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    """No 5xx, no answer that is not as described, whatever is sent to runs that go on and have a volunteer each."""
    async with serve_many(tmp_path, Preparer(stop={"small": NEVER}), at_most=5) as many, asyncio.TaskGroup() as group:
        spent = ("", f"POST {OF_THE_RUN}/stop", f"DELETE {OF_THE_RUN}", f"POST {OF_THE_RUN}/settings", CODES)
        runs = {operation: await many.new() for operation in spent}
        trainings = []
        for run in runs.values():
            await many.until(run, "running")
            task = many.server.app[RUNS].get(run)
            task.insight = Insight(built(), dataset(), FakePredictor(), task._clock)
            trainings.append(group.create_task(many.volunteer(run, seconds=0.05).train()))
            while (await many.status(run))["accuracy"] is None:  # noqa: ASYNC110 (as a program would)
                await asyncio.sleep(0.01)
        many.server.app[BENCH].check_model = checked
        peer = await Peer.connect(many.http, f"{many.url}/api/v1/runs/{runs['']}")
        welcome = await peer.join()
        await many.ask("POST", f"/runs/{runs[f'DELETE {OF_THE_RUN}']}/stop")
        (tmp_path / "schemathesis.toml").write_text(
            fuzzing(many, runs, f"{welcome['volunteer_id']}:{welcome['secret']}")
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{many.url}/api/v1/openapi.json", "--url", many.url),
            *("--checks", "not_a_server_error,status_code_conformance,response_schema_conformance"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-color"),
            *("--generation-database", "none", "--suppress-health-check", "all"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        said = (await process.stdout.read()).decode()
        assert await process.wait() == 0, said[-6000:]
        ours = {f"{method} {path}" for method, path, _ in operations(many.server.app)}
        selected, tested = (int(re.findall(rf"{word}: (\d+)", said)[0]) for word in ("Selected", "Tested"))
        assert selected == tested == len(ours - NOT_TRIED), said
        assert ours >= NOT_TRIED | MOSTLY_NOT_FOUND
        assert set(warned_of(said, "Missing test data")) <= MOSTLY_NOT_FOUND, said
        assert warned_of(said, "Authentication failed") == [], said
        assert (await many.status(runs[""]))["state"] in ("running", "paused")
        await peer.socket.close()
        for training in trainings:
            training.cancel()


def warned_of(said: str, warning: str) -> list[str]:
    """The operations that schemathesis names under a warning."""
    part = said.partition("= WARNINGS =")[2].partition("= SUMMARY =")[0].partition(f"{warning}:")[2]
    lines = re.split(r"\n(?=[A-Z][^\n]*: \d+ operations?)", part)[0]
    return re.findall(r"^  - ([A-Z]+ /\S+)$", lines, re.MULTILINE)
