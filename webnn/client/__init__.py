"""A client of a WebNN server: everything that an owner can ask of it, over its REST API."""

from webnn.client.client import Client

__all__ = ["Client"]
