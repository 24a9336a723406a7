"""Numbers that are there to be nothing: what is added to scores in front of a softmax may be as low as it likes."""

from __future__ import annotations

from ..cutting import Cuttable

_PASSED_ON = frozenset(
    {"Add", "Cast", "Concat", "Expand", "Identity", "Reshape", "Slice", "Squeeze", "Tile", "Transpose", "Unsqueeze",
     "Where"}
)  # fmt: skip
_SOFT = frozenset({"Softmax", "LogSoftmax", "Attention", "MultiHeadAttention", "GroupQueryAttention"})


def only_masks(model: Cuttable, tensor: str) -> bool:
    """Whether every way on from the tensor leads into a softmax: -inf is then as good as any low number."""
    takers: dict[str, list[int]] = {}
    for index, node in enumerate(model.nodes):
        for name in node.inputs:
            takers.setdefault(name, []).append(index)
    waiting, seen = [tensor], {tensor}
    while waiting:
        taken = takers.get(waiting.pop(), [])
        if not taken:
            return False
        for index in taken:
            node = model.nodes[index]
            if node.op_type in _SOFT:
                continue
            if node.op_type not in _PASSED_ON:
                return False
            fresh = [name for name in node.outputs if name and name not in seen]
            seen.update(fresh)
            waiting += fresh
    return True
