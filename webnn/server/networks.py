"""Networks, as settings name them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from webnn.core.errors import WebNNError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses or networks of trusted proxies. Raises `WebNNError("settings")`."""
    try:
        return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts)
    except ValueError as error:
        message = f"A trusted proxy is an address or a network, as 127.0.0.1 or 10.0.0.0/8: {error}."
        raise WebNNError("settings", message) from None
