"""``auditor explain RULE`` prints a rule's page; ``auditor explain MODEL NODE`` how a node's shapes come about."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import UsageError
from . import options as o


def explain(
    what: Annotated[
        str, typer.Argument(metavar="RULE|MODEL", help="A rule's name, or an ONNX file.", show_default=False)
    ],
    node: Annotated[
        str | None,
        typer.Argument(
            metavar="NODE", help="A node's name, Conv[3] by op and index, or a tensor's name.", show_default=False
        ),
    ] = None,
    dim: o.Dims = None,
    input_shape: o.InputShapes = None,
) -> None:
    """Print a rule's page, or how the shapes and parameters of a node come about."""
    if node is None:
        from ..rules import all_rules
        from .tables import rule_page

        rule = next((r for r in all_rules() if r.name == what.removeprefix("auditor/")), None)
        if rule is None:
            raise UsageError(f"there is no rule {what!r} (`auditor rules` lists them); for a model, name a node too")
        rule_page(rule, sys.stdout)
        return
    from ..inspection import explanation
    from ..model.load import load
    from ..shapes.facts import infer
    from .tables import derivation_table

    facts = infer(load(what), o.shapes(input_shape), o.dims(dim))
    derivation_table(explanation(facts, node), sys.stdout)
