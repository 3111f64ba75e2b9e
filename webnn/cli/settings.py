"""What `wnn train` and `wnn serve` were asked for: one frozen object, read once from flags and environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from webnn.cli.network import EVERYWHERE, has_display, lan_address

if TYPE_CHECKING:
    from webnn.model.definition import ModelDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressSettings:
    """Where a server answers and where files go. `workers` local volunteers work for `share` (0..1] of the time."""

    host: str = "127.0.0.1"
    lan: bool = False
    port: int = 8888
    public_url: str | None = None
    path_prefix: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    embed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    password: str | None = field(default=None, repr=False)
    invite_only: bool = False
    sign_in: str | None = None
    workers: int = 0
    share: float = 1.0
    data_dir: Path | None = None
    runs_dir: Path = Path("runs")
    webhook: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    stall_seconds: float = 600.0
    json_lines: bool = False
    log_level: str = "warning"
    log_format: str = "text"

    @property
    def listen_host(self) -> str:
        return "0.0.0.0" if self.lan else self.host

    @property
    def is_public(self) -> bool:
        """Whether other devices can reach the join URL."""
        return self.lan or self.public_url is not None or self.host not in ("127.0.0.1", "localhost", "::1")

    def address_for_people(self, port: int) -> str:
        """The base URL to hand out, without a slash at the end, for a server that listens on `port`."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_cert is not None else "http"
        host = self.listen_host
        if host in EVERYWHERE:
            host = lan_address() or "127.0.0.1"
        if ":" in host:
            host = f"[{host}]"
        return f"{scheme}://{host}:{port}{self.path_prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings(AddressSettings):
    """Everything that a run started from the command line depends on.

    `open_page` None: open a browser where somebody would see it. `definition`: the model, where it is not that of a
    file called `name`. `overrides` are `key=value` settings of the model file, `merge` a rule that replaces the file's.
    `folds`: train so many runs, a cross-validation.
    """

    name: str = field(kw_only=False)
    open_page: bool | None = None
    open_join: bool = False
    merge: str | None = None
    definition: ModelDefinition | None = None
    overrides: tuple[str, ...] = ()
    seed: int | None = None
    folds: int | None = None
    resume: bool = False
    record: bool = False

    @property
    def opens_page(self) -> bool:
        if self.open_page is not None:
            return self.open_page
        return not self.json_lines and has_display()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings(AddressSettings):
    """A server of many runs: those of the models `names` first, `at_most` at once, each with `memory` GiB at most."""

    names: tuple[str, ...] = ()
    at_most: int = 1
    memory: float | None = None
