"""Operators that nobody knows, and rules of one's own for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import onnx.defs
import onnx.parser
import pytest

from auditor.errors import UsageError
from auditor.model.load import loads
from auditor.shapes import registry
from auditor.shapes.facts import Facts, infer
from auditor.shapes.troubles import At, Unsupported

CUSTOM = """
<ir_version: 8, opset_import: ["" : 17, "acme" : 1]>
g (float[2, 3] x) => (float[] y, float[] z, float[2, 5] d, float[] w) {
  before = Relu (x)
  c, d = acme.Widen (before)
  y = Relu (before)
  z = Concat <axis = 0> (before, d)
  w = MatMul (x, d)
}"""


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Rules that a test brings are gone behind it."""
    registry.all_operators()  # all are there
    rules = {key: list(versions) for key, versions in registry._rules.items()}
    more = dict(registry._more)
    yield
    registry._rules.clear()
    registry._rules.update(rules)
    registry._more.clear()
    registry._more.update(more)


def facts() -> Facts:
    return infer(loads(onnx.parser.parse_model(CUSTOM).SerializeToString()))


def test_a_custom_operator_costs_its_own_outputs_and_nothing_else() -> None:
    found = facts()
    assert found["before"].shape == found["y"].shape == (2, 3)
    assert found["c"].shape is None
    assert (found["d"].shape, found["d"].declared) == ((2, 5), True)  # as the file declares it, which is not a proof
    assert found.troubles[0] == Unsupported(At("", 1), "acme", "Widen", 1)
    assert all(t.declared for t in found.troubles[1:])  # type: ignore[union-attr]  # what is said behind it


def test_the_registry_takes_a_file_of_rules(tmp_path: Path) -> None:
    facts()  # what was learnt before does not stand in the way
    file = tmp_path / "rules.py"
    file.write_text(
        "from auditor.shapes.fact import Fact\n"
        "from auditor.shapes.registry import op\n"
        "@op('Widen', domain='acme')\n"
        "def widen(x: Fact, y: Fact | None = None, *, by: int = 2, to: int | None = None) -> tuple[Fact, ...]:\n"
        "    return (x.shaped(*x.shape[:-1], x.shape[-1] + by), x) if x.shape else (x, x)\n"
    )
    registry.load_more(file)
    registry.load_more(str(file))
    rule = registry.operator_for("acme", "Widen", 1)
    assert rule is not None
    assert (rule.required, rule.attributes) == (1, {"by": "int", "to": "int"})
    found = facts()
    assert found["c"].shape == (2, 5)
    assert found["z"].shape == (4, 3)
    assert not [t for t in found.troubles if isinstance(t, Unsupported)]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        (
            "from auditor.shapes.registry import op\n"
            "@op('Mine', domain='acme')\ndef mine(x: object) -> object: return x\n"
            "@op('Relu')\ndef relu(x: object) -> object: return x\n",
            "Relu has two rules since opset 1",
        ),
        (
            "from auditor.shapes.registry import op\n@op('Mine', domain='acme')\ndef mine(x): return x\n",
            "KeyError: 'x'",  # what x takes is not said
        ),
    ],
)
def test_a_file_that_cannot_be_imported_is_said_in_a_line(tmp_path: Path, code: str, why: str) -> None:
    file = tmp_path / "rules.py"
    file.write_text(code)
    with pytest.raises(UsageError, match=why) as raised:
        registry.load_more(file)
    assert "\n" not in str(raised.value)
    assert registry.operator_for("acme", "Mine", 1) is None
    assert registry.operator_for("", "Relu", 17) is not None


@pytest.mark.parametrize("name", ["missing.py", "rules.toml"])
def test_a_file_that_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        registry.load_more(tmp_path / name)


def test_no_operator_needs_the_body_that_its_schema_defines() -> None:
    """Operators that ONNX defines as functions have rules of ours, at every opset: none must be expanded."""
    schemas: Sequence[Any] = onnx.defs.get_all_schemas_with_history()  # the stub lacks the two properties asked for
    missing = [
        f"{schema.domain}:{schema.name}-{schema.since_version}"
        for schema in schemas
        if (schema.has_function or schema.has_context_dependent_function)
        and registry.operator_for(schema.domain, schema.name, schema.since_version) is None
    ]
    assert not missing
