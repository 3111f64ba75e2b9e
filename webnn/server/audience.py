"""Everyone who is connected to one run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from webnn.core.frames import encode_frame
from webnn.core.messages import Role, live
from webnn.server.connection import Connection
from webnn.server.metrics import History
from webnn.server.rounds import Round


class Audience:
    """The connections of a run: at most one for each volunteer, any number of watchers."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._volunteers: dict[str, Connection] = {}
        self._watchers: set[Connection] = set()
        self._strangers: set[Connection] = set()
        self._status: Mapping[str, Any] = {}
        self._counts = (0, 0)  # of validations and training points, when `live` was last begun to be sent
        self._live_frames: dict[tuple[int, ...], bytes] = {}
        self._versions = Round()
        self._figures = Round()
        self._empty = asyncio.Event()
        self._empty.set()
        self.elsewhere: Callable[[], str | None] = lambda: None
        """Another run that needs the help of one who goes wherever it is needed."""

    def __iter__(self) -> Iterator[Connection]:
        return iter([*self._volunteers.values(), *self._watchers])

    def __len__(self) -> int:
        return len(self._volunteers) + len(self._watchers)

    @property
    def volunteers(self) -> list[Connection]:
        return list(self._volunteers.values())

    @property
    def watchers(self) -> list[Connection]:
        return list(self._watchers)

    def volunteer(self, volunteer_id: str) -> Connection | None:
        """The connection of a volunteer, unless it is being closed."""
        connection = self._volunteers.get(volunteer_id)
        return connection if connection is not None and connection.closing is None else None

    def meet(self, connection: Connection) -> None:
        """Know of a connection that has not said who it is."""
        self._empty.clear()
        self._strangers.add(connection)

    def add(self, connection: Connection) -> None:
        """Let a connection in that was met. An older one of the same volunteer is closed as `replaced`."""
        self._strangers.discard(connection)
        if connection.role is Role.WATCHER:
            self._watchers.add(connection)
            return
        older = self._volunteers.get(connection.volunteer_id)
        self._volunteers[connection.volunteer_id] = connection
        if older is not None:
            older.close("replaced")

    def remove(self, connection: Connection) -> bool:
        """Let a connection go. True when a volunteer has none left with it."""
        self._strangers.discard(connection)
        self._watchers.discard(connection)
        was_last = self._volunteers.get(connection.volunteer_id) is connection
        if was_last:
            del self._volunteers[connection.volunteer_id]
        if not self._volunteers and not self._watchers and not self._strangers:
            self._empty.set()
        return was_last

    def start_over(self) -> None:
        """Note that the history has been replaced: its newest points are news to nobody."""
        self._counts = self._count()
        for connection in self:
            connection.seen_validations, connection.seen_training = self._counts

    async def wait_empty(self) -> None:
        """Return when nobody is connected."""
        await self._empty.wait()

    def close(self, code: str, message: str | None = None, reconnect_seconds: float | None = None) -> None:
        """Close every connection with a reason, strangers' too."""
        for connection in [*self, *self._strangers]:
            connection.close(code, message, reconnect_seconds)

    def close_volunteers(self, code: str, message: str | None = None) -> None:
        """Close the connections of all who train."""
        for connection in self._volunteers.values():
            self.dismiss(connection, code, message)

    def dismiss(self, connection: Connection, code: str, message: str | None = None) -> None:
        """Close the connection of one who trains; who goes wherever help is needed is told where, if it is."""
        run = None if connection.bound or connection.closing is not None else self.elsewhere()
        if run is None:
            connection.close(code, message)
        else:
            connection.close("moved", reconnect_seconds=0.0, run=run)

    def tell_all(self, header: Mapping[str, Any]) -> None:
        """Send one message to everyone, encoded once."""
        frame = encode_frame(header)
        for connection in self:
            connection.send(frame)

    @property
    def announcing(self) -> bool:
        """Whether some volunteers have yet to be told of the last version that was announced."""
        return self._versions.going_on

    def announce(self, make: Callable[[], bytes]) -> None:
        """Send volunteers what `make` returns when their turn comes: the newest version then."""
        self._versions.begin(self._volunteers.values(), lambda connection: connection.send_latest("version", make))

    def show(self, status: Mapping[str, Any], *, to_volunteers: bool) -> None:
        """Send `live` to watchers, and to volunteers too if asked, unless they are still being told the last one: each
        gets the points that it has not seen.
        """
        self._set(status)
        for connection in self._watchers:
            self._show(connection)
        if to_volunteers and not self._figures.going_on:
            self._figures.begin(self._volunteers.values(), self._show)

    def show_all(self, status: Mapping[str, Any]) -> None:
        """Send `live` to everyone at once."""
        self._figures.stop()
        self._set(status)
        for connection in self:
            self._show(connection)

    def stop(self) -> None:
        """Tell nobody else of what all are being told."""
        self._versions.stop()
        self._figures.stop()

    def _set(self, status: Mapping[str, Any]) -> None:
        self._status = status
        self._counts = self._count()
        self._live_frames.clear()

    def _count(self) -> tuple[int, int]:
        return self._history.validation.count, self._history.training.count

    def _show(self, connection: Connection) -> None:
        connection.send_latest("live", partial(self._live_frame, connection))

    def _live_frame(self, connection: Connection) -> bytes:
        seen = (connection.seen_validations, connection.seen_training)
        connection.seen_validations, connection.seen_training = map(max, seen, self._counts)
        frame = self._live_frames.get(seen)
        if frame is None:
            series = (self._history.validation, self._history.training)
            points = (each.news(*counts) for each, *counts in zip(series, seen, self._counts, strict=True))
            frame = self._live_frames[seen] = encode_frame(live(self._status, *points))
        return frame
