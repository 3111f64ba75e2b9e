"""Who volunteers: the described population, and the devices drawn from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean

LIES = ("noise", "random", "sign", "nan", "huge", "scaled", "labels", "little", "base", "stale")
"""What a liar sends: random numbers as large as its work, random weights as large as the model's, its work turned
round, NaN, its work a thousandfold or a millionfold, what it learns from false labels, what all liars agreed on (a
little is enough: Baruch 2019, arXiv 1902.06156), the base without any work, or an old update again.
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity that is the same everywhere (`low` = `high`), or log-uniform between two values: `"0.1:1"`."""

    low: float
    high: float

    @classmethod
    def parse(cls, value: object, name: str, *, zero: bool = False) -> Self:
        """Read a number, or `"LOW:HIGH"`. Raises `WebNNError("settings")`."""
        try:
            ends = [float(end) for end in str(value).split(":")]
        except ValueError:
            ends = []
        low, high = (ends * 2)[:2] if ends else (math.nan, math.nan)
        if (
            isinstance(value, bool)
            or len(ends) > 2
            or not 0 <= low <= high < math.inf
            or (low == 0 < (high or not zero))
        ):
            raise WebNNError("settings", f'{name} must be a positive number or "LOW:HIGH", not {value!r}.')
        return cls(low, high)

    def at(self, share: float) -> float:
        """The value that `share` (0 to 1) of the population is not above."""
        return self.low if self.low == self.high else float(self.low * (self.high / self.low) ** share)


@dataclass(frozen=True, slots=True)
class Device:
    """One virtual volunteer. Times are seconds (`latency` one way), bandwidths bytes a second.

    `drop_rate` is the chance of a drop-out in a second, `return_seconds` how long it stays away then (None: for good);
    `naps`: it sends each update so many seconds late, now and then; `lie` one of `LIES`, or None.
    """

    volunteer_id: str
    seconds_per_iteration: float
    latency: float
    upload: float
    download: float
    joins_at: float = 0.0
    drop_rate: float = 0.0
    return_seconds: Spread | None = None
    naps: Spread | None = None
    lie: str | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Population:
    """What `--population FILE` describes; each field is a key of that file in camelCase, and of `--device KEY=VALUE`.

    The defaults are those of the project's benchmarks: 180 ms a step, 50 ms one way, 20 Mbit/s each way. `share` is the
    part of its time that each device trains, as its owner asks for; it rests in between. `jitter` is the relative
    standard deviation of each lease's time. The speeds of a spread are dealt out evenly over its
    logarithm, in random order. `dropOutsPerHour` is the share of the volunteers that leaves in an hour, `lateShare` of
    them join within `lateSeconds`, `staleShare` are phones that sleep `staleSeconds` before sending one update in four,
    `liarShare` send what `lie` says.
    """

    seconds_per_iteration: Spread = field(default_factory=lambda: Spread(0.18, 0.18))
    share: float = 1.0
    jitter: float = 0.0
    latency_seconds: Spread = field(default_factory=lambda: Spread(0.05, 0.05))
    upload_mbit: Spread = field(default_factory=lambda: Spread(20.0, 20.0))
    download_mbit: Spread = field(default_factory=lambda: Spread(20.0, 20.0))
    drop_outs_per_hour: float = 0.0
    return_seconds: Spread | None = field(default_factory=lambda: Spread(5.0, 60.0))
    late_share: float = 0.0
    late_seconds: Spread = field(default_factory=lambda: Spread(1.0, 60.0))
    stale_share: float = 0.0
    stale_seconds: Spread = field(default_factory=lambda: Spread(2.0, 20.0))
    liar_share: float = 0.0
    lie: str = "noise"
    first_shard: bool = True

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Device, ...]:
        """Draw `count` devices. Late, stale and lying ones are different volunteers where there are enough."""
        places = (rng.permutation(count) + 0.5) / count
        order = rng.permutation(count)
        lots = rng.random((count, 4))
        late, stale, liars = self._ranks(count)
        devices = []
        for i in range(count):
            rank = int(order[i])
            device = Device(
                volunteer_id=f"v{i:05d}",
                seconds_per_iteration=self.seconds_per_iteration.at(places[i]),
                latency=self.latency_seconds.at(lots[i, 0]),
                upload=self.upload_mbit.at(lots[i, 1]) * 125_000,
                download=self.download_mbit.at(lots[i, 2]) * 125_000,
                drop_rate=-math.log1p(-self.drop_outs_per_hour) / 3600,
                return_seconds=self.return_seconds,
                joins_at=self.late_seconds.at(lots[i, 3]) if count - 1 - rank < late else 0.0,
                naps=self.stale_seconds if liars <= rank < liars + stale else None,
                lie=self.lie if rank < liars else None,
                share=self.share,
            )
            devices.append(device)
        return tuple(devices)

    def _ranks(self, count: int) -> tuple[int, int, int]:
        return tuple(round(share * count) for share in (self.late_share, self.stale_share, self.liar_share))  # type: ignore[return-value]

    def describe(self) -> dict[str, Any]:
        """Write it as a population file has it."""
        return {_camel(f.name): _plain(getattr(self, f.name)) for f in fields(self)}


def read_population(file: Path | None, settings: Sequence[str] = ()) -> Population:
    """Read a population file (JSON), and lay `KEY=VALUE` settings over it. Raises `WebNNError("settings")`."""
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise WebNNError("settings", f"The population {file} cannot be read: {error}.") from error
        if not isinstance(values, dict):
            raise WebNNError("settings", f"The population {file} must be a JSON object.")
    for setting in settings:
        key, separator, text = setting.partition("=")
        if not separator:
            raise WebNNError("settings", f'"{setting}" is not a setting: write KEY=VALUE, as in latencySeconds=0.1.')
        values[key.strip()] = _read(text.strip())
    return parse_population(values)


def parse_population(values: Mapping[str, Any]) -> Population:
    """Check what a population file says. Raises `WebNNError("settings")` with the key and the nearest known one."""
    known = {_camel(f.name): f.name for f in fields(Population)}
    changes: dict[str, Any] = {}
    for key, value in values.items():
        name = known.get(key)
        if name is None:
            raise WebNNError("settings", f'population: there is no "{key}".{did_you_mean(key, known)}')
        changes[name] = _checked(key, name, value)
    return replace(Population(), **changes)


def _checked(key: str, name: str, value: object) -> object:
    default = getattr(Population(), name)
    if name == "return_seconds" and value is None:
        return None
    if isinstance(default, Spread):
        return Spread.parse(value, key, zero=name == "latency_seconds")
    if isinstance(default, bool):
        good, wanted = isinstance(value, bool), "true or false"
    elif isinstance(default, str):
        good, wanted = value in LIES, f"one of {', '.join(LIES)}"
    elif name == "share":
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1
        wanted = "a number above 0, at most 1"
    else:
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1
        wanted = "a number from 0 to less than 1"
    if not good:
        raise WebNNError("settings", f"{key} must be {wanted}, not {value!r}.")
    return value


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _plain(value: object) -> object:
    if isinstance(value, Spread):
        return value.low if value.low == value.high else f"{value.low:g}:{value.high:g}"
    return value
