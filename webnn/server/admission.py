"""Who may volunteer where a run asks for a code: for the socket's `hello`, and for downloads of shards and weights."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from webnn.core.errors import WebNNError
from webnn.server.addresses import Quota
from webnn.server.config import ServerConfig
from webnn.server.guarding import GUARD
from webnn.server.invites import MAX_LENGTH, Invite, Invites
from webnn.server.logs import LOGGER
from webnn.server.secrets import write_privately

HEADER = "WebNN-Code"
USED_FILE = "invites-used.json"
_WAITING = 32
_ASKED = "This run is for those who have a code: ask its owner for one."
_NOT_GOOD = "That code is not good for this run: it may be mistyped, have ended, or be used up."
_TOO_OFTEN = "Too many codes were tried from your address; try again in a minute."


class Admission:
    """The codes of a server's runs, and its password for all of them.

    A code that was seen to be good is known again by a keyed hash in memory, at no cost; any other is one try of its
    address, and is hashed in a thread, one at a time.
    """

    def __init__(self, config: ServerConfig, clock: Callable[[], float] | None = None) -> None:
        self.invites = Invites(config.runs_dir) if clock is None else Invites(config.runs_dir, clock)
        self.own_port: int | None = None
        self._closed = config.invite_only or config.password is not None
        self._key = secrets.token_bytes(32)
        self._password = None if config.password is None else self._mark(config.password)
        self._known: dict[bytes, str] = {}
        limits = config.limits
        self._tries = Quota(limits.codes_per_second, limits.code_burst, local_is_free=False)
        self._hashing = asyncio.Lock()
        self._waiting = 0
        self._used_path = config.runs_dir / USED_FILE
        self._used = _read_used(self._used_path)

    def asks(self, run: str) -> bool:
        """Whether a run asks volunteers for a code."""
        return self._closed or self._invites_of(run) != []

    def is_own(self, request: web.Request) -> bool:
        """Whether a request came by the port that is for this computer's own workers."""
        name = None if request.transport is None else request.transport.get_extra_info("sockname")
        return self.own_port is not None and isinstance(name, tuple) and name[1] == self.own_port

    async def check(self, run: str, code: str | None, address: str) -> Invite | None:
        """The invite of a code that is good for a run; None where none is needed, or for the password.

        Raises `WebNNError` `code_needed`, or `too_many` after many wrong ones from an address.
        """
        invites = self._invites_of(run)  # read before a code is hashed, with the salt that is in the file
        if invites == [] and not self._closed:
            return None
        if not code:
            raise WebNNError("code_needed", _ASKED)
        mark = self._mark(code[:MAX_LENGTH])
        hashed = self._known.get(mark)
        if hashed is None:
            hashed = await self._try(code[:MAX_LENGTH], mark, address)
        if self._password is not None and hmac.compare_digest(mark, self._password):
            return None
        found, now = None, self.invites.clock()
        for invite in invites or ():
            if hmac.compare_digest(invite.hash, hashed) and invite.good(now):
                found = invite
        if found is None:
            self._known.pop(mark, None)
            raise WebNNError("code_needed", _NOT_GOOD)
        return found

    async def enter(self, invite: Invite | None, volunteer_id: str) -> None:
        """Count a volunteer that comes by an invite. Raises `WebNNError("code_needed")` where it is used up."""
        if invite is None or invite.uses is None:
            return
        mark = hashlib.sha256(volunteer_id.encode()).hexdigest()[:32]
        users = self._used.setdefault(f"{invite.run} {invite.number}", [])
        if mark in users:
            return
        if len(users) >= invite.uses:
            raise WebNNError("code_needed", _NOT_GOOD)
        users.append(mark)
        async with self._hashing:
            await asyncio.to_thread(write_privately, self._used_path, json.dumps(self._used))

    async def _try(self, code: str, mark: bytes, address: str) -> str:
        if self._waiting >= _WAITING or not self._tries.take(address, asyncio.get_running_loop().time()):
            raise WebNNError("too_many", _TOO_OFTEN)
        self._waiting += 1
        try:
            async with self._hashing:
                hashed = await asyncio.to_thread(self.invites.hash, code)
        finally:
            self._waiting -= 1
        if mark == self._password or self.invites.has(hashed):
            self._known[mark] = hashed
        return hashed

    def _invites_of(self, run: str) -> list[Invite] | None:
        """The codes of a run; None where they cannot be read, and none is good."""
        try:
            return self.invites.of(run)
        except WebNNError:
            LOGGER.exception("the codes of volunteers cannot be read")
            return None

    def _mark(self, code: str) -> bytes:
        return hmac.digest(self._key, code.encode(), "sha256")


ADMISSION = web.AppKey("admission", Admission)


@dataclass(frozen=True, slots=True)
class Entrance:
    """What one connection has to pass before it volunteers for a run."""

    run: str
    address: str
    own: bool
    admission: Admission
    newcomer: Callable[[], None]

    async def check(self, code: str | None) -> Invite | None:
        """See `Admission.check`; this computer's own workers need no code."""
        return None if self.own else await self.admission.check(self.run, code, self.address)

    async def enter(self, invite: Invite | None, volunteer_id: str) -> None:
        await self.admission.enter(invite, volunteer_id)


def entrance_of(request: web.Request, run: str) -> Entrance:
    """The entrance to a run for whoever sent a request."""
    admission, watch = request.app[ADMISSION], request.app[GUARD]
    address = watch.address(request)
    return Entrance(run, address, admission.is_own(request), admission, lambda: watch.admit_newcomer(address))


async def require_code(request: web.Request) -> bool:
    """Whether the run that the address names asks for a code; raises as `Admission.check` without a good one.

    It comes in a header: addresses are logged on their way.
    """
    run = request.match_info["run"]
    if not request.app[ADMISSION].asks(run):
        return False
    await entrance_of(request, run).check(request.headers.get(HEADER))
    return True


def _read_used(path: Path) -> dict[str, list[str]]:
    try:
        raw = json.loads(path.read_text("utf-8"))
        return {str(key): [str(mark) for mark in marks] for key, marks in raw.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        LOGGER.exception("who used which code cannot be read")
        return {}
