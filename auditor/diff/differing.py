"""The whole of it: from two models with their facts to what they differ in."""

from __future__ import annotations

from ..errors import CannotLook
from ..model.digest import structure
from ..shapes.facts import Facts
from .aligning import Aligned, Alignment, align
from .concluding import concluded
from .content import same_values
from .difference import BodyPair, Edit, ModelDifference, Recast, TensorChanged, TensorPair, Values
from .folded import with_fusions
from .header import header_edits, opset_edits
from .interface import Interface
from .naming import function_edits, name_edits
from .nodes import Beside, node_edits, output_edits, piece_edits
from .pieces import Pieces
from .quantising import with_quantisation
from .tensors import Compare, pairs_of, tensor_edits, unused_edits
from .wiring import Wiring


def model_difference(old: Facts, new: Facts, compare: Compare | None = None) -> ModelDifference:
    """What two models differ in.

    ``compare`` says whether two aligned tensors of equal type and sizes hold the same values; it is asked once for each
    pair. Without one every byte is read and compared.
    """
    if compare is None:

        def compare(pair: TensorPair) -> Values:
            return same_values(old.model, new.model, pair)

    alignment = align(old.model, new.model)
    bodies: list[Beside] = []
    for aligned in alignment.bodies:
        bodies.append(_beside(old, new, alignment, aligned, bodies))
    inner = [node_edits(body) + output_edits(body) + piece_edits(body) for body in bodies]
    pairs = [pairs_of(body) for body in bodies]
    edits: list[Edit] = Interface(old, new, bodies[0].pairing).edits()
    edits += header_edits(old.model, new.model)
    edits += _opsets(alignment)
    edits += function_edits(alignment)
    for body, changed, found in zip(bodies, inner, pairs, strict=True):
        tensors = tensor_edits(body, list(found.values()), compare) + unused_edits(body, found)
        edits += with_quantisation(body, with_fusions(body, changed + tensors, found))
    for body, found in zip(bodies, pairs, strict=True):
        edits += name_edits(body, found.values())
    every = tuple(pair for found in pairs for pair in found.values())
    unknown = _unknown(alignment, edits)
    same = not edits and not unknown and _same_bytes(old, new)
    return ModelDifference(tuple(map(_pair, bodies)), every, tuple(edits), concluded(edits, unknown, same_bytes=same))


def _beside(old: Facts, new: Facts, alignment: Alignment, aligned: Aligned, before: list[Beside]) -> Beside:
    pairing = aligned.pairing
    removed = Pieces(old, pairing.old, pairing.of_old)
    added = Pieces(new, pairing.new, pairing.of_new)
    around = before[aligned.around].wiring if aligned.around >= 0 else None
    return Beside(old, new, alignment, pairing, Wiring(pairing, removed, added, around), removed, added)


def _opsets(alignment: Alignment) -> list[Edit]:
    """Of the models, and of functions that import something else than before."""
    found: list[Edit] = []
    one, two = alignment.old.skeletons, alignment.new.skeletons
    inside: dict[int, list[int]] = {}
    for at in range(len(alignment.bodies)):
        around = at
        while alignment.bodies[around].around >= 0:
            around = alignment.bodies[around].around
        inside.setdefault(around, []).append(at)
    for around, members in inside.items():
        top = alignment.bodies[around]
        nodes = [
            one[alignment.bodies[at].old].graph.nodes[i]
            for at in members
            for i, j in enumerate(alignment.bodies[at].pairing.of_old)
            if j >= 0
        ]
        found += opset_edits(one[top.old], two[top.new], nodes)
    return found


def _unknown(alignment: Alignment, edits: list[Edit]) -> list[str]:
    found = [
        f"the values of {edit.change.pair.old.name!r}: {edit.change.why}"
        for edit in edits
        if isinstance(edit.change, TensorChanged) and edit.change.how is Recast.UNKNOWN
    ]
    skeletons = alignment.old.skeletons
    found += [f"the body {skeletons[a].path!r}: too many pairs of bodies" for a, _ in alignment.passed_over]
    return found


def _same_bytes(old: Facts, new: Facts) -> bool:
    """Whether the files are the same but for the data of tensors, which were compared."""
    if old.model.size != new.model.size:
        return False
    try:
        return structure(old.model) == structure(new.model)
    except CannotLook:
        return False


def _pair(body: Beside) -> BodyPair:
    old, new = body.skeletons
    nodes = tuple((i, j) for i, j in enumerate(body.pairing.of_old) if j >= 0)
    tensors = [
        (one, two)
        for i, j in nodes
        for one, two in zip(old.graph.nodes[i].outputs, new.graph.nodes[j].outputs, strict=False)
        if one and two
    ]
    tensors += [(old.graph.feeds[i].name, new.graph.feeds[j].name) for i, j in body.pairing.ports.items()]
    return BodyPair(old.path, new.path, nodes, tuple(tensors))
