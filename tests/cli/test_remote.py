"""Every command that asks a server, against a real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.many import MODEL, Background, Preparer
from tests.server.volunteer import Peer, hello
from webnn.cli import environment
from webnn.cli.changes import read_changes
from webnn.cli.main import run as wnn
from webnn.cli.watching import Look, dashboard, sparkline
from webnn.client import Client
from webnn.core.config import StopConditions
from webnn.core.errors import WebNNError
from webnn.server import hosted

NEVER = StopConditions(seconds=3600)
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hosted, "save_run", lambda prepared, *_: prepared.folder)
    monkeypatch.chdir(tmp_path)
    for name in environment.OPTIONS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Background]:
    with Background(tmp_path / "runs", Preparer(stop=dict.fromkeys("ab", NEVER))) as served:
        yield served


@pytest.fixture
def going(server: Background) -> str:
    """A run that goes on, and that a volunteer trains."""
    name = server.call(server.many.new("a"))
    server.call(server.many.until(name, "running"))
    server.train(name)
    client = Client(server.many.url, server.many.token)
    next(status for status in client.watch(name, 0.01) if status["accuracy"] is not None)
    return name


@pytest.fixture(params=["folder", "server", "environment"])
def ask(
    request: pytest.FixtureRequest,
    server: Background,
    going: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """Run a command as an owner at the server's computer does, and as one elsewhere: its JSON, and then its words."""
    where: list[str] = []
    if request.param == "server":
        where = ["--server", server.many.url, "--token", server.many.token, "--runs-dir", "nowhere"]
    elif request.param == "environment":
        monkeypatch.setenv("WNN_SERVER", server.many.url)
        monkeypatch.setenv("WNN_TOKEN", server.many.token)

    def ask(*words: str, as_json: bool = True) -> Any:
        capsys.readouterr()
        code = wnn([*words, *where, *(["--json"] if as_json else [])])
        told = capsys.readouterr()
        assert code == 0, told.err
        lines = told.out.splitlines()
        return [json.loads(line) for line in lines] if as_json else lines

    return ask


def test_owner_does_everything_from_the_command_line(ask: Ask, server: Background, going: str) -> None:
    (status,) = ask("status")
    assert (status["id"], status["state"]) == (going, "running")
    assert f"run           {going} (a on fake)" in ask("status", going[:3], as_json=False)
    assert [run["id"] for run in ask("runs")] == [going]
    assert going in ask("runs", as_json=False)[0]
    assert ask("volunteers")[0]["label"] == "#1"
    assert ask("volunteers", as_json=False)[0].startswith("#1   here, test")
    assert ask("pause")[0]["state"] == "paused"
    assert ask("resume", as_json=False) == [f"The run {going} is running."]
    assert Path(ask("save")[0]["folder"]) == server.runs_dir / going
    Path("b.json").write_text(json.dumps(MODEL | {"name": "b"}))
    (waiting,) = ask("submit", "b.json", "--bound", "--set", "training.batchSize=8")
    assert (waiting["state"], waiting["order"], waiting["bound"]) == ("queued", 0, True)
    second = ask("submit", "b.json", "--to", "1", as_json=False)[0].split()[0]
    assert ask("queue")[0]["waiting"] == [second, waiting["id"]]
    assert ask("queue", waiting["id"], "--to", "1")[0]["waiting"] == [waiting["id"], second]
    assert ask("queue", "--limit", "1", as_json=False) == [
        f"goes on  {going}",
        f"      1  {waiting['id']}",
        f"      2  {second}",
        "At most 1 at once.",
    ]
    assert ask("kick", "#1", "--for-good")[0]["blocked"]
    assert ask("kick", "1", "--forgive", as_json=False) == ["Volunteer #1 may come back."]
    assert ask("stop", second)[0]["state"] == "stopped"
    assert ask("stop")[0]["id"] == going
    assert ask("watch", going, "--every", "0.1")[-1]["state"] == "stopped"
    assert ask("watch", going, "--every", "0.1", as_json=False)[-1].startswith("stopped: The owner stopped")
    server.call(server.many.server.host.wait_over(going))
    assert ask("resume", going)[0]["state"] == "queued"


def test_owner_lets_in_and_empowers_others_from_elsewhere(ask: Ask, server: Background, going: str) -> None:
    (made,) = ask("invite", going[:3], "--uses", "2", "--expires", "1h")
    if made["link"].startswith(server.many.url):
        assert made["link"] == f"{server.many.url}/join/{going}#code={made['code']}"
    assert ask("invite", going, "--code", "plain words", as_json=False)[0] == "plain words"
    assert [(one["number"], one["uses"]) for one in ask("invite", going, "--list")] == [(1, 2), (2, None)]
    assert ask("invite", going, "--revoke", "1") == [{"run": going, "revoked": 1}]
    assert ask("invite", going, "--open", as_json=False) == [f"{going} asks for no code any more."]
    assert ask("invite", going, "--list") == []


def test_named_tokens_of_a_server_elsewhere(server: Background, going: str, capsys: pytest.CaptureFixture[str]) -> None:
    def token(*words: str) -> str:
        assert wnn(["token", *words, "--server", server.many.url, "--token", server.many.token]) == 0
        return capsys.readouterr().out.strip()

    made = json.loads(token("new", "helper", "--scope", "watch", "--expires", "7d", "--json"))
    assert (made["name"], made["scope"]) == ("helper", "watch")
    assert "helper" in token("list")
    assert wnn(["token", "list", "--server", server.many.url, "--token", made["token"]]) == 2
    assert 'needs a token of the scope "admin"' in capsys.readouterr().err
    other = token("rotate", "helper")
    assert other != made["token"]
    assert wnn(["rm", going, "--yes", "--server", server.many.url, "--token", other]) == 2
    assert token("revoke", "helper") == 'The token "helper" has ended.'
    assert token("list", "--json") == ""


def test_settings_that_change_are_those_of_the_page(ask: Ask) -> None:
    words = ("leaseSeconds=2", "validation.everySeconds=3", "schedule.step.everyEpochs=5", "schedule.step.factor=0.5")
    (status,) = ask("set", *words)
    assert status["changes"] == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["status", "nobody"], 'There is no run "nobody"'),
        (["rollback", "--to", "999"], "999"),
        (["kick", "99"], "There is no volunteer of that number"),
        (["kick", "x"], "wnn volunteers"),
        (["kick", "1", "--for-good", "--forgive"], "exclude"),
        (["queue", "nobody", "--to", "1"], 'There is no run "nobody"'),
        (["queue", "nobody"], "give both"),
        (["submit", "digits-mpl"], 'Did you mean "digits-mlp"'),
        (["submit", "digits-mlp", "--set", "training.batchsize=1"], "training.batchSize"),
        (["status", "--server", "nonsense"], "looks like"),
        (["status", "--server", "http://127.0.0.1:1"], "does not answer"),
        (["pause", "--token", "0" * 64], "does not allow this"),
        (["set", "batchsize=1"], 'Did you mean "batchSize"'),
        (["resume"], "which does not allow this"),
        (["set", "validation.everysecond=1"], "validation.everySeconds can"),
        (["set", "schedule=cosin"], "cosine"),
        (["rm", "nobody", "--yes"], 'There is no run "nobody"'),
        (["prune", "--keep", "x"], "is not a valid int"),
    ],
)
def test_mistake_gets_a_sentence_and_code_2(
    words: list[str], sentence: str, going: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wnn(words) == 2
    assert sentence in capsys.readouterr().err


def test_token_of_this_folder_goes_to_no_other_server(going: str, server: Background) -> None:
    assert wnn(["pause", "--server", server.many.url]) == 2


def test_without_a_server_the_folder_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert wnn(["queue"]) == 2
    assert "wnn serve" in capsys.readouterr().err
    assert wnn(["status"]) == 2
    assert "There are no runs in runs" in capsys.readouterr().err


def test_token_is_shown_and_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    def token(*words: str) -> str:
        assert wnn(["token", *words]) == 0
        return capsys.readouterr().out.strip()

    first = token()
    assert len(first) == 64
    assert token() == first
    second = token("--rotate")
    assert second != first
    assert json.loads(token("--json")) == {"token": second}


def test_tokens_are_made_listed_and_revoked_while_a_server_is_live(
    going: str, server: Background, capsys: pytest.CaptureFixture[str]
) -> None:
    def token(*words: str) -> str:
        assert wnn(["token", *words]) == 0
        return capsys.readouterr().out.strip()

    assert token("list") == "There are no tokens but the owner's first."
    made = json.loads(token("new", "helper", "--scope", "watch", "--expires", "7d", "--json"))
    assert (made["name"], made["scope"]) == ("helper", "watch")
    assert wnn(["pause", "--token", made["token"]]) == 2
    assert 'needs a token of the scope "control"' in capsys.readouterr().err
    entry = json.loads(token("list", "--json"))
    assert entry["expires"] - entry["created"] == 7 * 86400
    assert "helper" in token("list")
    assert made["token"] not in token("list")
    token("new", "other")
    other = token("rotate", "other", "--expires", "2w")
    assert wnn(["pause", "--token", other]) == 0
    capsys.readouterr()
    assert token("revoke", "other") == 'The token "other" has ended.'
    assert wnn(["resume", "--token", other]) == 2
    assert "does not allow this" in capsys.readouterr().err
    first = token("--rotate")
    assert wnn(["resume", "--token", first]) == 0


def test_invitations_are_made_listed_and_revoked_while_a_server_is_live(
    going: str, server: Background, capsys: pytest.CaptureFixture[str]
) -> None:
    def invite(*words: str) -> str:
        assert wnn(["invite", *words]) == 0
        return capsys.readouterr().out.strip()

    async def close_code(code: str | None) -> int | None:
        peer = await Peer.connect(server.many.http, f"{server.many.url}/api/v1/runs/{going}")
        try:
            await peer.send(hello(code=code))
            return None if (await peer.receive()).type == "welcome" else (await peer.closed()).code
        finally:
            await peer.socket.close()

    assert invite("--list") == "The run has no codes."
    assert server.call(close_code(None)) is None
    code, link = invite(going[:5], "--uses", "1", "--expires", "2d").split("\n")
    assert link == f"{server.many.url}/join/{going}#code={code}"
    assert server.call(close_code(None)) == 4006
    assert server.call(close_code(code)) is None
    assert server.call(close_code(code)) == 4006
    told = json.loads(invite("--code", "plain words", "--json"))
    assert (told["number"], told["code"], told["link"][-11:]) == (2, "plain words", "plain%20words"[-11:])
    assert server.call(close_code("plain words")) is None
    listed = [json.loads(line) for line in invite("--list", "--json").splitlines()]
    assert [(one["number"], one["uses"]) for one in listed] == [(1, 1), (2, None)]
    assert code not in invite("--list")
    assert invite("--revoke", "2") == "Code 2 has ended."
    assert server.call(close_code("plain words")) == 4006
    assert "asks for no code" in invite("--open")
    assert server.call(close_code(None)) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--uses", "0"], "--uses"),
        (["--expires", "soon"], "a number of hours, days or weeks"),
        (["--code", "short"], "8 to 100"),
        (["--revoke", "9"], "has no code 9"),
        (["--list", "--open"], "exclude each other"),
        (["nothing"], "There is no run"),
    ],
)
def test_mistakes_about_invitations_are_named(
    going: str, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wnn(["invite", *words]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["new", "a", "--expires", "soon"], "a number of hours, days or weeks"),
        (["new", "a", "--scope", "contrl"], "control"),
        (["revoke", "nobody"], 'There is no token "nobody"'),
        (["--rotate", "list"], "is for `wnn token` alone"),
        (["lst"], "lst"),
    ],
)
def test_mistakes_about_tokens_are_named(words: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert wnn(["token", *words]) == 2
    assert expected in capsys.readouterr().err


def test_changes_are_read_as_the_api_takes_them() -> None:
    words = ["learningRate=0.01", "batchSize=32", "stop.accuracy=0.9", "stop.seconds=null", "merge=weighted"]
    assert read_changes(words) == {
        "learningRate": 0.01,
        "batchSize": 32,
        "stop": {"accuracy": 0.9, "seconds": None},
        "merge": {"weighted": {}},
    }
    assert read_changes(["schedule=cosine", "validation.everySeconds=5", "leaseSeconds=2"]) == {
        "schedule": "cosine",
        "validation": {"everySeconds": 5},
        "leaseSeconds": 2,
    }
    assert read_changes(["merge.fedbuff.size=8"]) == {"merge": {"fedbuff": {"size": 8}}}


@pytest.mark.parametrize("word", ["", "x", "=1", "stop.acuracy=1", "stop=1", "batchSize.x=1", "layers=[]", "merge.=1"])
def test_change_of_no_use_is_refused(word: str) -> None:
    with pytest.raises(WebNNError):
        read_changes([word])


def test_dashboard_shows_the_curve_volunteers_and_log(server: Background, going: str) -> None:
    from rich.console import Console

    from webnn.cli.watching import look

    console = Console(width=120, record=True, file=Path("screen").open("w"))  # noqa: SIM115
    seen: Look = look(Client(server.many.url, server.many.token), going)
    console.print(dashboard(seen))
    console.file.close()
    text = console.export_text()
    for word in (going, "running", "#1", "joined", "accuracy of each validation, from"):
        assert word in text


def test_sparkline_goes_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0], 8) == "▁"
    assert len(sparkline(list(range(1000)), 60)) == 60
    assert sparkline(list(range(1000)), 60)[-1] == "█"
