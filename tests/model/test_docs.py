"""docs/models.md and docs/datasets.md say what the code takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from webnn.data.loading import load_dataset
from webnn.model import model_schema, parse_model
from webnn.model.data_schema import LOADERS, STEPS
from webnn.model.fit import check_fit
from webnn.model.layers import LAYERS
from webnn.model.vocabulary import ACTIVATIONS, CONSTRAINTS, INITIALIZERS, LOSSES, OPTIMIZERS, REGULARIZERS

SHARED = {"labelNames", "licence", "source", "validation", "test", "input"}
DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def keys(properties: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the keys of a model file with their schemas, down to the sections of `training` and `validation`."""
    for name, schema in properties.items():
        yield f"{prefix}{name}", schema
        if schema.get("type") == "object":
            yield from keys(schema["properties"], f"{prefix}{name}.")


def options(properties: dict[str, Any], required: tuple[str, ...] = ()) -> str:
    """Write options as the tables do: a required one alone and bold, any other with its default."""
    parts = []
    for name, schema in properties.items():
        if name in required:
            parts.append(f"**`{name}`**")
        elif "default" in schema:
            parts.append(f"`{name}` = {json.dumps(schema['default'])}")
        else:
            parts.append(f"`{name}`")
    return ", ".join(parts) or "none"


def test_every_key_has_a_row_with_its_default() -> None:
    text = page("models.md")
    properties: Any = model_schema()["properties"]
    for path, schema in keys(properties):
        row = re.search(rf"^\| `{re.escape(path)}` \| (.*?) \| .+ \|$", text, re.MULTILINE)
        assert row, f"docs/models.md has no row for {path}"
        if "default" in schema:
            assert row[1] == f"`{json.dumps(schema['default'])}`", path
    documented = re.findall(r"^\| `([\w.$]+)` \| .* \| .+ \|$", text, re.MULTILINE)
    known = {path for path, _ in keys(properties)}
    assert set(documented) <= known


def test_every_layer_and_option_has_a_row() -> None:
    text = page("models.md")
    for name, kind in LAYERS.items():
        assert f"| `{name}` | {options(dict(kind.arguments), kind.required)} |\n" in text
    for table in (INITIALIZERS, REGULARIZERS, CONSTRAINTS, OPTIMIZERS):
        for name, known in table.items():
            assert f"| `{name}` | {options(dict(known))} |\n" in text
    for word in (*ACTIVATIONS, *LOSSES):
        assert f"`{word}`" in text
    rules: Any = model_schema()["properties"]
    for name in rules["merge"]["anyOf"][1]["properties"]:
        assert f"`{name}`" in text


def test_the_examples_of_the_models_page_are_good() -> None:
    examples = blocks(page("models.md"), "json")
    assert len(examples) >= 2
    for example in examples:
        parse_model(json.loads(example), "docs/models.md", topology={})


def test_the_models_of_the_datasets_page_are_good() -> None:
    examples = blocks(page("datasets.md"), "json")
    assert len(examples) == 3
    for example in examples:
        parse_model(json.loads(example), "docs/datasets.md")


def test_every_loader_and_step_has_a_row_with_its_options() -> None:
    text = page("datasets.md")
    tables: list[Mapping[str, Any]] = [LOADERS, STEPS]
    for table in tables:
        for name, schema in table.items():
            row = re.search(rf"^\| `{name}` \| .*\|$", text, re.MULTILINE)
            assert row, name
            for option in set(schema["properties"]) - SHARED:
                assert f"`{option}`" in row[0], (name, option)


def test_the_example_of_the_datasets_page_loads_and_trains_the_page_s_model(tmp_path: Path) -> None:
    text = page("datasets.md")
    module = next(block for block in blocks(text, "python") if "spirals" in block)
    model = next(block for block in blocks(text, "json") if "spirals" in block)
    (tmp_path / "spirals.py").write_text(module)
    loaded = load_dataset("spirals", [tmp_path], {"points": 50}, tmp_path / "data")
    assert len(loaded.dataset.train) > len(loaded.dataset.validation) > 0
    check_fit(parse_model(json.loads(model), "docs/datasets.md"), loaded.description)
