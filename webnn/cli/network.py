"""Which address others reach this machine by, and whether a person sits before it."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping

EVERYWHERE = ("0.0.0.0", "::", "")


def lan_address() -> str | None:
    """The address of this machine in its local network; None where there is no network. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.254.254.254", 9))  # a datagram socket only chooses a route
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") or address == "0.0.0.0" else address


def has_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser opened here would be seen: not over SSH, not in CI, and a screen on Linux."""
    if environment.get("SSH_CONNECTION") or environment.get("CI"):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY") or environment.get("WSL_DISTRO_NAME"))
