"""Whether an operator means the same at two opsets, as far as its signature and the known breaks say."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from ..model.moved import input_instead
from ..model.schemas import Schema, schema, versions

_BREAKS = {
    "Softmax": (13,), "LogSoftmax": (13,), "Hardmax": (13,),  # to a matrix and back before, along one axis since
    "Upsample": (7, 9), "Resize": (11,), "RoiAlign": (16,), "GroupNormalization": (21,), "GridSample": (20,),
    "BatchNormalization": (7, 9), "Dropout": (7,), "PRelu": (7,), "Scan": (9,), "Pad": (2,), "Gemm": (7,),
    "Add": (7,), "Sub": (7,), "Mul": (7,), "Div": (7,), "Pow": (7,), "And": (7,), "Or": (7,), "Xor": (7,),
    "Equal": (7,), "Greater": (7,), "Less": (7,), "TopK": (11,), "DFT": (20,), "Attention": (24,), "CastLike": (19,),
    "ConvTranspose": (11,), "RNN": (7,), "GRU": (7,), "LSTM": (7,), "Loop": (11,), "AveragePool": (19,),
}  # fmt: skip
"""Operators that mean something else from an opset on, though their signatures may allow the same nodes.

Broadcasting of Add and its kin changed at 7, the scale of GroupNormalization at 21, the default of RoiAlign at 16,
the windows that AveragePool counts with ceil_mode at 19; see each operator's page, "Version History".
"""


@cache
def means_the_same(domain: str, op_type: str, old: int, new: int) -> bool | None:
    """Whether every node that is right at both opsets computes the same; None: of this operator nothing is known."""
    one, two = schema(domain, op_type, old), schema(domain, op_type, new)
    if one is None or two is None:
        return None
    if one.since == two.since:
        return True
    low, high = sorted((one.since, two.since))
    if not domain and any(low < at <= high for at in _BREAKS.get(op_type, ())):
        return False
    between = [schema(domain, op_type, at) for at in versions(domain, op_type) if low <= at <= high]
    return all(a is not None and b is not None and _extends(a, b) for a, b in pairwise(between))


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
