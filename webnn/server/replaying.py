"""Replaying a recorded run: the same events again, to the same weights, or to the first that differ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, takewhile
from pathlib import Path
from typing import Any

from webnn.core.effects import Adopt, Effect, Grant, Merge, Settle
from webnn.core.errors import WebNNError
from webnn.core.events import MergeDone
from webnn.core.frames import Frame
from webnn.core.schedule import Schedule, parse_schedule
from webnn.server.event_log import Life, Recorded, decode_event, decode_life, digest
from webnn.server.keeping import CHECKPOINT_FOLDER
from webnn.server.resuming import make_engine, restored_run
from webnn.store.checkpoint import read_checkpoint
from webnn.store.recording import read_frames, recordings


@dataclass(frozen=True, slots=True)
class Replay:
    """How a replay ended. `difference` None: every merge made the weights that it made then."""

    lives: int
    events: int
    merges: int
    version: int
    hash: str
    difference: str | None = None

    @property
    def identical(self) -> bool:
        return self.difference is None


class _Difference(Exception):
    """The first thing that came out otherwise, in words."""


def replay_run(folder: Path, progress: Callable[[int], None] = lambda _: None) -> Replay:
    """Replay every life of the run in `folder`. Blocks; `progress` gets the number of merges so far.

    Raises `WebNNError("no_recording")` where there is no recording.
    """
    paths = recordings(folder)
    if not paths:
        raise WebNNError(
            "no_recording", f"The run {folder.name} was not recorded: `wnn train --record` records from the start."
        )
    return asyncio.run(_replay(folder, paths, progress))


async def _replay(folder: Path, paths: list[Path], progress: Callable[[int], None]) -> Replay:
    schedule = _schedule(folder)
    known: dict[int, str] = {}
    events = merges = version = 0
    newest = ""
    for number, path in enumerate(paths):
        try:
            player = _Player(path, schedule)
            if player.life.checkpoint is not None and number > 0:
                player.check_start(known)
            start = player.start
            known[start[0]] = newest = start[1]
            async for made, weights_hash in player:
                known[made] = newest = weights_hash
                version = made
                merges += 1
                progress(merges)
            events += player.events
        except (_Difference, WebNNError, KeyError, TypeError, ValueError) as error:
            words = str(error) if isinstance(error, _Difference) else f"it is damaged: {error}"
            return Replay(number + 1, events, merges, version, newest, f"{path.name}: {words}")
    return Replay(len(paths), events, merges, version, newest, _check_end(folder, known))


def _check_end(folder: Path, known: dict[int, str]) -> str | None:
    """Say how the newest checkpoint differs from what replaying made; None when it does not."""
    checkpoint = read_checkpoint(folder / CHECKPOINT_FOLDER)
    if checkpoint is None:
        return None
    version = checkpoint.manifest["version"]
    if version not in known:
        return f"the newest checkpoint is of version {version}, which the recording does not come to"
    if known[version] != digest(checkpoint.weights):
        return f"the newest checkpoint, of version {version}, has other weights than replaying makes"
    return None


def _schedule(folder: Path) -> Schedule:
    try:
        model: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))["model"]
    except (OSError, ValueError, KeyError) as error:
        raise WebNNError("no_recording", f"{folder / 'config.json'} cannot be read: {error}.") from error
    training = model.get("training", {})
    stop = training.get("stop", {})
    return parse_schedule(
        training.get("schedule", "constant"), epochs=stop.get("epochs"), iterations=stop.get("iterations")
    )


class _Player:
    """One life of a run, played again."""

    def __init__(self, path: Path, schedule: Schedule) -> None:
        self._frames = read_frames(path)
        self.events = 0
        self._leased: dict[str, int] = {}
        self._awaited: Merge | None = None
        self.life, first = self._begin(schedule)
        self._frames = chain(first, self._frames)
        life = self.life
        self._run = restored_run(
            life.config, life.checkpoint, life.incarnation, life.known, life.state, changes=life.changes
        )
        self._engine = make_engine(self._run, life.checkpoint, life.weights)

    def _begin(self, schedule: Schedule) -> tuple[Life, list[Frame]]:
        head = next(self._frames, None)
        if head is None or head.type != "life":
            raise _Difference("it does not begin as a recording does")
        rest: list[Frame] = []

        def is_array(frame: Frame) -> bool:
            if frame.type != "array":
                rest.append(frame)
            return frame.type == "array"

        arrays = list(takewhile(is_array, self._frames))
        return decode_life(head, arrays, schedule), rest

    def check_start(self, known: dict[int, str]) -> None:
        """Whether the checkpoint that this life began from has the weights that replaying made for its version."""
        version = self._run.returned_to
        if version in known and known[version] != digest(self._engine.newest.weights):
            raise _Difference(f"the checkpoint of version {version} has other weights than replaying makes")

    @property
    def start(self) -> tuple[int, str]:
        """The version that this life begins with, and what it is."""
        return self._engine.newest.version, digest(self._engine.newest.weights)

    async def __aiter__(self) -> Any:
        for recorded in self._recorded():
            made = await self._play(recorded)
            if made is not None:
                yield made

    def _recorded(self) -> Iterator[Recorded]:
        for frame in self._frames:
            yield decode_event(frame)

    async def _play(self, recorded: Recorded) -> tuple[int, str] | None:
        """Handle one event; the version that it made and its hash, if it is a merge's end."""
        self.events += 1
        made = None
        if isinstance(recorded.event, MergeDone):
            made = await self._merge(recorded.event.version, recorded)
        try:
            effects = self._run.handle(recorded.event, recorded.now)
        except WebNNError:
            return None  # the run refused it then too
        except ValueError as error:
            raise _Difference(f"event {self.events} ({type(recorded.event).__name__}): {error}") from error
        await self._perform(effects)
        if made is not None:
            self._engine.retain(self._needed())
        return made

    async def _merge(self, version: int, recorded: Recorded) -> tuple[int, str]:
        awaited, self._awaited = self._awaited, None
        if awaited is None or awaited.version != version:
            asked = "none" if awaited is None else str(awaited.version)
            raise _Difference(f"version {version} was merged then; replaying asks for {asked}")
        snapshot = await self._engine.merge(awaited.version, awaited.iterations, awaited.contributions)
        made = digest(snapshot.weights)
        if made != recorded.hash:
            raise _Difference(
                f"version {version} (event {self.events}, at {recorded.now:.3f} s) has other weights:"
                f" {made[:16]} now, {(recorded.hash or 'none')[:16]} then"
            )
        return version, made

    async def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Grant(lease):
                    self._leased[lease.lease_id] = lease.version
                case Settle(lease_id=lease_id):
                    self._leased.pop(lease_id, None)
                case Merge():
                    self._awaited = effect
                case Adopt(strategy):
                    await self._engine.adopt(strategy)
                case _:
                    pass

    def _needed(self) -> set[int]:
        """The versions that leases start from; all since the oldest of them where merging looks back."""
        leased = set(self._leased.values())
        if leased and self._run.strategy.needs_base:
            leased.update(range(min(leased), self._run.version))
        return leased
