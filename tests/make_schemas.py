"""Write `auditor/model/schema_table.py` from the onnx that is installed: ``python -m tests.make_schemas``."""

from __future__ import annotations

import json
from pathlib import Path

import auditor.model

TABLE = Path(auditor.model.__file__).parent / "schema_table.py"

_HEADER = '''"""What ONNX {version} says of every operator: data for `auditor.model.schemas`, which explains it.

Generated: ``python -m tests.make_schemas`` writes this file anew, and a test compares.
"""

# ruff: noqa: E501
# fmt: off
'''


def made() -> str:
    """The text of the table."""
    import onnx
    import onnx.defs

    by_domain: dict[str, list[str]] = {}
    for schema in sorted(onnx.defs.get_all_schemas_with_history(), key=lambda s: (s.domain, s.name, s.since_version)):
        by_domain.setdefault(schema.domain, []).append(_row(schema))
    newest = {domain: max(newest for d, newest in _newest() if d == domain) for domain in by_domain}
    lines = [_HEADER.format(version=onnx.__version__), f"NEWEST = {json.dumps(newest)}", "", "OPERATORS = {"]
    for domain, rows in by_domain.items():
        lines += [f'{json.dumps(domain)}: """\\', *rows, '""",']
    return "\n".join([*lines, "}", ""])


def _newest() -> list[tuple[str, int]]:
    """The newest opset of each domain: what a release of ONNX names, or what an operator asks for."""
    import onnx.defs
    from onnx.helper import VERSION_TABLE

    _, _, *numbers = VERSION_TABLE[-1]
    released = list(zip(("", "ai.onnx.ml", "ai.onnx.preview.training"), numbers, strict=False))
    return [*released, *((s.domain, s.since_version) for s in onnx.defs.get_all_schemas_with_history())]


def _row(schema) -> str:  # type: ignore[no-untyped-def]  # onnx.defs.OpSchema, which is imported late
    return "|".join(
        (
            schema.name,
            f"{schema.since_version}{'!' if schema.deprecated else ''}",
            _count(schema.min_input, schema.max_input),
            _count(schema.min_output, schema.max_output),
            " ".join(map(_parameter, schema.inputs)),
            " ".join(map(_parameter, schema.outputs)),
            " ".join(_attribute(schema.attributes[name]) for name in sorted(schema.attributes)),
        )
    )


def _count(least: int, most: int) -> str:
    return f"{least} {'*' if most == 2**31 - 1 else most}"


def _parameter(parameter) -> str:  # type: ignore[no-untyped-def]  # as above
    from onnx import TensorProto
    from onnx.defs import OpSchema

    option = {OpSchema.FormalParameterOption.Optional: "?", OpSchema.FormalParameterOption.Variadic: "*"}
    mask = 0
    for kind in parameter.types:
        named = kind.startswith("tensor(")
        mask |= 1 << (TensorProto.DataType.Value(kind[7:-1].upper()) if named else 0)
    return f"{parameter.name}{option.get(parameter.option, '')}:{mask:x}"


def _attribute(attribute) -> str:  # type: ignore[no-untyped-def]  # as above
    from onnx.helper import get_attribute_value

    text = f"{attribute.name}:{attribute.type.name.lower()}{'!' if attribute.required else ''}"
    if not attribute.default_value.type:
        return text
    value = get_attribute_value(attribute.default_value)
    if isinstance(value, bytes):
        value = value.decode()
    elif isinstance(value, list):
        value = [v.decode() if isinstance(v, bytes) else v for v in value]
    elif not isinstance(value, int | float):
        return text  # a tensor: no rule has use for it
    return f"{text}={json.dumps(value, separators=(',', ':'))}"


if __name__ == "__main__":
    TABLE.write_text(made())
