"""What `wnn train` and `wnn demo` do: prepare a run, serve it until it is over, tell how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import webbrowser
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from webnn.cli import folding
from webnn.cli.compiling import compile_meanwhile
from webnn.cli.exits import ExitCode
from webnn.cli.happenings import (
    Downloading,
    Finished,
    Happening,
    Harmed,
    Listening,
    Live,
    Preparing,
    Refused,
    Stopping,
    ValidationPoint,
)
from webnn.cli.interruption import Interrupted, Interruption, leave_at_once
from webnn.cli.places import dataset_search, model_search
from webnn.cli.reporters import Reporter, make_reporter
from webnn.cli.reporters.until_gone import UntilGone
from webnn.cli.resumption import bind, choose_run
from webnn.cli.settings import AddressSettings, TrainSettings
from webnn.core.errors import WebNNError
from webnn.core.states import RunState
from webnn.data.directory import data_dir
from webnn.evaluator.worker import WorkerPool
from webnn.model.definition import ModelDefinition, load_model
from webnn.model.settings import apply_settings
from webnn.server import news, service
from webnn.server.config import Places, ServerConfig, WebhookPlan
from webnn.server.logs import configure_logging
from webnn.server.prepare import Preparation, PrepareRequest, Step, prepare_run
from webnn.server.run_folder import check_runs_dir
from webnn.server.site import check_site

FILES = (
    ("final weights", "final.safetensors"),
    ("best weights", "best.safetensors"),
    ("TensorFlow.js model", "final/model.json"),
    ("metrics", "metrics.csv"),
    ("model card", "MODEL_CARD.md"),
    ("how to load them", "README.md"),
)


def train(settings: TrainSettings) -> ExitCode:
    """Run a training to its end. Raises `WebNNError` for what the person has to mend; told to the reporter first."""
    configure_logging(settings.log_level, settings.log_format)
    compile_meanwhile()
    if settings.folds is not None:
        return train_folds(settings, settings.folds)
    return train_one(settings, UntilGone(make_reporter(json_lines=settings.json_lines)))


def train_folds(settings: TrainSettings, count: int) -> ExitCode:
    """Train the runs of a cross-validation one after the other, until one is interrupted or fails; see `train`."""
    folding.check_folds(settings)
    name = folding.model_name(settings)
    finished: list[Finished] = []
    codes: list[ExitCode] = []
    for fold in range(1, count + 1):
        listener = folding.Listener(make_reporter(json_lines=settings.json_lines))
        folding.announce(listener, fold, count)
        codes.append(train_one(folding.fold_settings(settings, name, fold), UntilGone(listener)))
        if listener.finished is not None:
            finished.append(listener.finished)
        if codes[-1] not in (ExitCode.OK, ExitCode.ENDED_EARLY):
            break
    if finished:
        folding.tell_folds(finished, count, json_lines=settings.json_lines)
    return folding.first_failure(codes)


def train_one(settings: TrainSettings, reporter: UntilGone) -> ExitCode:
    """Run one training to its end; see `train`."""
    try:
        return asyncio.run(serve(settings, reporter))
    except WebNNError as error:
        reporter.tell(Refused(error.code, str(error)))
        raise
    finally:
        reporter.close()


async def serve(settings: TrainSettings, reporter: UntilGone) -> ExitCode:
    """Prepare, serve and save one run; see `train`. Nobody listening is a wish to stop, as Ctrl-C is."""
    definition = define(settings)
    resumed = None
    if settings.definition is None:
        resumed = choose_run(settings, definition.name, lambda words: reporter.tell(Preparing(words)))
    sock = bind(settings, resumed)  # what is quickly found wrong is told before data is loaded
    request = prepare_request(settings, definition, None if resumed is None else resumed.folder)
    with contextlib.closing(sock), Interruption() as interruption:
        reporter.on_gone = partial(interruption.interrupt, ExitCode.FAILED)
        config = server_config(settings, sock.getsockname()[1])
        check_site(config)
        check_runs_dir(settings.runs_dir)
        try:
            prepared = await interruption.race(prepare_run(request, tell_steps(reporter)))
        except Interrupted as interrupted:
            reporter.close()
            leave_at_once(interrupted.code)  # nothing is there to save, and a download's thread would be waited for
            raise
        server = service.TrainingServer(
            prepared, config, on_event=teller(settings, reporter), sock=sock, loopback=settings.workers > 0
        )
        async with server, local_workers(settings, server.listening):
            if settings.opens_page:
                page = server.listening.join_url if settings.open_join else server.listening.watch_url
                await asyncio.to_thread(webbrowser.open, page)
            try:
                finished = await interruption.race(server.wait_finished())
            except Interrupted as interrupted:
                reporter.tell(Stopping())
                await server.stop("The owner stopped the run.")
                return interrupted.code
    return exit_code(finished)


def define(settings: TrainSettings) -> ModelDefinition:
    """Read the model and lay the command line's settings over it."""
    definition = settings.definition or load_model(settings.name, model_search())
    merge = () if settings.merge is None else (f"merge={settings.merge}",)
    return apply_settings(definition, (*merge, *settings.overrides))


def prepare_request(settings: TrainSettings, definition: ModelDefinition, resume: Path | None = None) -> PrepareRequest:
    seed = secrets.randbits(32) if settings.seed is None else settings.seed
    return PrepareRequest(
        definition,
        dataset_search(),
        data_dir(settings.data_dir),
        settings.runs_dir,
        seed,
        resume=resume,
        record=settings.record,
    )


def server_config(settings: AddressSettings, port: int) -> ServerConfig:
    """Settings of the server, which listens on `port`."""
    return ServerConfig(
        runs_dir=settings.runs_dir,
        host=settings.listen_host,
        port=port,
        public_url=settings.address_for_people(port) if settings.is_public else None,
        prefix=settings.path_prefix,
        tls_cert=settings.tls_cert,
        tls_key=settings.tls_key,
        embed_origins=settings.embed_origins,
        trusted_proxies=settings.trusted_proxies,
        password=settings.password,
        invite_only=settings.invite_only,
        sign_in=settings.sign_in,
        webhook=webhook_plan(settings),
        log_level=settings.log_level,
        log_format=settings.log_format,
        places=Places(model_search(), dataset_search(), data_dir(settings.data_dir)),
    )


def webhook_plan(settings: AddressSettings) -> WebhookPlan | None:
    if settings.webhook is None:
        return None
    return WebhookPlan(settings.webhook, settings.webhook_secret, settings.stall_seconds)


@contextlib.asynccontextmanager
async def local_workers(settings: AddressSettings, listening: service.Listening) -> AsyncIterator[WorkerPool | None]:
    """While entered, `settings.workers` volunteers train on this machine; None: there are none."""
    if settings.workers == 0:
        yield None
        return
    url = f"{listening.workers_url}/join/{listening.run}".rstrip("/")
    async with WorkerPool(url, settings.workers, share=settings.share) as pool:
        yield pool


def tell_steps(reporter: Reporter) -> Callable[[Preparation], None]:
    """Tell `reporter` of preparation, which goes on in other threads too."""
    loop = asyncio.get_running_loop()

    def tell(preparation: Preparation) -> None:
        if isinstance(preparation, Step):
            happening: Happening = Preparing(preparation.message)
        else:
            happening = Downloading(preparation.name, preparation.done_bytes, preparation.total_bytes)
        loop.call_soon_threadsafe(reporter.tell, happening)

    return tell


def teller(settings: TrainSettings, reporter: Reporter) -> Callable[[service.ServiceEvent], None]:
    """Tell `reporter` of what the server says."""

    def tell(event: service.ServiceEvent) -> None:
        match event:
            case service.Listening():
                reporter.tell(
                    Listening(
                        event.url, event.join_url, event.watch_url, event.run, settings.is_public, notes(settings)
                    )
                )
            case news.ValidationNews(seconds, version, iterations, whole, result):
                point = (version, iterations, result.loss, result.accuracy, seconds, result.num_examples, whole)
                reporter.tell(ValidationPoint(*point))
            case news.HarmNews(version, reason):
                reporter.tell(Harmed(version, reason))
            case news.StatusNews(status):
                reporter.tell(Live(status))
            case service.Finished():
                reporter.tell(finished_happening(event))
            case news.StateNews():
                pass  # the status says it

    return tell


def notes(settings: AddressSettings) -> tuple[str, ...]:
    """What a person should know beside the address."""
    lines = [f"Owner's token       {settings.runs_dir / 'owner-token'}"]
    if settings.password is not None:
        lines.append("Volunteers           are asked for the password; a link may end with #code=PASSWORD")
    elif settings.invite_only:
        lines.append("Volunteers           need a code: `wnn invite` makes them")
    if settings.is_public and settings.tls_cert is None and not (settings.public_url or "").startswith("https"):
        lines.append("Without TLS, browsers elsewhere train without WebGPU: see --tls-cert.")
    return tuple(lines)


def finished_happening(event: service.Finished) -> Finished:
    return Finished(
        reason=event.reason,
        state=str(event.state),
        accuracy=event.accuracy,
        loss=event.loss,
        iterations=event.iterations,
        merges=event.merges,
        seconds=event.seconds,
        volunteers=event.volunteers,
        export=event.export,
        files=() if event.export is None else files_of(event.export),
    )


def files_of(export: Path) -> tuple[tuple[str, Path], ...]:
    """Label the files of a run's folder that a person may want first."""
    return tuple((label, export / name) for label, name in FILES if (export / name).exists())


def exit_code(finished: service.Finished) -> ExitCode:
    if finished.export is None or finished.state is RunState.FAILED:
        return ExitCode.FAILED
    return ExitCode.OK if finished.state is RunState.FINISHED else ExitCode.ENDED_EARLY
