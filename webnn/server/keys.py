"""What the application carries, by typed key."""

from __future__ import annotations

from aiohttp import web

from webnn.server.assets import Assets
from webnn.server.config import ServerConfig
from webnn.server.hosting import Host
from webnn.server.identities import Identities
from webnn.server.limits import ConnectionCount
from webnn.server.outgoing import Outgoing
from webnn.server.pages import Pages
from webnn.server.receiving import Receiving
from webnn.server.runs import Runs
from webnn.server.tokens import Tokens

CONFIG = web.AppKey("config", ServerConfig)
RUNS = web.AppKey("runs", Runs)
HOST = web.AppKey("host", Host)
IDENTITIES = web.AppKey("identities", Identities)
CONNECTIONS = web.AppKey("connections", ConnectionCount)
ASSETS = web.AppKey("assets", Assets)
PAGES = web.AppKey("pages", Pages)
TOKENS = web.AppKey("tokens", Tokens)
RECEIVING = web.AppKey("receiving", Receiving)
OUTGOING = web.AppKey("outgoing", Outgoing)
