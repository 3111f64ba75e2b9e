from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.many import MODEL, Preparer, serve_many
from webnn.core.config import StopConditions
from webnn.core.errors import WebNNError
from webnn.server import hosted
from webnn.server.config import ServerConfig
from webnn.server.hosting import RunNews
from webnn.server.listening import bind_socket
from webnn.server.resources import refuse_unfit
from webnn.server.service import Finished, RunsServer

NEVER = StopConditions(seconds=3600)


@pytest.fixture(autouse=True)
def saved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were saved."""
    found: list[str] = []

    def save(prepared: Any, task: Any, status: dict[str, Any]) -> Path:
        found.append(prepared.id)
        return Path(prepared.folder)

    monkeypatch.setattr(hosted, "save_run", save)
    return found


async def test_two_runs_at_once_with_three_volunteers_finish_and_the_bound_one_stays(
    tmp_path: Path, saved: list[str]
) -> None:
    async with serve_many(tmp_path, at_most=2) as many:
        one, two = await many.new("one"), await many.new("two")
        await many.until(one, "running")
        await many.until(two, "running")
        bound = many.volunteer(one, seconds=0.005)
        free = [many.volunteer(run, bound=False, seconds=0.005) for run in (one, two)]
        closed = await asyncio.gather(*(volunteer.train() for volunteer in (bound, *free)))
        assert [end.code for end in closed] == [1000, 1000, 1000]
        assert [(await many.until(run, "finished"))["state"] for run in (one, two)] == ["finished", "finished"]
    assert set(bound.trained) == {one}
    assert sorted(saved) == sorted([one, two])
    assert {event.run for event in many.events if isinstance(event, Finished)} == {one, two}


async def test_who_goes_wherever_needed_moves_on_and_who_chose_does_not(tmp_path: Path) -> None:
    preparer = Preparer(stop={"long": StopConditions(iterations=400)})
    async with serve_many(tmp_path, preparer, at_most=2) as many:
        short, long = await many.new("short"), await many.new("long")
        await many.until(short, "running")
        await many.until(long, "running")
        stays = many.volunteer(long, seconds=0.01)
        training = asyncio.create_task(stays.train())
        await stays.joined.wait()
        wanders, bound = many.volunteer(short, bound=False), many.volunteer(short)
        await asyncio.gather(wanders.train(), bound.train(), training)
    assert wanders.trained == [short, long]
    assert [goodbye["code"] for goodbye in wanders.goodbyes] == ["moved", "finished"]
    assert bound.trained == [short]
    assert stays.trained == [long]


async def test_run_that_gets_nobody_is_sent_one_of_several(tmp_path: Path) -> None:
    preparer = Preparer(stop={"old": NEVER, "new": NEVER})
    async with serve_many(tmp_path, preparer, at_most=2) as many:
        old = await many.new("old")
        await many.until(old, "running")
        volunteers = [many.volunteer(old, bound=bound, seconds=0.01) for bound in (True, False, False)]
        trainings = [asyncio.create_task(volunteer.train()) for volunteer in volunteers]
        for volunteer in volunteers:
            await volunteer.joined.wait()
        new = await many.new("new")
        while (await many.status(new))["volunteers"] == 0:  # noqa: ASYNC110 (as a program would)
            await asyncio.sleep(0.01)
        assert (await many.status(old))["volunteers"] == 2
        for run in (old, new):
            assert (await many.ask("POST", f"/runs/{run}/stop"))[0] == 200
        await asyncio.gather(*trainings)
    assert volunteers[0].trained == [old]
    assert sorted(len(volunteer.trained) for volunteer in volunteers) == [1, 1, 2]


async def test_bound_run_refuses_who_did_not_choose_it(tmp_path: Path) -> None:
    async with serve_many(tmp_path, Preparer(stop={"mine": NEVER})) as many:
        run = await many.new("mine", bound=True)
        status = await many.until(run, "running")
        assert status["bound"]
        assert (await many.volunteer(run, bound=False).train()).code == 4005
        assert (await many.ask("GET", "/help"))[1] == {"run": None}


async def test_runs_wait_in_the_order_that_the_owner_gives(tmp_path: Path) -> None:
    preparer = Preparer(stop=dict.fromkeys("abcd", NEVER))
    async with serve_many(tmp_path, preparer) as many:
        first, second, third = [await many.new(name) for name in "abc"]
        status = await many.until(first, "running")
        assert status["order"] is None
        assert (await many.status(second))["order"] == 0
        assert (await many.status(third))["state"] == "queued"
        urgent = await many.new("d", order=0)
        assert (await many.ask("GET", "/queue"))[1] == {
            "at_most": 1,
            "running": [first],
            "waiting": [urgent, second, third],
        }
        assert (await many.ask("POST", f"/runs/{third}/order", {"order": 0}))[1]["order"] == 0
        code, _ = await many.ask("PUT", "/queue", {"waiting": [second, urgent]})
        assert code == 200
        assert (await many.ask("POST", f"/runs/{first}/stop"))[1]["state"] == "stopped"
        await many.until(second, "running")
        assert (await many.ask("PUT", "/queue", {"at_most": 3}))[1]["at_most"] == 3
        await many.until(urgent, "running")
        await many.until(third, "running")


async def test_run_that_cannot_begin_harms_no_other(tmp_path: Path) -> None:
    failures: dict[str, Exception] = {"bad": WebNNError("missing_data", "There is no file."), "worse": KeyError("x")}
    async with serve_many(tmp_path, Preparer(failures=failures)) as many:
        bad, worse, good = [await many.new(name) for name in ("bad", "worse", "good")]
        assert (await many.until(bad, "failed"))["reason"] == "There is no file."
        assert "Something broke" in (await many.until(worse, "failed"))["reason"]
        await many.until(good, "running")
        assert RunNews(bad, "There is no file.") in many.events
        code, answer = await many.ask("POST", f"/runs/{bad}/pause")
        assert (code, answer["error"]["code"]) == (409, "not_running")
        many.preparer.failures.clear()
        assert (await many.ask("POST", f"/runs/{bad}/start"))[1]["state"] == "queued"
        assert (await many.ask("POST", f"/runs/{good}/stop"))[0] == 200
        await many.until(bad, "running")


async def test_run_whose_task_breaks_harms_no_other(tmp_path: Path) -> None:
    async with serve_many(tmp_path, Preparer(stop=dict.fromkeys("ab", NEVER)), at_most=2) as many:
        one, two = await many.new("a"), await many.new("b")
        await many.until(one, "running")
        await many.until(two, "running")

        async def breaks() -> None:
            raise KeyError("broken")

        task = many.server.host.runs.get(one)
        task._events.post(breaks)
        assert "KeyError" in (await many.until(one, "failed"))["reason"]
        assert (await many.status(two))["state"] == "running"
        await many.server.host.wait_over(one)
        assert many.preparer.prepared[0].closed


async def test_order_and_runs_are_taken_up_again_by_the_next_server(tmp_path: Path) -> None:
    preparer = Preparer(stop=dict.fromkeys("abc", NEVER))
    async with serve_many(tmp_path, preparer) as many:
        names = [await many.new(name, bound=name == "c") for name in "abc"]
        await many.until(names[0], "running")
        volunteer = many.volunteer(names[0])
        training = asyncio.create_task(volunteer.train())
        while (await many.status(names[0]))["iterations"] == 0:  # noqa: ASYNC110 (as a program would)
            await asyncio.sleep(0.01)
        await many.ask("PUT", "/queue", {"waiting": [names[2]]})
        training.cancel()
        await asyncio.gather(training, return_exceptions=True)
    async with serve_many(tmp_path, Preparer(stop=dict.fromkeys("abc", NEVER))) as many:
        status = await many.until(names[0], "running")
        assert status["iterations"] > 0
        assert (await many.ask("GET", "/queue"))[1]["waiting"] == [names[2], names[1]]
        assert (await many.status(names[2]))["bound"]


async def test_over_runs_are_shown_by_the_next_server_and_can_be_removed(tmp_path: Path) -> None:
    async with serve_many(tmp_path) as many:
        run = await many.new("small")
        await many.until(run, "running")
        await many.volunteer(run).train()
        before = await many.until(run, "finished")
        assert (await many.ask("POST", f"/runs/{run}/start"))[0] == 409
    async with serve_many(tmp_path) as many:
        after = await many.status(run)
        for key in ("state", "reason", "iterations", "merges", "accuracy", "name"):
            assert after[key] == before[key], key
        assert (await many.ask("GET", f"/runs/{run}/metrics"))[1]["validation"]
        for page in ("join", "watch"):
            async with many.http.get(f"{many.url}/{page}/{run}") as answer:
                assert answer.status == 200
        assert (await many.volunteer(run).train()).code == 1000
        assert (await many.ask("DELETE", f"/runs/{run}"))[0] == 204
        assert (await many.ask("GET", f"/runs/{run}"))[0] == 404
    assert not (tmp_path / run).exists()


async def test_waiting_run_can_be_taken_back_and_started_again(tmp_path: Path) -> None:
    async with serve_many(tmp_path, Preparer(stop=dict.fromkeys("ab", NEVER))) as many:
        one, two = await many.new("a"), await many.new("b")
        assert (await many.ask("POST", f"/runs/{two}/stop"))[1]["state"] == "stopped"
        await many.until(one, "running")
        code, answer = await many.ask("DELETE", f"/runs/{one}")
        assert (code, answer["error"]["code"]) == (409, "not_running")
        waiting = many.volunteer(two)
        assert (await waiting.train()).code == 1000
    async with serve_many(tmp_path, Preparer(stop=dict.fromkeys("ab", NEVER)), at_most=2) as many:
        assert (await many.status(two))["state"] == "stopped"
        waiter = asyncio.create_task(many.volunteer(two).train())
        assert (await many.ask("POST", f"/runs/{two}/start"))[0] == 200
        await many.until(two, "running")
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)


async def test_runs_folder_belongs_to_one_server(tmp_path: Path) -> None:
    async with serve_many(tmp_path):
        with pytest.raises(WebNNError, match="Another server has the runs folder"):
            async with serve_many(tmp_path):
                pass


async def test_busy_port_leaves_the_runs_folder_to_others(tmp_path: Path) -> None:
    with bind_socket("127.0.0.1", 0) as taken:
        taken.listen()
        server = RunsServer(ServerConfig(tmp_path, port=taken.getsockname()[1]))
        with pytest.raises(WebNNError, match="taken by another program"):
            await server.start()
        await server.close()
    async with serve_many(tmp_path):
        pass


def test_run_that_would_not_fit_is_refused_in_a_sentence() -> None:
    refuse_unfit(1000, 1000, 1 << 30)
    with pytest.raises(WebNNError, match=r"may need 4\.\d GiB of memory \(1,000 weights, and 4\.0 GiB of data\)"):
        refuse_unfit(1000, 4 << 30, 1 << 30)
    with pytest.raises(WebNNError, match="--memory"):
        refuse_unfit(100_000_000, 0, 1 << 30)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "'model' is a required property"),
        ({"model": "digits-mpl"}, "digits-mlp"),
        ({"model": "digits-mlp", "setings": []}, 'Did you mean "settings"'),
        ({"model": "digits-mlp", "settings": ["training.batchsize=3"]}, "batchSize"),
        ({"model": "digits-mlp", "order": -1}, "at order"),
        ({"model": "digits-mlp", "seed": -1}, "at seed"),
        ({"model": "/etc/passwd.json"}, "paths are not"),
        ({"model": MODEL | {"topology": "/etc/x.json", "layers": None}}, "topology"),
        ({"model": {"name": "x"}}, "dataset"),
        ([], "not as it should be"),
    ],
)
async def test_run_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path, body: Any, words: str) -> None:
    async with serve_many(tmp_path) as many:
        code, answer = await many.ask("POST", "/runs", body)
        assert code in (400, 404), answer
        assert words in answer["error"]["message"]
        assert (await many.ask("GET", "/runs"))[1] == []


async def test_only_the_owner_makes_runs(tmp_path: Path) -> None:
    async with serve_many(tmp_path) as many:
        for method, path in (("POST", "/runs"), ("PUT", "/queue"), ("DELETE", "/runs/x"), ("POST", "/runs/x/order")):
            assert (await many.ask(method, path, {}, owner=False))[0] == 401


async def test_models_and_datasets_are_listed(tmp_path: Path) -> None:
    async with serve_many(tmp_path) as many:
        models = {model["name"]: model for model in (await many.ask("GET", "/models"))[1]}
        assert models["digits-mlp"]["definition"]["dataset"] == "digits"
        assert "digits" in {dataset["name"] for dataset in (await many.ask("GET", "/datasets"))[1]}
