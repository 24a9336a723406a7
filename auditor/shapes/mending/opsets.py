"""The opset for which the nodes were made, where it is another than the one that is imported."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ...model.conformance import flawed
from ...model.graph import Model
from ...model.schemas import newest, schema, versions
from ...model.scopes import scopes
from ...repair import OpsetImport
from ..facts import Facts
from ..troubles import Impossible, Misfit, Unsupported
from .trial import Ground

_MOST_NODES = 20_000

_OLDEST = 7
"""Below it onnxruntime has few operators: no model of a later opset was made for one of these."""


def opset_that_fits(facts: Facts, domain: str = "", changes: Sequence[int] = ()) -> tuple[OpsetImport, ...]:
    """The nearest version of a domain at which every node is as its operator has it, and all propagates; or nothing.

    ``changes``: the versions at which the operator changed that is at fault; only beyond one of them it is another.
    """
    model = facts.model
    now = model.opsets.get(domain)
    if now is None or sum(len(scope.graph.nodes) for scope in scopes(model)) > _MOST_NODES:
        return ()
    troubles, operators = _troubles(facts), _operators(model, domain)
    tried: set[tuple[int, ...]] = set()
    for version in sorted(range(1, newest(domain) + 1), key=lambda v: (abs(v - now), -v)):
        if version == now or (not domain and version < _OLDEST <= now):
            continue
        if changes and not any(min(now, version) < c <= max(now, version) for c in changes):
            continue
        meaning = _meaning(operators, version)
        if meaning in tried:
            continue
        tried.add(meaning)
        other = model._replace(imports=tuple((d, version if _same(d, domain) else v) for d, v in model.imports))
        if not _fits(other):
            continue
        after = facts.of_model(other)
        left = _troubles(after)
        if left <= troubles and (left < troubles or not changes) and not _contradicted(after):
            why = f"at {version} every node is as its operator has it, and at {now} it is not"
            return (OpsetImport(domain, now, version, why),)
    return ()


def _operators(model: Model, domain: str) -> tuple[tuple[int, ...], ...]:
    """Of each operator of the domain that the model has, the versions at which it changed."""
    names = {node.op_type for scope in scopes(model) for node in scope.graph.nodes if _same(node.domain, domain)}
    return tuple(versions(domain, name) for name in sorted(names))


def _meaning(operators: Sequence[tuple[int, ...]], version: int) -> tuple[int, ...]:
    """Which version each of the operators has: where all are as at a version that was tried, so is what comes of it."""
    return tuple(bisect_right(changed, version) for changed in operators)


def _same(one: str, domain: str) -> bool:
    return ("" if one == "ai.onnx" else one) == domain


def _fits(model: Model) -> bool:
    for scope in scopes(model):
        seen: set[tuple[str, str, int, int, int]] = set()
        for node in scope.graph.nodes:
            key = (node.domain, node.op_type, id(node.attributes), len(node.inputs), len(node.outputs))
            if key in seen and "" not in node.inputs:
                continue
            seen.add(key)
            known = (node.domain, node.op_type, node.overload) in model.functions
            if not known and node.domain == "":
                found = schema("", node.op_type, scope.opsets.get("", 1))
                if found is None or found.deprecated:
                    return False
            if flawed(model, node, scope.opsets):
                return False
    return True


def _troubles(facts: Facts) -> set[tuple[str, object]]:
    return {(type(t).__name__, t.at) for t in facts.troubles if isinstance(t, Misfit | Impossible | Unsupported)}


def _contradicted(facts: Facts) -> bool:
    ground = Ground.under(facts)
    return bool(ground.contradicted & ground.outputs)
