"""Merge strategies: pure rules that fold volunteers' updates into the run's weights."""

from webnn.core.merging.apply import merge_anew, merge_into, taken_whole
from webnn.core.merging.base import Contribution, MergeSpec, State, Strategy, Wants
from webnn.core.merging.registry import make_strategy, merge_schema

__all__ = [
    "Contribution",
    "MergeSpec",
    "State",
    "Strategy",
    "Wants",
    "make_strategy",
    "merge_anew",
    "merge_into",
    "merge_schema",
    "taken_whole",
]
