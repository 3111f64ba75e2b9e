from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import webnn
from tests.server.many import MODEL, Background, Preparer
from webnn.core.config import StopConditions
from webnn.core.errors import WebNNError
from webnn.server import hosted

NEVER = StopConditions(seconds=3600)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Background]:
    monkeypatch.setattr(hosted, "save_run", lambda prepared, *_: prepared.folder)
    with Background(tmp_path, Preparer(stop=dict.fromkeys("abc", NEVER))) as served:
        yield served


def client_of(server: Background, **options: Any) -> webnn.Client:
    return webnn.Client(server.many.url, server.many.token, **options)


def test_client_does_what_an_owner_does(server: Background) -> None:
    client = client_of(server)
    assert client.health()["status"] == "ok"
    assert "digits-mlp" in {model["name"] for model in client.models()}
    assert "digits" in {dataset["name"] for dataset in client.datasets()}
    first = client.create_run(MODEL | {"name": "a"}, ["training.batchSize=16"], seed=7)["id"]
    server.call(server.many.until(first, "running"))
    second = client.create_run(MODEL | {"name": "b"}, bound=True)["id"]
    third = client.create_run(MODEL | {"name": "c"}, order=0)["id"]
    assert client.queue() == {"at_most": 1, "running": [first], "waiting": [third, second]}
    assert client.move(second, 0)["order"] == 0
    assert client.change_queue([third], at_most=1)["waiting"] == [third, second]
    assert [run["id"] for run in client.runs()] == [second, third, first]
    server.train(first)
    assert next(status for status in client.watch(first, 0.01) if status["merges"] > 0)["accuracy"] is not None
    assert client.metrics(first)["training"]
    assert client.events(first)["count"] > 0
    assert client.events(first, client.events(first)["count"])["events"] == []
    assert client.volunteers(first)[0]["label"] == "#1"
    assert client.pause(first)["state"] == "paused"
    assert client.resume(first)["state"] == "running"
    assert Path(client.save(first)["folder"]) == server.runs_dir / first
    assert {one["name"] for one in client.rights(first)["downloads"]} >= {"metrics.csv"}
    assert client.download(first, "metrics.csv").startswith(b"kind,")
    assert client.block(first, 1)["blocked"]
    assert not client.unblock(first, 1)["blocked"]
    assert not client.kick(first, 1)["blocked"]
    client.stop(first)
    assert [status["state"] for status in client.watch(first, 0.01)][-1] == "stopped"
    server.call(server.many.server.host.wait_over(first))
    assert client.start(first)["order"] == 1
    client.delete_run(second)
    assert second not in {run["id"] for run in client.runs()}


def test_refusals_are_the_server_s_sentences(server: Background) -> None:
    client = client_of(server)
    with pytest.raises(WebNNError, match="There is no run 'nobody' here") as refused:
        client.run("nobody")
    assert refused.value.code == "no_such_run"
    with pytest.raises(WebNNError, match="Did you mean") as refused:
        client.create_run("digits-mpl")
    assert refused.value.code == "unknown_name"
    with pytest.raises(WebNNError, match="owner's token"):
        webnn.Client(server.many.url).create_run("digits-mlp")
    with pytest.raises(WebNNError, match="does not allow"):
        webnn.Client(server.many.url, "0" * 64).queue() and webnn.Client(server.many.url, "0" * 64).create_run("x")


@pytest.mark.parametrize("url", ["nonsense", "ftp://x", "http://", "http://x?y", ""])
def test_address_of_no_use_is_refused(url: str) -> None:
    with pytest.raises(WebNNError, match="looks like"):
        webnn.Client(url)


def test_token_that_is_none_is_refused() -> None:
    with pytest.raises(WebNNError, match="token"):
        webnn.Client("http://127.0.0.1", "a\nb")


def test_silent_server_and_strange_server_are_told_apart(server: Background) -> None:
    with pytest.raises(WebNNError, match="does not answer") as refused:
        webnn.Client("http://127.0.0.1:1").health()
    assert refused.value.code == "not_running"
    with pytest.raises(WebNNError, match="not its address"):
        webnn.Client(f"{server.many.url}/elsewhere").health()


def test_unknown_name_of_the_package_is_none() -> None:
    with pytest.raises(AttributeError):
        _ = webnn.Klient
