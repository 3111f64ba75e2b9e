"""A volunteer's connection, in virtual time: latency, and bytes that queue behind each other in each direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webnn.sim.agenda import Agenda
from webnn.sim.population import Device

MESSAGE_BYTES = 250
"""A frame without a payload, about: header, WebSocket and TCP."""


class Link:
    """Carries things both ways, in order; what is on its way when the link is `cut` never arrives."""

    def __init__(self, agenda: Agenda, device: Device) -> None:
        self._agenda = agenda
        self._device = device
        self._free_up = 0.0
        self._free_down = 0.0
        self._connection = 0
        self.bytes_up = 0
        self.bytes_down = 0

    def cut(self) -> None:
        self._connection += 1
        self._free_up = self._free_down = 0.0

    def up(self, num_bytes: int, action: Callable[..., Any], *args: Any) -> None:
        """Send to the server; `action(*args)` happens there."""
        self.bytes_up += num_bytes
        self._free_up = max(self._free_up, self._agenda.now) + num_bytes / self._device.upload
        self._agenda.at(self._free_up + self._device.latency, self._arrive, self._connection, action, args)

    def down(self, num_bytes: int, action: Callable[..., Any], *args: Any) -> None:
        """Send to the volunteer."""
        self.bytes_down += num_bytes
        self._free_down = max(self._free_down, self._agenda.now) + num_bytes / self._device.download
        self._agenda.at(self._free_down + self._device.latency, self._arrive, self._connection, action, args)

    def request(self, num_bytes: int) -> float:
        """Ask for `num_bytes` by HTTP, beside the socket; returns when the last of them is here."""
        self.bytes_up += MESSAGE_BYTES
        self.bytes_down += num_bytes
        asked = self._agenda.now + MESSAGE_BYTES / self._device.upload + self._device.latency
        self._free_down = max(self._free_down, asked) + num_bytes / self._device.download
        return self._free_down + self._device.latency

    def _arrive(self, connection: int, action: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        return action(*args) if connection == self._connection else None
