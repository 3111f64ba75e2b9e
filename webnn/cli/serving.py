"""What `wnn serve` does: serve the runs of a folder until it is asked to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import click

from webnn.cli.compiling import compile_meanwhile
from webnn.cli.exits import ExitCode
from webnn.cli.interruption import Interrupted, Interruption
from webnn.cli.places import model_search
from webnn.cli.settings import ServeSettings
from webnn.cli.summary import summary_lines
from webnn.cli.training import finished_happening, local_workers, notes, server_config
from webnn.core.states import RunState
from webnn.model.definition import ModelDefinition, load_model
from webnn.server.hosting import HostEvent, RunNews
from webnn.server.listening import bind_socket
from webnn.server.logs import configure_logging
from webnn.server.news import HarmNews, StateNews, ValidationNews
from webnn.server.service import Finished, Listening, RunsServer
from webnn.server.site import check_site

_BETWEEN_POOLS_SECONDS = 2.0

Tell = Callable[[Listening | HostEvent], None]


def serve(settings: ServeSettings) -> ExitCode:
    """Serve until Ctrl-C or SIGTERM, which is how a server ends well. Raises `WebNNError` for what has to be mended."""
    configure_logging(settings.log_level, settings.log_format)
    compile_meanwhile()
    return asyncio.run(_serve(settings, _teller(settings)))


async def _serve(settings: ServeSettings, tell: Tell) -> ExitCode:
    definitions = [load_model(name, model_search()) for name in settings.names]
    sock = bind_socket(settings.listen_host, settings.port)
    with contextlib.closing(sock), Interruption() as interruption:
        config = replace(
            server_config(settings, sock.getsockname()[1]),
            at_most=settings.at_most,
            run_bytes=None if settings.memory is None else int(settings.memory * 2**30),
        )
        check_site(config)
        server = RunsServer(config, on_event=tell, sock=sock, loopback=settings.workers > 0)
        async with server:
            await _let_wait(server, definitions)
            try:
                await interruption.race(_work(settings, server))
            except Interrupted as interrupted:
                return interrupted.code
    return ExitCode.OK


async def _let_wait(server: RunsServer, definitions: list[ModelDefinition]) -> None:
    """Let a run of each model wait that none waits of, and that none goes on of."""
    host = server.host
    there = [host.runs.show(run).info.name for run in host.runs.ids if not host.runs.show(run).state.over]
    for definition in definitions:
        if definition.name in there:
            there.remove(definition.name)
        else:
            await host.create(definition)


async def _work(settings: ServeSettings, server: RunsServer) -> None:
    """Keep this machine's own volunteers at work, for ever; they end when no run is left to help."""
    while True:
        await server.host.wait_running()
        async with local_workers(settings, server.listening) as pool:
            if pool is None:
                await asyncio.get_running_loop().create_future()
            else:
                await pool.wait()
        await asyncio.sleep(_BETWEEN_POOLS_SECONDS)


def _teller(settings: ServeSettings) -> Tell:
    """Print what happens: a line each, or an object of JSON each."""

    def tell(event: Listening | HostEvent) -> None:
        for line in _json_of(event) if settings.json_lines else _words_of(event, settings):
            with contextlib.suppress(BrokenPipeError):  # nobody reads: the server serves all the same
                click.echo(line)
                sys.stdout.flush()

    return tell


def _words_of(event: Listening | HostEvent, settings: ServeSettings) -> list[str]:
    match event:
        case Listening():
            return [f"Open to help        {event.join_url}", f"All runs            {event.watch_url}", *notes(settings)]
        case RunNews(run, str(words)):
            return [f"{run}: {words}"]
        case RunNews(run, StateNews(state, reason)) if state in (RunState.RUNNING, RunState.PAUSED):
            return [f"{run}: {state}{f': {reason}' if reason else ''}"]
        case RunNews(run, HarmNews(_, reason)):
            return [f"{run}: {reason}"]
        case Finished():
            return [f"{event.run}: {words}" for words in summary_lines(finished_happening(event))]
        case _:
            return []


def _json_of(event: Listening | HostEvent) -> list[str]:
    found: dict[str, Any] | None = None
    match event:
        case Listening():
            found = {"event": "listening", "url": event.url, "join_url": event.join_url, "home_url": event.watch_url}
        case RunNews(run, str(words)):
            found = {"event": "step", "run": run, "message": words}
        case RunNews(run, StateNews(state, reason)):
            found = {"event": "state", "run": run, "state": state, "reason": reason}
        case RunNews(run, HarmNews(version, reason)):
            found = {"event": "harmed", "run": run, "version": version, "reason": reason}
        case RunNews(run, ValidationNews() as news):
            found = {"event": "validation", "run": run, "version": news.version, **asdict(news.result)}
        case Finished():
            found = {"event": "finished", **asdict(event)}
        case _:
            pass
    return [] if found is None else [json.dumps(found, default=str)]
