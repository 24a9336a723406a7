"""What changed at paired nodes, and the pieces that came and went."""

from __future__ import annotations

from ..model.graph import Graph, Node
from ..model.moved import input_instead
from ..model.schemas import schema
from ..model.tensor import Blob, SparseTensor, Tensor
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from .aligning import Alignment
from .constants import Folding, folded
from .content import elements, same_text, same_values
from .difference import (
    Altered,
    Degree,
    Edit,
    NodeChanged,
    NodeRewired,
    NodesAdded,
    NodesRemoved,
    OutputMoved,
    StoredAt,
    TensorPair,
    Values,
)
from .idle import passed_on
from .kinds import stated
from .pairing import Pairing
from .pieces import Pieces
from .skeleton import NODE, STORED, Skeleton
from .wiring import Wiring
from .words import node_said, nodes_said, value_said


class Beside(NamedTuple):
    """Two bodies beside each other, with all that is known of them."""

    old: Facts
    new: Facts
    alignment: Alignment
    pairing: Pairing
    wiring: Wiring
    removed: Pieces
    added: Pieces

    @property
    def skeletons(self) -> tuple[Skeleton, Skeleton]:
        return self.pairing.old, self.pairing.new


def node_edits(body: Beside) -> list[Edit]:
    """Of paired nodes, in the order of the old file; those of stored tensors are collected in the wiring."""
    found: list[Edit] = []
    old, new = body.skeletons
    for i, j in enumerate(body.pairing.of_old):
        if j < 0:
            continue
        altered, slots = _altered(body, i, j)
        if altered:
            found.append(_changed(body, i, j, altered))
        rewired, swapped = body.wiring.compare(i, j, slots)
        if rewired:
            one, two = old.at(i), new.at(j)
            where = ", ".join(f"input {r.place}: {_tensor(r.old)} -> {_tensor(r.new)}" for r in rewired[:3])
            how = "inputs swapped" if swapped else "rewired"
            found.append(
                Edit(
                    NodeRewired(one, two, rewired, swapped),
                    Degree.BEHAVIOUR,
                    f"{node_said(one)}: {how} ({where}{', ...' if len(rewired) > 3 else ''})",
                    f"{node_said(one)} takes other tensors",
                )
            )
    return found


def _tensor(name: str | None) -> str:
    return "nothing" if name is None else repr(name)


def _changed(body: Beside, i: int, j: int, altered: tuple[Altered, ...]) -> Edit:
    old, new = body.skeletons
    one, two = old.at(i), new.at(j)
    said = ", ".join(f"{a.what} {a.old or 'not given'} -> {a.new or 'not given'}" for a in altered)
    harmless = all(a.same_meaning for a in altered)
    degree, why = Degree.BEHAVIOUR, f"{node_said(one)} computes otherwise: {altered[0].what} changed"
    if harmless:
        degree, why = Degree.COMPATIBLE, f"{node_said(one)} says the same in another way"
    elif passed_on(body.old, old, i) is not None and passed_on(body.new, new, j) is not None:
        degree, why = Degree.COMPATIBLE, f"{node_said(one)} hands on what it takes, before and after"
    return Edit(NodeChanged(one, two, altered), degree, f"{node_said(one)}: {said}", why)


def _altered(body: Beside, i: int, j: int) -> tuple[tuple[Altered, ...], dict[int, int]]:
    """What is another at a pair of nodes, and the places of the inputs that stand for an attribute of the other."""
    (old, new), found = body.skeletons, []
    one, two = old.graph.nodes[i], new.graph.nodes[j]
    function = body.alignment.old.called(one), body.alignment.new.called(two)
    if None in function:  # a function is what is in it, whatever it is called
        for what, was, now in (("op_type", one.op_type, two.op_type), ("domain", one.domain, two.domain)):
            if was != now:
                found.append(Altered(what, was, now))
    if one.attributes is two.attributes or not (one.attributes or two.attributes):
        return tuple(found), {}
    known = [
        schema(node.domain, node.op_type, opset) if (opset := skeleton.scope.opsets.get(node.domain)) else None
        for node, skeleton in ((one, old), (two, new))
    ]
    a, b = stated(one.attributes, known[0]), stated(two.attributes, known[1])
    slots: dict[int, int] = {}
    for name in dict.fromkeys((*a, *b)):
        first, second = a.get(name), b.get(name)
        if name in a and name in b and _same(body, first, second):
            continue
        if isinstance(first, Graph) and isinstance(second, Graph):
            continue  # compared by itself
        shown = value_said(first) if name in a else None, value_said(second) if name in b else None
        harmless = name == "momentum" and _normalises_alone(one) and _normalises_alone(two)
        if one.op_type == two.op_type and not one.domain:
            for mine, other_known, skeleton, at, model in (
                (a, known[1], new, j, body.new.model),
                (b, known[0], old, i, body.old.model),
            ):
                if name not in mine or (name in a and name in b) or other_known is None:
                    continue
                moved = input_instead(other_known, name)
                if moved is None:
                    continue
                sources = skeleton.sources[at]
                given = sources[moved.place] if moved.place < len(sources) else None
                if given is not None and given[0] == STORED:
                    slots[moved.place] = 0
                    values = elements(model, skeleton.stored[given[1]])
                    scalar = not skeleton.stored[given[1]].dims
                    said = None if values is None else value_said(values[0] if scalar else values)
                    shown = (shown[0], said) if mine is a else (said, shown[1])
                    value = mine[name]
                    harmless = values is not None and values == (value if isinstance(value, tuple) else (value,))
        found.append(Altered(name, *shown, harmless))
    return tuple(found), slots


def _normalises_alone(node: Node) -> bool:
    """A BatchNormalization that hands out no statistics: only those depend on the momentum."""
    return node.op_type == "BatchNormalization" and not node.domain and not any(node.outputs[1:])


def _same(body: Beside, one: object, two: object) -> bool:
    match one, two:
        case Tensor(), Tensor():
            if (one.dtype, one.dims) != (two.dtype, two.dims):
                return False
            pair = TensorPair(StoredAt("", "", one), StoredAt("", "", two))
            return same_values(body.old.model, body.new.model, pair) is Values.SAME
        case SparseTensor(), SparseTensor():
            if (one.values.dtype, one.dims) != (two.values.dtype, two.dims):
                return False
            pair = TensorPair(StoredAt("", "", one.values, one), StoredAt("", "", two.values, two))
            return same_values(body.old.model, body.new.model, pair) is Values.SAME
        case Blob(), Blob():
            return same_text(body.old.model, body.new.model, one, two)
        case tuple(), tuple() if any(isinstance(each, Tensor | SparseTensor | Blob) for each in one):
            return len(one) == len(two) and all(_same(body, a, b) for a, b in zip(one, two, strict=True))
    return type(one) is type(two) and repr(one) == repr(two)


def piece_edits(body: Beside) -> list[Edit]:
    """What came and what went, each piece as one."""
    old, new = body.skeletons
    found: list[Edit] = []
    going = Folding(body.old, old, body.removed, body.pairing.of_old, body.new, new)
    coming = Folding(body.new, new, body.added, body.pairing.of_new, body.old, old)
    for way, made, word, into in ((going, NodesRemoved, "removed", "into"), (coming, NodesAdded, "added", "out of")):
        pieces, skeleton = way.pieces, way.skeleton
        for number, members in enumerate(pieces.members):
            nodes = tuple(skeleton.at(i) for i in members)
            behind = tuple(name for root in sorted(pieces.roots(number)) if (name := skeleton.name(root)))[:8]
            text = f"{word}: {nodes_said(nodes)}"
            degree, why = Degree.BEHAVIOUR, f"{nodes_said(nodes)} {word}"
            if pieces.does_nothing(number):
                degree = Degree.COMPATIBLE
                why = f"{nodes_said(nodes)} changes no value"
            elif (constant := folded(way, number)) is not None:
                degree, why = Degree.COMPATIBLE if constant.proved else Degree.BEHAVIOUR, constant.why
                text += f", folded {into} {', '.join(constant.stored[:3])}"
            found.append(Edit(made(nodes, behind), degree, text, why))
    return found


def output_edits(body: Beside) -> list[Edit]:
    """Outputs of paired graphs that another tensor is handed out as."""
    old, new = body.skeletons
    found = []
    for place, other in body.pairing.outputs.items():
        one, two = old.outputs[place], new.outputs[other]
        if body.wiring.same(one, two, -1, place):
            continue
        name = new.graph.outputs[other].name
        made, now = (_made(s, source) for s, source in ((old, one), (new, two)))
        found.append(
            Edit(
                OutputMoved(name, made, now),
                Degree.BEHAVIOUR,
                f"output {name!r}{_within(new)}: is {now}, and was {made}",
                f"the output {name!r} is another tensor",
            )
        )
    return found


def _within(skeleton: Skeleton) -> str:
    return f" of {skeleton.path!r}" if skeleton.path else ""


def _made(skeleton: Skeleton, source: tuple[int, int, int]) -> str:
    kind, at, out = source
    if kind == NODE:
        return f"output {out} of {node_said(skeleton.at(at)._replace(graph=''))}"
    return f"the tensor {skeleton.name(source)!r}"
