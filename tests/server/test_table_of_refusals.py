"""A table of requests that are refused: each row gets its status, its code, and a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.server.many import MODEL, Many, Preparer, serve_many
from tests.server.test_hosting import NEVER, saved

__all__ = ["saved"]
LIVE, WAITING, STOPPED = "{live}", "{waiting}", "{stopped}"
WITHOUT, NONE, WATCH, CONTROL, FIRST = "no token", "a wrong token", "watch", "control", "first"
SMALL = {**MODEL, "name": "x"}

REFUSALS: list[tuple[str, str, Any, str, int, str, str]] = [
    # who asks
    ("POST", "/runs", {"model": "digits-mlp"}, WITHOUT, 401, "unauthorized", "needs the owner's token"),
    ("POST", "/runs", {"model": "digits-mlp"}, NONE, 403, "forbidden", "does not allow"),
    ("POST", "/runs", {"model": "digits-mlp"}, CONTROL, 403, "forbidden", 'scope "admin"'),
    ("POST", f"/runs/{LIVE}/pause", {}, WATCH, 403, "forbidden", 'scope "control"'),
    ("DELETE", f"/runs/{STOPPED}", None, CONTROL, 403, "forbidden", 'scope "admin"'),
    ("GET", f"/runs/{LIVE}/download/current.npz", None, WITHOUT, 401, "unauthorized", "owner's token"),
    ("GET", f"/runs/{STOPPED}/evaluation", None, NONE, 403, "forbidden", "does not allow"),
    ("GET", "/tokens", None, CONTROL, 403, "forbidden", 'scope "admin"'),
    ("GET", f"/runs/{LIVE}/invites", None, WATCH, 403, "forbidden", 'scope "control"'),
    ("POST", "/check", {"model": "digits-mlp"}, WATCH, 403, "forbidden", 'scope "admin"'),
    # names
    ("GET", "/runs/nobody", None, WITHOUT, 404, "no_such_run", "There is no run 'nobody' here"),
    ("POST", "/runs/nobody/retrain", {}, FIRST, 404, "no_such_run", "There is no run"),
    ("POST", "/runs", {"model": "digits-mpl"}, FIRST, 404, "unknown_name", 'Did you mean "digits-mlp"?'),
    ("POST", "/check", {"model": "digits-mpl"}, FIRST, 404, "unknown_name", 'Did you mean "digits-mlp"?'),
    ("POST", "/runs", {"model": "models/x.json"}, FIRST, 404, "unknown_name", "paths are not"),
    ("GET", f"/runs/{LIVE}/download/best.kera", None, FIRST, 404, "not_found", 'Did you mean "best.keras"?'),
    ("POST", f"/runs/{LIVE}/volunteers/9/kick", {}, FIRST, 404, "unknown_name", "no volunteer of that number"),
    ("DELETE", f"/runs/{LIVE}/invites/9", None, FIRST, 404, "unknown_name", "has no code 9"),
    ("DELETE", "/tokens/nobody", None, FIRST, 404, "unknown_name", 'no token "nobody"'),
    ("PUT", "/queue", {"waiting": ["nobody"]}, FIRST, 404, "unknown_name", "nobody"),
    ("GET", "/nothing", None, FIRST, 404, "not_found", "nothing at this address"),
    # names that are taken
    ("POST", "/tokens", {"name": "helper"}, FIRST, 400, "settings", "already; rotate or revoke it"),
    ("POST", f"/runs/{LIVE}/invites", {"code": "taken words"}, FIRST, 400, "settings", "has that code already"),
    # bodies
    ("POST", "/runs", "{", FIRST, 400, "settings", "not JSON"),
    ("POST", "/runs", {}, FIRST, 400, "settings", "'model' is a required property"),
    ("POST", "/runs", {"modle": "digits-mlp"}, FIRST, 400, "settings", 'Did you mean "model"?'),
    ("POST", "/runs", {"model": "digits-mlp", "seed": -1}, FIRST, 400, "settings", "seed"),
    ("POST", "/runs", {"model": "digits-mlp", "settings": ["x"]}, FIRST, 400, "settings", "write KEY=VALUE"),
    ("POST", "/runs", {"model": "digits-mlp", "settings": ["a.b=1"]}, FIRST, 400, "settings", "no setting"),
    ("POST", "/runs", {"model": {**SMALL, "initialWeights": "w.npz"}}, FIRST, 400, "invalid_model", "names no files"),
    ("POST", "/runs", {"model": {**SMALL, "merge": "avrage"}}, FIRST, 400, "invalid_model", "average"),
    ("POST", "/runs", {"model": {**SMALL, "layers": [{"dens": {}}]}}, FIRST, 400, "invalid_model", "dense"),
    ("POST", f"/runs/{LIVE}/settings", {"learningrate": 1}, FIRST, 400, "settings", "learningRate"),
    ("POST", f"/runs/{LIVE}/settings", {"batchSize": 0}, FIRST, 400, "settings", "batchSize"),
    ("POST", f"/runs/{LIVE}/rollback", {"to": "yesterday"}, FIRST, 400, "settings", '{"to": VERSION}'),
    ("POST", f"/runs/{LIVE}/rollback", {"to": 999}, FIRST, 404, "no_checkpoint", "999"),
    ("POST", f"/runs/{LIVE}/predict", {"rows": [[1, 2], [3]]}, WITHOUT, 400, "settings", "the rows differ"),
    ("POST", f"/runs/{LIVE}/predict", {"rows": [[1]], "weights": "bst"}, WITHOUT, 400, "settings", "current or best"),
    ("GET", f"/runs/{LIVE}/evaluation?weights=x", None, WITHOUT, 400, "settings", "current or best"),
    ("GET", f"/runs/{LIVE}/evaluation?split=train", None, WITHOUT, 400, "settings", "on its validation split"),
    ("GET", f"/runs/{LIVE}/evaluation?split=tset", None, WITHOUT, 400, "settings", "train, validation or test"),
    ("GET", f"/runs/{LIVE}/metrics?format=xml", None, WITHOUT, 400, "settings", "json or csv"),
    ("PUT", f"/runs/{LIVE}/notes", {"text": 3}, FIRST, 400, "settings", '{"text": TEXT}'),
    ("PUT", "/queue", {"at_most": 0}, FIRST, 400, "settings", "at_most"),
    ("POST", f"/runs/{LIVE}/invites", {"code": "short"}, FIRST, 400, "settings", "8 to 100"),
    ("POST", f"/runs/{LIVE}/invites", {"uses": 0}, FIRST, 400, "settings", "uses"),
    ("POST", "/tokens", {"name": "other", "scope": "all"}, FIRST, 400, "settings", "scope"),
    ("POST", "/tokens", {"name": "a\nb"}, FIRST, 400, "settings", "printable"),
    ("POST", "/prune", {"kep": 1}, FIRST, 400, "settings", 'Did you mean "keep"?'),
    ("POST", f"/runs/{STOPPED}/retrain", {"weights": "worst"}, FIRST, 400, "settings", "weights"),
    # runs that are in another state
    ("POST", f"/runs/{STOPPED}/pause", {}, FIRST, 409, "not_running", "stopped"),
    ("POST", f"/runs/{STOPPED}/save", {}, FIRST, 409, "not_running", "cannot be saved"),
    ("POST", f"/runs/{WAITING}/resume", {}, FIRST, 409, "not_running", "it waits for its turn"),
    ("POST", f"/runs/{WAITING}/reset", {}, FIRST, 409, "not_running", "it waits for its turn"),
    ("GET", f"/runs/{WAITING}/download/best.npz", None, FIRST, 409, "not_running", "it waits for its turn"),
    ("POST", f"/runs/{LIVE}/resume", {}, FIRST, 409, "not_running", "running"),
    ("POST", f"/runs/{LIVE}/start", {}, FIRST, 409, "not_running", "running"),
    ("POST", f"/runs/{LIVE}/order", {"order": 0}, FIRST, 409, "not_running", "does not wait"),
    ("DELETE", f"/runs/{LIVE}", None, FIRST, 409, "not_running", "stop it before"),
    ("POST", f"/runs/{STOPPED}/retrain", {}, FIRST, 404, "no_checkpoint", "has no files of weights"),
    ("GET", f"/runs/{LIVE}/download/MODEL_CARD.md", None, FIRST, 404, "not_found", "when the run is saved"),
]


async def test_each_is_refused_with_its_code_and_a_sentence(tmp_path: Path) -> None:
    async with serve_many(tmp_path, Preparer(stop=dict.fromkeys("ab", NEVER))) as many:
        runs = {"stopped": await many.new("a")}
        await many.until(runs["stopped"], "running")
        await many.ask("POST", f"/runs/{runs['stopped']}/stop")
        await many.server.host.wait_over(runs["stopped"])
        runs["live"] = await many.new("b")
        await many.until(runs["live"], "running")
        runs["waiting"] = await many.new("a")
        tokens = {FIRST: many.token, NONE: "0" * 64}
        for scope in (WATCH, CONTROL):
            _, made = await many.ask("POST", "/tokens", {"name": scope, "scope": scope})
            tokens[scope] = made["token"]
        await many.ask("POST", "/tokens", {"name": "helper"})
        await many.ask("POST", f"/runs/{runs['live']}/invites", {"code": "taken words"})
        wrong = [fault for row in REFUSALS if (fault := await faults_of(many, runs, tokens, row)) is not None]
        assert wrong == []
        assert (await many.status(runs["live"]))["state"] == "running"


async def faults_of(
    many: Many, runs: dict[str, str], tokens: dict[str, str], row: tuple[str, str, Any, str, int, str, str]
) -> str | None:
    """Send a row's request; what is wrong with the answer."""
    method, path, body, who, status, code, words = row
    headers = {} if who == WITHOUT else {"Authorization": f"Bearer {tokens[who]}"}
    sent = {"data": body} if isinstance(body, str) else {"json": body}
    address = f"{many.url}/api/v1{path.format(**runs)}"
    async with many.http.request(method, address, headers=headers, **sent) as answer:
        told = (await answer.json())["error"]
    said = told["message"]
    good = (answer.status, told["code"]) == (status, code) and words in said and said.rstrip()[-1] in ".?)\"'"
    return None if good else f"{method} {path}: {answer.status} {told}, not {status} {code} with {words!r}"


def test_table_has_forty_rows_and_more() -> None:
    assert len({(method, path, str(body), who) for method, path, body, who, *_ in REFUSALS}) >= 40
    assert {status for *_, status, _, _ in REFUSALS} == {400, 401, 403, 404, 409}
