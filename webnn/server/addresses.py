"""Whose request it is, as far as an address tells: for counting, nothing else. No address outlives its window."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

from aiohttp import hdrs, web

from webnn.server.limits import TokenBucket
from webnn.server.networks import Network

WINDOW_SECONDS = 120.0
"""How long an address that is not heard of any more is remembered."""

MAX_ADDRESSES = 20_000


def client_address(request: web.BaseRequest, proxies: Sequence[Network]) -> str:
    """The address that a request comes from: the sender's, or, where that is a trusted proxy, the last one of
    X-Forwarded-For that is none. Whatever stands before it there is anyone's word.
    """
    address = request.remote or ""
    if not proxies or not within(address, proxies):
        return address
    for hop in reversed(",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, [])).split(",")):
        if not _is_address(hop.strip()):
            break
        address = hop.strip()
        if not within(address, proxies):
            break
    return address


def quota_key(address: str) -> str:
    """Whom an address counts for: an IPv6 user has a network of 64 bits, and would have as many quotas."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


@lru_cache(maxsize=1024)
def is_local(address: str) -> bool:
    """Whether this is the server's own computer."""
    if not address.startswith("127.") and ":" not in address:
        return not address
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return not address


class Quota:
    """So many things a second for each address, with bursts after a rest. The server's own computer is free, unless
    `local_is_free` is false.
    """

    def __init__(self, rate: float, burst: int, *, local_is_free: bool = True) -> None:
        self._local_is_free = local_is_free
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[TokenBucket, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str, now: float) -> bool:
        """Whether one more is allowed now; addresses that have been silent are forgotten."""
        if self._local_is_free and is_local(address):
            return True
        key = quota_key(address)
        bucket = self._buckets.pop(key, (None, 0.0))[0] or TokenBucket(self._rate, self._burst, now)
        self._buckets[key] = (bucket, now)
        self._forget(now)
        return bucket.take(now)

    def _forget(self, now: float) -> None:
        while self._buckets:
            key, (_, last) = next(iter(self._buckets.items()))
            if now - last < WINDOW_SECONDS and len(self._buckets) <= MAX_ADDRESSES:
                return
            del self._buckets[key]


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is of one of the networks; what is no address is of none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
