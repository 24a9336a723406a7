"""Which edit would mend a fault: proposed by what people get wrong, tried by propagation, ranked by how usual it is.

What a rule asks for stands here. The search itself is loaded when a model is broken: most are whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...tuples import NamedTuple

if TYPE_CHECKING:
    from ...repair import OpsetImport, Repair
    from ...report import Fit
    from ..facts import Facts
    from ..troubles import At
    from .search import Mend

MOST_SEARCHES = 4
"""Broken places of one model for which a rule looks for a mend: a model of many faults is slow enough."""

CHANNELS_FIRST = frozenset(
    {
        "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "BatchNormalization", "LRN",
        "InstanceNormalization", "GroupNormalization", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool",
        "GlobalMaxPool", "PRelu", "DepthToSpace", "SpaceToDepth",
    }
)  # fmt: skip
"""Operators whose data has its channels at axis 1."""

HANDING_ON = frozenset(
    {"Identity", "Cast", "CastLike", "Dropout", "Relu", "Clip", "QuantizeLinear", "DequantizeLinear"}
)
"""Operators that leave the axes of their data where they are."""


class BrokenPlace(NamedTuple):
    """What is to go: a trouble of a node, or (``output``) that an output is not what is declared of it."""

    at: At | None
    output: str = ""


def mends(facts: Facts, fault: BrokenPlace, fits: Sequence[Fit] = ()) -> tuple[Mend, ...]:
    """Up to three edits that mend a fault, the likeliest first; ``fits``: sizes of inputs that were solved for it."""
    from . import search

    return search.mends(facts, fault, fits)


def sizes_that_mend(facts: Facts, at: At, fits: Sequence[Fit]) -> tuple[Repair, ...]:
    """Sizes of inputs with which a node runs that runs for some of the open sizes only; tried like any edit."""
    from . import search

    return search.sizes_that_mend(facts, at, fits)


def opset_that_fits(facts: Facts, domain: str = "", changes: Sequence[int] = ()) -> tuple[OpsetImport, ...]:
    """The nearest version of a domain at which every node is as its operator has it, and all propagates; or nothing.

    ``changes``: the versions at which the operator changed that is at fault; only beyond one of them it is another.
    """
    from . import opsets

    return opsets.opset_that_fits(facts, domain, changes)
