"""What the rules of 2018 have in common."""

from __future__ import annotations

from typing import ClassVar

from webnn.core.merging.base import Wants
from webnn.core.merging.defaults import Defaults


class Eager(Defaults):
    """Merges each volunteer's weights as they come, keeps no memory, and takes a lone volunteer's weights whole."""

    wants: ClassVar[Wants] = Wants.WEIGHTS
    takes_whole: ClassVar[bool] = True
