"""Robust reducers: what turns the contributions of one merge into ones that a few liars among them cannot steer.

A reducer stands beside any merge rule (`"robust"` beside `"merge"` in a model file) and works before it: the rule then
merges what the reducer made of the contributions.
"""

from webnn.core.robust.base import Piece, Reducer
from webnn.core.robust.registry import make_reducer, make_robust, robust_schema
from webnn.core.robust.strategy import Robust

__all__ = ["Piece", "Reducer", "Robust", "make_reducer", "make_robust", "robust_schema"]
