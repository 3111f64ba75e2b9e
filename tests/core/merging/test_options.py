"""The options of the rules, as an owner writes them, and the schema that describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.core.merging.strategies import CASES, Case
from webnn.core.errors import WebNNError
from webnn.core.merging import MergeSpec, make_strategy, merge_schema, registry
from webnn.core.merging.average import Average
from webnn.core.merging.registry import ENTRY_POINTS, Rule

WRONG: list[tuple[str, dict[str, object]]] = [
    ("copy", {"by": "looks"}),
    ("fedavg", {"quorum": 0}),
    ("fedavg", {"quorum": 2.5}),
    ("fedavg", {"seconds": 0}),
    ("fedavg", {"match": "weight"}),
    ("fedavg", {"iterations": True}),
    ("sync-sgd", {"backup": -1}),
    ("sync-sgd", {"momentum": 1}),
    ("sync-sgd", {"iterations": None}),
    ("downpour", {"optimizer": "adam"}),
    ("downpour", {"learningRate": 0}),
    ("downpour", {"nPush": 0}),
    ("dc-asgd", {"lambda": -1}),
    ("dc-asgd", {"decay": "0.9"}),
    ("fedasync", {"alpha": 0}),
    ("fedasync", {"alpha": 1.5}),
    ("fedasync", {"staleness": "linear"}),
    ("fedbuff", {"size": 0}),
    ("fedbuff", {"rate": float("nan")}),
    ("diloco", {"momentum": 1.0}),
    ("diloco-async", {"activation": 2}),
]


@pytest.mark.parametrize(("name", "options"), WRONG)
def test_a_value_out_of_range_is_refused_by_the_rule(name: str, options: dict[str, object]) -> None:
    with pytest.raises(WebNNError, match=f"merge.{name}.{next(iter(options))} must be") as caught:
        make_strategy(MergeSpec(name, options))
    assert caught.value.code == "settings"


@pytest.mark.parametrize(("name", "options"), [each for each in WRONG if "rate" not in each[1]])
def test_a_value_out_of_range_is_refused_by_the_schema(name: str, options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(merge_schema()[name]).validate(options)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_schema_takes_what_the_rule_takes(case: Case) -> None:
    Draft202012Validator(merge_schema()[case.name]).validate(case.options)


@pytest.mark.parametrize("name", sorted({case.name for case in CASES}))
def test_the_defaults_in_the_schema_are_the_rules_own(name: str) -> None:
    schema: Any = merge_schema()[name]
    Draft202012Validator.check_schema(schema)
    defaults = {key: option["default"] for key, option in schema["properties"].items() if "default" in option}
    assert make_strategy(MergeSpec(name, defaults)) == make_strategy(MergeSpec(name))


def test_a_misspelt_option_names_the_nearest() -> None:
    with pytest.raises(WebNNError, match=r'no option "quorom"\. Did you mean "quorum"'):
        make_strategy(MergeSpec("fedavg", {"quorom": 3}))


@dataclass(frozen=True)
class FakeEntryPoint:
    """What `importlib.metadata` gives for another package's rule."""

    name: str
    rule: Rule

    def load(self) -> Rule:
        return self.rule


@dataclass(frozen=True)
class Theirs(Average):
    """A rule of another package."""

    strength: object = None


@pytest.fixture
def another_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = [
        FakeEntryPoint("theirs", Rule(lambda options: Theirs(options.get("strength")), {"strength": {"minimum": 1}})),
        FakeEntryPoint("average", Rule(lambda options: Theirs(), {})),
    ]

    def entry_points(*, group: str) -> list[FakeEntryPoint]:
        return points if group == ENTRY_POINTS else []

    monkeypatch.setattr(registry, "entry_points", entry_points)
    registry._rules.cache_clear()
    yield
    registry._rules.cache_clear()


@pytest.mark.usefixtures("another_package")
def test_another_package_adds_a_rule_with_its_schema() -> None:
    assert make_strategy(MergeSpec("theirs", {"strength": 4})) == Theirs(4)
    assert merge_schema()["theirs"]["properties"] == {"strength": {"minimum": 1}}


@pytest.mark.usefixtures("another_package")
def test_another_package_cannot_replace_one_of_ours() -> None:
    assert type(make_strategy(MergeSpec("average"))) is Average


@pytest.mark.usefixtures("another_package")
def test_another_packages_rule_is_known_to_the_hints() -> None:
    with pytest.raises(WebNNError, match='Did you mean "theirs"'):
        make_strategy(MergeSpec("their"))
