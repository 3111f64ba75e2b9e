"""Helpers that several tests share; on the import path by `pythonpath` in pyproject.toml."""
