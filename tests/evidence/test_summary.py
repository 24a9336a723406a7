"""What the report says of the model as a whole: its operators, wherever they stand."""

from __future__ import annotations

import onnx.parser

from auditor.evidence.summary import operators
from auditor.model.load import loads


def counted(text: str) -> dict[str, int]:
    return operators(loads(onnx.parser.parse_model(text).SerializeToString()))


def test_operators_are_counted_and_calls_of_functions_are_not() -> None:
    """Two calls of a function: its own two nodes stand in the file once, and are no more than that."""
    found = counted("""
        <ir_version: 8, opset_import: ["" : 17, "nn" : 1]>
        g (float[2] x) => (float[2] y) {
          a = nn.Block(x)
          b = nn.Block(a)
          c = Relu(b)
          d = nn.Inner(c)
          y = Relu(d)
        }
        <opset_import: ["" : 17, "nn" : 1], domain: "nn"> Block (x) => (y) { i = nn.Inner(x) y = Neg(i) }
        <opset_import: ["" : 17], domain: "nn"> Inner (x) => (y) { y = Relu(x) }
    """)
    assert found == {"Neg": 1, "Relu": 3}


def test_operators_in_branches_count_and_other_domains_are_named() -> None:
    found = counted("""
        <ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        g (bool c, float[2] x) => (float[2] y) {
          h = com.microsoft.Gelu(x)
          r = Relu(h)
          y = If (c) <
            then_branch = t () => (float[2] u) { u = Relu(r) },
            else_branch = e () => (float[2] v) { n = Neg(r) v = com.microsoft.Gelu(n) }
          >
        }
    """)
    assert found == {"If": 1, "Neg": 1, "Relu": 2, "com.microsoft:Gelu": 2}
