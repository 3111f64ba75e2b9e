import asyncio
import signal

import pytest

from webnn.cli.exits import ExitCode
from webnn.cli.interruption import Interrupted, Interruption


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_work_that_ends_by_itself_gives_its_result():
    async def work() -> int:
        return 7

    with Interruption() as interruption:
        assert await interruption.race(work()) == 7


async def test_error_of_the_work_comes_through():
    async def work() -> None:
        raise ValueError("broken")

    with Interruption() as interruption, pytest.raises(ValueError, match="broken"):
        await interruption.race(work())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
async def test_first_signal_cancels_the_work_and_waits_for_its_cleaning_up(number, code):
    steps = []

    async def work() -> None:
        try:
            await for_ever()
        finally:
            await asyncio.sleep(0)
            steps.append("cleaned up")

    with Interruption() as interruption:
        asyncio.get_running_loop().call_soon(signal.raise_signal, number)
        with pytest.raises(Interrupted) as caught:
            await interruption.race(work())
    assert caught.value.code is code
    assert steps == ["cleaned up"]


async def test_second_signal_leaves_at_once():
    left = []
    with Interruption(leave=left.append):
        signal.raise_signal(signal.SIGINT)
        assert left == []
        signal.raise_signal(signal.SIGINT)
    assert left == [ExitCode.INTERRUPTED]


async def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


async def test_interrupting_without_a_signal_ends_the_work_too():
    with Interruption() as interruption:
        asyncio.get_running_loop().call_soon(interruption.interrupt, ExitCode.FAILED)
        with pytest.raises(Interrupted) as caught:
            await interruption.race(for_ever())
        interruption.interrupt(ExitCode.TERMINATED)
    assert caught.value.code is ExitCode.FAILED


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
async def test_closed_terminal_ends_the_work_but_not_under_nohup():
    async def listen() -> None:
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0)

    before = signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Interruption() as interruption:
            await interruption.race(listen())
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGHUP)
        with Interruption() as interruption, pytest.raises(Interrupted) as caught:
            await interruption.race(for_ever())
        assert caught.value.code is ExitCode.TERMINATED
    finally:
        signal.signal(signal.SIGHUP, before)
