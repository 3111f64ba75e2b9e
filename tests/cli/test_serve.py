"""`wnn serve` as a program: two runs at once, and a server that is killed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.programs import Program

from webnn.client import Client

pytestmark = [pytest.mark.node, pytest.mark.timeout(180)]
MODEL = {
    "dataset": "digits",
    "layers": [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}],
    "loss": "sparseCategoricalCrossentropy",
}


def model(folder: Path, name: str, iterations: int) -> str:
    (folder / "models").mkdir(exist_ok=True)
    stop = {"training": {"stop": {"iterations": iterations}}}
    (folder / "models" / f"{name}.json").write_text(json.dumps({"name": name, **MODEL, **stop}))
    return name


def serve(folder: Path, *more: str) -> Program:
    return Program("serve", *more, "--port", "0", cwd=folder)


async def client_of(owner: Program, folder: Path) -> Client:
    listening = await owner.event("listening")
    return Client(listening["url"], (folder / "runs" / "owner-token").read_text())


async def ask(call: Any, *arguments: Any) -> Any:
    return await asyncio.to_thread(call, *arguments)


async def until(client: Client, run: str, state: str) -> dict[str, Any]:
    while (status := await ask(client.run, run))["state"] != state:
        assert status["state"] not in ("failed", "stopped"), status["reason"]
        await asyncio.sleep(0.1)
    return dict(status)


async def test_two_runs_at_once_with_workers_of_this_machine(tmp_path: Path):
    names = [model(tmp_path, "one", 60), model(tmp_path, "two", 60)]
    async with serve(tmp_path, *names, "--at-most", "2", "--workers", "3") as owner:
        client = await client_of(owner, tmp_path)
        while len(runs := [run["id"] for run in await ask(client.runs)]) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        for run in runs:
            finished = await owner.wait_for(lambda event, run=run: event["event"] == "finished" and event["run"] == run)
            assert (finished["state"], finished["iterations"] >= 60) == ("finished", True)
            assert (tmp_path / "runs" / run / "final.safetensors").exists()
        owner.interrupt()
        assert await owner.exit_code(30) == 130, await owner.stderr()


async def test_order_outlives_a_kill(tmp_path: Path):
    names = [model(tmp_path, name, 10**6) for name in ("one", "two", "three")]
    async with serve(tmp_path, *names) as owner:
        client = await client_of(owner, tmp_path)
        while len((await ask(client.queue))["waiting"]) != 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        queue = await ask(client.queue)
        (running,), waiting = queue["running"], queue["waiting"]
        await until(client, running, "running")
        await ask(client.change_queue, waiting[::-1])
        owner.kill()
        await owner.exit_code(10)
    async with serve(tmp_path, *names) as owner:
        client = await client_of(owner, tmp_path)
        assert await ask(client.queue) == {"at_most": 1, "running": [running], "waiting": waiting[::-1]}
        await until(client, running, "running")
        assert len(await ask(client.runs)) == 3, "the same command begins nothing twice"
