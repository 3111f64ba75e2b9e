"""Volunteers' ids and the secrets that prove them."""

from __future__ import annotations

import hmac
import secrets
from functools import lru_cache

_REMEMBERED = 4096


class Identities:
    """Mints ids (128 random bits in hex) and proves them, keeping nothing but one key.

    A volunteer's secret is HMAC-SHA256 of its id under the key, so ids survive a restart that has the same key, and a
    million volunteers take no more memory than none. (Each update proves its sender: the last few thousand secrets are
    remembered rather than made again.)
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._secret = lru_cache(maxsize=_REMEMBERED)(self._make_secret)

    def mint(self) -> tuple[str, str]:
        """A new volunteer's id and secret."""
        volunteer_id = secrets.token_hex(16)
        return volunteer_id, self._secret(volunteer_id)

    def proves(self, volunteer_id: str, secret: str) -> bool:
        """Whether `secret` belongs to `volunteer_id`; takes the same time either way."""
        return hmac.compare_digest(self._secret(volunteer_id).encode(), secret.encode())

    def _make_secret(self, volunteer_id: str) -> str:
        return hmac.digest(self._key, volunteer_id.encode(), "sha256").hex()
