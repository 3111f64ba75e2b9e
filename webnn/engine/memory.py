"""A strategy's memory that checkpoints are taken of: frozen at once, and copied by the next merge, not before it."""

from __future__ import annotations

import asyncio
import weakref

import numpy as np

from webnn.core.merging.base import State
from webnn.engine.base import Frozen, Snapshot

MAX_SPARES = 2
"""Sets of arrays kept for the next copies: one for a checkpoint, one for a version that may be the best."""


class Memory:
    """Arrays that merges change in place, unless someone still holds them frozen: then a merge goes on in a copy.

    Copying into memory that was never used takes longer than into memory that was, so spare arrays are made ready when
    something is frozen, in a thread, and those that nobody holds any more are used again.
    """

    def __init__(self, state: State, *, inline: bool) -> None:
        self.state = state
        self._inline = inline
        self._frozen: weakref.ref[Frozen] | None = None
        self._spares: list[State] = []
        self._readying: asyncio.Task[None] | None = None

    def freeze(self, snapshot: Snapshot) -> Frozen:
        """Keep the arrays as they are now, with the `snapshot` that they belong to; takes no time.

        Not to be called while a merge is under way.
        """
        frozen = None if self._frozen is None else self._frozen()
        if frozen is not None and frozen.snapshot is snapshot:
            return frozen
        frozen = Frozen(snapshot, self.state)
        self._frozen = weakref.ref(frozen)
        weakref.finalize(frozen, _take_back, weakref.ref(self), self.state).atexit = False
        if self.state and not self._spares and not self._inline and self._readying is None:
            self._readying = asyncio.create_task(self._make_ready())
        return frozen

    async def ready(self) -> None:
        """Wait for spare arrays that are being made ready."""
        if self._readying is not None:
            await asyncio.shield(self._readying)

    def writable(self) -> State:
        """The arrays for a merge to change; blocks for as long as it takes to copy them, if they are held frozen."""
        frozen = None if self._frozen is None else self._frozen()
        if frozen is not None:
            spare = self._spares.pop() if self._spares else _like(self.state)
            for name, array in self.state.items():
                np.copyto(spare[name], array)
            self.state = spare
        self._frozen = None
        return self.state

    def take_back(self, state: State) -> None:
        """Use arrays again that nobody holds frozen any more, unless they are still the ones that merges change."""
        if state is not self.state and len(self._spares) < MAX_SPARES:
            self._spares.append(state)

    async def _make_ready(self) -> None:
        try:
            self._spares.append(await asyncio.to_thread(_like, self.state, touch=True))
        finally:
            self._readying = None


def _take_back(memory: weakref.ref[Memory], state: State) -> None:
    found = memory()
    if found is not None:
        found.take_back(state)


def _like(state: State, *, touch: bool = False) -> State:
    """Make arrays of the same shapes; `touch`: written to, so that the system has given the memory."""
    made = {name: np.empty_like(array) for name, array in state.items()}
    if touch:
        for array in made.values():
            array.fill(0)
    return made
