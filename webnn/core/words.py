"""Help with words: misspelt ones, and those that are counted."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word most like `word` (case set aside); None when nothing is close."""
    by_lower = {name.lower(): name for name in known}
    matches = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End an error's sentence with ' Did you mean "x"?', or with what is known when nothing is close."""
    names = list(known)
    match = nearest(word, names)
    if match is not None:
        return f' Did you mean "{match}"?'
    return f" Known are: {', '.join(sorted(names))}." if names else ""


def count(number: float, noun: str) -> str:
    """(1, "volunteer") -> "1 volunteer"; (1200, "merge") -> "1,200 merges"."""
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"
