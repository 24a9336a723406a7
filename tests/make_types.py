"""Write `auditor/model/type_table.py` from the onnx and the onnxruntime installed: ``python -m tests.make_types``."""

from __future__ import annotations

from pathlib import Path

import auditor.model

TABLE = Path(auditor.model.__file__).parent / "type_table.py"

_HEADER = '''"""Which inputs of ONNX {version}'s operators, and of onnxruntime {runtime}'s own, share a type.

Data for `auditor.model.type_variables`. Generated: ``python -m tests.make_types`` writes this file anew, and a test
compares.
"""

# fmt: off

VARIABLES = {{
'''


def made() -> str:
    """The text of the table."""
    import onnx
    import onnx.defs
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    rows: dict[str, list[str]] = {}
    before: dict[tuple[str, str], str] = {}
    schemas = list(onnx.defs.get_all_schemas_with_history())
    schemas += [schema for schema in runtime.get_all_operator_schema() if schema.domain == "com.microsoft"]
    for schema in sorted(schemas, key=lambda s: (s.domain, s.name, s.since_version)):
        shared = shared_types(schema)
        if shared != before.get((schema.domain, schema.name), ""):
            rows.setdefault(schema.domain, []).append(f"{schema.name}|{schema.since_version}|{shared}")
        before[schema.domain, schema.name] = shared
    lines = [f'"{domain}": """\\\n' + "\n".join(of_domain) + '\n""",\n' for domain, of_domain in rows.items()]
    return _HEADER.format(version=onnx.__version__, runtime=onnxruntime.__version__) + "".join(lines) + "}\n"


def shared_types(schema) -> str:  # type: ignore[no-untyped-def]  # onnx.defs.OpSchema, which is imported late
    """The variable of each input, then of each output where an input shares it; "" where no two inputs share one."""
    variables = {constraint.type_param_str for constraint in schema.type_constraints}
    inputs = [_variable(p, variables) for p in schema.inputs]
    outputs = [v if v in inputs else "-" for v in (_variable(p, variables) for p in schema.outputs)]
    repeats = any(p.option.name == "Variadic" and v != "-" for p, v in zip(schema.inputs, inputs, strict=True))
    if len(set(inputs) - {"-"}) == len([v for v in inputs if v != "-"]) and not repeats:
        return f"{' '.join(inputs)}>{' '.join(outputs)}" if _chooses(schema) and set(outputs) != {"-"} else ""
    return f"{' '.join(inputs)}>{' '.join(outputs)}"


def _variable(parameter, variables: set[str]) -> str:  # type: ignore[no-untyped-def]  # as above
    """Its type variable; ``-`` for one type alone, and for a list whose members need not be alike."""
    name = getattr(parameter, "type_str", "") or parameter.typeStr  # onnxruntime writes it so
    alike = parameter.is_homogeneous if hasattr(parameter, "is_homogeneous") else parameter.isHomogeneous
    return name if name in variables and alike else "-"


def _chooses(schema) -> bool:  # type: ignore[no-untyped-def]  # as above
    """Whether an attribute chooses the type of the output."""
    return bool({"to", "dtype", "output_dtype", "output_datatype"} & set(schema.attributes))


if __name__ == "__main__":
    TABLE.write_text(made())
