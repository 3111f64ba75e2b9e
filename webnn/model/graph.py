"""The order in which Keras and TF.js keep the layers of a functional model, whatever order its JSON has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Node = tuple[str, int]
"""One call of a layer: its name, and the how-manieth call."""

_NESTED = frozenset(["Sequential", "Functional", "Model"])


def layers_in_order(model: Mapping[str, Any]) -> list[Json]:
    """Return the layers of TF.js layers-model JSON as `model.layers` of Keras lists them.

    A stack's in its own order, without an input layer at its head; a graph's by their distance from the outputs, the
    furthest first, and those at one distance in the order in which a walk back from the outputs meets them
    (`map_graph_network` of Keras). Raises `KeyError` or `IndexError` where the graph names what is not there.
    """
    config = model["config"]
    layers: list[Json] = config["layers"]
    if model["class_name"] == "Sequential":
        return layers[1:] if layers[0]["class_name"] == "InputLayer" else list(layers)
    by_name = {layer["name"]: layer for layer in layers}
    nodes, met = _walk_back(by_name, [node_of(end, by_name) for end in config["output_layers"]])
    depths = _depths(by_name, nodes)
    for name in (end[0] for end in config["input_layers"]):
        depths.setdefault(name, 0)
        met.setdefault(name, -1)
    return [by_name[name] for name in sorted(depths, key=lambda name: (-depths[name], met[name]))]


def nested_names(layers: Mapping[str, Json] | list[Json]) -> set[str]:
    """Name the layers that are models: their first call is the second, for TF.js and Keras 2 count their own inside."""
    listed = layers.values() if isinstance(layers, Mapping) else layers
    return {str(layer["name"]) for layer in listed if layer["class_name"] in _NESTED and "name" in layer}


def node_of(end: list[Any], by_name: Mapping[str, Json]) -> Node:
    """Return the call that gives a tensor [layer, node, tensor, ...] of a topology."""
    name, index = str(end[0]), int(end[1])
    return name, index - 1 if by_name[name]["class_name"] in _NESTED else index


def _parents(by_name: Mapping[str, Json], node: Node) -> list[Node]:
    name, index = node
    calls = by_name[name].get("inbound_nodes") or []
    return [node_of(entry, by_name) for entry in calls[index]] if calls else []


def _walk_back(by_name: Mapping[str, Json], outputs: list[Node]) -> tuple[list[Node], dict[str, int]]:
    """Return the calls from inputs to outputs, each after all that it needs, and when each layer was first met."""
    finished: dict[Node, None] = {}
    met: dict[str, int] = {}
    for output in outputs:
        stack: list[tuple[Node, int]] = [(output, 0)]
        while stack:
            node, done = stack.pop()
            if node in finished:
                continue
            met.setdefault(node[0], len(met))
            parents = _parents(by_name, node)
            if done < len(parents):
                stack += [(node, done + 1), (parents[done], 0)]
            else:
                finished[node] = None
    return list(finished), met


def _depths(by_name: Mapping[str, Json], nodes: list[Node]) -> dict[str, int]:
    """Return each layer's largest distance from the outputs."""
    of_node: dict[Node, int] = {}
    of_layer: dict[str, int] = {}
    for node in reversed(nodes):
        depth = max(of_node.get(node, 0), of_layer.get(node[0], 0))
        of_layer[node[0]] = depth
        for parent in _parents(by_name, node):
            of_node[parent] = max(depth + 1, of_node.get(parent, 0))
    return of_layer
