"""What is said of a number that may leave its domain or its type, with a witness and without."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.evidence.ranging import Ranges, Sought
from auditor.findings.doubted import found_doubts
from auditor.model.load import loads
from auditor.report import Found, Severity, Witness, WitnessInput
from auditor.settings import Settings
from auditor.shapes.facts import infer

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
LOG = "g (float[2] x) => (float[2] y) { r = Relu(x)  l = Log(r)  y = Max(l, x) }"
CAST = "g (float[2] x) => (int32[2] y) { c = Cast<to = 6>(x)  y = Abs(c) }"
WITNESS = Witness((WitnessInput("x", "float32", (2,), -1.0, 1.0),), '["fill", 0.0]', "l", (0,), "-inf")


def said(text: str, low: float, high: float, *witnesses: Witness) -> Found:
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    ranges = Ranges(model, infer(model), Settings(ranges={"x": (low, high)}))
    ranges.__dict__["sought"] = Sought(dict(enumerate(witnesses)))  # as if it had been searched for
    (found,) = found_doubts(ranges, ranges.doubts, lambda doubt: "")
    return found


@pytest.mark.parametrize(
    ("witness", "severity", "end"),
    [
        (WITNESS._replace(nan_outputs=("y",)), Severity.ERROR, "; it reaches 'y'"),
        (WITNESS._replace(infinite_outputs=("y",)), Severity.WARNING, "; it reaches 'y'"),
        (WITNESS, Severity.NOTE, "; no output shows it"),
    ],
)
def test_an_infinity_harms_where_an_output_shows_it(witness: Witness, severity: Severity, end: str) -> None:
    found = said(LOG, -1.0, 1.0, witness)
    assert found.severity is severity
    assert found.message.endswith(f"inputs of 0 throughout give -inf in l[0]{end}")


def test_a_number_that_is_merely_wrong_is_in_the_outputs_and_none_of_them_shows_it() -> None:
    """Of 1e12 no int32 is made, and what is made instead is a number as others are."""
    found = said(CAST, 0.0, 1e12, WITNESS._replace(recipe='["fill", 1e12]', tensor="x", value="1e+12"))
    assert found.severity is Severity.WARNING
    assert found.message.endswith("inputs of 1e+12 throughout give 1e+12 in x[0]")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"x": (0.1 + 0.2, -4.0)}, "x = [0.3, -4.0] give"),  # in six figures
        ({"x": (0.5,), "z": (2.0, 1e6)}, "x = [0.5], z = [2.0, 1000000.0] give"),
        ({"x": (1.0, 2.0, 3.0, 4.0)}, "x = [1.0, 2.0, 3.0, 4.0] give"),
        ({"x": (1.0, 2.0, 3.0, 4.0, 5.0)}, "the witness's inputs give"),
        ({"x": (1.0,), "z": ()}, "the witness's inputs give"),  # one of them is large
        ({"a": (1.0,), "b": (1.0,), "c": (1.0,)}, "the witness's inputs give"),
    ],
)
def test_inputs_of_few_numbers_are_written_out(values: dict[str, tuple[float, ...]], words: str) -> None:
    inputs = tuple(
        WitnessInput(name, "float32", (len(numbers),), min(numbers, default=0.0), max(numbers, default=0.0), numbers)
        for name, numbers in values.items()
    )
    found = said(LOG, -1.0, 1.0, WITNESS._replace(inputs=inputs, recipe='["anywhere", 1]'))
    assert f": {words} -inf in l[0]" in found.message


def test_what_no_input_was_found_for_is_not_excluded() -> None:
    found = said(LOG, -1.0, 1.0)
    assert (found.severity, found.witness) == (Severity.NOTE, None)
    assert found.message.startswith("not excluded: Log[1]: ")
    assert found.message.endswith("; no input within the ranges was found that shows it")
