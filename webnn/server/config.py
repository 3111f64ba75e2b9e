"""Settings of a server: one frozen object, read once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from webnn.core.errors import WebNNError
from webnn.server.invites import check_code
from webnn.server.networks import Network, parse_networks

MAX_HEADER_BYTES = 65_536
MESSAGES_PER_SECOND = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all of them together, may ask of the server.

    `hello_seconds`: to say hello after connecting. `silence_seconds`: a volunteer says something within it.
    `heartbeat_seconds`: between pings of the transport. `close_seconds`: for a last message to leave.
    `messages_per_second`, with bursts of `message_burst`, cost more than that the connection. `queue_messages` and
    `queue_bytes` may wait for a slow reader before it is dropped. `live_seconds` between `live` messages to a watcher
    (to a volunteer twice that), `version_seconds` between `version` messages, `progress_seconds` between a
    volunteer's `progress`. `held_update_bytes` of updates may wait to be merged before the server stops reading more
    of them. Updates of `post_bytes` and more are to be posted, with `receiving_bytes` of them on their way at once
    and no slower than `min_bytes_per_second`. Whoever is sent something takes it at that rate, `silence_seconds`
    aside; bodies of `sending_bytes`, each counted once, may be read at once, and those who read the oldest are cut.
    Outcomes carry weights while no more than `pushing_bytes` of them are on their way. `max_sockets` connections of
    any kind, each with the head of its first request (`head_bytes` at most) within `head_seconds`, idle for
    `keepalive_seconds` at most; other bodies come within `body_seconds`. An address has `requests_per_second` and
    `newcomers_per_second` (new volunteers), with bursts; the server's own computer has as many as it likes.
    `codes_per_second`: tries of codes that are not known to be good.
    """

    max_connections: int = 4096
    max_connections_per_address: int = 512
    hello_seconds: float = 10.0
    silence_seconds: float = 60.0
    heartbeat_seconds: float = 25.0
    close_seconds: float = 3.0
    messages_per_second: float = 200.0
    message_burst: int = 1000
    queue_messages: int = 256
    queue_bytes: int = 8 << 20
    live_seconds: float = 1.0
    version_seconds: float = 0.25
    progress_seconds: float = 1.0
    held_update_bytes: int = 1 << 30
    post_bytes: int = 256 << 10
    receiving_bytes: int = 1 << 30
    min_bytes_per_second: float = 2048.0
    sending_bytes: int = 512 << 20
    pushing_bytes: int = 16 << 20
    max_sockets: int = 8192
    max_sockets_per_address: int = 1024
    head_seconds: float = 20.0
    head_bytes: int = 32 << 10
    keepalive_seconds: float = 75.0
    body_seconds: float = 20.0
    requests_per_second: float = 200.0
    request_burst: int = 4000
    newcomers_per_second: float = 2.0
    newcomer_burst: int = 200
    codes_per_second: float = 0.5
    code_burst: int = 30

    def announcement_seconds(self, num_volunteers: int) -> float:
        """How long to wait after a `version` message: leases and outcomes name the newest version too, and to tell a
        thousand volunteers of it four times a second would cost more than merging.
        """
        return max(self.version_seconds, num_volunteers / MESSAGES_PER_SECOND)

    def max_frame_bytes(self, num_weights: int) -> int:
        """The largest frame that a volunteer of a model of `num_weights` numbers can need."""
        return 4 + MAX_HEADER_BYTES + 8 + 4 * num_weights


@dataclass(frozen=True, slots=True)
class Places:
    """Where a server finds models, dataset modules (an earlier folder hides a later one) and the datasets' files."""

    models: tuple[Path, ...] = ()
    datasets: tuple[Path, ...] = ()
    data: Path = Path("data")


@dataclass(frozen=True, slots=True)
class WebhookPlan:
    """Where to post, and how. Raises `WebNNError("settings")` for an address that is not http or https.

    With `secret` the body is signed (HMAC-SHA256). A run stalls when for `stall_seconds` of running time nothing was
    merged (0: never). A post that is not answered with 2xx within `timeout_seconds` is tried again after each of
    `pauses` (seconds); the server waits `close_seconds` for posts that are on their way when it ends.
    """

    url: str
    secret: str | None = field(default=None, repr=False)
    stall_seconds: float = 600.0
    timeout_seconds: float = 10.0
    pauses: tuple[float, ...] = (1.0, 5.0, 30.0)
    close_seconds: float = 10.0

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fits = False
        if not fits:
            raise WebNNError("settings", f"A webhook looks like https://example.org/hook, not {self.url[:80]!r}.")


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where and how to serve. Raises `WebNNError("settings")` for values that do not go together.

    `public_url` is the address that people use where it is not the one listened on (a reverse proxy, a tunnel); it may
    carry a path. `prefix` is the path under which the server itself answers: "" or "/something". `tls_cert` and
    `tls_key` are PEM files. `owner_token` None: the one kept in `runs_dir`, made there if there is none. `log_format`
    is "text" or "json". `embed_origins` are the sites ("https://example.org") whose pages may frame `/embed/RUN`.
    X-Forwarded-For is believed from `trusted_proxies` (addresses or networks) alone, for counting; other X-Forwarded-*
    headers never. A server of many runs finds models and data in `places`, lets `at_most` of
    them run at once, and refuses one that may need more than `run_bytes` of memory (None: than is free). `webhook` is
    told when a run ends or stalls. With `password` every run asks volunteers for it, with `invite_only` for a code
    of its own (webnn/server/invites.py). `sign_in` names a function ("module:function") that every visitor has to pass.
    """

    runs_dir: Path
    host: str = "127.0.0.1"
    port: int = 8888
    public_url: str | None = None
    prefix: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    owner_token: str | None = None
    log_level: str = "warning"
    log_format: str = "text"
    embed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)
    invite_only: bool = False
    sign_in: str | None = None
    webhook: WebhookPlan | None = None
    limits: Limits = field(default_factory=Limits)
    places: Places = field(default_factory=Places)
    at_most: int = 1
    run_bytes: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise WebNNError("settings", f"The port must be between 0 and 65535, not {self.port}.")
        if self.prefix and (not self.prefix.startswith("/") or self.prefix.endswith("/")):
            raise WebNNError("settings", f'The prefix must start with "/" and not end with it, not {self.prefix!r}.')
        if not re.fullmatch(r"[\w.~/-]*", self.prefix, re.ASCII):
            message = f"The prefix may have letters, digits and . _ ~ - / in it, not {self.prefix!r}."
            raise WebNNError("settings", message)
        if (self.tls_cert is None) != (self.tls_key is None):
            raise WebNNError("settings", "TLS needs both files: the certificate (--tls-cert) and its key (--tls-key).")
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
                message = f"The public URL must look like https://example.org/path, not {self.public_url!r}."
                raise WebNNError("settings", message)

        for origin in self.embed_origins:
            _check_origin(origin)
        parse_networks(self.trusted_proxies)
        if self.password is not None:
            check_code(self.password, "A password")

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The trusted proxies, parsed."""
        return parse_networks(self.trusted_proxies)

    @property
    def scheme(self) -> str:
        return "https" if self.tls_cert is not None else "http"


def _check_origin(origin: str) -> None:
    """What goes into a header is an origin and nothing else."""
    parts = urlsplit(origin)
    plain = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or origin != plain or re.search(r"[\s;,'\"]", origin):
        message = f"An origin that may embed runs looks like https://example.org, not {origin[:80]!r}."
        raise WebNNError("settings", message)
