"""Whom a request counts for."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from webnn.core.errors import WebNNError
from webnn.server.addresses import WINDOW_SECONDS, Quota, client_address, quota_key
from webnn.server.networks import parse_networks

PROXIES = parse_networks(("10.0.0.0/8", "::1"))


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", "198.51.100.1, nonsense", "10.1.1.1"),
        ("10.1.1.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "198.51.100.1, , 10.2.2.2", "10.2.2.2"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "10.9.9.9", "10.9.9.9"),
    ],
)
def test_only_a_trusted_proxys_last_word_counts(remote: str, forwarded: str, expected: str) -> None:
    headers = CIMultiDict({"X-Forwarded-For": forwarded} if forwarded else {})
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    assert client_address(request, PROXIES) == expected


def test_an_ipv6_network_is_one_user() -> None:
    assert quota_key("2001:db8::1") == quota_key("2001:db8::ffff:1")
    assert quota_key("2001:db8::1") != quota_key("2001:db8:0:1::1")
    assert quota_key("::ffff:192.0.2.1") == "192.0.2.1"


def test_addresses_are_forgotten_with_their_window() -> None:
    quota = Quota(1, 2)
    assert [quota.take("192.0.2.1", 0.0) for _ in range(3)] == [True, True, False]
    assert quota.take("192.0.2.1", 1.5)
    quota.take("192.0.2.2", WINDOW_SECONDS + 2)
    assert len(quota) == 1


def test_the_servers_own_computer_is_free() -> None:
    quota = Quota(0.001, 1)
    assert all(quota.take(address, 0.0) for address in ("127.0.0.1", "::1", "") for _ in range(5))


def test_what_is_no_network_is_refused_in_words() -> None:
    with pytest.raises(WebNNError, match="trusted proxy"):
        parse_networks(("proxy.example",))
