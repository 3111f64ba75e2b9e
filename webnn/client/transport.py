"""Requests to a server: JSON there and back, and refusals as the errors that they are."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from webnn.core.errors import ERRORS, WebNNError

TIMEOUT_SECONDS = 120.0


class Transport:
    """Asks the server at `url` (with its path prefix) with the owner's `token`, if there is one.

    `cert` is a PEM file: the server's own certificate, or its authority's. `any_name`: the certificate need not be for
    the address that the server is reached by. Raises `WebNNError("settings")` for a URL of no use.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        cert: Path | None = None,
        any_name: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise WebNNError("settings", f"The address of a server looks like https://example.org:8888, not {url!r}.")
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json"}
        if token is not None:
            token = token.strip()
            if not token.isascii() or not token.isprintable() or not token:
                raise WebNNError("settings", "The token is not one: it has letters and digits, on one line.")
            self._headers["Authorization"] = f"Bearer {token}"
        self._timeout_seconds = timeout_seconds
        self._context = _context(cert, any_name=any_name) if parts.scheme == "https" else None

    def ask(self, method: str, *steps: str, body: Any = None, query: str = "") -> Any:
        """Ask for `/api/v1/STEPS...`; the answer's JSON, None where it has no body. Raises what the server says."""
        data = self.read(method, *steps, body=body, query=query)
        try:
            return json.loads(data) if data else None
        except ValueError as error:
            raise self._no_answer("it does not answer with JSON") from error

    def read(self, method: str, *steps: str, body: Any = None, query: str = "") -> bytes:
        """Ask likewise; the answer as it comes."""
        path = "/".join(quote(step, safe="") for step in steps)
        url = f"{self.url}/api/v1/{path}{f'?{query}' if query else ''}"
        data, headers = None, self._headers
        if body is not None:
            data, headers = json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_seconds, context=self._context) as response:
                answer: bytes = response.read()
                return answer
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except (OSError, ValueError) as error:
            raise self._no_answer(f"{getattr(error, 'reason', None) or error}") from error

    def _no_answer(self, why: str) -> WebNNError:
        return WebNNError("not_running", f"The server at {self.url} does not answer: {why}.")


def _context(cert: Path | None, *, any_name: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if cert is None else str(cert))
    except (OSError, ssl.SSLError) as error:
        raise WebNNError("settings", f"{cert} is not a certificate (PEM): {error}.") from error
    context.check_hostname = not any_name
    return context


def _refusal(error: urllib.error.HTTPError) -> WebNNError:
    with error:
        try:
            told = json.load(error)["error"]
            code, message = told["code"], told["message"]
        except (OSError, ValueError, KeyError, TypeError):
            words = f"The server answers {error.code} {error.reason}: it is not a WebNN server, or not its address."
            return WebNNError("not_found", words)
    return WebNNError(code if code in ERRORS else "internal", message)
