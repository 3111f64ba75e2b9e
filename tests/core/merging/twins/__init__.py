"""The merge rules once more, one number at a time, as oracles: to be read beside the papers, not to be fast.

`merge(weights, updates, memory, t, options)` returns the new weights; `memory` is a dict that it may change, empty at
first. Options are named as in a model file, and absent where the default is meant.
"""

from tests.core.merging.twins.update import Update

__all__ = ["Update"]
