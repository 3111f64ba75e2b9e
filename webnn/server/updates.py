"""Updates on their way in: as a message of the socket, or, where they are large, as the body of a POST."""

from __future__ import annotations

import asyncio

import numpy as np
from aiohttp import hdrs, web

from webnn.core.encoding import Encoding, decode_vector
from webnn.core.errors import ProtocolError, WebNNError
from webnn.core.events import UpdateArrived, Vector
from webnn.core.merging import Wants
from webnn.core.messages import UpdateMessage, decode_client_message
from webnn.engine.local import INLINE_WEIGHTS
from webnn.server.api import find_run
from webnn.server.auth import check_origin
from webnn.server.config import Limits
from webnn.server.describing import BYTES, describe
from webnn.server.forgotten import answer_again
from webnn.server.identities import Identities
from webnn.server.keys import CONFIG, IDENTITIES, RECEIVING
from webnn.server.run_task import RunTask
from webnn.server.straight import read_rest


@describe("Take a volunteer's large update", status=204, volunteer=True, body=str, body_type=BYTES)
async def receive_update(request: web.Request) -> web.Response:
    """Take an `update` frame as a body. 204 says that it is here; its outcome comes over the volunteer's socket."""
    check_origin(request, request.app[CONFIG].public_url)
    task = find_run(request)
    volunteer_id = prove(request, request.app[IDENTITIES])
    num_bytes = _length(request, task.limits.max_frame_bytes(task.engine.num_weights))
    await task.intake.wait()
    async with request.app[RECEIVING].room(volunteer_id, num_bytes):
        body = await _receive(request, num_bytes, task.limits)
        task.traffic.bytes_in += num_bytes
        message, payload = decode_client_message(body)
        if not isinstance(message, UpdateMessage):
            raise ProtocolError("Only an update is posted.")
        await take_update(task, volunteer_id, message, payload)
    return web.Response(status=204)


def prove(request: web.Request, identities: Identities) -> str:
    """The volunteer that `Authorization: Volunteer ID:SECRET` proves; raises `WebNNError("bad_secret")`."""
    scheme, _, proof = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    volunteer_id, _, secret = proof.strip().partition(":")
    if scheme.lower() != "volunteer" or not identities.proves(volunteer_id, secret):
        raise WebNNError("bad_secret")
    return volunteer_id


def _length(request: web.Request, max_bytes: int) -> int:
    if request.content_length is None:
        raise ProtocolError("The length of an update is told beforehand (Content-Length).")
    if request.content_length > max_bytes:
        raise WebNNError("too_large")
    return request.content_length


async def _receive(request: web.Request, num_bytes: int, limits: Limits) -> memoryview:
    """The body in one piece of memory, each part of it written there as it comes. Raises `WebNNError("silence")`."""
    body = np.empty(num_bytes, np.uint8).data
    content = request.content
    offset = 0
    now = asyncio.get_running_loop().time
    heard = now()
    slowest = heard + limits.silence_seconds + num_bytes / limits.min_bytes_per_second

    def hear() -> None:
        nonlocal heard
        if now() > heard + limits.silence_seconds / 16:  # setting a timer anew costs more than a part
            heard = now()
            silence.reschedule(min(heard + limits.silence_seconds, slowest))

    try:
        async with asyncio.timeout(limits.silence_seconds) as silence:
            while offset < num_bytes:
                if content.total_bytes == offset and await read_rest(request, body[offset:], hear):
                    break
                part, _ = await content.readchunk()  # `readany` would join what came, which is a copy more
                if not part:
                    raise ProtocolError("The update ended early.")
                body[offset : offset + len(part)] = part
                offset += len(part)
                hear()
    except TimeoutError:
        raise WebNNError("silence") from None
    return body


async def take_update(task: RunTask, volunteer_id: str, message: UpdateMessage, payload: memoryview) -> None:
    """Hand an update to its run. Trained weights that came as a difference are added to their base: to the
    version that they were trained from, or to the next that is still held.
    """
    if await answer_again(task, volunteer_id, message.lease_id):
        return
    base: Vector | None = None
    if message.encoding.differs and task.run.strategy.wants is Wants.WEIGHTS:
        base = task.engine.at_least(message.base_version).weights
    vector = await _decode(payload, message.encoding, task.engine.num_weights, base)
    task.intake.enter(message.lease_id, vector.nbytes)
    await task.deliver(
        UpdateArrived(
            volunteer_id=volunteer_id,
            lease_id=message.lease_id,
            base_version=message.base_version,
            iterations=message.iterations,
            num_examples=message.num_examples,
            seconds=message.seconds,
            metrics=message.metrics,
            payload=vector,
            rests=message.rests,
        )
    )


async def _decode(payload: memoryview, encoding: Encoding, num_weights: int, base: Vector | None) -> Vector:
    """Widening a large vector takes long enough to be done in a thread; float32 is only viewed."""
    if encoding is Encoding.F32 or num_weights <= INLINE_WEIGHTS:
        return decode_vector(payload, encoding, num_weights, base)
    return await asyncio.to_thread(decode_vector, payload, encoding, num_weights, base)
