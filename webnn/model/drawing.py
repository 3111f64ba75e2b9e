"""A network drawn: in lines of text with a lane for each tensor, as SVG, and for Graphviz."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

from webnn.model.graph import layers_in_order

_ROW, _LANE, _BOX, _HEIGHT, _MARGIN = 52, 28, 330, 36, 16
"""Of the SVG, in its units: a row, a lane, a box, and the space round all."""


class Layer(Protocol):
    """A layer as the evaluator describes it; None in `output_shape` is the number of examples."""

    @property
    def name(self) -> str: ...

    @property
    def class_name(self) -> str: ...

    @property
    def output_shape(self) -> Sequence[int | None]: ...

    @property
    def parameters(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Node:
    """One layer of the outermost model; `inputs` are the names of those whose outputs it takes."""

    name: str
    class_name: str
    shape: tuple[int | None, ...]
    parameters: int
    frozen: bool
    inputs: tuple[str, ...]

    @property
    def words(self) -> tuple[str, str, str, str]:
        """Name, class, output and parameters, as a row of a table."""
        shape = " x ".join("?" if size is None else str(size) for size in self.shape) or "1"
        numbers = f"{self.parameters:,}" if self.parameters else ""
        return self.name, self.class_name, shape, f"{numbers} frozen" if self.frozen and numbers else numbers


def nodes_of(topology: Mapping[str, Any], layers: Sequence[Layer]) -> list[Node]:
    """Put TF.js layers-model JSON and what the evaluator says of its layers together, inputs first."""
    said = {layer.name: layer for layer in layers}
    nodes: list[Node] = []
    for layer in layers_in_order(topology):
        name = str(layer["config"].get("name") or layer.get("name"))
        if topology["class_name"] == "Sequential":
            inputs = tuple(node.name for node in nodes[-1:])
        else:
            inputs = tuple(dict.fromkeys(str(entry[0]) for call in layer["inbound_nodes"] or () for entry in call))
        known = said[name]
        frozen = layer["config"].get("trainable", True) is False
        nodes.append(Node(name, known.class_name, tuple(known.output_shape[1:]), known.parameters, frozen, inputs))
    return nodes


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a node stands: its lane, those that it takes and that end there or go on, and all that pass."""

    lane: int
    ending: frozenset[int]
    going_on: frozenset[int]
    passing: frozenset[int]


def draw_text(nodes: Sequence[Node]) -> list[str]:
    """Draw a line for each layer; what stands in one lane below another takes its output."""
    rows = _rows(nodes)
    pictures = [_picture(row) for row in rows]
    width = max(map(len, pictures), default=0)
    cells = [node.words for node in nodes]
    widths = [max((len(cell[column]) for cell in cells), default=0) for column in range(3)]
    return [
        "  ".join([picture.ljust(width), *(cell[i].ljust(widths[i]) for i in range(3)), cell[3]]).rstrip()
        for picture, cell in zip(pictures, cells, strict=True)
    ]


def _rows(nodes: Sequence[Node]) -> list[_Row]:
    """Give each node a lane. A tensor holds its lane until the last that takes it."""
    waiting = Counter(source for node in nodes for source in node.inputs)
    lanes: list[str | None] = []
    rows = []
    for node in nodes:
        taken = {lane for lane, name in enumerate(lanes) if name in node.inputs}
        waiting.subtract(node.inputs)
        ending = {lane for lane in taken if waiting[str(lanes[lane])] == 0}
        passing = {lane for lane, name in enumerate(lanes) if name is not None} - taken
        for lane in ending:
            lanes[lane] = None
        lane = min(ending) if ending else next((i for i, name in enumerate(lanes) if name is None), len(lanes))
        lanes += [None] * (lane + 1 - len(lanes))
        lanes[lane] = node.name
        rows.append(_Row(lane, frozenset(ending - {lane}), frozenset(taken - ending), frozenset(passing)))
        if not waiting[node.name]:
            lanes[lane] = None
    return rows


def _picture(row: _Row) -> str:
    met = {row.lane, *row.ending, *row.going_on}
    first, last = min(met), max(met)
    text = ""
    for lane in range(max(met | row.passing) + 1):
        across = first <= lane <= last
        if lane == row.lane:
            sign = "●"
        elif lane in row.ending:
            sign = "╯" if lane == last else "╰" if lane == first else "┴"
        elif lane in row.going_on:
            sign = "┤" if lane == last else "├" if lane == first else "┼"
        elif lane in row.passing:
            sign = "┼" if across else "│"
        else:
            sign = "─" if across else " "
        text += sign + ("─" if first <= lane < last else " ")
    return text.rstrip()


def draw_svg(nodes: Sequence[Node], title: str) -> str:
    """Draw boxes from the top down, and a line from each to those that take its output."""
    rows = _rows(nodes)
    lanes = 1 + max((row.lane for row in rows), default=0)
    places = {
        node.name: (_MARGIN + row.lane * _LANE, _MARGIN + at * _ROW)
        for at, (node, row) in enumerate(zip(nodes, rows, strict=True))
    }
    width, height = 2 * _MARGIN + _BOX + lanes * _LANE, 2 * _MARGIN + len(nodes) * _ROW
    lines = [_line(places[source], places[node.name]) for node in nodes for source in node.inputs if source in places]
    boxes = [_box(node, *places[node.name]) for node in nodes]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="sans-serif" font-size="12">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" fill="white"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = (start[0] + _LANE // 2, start[1] + _HEIGHT), (end[0] + _LANE // 2, end[1])
    bend = (to_y - y) // 2 if to_y - y <= _ROW else _ROW
    return (
        f'<path d="M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}" fill="none" stroke="#557" '
        'stroke-width="1.5"/>'
    )


def _box(node: Node, x: int, y: int) -> str:
    name, kind, shape, parameters = (escape(word) for word in node.words)
    fill = "#eee" if node.frozen else "#eef4ff"
    below = " · ".join(word for word in (kind, shape, parameters) if word)
    return (
        f'<g><rect x="{x}" y="{y}" width="{_BOX}" height="{_HEIGHT}" rx="5" fill="{fill}" stroke="#88a"/>'
        f'<text x="{x + 8}" y="{y + 15}" font-weight="bold">{name}</text>'
        f'<text x="{x + 8}" y="{y + 30}">{below}</text></g>'
    )


def draw_dot(nodes: Sequence[Node], title: str) -> str:
    """Write the graph for Graphviz' `dot`."""

    def quoted(text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    lines = [f"digraph {quoted(title)} {{", "  node [shape=box];"]
    for node in nodes:
        label = "\n".join(word for word in node.words if word)
        lines.append(f"  {quoted(node.name)} [label={quoted(label)}];")
        lines += [f"  {quoted(source)} -> {quoted(node.name)};" for source in node.inputs]
    return "\n".join([*lines, "}\n"])
