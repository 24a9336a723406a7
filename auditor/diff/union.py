"""Two graphs as one picture: what both have once, what came and what went beside it, each marked.

Pictures come unfolded, each node a box of its own. What is removed stands before what followed it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..picture.graph import Box, Change, Connection, Frame, GraphPicture, Role
from ..tuples import NamedTuple
from .difference import BatchNormFused, BatchNormSplit, Edit, ModelDifference, NodeChanged, NodeRewired, TensorChanged

Numbers = Mapping[str, int]
"""The number of each graph of a picture, by its path."""


def united(
    old: GraphPicture, new: GraphPicture, difference: ModelDifference, numbers: tuple[Numbers, Numbers]
) -> GraphPicture:
    """The new model's picture, with what became of each box and wire, and the old one's boxes that are gone.

    ``numbers`` are those of the old and of the new model's graphs. Bodies without a partner are as they are.
    """
    before = {frame.graph: frame for frame in old.frames}
    partner = {numbers[1].get(body.new, -1): body for body in difference.bodies}
    said = _said(difference.edits)
    frames = []
    for frame in new.frames:
        body = partner.get(frame.graph)
        other = None if body is None else before.get(numbers[0].get(body.old, -1))
        if body is None or other is None:
            frames.append(frame)
        else:
            pairs = {after: place for place, after in body.nodes}
            ports = {after: name for name, after in body.tensors}
            frames.append(_Union(other, frame, pairs, ports, said.get(body.new, _Said({}, {}))).frame())
    return new._replace(frames=tuple(frames))


class _Said(NamedTuple):
    """What the edits say of one graph's nodes, by their indices, and of its stored tensors, by their names."""

    nodes: dict[int, list[str]]
    tensors: dict[str, list[str]]


def _said(edits: Sequence[Edit]) -> dict[str, _Said]:
    found: defaultdict[str, _Said] = defaultdict(lambda: _Said({}, {}))
    for edit in edits:
        match edit.change:
            case NodeChanged(new=node) | NodeRewired(new=node) | BatchNormFused(new=node) | BatchNormSplit(new=node):
                found[node.graph].nodes.setdefault(node.place, []).append(edit.text)
            case TensorChanged(pair=pair):
                found[pair.new.graph].tensors.setdefault(pair.new.name, []).append(edit.text)
    return found


class _Union:
    """Two frames become one."""

    def __init__(self, old: Frame, new: Frame, pairs: Mapping[int, int], ports: Mapping[str, str], said: _Said) -> None:
        self._old, self._new, self._pairs, self._ports, self._said = old, new, pairs, ports, said
        there = {_key(box): place for place, box in enumerate(old.boxes)}
        self._partner = [there.get(self._old_key(box)) for box in new.boxes]  # by the new place, the old one
        self._places: dict[int, int] = {}  # by the old place, that in the union
        self._moved: dict[int, int] = {}  # by the new place, that in the union

    def frame(self) -> Frame:
        """The new one, with all that was in the old one."""
        boxes = tuple(self._boxes())
        return self._new._replace(boxes=boxes, wires=tuple(self._wires(boxes)))

    def _old_key(self, box: Box) -> object:
        if box.node >= 0:
            return self._pairs.get(box.node, "new")
        return box.role, self._ports.get(box.label, box.label)

    def _boxes(self) -> Iterator[Box]:
        kept = {place for place in self._partner if place is not None}
        gone: defaultdict[int, list[int]] = defaultdict(list)  # by the old place that follows
        waiting: list[int] = []
        for place, box in enumerate(self._old.boxes):
            if place in kept:
                gone[place], waiting = waiting, []
            elif box.role is not Role.NODE or not self._is_inside_now(box):
                waiting.append(place)
        count = 0
        for place, box in enumerate(self._new.boxes):
            before = self._partner[place]
            for old in gone.get(-1 if before is None else before, ()):
                self._places[old], count = count, count + 1
                yield self._removed(self._old.boxes[old])
            if before is not None:
                self._places[before] = count
            self._moved[place], count = count, count + 1
            yield self._changed(box, before)
        for old in waiting:
            self._places[old], count = count, count + 1
            yield self._removed(self._old.boxes[old])

    def _is_inside_now(self, box: Box) -> bool:
        """Whether its node is a constant within another box of the new picture: then it is not gone."""
        return box.node in self._pairs.values()

    def _changed(self, box: Box, before: int | None) -> Box:
        if before is None:
            inside_before = box.node in self._pairs  # it was drawn within another box
            return box._replace(change=Change.CHANGED if inside_before else Change.ADDED)
        words = list(self._said.nodes.get(box.node, ())) if box.node >= 0 else []
        for stored in box.stored:
            words += self._said.tensors.get(stored.tensor, ())
        return box._replace(change=Change.CHANGED if words else Change.SAME, changes=tuple(dict.fromkeys(words)))

    def _removed(self, box: Box) -> Box:
        """It has no anchor, for nothing in the new model is it, and opens nothing."""
        return box._replace(
            graph=self._new.graph, node=-1, inside=(), findings=(), folded=(), link="", change=Change.REMOVED
        )

    def _wires(self, boxes: Sequence[Box]) -> Iterator[Connection]:
        before = {
            (self._places[wire.source], self._places[wire.target]): wire
            for wire in self._old.wires
            if wire.source in self._places and wire.target in self._places
        }
        for wire in self._new.wires:
            ends = self._moved[wire.source], self._moved[wire.target]
            was = before.pop(ends, None)
            change = Change.ADDED if was is None else Change.SAME
            yield wire._replace(source=ends[0], target=ends[1], change=change)
        for (source, target), wire in before.items():
            yield wire._replace(source=source, target=target, change=Change.REMOVED)


def _key(box: Box) -> object:
    return box.node if box.node >= 0 else (box.role, box.label)
