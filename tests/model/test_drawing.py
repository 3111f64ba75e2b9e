"""Networks are drawn with a lane for each tensor, and nothing in a name gets out of its place."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from webnn.model.drawing import Node, draw_dot, draw_svg, draw_text


def node(name: str, *inputs: str, parameters: int = 0, frozen: bool = False) -> Node:
    return Node(name, "Layer", (8, None), parameters, frozen, inputs)


STACK = [node("in"), node("hidden", "in", parameters=1200, frozen=True), node("out", "hidden", parameters=10)]
RESIDUAL = [
    node("in"),
    node("a", "in"),
    node("b", "in"),
    node("c", "a"),
    node("sum", "c", "b", "in"),
    node("out", "sum"),
]


def test_a_stack_is_one_lane_with_shapes_and_parameters() -> None:
    assert draw_text(STACK) == [
        "●  in      Layer  8 x ?",
        "●  hidden  Layer  8 x ?  1,200 frozen",
        "●  out     Layer  8 x ?  10",
    ]


def test_branches_have_lanes_of_their_own() -> None:
    assert [line.partition("  ")[0].rstrip() for line in draw_text(RESIDUAL)] == [
        "●",
        "├─●",
        "├─┼─●",
        "│ ● │",
        "●─┴─╯",
        "●",
    ]


def test_svg_is_xml_with_every_layer_and_call() -> None:
    drawn = ET.fromstring(draw_svg([*RESIDUAL, node("<&>", "out")], "a < b"))
    space = "{http://www.w3.org/2000/svg}"
    assert drawn.findtext(f"{space}title") == "a < b"
    assert len(drawn.findall(f"{space}path")) == 8
    texts = [element.text for element in drawn.iter(f"{space}text")]
    assert texts[::2] == ["in", "a", "b", "c", "sum", "out", "<&>"]


def test_dot_quotes_names() -> None:
    drawn = draw_dot([node('a"b'), node("c", 'a"b')], "net")
    assert '"a\\"b" -> "c";' in drawn
    assert drawn.startswith('digraph "net" {')
