"""Merge strategies: pure rules that fold volunteers' updates into the run's weights."""
