"""The one batch that works, found by arithmetic: the elements of a Reshape's target over those of an image."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.report import Found
from auditor.rules import all_rules
from auditor.settings import Settings

RULE = next(rule for rule in all_rules() if rule.name == "baked-in-batch")


def found(text: str) -> list[Found]:
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> agraph {text}')
    evidence = Evidence(loads(model.SerializeToString()), Settings(run=False))
    return list(RULE.check(*(evidence.about(kind) for kind in RULE.wants)))


def reshaped(target: str, inputs: str = "float[N, 3, 4, 4] x") -> list[Found]:
    size = target.count(",") + 1
    return found(f"({inputs}) => (y) <int64[{size}] to = {{{target}}}> {{ r = Relu(x) y = Reshape(r, to) }}")


@pytest.mark.parametrize(
    ("target", "batch"),
    [
        ("24, 48", 24),
        ("12, 96", 24),  # two images in a row
        ("3, 8, 48", 24),
        ("20, 3, 16", 20),
        ("1, 48", 1),
        ("8, 48", 8),
        ("2, 24", 1),
    ],
)
def test_a_target_of_numbers_works_for_as_many_images_as_it_holds(target: str, batch: int) -> None:
    """An image has 3 x 4 x 4 = 48 numbers."""
    (finding,) = reshaped(target)
    assert finding.actual == batch and finding.expected == "N"
    assert f"only {batch} works" in finding.message and finding.location.node == "Reshape[1]"


@pytest.mark.parametrize("target", ["0, 48", "-1, 48", "0, -1", "-1, 3, 16", "-1"])
def test_a_target_that_keeps_the_batch_is_right(target: str) -> None:
    assert reshaped(target) == []


def test_a_target_that_holds_no_whole_image_works_for_none() -> None:
    assert reshaped("7, 5") == []  # impossible, and no matter of the batch


@pytest.mark.parametrize(("batch", "more", "added"), [(8, "", "c"), (8, ", float[1] s", "s"), (5, ", float[1] s", "s")])
def test_a_state_that_is_declared_for_one_batch_is_at_odds(batch: int, more: str, added: str) -> None:
    """Its batch is its second axis, as of a recurrent state; another input has one axis alone."""
    (finding,) = found(f"""
        (float[N, 4] x, float[1, {batch}, 4] h{more}) => (y) <int64[1] first = {{0}}> {{
          b = Squeeze(h, first)
          c = Concat<axis = 1>(x, b)
          y = Add(c, {added})
        }}
    """)
    assert (finding.actual, finding.severity, finding.location.tensor) == (batch, "warning", "h")
    assert finding.fix == f"declare axis 1 of 'h' as N, or the batch of 'x' as {batch}"
