"""The owner's tokens: a first one that allows everything, and named ones, of a scope, for a while, kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.server.secrets import Stamp, keep_secret, replace_secret, stamp_of, write_privately

FILE = "tokens.json"
FIRST_FILE = "owner-token"


class Scope(StrEnum):
    """What a token allows; each allows what those before it do."""

    WATCH = "watch"
    CONTROL = "control"
    ADMIN = "admin"

    def allows(self, wanted: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A token as it is kept. `hash` is the SHA-256 of the token, whose 256 random bits need no salt; times are seconds
    since 1970, `expires` None: never.
    """

    name: str
    scope: Scope
    hash: str
    created: float
    expires: float | None = None

    def good(self, now: float) -> bool:
        return self.expires is None or now < self.expires


class Tokens:
    """The tokens of a runs folder. Every change is written at once, readable by its owner alone; one that another
    process made is read when it is next asked.

    `first`: the first token, where it is not the one of the folder. That one is kept as it is, for a local `wnn` to
    find; all others as hashes.
    """

    def __init__(self, runs_dir: Path, clock: Callable[[], float] = time.time, first: str | None = None) -> None:
        self._path = runs_dir / FILE
        self._first_path = runs_dir / FIRST_FILE
        self.clock = clock
        self._read_at: Stamp | None = None
        self._entries: dict[str, TokenEntry] = {}
        self._fixed = first
        self._first = ""
        self._first_read_at: Stamp | None = None

    @property
    def first(self) -> str:
        """The first token, made where there is none."""
        if self._fixed is not None:
            return self._fixed
        stamp = stamp_of(self._first_path)
        if stamp is None or stamp != self._first_read_at:
            self._first = keep_secret(self._first_path)
            self._first_read_at = stamp_of(self._first_path)
        return self._first

    def rotate_first(self) -> str:
        """Replace the first token; the one before ends at once, in a server that is live too."""
        replace_secret(self._first_path)
        return self.first

    def all(self) -> list[TokenEntry]:
        """List the tokens, expired ones too, oldest first."""
        self._read()
        return list(self._entries.values())

    def add(self, name: str, scope: Scope | str, seconds: float | None = None) -> str:
        """Make a token, good for `seconds` (None: for ever), and return it: nobody can read it later.

        Raises `WebNNError("settings")` for a name that is taken or odd, or another scope.
        """
        self._read()
        if name in self._entries:
            raise WebNNError("settings", f'There is a token "{name}" already; rotate or revoke it.')
        return self._put(name, _scope(scope), seconds)

    def rotate(self, name: str, seconds: float | None = None) -> str:
        """Replace a token by a new one of the same name and scope; the old one ends at once."""
        return self._put(name, self._get(name).scope, seconds)

    def revoke(self, name: str) -> None:
        """End a token. Raises `WebNNError("unknown_name")`."""
        self._get(name)
        del self._entries[name]
        self._write()

    def scope_of(self, token: str) -> Scope | None:
        """What a token allows now; None: nothing. Takes the same time for every token that is none."""
        if hmac.compare_digest(token.encode(), self.first.encode()):
            return Scope.ADMIN
        self._read()
        hashed, found, now = _hash(token), None, self.clock()
        for entry in self._entries.values():
            if hmac.compare_digest(entry.hash, hashed) and entry.good(now):
                found = entry.scope
        return found

    def _get(self, name: str) -> TokenEntry:
        self._read()
        entry = self._entries.get(name)
        if entry is None:
            raise WebNNError("unknown_name", f'There is no token "{name}".{did_you_mean(name, self._entries)}')
        return entry

    def _put(self, name: str, scope: Scope, seconds: float | None) -> str:
        if not name or len(name) > 60 or not name.isprintable():
            raise WebNNError("settings", f"A token's name has 1 to 60 printable characters, not {name[:80]!r}.")
        if seconds is not None and seconds <= 0:
            raise WebNNError("settings", f"A token is good for more than 0 seconds, not {seconds}.")
        token, now = secrets.token_urlsafe(32), self.clock()
        self._entries[name] = TokenEntry(name, scope, _hash(token), now, None if seconds is None else now + seconds)
        self._write()
        return token

    def _read(self) -> None:
        stamp = stamp_of(self._path)
        if stamp is None:
            self._entries, self._read_at = {}, None
            return
        if stamp == self._read_at:
            return
        try:
            raw = json.loads(self._path.read_text("utf-8"))
            self._entries = {each["name"]: TokenEntry(**{**each, "scope": Scope(each["scope"])}) for each in raw}
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._entries, self._read_at = {}, None
            raise WebNNError("settings", f"The tokens in {self._path} cannot be read: {error}.") from error
        self._read_at = stamp

    def _write(self) -> None:
        text = json.dumps([asdict(entry) for entry in self._entries.values()], indent=1)
        write_privately(self._path, text)
        self._read_at = None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _scope(scope: Scope | str) -> Scope:
    try:
        return Scope(scope)
    except ValueError:
        hint = did_you_mean(str(scope), [each.value for each in Scope])
        raise WebNNError("settings", f"A token's scope is watch, control or admin, not {scope!r}.{hint}") from None
