"""Whose fault a misfit is: the parameter's own, or that of what arrives.

A stored tensor that disagrees with the other stored tensors of its node is wrong whatever arrives, and what leaves the
node is what would leave it without the fault. So faults behind it are faults of their own, not consequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .fact import BroadcastsTo, Exact, Fact, Need, Shape

if TYPE_CHECKING:
    from .visits import Entry

_DENSE = frozenset({"Gemm", "MatMul"})


def own_faults(entry: Entry, given: Sequence[Fact | None]) -> frozenset[str]:
    """The vectors among a node's misfits (a bias, a variance) that another parameter beside them contradicts.

    The witness fits, and every size that the vector must have is one of its own: filters of the weight, channels of a
    scale. So what arrives is not to blame.
    """
    if entry.answer is None:
        return frozenset()
    wrong = {parameter: (need, actual) for parameter, need, actual, verdict in entry.needs if verdict is False}
    doubtful = {parameter for parameter, *_ in entry.needs}
    witnesses = [shape for p in entry.answer.needs if p not in doubtful and (shape := _known(entry, given, p))]
    return frozenset(
        parameter
        for parameter, (need, actual) in wrong.items()
        if len(actual) == 1
        and (isinstance(need, BroadcastsTo) or len(need.shape) == 1)
        and _known(entry, given, parameter)
        and any(_vouches(witness, need) for witness in witnesses)
    )


def harmless(entry: Entry, op_type: str, given: Sequence[Fact | None]) -> bool:
    """Whether a node's outputs are what they would be without its misfits."""
    wrong = [(p, need, actual) for p, need, actual, verdict in entry.needs if verdict is False]
    if op_type in _DENSE and len(wrong) == 1 and wrong[0][0] == "b":
        return _only_features(*wrong[0][1:])
    return own_faults(entry, given) >= {p for p, *_ in wrong}


def _known(entry: Entry, given: Sequence[Fact | None], parameter: str) -> Shape | None:
    index = entry.inputs.index(parameter)
    fact = given[index] if index < len(given) else None
    return None if fact is None or fact.declared else fact.shape


def _vouches(witness: Shape, need: Need) -> bool:
    size = need.shape[-1] if need.shape else None
    return size is not None and size != 1 and size in witness


def _only_features(need: Need, actual: Shape) -> bool:
    """Whether a dense layer takes another number of features, and gives as many as it should.

    Not where it may stand turned around, nor where features may have gone into the rows (a Flatten at a wrong axis).
    """
    if not isinstance(need, Exact) or len(need.shape) != len(actual) or len(actual) != 2:
        return False
    differ = [i for i in (0, 1) if need.shape[i] is not None and need.shape[i] != actual[i]]
    if len(differ) != 1:
        return False
    arrives, takes, gives = need.shape[differ[0]], actual[differ[0]], actual[1 - differ[0]]
    if not isinstance(arrives, int) or not isinstance(takes, int) or not arrives:
        return False
    return gives != arrives and takes % arrives != 0
