"""Where a rule says of which operator it gives the interval.

As in `auditor.shapes.registry` a rule's signature is the operator's: inputs in order, attributes keyword-only with
ONNX's defaults. Inputs arrive as `Known`, None where one is left out; a keyword-only ``site`` receives the node's
surroundings. The rule returns one `Known` of the true numbers, a tuple with one for each output, or None where it knows
nothing; rounding to the type is added outside.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from ..modules import module_names
from ..shapes.registry import Operator, signature
from ..tuples import NamedTuple

Rule = TypeVar("Rule", bound=Callable[..., Any])


class RangeRule(NamedTuple):
    """One operator since one opset. ``rounds``: by so many roundings a result may be off.

    ``infinite``: it knows what comes of infinite inputs, and hands a NaN on; other rules never see one.
    ``picks``: its integers are its inputs', or cut to their type; others' may wrap around.
    """

    operator: Operator
    rounds: float
    infinite: bool
    takes_site: bool
    picks: bool = False

    @property
    def moves(self) -> bool:
        """Whether it hands elements on, and computes nothing."""
        return bool(self.operator.run.__module__.endswith(".moving"))


_rules: dict[tuple[str, str], list[RangeRule]] = {}


def ranged(
    *names: str, since: int = 1, domain: str = "", rounds: float = 0.0, infinite: bool = False, picks: bool = False
) -> Callable[[Rule], Rule]:
    """Register a rule for the named operators, from this opset on until the next rule of the name."""

    def bind(run: Rule) -> Rule:
        read = signature(run, since)
        attributes = {name: kind for name, kind in read.attributes.items() if name != "site"}
        rule = RangeRule(read._replace(attributes=attributes), rounds, infinite, "site" in read.attributes, picks)
        for name in names:
            versions = _rules.setdefault((domain, name), [])
            if any(v.operator.since == since for v in versions):
                raise ValueError(f"{name} has two ranges since opset {since}")
            versions.append(rule)
            versions.sort(key=lambda v: v.operator.since)
        return run

    return bind


def rule_for(domain: str, name: str, opset: int) -> RangeRule | None:
    """The rule that holds for an operator at an opset, if there is one."""
    versions = all_ranged().get((domain, name), [])
    at = bisect_right(versions, opset, key=lambda v: v.operator.since)
    return versions[at - 1] if at else None


@cache
def all_ranged() -> dict[tuple[str, str], list[RangeRule]]:
    """Every rule by (domain, name), oldest first."""
    package = import_module(f"{__package__}.ops")
    for family in module_names(package.__path__):
        import_module(f"{package.__name__}.{family}")
    return _rules
