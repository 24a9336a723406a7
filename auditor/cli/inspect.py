"""``auditor inspect MODEL``: the table of layers, with what each needs and costs."""

from __future__ import annotations

import sys

from ..errors import UsageError
from . import options as o


def inspect(
    model: o.ModelPath,
    format: o.Format = "text",
    dim: o.Dims = None,
    input_shape: o.InputShapes = None,
) -> None:
    """Show the layers of a model: output shapes, parameters, MACs. Nothing is judged, run or stored."""
    from ..costs.count import count
    from ..model.load import load
    from ..shapes.facts import infer

    if format not in ("text", "json"):
        raise UsageError(f"a model's layers come as text or json, not {format!r}")
    loaded = load(model)
    facts = infer(loaded, o.shapes(input_shape), o.dims(dim))
    costs = count(facts)
    if format == "json":
        from ..inspection import document

        sys.stdout.write(document(loaded, facts, costs) + "\n")
    else:
        from .tables import layer_table

        layer_table(loaded, costs, sys.stdout)
