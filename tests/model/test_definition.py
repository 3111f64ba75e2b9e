"""Model files become definitions with every default filled in; `--set` lays over them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from webnn.core.config import StopConditions
from webnn.core.errors import WebNNError
from webnn.core.merging import MergeSpec
from webnn.core.schedule import Constant, Cosine
from webnn.model import (
    ModelDefinition,
    apply_settings,
    list_models,
    load_model,
    model_schema,
    parse_model,
    published_schema,
    setting_paths,
)

MODELS = Path(__file__).parents[2] / "models"
LEAST = {"dataset": "digits", "layers": [{"flatten": {}}, {"dense": {"units": 10, "activation": "softmax"}}]}


def bundled(name: str) -> ModelDefinition:
    return load_model(name, [MODELS])


def complaint(definition: ModelDefinition, *settings: str) -> str:
    with pytest.raises(WebNNError) as caught:
        apply_settings(definition, settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unset_key_works(tmp_path: Path) -> None:
    (tmp_path / "least.json").write_text(json.dumps(LEAST))
    model = load_model("least", [tmp_path])
    assert (model.name, model.dataset, model.dataset_options) == ("least", "digits", {})
    assert (model.loss, model.metrics) == ("categoricalCrossentropy", ("accuracy",))
    assert model.optimizer == {"adam": {"learningRate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}}
    assert model.learning_rate == 0.001
    assert model.training.stop == StopConditions(epochs=20)
    assert model.training.schedule == Constant()
    assert (model.training.batch_size, model.training.lease_seconds, model.training.clip) == (64, 3.0, None)
    assert (model.validation.every_seconds, model.validation.every_versions, model.validation.examples) == (
        2,
        None,
        2000,
    )
    assert model.merge == MergeSpec("weighted")


def test_the_defaults_of_the_schema_are_those_that_are_used() -> None:
    """The schema's defaults, written out in a file, make the same definition as leaving them out."""
    spelled: dict[str, Any] = {**LEAST, "name": "model", "metrics": ["accuracy"]}
    properties: Any = model_schema()["properties"]
    for key in ("loss", "optimizer", "merge"):
        spelled[key] = properties[key]["default"]
    for key in ("training", "validation"):
        entries = properties[key]["properties"].items()
        spelled[key] = {name: entry["default"] for name, entry in entries if "default" in entry}
    plain, full = parse_model(LEAST, "x"), parse_model(spelled, "x")
    for field in ("loss", "metrics", "optimizer", "training", "validation", "merge"):
        assert getattr(plain, field) == getattr(full, field)


def test_the_bundled_models_are_as_described() -> None:
    assert sorted(list_models([MODELS])) == [
        "cifar10-resnet",
        "digits-autoencoder",
        "digits-cnn",
        "digits-mlp",
        "friedman-regression",
        "lenet5",
        "mnist-cnn",
        "mnist-mlp",
        "mnist-tanh",
        "series-lstm",
    ]
    for name, path in list_models([MODELS]).items():
        model = load_model(name, [MODELS])
        assert (model.name, model.path) == (path.stem, path)
        assert model.description
        assert model.source
    cnn = bundled("mnist-cnn")
    assert cnn.layers is not None
    assert [next(iter(layer)) for layer in cnn.layers] == [
        *("conv2d", "maxPooling2d", "conv2d", "maxPooling2d"),
        *("flatten", "dense"),
    ]
    assert (cnn.optimizer, cnn.training.batch_size) == ({"muon": {"learningRate": 0.03, "momentum": 0.9}}, 64)
    assert cnn.training.stop.accuracy == 0.98


def test_the_published_schema_is_the_schema() -> None:
    """After a change: python -m webnn.model > webnn/model/model.schema.json."""
    assert json.loads(published_schema()) == model_schema()


def test_an_owners_model_hides_a_bundled_one(tmp_path: Path) -> None:
    (tmp_path / "digits-cnn.json").write_text(json.dumps(LEAST))
    assert load_model("digits-cnn", [tmp_path, MODELS]).path == tmp_path / "digits-cnn.json"


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(WebNNError, match=r'no model "digits-cn".*Did you mean "digits-cnn"') as caught:
        bundled("digits-cn")
    assert caught.value.code == "unknown_name"
    with pytest.raises(WebNNError, match="no model file"):
        bundled("nowhere/mine.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"dataset": "digits",\n "layers": [}', "line 2, column 13: this is not valid JSON"),
        ('{"dataset": "digits", "dataset": "mnist"}', 'the key "dataset" stands twice'),
        ('{"dataset": NaN}', "NaN is not a number in JSON"),
        ("[" * 100_000, "nested too deep"),
        ("3", "one JSON object"),
    ],
)
def test_a_file_that_is_not_strict_json_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(WebNNError) as caught:
        load_model(tmp_path / "bad.json", [])
    assert caught.value.code == "invalid_model"
    assert str(tmp_path / "bad.json") in str(caught.value)
    assert words in str(caught.value)


def test_a_schedule_or_a_rule_that_does_not_fit_names_the_file() -> None:
    with pytest.raises(WebNNError, match=r"my\.json: schedule\.step needs"):
        parse_model({**LEAST, "training": {"schedule": {"step": {"factor": 0.5}}}}, "my.json")


def test_a_topology_and_initial_weights_are_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text('{"class_name": "Sequential"}')
    (tmp_path / "mine.json").write_text(
        json.dumps({"dataset": "digits", "topology": "net.json", "initialWeights": "w.safetensors"})
    )
    model = load_model(tmp_path / "mine.json", [])
    assert model.topology == {"class_name": "Sequential"}
    assert model.layers is None
    assert model.initial_weights == tmp_path / "w.safetensors"
    assert apply_settings(model, ["merge=average"]).topology == model.topology
    (tmp_path / "net.json").unlink()
    with pytest.raises(WebNNError, match=r"topology names \"net\.json\""):
        load_model(tmp_path / "mine.json", [])


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("training.batchSize=32", "training.batch_size", 32),
        ("training.stop.accuracy=0.5", "training.stop.accuracy", 0.5),
        ("training.stop.seconds=null", "training.stop.seconds", None),
        ("training.clip.norm=1.5", "training.clip", {"norm": 1.5}),
        ("training.schedule=cosine", "training.schedule.final", 0.0),
        ("validation.examples=100", "validation.examples", 100),
        ("merge=average", "merge", MergeSpec("average")),
        ("merge.mimic.form=code", "merge", MergeSpec("mimic", {"form": "code"})),
        ("optimizer.sgd.learningRate=0.1", "learning_rate", 0.1),
        ("optimizer.momentum.learningRate=0.1", "optimizer_name", "momentum"),
        ("dataset.mnist.holdOut=10", "dataset_options", {"holdOut": 10}),
        ("name=other", "name", "other"),
    ],
)
def test_a_setting_changes_one_thing(setting: str, field: str, value: object) -> None:
    changed: Any = apply_settings(bundled("mnist-cnn"), [setting])
    for step in field.split("."):
        changed = getattr(changed, step)
    assert changed == value


def test_settings_reach_layers_and_leave_the_definition_alone() -> None:
    model = bundled("mnist-cnn")
    changed = apply_settings(model, ["layers[0].conv2d.filters=4", "training.schedule.cosine.epochs=3"])
    assert changed.layers is not None
    assert changed.layers[0]["conv2d"]["filters"] == 4
    assert isinstance(changed.training.schedule, Cosine)
    assert model == bundled("mnist-cnn")
    assert apply_settings(model, []) is model


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("training", "write KEY=VALUE"),
        ("batchSize=1", 'Did you mean "training.batchSize"?'),
        ("training.batchsize=1", 'Did you mean "training.batchSize"?'),
        ("training.stop.acuracy=1", 'Did you mean "accuracy"?'),
        ("optimizer.sgd.learnRate=1", 'Did you mean "learningRate"?'),
        ("merge=waited", 'Did you mean "weighted"?'),
        ("layers[9].dense.units=1", "no entry 9"),
        ("layers[9]=1", "no entry 9"),
        ("layers[0].conv2d.filters.more=1", "cannot be set inside 8"),
        ("validation.examples=0", "validation.examples is 0"),
        ("validation.examples=many", 'validation.examples is "many"'),
    ],
)
def test_a_setting_that_does_not_fit_says_what_would(setting: str, words: str) -> None:
    assert words in complaint(bundled("mnist-cnn"), setting)


def test_setting_paths_are_those_of_the_schema() -> None:
    paths = setting_paths()
    for path in ("training.batchSize", "training.stop.epochs", "optimizer.adam.beta1", "merge.mimic.form", "loss"):
        assert path in paths
