"""The application: the one place that wires."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from webnn.paths import dist_dir, templates_dir
from webnn.server import api, catalogue, downloads, embedding, openapi, privacy, queueing, sharing, tidying, views
from webnn.server.admission import ADMISSION, Admission
from webnn.server.assets import Assets
from webnn.server.bench import BENCH, Bench
from webnn.server.config import ServerConfig
from webnn.server.deputies import add_token_routes
from webnn.server.evaluating import add_evaluation_routes
from webnn.server.guarding import GUARD, Guard, guard
from webnn.server.headers import add_security_headers
from webnn.server.hosting import Host
from webnn.server.identities import Identities
from webnn.server.inviting import add_invite_routes
from webnn.server.keys import ASSETS, CONFIG, CONNECTIONS, HOST, IDENTITIES, OUTGOING, PAGES, RECEIVING, RUNS, TOKENS
from webnn.server.limits import ConnectionCount
from webnn.server.looks import add_look_routes
from webnn.server.monitoring import add_monitoring
from webnn.server.outgoing import Outgoing
from webnn.server.ownership import add_owner_routes
from webnn.server.pages import Pages
from webnn.server.problems import answer_errors
from webnn.server.receiving import Receiving
from webnn.server.runs import Runs
from webnn.server.secrets import keep_secret
from webnn.server.settings import add_settings_routes
from webnn.server.signing_in import SIGN_IN, ask_who, load_sign_in
from webnn.server.tokens import FIRST_FILE, Tokens
from webnn.server.updates import receive_update
from webnn.server.volunteers import volunteer_socket
from webnn.server.webhook import add_webhook

_MAX_REQUEST_BYTES = 64 * 1024  # but for updates, which are read as they come, what is posted has a few words

READ_BUFFER_BYTES = 256 * 1024
"""For the `AppRunner`: what a connection may read ahead. With a quarter of it a large body costs twice the time."""


def create_app(config: ServerConfig) -> web.Application:
    """Make the application: complete, and ready to be mounted under any prefix in another (`add_subapp`).

    It has no runs yet: `app[RUNS].add(task)`. `config.host`, `port`, `prefix` and TLS are for whoever serves it.
    Creates `config.runs_dir` with the tokens of the owner and of metrics and the volunteers' key,
    readable by their owner alone.
    """
    app = web.Application(middlewares=[answer_errors, guard, ask_who], client_max_size=_MAX_REQUEST_BYTES)
    assets = Assets(dist_dir())
    app[CONFIG] = config
    app[IDENTITIES] = Identities(keep_secret(config.runs_dir / "volunteers-key"))
    app[TOKENS] = Tokens(config.runs_dir, first=config.owner_token)
    if config.owner_token is None:
        keep_secret(config.runs_dir / FIRST_FILE)
    app[GUARD] = Guard(config)
    app[ADMISSION] = Admission(config)
    if config.sign_in is not None:
        app[SIGN_IN] = load_sign_in(config.sign_in)
    app[RUNS] = Runs()
    app[HOST] = Host(app[RUNS], config)
    app[BENCH] = Bench(config.places)
    app[CONNECTIONS] = ConnectionCount(config.limits)
    app[RECEIVING] = Receiving(config.limits.receiving_bytes)
    app[OUTGOING] = Outgoing(config.limits.sending_bytes)
    app[ASSETS] = assets
    app[PAGES] = Pages(templates_dir(), assets, config)
    app.cleanup_ctx.append(_live_runs)
    app.on_shutdown.append(_say_goodbye)
    app.on_response_prepare.append(add_security_headers)
    _add_routes(app)
    add_monitoring(app)
    if config.webhook is not None:
        add_webhook(app, config.webhook)
    return app


def _add_routes(app: web.Application) -> None:
    run = "/api/v1/runs/{run}"
    # What volunteers ask for all the time stands first: routes are tried in this order, each by a regular expression.
    app.router.add_post(f"{run}/updates", receive_update)
    app.router.add_get(f"{run}/weights/{{name:[0-9][^/]*}}", downloads.send_weights)
    app.router.add_get(f"{run}/shards/{{name}}", downloads.send_shard)
    app.router.add_get(f"{run}/volunteer", volunteer_socket)
    app.router.add_get("/", views.home_page, name="home")
    app.router.add_get("/join", views.help_page)
    app.router.add_get("/join/{run}", views.join_page, name="join")
    app.router.add_get("/watch/{run}", views.watch_page, name="watch")
    app.router.add_get("/new", views.new_page)
    app.router.add_get("/join/{run}/qr.svg", sharing.show_qr)
    app.router.add_get("/embed/{run}", embedding.embed_page)
    app.router.add_get("/embed.js", embedding.embed_script)
    app.router.add_get("/client.js", embedding.client_script)
    app.router.add_get("/manifest.webmanifest", sharing.show_manifest)
    app.router.add_get("/static/{name:.+}", downloads.send_asset)
    app.router.add_get("/api", openapi.api_page)
    app.router.add_get("/api/v1/openapi.json", openapi.show_openapi)
    app.router.add_get("/api/v1/health", api.health)
    app.router.add_get("/api/v1/schema/model.json", api.show_model_schema)
    app.router.add_get("/api/v1/models", catalogue.list_models)
    app.router.add_get("/api/v1/datasets", catalogue.list_datasets)
    app.router.add_get("/api/v1/help", queueing.show_help)
    app.router.add_get("/api/v1/queue", queueing.show_queue)
    app.router.add_put("/api/v1/queue", queueing.change_queue)
    app.router.add_get("/api/v1/runs", api.list_runs)
    app.router.add_post("/api/v1/runs", queueing.create_run)
    app.router.add_post("/api/v1/check", queueing.check_model)
    app.router.add_post("/api/v1/prune", tidying.prune)
    add_token_routes(app)
    app.router.add_get("/api/v1/volunteers/me", privacy.show_me)
    app.router.add_delete("/api/v1/volunteers/me", privacy.delete_me)
    app.router.add_get(run, api.show_run)
    app.router.add_delete(run, queueing.delete_run)
    app.router.add_post(f"{run}/start", queueing.start_run)
    app.router.add_post(f"{run}/order", queueing.move_run)
    app.router.add_post(f"{run}/retrain", queueing.retrain_run)
    app.router.add_post(f"{run}/reset", queueing.reset_run)
    app.router.add_get(f"{run}/metrics", api.show_metrics)
    app.router.add_get(f"{run}/model", api.show_model)
    add_look_routes(app, run)
    add_evaluation_routes(app, run)
    add_owner_routes(app, run)
    add_invite_routes(app, run)
    add_settings_routes(app, run)
    app.router.add_post(f"{run}/pause", api.pause_run)
    app.router.add_post(f"{run}/resume", api.resume_run)
    app.router.add_post(f"{run}/stop", api.stop_run)
    app.router.add_post(f"{run}/rollback", api.roll_back_run)
    app.router.add_post(f"{run}/save", api.save_run)


async def _live_runs(app: web.Application) -> AsyncIterator[None]:
    app[RUNS].start()
    yield
    await app[HOST].close()
    await app[RUNS].close()


async def _say_goodbye(app: web.Application) -> None:
    await app[RUNS].say_goodbye()
