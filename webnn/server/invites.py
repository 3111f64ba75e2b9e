"""Codes that let volunteers into a run: kept as hashes, each for so many volunteers and for a while."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from webnn.core.errors import WebNNError
from webnn.server.secrets import Stamp, stamp_of, write_privately

FILE = "invites.json"
LEAST_LENGTH, MAX_LENGTH = 8, 100
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
_SCRYPT = {"n": 2**13, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class Invite:
    """A code as it is kept. `hash` is its scrypt; times are seconds since 1970. `expires` None: never; `uses` None: any
    number of volunteers.
    """

    number: int
    run: str
    hash: str
    created: float
    expires: float | None = None
    uses: int | None = None

    def good(self, now: float) -> bool:
        return self.expires is None or now < self.expires


class Invites:
    """The codes of a runs folder. A change that another process made is read when next asked.

    Codes that have ended stay, so that a run whose last code has ended does not become open to everyone.
    """

    def __init__(self, runs_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = runs_dir / FILE
        self.clock = clock
        self._read_at: Stamp | None = None
        self._salt = secrets.token_hex(16)  # for as long as there is no file
        self._invites: tuple[Invite, ...] = ()

    def of(self, run: str) -> list[Invite]:
        """List the codes of a run, oldest first, those that have ended too."""
        self._read()
        return [invite for invite in self._invites if invite.run == run]

    def add(self, run: str, code: str | None = None, *, uses: int | None = None, seconds: float | None = None) -> str:
        """Make a code (None: of 60 random bits) and return it: nobody can read it later. Raises `WebNNError`."""
        code = make_code() if code is None else check_code(code)
        if uses is not None and uses < 1:
            raise WebNNError("settings", f"A code is for 1 volunteer or more, not {uses}.")
        if seconds is not None and seconds <= 0:
            raise WebNNError("settings", f"A code is good for more than 0 seconds, not {seconds}.")
        self._read()
        hashed = self.hash(code)
        if any(invite.hash == hashed for invite in self.of(run)):
            raise WebNNError("settings", "The run has that code already.")
        now = self.clock()
        number = 1 + max((invite.number for invite in self.of(run)), default=0)
        expires = None if seconds is None else now + seconds
        self._write((*self._invites, Invite(number, run, hashed, now, expires, uses)))
        return code

    def revoke(self, run: str, number: int) -> None:
        """End a code; who came with it may not come again. Raises `WebNNError("unknown_name")`."""
        if number not in [invite.number for invite in self.of(run)]:
            raise WebNNError("unknown_name", f"The run {run} has no code {number}.")
        now = self.clock()
        self._write(
            tuple(
                replace(invite, expires=now) if (invite.run, invite.number) == (run, number) else invite
                for invite in self._invites
            )
        )

    def open(self, run: str) -> None:
        """Forget the codes of a run: it asks for none any more."""
        self._read()
        self._write(tuple(invite for invite in self._invites if invite.run != run))

    def has(self, hashed: str) -> bool:
        """Whether some run has a code of this hash, good or not."""
        return any(invite.hash == hashed for invite in self._invites)

    def hash(self, code: str) -> str:
        """What a code is kept as; takes some 20 ms, since people choose short ones."""
        return hashlib.scrypt(code.encode(), salt=bytes.fromhex(self._salt), dklen=32, **_SCRYPT).hex()

    def _read(self) -> None:
        stamp = stamp_of(self._path)
        if stamp == self._read_at:
            return
        if stamp is None:
            raise WebNNError("settings", f"{self._path} has gone: the codes that were in it end with it.")
        try:
            raw = json.loads(self._path.read_text("utf-8"))
            self._salt, self._invites = str(raw["salt"]), tuple(Invite(**each) for each in raw["invites"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WebNNError("settings", f"The codes in {self._path} cannot be read: {error}.") from error
        self._read_at = stamp

    def _write(self, invites: tuple[Invite, ...]) -> None:
        text = json.dumps({"salt": self._salt, "invites": [asdict(invite) for invite in invites]}, indent=1)
        write_privately(self._path, text)
        self._invites, self._read_at = invites, stamp_of(self._path)


def make_code() -> str:
    """Draw a code that can be read out: three groups of four, 59 random bits."""
    letters = [secrets.choice(_ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[place : place + 4]) for place in (0, 4, 8))


def check_code(code: str, what: str = "A code") -> str:
    """A code that a person chose, where it can be used. Raises `WebNNError("settings")`."""
    good = LEAST_LENGTH <= len(code) <= MAX_LENGTH and code.isascii() and code.isprintable() and code == code.strip()
    if not good:
        message = f"{what} has {LEAST_LENGTH} to {MAX_LENGTH} letters, digits and signs of ASCII, no spaces round them."
        raise WebNNError("settings", message)
    return code
