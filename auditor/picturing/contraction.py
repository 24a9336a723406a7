"""Folds become boxes, and each opens a frame with what is inside, its ports on either side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from ..picture.graph import Box, Connection, Frame, Role, Sort, TensorMade
from .block_titles import dominant_kind

_MOST_MARKS = 100  # findings that a fold shows


@dataclass(slots=True)
class Fold:
    """Boxes, some of them in folds of their own, that one box stands for."""

    title: str
    label: str
    repeats: int
    items: list[Item] = field(default_factory=list)


Item: TypeAlias = "int | Fold"


class Contraction:
    """A frame whose folds become boxes, and the frames that these open."""

    def __init__(self, frames: list[Frame], place: int) -> None:
        self.frames, self.place = frames, place
        self.frame = frames[place]
        self.at: list[tuple[int, ...]] = [()] * len(self.frame.boxes)  # a box's places among the items, level by level
        self.levels: dict[tuple[int, ...], _Level] = {}
        self.by_place: dict[int, _Level] = {}

    def contract(self, items: Sequence[Item]) -> None:
        """Put the frame with boxes for its folds in its place, and their frames behind all others."""
        self._walk(items, (), None, self.place)
        for wire in self.frame.wires:
            self._lead(wire)
        for level in self.levels.values():
            self.frames[level.place] = level.frame(self)

    def _walk(self, items: Sequence[Item], path: tuple[int, ...], fold: Fold | None, parent: int) -> _Level:
        if fold is None:
            place = self.place
        else:
            place = len(self.frames)
            self.frames.append(self.frame)  # holds the place
        level = self.levels[path] = self.by_place[place] = _Level(place, parent, fold, self.frame)
        for number, item in enumerate(items):
            if isinstance(item, Fold):
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

    def __init__(self, place: int, parent: int, fold: Fold | None, whole: Frame) -> None:
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

    def frame(self, of: Contraction) -> Frame:
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

    def _with_tensors(self, box: Box, of: Contraction) -> Box:
        """A fold's box gives what leaves its frame: known only when all wires are laid."""
        if box.role is not Role.FOLD:
            return box
        return box._replace(made=of.level_at(box.inside[0]).gives)


def _moved(wire: Connection, source: int, target: int) -> Connection:
    return Connection(source, target, wire.tensor, wire.text, wire.more, wire.change)


def _fold_box(fold: Fold, level: _Level) -> Box:
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
