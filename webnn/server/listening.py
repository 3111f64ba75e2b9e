"""Addresses: a socket to listen on, TLS, and the URLs that lead to it."""

from __future__ import annotations

import errno
import os
import socket
import ssl

from webnn.core.errors import WebNNError
from webnn.server.config import ServerConfig

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def bind_socket(host: str, port: int) -> socket.socket:
    """A TCP socket bound to `host` and `port` (0: any free one), not yet listening.

    Raises `WebNNError`: `port_in_use`, or `settings` for a host that is not one of this computer's addresses.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise WebNNError("settings", f"There is no address {host!r} to listen on: {error.strerror}.") from error
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    bound = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere the option lets two programs share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _explained(error, host, port) from error
    return bound


def _explained(error: OSError, host: str, port: int) -> WebNNError:
    if error.errno == errno.EADDRINUSE:
        return WebNNError(
            "port_in_use",
            f"Port {port} on {host} is taken by another program (maybe another run): end that one, or choose another "
            "port with --port, for instance --port 0 for any that is free.",
        )
    if error.errno == errno.EACCES:
        return WebNNError("port_in_use", f"This user may not listen on port {port}: choose one above 1023 with --port.")
    return WebNNError("settings", f"It is not possible to listen on {host}, port {port}: {error.strerror}.")


def tls_context(config: ServerConfig) -> ssl.SSLContext | None:
    """TLS with the files of `config`, None without; raises `WebNNError("settings")` for files of no use."""
    if config.tls_cert is None or config.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for path in (config.tls_cert, config.tls_key):
        if not path.is_file():
            raise WebNNError("settings", f"There is no TLS file {path}.")
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key)
    except (ssl.SSLError, OSError) as error:
        message = f"{config.tls_cert} and {config.tls_key} are not a PEM certificate and its key: {error}."
        raise WebNNError("settings", message) from error
    return context


def local_url(config: ServerConfig, port: int) -> str:
    """The address for programs on this computer, with the prefix and without a slash at its end."""
    host = _WILDCARDS.get(config.host, config.host)
    return f"{config.scheme}://{f'[{host}]' if ':' in host else host}:{port}{config.prefix}"


def people_url(config: ServerConfig, port: int) -> str:
    """The address to hand out: the public one, or else the local one."""
    return config.public_url.rstrip("/") if config.public_url is not None else local_url(config, port)
