"""The real headless volunteer, in Node, against a server of a page's length."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from webnn.core.errors import WebNNError
from webnn.core.messages import GoodbyeMessage, Hello, UpdateMessage
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.node import find_program, source_program
from webnn.evaluator.worker import ExitCode, WorkerPool

from .conftest import CNN, model
from .fake_server import RUN, FakeServer

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture
def command() -> list[str]:
    try:
        return source_program("volunteer").command()
    except WebNNError:
        return find_program("volunteer").command()


@pytest_asyncio.fixture(loop_scope="module")
async def server(evaluator: Evaluator, description: Mapping[str, Any], train_shard: bytes) -> FakeServer:
    built = await evaluator.build(model(CNN), description, seed=1)
    return FakeServer(built, description, train_shard, num_examples=200)


async def run(command: list[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the volunteer to its end: the exit code and its last event."""
    process = await asyncio.create_subprocess_exec(*command, *arguments, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(output.splitlines()[-1])


async def test_it_trains_a_lease_and_ends_with_its_run(server: FakeServer, command: list[str]) -> None:
    events: list[Mapping[str, Any]] = []
    async with server.serve():
        pool = WorkerPool(
            server.url, 1, name="lab", command=command, on_event=lambda _number, event: events.append(event)
        )
        async with pool:
            assert await pool.wait() == ExitCode.DONE
    hello = next(message for message in server.heard if isinstance(message, Hello))
    update = next(message for message in server.heard if isinstance(message, UpdateMessage))
    assert (hello.device_kind, hello.device_name) == ("worker", "lab")
    assert (update.iterations, update.num_examples) == (7, 200)
    assert server.update is not None
    assert server.update.shape == server.built.initial.shape
    assert np.abs(server.update - server.built.initial).max() > 1e-4
    trained = next(event for event in events if event["type"] == "trained")
    assert trained["tensors_before"] == trained["tensors_after"]
    assert "identity" not in {event["type"] for event in events}


async def test_asked_to_leave_it_says_goodbye(server: FakeServer, command: list[str]) -> None:
    server.stay = True
    async with server.serve(), WorkerPool(f"{server.url}/join/{RUN}", 1, command=command) as pool:
        await server.joined.wait()
        await pool.stop()
        assert await pool.wait() == ExitCode.DONE
        await server.left.wait()
    assert isinstance(server.heard[-1], GoodbyeMessage)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["digits"], ExitCode.REFUSED, "is not the address of a run"),
        (["http://127.0.0.1:9/join/r", "--share", "2"], ExitCode.REFUSED, "--share is more than 0"),
        (["http://127.0.0.1:9/join/r", "--retry-seconds", "0"], ExitCode.UNREACHABLE, "No server answers at"),
        (["http://127.0.0.1:9", "--retry-seconds", "0"], ExitCode.UNREACHABLE, "No server answers at"),
    ],
)
async def test_what_cannot_work_ends_with_a_sentence(
    command: list[str], arguments: list[str], code: ExitCode, words: str
) -> None:
    exit_code, event = await run(command, *arguments)
    assert exit_code == event["exit_code"] == code
    assert words in event["message"]
