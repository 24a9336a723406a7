"""Repeated stretches of a graph become one box, which opens a frame: "Bottleneck x 16".

They are found by structure, not by names. Boxes stand in a topological order, and whatever lies next to each other in
it can be drawn as one box without making a cycle: a fold is a stretch of that order. A shortcut with layers of its own
(the projection of a residual block) is put beside the sum that it leads to: then the first block of a stage is like the
others.

Nothing is lost: every box stands in exactly one frame. What changed between two models is never folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ..picture.graph import Box, Change, Frame, GraphPicture, Role, Sort
from ..tuples import NamedTuple
from .block_titles import block_title, common_name
from .contraction import Contraction, Fold, Item
from .repeats import BlockRun, BlockStep, Word, runs

_LEAST_BOXES = 24
"""A frame with fewer is seen at once."""

_SHORT = 100  # steps of a frame whose runs are worth remembering
_WHOLE = 40  # boxes of a run that are shown together, without a frame for each block
_SMALL = 8  # boxes of a block that gets no frame of its own
_MOST_SIDE_BY_SIDE = 100  # blocks in one frame; more are parted again
_LONGEST_SHORTCUT = 3  # boxes


def folded(graph: GraphPicture) -> GraphPicture:
    """The picture with each run of equal blocks as one box. Frames that were there keep their places."""
    frames = list(graph.frames)
    place = 0
    while place < len(frames):
        frame = frames[place]
        if len(frame.boxes) > _LEAST_BOXES and not (frame.sort is Sort.BLOCK and frame.repeats > 1):
            items = _items(frame)
            if any(isinstance(item, Fold) for item in items):
                Contraction(frames, place).contract(items)
        place += 1
    return graph._replace(frames=tuple(frames))


class _Unit(NamedTuple):
    """A box and, of a sum, the layers of its shortcut."""

    box: int
    beside: tuple[int, ...] = ()

    @property
    def boxes(self) -> tuple[int, ...]:
        return (*self.beside, self.box)


# Which boxes belong together


def _items(frame: Frame) -> list[Item]:
    """The boxes of a frame in their order, runs of equal blocks as folds."""
    wiring = _Wiring(frame)
    units = wiring.units()
    steps = wiring.steps(units)
    items: list[Item] = []
    place = 0
    for run in _known_runs(tuple(steps)) if len(steps) <= _SHORT else runs(steps):
        items.extend(box for unit in units[place : run.start] for box in unit.boxes)
        blocks = [
            [box for unit in units[first : first + run.period] for box in unit.boxes]
            for first in range(run.start, run.end, run.period)
        ]
        items.append(_fold(frame.boxes, blocks))
        place = run.end
    items.extend(box for unit in units[place:] for box in unit.boxes)
    return items


@lru_cache(maxsize=256)
def _known_runs(steps: tuple[BlockStep, ...]) -> list[BlockRun]:
    """Blocks are equal but for names: of a large model most are asked again and again."""
    return runs(steps)


def _fold(boxes: Sequence[Box], blocks: Sequence[Sequence[int]]) -> Fold:
    """Equal blocks as one fold: with all of their boxes where they are few, else with a fold for each block."""
    title = block_title([boxes[i] for i in min(blocks, key=len)])
    first, last = (common_name([boxes[i] for i in block]) or boxes[block[0]].label for block in (blocks[0], blocks[-1]))
    whole = Fold(title, f"{first} … {last}", len(blocks))
    parts: list[Item]
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
            parts.append(Fold(title, label, len(some), [box for block in some for box in block]))
        whole.items = _parted(parts, title, together)
    else:
        parts = []
        for number, block in enumerate(blocks, 1):
            name = common_name([boxes[i] for i in block]) or f"{number} of {len(blocks)}"
            parts.append(Fold(title, name, 1, list(block)))
        whole.items = _parted(parts, title)
    return whole


def _parted(items: list[Item], title: str, number: int = 1) -> list[Item]:
    """At most a hundred items; more become folds of a hundred, as often as it takes.

    ``number``: blocks that an item stands for.
    """
    while len(items) > _MOST_SIDE_BY_SIDE:
        groups: list[Item] = []
        for first in range(0, len(items), _MOST_SIDE_BY_SIDE):
            group = items[first : first + _MOST_SIDE_BY_SIDE]
            last = (first + len(group) - 1) * number + _repeats(group[-1])
            groups.append(Fold(title, f"{first * number + 1:,} to {last:,}", last - first * number, group))
        items, number = groups, number * _MOST_SIDE_BY_SIDE
    return items


def _repeats(item: Item) -> int:
    return item.repeats if isinstance(item, Fold) else 1


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
