"""Tables for people, at 80 columns: layers, rules, audits, derivations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .names import prose, visible
from .text import number, shape_text, size

if TYPE_CHECKING:
    from ..costs import Costs
    from ..inspection import Explanation
    from ..model.graph import Model
    from ..rules import Rule
    from ..store.store import Row


def _console(out: TextIO) -> Console:
    return Console(file=out, highlight=False, emoji=False, markup=False)


def _table(*columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=name in right)
    return table


def layer_table(model: Model, costs: Costs, out: TextIO) -> None:
    """One row a node, then the sums."""
    from ..shapes.facts import rendered

    table = _table("layer", "output", "learnable", "MACs", right=("learnable", "MACs"))
    for layer in costs.layers:
        first = next((fact for fact in layer.facts if fact is not None), None)
        table.add_row(
            Text.assemble(visible(layer.label, 60), ("" if layer.label.startswith(layer.op_type) else f" {layer.op_type}", "dim")),
            Text(shape_text(None if first is None else rendered(first.shape))),
            Text(_amount(layer.learnable)),
            Text(_amount(layer.macs)),
        )
    console = _console(out)
    console.print(Text(visible(model.path), style="bold"))
    console.print(table)
    console.print(
        Text(
            f"\n{costs.nodes:,} nodes; {_amount(costs.learnable) or 0} learnable parameters, {costs.parameters:,} stored"
            + (f" ({costs.elementwise:,} of them for element-wise operators)" if costs.elementwise else "")
            + (f"; {_amount(costs.statistics)} running statistics" if costs.statistics else "")
            + f"\n{_amount(costs.macs) or 0} MACs, {_amount(costs.flops) or 0} FLOPs (2 x MACs)"
            + (f"; {_amount(costs.body_macs)} of the MACs in subgraphs and functions" if costs.body_macs else "")
            + f"\n{size(costs.weight_bytes)} of weights, {size(_plain(costs.peak_activation_bytes))} of activations at most"
        )
    )


def rule_table(rules: Sequence[Rule], out: TextIO) -> None:
    table = _table("rule", "severity", "basis", "what it finds")
    for rule in rules:
        table.add_row(rule.name, rule.severity.value, rule.basis.value, rule.summary)
    _console(out).print(table)


def history_table(rows: Sequence[Row], out: TextIO) -> None:
    table = _table("id", "when", "verdict", "errors", "warnings", "parameters", "digest", right=("id", "errors", "warnings", "parameters"))
    for row in rows:
        parameters = "" if row.parameters is None else f"{row.parameters:,}"
        table.add_row(
            str(row.id), row.when[:19].replace("T", " "), row.verdict, str(row.errors), str(row.warnings), parameters, row.digest[:8]
        )
    _console(out).print(table)


def derivation_table(told: Explanation, out: TextIO) -> None:
    """The chain from the inputs to a node, then its parameters."""
    console = _console(out)
    table = _table("node", "output", "how it comes about")
    for name, shape in told.sources:
        table.add_row(Text(visible(name, 60)), Text(prose(shape, 200)), Text("input", style="dim"))
    for step in told.steps:
        how = Text(prose(step.formula, 400)) if step.formula else Text(visible(step.op_type), style="dim")
        table.add_row(Text(visible(step.node, 60)), Text(shape_text(step.output)), how)
    console.print(table)
    if told.parameters:
        parameters = _table("parameter", "must be", "is")
        for name, needed, stored in told.parameters:
            parameters.add_row(Text(visible(name, 60)), Text(prose(needed, 200)), Text(prose(stored, 200)))
        console.print()
        console.print(parameters)


def _amount(value: object) -> str:
    """Nothing for 0: a table of layers is read by its numbers."""
    return "" if value == 0 else number(_plain(value))


def _plain(value: object) -> int | str | None:
    return value if value is None or isinstance(value, int) else str(value)
