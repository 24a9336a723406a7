"""Nodes that quantise, where only one of the models has them: one edit of a graph, and not one of every edge."""

from __future__ import annotations

from ..model.dtypes import FLOATS, QUANTISED
from ..wording import counted
from .difference import Degree, Dequantised, Edit, Quantised, TensorChanged, TensorPair
from .nodes import Beside
from .skeleton import NODE, PORT, STORED, Skeleton, Source


def with_quantisation(body: Beside, edits: list[Edit]) -> list[Edit]:
    """The edits of a pair of bodies, those of tensors that became integers, or floats again, folded into one."""
    old, new = body.skeletons
    if not old.transparent and not new.transparent:
        return edits
    forward = bool(new.transparent)
    skeleton = new if forward else old
    stored, rest = [], []
    for edit in edits:
        if isinstance(edit.change, TensorChanged) and _became_integers(edit.change.pair, forward):
            stored.append(edit.change.pair)
        else:
            rest.append(edit)
    behind = {source for source in skeleton.transparent.values() if source[0] != STORED}
    flowing = tuple(sorted({name for source in behind if (name := _old_name(body, source, forward))}))
    nodes = tuple(skeleton.at(i) for i in sorted(skeleton.transparent))
    what = (Quantised if forward else Dequantised)(skeleton.path, tuple(stored), flowing, nodes)
    word = "quantised" if forward else "no longer quantised"
    tensors = [counted(stored, "stored tensor")] if stored else []
    tensors += [counted(flowing, "other tensor")] if flowing else []
    where = f" in {skeleton.path!r}" if skeleton.path else ""
    text = f"{word}{where}: {' and '.join(tensors) or 'nothing'} by {counted(nodes, 'node')}"
    why = "values are rounded to integers" if forward else "values are no longer rounded to integers"
    return [Edit(what, Degree.BEHAVIOUR, text, why), *rest]


def _became_integers(pair: TensorPair, forward: bool) -> bool:
    one, two = (pair.old, pair.new) if forward else (pair.new, pair.old)
    return one.tensor.dtype in FLOATS and two.tensor.dtype in QUANTISED | {6, 17, 18, 19, 20}


def _old_name(body: Beside, source: Source, forward: bool) -> str:
    old: Skeleton = body.skeletons[0]
    kind, at, out = source
    if not forward:
        return old.name(source)
    if kind == NODE:
        at = body.pairing.of_new[at]
        return old.name((NODE, at, out)) if at >= 0 else ""
    back = {j: i for i, j in body.pairing.ports.items()}
    return old.name((PORT, back[at], 0)) if kind == PORT and at in back else ""
