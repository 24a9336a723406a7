"""Names and places that are others, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from ..wording import counted
from .aligning import Alignment
from .difference import Degree, Edit, FunctionChanged, Renamed, Reordered, TensorPair
from .nodes import Beside
from .sequences import rising


def name_edits(body: Beside, pairs: Iterable[TensorPair]) -> list[Edit]:
    """Of one pair of bodies."""
    old, new = body.skeletons
    both = [(i, j) for i, j in enumerate(body.pairing.of_old) if j >= 0]
    nodes = tuple((old.at(i), new.at(j)) for i, j in both if old.graph.nodes[i].name != new.graph.nodes[j].name)
    tensors = [
        (one, two)
        for i, j in both
        for one, two in zip(old.graph.nodes[i].outputs, new.graph.nodes[j].outputs, strict=False)
        if one != two
    ]
    tensors += [(pair.old.name, pair.new.name) for pair in pairs if pair.old.name != pair.new.name]
    if old.path:
        feeds = zip(old.graph.feeds, new.graph.feeds, strict=False)
        tensors += [(one.name, two.name) for one, two in feeds if one.name != two.name]
    where = f" in {old.path!r}" if old.path else ""
    found = []
    if nodes or tensors:
        said = [counted(nodes, "node")] if nodes else []
        said += [counted(tensors, "tensor")] if tensors else []
        text = f"renamed{where}: {' and '.join(said)}"
        found.append(Edit(Renamed(old.path, nodes, tuple(tensors)), Degree.RENAMED, text, "names inside a graph"))
    kept = set(rising([j for _, j in both]))
    moved = tuple((old.at(i), new.at(j)) for at, (i, j) in enumerate(both) if at not in kept)
    if moved:
        text = f"reordered{where}: {counted(moved, 'node')}"
        found.append(Edit(Reordered(old.path, moved), Degree.RENAMED, text, "the order of nodes in the file"))
    return found


def function_edits(alignment: Alignment) -> list[Edit]:
    """Functions that are called otherwise, that came, or that went."""
    one = {at: ":".join(filter(None, key)) for key, at in alignment.old.functions.items()}
    two = {at: ":".join(filter(None, key)) for key, at in alignment.new.functions.items()}
    pairs = [(body.old, body.new) for body in alignment.bodies if body.old in one and body.new in two]
    found = []
    for a, b in pairs:
        if one[a] != two[b]:
            text = f"function {one[a]!r} is called {two[b]!r}"
            found.append(Edit(FunctionChanged(one[a], two[b]), Degree.RENAMED, text, "names of functions"))
    gone = set(one) - {a for a, _ in pairs}
    come = set(two) - {b for _, b in pairs}
    same = {one[a] for a in gone} & {two[b] for b in come}  # nobody calls these: only their names say anything
    for at in sorted(gone):
        if one[at] not in same:
            text = f"function {one[at]!r} removed"
            found.append(Edit(FunctionChanged(one[at], None), Degree.COMPATIBLE, text, "nobody calls it any more"))
    for at in sorted(come):
        if two[at] not in same:
            text = f"function {two[at]!r} added"
            found.append(Edit(FunctionChanged(None, two[at]), Degree.COMPATIBLE, text, "its calls are said apart"))
    return found
