"""A BatchNormalization whose arithmetic went into the weights of the node before it."""

from __future__ import annotations

from typing import Any

from ..errors import CannotLook
from ..model import payload
from ..model.dtypes import DType
from ..model.graph import Model
from ..tuples import NamedTuple
from .difference import (
    BatchNormFused,
    BatchNormSplit,
    Degree,
    Edit,
    NodeAt,
    NodeRewired,
    NodesAdded,
    NodesRemoved,
    TensorChanged,
    TensorPair,
)
from .interface import overridable
from .nodes import Beside
from .skeleton import ABSENT, NODE, STORED, Skeleton, Source
from .words import node_said

_MOST = 1 << 26  # elements of a weight that is worked through
_ROUNDING = 1e-4  # of the largest weight of a channel, for float32


class _Way(NamedTuple):
    """The body with the BatchNormalization, and the one whose weights hold it; ``partner`` is in the second."""

    apart: Skeleton
    apart_model: Model
    within: Skeleton
    within_model: Model
    partner: list[int]


def with_fusions(body: Beside, edits: list[Edit], pairs: dict[tuple[int, int], TensorPair]) -> list[Edit]:
    """The edits of a pair of bodies, those that one fusion explains, or its undoing, folded into it."""
    old, new = body.skeletons
    fusing = _Way(old, body.old.model, new, body.new.model, body.pairing.of_old)
    splitting = _Way(new, body.new.model, old, body.old.model, body.pairing.of_new)
    back = {(b, a): pair for (a, b), pair in pairs.items()}
    found, gone = [], set()
    by_node: dict[int, list[int]] = {}
    by_pair: dict[TensorPair, int] = {}
    for at, edit in enumerate(edits):
        if isinstance(edit.change, NodeRewired) and all(rewire.place in (1, 2) for rewire in edit.change.inputs):
            by_node.setdefault(edit.change.old.place, []).append(at)
        elif isinstance(edit.change, TensorChanged):
            by_pair[edit.change.pair] = at
    for at, edit in enumerate(edits):
        match edit.change:
            case NodesRemoved(nodes=(normal,)):
                made = _fused(fusing, normal, pairs)
                change: BatchNormFused | BatchNormSplit | None = made and BatchNormFused(
                    old.at(made[0]), new.at(made[1]), normal, *made[2:]
                )
                text = change and f"fused: {node_said(normal)} into {node_said(change.old)}"
            case NodesAdded(nodes=(normal,)):
                made = _fused(splitting, normal, back)
                change = made and BatchNormSplit(old.at(made[1]), new.at(made[0]), normal, *made[2:])
                text = change and f"split: {node_said(normal)} out of {node_said(change.old)}"
            case _:
                continue
        if change is None or text is None:
            continue
        gone |= {at, *by_node.get(change.old.place, ())}
        gone |= {by_pair[pair] for pair in change.tensors if pair in by_pair}
        one, other = ("new", "old") if isinstance(change, BatchNormFused) else ("old", "new")
        why = {
            True: f"the {one} weights are those that the BatchNormalization makes of the {other} ones",
            False: f"the {one} weights are not those that the BatchNormalization makes of the {other} ones",
            None: f"whether the {one} weights are right was not worked out",
        }[change.proved]
        found.append(Edit(change, Degree.COMPATIBLE if change.proved else Degree.BEHAVIOUR, text, why))
    return [edit for at, edit in enumerate(edits) if at not in gone] + found


def _fused(
    way: _Way, normal: NodeAt, pairs: dict[tuple[int, int], TensorPair]
) -> tuple[int, int, tuple[TensorPair, ...], bool | None] | None:
    """The node before it, its partner, the tensors that took it in, and whether they are right."""
    apart, within = way.apart, way.within
    if normal.op_type != "BatchNormalization":
        return None
    sources = apart.sources[normal.place]
    if len(sources) != 5 or sources[0][0] != NODE or any(source[0] != STORED for source in sources[1:]):
        return None
    before = sources[0][1]
    after = way.partner[before]
    if after < 0 or apart.graph.nodes[before].op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return None
    if len(apart.users[before]) != 1 or before in apart.output_ports:
        return None
    ours, theirs = apart.sources[before], within.sources[after]
    touched = tuple(
        pair
        for one, two in zip(ours[1:], theirs[1:], strict=False)
        if one[0] == two[0] == STORED and (pair := pairs.get((one[1], two[1]))) is not None
    )
    if not touched:
        return None
    try:
        proved = _holds(way, before, after, normal.place)
    except (CannotLook, ValueError):
        proved = None
    return before, after, touched, proved


def _only_scales(way: _Way, normal: int) -> bool:
    """Whether a BatchNormalization takes the statistics that it is given, for each channel; and hands out no others."""
    node = way.apart.graph.nodes[normal]
    said = node.attributes
    if any(node.outputs[1:]) or (way.apart.scope.opsets.get("") or 0) < 7:
        return False
    return said.get("training_mode", 0) == 0 and said.get("spatial", 1) == 1


def _holds(way: _Way, before: int, after: int, normal: int) -> bool | None:
    """Whether W' = W s and b' = (b - mean) s + shift, where s = scale / sqrt(variance + epsilon)."""
    import numpy as np

    old, new = way.apart, way.within
    node = old.graph.nodes[before]
    if node.op_type != "Conv" or not _only_scales(way, normal):
        return None
    fed = overridable(way.apart_model), overridable(way.within_model)

    def stored(which: int, source: Source) -> Any:
        skeleton, model = ((old, way.apart_model), (new, way.within_model))[which]
        tensor = skeleton.stored[source[1]]
        if tensor.name in fed[which]:
            raise ValueError("a client may feed another")
        if tensor.literal is not None or tensor.sparse is not None or tensor.tensor.dtype != DType.FLOAT:
            raise ValueError("not an array of float32")
        if tensor.tensor.elements > _MOST:
            raise ValueError("too large")
        return payload.array(model, tensor.tensor).astype(np.float64)

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
