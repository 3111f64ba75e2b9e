"""What Prometheus is told, read by its own parser."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.server.world import serve
from webnn.server.exposition import Family, expose, open_files
from webnn.server.monitoring import METRICS_TOKEN_FILE, Lag

parser = pytest.importorskip("prometheus_client.parser")


def parse(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by name, then by labels; a second family or sample of one name is an error of ours."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    families = list(parser.text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    for sample in (sample for family in families for sample in family.samples):
        assert family_documented(families, sample.name)
        of_name = found.setdefault(sample.name, {})
        key = tuple(sorted(sample.labels.items()))
        assert key not in of_name
        of_name[key] = sample.value
    return found


def family_documented(families: list[Any], name: str) -> bool:
    return any(name.startswith(family.name) and family.documentation for family in families)


async def test_metrics_of_a_run_parse_and_agree_with_its_status(tmp_path: Path):
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join()
        lease = await peer.lease()
        outcome = await peer.update(lease, await peer.weights(lease))
        assert outcome["outcome"] == "merged"
        await peer.lease()
        response, body = await served.get("/metrics", headers=served.owner)
        status = served.task.status()
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = parse(body.decode())
    of_run = (("model", "test"), ("run", "test-run"))
    assert found["webnn_volunteers"][of_run] == 1
    assert found["webnn_leases"][of_run] == 1
    assert found["webnn_updates_total"][(of_run[0], ("outcome", "merged"), of_run[1])] == 1
    assert found["webnn_weights"][of_run] == status["num_weights"]
    assert found["webnn_received_bytes_total"][of_run] > 0
    assert {dict(labels)["outcome"] for labels in found["webnn_updates_total"]} >= {"merged", "expired", "invalid"}
    assert sum(found["webnn_run_state"].values()) == 1
    assert found["process_resident_memory_bytes"][()] > 1 << 20
    assert found["process_open_fds"][()] > 3


@pytest.mark.parametrize(("header", "status"), [(None, 401), ("Bearer wrong", 403), ("Bearer ", 401)])
async def test_metrics_need_a_token(tmp_path: Path, header: str | None, status: int):
    async with serve(tmp_path) as served:
        headers = {} if header is None else {"Authorization": header}
        response, body = await served.get("/metrics", headers=headers)
    assert response.status == status
    assert METRICS_TOKEN_FILE.encode() in body


async def test_token_of_metrics_reads_them_and_does_nothing_else(tmp_path: Path):
    async with serve(tmp_path) as served:
        token = (tmp_path / METRICS_TOKEN_FILE).read_text("ascii").strip()
        headers = {"Authorization": f"Bearer {token}"}
        assert (await served.get("/metrics", headers=headers))[0].status == 200
        assert (await served.post("/pause", headers=headers))[0] == 403


def test_labels_of_any_text_survive():
    status = {"id": 'a"b\\c\nd', "name": "größer", "state": "running", "outcomes": {}, "loss": float("inf")}
    task = SimpleNamespace(status=lambda: status, open_leases=2, queued=0)
    found = parse(expose([task], 0.25))  # type: ignore[list-item]
    labels = (("model", "größer"), ("run", 'a"b\\c\nd'))
    assert found["webnn_leases"][labels] == 2
    assert found["webnn_validation_loss"][labels] == float("inf")
    assert found["webnn_event_loop_lag_seconds"][()] == 0.25


def test_number_that_is_not_known_is_no_sample():
    family = Family("webnn_x", "gauge", "X.")
    family.add(None)
    assert family.lines() == []


def test_open_files_count_one_more_after_opening(tmp_path: Path):
    before = open_files()
    if before is None:
        pytest.skip("this system does not count them")
    with (tmp_path / "file").open("w"):
        assert open_files() == before + 1


def test_lag_is_the_longest_seen():
    lag = Lag()
    assert lag.seconds is None
    lag._seen.extend([0.1, 0.3, 0.2])
    assert lag.seconds == 0.3
