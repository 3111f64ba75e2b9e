"""Errors as answers: JSON for programs, a page for people, and nothing of the inside for anyone."""

from __future__ import annotations

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from jinja2 import TemplateNotFound

from webnn.core.errors import ERRORS, WebNNError
from webnn.server.keys import PAGES
from webnn.server.logs import LOGGER
from webnn.server.pages import mounted_at

_GONE = 499
"""What the access log says of a client that hung up; it is sent to nobody."""


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into an answer by the error table; the unforeseen is logged, and only `internal`."""
    try:
        return await handler(request)
    except WebNNError as error:
        return _answer(request, error.code, str(error), error.kind.http_status)
    except web.RequestPayloadError:
        return _answer(request, "protocol_error", "The body is not what the request's headers say.", 400)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _answer_http(request, error)
    except Exception as error:
        if isinstance(error, ConnectionError) and request.transport is None:
            return web.Response(status=_GONE)  # whoever asked went away in the middle, which is ordinary
        LOGGER.exception("request failed", extra={"method": request.method, "path": request.path})
        return _answer(request, "internal", ERRORS["internal"].sentence, 500)


def _answer_http(request: web.Request, error: web.HTTPException) -> web.Response:
    code = {404: "not_found", 413: "too_large"}.get(
        error.status, "internal" if error.status >= 500 else "protocol_error"
    )
    message = ERRORS[code].sentence if error.status in (404, 413, 500) else f"{error.reason}."
    answer = _answer(request, code, message, error.status)
    if hdrs.ALLOW in error.headers:
        answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
    return answer


def _answer(request: web.Request, code: str, message: str, status: int) -> web.Response:
    if _is_for_a_person(request):
        try:
            return request.app[PAGES].error(request, code, message, status)
        except TemplateNotFound:
            return web.Response(text=message, status=status)
    answer = web.json_response({"error": {"code": code, "message": message}}, status=status)
    if status == 401:
        answer.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return answer


def _is_for_a_person(request: web.Request) -> bool:
    return not request.path.startswith(f"{mounted_at(request)}/api/")
