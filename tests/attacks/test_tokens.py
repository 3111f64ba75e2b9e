"""The owner's tokens on real endpoints: what each scope may, for how long, and what a live server notices."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.server.many import Many, Preparer, serve_many
from tests.server.test_hosting import NEVER, saved
from tests.server.world import Served, serve
from webnn.core.errors import WebNNError
from webnn.server.keys import TOKENS
from webnn.server.openapi import operations
from webnn.server.tokens import Scope, Tokens

__all__ = ["saved"]


async def status(served: Served, token: str, method: str = "GET", path: str = "/owner") -> int:
    async with served.http.request(method, served.base + path, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status


async def test_every_endpoint_of_the_owner_checks_its_scope(tmp_path: Path) -> None:
    async with serve_many(tmp_path, Preparer(stop={"small": NEVER})) as many:
        run = await many.new()
        await many.until(run, "running")
        tokens = {scope: Tokens(tmp_path).add(scope.value, scope) for scope in Scope}
        owned = [(method, path, told.owner) for method, path, told in operations(many.server.app) if told.owner]
        assert {scope for _, _, scope in owned} == set(Scope)
        for method, path, scope in sorted(owned, key=lambda one: one[0] == "DELETE"):
            address = (
                path.replace("{run}", run)
                .replace("{label}", "1")
                .replace("{name}", "metrics.csv")
                .replace("{number}", "1")
                .replace("{token}", "none")
            )
            assert (await refusal(many, method, address, None))[0] == 401, (method, address)
            for given, token in tokens.items():
                code, message = await refusal(many, method, address, token)
                if given.allows(scope):
                    assert code not in (401, 403), (method, path, given, message)
                else:
                    assert code == 403, (method, path, given)
                    assert f'a token of the scope "{scope}"' in message
                    assert f'has the scope "{given}"' in message


async def refusal(many: Many, method: str, path: str, token: str | None) -> tuple[int, str]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with many.http.request(method, f"{many.url}{path}", headers=headers) as answer:
        body: Any = await answer.json() if answer.content_type == "application/json" else {}
        return answer.status, body["error"]["message"] if "error" in body else ""


async def test_metrics_are_for_every_scope(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        token = Tokens(tmp_path).add("prometheus", Scope.WATCH)
        for given, expected in ((token, 200), ("x" * 43, 403), ("", 401)):
            answer, _ = await served.get("/metrics", headers={"Authorization": f"Bearer {given}"})
            assert answer.status == expected


async def test_a_live_server_notices_new_rotated_and_revoked_tokens(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        outside = Tokens(tmp_path)
        control = outside.add("b", "control")
        assert await status(served, control) == 200
        assert await status(served, control, "POST", "/pause") == 200
        again = outside.rotate("b")
        assert await status(served, control) == 403
        assert await status(served, again, "POST", "/resume") == 200
        outside.revoke("b")
        assert await status(served, again) == 403


async def test_the_first_token_is_rotated_under_a_live_server(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        before = served.token
        after = Tokens(tmp_path).rotate_first()
        assert after == (tmp_path / "owner-token").read_text().strip()
        assert await status(served, before) == 403
        assert await status(served, after, "POST", "/pause") == 200


async def test_a_token_ends_by_itself(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        now = [1000.0]
        served.app[TOKENS].clock = lambda: now[0]
        token = served.app[TOKENS].add("short", "admin", seconds=10)
        now[0] = 1009.9
        assert await status(served, token) == 200
        now[0] = 1010.0
        assert await status(served, token) == 403
        assert await status(served, served.token) == 200


async def test_unreadable_tokens_leave_the_first_one_and_tell_nobody_why(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        named = Tokens(tmp_path).add("a", "admin")
        (tmp_path / "tokens.json").write_text('[{"name": "a"')
        assert await status(served, named) == 403
        assert await status(served, served.token) == 200
        _, body = await served.get("/api/v1/runs/test-run/owner", headers={"Authorization": f"Bearer {named}"})
        assert str(tmp_path) not in body.decode()


def test_tokens_are_kept_as_hashes_for_the_owner_alone(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    made = [tokens.add(name, Scope.WATCH) for name in "ab"] + [tokens.rotate("a")]
    kept = json.loads((tmp_path / "tokens.json").read_text())
    assert [entry["name"] for entry in kept] == ["a", "b"]
    assert all(token not in json.dumps(kept) for token in made)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600
    assert list(tmp_path.glob(".*")) == [], "nothing is left beside it"


@pytest.mark.parametrize(
    ("name", "scope", "seconds", "words"),
    [
        ("a", "watch", None, "already"),
        ("", "watch", None, "1 to 60 printable"),
        ("b", "contrl", None, 'Did you mean "control"'),
        ("b", "watch", 0.0, "more than 0 seconds"),
    ],
)
def test_odd_tokens_are_refused_in_words(
    tmp_path: Path, name: str, scope: str, seconds: float | None, words: str
) -> None:
    tokens = Tokens(tmp_path)
    tokens.add("a", "watch")
    with pytest.raises(WebNNError, match=words):
        tokens.add(name, scope, seconds)
