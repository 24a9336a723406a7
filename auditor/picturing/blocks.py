"""Repeated stretches of a graph become one box, which opens a frame: "Bottleneck x 16".

They are found by structure, not by names. Boxes stand in a topological order, and whatever lies next to each other in
it can be drawn as one box without making a cycle: a fold is a stretch of that order. A shortcut with layers of its own
(the projection of a residual block) is put beside the sum that it leads to: then the first block of a stage is like the
others.

Nothing is lost: every box stands in exactly one frame. What changed between two models is never folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from ..picture.graph import Box, Change, Connection, Frame, GraphPicture, Role, Sort, TensorMade
from ..tuples import NamedTuple
from .block_titles import block_title, common_name, dominant_kind
from .repeats import BlockStep, Word, runs

_LEAST_BOXES = 24
"""A frame with fewer is seen at once."""

_WHOLE = 40  # boxes of a run that are shown together, without a frame for each block
_SMALL = 8  # boxes of a block that gets no frame of its own
_MOST_SIDE_BY_SIDE = 100  # blocks in one frame; more are parted again
_LONGEST_SHORTCUT = 3  # boxes
_MOST_MARKS = 100  # findings that a fold shows


def folded(graph: GraphPicture) -> GraphPicture:
    """The picture with each run of equal blocks as one box. Frames that were there keep their places."""
    frames = list(graph.frames)
    place = 0
    while place < len(frames):
        frame = frames[place]
        if len(frame.boxes) > _LEAST_BOXES and not (frame.sort is Sort.BLOCK and frame.repeats > 1):
            items = _items(frame)
            if any(isinstance(item, _Fold) for item in items):
                _Contraction(frames, place).contract(items)
        place += 1
    return graph._replace(frames=tuple(frames))


@dataclass(slots=True)
class _Fold:
    """Boxes, some of them in folds of their own, that one box stands for."""

    title: str
    label: str
    repeats: int
    items: list[_Item] = field(default_factory=list)


_Item: TypeAlias = "int | _Fold"


class _Unit(NamedTuple):
    """A box and, of a sum, the layers of its shortcut."""

    box: int
    beside: tuple[int, ...] = ()

    @property
    def boxes(self) -> tuple[int, ...]:
        return (*self.beside, self.box)


# Which boxes belong together


def _items(frame: Frame) -> list[_Item]:
    """The boxes of a frame in their order, runs of equal blocks as folds."""
    wiring = _Wiring(frame)
    units = wiring.units()
    steps = wiring.steps(units)
    items: list[_Item] = []
    place = 0
    for run in runs(steps):
        items.extend(box for unit in units[place : run.start] for box in unit.boxes)
        blocks = [
            [box for unit in units[first : first + run.period] for box in unit.boxes]
            for first in range(run.start, run.end, run.period)
        ]
        items.append(_fold(frame.boxes, blocks))
        place = run.end
    items.extend(box for unit in units[place:] for box in unit.boxes)
    return items


def _fold(boxes: Sequence[Box], blocks: Sequence[Sequence[int]]) -> _Fold:
    """Equal blocks as one fold: with all of their boxes where they are few, else with a fold for each block."""
    title = block_title([boxes[i] for i in min(blocks, key=len)])
    first, last = (common_name([boxes[i] for i in block]) or boxes[block[0]].label for block in (blocks[0], blocks[-1]))
    whole = _Fold(title, f"{first} … {last}", len(blocks))
    parts: list[_Item]
    if sum(map(len, blocks)) <= _WHOLE:
        whole.items = [box for block in blocks for box in block]
    elif len(blocks[0]) == 1:
        whole.items = _parted([block[0] for block in blocks], title)
    elif len(blocks[0]) <= _SMALL:
        together = _WHOLE // len(blocks[0])
        parts = []
        for begin in range(0, len(blocks), together):
            some = blocks[begin : begin + together]
            label = f"{begin + 1:,} to {begin + len(some):,}"
            parts.append(_Fold(title, label, len(some), [box for block in some for box in block]))
        whole.items = _parted(parts, title, together)
    else:
        parts = []
        for number, block in enumerate(blocks, 1):
            name = common_name([boxes[i] for i in block]) or f"{number} of {len(blocks)}"
            parts.append(_Fold(title, name, 1, list(block)))
        whole.items = _parted(parts, title)
    return whole


def _parted(items: list[_Item], title: str, number: int = 1) -> list[_Item]:
    """At most a hundred items; more become folds of a hundred, as often as it takes.

    ``number``: blocks that an item stands for.
    """
    while len(items) > _MOST_SIDE_BY_SIDE:
        groups: list[_Item] = []
        for first in range(0, len(items), _MOST_SIDE_BY_SIDE):
            group = items[first : first + _MOST_SIDE_BY_SIDE]
            last = (first + len(group) - 1) * number + _repeats(group[-1])
            groups.append(_Fold(title, f"{first * number + 1:,} to {last:,}", last - first * number, group))
        items, number = groups, number * _MOST_SIDE_BY_SIDE
    return items


def _repeats(item: _Item) -> int:
    return item.repeats if isinstance(item, _Fold) else 1


class _Wiring:
    """Who takes what in a frame."""

    def __init__(self, frame: Frame) -> None:
        self.boxes = frame.boxes
        self.takes: list[list[int]] = [[] for _ in frame.boxes]
        self.users: list[list[int]] = [[] for _ in frame.boxes]
        for wire in frame.wires:
            self.takes[wire.target].append(wire.source)
            self.users[wire.source].append(wire.target)

    def units(self) -> list[_Unit]:
        """The boxes in their order, shortcuts beside the sums that they lead to."""
        beside: dict[int, tuple[int, ...]] = {}
        for box in range(len(self.boxes)):
            if len(self.takes[box]) == 2 and self.boxes[box].role is Role.NODE:
                chains = [self._shortcut(box, source) for source in self.takes[box]]
                beside[box] = min(chains, key=lambda chain: (not chain, len(chain)))
        moved = {box for chain in beside.values() for box in chain}
        return [_Unit(box, beside.get(box, ())) for box in range(len(self.boxes)) if box not in moved]

    def _shortcut(self, box: int, source: int) -> tuple[int, ...]:
        """A short chain of boxes with one input and one user each, from where the way parts to ``box``; or nothing."""
        chain: list[int] = []
        at = source
        while len(chain) <= _LONGEST_SHORTCUT and len(self.takes[at]) == 1 and len(self.users[at]) == 1 and at < box:
            if self.boxes[at].role is not Role.NODE or _changed(self.boxes[at]):
                return ()
            chain.append(at)
            at = self.takes[at][0]
        parts = bool(chain) and len(self.users[at]) > 1 and len(chain) <= _LONGEST_SHORTCUT
        return tuple(reversed(chain)) if parts else ()

    def steps(self, units: Sequence[_Unit]) -> list[BlockStep]:
        """The units, to be compared: a shortcut's layers are as good as a bare shortcut."""
        place = {box: number for number, unit in enumerate(units) for box in unit.boxes}
        words: dict[tuple[object, ...], Word] = {}
        steps = []
        for number, unit in enumerate(units):
            box = self.boxes[unit.box]
            sources = [self._origin(unit, source) for source in self.takes[unit.box]]
            takes = tuple([place[source] for source in sources if place[source] < number])
            key = (number,) if box.role is not Role.NODE or _changed(box) else self._word(box, len(takes))
            steps.append(BlockStep(words.setdefault(key, len(words)), takes, box.op == "Concat"))
        return steps

    def _origin(self, unit: _Unit, source: int) -> int:
        return self.takes[unit.beside[0]][0] if unit.beside and source == unit.beside[-1] else source

    @staticmethod
    def _word(box: Box, taken: int) -> tuple[object, ...]:
        window = next((text for name, text in box.attributes if name == "kernel_shape"), "")
        return (box.op, window, min(taken, 3), len(box.inside))


def _changed(box: Box) -> bool:
    return box.change not in (None, Change.SAME)


# Boxes for folds, and the frames behind them


class _Contraction:
    """A frame whose folds become boxes, and the frames that these open."""

    def __init__(self, frames: list[Frame], place: int) -> None:
        self.frames, self.place = frames, place
        self.frame = frames[place]

    def contract(self, items: Sequence[_Item]) -> None:
        """Put the frame with boxes for its folds in its place, and their frames behind all others."""
        self.frames[self.place] = self.frame  # holds the place
        self.at: list[tuple[int, ...]] = [()] * len(
            self.frame.boxes
        )  # of a box, its place among the items, level by level
        self.levels: dict[tuple[int, ...], _Level] = {}
        self.by_place: dict[int, _Level] = {}
        self._walk(items, (), None, self.place)
        for wire in self.frame.wires:
            self._lead(wire)
        for level in self.levels.values():
            self.frames[level.place] = level.frame(self)

    def _walk(self, items: Sequence[_Item], path: tuple[int, ...], fold: _Fold | None, parent: int) -> _Level:
        if fold is None:
            place = self.place
        else:
            place = len(self.frames)
            self.frames.append(self.frame)  # holds the place
        level = self.levels[path] = self.by_place[place] = _Level(place, parent, fold, self.frame)
        for number, item in enumerate(items):
            if isinstance(item, _Fold):
                inner = self._walk(item.items, (*path, number), item, place)
                level.boxes.append(_fold_box(item, inner))
                level.leaves.extend(inner.leaves)
            else:
                self.at[item] = (*path, number)
                level.boxes.append(self.frame.boxes[item])
                level.leaves.append(item)
                for opened in self.frame.boxes[item].inside:
                    self.frames[opened] = self.frames[opened]._replace(parent=place)
        return level

    def level_at(self, place: int) -> _Level:
        """The level whose frame has this place."""
        return self.by_place[place]

    def _lead(self, wire: Connection) -> None:
        """A wire in the frame where its ends part, and a port in each frame below, on either side."""
        source, target = self.at[wire.source], self.at[wire.target]
        if source[:-1] == target[:-1]:
            self.levels[source[:-1]].join(source[-1], target[-1], wire)
            return
        shared = 0
        while source[shared] == target[shared] and shared + 1 < min(len(source), len(target)):
            shared += 1
        self.levels[source[:shared]].join(source[shared], target[shared], wire)
        for depth in range(shared + 1, len(source)):
            self.levels[source[:depth]].leave(source[depth], wire, self.frame.boxes[wire.target])
        for depth in range(shared + 1, len(target)):
            self.levels[target[:depth]].enter(target[depth], wire, self.frame.boxes[wire.source])


class _Level:
    """One frame of a contraction: its items, what enters and what leaves."""

    def __init__(self, place: int, parent: int, fold: _Fold | None, whole: Frame) -> None:
        self.place, self.parent, self.fold, self.whole = place, parent, fold, whole
        self.boxes: list[Box] = []
        self.leaves: list[int] = []
        self.wires: dict[tuple[int, int], Connection] = {}
        self.entering: dict[str, tuple[Box, dict[int, Connection]]] = {}
        self.leaving: dict[str, tuple[Box, dict[int, Connection]]] = {}

    def join(self, source: int, target: int, wire: Connection) -> None:
        known = self.wires.get((source, target))
        if known is None:
            self.wires[source, target] = _moved(wire, source, target)
        elif known.tensor != wire.tensor:
            self.wires[source, target] = known._replace(more=known.more + 1 + wire.more)

    def enter(self, target: int, wire: Connection, origin: Box) -> None:
        made = (TensorMade(wire.tensor, wire.text),)
        port = Box(
            f"from {origin.op}", wire.tensor, role=Role.PORT, graph=self.whole.graph, made=made, link=origin.anchor
        )
        self.entering.setdefault(wire.tensor, (port, {}))[1].setdefault(target, wire)

    def leave(self, source: int, wire: Connection, taker: Box) -> None:
        made = (TensorMade(wire.tensor, wire.text),)
        port = Box(f"to {taker.op}", wire.tensor, role=Role.PORT, graph=self.whole.graph, made=made, link=taker.anchor)
        self.leaving.setdefault(wire.tensor, (port, {}))[1].setdefault(source, wire)

    @cached_property
    def gives(self) -> tuple[TensorMade, ...]:
        return tuple(port.made[0] for port, _ in self.leaving.values())

    def frame(self, of: _Contraction) -> Frame:
        first = len(self.entering)
        boxes = [port for port, _ in self.entering.values()]
        boxes += [self._with_tensors(box, of) for box in self.boxes]
        wires = list(self.wires.values())
        if first:
            wires = [_moved(w, w.source + first, w.target + first) for w in wires]
        for place, (_, ends) in enumerate(self.entering.values()):
            wires += [_moved(wire, place, end + first) for end, wire in ends.items()]
        for port, ends in self.leaving.values():
            boxes.append(port)
            wires += [_moved(wire, end + first, len(boxes) - 1) for end, wire in ends.items()]
        if self.fold is None:
            return self.whole._replace(boxes=tuple(boxes), wires=tuple(wires))
        title = f"{self.fold.title} {self.fold.label}".rstrip()
        return Frame(
            Sort.BLOCK, title, tuple(boxes), tuple(wires), self.parent, self.fold.repeats, self.whole.graph
        )  # fmt: skip

    def _with_tensors(self, box: Box, of: _Contraction) -> Box:
        """A fold's box gives what leaves its frame: known only when all wires are laid."""
        if box.role is not Role.FOLD:
            return box
        return box._replace(made=of.level_at(box.inside[0]).gives)


def _moved(wire: Connection, source: int, target: int) -> Connection:
    return Connection(source, target, wire.tensor, wire.text, wire.more, wire.change)


def _fold_box(fold: _Fold, level: _Level) -> Box:
    """The box that stands for a fold: sums and marks of all that is inside."""
    inside = [level.whole.boxes[leaf] for leaf in level.leaves]
    title = f"{fold.title} × {fold.repeats:,}" if fold.repeats > 1 else fold.title
    return Box(
        title,
        fold.label,
        dominant_kind(inside),
        Role.FOLD,
        level.whole.graph,
        parameters=sum(box.parameters for box in inside),
        macs=_sum(box.macs for box in inside),
        bytes=_sum(box.bytes for box in inside),
        findings=tuple(dict.fromkeys(mark for box in inside for mark in box.findings))[:_MOST_MARKS],
        inside=(level.place,),
        change=inside[0].change,
    )


def _sum(counts: Iterator[int | str | None]) -> int | None:
    """The sum where all are numbers."""
    total = 0
    for count in counts:
        if not isinstance(count, int):
            return None
        total += count
    return total
