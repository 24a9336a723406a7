"""Tables for people, at 80 columns: layers, rules, derivations; and a rule's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from ..formats.parts.layout import Page
from ..formats.text import step_row
from ..names import prose, visible
from ..numbers import amount, brief_shape, is_short, open_names
from ..wording import counted, in_bytes

if TYPE_CHECKING:
    from ..costs.count import Costs
    from ..inspection import Explanation
    from ..model.graph import Model
    from ..rules import Rule
    from ..shapes.sizes.dim import Size
    from ..store.tokens import Token


def layer_table(model: Model, costs: Costs, out: TextIO) -> None:
    """One row a node, then the sums."""
    from ..shapes.facts import rendered

    page = Page(out)
    page.line((visible(model.path), "bold"))
    page.blank()
    rows = []
    for layer in costs.layers:
        first = next((fact for fact in layer.facts if fact is not None), None)
        label, op = visible(layer.label, 60), visible(layer.op_type, 40)
        name = label if layer.label.startswith(f"{layer.op_type}[") else f"{label} {op}"
        shape = brief_shape(None if first is None else rendered(first.shape))
        rows.append((name, shape, _count(layer.learnable), _count(layer.macs)))
    page.grid(rows, head=("layer", "output", "learnable", "MACs"), right=(2, 3))
    page.blank()
    page.grid(_sums(costs))
    sums = [_text(s) for s in (costs.learnable, costs.macs, costs.peak_activation_bytes)]
    names = open_names(s for s in sums if isinstance(s, str) and not is_short(s))
    if names:
        bound = f"{', '.join(map(visible, names))} {'is' if len(names) == 1 else 'are'} bound"
        page.line((f"f(...): open until {bound}, as by --dim {visible(names[0])}=1", "dim"))


def _sums(costs: Costs) -> list[tuple[str, str]]:
    stored = f"{costs.parameters:,} stored"
    if costs.elementwise:
        stored += f" ({costs.elementwise:,} of them for element-wise operators)"
    if costs.statistics:
        stored += f"; {amount(_text(costs.statistics))} running statistics"
    macs = amount(_text(costs.macs))
    if costs.body_macs:
        macs += f" ({amount(_text(costs.body_macs))} of them in subgraphs and functions)"
    peak = _text(costs.peak_activation_bytes)
    activations = in_bytes(peak) if isinstance(peak, int) else "unknown" if peak is None else f"{amount(peak)} bytes"
    return [
        ("nodes", f"{costs.nodes:,}"),
        ("parameters", f"{amount(_text(costs.learnable))} learnable; {stored}"),
        ("MACs", macs),
        ("FLOPs", f"{amount(_text(costs.flops))} (2 a MAC)"),
        ("memory", f"{in_bytes(costs.weight_bytes)} of weights, {activations} of activations at most"),
    ]


def rule_table(rules: Sequence[Rule], out: TextIO) -> None:
    """Every rule in a line or two."""
    rows = [(r.name, r.severity.value, r.basis.value, r.summary) for r in rules]
    Page(out).grid(rows, head=("rule", "severity", "basis", "what it finds"))


def token_table(tokens: Sequence[Token], out: TextIO) -> None:
    """Every token: its id, its holder, what it is for, and whether it still holds."""
    rows = [(t.id, visible(t.owner, 40), " ".join(t.scopes), _holds(t)) for t in tokens]
    Page(out).grid(rows, head=("token", "owner", "scopes", "holds"))


def _holds(token: Token) -> str:
    if token.revoked_at is not None:
        return f"revoked {token.revoked_at[:10]}"
    return "without an end" if token.expires_at is None else f"until {token.expires_at[:10]}"


def rule_page(rule: Rule, out: TextIO) -> None:
    """The page as it is, its paragraphs wrapped; models are left alone."""
    page = Page(out)
    page.line((f"{rule.name}  ({rule.severity.value}, {rule.basis.value})", "bold"))
    page.blank()
    paragraph: list[str] = []
    fenced = False

    def flush() -> None:
        if paragraph:
            page.line(" ".join(paragraph), hang=2 if paragraph[0].startswith(("- ", "* ")) else 0)
            paragraph.clear()

    for line in rule.page.splitlines():
        fence = line.lstrip().startswith("```")
        if fenced or fence:
            flush()
            out.write(f"{line}\n")
            fenced = fenced != fence
        elif line.startswith("#"):
            flush()
            page.line((line, "bold"))
        elif line.startswith(("- ", "* ", "|")) or not line:
            flush()
            if line:
                paragraph.append(line)
            else:
                page.blank()
        else:
            paragraph.append(line.strip())
    flush()


def derivation_table(told: Explanation, out: TextIO) -> None:
    """The chain from the inputs to a node, then its parameters."""
    page = Page(out)
    page.line((visible(told.label), "bold"), f"  {counted(told.steps, 'step')} from the inputs")
    page.blank()
    inputs = [(visible(name, 40), prose(shape, 200), "input") for name, shape in told.sources]
    page.grid([*inputs, *(_step(*step_row(step), visible(step.op_type)) for step in told.steps)], under=True)
    if told.parameters:
        page.blank()
        rows = [tuple(prose(text, 200) for text in row) for row in told.parameters]
        page.grid(rows, head=("parameter", "must be", "is"))


def _step(node: str, shape: str, formula: str, op_type: str) -> tuple[str, str, str]:
    return node, shape, formula or op_type


def _count(size: Size | None) -> str:
    """Nothing for 0: a table of layers is read by its numbers."""
    return "" if size == 0 else amount(_text(size))


def _text(size: Size | None) -> int | str | None:
    return size if size is None or isinstance(size, int) else str(size)
