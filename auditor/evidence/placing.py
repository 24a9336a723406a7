"""How much of a run each execution provider did: nodes by onnxruntime's own record, multiply-accumulates by ours.

onnxruntime records which nodes it gave to which provider after its first optimisations, which take nodes away and put
one in the place of two. A node is found again by its name, which it keeps, or with ``/MatMulAddFusion`` behind it
(measured: onnxruntime 1.32). What is not found again is said apart, and belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..costs.macs import by_node
from ..model.graph import Node, has_subgraphs
from ..report import ProviderFallback, ProviderShare
from ..runtime.outcome import Run
from ..shapes.facts import Facts
from ..shapes.visits import OutOfBudget
from ..tuples import NamedTuple

_FUSED = "/MatMulAddFusion"
_PROCESSOR = "CPUExecutionProvider"


class ProviderShares(NamedTuple):
    """Of each provider, the one that was asked for first; ``how`` the figures were had."""

    shares: tuple[ProviderShare, ...] = ()
    unplaced_macs: int | None = None  # in nodes of which it is not known who did them; None: no MACs are known
    how: str = ""


def shares(facts: Facts, run: Run) -> ProviderShares:
    """Nothing where the CPU alone was asked for, or onnxruntime did not say who did what."""
    if run.provider == _PROCESSOR or not run.placed:
        return ProviderShares()
    total = len(run.placed)
    numbers = {run.provider: 0, **run.placement}
    how = f"nodes as onnxruntime {run.version} records them, after its first optimisations (level {run.optimisation})"
    counted = _macs(facts, run)
    if isinstance(counted, str):
        rows = (ProviderShare(name, n, _percent(n, total)) for name, n in numbers.items())
        return ProviderShares(tuple(rows), None, f"{how}; no MACs: {counted}")
    whole = sum(counted.values())
    own = (
        ProviderShare(name, n, _percent(n, total), counted.get(name, 0), _percent(counted.get(name, 0), whole))
        for name, n in numbers.items()
    )
    return ProviderShares(tuple(own), counted.get("", 0), f"{how}; MACs as auditor counts them, by the nodes' names")


def fallbacks(run: Run) -> tuple[ProviderFallback, ...]:
    """What did not go to the provider that was asked for, for the report."""
    return tuple(ProviderFallback(one.op_type, one.provider, one.nodes, one.why) for one in run.fallbacks)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _macs(facts: Facts, run: Run) -> dict[str, int] | str:
    """By provider, "" for what was not found again; in words why they are not known."""
    sizes = {feed.name: feed.shape for feed in run.feeds if not feed.file}
    if any(macs is not None and not isinstance(macs, int) for *_, macs in by_node(facts)):
        if len(sizes) < len(run.feeds) or not sizes:
            return "the sizes of the inputs are not known before the run; bind them (--dim, --input-shape)"
        try:
            facts = facts.rebind(sizes)
        except OutOfBudget as error:
            return str(error)
    names = _names(run)
    alone = next(iter(run.placement)) if len(run.placement) == 1 else ""
    found: dict[str, int] = {}
    for _, node, macs in by_node(facts):
        if not isinstance(macs, int):
            return f"those of {node.name or node.op_type} are open"
        if macs:
            provider = alone or _provider_of(node, names)
            found[provider] = found.get(provider, 0) + macs
    return found


def _names(run: Run) -> Mapping[str | tuple[str], frozenset[str]]:
    """Who did the nodes of a name; of nameless ones, those of an operator."""
    found: dict[str | tuple[str], set[str]] = {}
    for one in run.placed:
        found.setdefault(one.node or (one.op_type,), set()).add(one.provider)
    return {key: frozenset(providers) for key, providers in found.items()}


def _provider_of(node: Node, names: Mapping[str | tuple[str], frozenset[str]]) -> str:
    """Who did it, where that is one provider; of a node with bodies each of these has its own place."""
    if has_subgraphs(node):
        return ""
    own = names.get(node.name or (node.op_type,), frozenset())
    fused = names.get(f"{node.name}{_FUSED}", frozenset())
    did = own or fused if node.name else own | fused  # of nameless ones either may be meant
    return next(iter(did)) if len(did) == 1 else ""
