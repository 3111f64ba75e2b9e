"""One Node process that speaks frames over its standard streams."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import numpy as np

from webnn.core.frames import Frame, decode_frame, encode_header
from webnn.evaluator.node import own_group

CHUNK_BYTES = 1 << 20  # written and read at once, so that no other task waits long for the loop
MAX_HEADER_BYTES = 16 << 20  # a trusted process of ours; topologies are large
KEPT_LINES = 20

logger = logging.getLogger(__name__)


class ProcessDeathError(Exception):
    """The process ended, or closed its streams, before it answered."""


class NodeProcess:
    """A running child. Frames go one way and the other as: uint32 little-endian frame length, then the frame.

    Not safe for use by two tasks at once: the caller sends one request and receives its reply before the next.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._logging = asyncio.create_task(self._log_lines())

    @classmethod
    async def start(cls, command: Sequence[str]) -> NodeProcess:
        """Start `command` in a process group of its own. Raises `OSError` when it cannot be started."""
        pipe = asyncio.subprocess.PIPE
        options: dict[str, Any] = own_group()
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=CHUNK_BYTES, **options
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def last_words(self) -> str:
        """The last lines that the process wrote to its standard error, for a message about its end."""
        return "\n".join(self._last_lines)

    async def send(self, header: Mapping[str, object], payload: memoryview | None = None) -> None:
        """Write one frame, in chunks. Raises `ProcessDeathError`."""
        head = encode_header(header)
        body = memoryview(b"") if payload is None else payload.cast("B")
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(struct.pack("<I", len(head) + body.nbytes) + head)
            for start in range(0, body.nbytes, CHUNK_BYTES):
                stdin.write(body[start : start + CHUNK_BYTES])
                await stdin.drain()
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise ProcessDeathError(self.last_words) from error

    async def receive(self) -> Frame:
        """Read one frame. Raises `ProcessDeathError`, or `ProtocolError` when the bytes are no frame."""
        (size,) = struct.unpack("<I", await self._read(4))
        return decode_frame(await self._read(size), max_header_bytes=MAX_HEADER_BYTES)

    async def kill(self) -> None:
        """End the process now and wait until it is gone; it keeps nothing that a restart could not rebuild."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.close()
        while await stdout.read(CHUNK_BYTES):
            pass  # a pipe is closed only once it is empty
        await self._process.wait()
        await self._logging
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await stdin.wait_closed()

    async def _read(self, size: int) -> memoryview:
        stdout = self._process.stdout
        assert stdout is not None
        data = np.empty(size, np.uint8).data  # not zeroed first, which takes a while for a large frame
        done = 0
        while done < size:
            chunk = await stdout.read(min(size - done, CHUNK_BYTES))
            if not chunk:
                raise ProcessDeathError(self.last_words)
            data[done : done + len(chunk)] = chunk
            done += len(chunk)
        return data

    async def _log_lines(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        async for line in read_lines(stderr):
            self._last_lines.append(line)
            logger.info("node: %s", line)


async def read_lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """The lines of a child's stream until it ends, as text without their ends; an overlong one comes in pieces."""
    while line := await _line(stream):
        yield line.decode("utf-8", "replace").rstrip()


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or the next piece of one that is over the stream's limit; empty at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError:
        return await stream.read(CHUNK_BYTES)
