"""Whether an operator means the same at two opsets, as far as its signature and its history say."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from ..model.graph import Node
from ..model.moved import input_instead
from ..model.schemas import Schema, schema, versions
from .turns import Turn, turns


def otherwise(node: Node, old: int, new: int) -> str | None:
    """Why a node that is right at both opsets may compute something else at the later; None: it computes the same."""
    turned, unlike = _between(node.domain, node.op_type, *sorted((old, new)))
    return next((f"{node.op_type} {turn.since} {turn.why}" for turn in turned if turn.concerns(node)), unlike)


def means_the_same(domain: str, op_type: str, old: int, new: int) -> bool | None:
    """Whether every node that is right at both opsets computes the same; None: of this operator nothing is known."""
    if schema(domain, op_type, old) is None or schema(domain, op_type, new) is None:
        return None
    return _between(domain, op_type, *sorted((old, new))) == ((), None)


@cache
def _between(domain: str, op_type: str, low: int, high: int) -> tuple[tuple[Turn, ...], str | None]:
    """Where the meaning turns, and why it may although no turn is known."""
    one, two = schema(domain, op_type, low), schema(domain, op_type, high)
    if one is None or two is None:
        return (), f"{op_type} is not known at both opsets"
    steps = [schema(domain, op_type, at) for at in versions(domain, op_type) if one.since <= at <= two.since]
    broken = next((b for a, b in pairwise(steps) if a is None or b is None or not _extends(a, b)), None)
    unlike = None if broken is None else f"{op_type} {broken.since} has another signature"
    return tuple(turn for turn in turns(domain, op_type) if one.since < turn.since <= two.since), unlike


def _extends(one: Schema, two: Schema) -> bool:
    """Whether the later signature has all of the earlier, with the same defaults, and else only what may be left out.

    What became an input from an attribute is compared node by node.
    """
    if two.deprecated != one.deprecated:
        return False
    for name, spec in one.attributes.items():
        other = two.attributes.get(name)
        if other is None:
            if input_instead(two, name) is None:
                return False
        elif other.default != spec.default or other.kind != spec.kind:
            return False
    return not any(spec.required for name, spec in two.attributes.items() if name not in one.attributes)
