"""The small languages that registries write, read alone: plain YAML and protobuf's text form."""

from __future__ import annotations

from typing import Any

import pytest

from auditor import plainyaml
from auditor.batch.sources.parts import pbtxt
from auditor.errors import Unusable


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("a: 1\nb: [x, 'y z', null, ~, 'null']\n", {"a": "1", "b": ["x", "y z", "", "", "null"]}),
        ("- {a: {b: c}}\n- []\n- {}\n", [{"a": {"b": "c"}}, [], {}]),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("[" * 50 + "x" + "]" * 50, None),  # the 51st level holds x
        ("{a: " * 49 + "x" + "}" * 49, None),
    ],
)
def test_yaml_is_maps_lists_and_text(text: str, value: Any) -> None:
    found = plainyaml.parse(text)
    if value is None:
        while not isinstance(found, str):
            found = found[0] if isinstance(found, list) else found["a"]
        value = "x"
    assert found == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb: &x 2\nc: *x\n", "line 3: an alias, which is not followed"),
        ("a: 1\n[b]: 2\n", "line 2: a key that is not text"),
        ("a: 1\n{b: 1}: 2\n", "line 2: a key that is not text"),
        ("\n" + "[" * 51 + "x" + "]" * 51, "line 2: more than 50 levels"),
        ("{a: " * 51 + "x" + "}" * 51, "line 1: more than 50 levels"),
        ("- {a: " * 26 + "x" + "}" * 26, None),
        ("a: [1\n", None),
        ("a: 'x\n", None),
    ],
)
def test_yaml_that_is_not_read_is_said_with_its_line(text: str, why: str | None) -> None:
    with pytest.raises(Unusable) as raised:
        plainyaml.parse(text)
    assert str(raised.value).startswith("line ")
    assert why is None or str(raised.value) == why


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("# nothing but a note", {}),
        ('name: "net"; size: -8, kind: KIND_GPU', {"name": ["net"], "size": ["-8"], "kind": ["KIND_GPU"]}),
        ("a: 1 a: 2 a: [3, 4] a: []", {"a": ["1", "2", "3", "4"]}),
        ("m { a: 1 } m: < b: 2 > m [ { c: 3 }, < > ]", {"m": [{"a": ["1"]}, {"b": ["2"]}, {"c": ["3"]}, {}]}),
        (r"""s: 'it''s' "\n\t\"" 'x'""", {"s": ['its\n\t"x']}),
        ('s: ["one", "two" "fold", "three"] s: "a"; s: "b"', {"s": ["one", "twofold", "three", "a", "b"]}),
        ("a { " * 50 + "}" * 50, None),
        ("a: 1 " * 33_333, {"a": ["1"] * 33_333}),
    ],
)
def test_the_text_form_of_protobuf(text: str, fields: Any) -> None:
    found = pbtxt.parse(text)
    assert found == fields if fields is not None else list(found) == ["a"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb", "line 2: 'the end' where ':' or '{' was expected"),
        ("a: 1\nb:", "line 2: 'the end' where a value was expected"),
        ("a: 1\n\n: 2", "line 3: ':' where a field's name was expected"),
        ("a: }", "line 1: '}' where a value was expected"),
        ("a { b: 1 >", "line 1: '>' where a field's name was expected"),
        ("a { b: 1", "line 1: 'the end' where a field's name was expected"),
        ("a: [1, 2", "line 1: 'the end' where a value was expected"),
        ('a: "x', "line 1: '\"x' is not part of a message"),
        ("a: 1 }", "line 1: '}' where a field's name was expected"),
        ("a { " * 51 + "}" * 51, "line 1: more than 50 messages within each other"),
        ("a: 1 " * 33_334, "line 1: more than 100,000 words"),
    ],
)
def test_a_text_form_that_is_not_read_is_said_with_its_line(text: str, why: str) -> None:
    with pytest.raises(Unusable) as raised:
        pbtxt.parse(text)
    assert str(raised.value) == why
