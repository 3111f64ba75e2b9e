"""An aiohttp application that mounts WebNN under /webnn and uses its client package on a page of its own.

python examples/mounted/app.py [--port 8080]
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from aiohttp import web

from webnn.core.events import Start
from webnn.data.directory import data_dir
from webnn.model import load_model
from webnn.paths import bundled_datasets_dir, bundled_models_dir
from webnn.server.app import create_app
from webnn.server.config import ServerConfig
from webnn.server.keys import RUNS
from webnn.server.prepare import PrepareRequest, prepare_run

HERE = Path(__file__).parent
POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:"


async def make_app(runs_dir: Path) -> web.Application:
    """Prepare a run of digits-cnn, and mount WebNN with it beside this application's own pages."""
    definition = load_model("digits-cnn", [bundled_models_dir()])
    prepared = await prepare_run(PrepareRequest(definition, [bundled_datasets_dir()], data_dir(None), runs_dir, seed=1))
    task = prepared.make_task()

    webnn = create_app(ServerConfig(runs_dir))
    webnn[RUNS].add(task)

    async def page(_: web.Request) -> web.Response:
        html = (HERE / "page.html").read_text("utf-8").replace("RUN", prepared.id)
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def script(_: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "page.js")

    async def begin(_: web.Application) -> None:
        task.post(Start())

    async def end(_: web.Application) -> None:
        await prepared.close()

    app = web.Application()
    app.router.add_get("/", page)
    app.router.add_get("/page.js", script)
    app.add_subapp("/webnn", webnn)
    app.on_startup.append(begin)
    app.on_cleanup.append(end)
    return app


async def serve(port: int, runs_dir: Path) -> None:
    runner = web.AppRunner(await make_app(runs_dir))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    print(f"Open http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.runs_dir))
