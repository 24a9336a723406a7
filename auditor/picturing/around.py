"""What stands around one node."""

from __future__ import annotations

from ..picture.graph import Frame, GraphPicture
from ..tuples import NamedTuple
from ..wording import counted


class Neighbourhood(NamedTuple):
    """A frame without the rest of its graph, and the place in it of the box that it is about."""

    frame: Frame
    here: int


def neighbourhood(graph: GraphPicture, number: int, node: int, hops: int) -> Neighbourhood | None:
    """The boxes within so many wires of a node, whichever way these lead. None where the node is not drawn.

    ``number`` is that of the node's graph. A constant is looked for in the box that it is drawn in.
    """
    for frame in graph.frames:
        if frame.graph == number:
            for place, box in enumerate(frame.boxes):
                if node >= 0 and (box.node == node or node in box.folded):
                    return _cut(frame, place, hops)
    return None


def _cut(frame: Frame, here: int, hops: int) -> Neighbourhood:
    beside: list[list[int]] = [[] for _ in frame.boxes]
    for wire in frame.wires:
        beside[wire.source].append(wire.target)
        beside[wire.target].append(wire.source)
    near, border = {here}, [here]
    for _ in range(min(hops, len(frame.boxes))):
        border = list(dict.fromkeys(place for at in border for place in beside[at] if place not in near))
        if not border:
            break
        near.update(border)
    kept = sorted(near)
    place_of = {place: i for i, place in enumerate(kept)}
    left = len(frame.boxes) - len(kept)
    cut = frame._replace(
        boxes=tuple(frame.boxes[place]._replace(inside=()) for place in kept),
        wires=tuple(
            wire._replace(source=place_of[wire.source], target=place_of[wire.target])
            for wire in frame.wires
            if wire.source in near and wire.target in near
        ),
        parent=-1,
        unseen=f"{counted(left, 'box', 'boxes')} further away not drawn" if left else "",
    )
    return Neighbourhood(cut, place_of[here])
