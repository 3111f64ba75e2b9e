"""WebNN: train one neural network in many volunteers' browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webnn.client import Client

__version__ = "0.1.0"
__all__ = ["Client", "__version__"]


def __getattr__(name: str) -> Any:
    """Import what is used of the package when it is used."""
    if name == "Client":
        from webnn.client import Client  # noqa: PLC0415 (`import webnn` costs nothing)

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
