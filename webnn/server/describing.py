"""What a handler of the REST API takes and answers, said beside the handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from webnn.server.tokens import Scope

Handler = TypeVar("Handler", bound=Callable[[web.Request], Awaitable[web.StreamResponse]])
JSON = "application/json"
BYTES = "application/octet-stream"

_ATTRIBUTE = "webnn_description"


@dataclass(frozen=True, slots=True)
class Query:
    """One parameter of an address's query; `schema` is JSON Schema, `example` a value that works."""

    schema: Mapping[str, Any]
    words: str


ENCODING = Query({"enum": ["f32", "f16", "int8", "grid"]}, "how the numbers are written; f32 where it is left out")
FROM = Query({"type": "integer", "minimum": 0}, "with `grid`: the version to tell the changes from, if it is held")


@dataclass(frozen=True, slots=True)
class Description:
    """One operation: a line on it, its body and its answer as types (None: there is none), and who may do it.

    `types` are the content types of the answer, `status` that of success. A `volunteer`'s operation is proved by the
    volunteer's secret, the `owner`'s by a token of that scope or a higher one.
    """

    summary: str
    answer: Any = None
    body: Any = None
    status: int = 200
    owner: Scope | None = None
    volunteer: bool = False
    types: tuple[str, ...] = (JSON,)
    body_type: str = JSON
    query: Mapping[str, Query] = field(default_factory=dict)


def describe(summary: str, **more: Any) -> Callable[[Handler], Handler]:
    """Describe a handler; `more` are the fields of `Description`."""

    def decorate(handler: Handler) -> Handler:
        setattr(handler, _ATTRIBUTE, Description(summary, **more))
        return handler

    return decorate


def description_of(handler: object) -> Description | None:
    """What was said of a handler."""
    found = getattr(handler, _ATTRIBUTE, None)
    return found if isinstance(found, Description) else None
