"""A BatchNormalization whose arithmetic went into the weights of the node before it."""

from __future__ import annotations

from typing import Any

from ..errors import CannotLook
from ..model import payload
from ..model.dtypes import DType
from .difference import BatchNormFused, Degree, Edit, NodeAt, NodeRewired, NodesRemoved, TensorChanged, TensorPair
from .nodes import Beside
from .skeleton import ABSENT, NODE, STORED, Source
from .words import node_said

_MOST = 1 << 26  # elements of a weight that is worked through
_ROUNDING = 1e-4  # of the largest weight of a channel, for float32


def with_fusions(body: Beside, edits: list[Edit], pairs: dict[tuple[int, int], TensorPair]) -> list[Edit]:
    """The edits of a pair of bodies, those that one fusion explains folded into it."""
    found, gone = [], set()
    by_node: dict[int, list[int]] = {}
    by_pair: dict[TensorPair, int] = {}
    for at, edit in enumerate(edits):
        if isinstance(edit.change, NodeRewired):
            by_node.setdefault(edit.change.old.place, []).append(at)
        elif isinstance(edit.change, TensorChanged):
            by_pair[edit.change.pair] = at
    for at, edit in enumerate(edits):
        if not isinstance(edit.change, NodesRemoved) or len(edit.change.nodes) != 1:
            continue
        fused = _fused(body, edit.change.nodes[0], pairs)
        if fused is None:
            continue
        gone |= {at, *by_node.get(fused.old.place, ())}
        gone |= {by_pair[pair] for pair in fused.tensors if pair in by_pair}
        why = {
            True: "the new weights are those that the BatchNormalization makes of the old ones",
            False: "the new weights are not those that the BatchNormalization makes of the old ones",
            None: "whether the new weights are right was not worked out",
        }[fused.proved]
        text = f"fused: {node_said(fused.removed)} into {node_said(fused.old)}"
        found.append(Edit(fused, Degree.COMPATIBLE if fused.proved else Degree.BEHAVIOUR, text, why))
    return [edit for at, edit in enumerate(edits) if at not in gone] + found


def _fused(body: Beside, removed: NodeAt, pairs: dict[tuple[int, int], TensorPair]) -> BatchNormFused | None:
    old, new = body.skeletons
    if removed.op_type != "BatchNormalization":
        return None
    sources = old.sources[removed.place]
    if len(sources) != 5 or sources[0][0] != NODE or any(source[0] != STORED for source in sources[1:]):
        return None
    before = sources[0][1]
    after = body.pairing.of_old[before]
    if after < 0 or old.graph.nodes[before].op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return None
    if len(old.users[before]) != 1 or before in old.output_ports:
        return None
    ours, theirs = old.sources[before], new.sources[after]
    touched = tuple(
        pair
        for one, two in zip(ours[1:], theirs[1:], strict=False)
        if one[0] == two[0] == STORED and (pair := pairs.get((one[1], two[1]))) is not None
    )
    if not touched:
        return None
    try:
        proved = _holds(body, before, after, removed.place)
    except (CannotLook, ValueError):
        proved = None
    return BatchNormFused(old.at(before), new.at(after), removed, touched, proved)


def _holds(body: Beside, before: int, after: int, normal: int) -> bool | None:
    """Whether W' = W s and b' = (b - mean) s + shift, where s = scale / sqrt(variance + epsilon)."""
    import numpy as np

    old, new = body.skeletons
    node = old.graph.nodes[before]
    if node.op_type != "Conv":
        return None

    def stored(which: int, source: Source) -> Any:
        skeleton, facts = ((old, body.old), (new, body.new))[which]
        tensor = skeleton.stored[source[1]]
        if tensor.literal is not None or tensor.sparse is not None or tensor.tensor.dtype != DType.FLOAT:
            raise ValueError("not an array of float32")
        if tensor.tensor.elements > _MOST:
            raise ValueError("too large")
        return payload.array(facts.model, tensor.tensor).astype(np.float64)

    ours, theirs = old.sources[before], new.sources[after]
    if len(ours) < 2 or len(theirs) < 2 or ours[1][0] != STORED or theirs[1][0] != STORED:
        return None
    bias, new_bias = (s[2] if len(s) > 2 else ABSENT for s in (ours, theirs))
    if (bias != ABSENT and bias[0] != STORED) or (new_bias != ABSENT and new_bias[0] != STORED):
        return None
    scale, shift, mean, variance = (stored(0, source) for source in old.sources[normal][1:])
    epsilon = old.graph.nodes[normal].attributes.get("epsilon", 1e-5)
    if not isinstance(epsilon, float):
        return None
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + epsilon)
        weight, new_weight = stored(0, ours[1]), stored(1, theirs[1])
        if weight.shape != new_weight.shape or factor.shape != weight.shape[:1]:
            return False
        expected = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
        b = np.zeros_like(mean) if bias == ABSENT else stored(0, bias)
        expected_bias = (b - mean) * factor + shift
        found_bias = np.zeros_like(mean) if new_bias == ABSENT else stored(1, new_bias)
        size = np.maximum(np.abs(expected).max(axis=tuple(range(1, weight.ndim)), initial=0), 1e-30)
        apart = np.abs(expected - new_weight).max(axis=tuple(range(1, weight.ndim)), initial=0)
        slack = _ROUNDING * (np.abs(expected_bias) + np.abs(mean * factor) + np.abs(shift) + np.abs(b * factor)) + 1e-30
        return bool(np.all(apart <= _ROUNDING * size) and np.all(np.abs(expected_bias - found_bias) <= slack))
