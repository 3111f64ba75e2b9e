"""Reading the JSON that a request carries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from aiohttp import web
from jsonschema import Draft202012Validator, ValidationError

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean
from webnn.server.schemas import schema_of


def parse_json(body: bytes) -> Any:
    """Parse what a request carries: UTF-8 JSON, of which NaN is no part. Raises `WebNNError("settings")`."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WebNNError("settings", f"The body is not JSON: {error}.") from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


async def read_body(request: web.Request, shape: Any) -> dict[str, Any]:
    """Read the body as JSON of `shape` (a `TypedDict`). Raises `WebNNError` `settings` with what to change."""
    body = parse_json(await request.read())
    schema = schema_of(shape)
    fault = next(iter(sorted(Draft202012Validator(schema).iter_errors(body), key=lambda each: list(each.path))), None)
    if fault is not None:
        raise WebNNError("settings", _in_words(fault, schema, body))
    assert isinstance(body, dict)
    return body


def _in_words(fault: ValidationError, schema: Mapping[str, Any], body: Any) -> str:
    known = schema["properties"]
    unknown = [key for key in body if key not in known] if isinstance(body, dict) else []
    if unknown:
        return f"The body has an unknown key {unknown[0][:40]!r}.{did_you_mean(unknown[0], known)}"
    place = ".".join(str(step) for step in fault.absolute_path)
    return f"The body is not as it should be{f' at {place}' if place else ''}: {_shortened(fault.message)}."


def _shortened(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:150]} ... {message[-100:]}"
