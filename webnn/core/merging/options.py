"""Checking the options of a merge rule, as an owner wrote them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean


def refuse_unknown(
    rule: str, options: Mapping[str, object], known: tuple[str, ...] = (), section: str = "merge"
) -> None:
    """Raise `WebNNError("settings")` for an option that `rule` does not have; `section` of the model file names it."""
    for key in options:
        if key not in known:
            hint = did_you_mean(key, known) if known else " It takes no options."
            raise WebNNError("settings", f'{section}.{rule} has no option "{key}".{hint}')


@dataclass(frozen=True, slots=True)
class Number:
    """An option that is a number: at least `lowest` (more than it, if `above`), at most `highest`.

    `default` None: an owner may leave it out, and the rule then finds its own value.
    """

    default: float | None
    lowest: float
    highest: float
    above: bool = False
    what: str = ""

    def schema(self) -> dict[str, object]:
        """Describe the option as JSON Schema."""
        low = "exclusiveMinimum" if self.above else "minimum"
        schema: dict[str, object] = {"type": "number", low: self.lowest, "maximum": self.highest}
        return _described(schema, self.default, self.what)

    @property
    def wanted(self) -> str:
        return f"a number {'above' if self.above else 'of at least'} {self.lowest:g} and at most {self.highest:g}"

    def allows(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return False
        return (self.lowest < value if self.above else self.lowest <= value) and value <= self.highest


@dataclass(frozen=True, slots=True)
class Whole:
    """An option that is a whole number from `lowest` to `highest`. `default` as for `Number`."""

    default: int | None
    lowest: int
    highest: int
    what: str = ""

    def schema(self) -> dict[str, object]:
        """Describe the option as JSON Schema."""
        schema: dict[str, object] = {"type": "integer", "minimum": self.lowest, "maximum": self.highest}
        return _described(schema, self.default, self.what)

    @property
    def wanted(self) -> str:
        return f"a whole number from {self.lowest} to {self.highest}"

    def allows(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.lowest <= value <= self.highest


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that is one of `choices`, the first of them when an owner leaves it out."""

    choices: tuple[str, ...]
    what: str = ""

    def schema(self) -> dict[str, object]:
        """Describe the option as JSON Schema."""
        return _described({"enum": [str(choice) for choice in self.choices]}, str(self.choices[0]), self.what)

    @property
    def default(self) -> str:
        return self.choices[0]

    @property
    def wanted(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def allows(self, value: object) -> bool:
        return isinstance(value, str) and value in self.choices


Option = Number | Whole | Choice


class Options:
    """The options of one rule as an owner gave them, checked against what the rule declares.

    Raises `WebNNError("settings")` with the option, its value and what was wanted.
    """

    def __init__(
        self, rule: str, given: Mapping[str, object], declared: Mapping[str, Option], *, section: str = "merge"
    ) -> None:
        refuse_unknown(rule, given, tuple(declared), section)
        self._rule = f"{section}.{rule}"
        self._declared = declared
        for key, value in given.items():
            if not declared[key].allows(value):
                raise self.wrong(key, value, declared[key].wanted)
        self._values = {key: given.get(key, option.default) for key, option in declared.items()}

    def wrong(self, key: str, value: object, wanted: str) -> WebNNError:
        return WebNNError("settings", f"{self._rule}.{key} must be {wanted}, not {value!r}.")

    def number(self, key: str) -> float:
        value = self.number_or_none(key)
        assert value is not None
        return value

    def number_or_none(self, key: str) -> float | None:
        value = self._values[key]
        assert value is None or isinstance(value, int | float)
        return None if value is None else float(value)

    def whole(self, key: str) -> int:
        value = self.whole_or_none(key)
        assert value is not None
        return value

    def whole_or_none(self, key: str) -> int | None:
        value = self._values[key]
        assert value is None or isinstance(value, int)
        return value

    def word(self, key: str) -> str:
        value = self._values[key]
        assert isinstance(value, str)
        return value


def _described(schema: dict[str, object], default: object, what: str) -> dict[str, object]:
    if default is not None:
        schema["default"] = default
    if what:
        schema["description"] = what
    return schema
