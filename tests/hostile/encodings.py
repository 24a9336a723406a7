"""What readers of protobuf quarrel about, and names that are not names."""

from __future__ import annotations

from pathlib import Path

from tests.rules import mutators

from .files import add, case
from .wire import (  # fmt: skip
    FUNCTIONS,
    GRAPH,
    HEAD,
    METADATA,
    RELU,
    WEIGHTED,
    binary,
    graph_bytes,
    handmade,
    integer,
    message,
    nested,
    parsed,
    tag,
    varint,
)

UNREADABLE = "unreadable-model"
ODD = "disputed-encoding"

add("two_models_concatenated", mutators.two_models_in_one_file, "concatenated-models")
add("ir_version_twice", mutators.version_twice, "repeated-fields", 0)
add("unknown_fields", mutators.hidden_payload, "unknown-fields", 0)
add("padded_number", mutators.padded_number, ODD, 0)
add("name_not_utf8", mutators.name_not_utf8, "names-not-utf8", 0)


@case("repeated-fields", 0)
def graph_twice() -> bytes:
    """Protobuf merges the second graph into the first."""
    return binary(RELU) + message(GRAPH, message(2, b"again"))


@case(UNREADABLE)
def group() -> bytes:
    return binary(RELU) + tag(1000, 3) + integer(1, 1) + tag(1000, 4)


@case(UNREADABLE)
def end_of_a_group() -> bytes:
    return binary(RELU) + tag(1000, 4)


@case(UNREADABLE)
def wire_type_seven() -> bytes:
    return binary(RELU) + tag(1, 7)


@case(UNREADABLE)
def field_zero() -> bytes:
    return binary(RELU) + b"\x02\x00"


@case(UNREADABLE)
def field_beyond_all() -> bytes:
    return binary(RELU) + varint((1 << 29) << 3) + b"\x01"


@case(UNREADABLE)
def number_of_eleven_bytes() -> bytes:
    return binary(RELU) + tag(5, 0) + b"\x80" * 10 + b"\x01"


@case(ODD, 0)
def number_as_a_string() -> bytes:
    """The IR version with the wire type of a string: readers take it for an unknown field."""
    return binary(RELU) + message(5, b"9")


@case(UNREADABLE)
def length_of_two_to_the_63() -> bytes:
    return binary(RELU) + tag(GRAPH, 2) + varint(1 << 63) + b"x"


@case(UNREADABLE)
def length_that_wraps_around() -> bytes:
    return binary(RELU) + tag(GRAPH, 2) + varint((1 << 64) - 20) + b"x"


@case(UNREADABLE)
def field_past_its_message() -> bytes:
    """A node whose name runs into what follows it."""
    return handmade(tag(1, 2) + b"\x03" + tag(3, 2) + b"\x7fa" + message(2, b"graph"))


@case(UNREADABLE)
def no_graph() -> bytes:
    return integer(1, 8)


@case("", 1)
def nested_graphs() -> bytes:
    """An If in an If, twenty thousand deep."""
    return handmade(nested(60_000, 1, 5, 6))


@case(UNREADABLE)
def nested_types() -> bytes:
    """A sequence of a sequence of ..., twenty thousand deep."""
    return handmade(message(11, message(1, b"x") + message(2, nested(40_000, 4, 1))))


@case("", 0, coverage="")
def nested_unknowns() -> bytes:
    """Unknown fields nested deeply: nobody has to look into them."""
    return binary(RELU) + nested(20_000, 1000)


@case(UNREADABLE)
def nested_in_a_function() -> bytes:
    return handmade(graph_bytes(), tail=message(FUNCTIONS, message(1, b"f") + message(7, nested(60_000, 5, 6, 1))))


@case(UNREADABLE)
def name_of_a_megabyte() -> bytes:
    model = parsed(RELU)
    model.graph.node[0].name = "n" * (1 << 20)
    return bytes(model.SerializeToString())


def _named(name: str) -> bytes:
    """A fault at a node and a tensor of this name."""
    model = parsed(HEAD + "g (float[2] x) => (float[3] y) <float[3] w = {1.0, 2.0, 3.0}> { y = Add(x, w) }")
    node = model.graph.node[0]
    node.name = node.input[1] = model.graph.initializer[0].name = name
    model.graph.name = model.producer_name = name
    return bytes(model.SerializeToString())


NAMES = {
    "ansi": "\x1b[2J\x1b[31mPASS\x1b]0;owned\x07",
    "bidi": "user\u202e\u2066gnissap\u2069",
    "markup": "[bold red]PASS[/] [link=file:///etc/passwd]x[/link] [/nothing]",
    "html": "<script>alert(1)</script>&lt;",
    "line_breaks": "PASS\r\n\n\u2028model.onnx: 0 findings\x85\x0b",
    "nul": "a\0b",
    "long": "n" * 60_000,
    "zalgo": "e" + "\u0301" * 5_000,
    "format": "%s%n{0}{x.__class__}${jndi:ldap://x}",
    "path": "../../etc/passwd",
}  # fmt: skip
for key, value in NAMES.items():
    add(f"named_{key}", lambda value=value: _named(value), "impossible-shapes")


@case("impossible-shapes")
def operator_of_ansi() -> bytes:
    model = parsed(HEAD + "g (float[2] x) => (float[3] y) <float[3] w = {1.0, 2.0, 3.0}> { z = Add(x, w) y = Foo(z) }")
    model.graph.node[1].op_type, model.graph.node[1].domain = "\x1b[31mRelu", "\u202eai.onnx"
    return bytes(model.SerializeToString())


@case("", 0)
def metadata_of_line_breaks() -> bytes:
    model = parsed(RELU)
    for key, value in (("notes", "one\ntwo\r\n\x1b[31m"), ("notes", "again"), ("", ""), ("x" * 50_000, "y" * 500_000)):
        model.metadata_props.add(key=key, value=value)
    return bytes(model.SerializeToString())


@case("names-not-utf8", 0)
def metadata_not_utf8() -> bytes:
    return binary(RELU) + message(METADATA, message(1, b"\xff\xfe") + message(2, b"\xc3\x28"))


@case("names-not-utf8")
def everything_not_utf8() -> bytes:
    return (
        binary(WEIGHTED.replace("Add", "Foo").replace("weighted", "q"))
        .replace(b"Foo", b"\xff\xfeo")
        .replace(b"\x01w", b"\x01\xff")
    )


@case("", 0)
def path_not_utf8(folder: Path) -> Path:
    path = Path(str(folder) + "/mod\udcff\x1b[31m\n.onnx")
    path.write_bytes(binary(RELU))
    return path
