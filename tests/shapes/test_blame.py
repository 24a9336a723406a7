"""Whose fault a misfit is: a vector is its own fault where the weight beside it says what it must be."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.model.load import loads
from auditor.shapes.facts import infer
from auditor.shapes.troubles import Misfit


def misfits(filters: int, bias: int, kernel: str = "2, 3, 3") -> list[tuple[str, bool]]:
    """Parameters that misfit in a branch, and whether they are wrong whatever arrives."""
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[N, 2, 8, 8] x, bool c, float[{filters}, {kernel}] w, float[{bias}] b) => (float[A, B, C, D] y) {{
          y = If (c) <
            then_branch = t () => (float[A, B, C, D] u) {{ u = Conv(x, w, b) }},
            else_branch = e () => (float[A, B, C, D] v) {{ v = Relu(x) }}
          >
        }}
    """)
    found = infer(loads(model.SerializeToString()))
    return [(t.parameter, t.own) for t in found.troubles if isinstance(t, Misfit)]


@pytest.mark.parametrize("filters", [2, 4, 5])
def test_a_weight_vouches_for_the_bias_of_its_filters(filters: int) -> None:
    assert misfits(filters, filters + 1) == [("b", True)]


def test_a_size_of_one_vouches_for_nothing() -> None:
    """Of one filter the weight is [1, 2, 3, 3]: a 1 stands in many shapes, and is no witness."""
    assert misfits(1, 3) == [("b", False)]


def test_a_weight_that_does_not_fit_itself_vouches_for_nothing() -> None:
    assert dict(misfits(4, 3, kernel="5, 3, 3")) == {"w": False, "b": False}


@pytest.mark.parametrize(
    ("arrives", "takes", "gives", "harmless"),
    [
        (8, 6, 5, True),
        (8, 6, 8, False),  # [6, 8] turned around is a layer that takes 8
        (6, 8, 5, True),
        (4, 8, 5, False),  # twice the features: a Flatten at a wrong axis puts them into the rows
        (5, 20, 3, False),
        (8, 4, 5, True),  # fewer than arrive never come of that
        (1, 6, 5, False),
    ],
)
@pytest.mark.parametrize("operator", ["MatMul (x, w)", "Gemm (x, w)", "Gemm <transB = 1> (x, w)"])
def test_a_dense_layer_that_takes_other_features_still_gives_its_own(
    operator: str, arrives: int, takes: int, gives: int, harmless: bool
) -> None:
    """Then a second layer that misfits has a fault of its own; else it may be a consequence."""
    weight = (gives, takes) if "transB" in operator else (takes, gives)
    model = onnx.parser.parse_model(f"""
        <ir_version: 8, opset_import: ["" : 17]>
        g (float[2, {arrives}] x, float[{weight[0]}, {weight[1]}] w, float[11, 3] v) => (float[2, 3] z) {{
          y = {operator}
          z = MatMul (y, v)
        }}
    """)
    found = infer(loads(model.SerializeToString())).troubles
    assert [(t.at.index, t.declared) for t in found if isinstance(t, Misfit)][:1] == [(0, False)]
    assert [t.declared for t in found if isinstance(t, Misfit) and t.at.index == 1] == [not harmless]
