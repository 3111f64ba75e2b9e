"""The REST API described as OpenAPI 3.1, made of what its handlers say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from webnn import __version__
from webnn.core import shapes
from webnn.server.api import json_answer
from webnn.server.describing import JSON, Description, describe, description_of
from webnn.server.keys import PAGES
from webnn.server.schemas import schema_of

PREFIX = "/api/v1"
_PLACE = re.compile(r"{(\w+)(?::[^}]*)?}")
_PLACES = {
    "run": "A run's id",
    "label": "A volunteer's number, without #",
    "name": "The name of what is to be sent",
    "number": "A code's number",
    "token": "A token's name",
}
_TAGS = (
    ("volunteers", "Volunteers"),
    ("invites", "Volunteers"),
    ("tokens", "Tokens"),
    ("queue", "Queue"),
    ("runs", "Runs"),
)


@describe("This description, as OpenAPI 3.1", answer=shapes.JsonObject)
async def show_openapi(request: web.Request) -> web.Response:
    return json_answer(describe_api(request.app, f"{request.app[PAGES].base(request)}"))


async def api_page(request: web.Request) -> web.Response:
    """The description as a page to read."""
    api = describe_api(request.app, request.app[PAGES].base(request))
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            entry = {"path": path, "method": method.upper(), **operation, **_in_words(operation, api)}
            groups.setdefault(operation["tags"][0], []).append(entry)
    return request.app[PAGES].render(request, "api.html", groups=groups, version=api["info"]["version"])


def describe_api(app: web.Application, base: str) -> dict[str, Any]:
    """OpenAPI 3.1 of the operations of `app`, whose addresses begin with `base`."""
    components = _Components()
    paths: dict[str, dict[str, Any]] = {}
    for method, path, description in operations(app):
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, description, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "WebNN",
            "version": __version__,
            "summary": "Runs that train one neural network in many people's browsers",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": {
            "schemas": components.schemas,
            "securitySchemes": {
                "owner": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the owner's, of the scope named",
                },
                "volunteer": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Volunteer ID:SECRET`, as docs/protocol.md has it",
                },
            },
        },
    }


def operations(app: web.Application) -> Iterator[tuple[str, str, Description]]:
    """Method, path and description of everything under `/api/v1` but the WebSocket."""
    prefix = app.router["home"].url_for().path.rstrip("/")
    for route in app.router.routes():
        resource = route.resource
        path = "" if resource is None else resource.canonical.removeprefix(prefix)
        described = description_of(route.handler)
        if path.startswith(PREFIX) and route.method != "HEAD" and described is not None:
            yield route.method, path, described


class _Components:
    """Schemas by name, each told once."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def refer(self, kind: Any) -> dict[str, Any]:
        """A schema that refers to those that have a name."""
        return dict(self._shared(schema_of(kind)))

    def _shared(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._shared(one) for one in schema]
        if not isinstance(schema, Mapping):
            return schema
        title = schema.get("title")
        if not isinstance(title, str) or schema.get("type") != "object":
            return {key: self._shared(value) for key, value in schema.items()}
        if title not in self.schemas:
            self.schemas[title] = {}
            self.schemas[title] = {key: self._shared(value) for key, value in schema.items()}
        return {"$ref": f"#/components/schemas/{title}"}


def _operation(method: str, path: str, told: Description, components: _Components) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(method, path),
        "summary": told.summary,
        "tags": [next((title for part, title in _TAGS if f"/{part}" in path), "Server")],
        "parameters": [*_path_parameters(path), *_query_parameters(told)],
        "responses": {
            str(told.status): _success(told, components),
            "default": {
                "description": "Why not",
                "content": {JSON: {"schema": components.refer(shapes.ErrorAnswer)}},
            },
        },
    }
    if told.body is not None:
        content = {told.body_type: {"schema": components.refer(told.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    if told.owner or told.volunteer:
        operation["security"] = [{"owner": [str(told.owner)]} if told.owner else {"volunteer": []}]
    return operation


def _success(told: Description, components: _Components) -> dict[str, Any]:
    if told.status in (204, 307):
        return {"description": "Done" if told.status == 204 else "It is elsewhere"}
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    schemas = {kind: components.refer(told.answer) if kind == JSON else binary for kind in told.types}
    return {"description": "As asked", "content": {kind: {"schema": schema} for kind, schema in schemas.items()}}


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for name in _PLACE.findall(path):
        schema = {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "description": _PLACES[name], "schema": schema}


def _query_parameters(told: Description) -> Iterator[dict[str, Any]]:
    for name, query in told.query.items():
        yield {"name": name, "in": "query", "description": query.words, "schema": dict(query.schema)}


def _name(method: str, path: str) -> str:
    words = [word for word in re.split(r"[/{}._-]+", path.removeprefix(PREFIX)) if word]
    return "".join([method.lower(), *(word.capitalize() for word in words)])


def _in_words(operation: Mapping[str, Any], api: Mapping[str, Any]) -> dict[str, Any]:
    """For the page: the fields that go in and come out, as rows, and who may."""
    body = operation.get("requestBody", {}).get("content", {})
    status, success = next(iter(operation["responses"].items()))
    return {
        "takes": [row for media in body.values() for row in _rows(media["schema"], api)],
        "gives": [row for media in success.get("content", {}).values() for row in _rows(media["schema"], api)],
        "kinds": list(success.get("content", {})),
        "status": status,
        "who": next(
            (", ".join([who, *roles]) for one in operation.get("security", []) for who, roles in one.items()), ""
        ),
    }


def _rows(schema: Mapping[str, Any], api: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = _resolve(schema, api)
    required = found.get("required", [])
    return [
        {"name": name, "kind": _kind(kind), "required": name in required}
        for name, kind in found.get("properties", {}).items()
    ]


def _resolve(schema: Mapping[str, Any], api: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return _resolve(schema["items"], api) if schema.get("type") == "array" and "items" in schema else schema


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))
